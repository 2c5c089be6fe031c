//! JSON as an org writes it, read in one pass and without copies.
//!
//! An answer to a query is long and plain: objects in a list, names and text without escapes. [`from_str`] is made for
//! that. It gives what `serde_json::from_str` gives, value for value, in about a third of the time, because it borrows
//! whatever has no escape and keeps no place for error messages, and knows names that it met before by a [`Layout`]; all
//! that is unusual (long numbers, enums, text kept raw, deep nesting) it hands to `serde_json`, and so it does with every text it cannot read, for the error.
//!
//! ```
//! #[derive(serde::Deserialize, Debug, PartialEq)]
//! struct Account { #[serde(rename = "Name")] name: String }
//!
//! let account: Account = salesforce_types::json::from_str(r#"{"Name":"Sample & Co"}"#)?;
//! assert_eq!(account.name, "Sample & Co");
//! assert!(salesforce_types::json::from_str::<Account>(r#"{"Name":7}"#).unwrap_err().to_string().contains("string"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde::Deserialize;

mod decode;
mod layout;
mod lend;
mod number;
mod quoted;
mod scan;

pub use layout::Layout;
pub(crate) use layout::Members;
pub use quoted::Quoted;
pub use scan::{Scanner, Unreadable};

/// Decodes a text that is one JSON value.
///
/// # Errors
///
/// Those of `serde_json::from_str`, which then reads the text once more.
pub fn from_str<'t, T: Deserialize<'t>>(text: &'t str) -> serde_json::Result<T> {
    let mut scanner = Scanner::new(text);
    match T::deserialize(&mut scanner) {
        Ok(value) if scanner.is_at_end() => Ok(value),
        _ => serde_json::from_str(text),
    }
}

#[cfg(test)]
mod tests;
