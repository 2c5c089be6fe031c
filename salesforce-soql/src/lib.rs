#![doc = include_str!("../README.md")]

pub mod ast;
mod bind;
pub mod builder;
pub mod check;
mod literal;
mod parse;
mod print;
mod token;

pub use bind::{BindError, IntoSoql, Literal, Soql, Sosl};
pub use parse::{MAX_LENGTH, ParseError, ParseErrorKind, parse, parse_strict};
