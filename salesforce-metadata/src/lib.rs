#![doc = include_str!("../README.md")]

pub mod component;
pub mod types;
pub mod xml;

pub use salesforce_http::{Error, ErrorKind, Result};
pub use xml::{XmlError, XmlErrorKind};
