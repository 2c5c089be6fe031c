//! CSV as Bulk jobs have it: rows out of an answer, rows into an upload. Text only: jobs and calls are elsewhere.

mod decode;
mod json;
mod malformed;
mod reader;
mod rows;
mod scan;
mod shape;
mod write;

pub(crate) use decode::decode;
pub use malformed::MalformedCsv;
pub(crate) use reader::Reader;
pub use rows::{Columns, CsvRow, CsvRows};
pub(crate) use shape::{Describe, Kind, Shape};
pub use write::LineEnding;
pub(crate) use write::{Unfit, Writer};

#[cfg(test)]
mod tests;
