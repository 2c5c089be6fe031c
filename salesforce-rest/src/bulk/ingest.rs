//! Jobs that write rows.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use salesforce_http::{Error, ErrorKind, Poll, Progress, Result};
use salesforce_types::RecordId;
use serde::{Deserialize, Serialize};

use super::csv::LineEnding;
use super::job::{self, JobInfo, JobState};
use crate::{Client, Outcome};

mod handle;
mod index;
mod outcomes;
mod row_error;
mod send;
mod spool;

pub use handle::IngestHandle;
pub use send::UnfitRow;
use send::{Keep, Plan};
use spool::Spool;

/// The most rows of a job unless said: what its outcomes are found by takes 16 bytes a row.
const MOST_ROWS: u64 = 500_000;
/// The most bytes of a job unless said, as Salesforce recommends, and at all: 150 MB as base64.
const MOST_BYTES: u64 = 100_000_000;
const LIMIT: u64 = 112_500_000;

/// What a job does with its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

/// Rows that are to be written by jobs; made by [`Bulk::insert`](super::Bulk::insert) and the like.
///
/// ```no_run
/// use futures_util::{StreamExt, TryStreamExt, stream};
/// use salesforce_rest::{Client, Record, Written};
///
/// # async fn run(client: Client, rows: Vec<Record>) -> salesforce_rest::Result<()> {
/// let mut jobs = client.bulk().upsert("Contact", "Erp_Id__c").rows(stream::iter(rows));
/// while let Some(job) = jobs.try_next().await? {
///     job.wait().await?;
///     let mut outcomes = job.outcomes();
///     while let Some(outcome) = outcomes.try_next().await? {
///         match outcome.result {
///             Written::Done { .. } => {}
///             _ => println!("row {} was not written: {:?}", outcome.position, outcome.error()),
///         }
///     }
///     job.delete().await?;
/// }
/// # Ok(()) }
/// ```
///
/// **Cells.** A field that is null is written as `#N/A`, which clears it; one that a row does not have is left as it is.
/// An empty text would be left as it is too, so that an update and an upsert refuse it: say null. The text `#N/A` cannot
/// be written by a job, and is refused. Columns are the fields of the first row unless they are
/// [declared](Self::columns); a row with another field is refused. What is refused is an error with [`UnfitRow`] as its
/// source, and ends the load; jobs given before are not touched by it.
///
/// **Jobs.** Rows are divided into jobs by size and by count. Each job's rows are written to a file, so that memory is
/// bounded and an upload can be sent again: it is deleted with the last clone of its [`IngestJob`], unless a
/// [folder](Self::folder) is named. While one job is uploaded the next one is written.
///
/// **What is sent again.** A job whose creation is not answered is created again; the first one stays open, empty, and
/// is gone after a day. An upload is sent again only when the org surely did not take it. When its answer is lost the job
/// is stopped, which it can be before it is closed, and a new one gets the rows. Nothing runs before a job is closed, and
/// whether it was closed its state says.
#[must_use = "nothing is sent until rows are given"]
#[derive(Clone)]
pub struct Ingest<'c> {
    client: PhantomData<&'c Client>,
    plan: Plan,
}

impl<'c> Ingest<'c> {
    pub(super) fn new(client: &'c Client, operation: Operation, object: &str, key: &[&str]) -> Self {
        let plan = Plan {
            client: client.clone(),
            object: object.into(),
            operation,
            key: key.iter().map(|name| (*name).into()).collect(),
            columns: None,
            line_ending: LineEnding::Lf,
            assignment_rule: None,
            most_rows: MOST_ROWS,
            most_bytes: MOST_BYTES,
            first: 0,
            folder: None,
            keep: None,
        };
        Self { client: PhantomData, plan }
    }

