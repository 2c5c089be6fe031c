//! What an org says of a job.

use std::fmt;

use salesforce_http::{Connection, Error, ErrorKind, Look, Poll, Progress, Request, Result, path_segment};
use salesforce_types::IdText;
use serde::{Deserialize, Serialize};

/// A job as the org describes it. Which counters are there depends on the call and on the API version.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JobInfo {
    /// The job.
    pub id: IdText,
    /// How far it is.
    pub state: JobState,
    /// `query`, `queryAll`, `insert`, `update`, `upsert`, `delete` or `hardDelete`.
    pub operation: Option<Box<str>>,
    /// The object.
    pub object: Option<Box<str>>,
    /// `V2Query`, `V2Ingest`, `Classic` or `BigObjectIngest`.
    pub job_type: Option<Box<str>>,
    /// The external id of an upsert.
    pub external_id_field_name: Option<Box<str>>,
    /// Where rows are uploaded to, without a slash at its beginning.
    pub content_url: Option<Box<str>>,
    /// The API version it was created in: its results are to be read in the same one.
    pub api_version: Option<f64>,
    /// How many rows were read or written so far, refused ones included.
    pub number_records_processed: Option<u64>,
    /// How many of them were refused.
    pub number_records_failed: Option<u64>,
    /// How often the org began again.
    pub retries: Option<u64>,
    /// How long it ran, in milliseconds.
    pub total_processing_time: Option<u64>,
    /// Why it failed, in the org's words.
    pub error_message: Option<Box<str>>,
}

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How far a job is.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum JobState {
            $($(#[$doc])* $name,)*
            /// A state this version of the crate has no name for.
            Other(Box<str>),
        }

        impl JobState {
            /// The state as the org writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for JobState {
            fn from(text: &str) -> Self {
                match text {
                    $(stringify!($name) => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

states! {
    /// It waits for its rows.
    Open,
    /// It is queued.
    UploadComplete,
    /// It runs.
    InProgress,
    /// It ended. Rows may have been refused.
    JobComplete,
    /// It ended early. What was written by then stays written.
    Failed,
    /// It was stopped.
    Aborted,
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for JobState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for JobState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*std::borrow::Cow::<str>::deserialize(deserializer)?))
    }
}

/// A job that ended without doing what it was created for: the source of an error of kind
/// [`Other`](ErrorKind::Other).
#[derive(Clone, Debug, PartialEq)]
pub struct JobFailed(JobInfo);

impl JobFailed {
    /// What the org says of it.
    #[must_use]
    pub fn job(&self) -> &JobInfo {
        &self.0
    }

    pub(super) fn error(job: JobInfo) -> Error {
        let failed = Self(job);
        Error::new(ErrorKind::Other, failed.to_string()).with_source(failed)
    }
}

impl fmt::Display for JobFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JobInfo { id, state, error_message, .. } = &self.0;
        match (state, error_message) {
            (JobState::Aborted, _) => write!(f, "the job {id} was aborted"),
            (JobState::Failed, Some(why)) => {
                write!(f, "the job {id} failed: {}", salesforce_http::redact::secrets(why))
            }
            _ => write!(f, "the job {id} failed, and the org does not say why"),
        }
    }
}

impl std::error::Error for JobFailed {}

/// Where a job is: jobs are asked in the version they were created in, as the org wants it for their results.
pub(super) fn path(kind: &str, version: u16, id: &str) -> String {
    format!("/services/data/v{version}.0/jobs/{kind}/{}", path_segment(id))
}

pub(super) async fn status(connection: &Connection, path: &str) -> Result<JobInfo> {
    connection.send(Request::get(path)).await?.json()
}

/// Waits until the job has ended, well or not.
pub(super) async fn wait(
    connection: &Connection,
    path: &str,
    poll: Poll,
    tell: impl FnMut(Progress<'_, JobInfo>),
) -> Result<JobInfo> {
    let look = || async {
        let job = status(connection, path).await?;
        Ok(match job.state {
            JobState::JobComplete | JobState::Failed | JobState::Aborted => Look::Done(job),
            _ => Look::Running(job),
        })
    };
    poll.until_done(connection, look, tell).await
}

pub(super) async fn abort(connection: &Connection, path: &str) -> Result<JobInfo> {
    connection.send(Request::patch(path).json(&serde_json::json!({"state": "Aborted"}))).await?.json()
}

/// Deletes the job and its data. One that is not there is deleted.
pub(super) async fn delete(connection: &Connection, path: &str) -> Result<()> {
    match connection.send(Request::delete(path)).await {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
