//! What the crate promises, tested from outside.

mod bind;
mod builder;
mod check;
mod check_properties;
mod check_recorded;
mod check_types;
mod fixtures;
mod grammar;
mod limits;
mod properties;
mod trees;