    /// The columns, where the first row may not have all fields. A parent's field is written `Account.Erp_Id__c`.
    pub fn columns<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.plan.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// For an insert, the columns that tell one row from another when its outcome is looked up; all of them unless said,
    /// which fails for texts that the org prints in another way than they were sent. Rows of one job that are equal in
    /// the key and in all columns cannot be told apart: each has one of their outcomes. Other operations have their id
    /// or external id.
    pub fn key<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        if self.plan.operation == Operation::Insert {
            self.plan.key = names.into_iter().map(Into::into).collect();
        }
        self
    }

    /// How lines end; `\n` unless said.
    pub fn line_ending(mut self, ending: LineEnding) -> Self {
        self.plan.line_ending = ending;
        self
    }

    /// The assignment rule for new cases and leads.
    pub fn assignment_rule(mut self, rule: RecordId) -> Self {
        self.plan.assignment_rule = Some(rule.to_string().into());
        self
    }

    /// The most rows of a job; 500,000 unless said. Finding their outcomes takes 16 bytes of memory for each.
    pub fn most_rows(mut self, rows: u32) -> Self {
        self.plan.most_rows = u64::from(rows).max(1);
        self
    }

    /// The most bytes of a job; 100 MB unless said, as Salesforce recommends, and 112.5 MB at most, which are 150 MB as
    /// base64. A row that is longer by itself has a job of its own.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.plan.most_bytes = bytes.min(LIMIT);
        self
    }

    /// The position of the first row that is given: of a load that is taken up, the
    /// [end](IngestHandle::positions) of its last job.
    pub fn first_position(mut self, position: u64) -> Self {
        self.plan.first = position;
        self
    }

    /// Where the files with the rows of jobs are written; the system's folder for temporary files unless said. In a
    /// folder that is named they stay, for another process, until [`IngestJob::delete`].
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.plan.folder = Some(folder.into());
        self
    }

    /// Stores the handle of each job before its rows are uploaded. When the process dies, no row is in a job that nobody
    /// knows of: [`Bulk::resume_ingest`](super::Bulk::resume_ingest) takes up those that were stored, and rows behind
    /// them were in no job. A handle replaces an earlier one with the same positions. An error ends the load.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, rows: Vec<salesforce_rest::Record>) -> salesforce_rest::Result<()> {
    /// # use futures_util::{TryStreamExt, stream};
    /// # async fn store(_: salesforce_rest::bulk::IngestHandle) -> std::io::Result<()> { Ok(()) }
    /// let jobs = client.bulk().insert("Contact").folder("/var/lib/load").keep(store).rows(stream::iter(rows));
    /// let jobs: Vec<_> = jobs.try_collect().await?;
    /// # Ok(()) }
    /// ```
    pub fn keep<F, E>(mut self, store: impl Fn(IngestHandle) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.plan.keep = Some(keep_of(store));
        self
    }

    /// Writes these rows: structs, [`Record`](crate::Record)s, or what else is an object in JSON. Jobs are given as soon
    /// as the org has all of their rows.
    ///
    /// # Errors
    ///
    /// Of the stream: a row that is [unfit](UnfitRow); what the org says to a job or its upload; `Denied` for a hard
    /// delete without the permission "Bulk API Hard Delete". Jobs that were given before run on.
    pub fn rows<R: Serialize + Send + 'c>(
        self,
        rows: impl Stream<Item = R> + Send + 'c,
    ) -> BoxStream<'c, Result<IngestJob>> {
        send::jobs(self.plan, rows.map(Ok), |writer, row: &R, out| writer.row(row, out))
    }

    /// Deletes the records with these ids.
    ///
    /// # Errors
    ///
    /// As for [`rows`](Self::rows).
    pub fn ids(self, ids: impl Stream<Item = RecordId> + Send + 'c) -> BoxStream<'c, Result<IngestJob>> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Row {
            id: String,
        }
        self.rows(ids.map(|id| Row { id: id.to_string() }))
    }
}

impl fmt::Debug for Ingest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest")
            .field("object", &self.plan.object)
            .field("operation", &self.plan.operation)
            .finish_non_exhaustive()
    }
}

/// A job that has its rows.
///
/// Dropping it does nothing to the job in the org.
#[derive(Clone)]
pub struct IngestJob {
    client: Client,
    handle: IngestHandle,
    spool: Spool,
}

impl IngestJob {
    fn new(client: Client, handle: IngestHandle, spool: Spool) -> Self {
        Self { client, handle, spool }
    }

