//! Bulk API 2.0.

mod csv;

pub use csv::{Columns, CsvRow, CsvRows, MalformedCsv};
