#![doc = include_str!("../README.md")]

pub mod ast;
mod literal;
mod parse;
mod print;
mod token;

pub use parse::{MAX_LENGTH, ParseError, ParseErrorKind, parse, parse_strict};
