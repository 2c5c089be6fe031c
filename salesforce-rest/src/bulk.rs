//! Bulk API 2.0: queries whose results are read page by page, as CSV, after the org has run them; and rows that are
//! written by jobs, see [`Ingest`].
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use salesforce_rest::{Client, Record};
//!
//! # async fn run(client: Client) -> salesforce_rest::Result<()> {
//! let job = client.bulk().query("SELECT Id, Name, Owner.Name FROM Account").create().await?;
//! job.wait().await?;
//! let mut rows = job.results().rows::<Record>();
//! while let Some(row) = rows.try_next().await? {
//!     println!("{row}");
//! }
//! job.delete().await?;
//! # Ok(()) }
//! ```

mod csv;
mod ingest;
mod job;
mod query;

pub use csv::{Columns, CsvRow, CsvRows, LineEnding, MalformedCsv};
use ingest::Operation;
pub use ingest::{Ingest, IngestHandle, IngestJob, UnfitRow};
pub use job::{JobFailed, JobInfo, JobState};
pub(crate) use query::Fields;
pub use query::{Batch, BulkQuery, CountMismatch, QueryHandle, QueryJob, Results};
use salesforce_http::Result;
use salesforce_soql::IntoSoql;

use crate::Client;

impl Client {
    /// Jobs of Bulk API 2.0.
    #[must_use]
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk { client: self }
    }
}

/// Jobs of Bulk API 2.0; made by [`Client::bulk`].
#[derive(Clone, Copy, Debug)]
pub struct Bulk<'c> {
    client: &'c Client,
}

impl<'c> Bulk<'c> {
    /// A query that the org runs as a job. Its URL has no limit of length, since the query is in the body.
    ///
    /// What Bulk does not run is refused by the org: `GROUP BY`, `OFFSET`, `TYPEOF`, aggregates, child queries, compound
    /// and base64 fields, and some objects. `ORDER BY` and `LIMIT` keep the org from cutting the work into chunks.
    pub fn query(&self, soql: impl IntoSoql) -> BulkQuery<'c> {
        BulkQuery::new(self.client, soql.into_soql())
    }

    /// A query job that was created before, here or in another process, at the place where its rows were left.
    #[must_use]
    pub fn resume_query(&self, handle: QueryHandle) -> QueryJob {
        QueryJob::new(self.client.clone(), handle)
    }

    /// Creates a record of each row by jobs, see [`Ingest`].
    pub fn insert(&self, object: &str) -> Ingest<'c> {
        Ingest::new(self.client, Operation::Insert, object, &[])
    }

    /// Sets fields of the record of each row, which has its `Id`.
    pub fn update(&self, object: &str) -> Ingest<'c> {
        Ingest::new(self.client, Operation::Update, object, &["Id"])
    }

    /// Updates or creates the record of each row by an external id, which the row has.
    pub fn upsert(&self, object: &str, external_id: &str) -> Ingest<'c> {
        Ingest::new(self.client, Operation::Upsert, object, &[external_id])
    }

    /// Moves records to the recycle bin: give their [`ids`](Ingest::ids).
    pub fn delete(&self, object: &str) -> Ingest<'c> {
        Ingest::new(self.client, Operation::Delete, object, &["Id"])
    }

    /// Deletes records for good. The user needs the permission "Bulk API Hard Delete"; without it the job is refused.
    pub fn hard_delete(&self, object: &str) -> Ingest<'c> {
        Ingest::new(self.client, Operation::HardDelete, object, &["Id"])
    }

    /// An ingest job whose handle was stored by [`Ingest::keep`], with all of its rows in the org.
    ///
    /// A job that was closed or aborted is taken as it is, and nothing is uploaded: its outcomes tell which rows were
    /// written. One that is still open never ran: it is stopped, and a new one gets the rows out of the file; `store`
    /// stores the new handle in the place of the old one. Only one process at a time may do that. What was given to the
    /// load behind the end of its last stored job was in no job: give it again, from that
    /// [position](Ingest::first_position) on.
    ///
    /// # Errors
    ///
    /// `NotFound` when the job is gone, which is 24 hours after it was left open or 7 days after its end: nobody can tell
    /// then from the job whether its rows were written. `Invalid` when the file with the rows is not what it was.
    pub async fn resume_ingest<F, E>(
        &self,
        handle: IngestHandle,
        store: impl Fn(IngestHandle) -> F + Send + Sync + 'static,
    ) -> Result<IngestJob>
    where
        F: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        ingest::resume(self.client, handle, store).await
    }
}
