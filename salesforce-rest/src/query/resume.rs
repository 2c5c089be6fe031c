use std::fmt;
use std::marker::PhantomData;

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};
use salesforce_http::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

use super::walk::{self, Gait, Next, Walk};
use super::{ChildRows, Cursor, Page, RawPage};
use crate::Client;

impl Client {
    /// Goes on where a page ended, in this process or another.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, kept: String) -> Result<(), Box<dyn std::error::Error>> {
    /// use salesforce_rest::{Cursor, Record};
    ///
    /// let cursor: Cursor = kept.parse()?;
    /// let rest = client.resume::<Record>(cursor).all().await?;
    /// # Ok(()) }
    /// ```
    pub fn resume<Row>(&self, cursor: Cursor) -> Resume<'_, Row> {
        Resume { client: self, cursor, gait: Gait::default(), row: PhantomData }
    }

    /// The page that a cursor leads to: [`resume`](Self::resume) for one page.
    ///
    /// # Errors
    ///
    /// As for [`Resume::page`].
    pub async fn query_page<Row: DeserializeOwned + Send>(&self, cursor: &Cursor) -> Result<Page<Row>> {
        self.resume(cursor.clone()).page().await
    }

    /// All child rows of one row: those that came with it, then those that the org cut off.
    ///
    /// Takes a field of type [`ChildRows`], or the [`Rows`](salesforce_types::Rows) in a
    /// [`Record`](salesforce_types::Record). Follow them before you ask for the next page of parents: old versions
    /// forget the places of child rows then.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
    /// use futures_util::TryStreamExt;
    /// use salesforce_rest::{Record, Value};
    ///
    /// let page = client.query::<Record>("SELECT Id, (SELECT Id FROM Contacts) FROM Account").page().await?;
    /// for account in &page.records {
    ///     if let Some(contacts) = account.get("Contacts").and_then(Value::as_rows) {
    ///         let all: Vec<Record> = client.child_rows(contacts).try_collect().await?;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn child_rows<'c, Row: DeserializeOwned + Send + 'c>(
        &'c self,
        rows: impl Into<ChildRows<Row>>,
    ) -> BoxStream<'c, Result<Row>> {
        let ChildRows { records, done, next, .. } = rows.into();
        let rest = match next {
            Some(cursor) if !done => self.resume(cursor).stream().left_stream(),
            _ => stream::iter((!done).then(|| Err(lost()))).right_stream(),
        };
        stream::iter(records.into_iter().map(Ok)).chain(rest).boxed()
    }
}

pub(super) fn lost() -> Error {
    Error::new(ErrorKind::Decode, "there are more child rows, and the org did not say where; ask for them by a query")
}

/// The pages after a cursor, not asked for yet; made by [`Client::resume`].
#[must_use = "nothing is sent until a page or a stream is asked for"]
pub struct Resume<'c, Row> {
    client: &'c Client,
    cursor: Cursor,
    gait: Gait,
    row: PhantomData<fn() -> Row>,
}

impl<'c, Row> Resume<'c, Row> {
    /// As [`Query::look_ahead`](super::Query::look_ahead).
    pub fn look_ahead(mut self, pages: usize) -> Self {
        self.gait.look_ahead = pages;
        self
    }

    /// As [`Query::with_all_children`](super::Query::with_all_children).
    pub fn with_all_children(mut self) -> Self {
        self.gait.all_children = true;
        self
    }

    /// Page after page as the text it came as. Ends after an error.
    pub fn raw_pages(self) -> BoxStream<'c, Result<RawPage>> {
        self.walk().raw_pages()
    }

    fn walk(self) -> Walk<'c> {
        Walk::new(self.client, Next::Follow(self.cursor), None, self.gait)
    }
}

impl<'c, Row: DeserializeOwned + Send + 'c> Resume<'c, Row> {
    /// The page that the cursor leads to.
    ///
    /// # Errors
    ///
    /// `Invalid` with the code `INVALID_QUERY_LOCATOR` when the org does not know the cursor (any more): run the query
    /// anew. `ForeignHost` when it leads to another host, where no token is sent.
    pub async fn page(self) -> Result<Page<Row>> {
        self.walk().first().await
    }

    /// Page after page to the last; one is in memory at a time. Ends after an error.
    pub fn pages(self) -> BoxStream<'c, Result<Page<Row>>> {
        self.walk().pages()
    }

    /// Row after row to the last; one page is in memory at a time. Ends after an error.
    pub fn stream(self) -> BoxStream<'c, Result<Row>> {
        self.walk().rows()
    }

    /// All rows that are left, at once, however many.
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page).
    pub async fn all(self) -> Result<Vec<Row>> {
        walk::all(self.pages()).await
    }
}

impl<Row> fmt::Debug for Resume<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resume").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}
