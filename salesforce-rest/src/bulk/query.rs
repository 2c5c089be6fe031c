//! Query jobs.

use std::fmt;

use salesforce_http::{Effect, Error, ErrorKind, Poll, Progress, Request, Result};
use salesforce_soql::Soql;
use serde::Serialize;

use super::job::{self, JobFailed, JobInfo, JobState};
use crate::Client;

mod count;
mod handle;
mod locators;
mod pages;
mod read;
mod results;
mod shape;

pub use count::CountMismatch;
pub use handle::QueryHandle;
pub use results::{Batch, Results};
pub(crate) use shape::Fields;

/// A query that is not yet a job; made by [`Bulk::query`](super::Bulk::query).
#[must_use = "nothing is sent until the job is created"]
pub struct BulkQuery<'c> {
    client: &'c Client,
    soql: Soql,
    include_deleted: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'q> {
    operation: &'static str,
    query: &'q str,
    content_type: &'static str,
    column_delimiter: &'static str,
    line_ending: &'static str,
}

impl<'c> BulkQuery<'c> {
    pub(super) fn new(client: &'c Client, soql: Soql) -> Self {
        Self { client, soql, include_deleted: false }
    }

    /// Rows in the recycle bin and archived ones too (`queryAll`).
    pub fn include_deleted(mut self) -> Self {
        self.include_deleted = true;
        self
    }

    /// Has the org begin. The job runs on its own from then on, and is kept for seven days.
    ///
    /// A creation whose answer is lost is sent again: at worst the org runs the query a second time for nobody.
    ///
    /// # Errors
    ///
    /// `Invalid` when the org refuses the query or the object; `Limit` when the day's 10,000 query jobs are used up.
    pub async fn create(self) -> Result<QueryJob> {
        let job: JobInfo = self.client.connection().send(self.request()?).await?.json()?;
        let version = self.client.api_version().major();
        Ok(QueryJob::new(self.client.clone(), QueryHandle::new(&job, version)))
    }

    fn request(&self) -> Result<Request> {
        let query = self.soql.text().map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("the query was not sent: {error}")).with_source(error)
        })?;
        let create = Create {
            operation: if self.include_deleted { "queryAll" } else { "query" },
            query: &query,
            content_type: "CSV",
            column_delimiter: "COMMA",
            line_ending: "LF",
        };
        Ok(Request::post("jobs/query").json(&create).with_effect(Effect::Repeatable))
    }
}

impl fmt::Debug for BulkQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkQuery")
            .field("soql", &self.soql)
            .field("include_deleted", &self.include_deleted)
            .finish_non_exhaustive()
    }
}

/// A query job of an org.
///
/// Dropping it does nothing to the job: another process can take it up by its [`handle`](Self::handle).
#[derive(Clone, Debug)]
pub struct QueryJob {
    client: Client,
    handle: QueryHandle,
}

impl QueryJob {
    pub(super) fn new(client: Client, handle: QueryHandle) -> Self {
        Self { client, handle }
    }

    /// The job's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.handle.job()
    }

    /// What another process needs to take the job up, with no row read yet. While rows are read,
    /// [`Batch::handle`] is the one to store.
    #[must_use]
    pub fn handle(&self) -> &QueryHandle {
        &self.handle
    }

    /// What the org says of the job now.
    ///
    /// # Errors
    ///
    /// `NotFound` when the job is gone: a job is kept for seven days.
    pub async fn status(&self) -> Result<JobInfo> {
        job::status(self.client.connection(), &self.handle.path()).await
    }

    /// Waits until the job is complete, however long that takes. Dropping the future stops the waiting, not the job.
    ///
    /// # Errors
    ///
    /// With [`JobFailed`] as its source when the job failed or was aborted; as for [`status`](Self::status).
    pub async fn wait(&self) -> Result<JobInfo> {
        self.wait_with(Poll::new(), |_| ()).await
    }

    /// The same with pauses of your own, and told how far it is.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait); `Timeout` when the poll gives up.
    pub async fn wait_with(&self, poll: Poll, tell: impl FnMut(Progress<'_, JobInfo>)) -> Result<JobInfo> {
        let job = job::wait(self.client.connection(), &self.handle.path(), poll, tell).await?;
        match job.state {
            JobState::JobComplete => Ok(job),
            _ => Err(JobFailed::error(job)),
        }
    }

    /// The rows of a job that is complete.
    pub fn results(&self) -> Results {
        Results::new(self.client.clone(), self.handle.clone())
    }

    /// Stops the job in the org.
    ///
    /// # Errors
    ///
    /// When it has ended already, or belongs to somebody else.
    pub async fn abort(&self) -> Result<JobInfo> {
        job::abort(self.client.connection(), &self.handle.path()).await
    }

    /// Deletes the job and its results. A job that is not there is deleted.
    ///
    /// # Errors
    ///
    /// When it still runs.
    pub async fn delete(&self) -> Result<()> {
        job::delete(self.client.connection(), &self.handle.path()).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use salesforce_http::{AccessToken, TokenProvider, async_trait};

    use super::*;

    #[derive(Debug)]
    struct NoToken;

    #[async_trait]
    impl TokenProvider for NoToken {
        async fn token(&self) -> Result<Arc<AccessToken>> {
            unreachable!("nothing is sent")
        }

        async fn renew(&self, _: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
            unreachable!("nothing is sent")
        }
    }

    #[test]
    fn a_job_is_created_by_its_query_in_the_body() {
        let client = Client::builder(NoToken).build().unwrap();
        let request = client.bulk().query("SELECT Id FROM Account").include_deleted().request().unwrap();
        assert_eq!(request.path(), "jobs/query");
        assert_eq!(
            &**request.content().as_bytes().unwrap(),
            br#"{"operation":"queryAll","query":"SELECT Id FROM Account","contentType":"CSV","columnDelimiter":"COMMA","lineEnding":"LF"}"#
        );
    }
}
