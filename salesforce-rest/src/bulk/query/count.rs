use std::fmt;

use salesforce_http::{Error, ErrorKind};

/// Rows are not as many as the org said: the source of an error of kind [`Decode`](ErrorKind::Decode). Do not take what
/// was read for the whole result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountMismatch {
    what: &'static str,
    announced: u64,
    found: u64,
}

impl CountMismatch {
    pub(in crate::bulk) fn error(what: &'static str, announced: u64, found: u64) -> Error {
        let mismatch = Self { what, announced, found };
        Error::new(ErrorKind::Decode, mismatch.to_string()).with_source(mismatch)
    }

    /// How many rows the org said there are.
    #[must_use]
    pub fn announced(&self) -> u64 {
        self.announced
    }

    /// How many came.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found
    }
}

impl fmt::Display for CountMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, announced, found } = self;
        write!(f, "{what} has {found} rows where the org announced {announced}: rows are missing or too many")
    }
}

impl std::error::Error for CountMismatch {}
