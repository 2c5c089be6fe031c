use std::fmt;
use std::sync::Arc;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Poll, Progress, Result};
use serde::de::DeserializeOwned;

use super::handle::Place;
use super::{ExtractHandle, Route, WhyBulk, WhyRest, pages, restriction};
use crate::bulk::{JobFailed, JobInfo, JobState};
use crate::query::RawPage;
use crate::{Client, DescribeCache, Keyset, Soql};

/// The rows of a query on the way that was chosen for it; made by [`Extract::start`](super::Extract::start) and
/// [`Client::resume_extract`](crate::Client::resume_extract).
///
/// Dropping it does nothing to its job: another process can take it up by its [`handle`](Self::handle).
#[must_use = "no row is read until rows are asked for"]
pub struct Extraction<'c> {
    client: &'c Client,
    handle: ExtractHandle,
    describes: Arc<DescribeCache>,
    begun: Option<Begun<'c>>,
    delete: bool,
}

/// Pages over REST of which the first one came.
pub(super) struct Begun<'c> {
    pub(super) first: Option<RawPage>,
    pub(super) pages: BoxStream<'c, Result<RawPage>>,
}

/// Some rows of an extraction, and the place behind them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where to go on once these rows are kept: store it with them.
    pub handle: ExtractHandle,
}

impl<'c> Extraction<'c> {
    pub(super) fn new(
        client: &'c Client,
        handle: ExtractHandle,
        describes: Arc<DescribeCache>,
        begun: Option<Begun<'c>>,
    ) -> Self {
        Self { client, handle, describes, begun, delete: false }
    }

    /// Which way it goes, and why.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.handle.route
    }

    /// What another process needs to take it up, with no more rows read than when this was made. While rows are read,
    /// [`Batch::handle`] is the one to store.
    #[must_use]
    pub fn handle(&self) -> &ExtractHandle {
        &self.handle
    }

    /// Takes what the org says of its objects from here, as [`Extract::describes`](super::Extract::describes).
    pub fn describes(mut self, cache: Arc<DescribeCache>) -> Self {
        self.describes = cache;
        self
    }

    /// Deletes the job, where there is one, once its last row was given and all were counted. A process that dies then,
    /// and has not stored that it was done, finds no job when it goes on.
    pub fn delete_when_done(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Waits until the job is complete, however long that takes; over REST there is nothing to wait for. Rows wait for
    /// it too.
    ///
    /// # Errors
    ///
    /// As for [`wait_with`](Self::wait_with).
    pub async fn wait(&mut self) -> Result<()> {
        self.wait_with(Poll::new(), |_| ()).await
    }

    /// The same with pauses of your own, and told how far the job is.
    ///
    /// The org may take a job and fail it when it runs: objects and fields that Bulk does not read come to light only
    /// then. As long as no row was given, the query then goes over REST, and [`route`](Self::route) says so.
    ///
    /// # Errors
    ///
    /// With [`JobFailed`] as its source when the job was aborted, or failed after rows were given, or after the org had
    /// broken the query off over REST; `NotFound` when the job is gone; `Timeout` when the poll gives up.
    pub async fn wait_with(&mut self, poll: Poll, tell: impl FnMut(Progress<'_, JobInfo>)) -> Result<()> {
        let Place::Job(job) = &self.handle.place else { return Ok(()) };
        match self.client.bulk().resume_query(job.clone()).wait_with(poll, tell).await {
            Ok(_) => Ok(()),
            Err(error) => match self.instead(&error) {
                Some(why) => {
                    self.handle.route = Route::Rest(why);
                    self.handle.place = Place::default();
                    Ok(())
                }
                None => Err(error),
            },
        }
    }

    /// Why to go over REST now that a job ended so; `None` if that would be wrong.
    fn instead(&self, error: &Error) -> Option<WhyRest> {
        let failed = std::error::Error::source(error)?.downcast_ref::<JobFailed>()?;
        let over_rest = self.handle.route != Route::Bulk(WhyBulk::TimedOut);
        let unread = self.handle.rows() == 0;
        let why = || WhyRest::JobFailed(error.to_string().into());
        (failed.job().state == JobState::Failed && unread && over_rest).then(why)
    }

    /// Row after row, as a struct of yours or as a [`Record`](crate::Record); the same both ways, for which
    /// [`Results::rows`](crate::bulk::Results::rows) has the rules. Only where a row lies, [`Record::url`](crate::Record::url),
    /// is not known of a job's rows, and of which object a parent is that may be of several. Ends after an error.
    pub fn rows<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'c, Result<T>> {
        self.batches().map_ok(|batch| stream::iter(batch.rows).map(Ok)).try_flatten().boxed()
    }

    /// The same rows some at a time, each time with the place behind them. Ends after an error.
    pub fn batches<T: DeserializeOwned + Send + 'static>(mut self) -> BoxStream<'c, Result<Batch<T>>> {
        let batches = async move {
            self.wait().await?;
            Ok::<_, Error>(match self.handle.place {
                Place::Job(_) => self.of_the_job(),
                Place::Pages { .. } => self.of_pages(),
            })
        };
        stream::once(batches).try_flatten().boxed()
    }

    fn of_the_job<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'c, Result<Batch<T>>> {
        let Self { client, handle, describes, delete, .. } = self;
        let Some(job) = handle.job() else { return stream::empty().boxed() };
        let mut results = client.bulk().resume_query(job.clone()).results().describes(describes);
        if let Some(pages) = handle.in_flight {
            results = results.in_flight(pages);
        }
        if delete {
            results = results.delete_when_done();
        }
        let batch = move |batch: crate::bulk::Batch<Vec<T>>| {
            let handle = ExtractHandle { place: Place::Job(batch.handle), ..handle.clone() };
            Batch { rows: batch.rows, handle }
        };
        results.batches().map_ok(batch).boxed()
    }

    fn of_pages<T: DeserializeOwned + Send + 'static>(self) -> BoxStream<'c, Result<Batch<T>>> {
        let Begun { first, pages } = match (self.begun, &self.handle) {
            (Some(begun), _) => begun,
            (None, handle) => Begun { first: None, pages: rest(self.client, handle) },
        };
        let pages = stream::iter(first.map(Ok)).chain(pages);
        let batches = stream::try_unfold((pages, self.handle), |(mut pages, mut handle)| async move {
            let Some(page) = pages.try_next().await? else { return Ok(None) };
            let rows = decoded(&page, handle.rows())?;
            let Place::Pages { rows: taken, next, key, done } = &mut handle.place else { return Ok(None) };
            *taken += rows.len() as u64;
            (*next, *done) = (page.next, page.done);
            *key = page.key.or(*key);
            Ok(Some((Batch { rows, handle: handle.clone() }, (pages, handle))))
        });
        batches.boxed()
    }
}

