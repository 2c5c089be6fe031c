//! A query put together in code, when its shape is known only at run time.
//!
//! ```
//! use salesforce_soql::builder::{Select, any, field};
//! use salesforce_soql::ast::{DateLiteral, DateUnit};
//!
//! let soql = Select::from("Account")
//!     .fields(["Id", "Name", "Owner.Name"])
//!     .child(Select::from("Contacts").fields(["LastName"]).filter(field("Email").is_not_null()))
//!     .filter(any([field("Name").starts_with("Ac'me"), field("Industry").is_in(["Media", "Energy"])]))
//!     .filter(field("CreatedDate").eq(DateLiteral::LastN(DateUnit::Day, 30)))
//!     .order_by("Name")
//!     .limit(10)
//!     .build()?;
//! assert_eq!(
//!     soql.text()?,
//!     "SELECT Id, Name, Owner.Name, (SELECT LastName FROM Contacts WHERE Email != null) FROM Account \
//!      WHERE (Name LIKE 'Ac\\'me%' OR Industry IN ('Media', 'Energy')) AND CreatedDate = LAST_N_DAYS:30 \
//!      ORDER BY Name LIMIT 10"
//! );
//! # Ok::<(), salesforce_soql::BindError>(())
//! ```
//!
//! Names are checked and values are literals, so neither can carry query text. The first mistake is kept and told by
//! [`Select::build`], or when the query is sent.

mod filter;
mod select;

pub use filter::{Expression, Filter, aggregate, all, any, date_part, field, not};
pub use select::{Select, Sort, ascending, descending};
