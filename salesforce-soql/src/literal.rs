//! Values as they stand in query text.

mod date_literal;
mod number;
mod text;

use salesforce_types::{Date, TimeOfDay, Timestamp};

pub use date_literal::{DateLiteral, DateUnit};
pub use number::{Money, Number};
pub use text::{Pattern, Text};

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// `'text'`, decoded.
    Text(Text),
    /// `-12.50`, with its digits.
    Number(Number),
    /// `2026-03-01`.
    Date(Date),
    /// `2026-03-01T17:49:01.000Z`.
    DateTime(Timestamp),
    /// `17:49:01.000Z`.
    Time(TimeOfDay),
    /// `TODAY`, `LAST_N_DAYS:3`.
    DateLiteral(DateLiteral),
    /// `USD5000.50`.
    Money(Money),
}
