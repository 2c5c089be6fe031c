//! What an org accepts when rows are written.

mod convert;
mod derived;
mod draft;
mod refusal;
mod write;

pub(crate) use convert::convert;
pub(crate) use derived::after_create;
pub use draft::{Draft, Given, Input};
pub use refusal::Refusal;
pub(crate) use write::{for_create, for_update};

#[cfg(test)]
mod tests;
