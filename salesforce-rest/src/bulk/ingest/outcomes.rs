//! What became of each row: the results of a job, joined to the rows that were given.

use std::fs::File;
use std::io::Write as _;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::IdText;

use super::IngestJob;
use super::index::Index;
use super::row_error;
use super::spool::{PIECE, Pieces, blocking};
use crate::bulk::CountMismatch;
use crate::bulk::csv::{CsvRow, MalformedCsv, Reader};
use crate::bulk::job::{JobFailed, JobInfo, JobState};
use crate::{Outcome, Written};

/// The most bytes of a row: 400,000 characters, and an error.
const ROW: usize = 4 << 20;
/// How often a result is fetched before it is given up.
const TRIES: u32 = 5;

/// The files with results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Successful,
    Failed,
    Unprocessed,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Successful => "successfulResults",
            Self::Failed => "failedResults",
            Self::Unprocessed => "unprocessedrecords",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Successful => "the list of the rows that were written",
            Self::Failed => "the list of the rows that were refused",
            Self::Unprocessed => "the list of the rows that were not processed",
        }
    }
}

struct Join {
    job: IngestJob,
    info: JobInfo,
    index: Index,
    to_read: std::vec::IntoIter<(Kind, Option<u64>)>,
    reading: Option<Reading>,
    /// How many rows the results have.
    found: u64,
    /// How many of them are none of those that were given.
    strangers: u64,
    ended: bool,
}

struct Reading {
    kind: Kind,
    announced: Option<u64>,
    reader: Reader,
    pieces: Option<Pieces>,
}

pub(super) fn outcomes(job: IngestJob) -> BoxStream<'static, Result<Outcome>> {
    let batches = stream::try_unfold((None, job), |(join, job)| async move {
        let mut join = match join {
            Some(join) => join,
            None => Join::begin(job.clone()).await?,
        };
        Ok::<_, Error>(join.next().await?.map(|outcomes| (outcomes, (Some(join), job))))
    });
    batches.map_ok(|outcomes| stream::iter(outcomes.into_iter().map(Ok))).try_flatten().boxed()
}

fn malformed(what: &str, error: MalformedCsv) -> Error {
    Error::new(ErrorKind::Decode, format!("{what} cannot be read: {error}")).with_source(error)
}

fn unsaid(what: &str) -> Error {
    Error::new(ErrorKind::Decode, format!("the org does not say {what}, so that no row can be missed unseen"))
}

