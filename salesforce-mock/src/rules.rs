//! What an org accepts when rows are written.

mod automation;
mod convert;
mod derived;
mod draft;
mod refusal;
mod write;

pub(crate) use automation::{Assign, WriteOptions};
pub use automation::{Automation, DuplicateRule, Proposed};
pub(crate) use convert::convert;
pub(crate) use derived::after_create;
pub use draft::{Draft, Given, Input};
pub(crate) use draft::{Members, Place, unreadable};
pub use refusal::Refusal;
pub(crate) use write::{for_create, for_update};

#[cfg(test)]
mod tests;
