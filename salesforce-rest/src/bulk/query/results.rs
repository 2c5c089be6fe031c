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
/// elsewhere each one when the page before it begins. Of a page ahead about 256 KB are held; order is kept. Each page
/// that has not come to its end takes one of the connection's places for concurrent calls, also while the program is
/// busy with rows: a program that makes calls meanwhile has fewer pages [`in_flight`](Self::in_flight) than the
/// connection has places.
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
    /// org lists pages of its own size only. A job that was begun, here or in another process, goes on with the pages it
    /// was begun with.
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

    /// Deletes the job once its last row was given and all were counted. An org that refuses to is an error behind all
    /// rows: they are whole.
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
    /// parent that may be of several objects is a `Name`, and [`Record::url`](crate::Record::url) is not known. A field
    /// of which each value has a type of its own (`anyType`, such as `OldValue` and `NewValue` of histories) is text, also
    /// where a REST query gives a number or a boolean.
    ///
    /// A first page that does not come whole at once is asked for twice: its header says which describes are needed, and
    /// no page is open while they are asked for.
    ///
    /// Ends after an error.
    pub fn rows<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'static, Result<T>> {
        self.batches().map_ok(|batch| stream::iter(batch.rows).map(Ok)).try_flatten().boxed()
    }

    /// The same rows some at a time, each with the place behind them.
    pub fn batches<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'static, Result<Batch<Vec<T>>>> {
        let Self { client, handle, manner, describes, delete } = self;
        let read = Read::new(client.clone(), manner, handle).first_alone();
        stream::try_unfold((client, describes, read, None), move |(client, describes, mut read, known)| async move {
            // Describes are asked for while no page has a place that they would wait for.
            let known = match known {
                None if read.handle.columns.is_some() => {
                    Some(shape(&client, describes.as_deref(), &read.handle).await?)
                }
                known => known,
            };
            let Some(Batch { rows, handle }) = batch(&client, &mut read, delete).await? else { return Ok(None) };
            let shape = match known {
                Some(shape) => shape,
                None => {
                    read.let_go();
                    shape(&client, describes.as_deref(), &read.handle).await?
                }
            };
            let before = handle.rows() - rows.len() as u64;
            let rows = decoded(&shape, &rows, before)?;
            Ok(Some((Batch { rows, handle }, (client, describes, read, Some(shape)))))
        })
        .boxed()
    }

    /// The rows as CSV, some at a time: the quickest way to have them. Ends after an error.
    pub fn csv(self) -> BoxStream<'static, Result<Batch<CsvRows>>> {
        let Self { client, handle, manner, delete, .. } = self;
        let read = Read::new(client.clone(), manner, handle);
        stream::try_unfold((client, read), move |(client, mut read)| async move {
            Ok(batch(&client, &mut read, delete).await?.map(|batch| (batch, (client, read))))
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

/// The next rows. Behind the last ones, which were counted, the job is deleted if that was asked for.
async fn batch(client: &Client, read: &mut Read, delete: bool) -> Result<Option<Batch<CsvRows>>> {
    if let Some(rows) = read.next().await? {
        return Ok(Some(Batch { rows, handle: read.handle.clone() }));
    }
    if delete {
        job::delete(client.connection(), &read.handle.path()).await?;
    }
    Ok(None)
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
        })?);
    }
    Ok(decoded)
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").field("handle", &self.handle).field("manner", &self.manner).finish_non_exhaustive()
    }
}
