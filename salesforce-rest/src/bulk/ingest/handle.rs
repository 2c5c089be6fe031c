use std::path::{Path, PathBuf};

use salesforce_http::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::Operation;
use crate::bulk::job;

/// An ingest job and the rows that are its: to be stored before they are uploaded, and taken up by
/// [`Bulk::resume_ingest`](crate::bulk::Bulk::resume_ingest) in another process.
///
/// It serializes with serde. It holds no row: those are in the file that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestHandle {
    pub(super) job: Box<str>,
    pub(super) object: Box<str>,
    pub(super) operation: Operation,
    pub(super) version: u16,
    pub(super) key: Vec<Box<str>>,
    pub(super) assignment_rule: Option<Box<str>>,
    pub(super) line_ending: Box<str>,
    /// The position of its first row.
    pub(super) first: u64,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) digest: Box<str>,
    pub(super) file: PathBuf,
}

impl IngestHandle {
    /// The job's id.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The object whose records are written.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object
    }

    /// The positions of its rows among all that were given: a load that is taken up goes on behind the end of the last
    /// one.
    #[must_use]
    pub fn positions(&self) -> std::ops::Range<u64> {
        self.first..self.first + self.rows
    }

    /// How many bytes its upload has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of its upload, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The file with its upload.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn path(&self) -> String {
        job::path("ingest", self.version, &self.job)
    }

    /// Refuses a file that is not what was uploaded.
    pub(super) fn check(&self, bytes: u64, digest: &str) -> Result<()> {
        if bytes == self.bytes && *digest == *self.digest {
            return Ok(());
        }
        let file = self.file.display();
        Err(Error::new(ErrorKind::Invalid, format!("{file} is not what was given to the job {}", self.job)))
    }
}
