//! Bulk API 2.0: queries whose results are read page by page, as CSV, after the org has run them.
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
mod job;
mod query;

pub use csv::{Columns, CsvRow, CsvRows, MalformedCsv};
pub use job::{JobFailed, JobInfo, JobState};
pub use query::{Batch, BulkQuery, CountMismatch, QueryHandle, QueryJob, Results};
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
}
