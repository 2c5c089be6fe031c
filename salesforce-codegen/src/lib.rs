#![doc = include_str!("../README.md")]

mod error;
mod field;
mod file;
mod generator;
mod name;
mod object;
mod picklist;
mod read;
mod text;

pub use error::{Error, Result};
pub use generator::Generator;
pub use read::read;

/// What a whole generated file may be: not used in part, in a private module, named as an administrator liked. It is at
/// each item, since a file that is taken in by `include!` can have nothing for the whole of it.
const ALLOW: &str = "#[allow(clippy::all, dead_code, unreachable_pub, reason = \"generated: used in part, and named as in \
                     the org\")]";