    /// The job's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.handle.job()
    }

    /// What another process needs to take the job up.
    #[must_use]
    pub fn handle(&self) -> &IngestHandle {
        &self.handle
    }

    /// What the org says of the job now.
    ///
    /// # Errors
    ///
    /// `NotFound` when the job is gone: a job is kept for seven days after its end, and for a day while it is open.
    pub async fn status(&self) -> Result<JobInfo> {
        job::status(self.client.connection(), &self.handle.path()).await
    }

    /// Waits until the job is over, however long that takes. A job that failed or was aborted is no error here: rows
    /// that it wrote before are written, and [`outcomes`](Self::outcomes) says which.
    ///
    /// # Errors
    ///
    /// As for [`status`](Self::status).
    pub async fn wait(&self) -> Result<JobInfo> {
        self.wait_with(Poll::new(), |_| ()).await
    }

    /// The same with pauses of your own, and told how far it is.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait); `Timeout` when the poll gives up.
    pub async fn wait_with(&self, poll: Poll, tell: impl FnMut(Progress<'_, JobInfo>)) -> Result<JobInfo> {
        job::wait(self.client.connection(), &self.handle.path(), poll, tell).await
    }

    /// What became of each row of a job that is over: each has one outcome, in no order. Rows that the job did not get
    /// to are refused with [`JobFailed`](super::JobFailed) as the source of their error.
    ///
    /// # Errors
    ///
    /// Of the stream: results that are fewer or more rows than the org counted, with
    /// [`CountMismatch`](super::CountMismatch) as the source, or rows that were not given; a job that is not over; a file
    /// with the job's rows that is gone or was changed. Outcomes given before are true.
    #[must_use]
    pub fn outcomes(&self) -> BoxStream<'static, Result<Outcome>> {
        outcomes::outcomes(self.clone())
    }

    /// Stops the job in the org. What it wrote stays written.
    ///
    /// # Errors
    ///
    /// When it is over already, or belongs to somebody else.
    pub async fn abort(&self) -> Result<JobInfo> {
        job::abort(self.client.connection(), &self.handle.path()).await
    }

    /// Deletes the job and its results, and the file with its rows. What is not there is deleted.
    ///
    /// # Errors
    ///
    /// When it still runs, or the file cannot be deleted.
    pub async fn delete(&self) -> Result<()> {
        job::delete(self.client.connection(), &self.handle.path()).await?;
        self.spool.remove().await
    }
}

impl fmt::Debug for IngestJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestJob").field("handle", &self.handle).finish_non_exhaustive()
    }
}

fn keep_of<F, E>(store: impl Fn(IngestHandle) -> F + Send + Sync + 'static) -> Keep
where
    F: Future<Output = std::result::Result<(), E>> + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    Arc::new(move |handle| {
        let stored = store(handle);
        async move {
            stored.await.map_err(|error| {
                Error::new(ErrorKind::Other, "the handle of a job was not stored, and nothing was uploaded")
                    .with_source(error)
            })
        }
        .boxed()
    })
}

/// Takes up a job of another process: one that runs or ran as it is, and one that is open with a new upload.
pub(super) async fn resume<F, E>(
    client: &Client,
    handle: IngestHandle,
    store: impl Fn(IngestHandle) -> F + Send + Sync + 'static,
) -> Result<IngestJob>
where
    F: Future<Output = std::result::Result<(), E>> + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let spool = Spool::of(handle.file.clone(), handle.bytes, handle.digest.clone());
    let path = handle.path();
    let info = job::status(client.connection(), &path).await?;
    // One that was aborted may have run: its counter is no proof that it did not.
    if info.state != JobState::Open {
        return Ok(IngestJob::new(client.clone(), handle, spool));
    }
    let (bytes, digest) = spool.measure().await?;
    handle.check(bytes, &digest)?;
    // It was not closed, so that no row of it was written; and from here on it cannot be.
    send::stop(client, &path).await?;
    let stopped = job::status(client.connection(), &path).await?;
    if stopped.number_records_processed != Some(0) {
        return Ok(IngestJob::new(client.clone(), handle, spool));
    }
    let keep = keep_of(store);
    send::send(client, spool, handle, Some(&keep)).await
}
