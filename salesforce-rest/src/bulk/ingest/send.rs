//! Rows become jobs: each is written to a file, created, uploaded and closed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::lock::Mutex;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use serde::Serialize;

use super::handle::IngestHandle;
use super::spool::{PIECE, Sink, Spool};
use super::{IngestJob, Operation};
use crate::Client;
use crate::bulk::csv::{LineEnding, Unfit, Writer};
use crate::bulk::job::{self, JobInfo, JobState};

/// How often a job is begun anew since nobody knows whether its upload arrived.
const TRIES: u32 = 3;
/// An upload of 100 MB over a slow line.
const UPLOAD: Duration = Duration::from_secs(60 * 60);

/// Stores a handle.
pub(super) type Keep = Arc<dyn Fn(IngestHandle) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What all jobs of a load have in common.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) client: Client,
    pub(super) object: Box<str>,
    pub(super) operation: Operation,
    pub(super) key: Vec<Box<str>>,
    pub(super) columns: Option<Vec<Box<str>>>,
    pub(super) line_ending: LineEnding,
    pub(super) assignment_rule: Option<Box<str>>,
    pub(super) most_rows: u64,
    pub(super) most_bytes: u64,
    pub(super) first: u64,
    pub(super) folder: Option<PathBuf>,
    pub(super) keep: Option<Keep>,
}

/// A row that cannot be written as a job wants it: the source of an error of kind [`Invalid`](ErrorKind::Invalid). No
/// value is in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitRow {
    position: u64,
    why: Box<str>,
}

impl UnfitRow {
    /// Which of the rows given it is, counted from 0.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    fn error(position: u64, unfit: &Unfit) -> Error {
        let unfit = Self { position, why: unfit.to_string().into() };
        Error::new(ErrorKind::Invalid, unfit.to_string()).with_source(unfit)
    }
}

impl fmt::Display for UnfitRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} {}; neither it nor its job was sent", self.position, self.why)
    }
}

impl std::error::Error for UnfitRow {}

/// Writes a row as a line.
pub(super) trait Lines<R>: FnMut(&mut Writer, &R, &mut Vec<u8>) -> Result<(), Unfit> + Send + 'static {}
impl<R, F: FnMut(&mut Writer, &R, &mut Vec<u8>) -> Result<(), Unfit> + Send + 'static> Lines<R> for F {}

/// Rows on their way into files.
struct Spooler<'c, R, L> {
    plan: Plan,
    rows: BoxStream<'c, Result<R>>,
    write: L,
    writer: Writer,
    /// A row that had no place in the job before.
    left: Vec<u8>,
    position: u64,
}

/// Creates and uploads a job for as many rows as fit in one, and so on. While one is uploaded the next is written.
pub(super) fn jobs<'c, R: Send + 'c>(
    plan: Plan,
    rows: impl Stream<Item = Result<R>> + Send + 'c,
    write: impl Lines<R>,
) -> BoxStream<'c, Result<IngestJob>> {
    let empty_is_unset = plan.operation == Operation::Insert;
    let writer = Writer::new(plan.columns.clone(), plan.line_ending, empty_is_unset);
    let position = plan.first;
    let sending = plan.clone();
    let spooler = Spooler { plan, rows: rows.boxed(), write, writer, left: Vec::new(), position };
    let spools =
        stream::try_unfold(
            spooler,
            |mut spooler| async move { Ok(spooler.next().await?.map(|spool| (spool, spooler))) },
        );
    // One upload at a time, in the order of the rows; one more file waits or is written.
    let turn = Arc::new(Mutex::new(()));
    spools
        .map_ok(move |(spool, first, rows)| {
            let (plan, turn) = (sending.clone(), Arc::clone(&turn));
            async move {
                let _turn = turn.lock().await;
                let handle = plan.handle(&spool, first, rows);
                plan.send(spool, handle).await
            }
        })
        .try_buffered(2)
        .boxed()
}

