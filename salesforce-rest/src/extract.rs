//! Rows of a query by the way that suits their number: REST for few, a job of Bulk API 2.0 for many.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use salesforce_rest::{Client, Record};
//!
//! # async fn run(client: Client) -> salesforce_rest::Result<()> {
//! let extraction = client.extract("SELECT Id, Name, Owner.Name FROM Account").start().await?;
//! println!("{}", extraction.route()); // by REST, in 1 call: 120 rows, and up to 10 calls are made before a job is
//! let mut rows = extraction.rows::<Record>();
//! while let Some(row) = rows.try_next().await? {
//!     println!("{row}");
//! }
//! # Ok(()) }
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use salesforce_http::{Error, ErrorKind, Result};
use salesforce_soql::{IntoSoql, Soql};

use crate::bulk::QueryJob;
use crate::query::RawPage;
use crate::{Client, DescribeCache, Keyset};

mod extraction;
mod handle;
mod restriction;
mod route;

pub use extraction::{Batch, Extraction};
pub use handle::ExtractHandle;
pub use restriction::Restriction;
pub use route::{Route, WhyBulk, WhyRest};

use extraction::Begun;
use handle::Place;

/// The most calls that a query may take over REST before it is given to a job, unless said: a job takes about as many
/// (to create it, to look at it, to list its pages, to read one and to delete it), whatever the number of rows. That is
/// 20,000 rows on full pages, and 2,000 where long texts make pages of 200.
pub const REST_CALLS: u64 = 10;

/// For how long a describe is held that an extraction asked for itself.
const DESCRIBES: Duration = Duration::from_secs(3600);

impl Client {
    /// The rows of a query, over REST or by a job of Bulk API 2.0: [`Extract::start`] decides, and
    /// [`Extraction::route`] says which way it goes and why.
    ///
    /// The rows are the same both ways. To be sure of that, a query whose rows could not be told from CSV goes over REST
    /// however many they are: see [`Restriction`]. Who knows the way asks for it by [`query`](Self::query) or
    /// [`bulk`](Self::bulk).
    pub fn extract(&self, soql: impl IntoSoql) -> Extract<'_> {
        Extract {
            client: self,
            soql: soql.into_soql(),
            include_deleted: false,
            rest_calls: REST_CALLS,
            describes: None,
            in_flight: None,
        }
    }

    /// An extraction that was started before, here or in another process, at the place where its rows were left.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, kept: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures_util::TryStreamExt;
    /// use salesforce_rest::Record;
    ///
    /// let mut batches = client.resume_extract(serde_json::from_str(kept)?).batches::<Record>();
    /// while let Some(batch) = batches.try_next().await? {
    ///     println!("keep {} rows, and with them {}", batch.rows.len(), serde_json::to_string(&batch.handle)?);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn resume_extract(&self, handle: ExtractHandle) -> Extraction<'_> {
        Extraction::new(self, handle, own_describes(self), None)
    }
}

/// A query whose way is not chosen yet; made by [`Client::extract`].
#[must_use = "nothing is sent until it is started"]
pub struct Extract<'c> {
    client: &'c Client,
    soql: Soql,
    include_deleted: bool,
    rest_calls: u64,
    describes: Option<Arc<DescribeCache>>,
    in_flight: Option<usize>,
}

impl<'c> Extract<'c> {
    /// Rows in the recycle bin and archived ones too (`queryAll`).
    pub fn include_deleted(mut self) -> Self {
        self.include_deleted = true;
        self
    }

    /// The most calls that the query may take over REST before it is given to a job; [`REST_CALLS`] unless said.
    /// `u64::MAX` is never by a job, and 0 is by a job wherever a job can, even for a row.
    pub fn rest_calls(mut self, calls: u64) -> Self {
        self.rest_calls = calls;
        self
    }

    /// Takes what the org says of its objects from here; otherwise a job's object, and each parent in the query, is
    /// asked for once.
    pub fn describes(mut self, cache: Arc<DescribeCache>) -> Self {
        self.describes = Some(cache);
        self
    }

    /// As [`Results::in_flight`](crate::bulk::Results::in_flight): how many pages of a job are under way at once.
    pub fn in_flight(mut self, pages: usize) -> Self {
        self.in_flight = Some(pages);
        self
    }

