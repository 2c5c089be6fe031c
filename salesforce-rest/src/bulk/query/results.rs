use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

use super::handle::QueryHandle;
use super::read::{Manner, Read};
use super::shape::shape;
use crate::bulk::csv::{Shape, decode};
use crate::bulk::{CsvRows, job};
use crate::{Client, DescribeCache};

/// How many pages are under way at once, unless said.
const IN_FLIGHT: usize = 5;

/// The rows of a query job that is complete; made by [`QueryJob::results`](super::QueryJob::results).
///
/// **No row is missed or given twice.** Each page is counted against what the org said it has, and all of them against
/// what the job has read: a difference is an error with a [`CountMismatch`](super::CountMismatch) as its source. A page
/// whose answer breaks off, or ends early, is read again from its beginning, and the rows that were given are passed
/// over; the last one of them must be the same as before.
///
/// **Pages are opened ahead.** Where the org lists its pages (version 58 and later), several are asked for at once, and
/// elsewhere the next one while this one is read. Of a page ahead 256 KB are held; order is kept. Each open page takes
/// one of the connection's places for concurrent calls.
#[must_use = "nothing is sent until rows are asked for"]
#[derive(Clone)]
pub struct Results {
    client: Client,
    handle: QueryHandle,
    manner: Manner,
    describes: Option<Arc<DescribeCache>>,
    delete: bool,
}

/// Some rows of a job, and the place behind them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<R> {
    /// The rows.
    pub rows: R,
    /// Where to go on once these rows are kept: store it with them.
    pub handle: QueryHandle,
}

impl Results {
    pub(super) fn new(client: Client, handle: QueryHandle) -> Self {
        let manner = Manner { in_flight: IN_FLIGHT, page_rows: None, listed: true };
        Self { client, handle, manner, describes: None, delete: false }
    }

    /// How many pages are under way at once; 5 unless said, and 1 for one after the other.
    pub fn in_flight(mut self, pages: usize) -> Self {
        self.manner.in_flight = pages.max(1);
        self
    }

    /// The most rows a page may have. The org's own choice is by size. Such pages are found one from the other, since an
    /// org lists pages of its own size only.
    pub fn page_rows(mut self, rows: u32) -> Self {
        self.manner.page_rows = Some(rows);
        self
    }

    /// Finds each page from the one before, and does not ask the org for a list.
    pub fn chained(mut self) -> Self {
        self.manner.listed = false;
        self
    }

    /// Takes what the org says of its objects from here; otherwise [`rows`](Self::rows) asks once for the object and for
    /// each parent in the query.
    pub fn describes(mut self, cache: Arc<DescribeCache>) -> Self {
        self.describes = Some(cache);
        self
    }

    /// Deletes the job once its last row was given and all were counted.
    pub fn delete_when_done(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Row after row, as a struct of yours or as a [`Record`](crate::Record): the same as a REST query gives.
    ///
    /// CSV does not say what an empty cell is, or whether `1` is a number; the org's describe of the object and of the
    /// query's parents does. So an empty cell is null where the field may be null, and otherwise an empty text; numbers
    /// and booleans are such; a date with a time ends in `+0000`. A parent of which all cells are empty is null: a
    /// parent that is there, and of which only empty fields were asked for, cannot be told from it, so ask for its id. A
    /// parent that may be of several objects is a `Name`, and [`Record::url`](crate::Record::url) is not known.
    ///
    /// Ends after an error.
    pub fn rows<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'static, Result<T>> {
        self.batches().map_ok(|batch| stream::iter(batch.rows).map(Ok)).try_flatten().boxed()
    }

    /// The same rows some at a time, each with the place behind them.
    pub fn batches<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'static, Result<Batch<Vec<T>>>> {
        let Self { client, describes, .. } = &self;
        let state = (client.clone(), describes.clone(), None::<Shape>, self.csv());
        stream::try_unfold(state, |(client, describes, shape_known, mut csv)| async move {
            let Some(Batch { rows, handle }) = csv.try_next().await? else { return Ok(None) };
            let shape = match shape_known {
                Some(shape) => shape,
                None => shape(&client, describes.as_deref(), handle.object(), rows.columns()).await?,
            };
            let before = handle.rows() - rows.len() as u64;
            let rows = decoded(&shape, &rows, before)?;
            Ok(Some((Batch { rows, handle }, (client, describes, Some(shape), csv))))
        })
        .boxed()
    }

    /// The rows as CSV, some at a time: the quickest way to have them. Ends after an error.
    pub fn csv(self) -> BoxStream<'static, Result<Batch<CsvRows>>> {
        let Self { client, handle, manner, delete, .. } = self;
        let read = Read::new(client.clone(), manner, handle);
        stream::try_unfold((client, read), move |(client, mut read)| async move {
            match read.next().await? {
                Some(rows) => {
                    let handle = read.handle.clone();
                    Ok(Some((Batch { rows, handle }, (client, read))))
                }
                None if delete => {
                    job::delete(client.connection(), &read.handle.path()).await?;
                    Ok(None)
                }
                None => Ok(None),
            }
        })
        .boxed()
    }

    /// The result as one CSV text: a header line, and behind it the rows of all pages as the org wrote them. A result
    /// without rows is empty. Ends after an error: rows that came before it are whole.
    pub fn bytes(self) -> BoxStream<'static, Result<Bytes>> {
        let mut begun = self.handle.rows() > 0;
        self.csv()
            .map_ok(move |batch| {
                let header = (!std::mem::replace(&mut begun, true)).then(|| header(&batch.rows));
                let pieces = [header, Some(batch.rows.text()), Some(Bytes::from_static(b"\n"))];
                stream::iter(pieces.into_iter().flatten().map(Ok))
            })
            .try_flatten()
            .boxed()
    }
}

fn header(rows: &CsvRows) -> Bytes {
    let names: Vec<_> = rows.columns().names().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
    format!("{}\n", names.join(",")).into()
}

fn decoded<T: DeserializeOwned>(shape: &Shape, rows: &CsvRows, before: u64) -> Result<Vec<T>> {
    let mut decoded = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        decoded.push(decode(shape, row).map_err(|error| {
            let row = before + index as u64 + 1;
            Error::new(ErrorKind::Decode, format!("row {row} of the job's result is not as expected: {error}"))
                .with_source(error)
        })?);
    }
    Ok(decoded)
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("handle", &self.handle).field("manner", &self.manner).finish_non_exhaustive()
    }
}