impl Join {
    async fn begin(job: IngestJob) -> Result<Self> {
        let info = job.status().await?;
        if !matches!(info.state, JobState::JobComplete | JobState::Failed | JobState::Aborted) {
            let message = format!("the job {} is not over, but {}: wait for it first", info.id, info.state);
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let processed = info.number_records_processed.ok_or_else(|| unsaid("how many rows were processed"))?;
        let failed = info.number_records_failed.ok_or_else(|| unsaid("how many rows were refused"))?;
        let written = processed
            .checked_sub(failed)
            .ok_or_else(|| CountMismatch::error("the list of the rows that were refused", processed, failed))?;
        let mut to_read = Vec::new();
        if processed > 0 {
            to_read.extend([(Kind::Successful, Some(written)), (Kind::Failed, Some(failed))]);
        }
        if processed < job.handle.rows {
            to_read.push((Kind::Unprocessed, None));
        }
        let index = rows(&job).await?;
        let to_read = to_read.into_iter();
        Ok(Self { job, info, index, to_read, reading: None, found: 0, strangers: 0, ended: false })
    }

    /// Some outcomes; `None` when each row had one, and all were counted.
    async fn next(&mut self) -> Result<Option<Vec<Outcome>>> {
        loop {
            let Some(mut reading) = self.reading.take() else {
                match self.to_read.next() {
                    Some((kind, announced)) => {
                        let pieces = fetch(&self.job, kind).await?;
                        self.reading = Some(Reading { kind, announced, reader: Reader::new(b',', ROW), pieces });
                        continue;
                    }
                    None if std::mem::replace(&mut self.ended, true) => return Ok(None),
                    None => return self.end().map(Some),
                }
            };
            let wrong = |error| malformed(reading.kind.name(), error);
            match reading.reader.next().map_err(wrong)? {
                Some(rows) => {
                    let outcomes = rows.iter().filter_map(|row| self.outcome(reading.kind, row).transpose());
                    let outcomes = outcomes.collect::<Result<Vec<_>>>()?;
                    self.reading = Some(reading);
                    return Ok(Some(outcomes));
                }
                None => match reading.pieces.take() {
                    Some(pieces) => {
                        match pieces.next().await? {
                            Some((piece, pieces)) => {
                                reading.reader.push(piece);
                                reading.pieces = Some(pieces);
                            }
                            None => reading.reader.finish(),
                        }
                        self.reading = Some(reading);
                    }
                    None => {
                        let rows = reading.reader.rows();
                        match reading.announced {
                            Some(announced) if announced != rows => {
                                return Err(CountMismatch::error(reading.kind.name(), announced, rows));
                            }
                            _ => self.found += rows,
                        }
                    }
                },
            }
        }
    }

    fn outcome(&mut self, kind: Kind, row: CsvRow<'_>) -> Result<Option<Outcome>> {
        let wrong = |error| malformed(kind.name(), error);
        let Some(place) = self.index.take(row).map_err(wrong)? else {
            self.strangers += 1;
            return Ok(None);
        };
        let cell = |name| row.get(name).map_err(wrong);
        let result = match kind {
            Kind::Successful => Written::Done {
                id: cell("sf__Id")?.filter(|id| !id.is_empty()).map(|id| IdText::from(&*id)),
                created: match cell("sf__Created")?.as_deref() {
                    Some(text) if text.eq_ignore_ascii_case("true") => Some(true),
                    Some(text) if text.eq_ignore_ascii_case("false") => Some(false),
                    _ => None,
                },
            },
            Kind::Failed => Written::Refused(row_error::refusal(&cell("sf__Error")?.unwrap_or_default())),
            Kind::Unprocessed => self.not_processed(),
        };
        Ok(Some(self.at(place, result)))
    }

    fn at(&self, place: u32, result: Written) -> Outcome {
        let position = self.job.handle.first + u64::from(place);
        Outcome::new(usize::try_from(position).unwrap_or(usize::MAX), result)
    }

    fn not_processed(&self) -> Written {
        Written::Refused(JobFailed::error(self.info.clone()))
    }

    /// Rows that are in no file were not processed: the org says how many were, and so many were found. Of a job that is
    /// complete there are none.
    fn end(&mut self) -> Result<Vec<Outcome>> {
        if self.strangers > 0 {
            let message = format!(
                "{} rows in the results of the job {} are none of those that were given: the org prints their key in \
                 another way, or somebody else has a hand in the job",
                self.strangers, self.info.id
            );
            return Err(Error::new(ErrorKind::Decode, message));
        }
        if self.info.state == JobState::JobComplete && self.found != self.job.handle.rows {
            return Err(CountMismatch::error("the results of the job", self.job.handle.rows, self.found));
        }
        let left = self.index.left();
        Ok(left.into_iter().map(|place| self.at(place, self.not_processed())).collect())
    }
}

/// The rows of a job, out of its file, which has to be what was uploaded.
async fn rows(job: &IngestJob) -> Result<Index> {
    let (bytes, digest) = job.spool.measure().await?;
    job.handle.check(bytes, &digest)?;
    let what = "the file with the rows of the job";
    let mut reader = Reader::new(b',', ROW);
    let mut pieces = Some(Pieces::open(job.spool.path().to_owned()).await?);
    let mut index = None;
    loop {
        while let Some(rows) = reader.next().map_err(|error| malformed(what, error))? {
            let index = index.get_or_insert_with(|| Index::new(&job.handle.key, rows.columns()));
            rows.iter().try_for_each(|row| index.add(row)).map_err(|error| malformed(what, error))?;
        }
        let Some(open) = pieces.take() else { break };
        match open.next().await? {
            Some((piece, open)) => {
                reader.push(piece);
                pieces = Some(open);
            }
            None => reader.finish(),
        }
    }
    match index {
        Some(index) if index.len() as u64 == job.handle.rows => Ok(index),
        index => {
            let found = index.map_or(0, |index| index.len() as u64);
            Err(CountMismatch::error("the file with the rows of the job", job.handle.rows, found))
        }
    }
}

/// A whole result in a file that has no name. One that breaks off is fetched again.
async fn fetch(job: &IngestJob, kind: Kind) -> Result<Option<Pieces>> {
    let mut tries = 0;
    loop {
        tries += 1;
        match fetch_once(job, kind).await {
            Err(error) if error.is_retryable() && tries < TRIES => {}
            done => return done.map(Some),
        }
    }
}

async fn fetch_once(job: &IngestJob, kind: Kind) -> Result<Pieces> {
    let request = Request::get(format!("{}/{}/", job.handle.path(), kind.path())).header("Accept", "text/csv");
    let mut body = job.client.connection().open(request).await?;
    let mut file = blocking(tempfile::tempfile).await?;
    let mut buffer = Vec::new();
    loop {
        let piece = body.try_next().await?;
        if let Some(piece) = &piece {
            buffer.extend_from_slice(piece);
        }
        if buffer.len() >= PIECE || piece.is_none() {
            (file, buffer) = blocking(move || write(file, buffer)).await?;
        }
        if piece.is_none() {
            return blocking(move || {
                std::io::Seek::rewind(&mut file)?;
                Ok(Pieces::new(file))
            })
            .await;
        }
    }
}

fn write(mut file: File, mut buffer: Vec<u8>) -> std::io::Result<(File, Vec<u8>)> {
    file.write_all(&buffer)?;
    buffer.clear();
    Ok((file, buffer))
}
