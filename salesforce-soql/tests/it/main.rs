//! What the crate promises, tested from outside.

mod bind;
mod builder;
mod fixtures;
mod grammar;
mod limits;
mod properties;
mod trees;
