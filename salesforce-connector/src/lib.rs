#![doc = include_str!("../README.md")]

mod fault;
mod page;
mod read;
mod schema;
mod select;
mod skip;
mod source;
mod window;

pub use source::SalesforceSource;
