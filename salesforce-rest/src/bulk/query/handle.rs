use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bulk::JobInfo;
use crate::bulk::job;

/// A query job and the place in its result up to which rows were taken: to be stored, and taken up by
/// [`Bulk::resume_query`](crate::bulk::Bulk::resume_query) in another process.
///
/// It serializes with serde, and holds no row. The page that was begun is read again and its first rows are passed over;
/// no earlier page is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryHandle {
    job: Box<str>,
    object: Option<Box<str>>,
    version: u16,
    /// Whether the pages are those that the org listed, or each one led to the next; unknown before the first page.
    #[serde(default)]
    pub(super) listed: Option<bool>,
    /// The most rows that were asked for to a page, where each one leads to the next: a locator is for pages of that size.
    #[serde(default)]
    pub(super) most_rows: Option<u32>,
    /// The page that is being read; `None` is the first one.
    #[serde(default)]
    pub(super) locator: Option<Box<str>>,
    /// How many of its rows were taken.
    #[serde(default)]
    pub(super) page_rows: u64,
    /// A digest of the last one of them.
    #[serde(default)]
    pub(super) last_row: Option<Box<str>>,
    /// How many rows were taken altogether.
    #[serde(default)]
    pub(super) rows: u64,
    /// The names in the header of the first page.
    #[serde(default)]
    pub(super) columns: Option<Vec<Box<str>>>,
}

impl QueryHandle {
    pub(super) fn new(job: &JobInfo, version: u16) -> Self {
        Self {
            job: job.id.to_string().into(),
            object: job.object.clone(),
            version,
            listed: None,
            most_rows: None,
            locator: None,
            page_rows: 0,
            last_row: None,
            rows: 0,
            columns: None,
        }
    }

    /// The job's id.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The object that is queried, if the org named it.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// How many rows were taken.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn version(&self) -> u16 {
        self.version
    }

    pub(super) fn path(&self) -> String {
        job::path("query", self.version, &self.job)
    }

    /// Notes that rows were taken, of which this is the last one.
    pub(super) fn took(&mut self, rows: u64, last: &[u8]) {
        self.page_rows += rows;
        self.rows += rows;
        self.last_row = Some(digest(last));
    }

    /// Whether this is the last row that was taken of the page.
    pub(super) fn is_last(&self, row: &[u8]) -> bool {
        self.last_row.as_deref().is_none_or(|known| *known == *digest(row))
    }

    /// Notes that a page is begun.
    pub(super) fn turn_to(&mut self, locator: Option<Box<str>>) {
        if self.locator != locator {
            (self.locator, self.page_rows, self.last_row) = (locator, 0, None);
        }
    }
}

fn digest(row: &[u8]) -> Box<str> {
    Sha256::digest(row).iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
