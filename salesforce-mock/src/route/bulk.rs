//! The places below `/jobs`.

use http::Method;
use salesforce_types::ApiVersion;

use super::decoded;

/// A resource of the Bulk API 2.0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    /// `jobs/query` and `jobs/ingest`
    Jobs { query: bool },
    /// `jobs/query/ID` and `jobs/ingest/ID`
    Job { query: bool, id: String },
    /// `jobs/query/ID/results`
    Results(String),
    /// `jobs/query/ID/resultPages`
    Pages(String),
    /// `jobs/ingest/ID/batches`
    Batches(String),
    /// `jobs/ingest/ID/successfulResults` and the like
    Outcomes { id: String, which: Outcomes },
}

/// Which rows of an ingest job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcomes {
    Successful,
    Failed,
    Unprocessed,
}

impl Bulk {
    /// What stands behind `jobs`.
    pub(super) fn of(parts: &[&str]) -> Option<Self> {
        let outcomes = |id: &str, which| Self::Outcomes { id: decoded(id), which };
        match *parts {
            ["query"] => Some(Self::Jobs { query: true }),
            ["ingest"] => Some(Self::Jobs { query: false }),
            ["query", id] => Some(Self::Job { query: true, id: decoded(id) }),
            ["ingest", id] => Some(Self::Job { query: false, id: decoded(id) }),
            ["query", id, "results"] => Some(Self::Results(decoded(id))),
            // The org's own links are written small.
            ["query", id, "resultPages" | "resultpages"] => Some(Self::Pages(decoded(id))),
            ["ingest", id, "batches"] => Some(Self::Batches(decoded(id))),
            ["ingest", id, "successfulResults"] => Some(outcomes(id, Outcomes::Successful)),
            ["ingest", id, "failedResults"] => Some(outcomes(id, Outcomes::Failed)),
            ["ingest", id, "unprocessedrecords" | "unprocessedRecords"] => Some(outcomes(id, Outcomes::Unprocessed)),
            _ => None,
        }
    }

    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Jobs { .. } => &[Method::GET, Method::HEAD, Method::POST],
            Self::Job { .. } => &[Method::GET, Method::HEAD, Method::PATCH, Method::DELETE],
            Self::Batches(_) => &[Method::PUT],
            _ => &[Method::GET, Method::HEAD],
        }
    }

    /// The first version that has it.
    pub(crate) fn since(&self) -> ApiVersion {
        match self {
            Self::Jobs { query: true } | Self::Job { query: true, .. } | Self::Results(_) => ApiVersion::new(47),
            Self::Pages(_) => ApiVersion::V58,
            _ => ApiVersion::new(41),
        }
    }
}
