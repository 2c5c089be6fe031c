use std::fmt;

use serde::{Deserialize, Serialize};

use super::Route;
use crate::bulk::QueryHandle;
use crate::{Cursor, Key};

/// An extraction and the place up to which its rows were taken: to be stored, and taken up by
/// [`Client::resume_extract`](crate::Client::resume_extract) in another process.
///
/// It serializes with serde. It holds the query's text with the values bound to it, and no row.
///
/// A job keeps its rows for seven days. Over REST the place of the next page is good for two days; a query that selects
/// `Id`, and has no order, limit or groups of its own, is read in the order of its ids and goes on behind the last one
/// even later.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractHandle {
    pub(super) soql: Box<str>,
    pub(super) include_deleted: bool,
    pub(super) in_flight: Option<usize>,
    pub(super) route: Route,
    pub(super) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Place {
    Job(QueryHandle),
    /// Behind so many rows.
    Pages {
        rows: u64,
        next: Option<Cursor>,
        key: Option<Key>,
        done: bool,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Pages { rows: 0, next: None, key: None, done: false }
    }
}

impl ExtractHandle {
    /// Which way it goes, and why.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// How many rows were taken.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match &self.place {
            Place::Job(job) => job.rows(),
            Place::Pages { rows, .. } => *rows,
        }
    }

    /// The job, where it goes by one.
    #[must_use]
    pub fn job(&self) -> Option<&QueryHandle> {
        match &self.place {
            Place::Job(job) => Some(job),
            Place::Pages { .. } => None,
        }
    }
}

impl fmt::Debug for ExtractHandle {
    /// Without the query, which may hold values of users.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractHandle").field("route", &self.route).field("place", &self.place).finish_non_exhaustive()
    }
}