impl<R: Send, L: Lines<R>> Spooler<'_, R, L> {
    async fn next(&mut self) -> Result<Option<(Spool, u64, u64)>> {
        let mut sink = None;
        let mut buffer = std::mem::take(&mut self.left);
        let (first, mut rows, mut bytes) = (self.position, u64::from(!buffer.is_empty()), buffer.len() as u64);
        self.position += rows;
        if rows > 0 {
            let mut header = self.header()?;
            header.append(&mut buffer);
            (bytes, buffer) = (header.len() as u64, header);
        }
        while rows < self.plan.most_rows {
            let Some(row) = self.rows.next().await else { break };
            let row = row?;
            let begin = buffer.len();
            let written = (self.write)(&mut self.writer, &row, &mut buffer);
            written.map_err(|unfit| UnfitRow::error(self.position, &unfit))?;
            if rows == 0 {
                let mut header = self.header()?;
                header.append(&mut buffer);
                (bytes, buffer) = (header.len() as u64, header);
            } else {
                let line = (buffer.len() - begin) as u64;
                if bytes + line > self.plan.most_bytes {
                    self.left = buffer.split_off(begin);
                    break;
                }
                bytes += line;
            }
            rows += 1;
            self.position += 1;
            if buffer.len() >= PIECE {
                let open = match sink.take() {
                    Some(open) => open,
                    None => Sink::create(self.plan.folder.clone()).await?,
                };
                let (open, emptied) = open.write(buffer).await?;
                (sink, buffer) = (Some(open), emptied);
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let open = match sink {
            Some(open) => open,
            None => Sink::create(self.plan.folder.clone()).await?,
        };
        let (open, _) = open.write(buffer).await?;
        Ok(Some((open.finish(self.plan.folder.is_some()).await?, first, rows)))
    }

    fn header(&self) -> Result<Vec<u8>> {
        self.writer.header().map_err(|unfit| UnfitRow::error(self.position, &unfit))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'p> {
    object: &'p str,
    operation: Operation,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id_field_name: Option<&'p str>,
    content_type: &'static str,
    column_delimiter: &'static str,
    line_ending: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_rule_id: Option<&'p str>,
}

fn create(handle: &IngestHandle) -> Request {
    let create = Create {
        object: &handle.object,
        operation: handle.operation,
        external_id_field_name: match handle.operation {
            Operation::Upsert => handle.key.first().map(|key| &**key),
            _ => None,
        },
        content_type: "CSV",
        column_delimiter: "COMMA",
        line_ending: &handle.line_ending,
        assignment_rule_id: handle.assignment_rule.as_deref(),
    };
    // A job that is made twice is left open and empty, writes nothing, and is gone after a day.
    Request::post(format!("/services/data/v{}.0/jobs/ingest", handle.version))
        .json(&create)
        .with_effect(Effect::Repeatable)
}

impl Plan {
    fn handle(&self, spool: &Spool, first: u64, rows: u64) -> IngestHandle {
        IngestHandle {
            job: "".into(),
            object: self.object.clone(),
            operation: self.operation,
            version: self.client.api_version().major(),
            key: self.key.clone(),
            assignment_rule: self.assignment_rule.clone(),
            line_ending: self.line_ending.name().into(),
            first,
            rows,
            bytes: spool.bytes,
            digest: spool.digest.clone(),
            file: spool.path().to_owned(),
        }
    }

    async fn send(&self, spool: Spool, handle: IngestHandle) -> Result<IngestJob> {
        send(&self.client, spool, handle, self.keep.as_ref()).await
    }
}

/// Has a job made for a handle, and gives it the rows. A job whose upload may not have arrived is stopped before it can
/// run, and another one is made.
pub(super) async fn send(
    client: &Client,
    spool: Spool,
    mut handle: IngestHandle,
    keep: Option<&Keep>,
) -> Result<IngestJob> {
    let connection = client.connection();
    let mut tries = 0;
    loop {
        tries += 1;
        let made: JobInfo = connection.send(create(&handle)).await?.json()?;
        handle.job = made.id.to_string().into();
        // Before the upload: whatever happens from here on, somebody knows which job has these rows.
        if let Some(keep) = keep {
            keep(handle.clone()).await?;
        }
        let path = handle.path();
        let upload = Request::put(format!("{path}/batches"))
            .body("text/csv", spool.body())
            .with_effect(Effect::Once)
            .time_limit(UPLOAD);
        match connection.send(upload).await {
            Ok(_) => {
                close(client, &path).await?;
                return Ok(IngestJob::new(client.clone(), handle, spool));
            }
            Err(error) => {
                // A job that is never closed never runs, even if it cannot be stopped now.
                let stopped = stop(client, &path).await.is_ok();
                let again = stopped && (error.outcome_unknown() || error.is_retryable());
                if !again || tries == TRIES {
                    return Err(error);
                }
            }
        }
    }
}

/// Has the org begin. Whether an answer came or not, the job's state says whether it did.
async fn close(client: &Client, path: &str) -> Result<()> {
    let request = Request::patch(path).json(&serde_json::json!({"state": "UploadComplete"}));
    let Err(error) = client.connection().send(request.with_effect(Effect::Repeatable)).await else { return Ok(()) };
    match job::status(client.connection(), path).await {
        Ok(JobInfo { state: JobState::Open | JobState::Aborted, .. }) => Err(error),
        Ok(_) => Ok(()),
        Err(_) => Err(error.into_outcome_unknown()),
    }
}

/// Sees to it that a job that is open never runs.
pub(super) async fn stop(client: &Client, path: &str) -> Result<()> {
    let stopped = job::abort(client.connection(), path).await;
    let state = job::status(client.connection(), path).await?.state;
    match state {
        JobState::Aborted => Ok(()),
        state => Err(stopped.err().unwrap_or_else(|| {
            let message = format!("a job that was to be stopped is {state}: somebody else has a hand in it");
            Error::new(ErrorKind::Other, message)
        })),
    }
}
