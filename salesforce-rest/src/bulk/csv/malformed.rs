use std::fmt;

/// A CSV answer that cannot be read on: where it goes wrong, and why.
///
/// It is the source of an error of kind [`Decode`](crate::ErrorKind::Decode). Rows before that place were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedCsv {
    row: u64,
    byte: u64,
    why: Box<str>,
}

impl MalformedCsv {
    pub(super) fn new(row: u64, byte: u64, why: impl Into<Box<str>>) -> Self {
        Self { row, byte, why: why.into() }
    }

    /// The row that cannot be read: 1 is the first one after the header, 0 is the header.
    #[must_use]
    pub fn row(&self) -> u64 {
        self.row
    }

    /// Where that row begins, in bytes from the beginning of the answer.
    #[must_use]
    pub fn byte(&self) -> u64 {
        self.byte
    }
}

impl fmt::Display for MalformedCsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, byte, why } = self;
        match row {
            0 => write!(f, "the header line of the CSV cannot be read: {why}"),
            row => write!(f, "row {row} of the CSV, at byte {byte}, cannot be read: {why}"),
        }
    }
}

impl std::error::Error for MalformedCsv {}
