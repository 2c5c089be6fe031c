//! The places below `/services/async/XX.0/job`.

use http::Method;

use super::decoded;

/// A resource of the Bulk API 1.0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Classic {
    /// `job`
    Jobs,
    /// `job/ID`
    Job(String),
    /// `job/ID/batch`
    Batches(String),
    /// `job/ID/batch/ID` and what is below it
    Batch { job: String, batch: String, part: Part },
}

/// What of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Info,
    /// `request`: what was sent
    Request,
    /// `result`: what became of the rows, or the list of the results of a query
    Results,
    /// `result/ID`
    Result(String),
}

impl Classic {
    /// What stands behind the version.
    pub(super) fn of(parts: &[&str]) -> Option<Self> {
        let part = |job, batch, part| Self::Batch { job: decoded(job), batch: decoded(batch), part };
        match *parts {
            ["job"] => Some(Self::Jobs),
            ["job", job] => Some(Self::Job(decoded(job))),
            ["job", job, "batch"] => Some(Self::Batches(decoded(job))),
            ["job", job, "batch", batch] => Some(part(job, batch, Part::Info)),
            ["job", job, "batch", batch, "request"] => Some(part(job, batch, Part::Request)),
            ["job", job, "batch", batch, "result"] => Some(part(job, batch, Part::Results)),
            ["job", job, "batch", batch, "result", id] => Some(part(job, batch, Part::Result(decoded(id)))),
            _ => None,
        }
    }

    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Jobs => &[Method::POST],
            Self::Job(_) | Self::Batches(_) => &[Method::GET, Method::HEAD, Method::POST],
            Self::Batch { .. } => &[Method::GET, Method::HEAD],
        }
    }
}