    /// Decides on the way, and begins.
    ///
    /// The first page is asked for over REST. It says how many rows there are, not by an estimate, and how many of them
    /// fit on a page; where REST is the way, the page is the first one of the rows, so that deciding costs no call. Where
    /// a job is the way it has cost one, and the page is thrown away.
    ///
    /// A query that is many calls away goes by a job, unless it asks for what no job gives ([`Restriction`]; costs a
    /// describe of the object and of each parent) or the org refuses the job: objects that Bulk does not read, a feature
    /// that is off, the day's jobs used up. Then it goes over REST all the same. A query that the org breaks off over
    /// REST (`QUERY_TIMEOUT`) goes by a job, however few rows it has.
    ///
    /// A job that is created is not waited for: store [`Extraction::handle`] before you do.
    ///
    /// # Errors
    ///
    /// As for [`Query::page`](crate::Query::page). What keeps a job from being created, and is not a refusal of jobs, is
    /// an error too: no connection, no token, the day's calls used up.
    pub async fn start(self) -> Result<Extraction<'c>> {
        let text = text(&self.soql)?;
        let describes = self.describes.clone().unwrap_or_else(|| own_describes(self.client));
        let handle = |route, place| ExtractHandle {
            soql: text.as_ref().into(),
            include_deleted: self.include_deleted,
            in_flight: self.in_flight,
            route,
            place,
        };
        let restriction = Restriction::of_text(&text);
        let mut pages = pages(self.client, &text, self.include_deleted);
        let (why, first) = match pages.try_next().await {
            Ok(first) => (WhyBulk::of(first.as_ref(), self.rest_calls), first),
            Err(error)
                if restriction.is_none() && error.kind() == ErrorKind::Timeout && !error.api_errors().is_empty() =>
            {
                (Err(WhyBulk::TimedOut), None)
            }
            Err(error) => return Err(error),
        };
        let rest = |why, first| {
            let begun = Begun { first, pages };
            Extraction::new(self.client, handle(Route::Rest(why), Place::default()), describes.clone(), Some(begun))
        };
        let why = match (why, restriction) {
            (Ok(few), _) => return Ok(rest(few, first)),
            (Err(_), Some(restriction)) => return Ok(rest(WhyRest::NotInBulk(restriction), first)),
            (Err(many), None) => many,
        };
        let restriction = Restriction::of_fields(self.client, &describes, &text).await?;
        if let Some(restriction) = restriction {
            return match first {
                Some(first) => Ok(rest(WhyRest::NotInBulk(restriction), Some(first))),
                None => Err(Error::new(
                    ErrorKind::Timeout,
                    format!("the org broke the query off over REST, and it cannot go by a job: {restriction}"),
                )),
            };
        }
        match self.create(&text).await {
            Ok(job) => {
                let handle = handle(Route::Bulk(why), Place::Job(job.handle().clone()));
                Ok(Extraction::new(self.client, handle, describes, None))
            }
            Err(error) if first.is_some() && is_refusal(&error) => {
                Ok(rest(WhyRest::Refused(route::said(&error)), first))
            }
            Err(error) => Err(error),
        }
    }

    async fn create(&self, text: &str) -> Result<QueryJob> {
        let query = self.client.bulk().query(Soql::trusted(text));
        if self.include_deleted { query.include_deleted() } else { query }.create().await
    }
}

/// Whether the org refuses the job, and not just the call: it took the same query over REST.
fn is_refusal(error: &Error) -> bool {
    let calls_used_up = error.api_errors().iter().any(|error| error.code.as_str() == "REQUEST_LIMIT_EXCEEDED");
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::NotFound => true,
        ErrorKind::Limit => !calls_used_up,
        _ => false,
    }
}

/// The pages over REST: by key where the query can be read so, since a place by key does not grow old.
fn pages<'c>(client: &'c Client, text: &str, include_deleted: bool) -> BoxStream<'c, Result<RawPage>> {
    let query = client.query::<()>(Soql::trusted(text));
    let query = if include_deleted { query.include_deleted() } else { query };
    match restriction::has_key(text) {
        true => query.keyset(Keyset::by_id()).raw_pages(),
        false => query.raw_pages(),
    }
}

fn text(soql: &Soql) -> Result<Cow<'_, str>> {
    soql.text()
        .map_err(|error| Error::new(ErrorKind::Invalid, format!("the query was not sent: {error}")).with_source(error))
}

fn own_describes(client: &Client) -> Arc<DescribeCache> {
    Arc::new(DescribeCache::new(client.clone()).keep_for(DESCRIBES))
}

impl fmt::Debug for Extract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extract")
            .field("soql", &self.soql)
            .field("include_deleted", &self.include_deleted)
            .field("rest_calls", &self.rest_calls)
            .finish_non_exhaustive()
    }
}