/// The pages over REST behind a place.
fn rest<'c>(client: &'c Client, handle: &ExtractHandle) -> BoxStream<'c, Result<RawPage>> {
    match &handle.place {
        Place::Job(_) | Place::Pages { done: true, .. } => stream::empty().boxed(),
        Place::Pages { next: Some(next), key: Some(key), .. } if restriction::has_key(&handle.soql) => {
            let query = client.query::<()>(Soql::trusted(&*handle.soql));
            let query = if handle.include_deleted { query.include_deleted() } else { query };
            query.keyset(Keyset::by_id().after(*key)).starting_at(next.clone()).raw_pages()
        }
        Place::Pages { next: Some(next), .. } => client.resume::<()>(next.clone()).raw_pages(),
        Place::Pages { .. } => pages(client, &handle.soql, handle.include_deleted),
    }
}

fn decoded<T: DeserializeOwned>(page: &RawPage, before: u64) -> Result<Vec<T>> {
    let decode = |(index, row): (usize, salesforce_types::RowRef<'_>)| {
        row.to().map_err(|_| {
            let row = before + index as u64 + 1;
            let why = misfit::<T>(page.rows().nth(index).map(|row| row.as_json()).unwrap_or_default());
            Error::new(ErrorKind::Decode, format!("row {row} of the query is not as expected: {why}"))
        })
    };
    page.rows().enumerate().map(decode).collect()
}

/// Where a row is not as expected. What stands there is left out: it may be a secret.
#[cold]
fn misfit<T: DeserializeOwned>(row: &str) -> String {
    match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_str(row)) {
        Err(error) if error.path().iter().next().is_some() => format!("look at the field `{}`", error.path()),
        _ => "a field may be missing that it is to be read into".into(),
    }
}

impl fmt::Debug for Extraction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extraction").field("handle", &self.handle).finish_non_exhaustive()
    }
}
