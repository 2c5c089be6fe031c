//! Queries: the first page, a page, all pages as a stream.

use std::fmt;
use std::marker::PhantomData;

use futures_core::stream::BoxStream;
use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_soql::{IntoSoql, Soql};
use serde::de::DeserializeOwned;

use crate::Client;

mod child_rows;
mod cursor;
mod page;
mod paging;
mod resume;
mod select;
mod trail;

pub use child_rows::{ChildRows, complete_child_rows};
pub use cursor::{Cursor, InvalidCursor};
pub use page::Page;
pub use resume::Resume;
pub use select::Select;

/// The sizes of a page that an org takes. It may send smaller ones.
const BATCH_SIZES: std::ops::RangeInclusive<u16> = 200..=2000;

impl Client {
    /// A query whose rows are `Row`: a struct of yours, [`Record`](salesforce_types::Record), or
    /// `Box<serde_json::value::RawValue>` for the text of each row.
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    /// use salesforce_rest::{Client, Record, Soql};
    ///
    /// # async fn run(client: Client, email: String) -> salesforce_rest::Result<()> {
    /// let soql = Soql::new("SELECT Id, Name FROM Contact WHERE Email = :email").bind("email", email);
    /// let mut rows = client.query::<Record>(soql).stream();
    /// while let Some(row) = rows.try_next().await? {
    ///     println!("{row}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A text made at run time is no query, so that no value is taken for syntax: bind values, or say
    /// [`Soql::trusted`].
    pub fn query<Row>(&self, soql: impl IntoSoql) -> Query<'_, Row> {
        Query { client: self, soql: soql.into_soql(), include_deleted: false, batch_size: None, row: PhantomData }
    }
}

/// A query, not sent yet; made by [`Client::query`].
///
/// Which way to take: [`page`](Self::page) for the first page and a [`Cursor`] for the rest,
/// [`stream`](Self::stream) for rows one by one, [`pages`](Self::pages) for the same with cursors,
/// [`all`](Self::all) for a list. No way stops before the last row without an error.
#[must_use = "nothing is sent until a page, a stream or a count is asked for"]
pub struct Query<'c, Row> {
    client: &'c Client,
    soql: Soql,
    include_deleted: bool,
    batch_size: Option<u16>,
    row: PhantomData<fn() -> Row>,
}

impl<'c, Row> Query<'c, Row> {
    /// Rows in the recycle bin and archived ones too (`queryAll`); their `IsDeleted` or `IsArchived` is true.
    pub fn include_deleted(mut self) -> Self {
        self.include_deleted = true;
        self
    }

    /// How many rows a page may have, from 200 to 2,000. The org's own choice is 2,000; it may send fewer, for wide rows
    /// or for queries with child rows. Another number is refused when the query is sent.
    pub fn batch_size(mut self, rows: u16) -> Self {
        self.batch_size = Some(rows);
        self
    }

    /// How many rows the query matches: with `SELECT COUNT() FROM …` the count itself, otherwise the total that the org
    /// states with the first page, which is thrown away.
    ///
    /// `SELECT COUNT(Id) …` is another thing: it has one row, and the count is in it.
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page); `Decode` when the org states no total.
    pub async fn count(self) -> Result<u64> {
        let page = paging::fetch::<serde::de::IgnoredAny>(self.client, self.request()?, None).await?;
        page.total_size
            .ok_or_else(|| Error::new(ErrorKind::Decode, "the org did not say how many rows the query matches"))
    }

    fn request(&self) -> Result<Request> {
        request(&self.soql, self.include_deleted, self.batch_size)
    }
}

fn request(soql: &Soql, include_deleted: bool, batch_size: Option<u16>) -> Result<Request> {
    let soql = soql.text().map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("the query was not sent: {error}")).with_source(error)
    })?;
    let request = Request::get(if include_deleted { "queryAll" } else { "query" }).query("q", &soql);
    match batch_size {
        None => Ok(request),
        Some(rows) if BATCH_SIZES.contains(&rows) => {
            Ok(request.header("Sforce-Query-Options", &format!("batchSize={rows}")))
        }
        Some(rows) => Err(Error::new(
            ErrorKind::Invalid,
            format!("the query was not sent: a page may have 200 to 2000 rows, and {rows} were asked for"),
        )),
    }
}

impl<'c, Row: DeserializeOwned + Send + 'c> Query<'c, Row> {
    /// The first page. Its cursor leads to the next one, here or in another process: [`Client::resume`].
    ///
    /// # Errors
    ///
    /// `Invalid` when the org refuses the query, or when it is too long for a URL ([`UrlTooLong`](crate::UrlTooLong)
    /// is its source; nothing is sent then); `Denied`, `Limit`, `Timeout` and others as the org or the way there has
    /// it.
    pub async fn page(self) -> Result<Page<Row>> {
        paging::fetch(self.client, self.request()?, None).await
    }

    /// Page after page to the last; one is in memory at a time. Ends after an error.
    pub fn pages(self) -> BoxStream<'c, Result<Page<Row>>> {
        paging::pages(self.client, self.request(), None)
    }

    /// Row after row to the last; one page is in memory at a time. Ends after an error.
    pub fn stream(self) -> BoxStream<'c, Result<Row>> {
        paging::rows(self.pages())
    }

    /// All rows at once. Memory holds as many as the query matches, and there is no bound to that: for what may be
    /// large, take [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page); what was fetched before the error is lost.
    pub async fn all(self) -> Result<Vec<Row>> {
        paging::all(self.pages()).await
    }
}

impl<Row> fmt::Debug for Query<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("soql", &self.soql)
            .field("include_deleted", &self.include_deleted)
            .field("batch_size", &self.batch_size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(soql: &'static str, include_deleted: bool) -> String {
        request(&Soql::new(soql), include_deleted, None).unwrap().path().to_owned()
    }

    #[test]
    fn deleted_rows_are_another_resource() {
        assert_eq!(path("SELECT Id FROM Account", false), "query?q=SELECT+Id+FROM+Account");
        assert_eq!(path("SELECT Id FROM Account", true), "queryAll?q=SELECT+Id+FROM+Account");
    }

    #[test]
    fn what_a_url_would_read_as_its_own_is_encoded() {
        assert_eq!(
            path("SELECT Id FROM A WHERE N = 'a&b+c%#'", false),
            "query?q=SELECT+Id+FROM+A+WHERE+N+%3D+%27a%26b%2Bc%25%23%27"
        );
    }

    #[test]
    fn a_size_that_no_org_takes_is_refused_and_none_is_sent_unless_asked_for() {
        let soql = Soql::new("SELECT Id FROM Account");
        let header = |size| Some(request(&soql, false, size).ok()?.headers().get("Sforce-Query-Options").cloned());
        assert_eq!(header(None), Some(None));
        for size in [200, 2000] {
            assert_eq!(header(Some(size)).flatten().unwrap(), format!("batchSize={size}").as_str());
        }
        for size in [0, 199, 2001, u16::MAX] {
            assert_eq!(header(Some(size)), None, "{size}");
        }
    }
}
