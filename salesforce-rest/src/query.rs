//! Queries: the first page, a page, all pages as a stream.

use std::fmt;
use std::marker::PhantomData;

use futures_core::stream::BoxStream;
use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_soql::{IntoSoql, Soql};
use serde::de::DeserializeOwned;

use crate::Client;

mod ahead;
mod child_rows;
mod children;
mod cursor;
mod keyset;
mod long;
mod page;
mod plan;
mod raw_page;
mod resume;
mod select;
mod text;
mod trail;
mod walk;

use keyset::KeyReading;
use walk::{Gait, Next, Walk};

pub use child_rows::{ChildRows, complete_child_rows};
pub use cursor::{Cursor, InvalidCursor};
pub use keyset::{Key, Keyset, NoKeyset};
pub use page::Page;
pub use plan::{PlanNote, QueryPlan, QueryPlans};
pub use raw_page::RawPage;
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
        Query {
            client: self,
            soql: soql.into_soql(),
            options: Options::default(),
            keyset: None,
            cursor: None,
            gait: Gait::default(),
            row: PhantomData,
        }
    }
}

/// A query, not sent yet; made by [`Client::query`].
///
/// Which way to take: [`stream`](Self::stream) for rows one by one, [`raw_pages`](Self::raw_pages) for their text,
/// [`page`](Self::page) for the first page and a [`Cursor`] for the rest, [`pages`](Self::pages) for all pages,
/// [`all`](Self::all) for a list. No way stops before the last row without an error.
///
/// A query may have 100,000 characters. One that is too long for a URL, of which an org reads 16,384 bytes, is sent in
/// the body of a composite call; it costs one call all the same.
#[must_use = "nothing is sent until a page, a stream or a count is asked for"]
pub struct Query<'c, Row> {
    client: &'c Client,
    soql: Soql,
    options: Options,
    keyset: Option<Keyset>,
    cursor: Option<Cursor>,
    gait: Gait,
    row: PhantomData<fn() -> Row>,
}

/// What goes with each query that is sent.
#[derive(Clone, Copy, Debug, Default)]
struct Options {
    include_deleted: bool,
    batch_size: Option<u16>,
}

impl<'c, Row> Query<'c, Row> {
    /// Rows in the recycle bin and archived ones too (`queryAll`); their `IsDeleted` or `IsArchived` is true.
    pub fn include_deleted(mut self) -> Self {
        self.options.include_deleted = true;
        self
    }

    /// How many rows a page may have, from 200 to 2,000 (`Sforce-Query-Options: batchSize`). The org's own choice is
    /// 2,000; it may send fewer, for wide rows or for queries with child rows. Another number is refused when the query
    /// is sent.
    pub fn batch_size(mut self, rows: u16) -> Self {
        self.options.batch_size = Some(rows);
        self
    }

    /// Fetches up to so many pages before their turn, all at once, so that the way to the org is waited for less often.
    /// Rows and errors come in order all the same. Memory holds one page more than that.
    ///
    /// Where the next pages are is counted out from the place of the first ones, which works with every org that was
    /// seen and is documented nowhere. So a page fetched ahead is used only if the page before it names it; at the first
    /// that does not, or cannot be had, reading goes on page after page. What was fetched in vain cost its calls.
    ///
    /// Each page that is under way takes one of the connection's places for concurrent calls, also while the program is
    /// busy with a row. One place is always left, for calls made meanwhile; who reads several queries ahead at once on
    /// one connection gives it more places than all of them take together.
    pub fn look_ahead(mut self, pages: usize) -> Self {
        self.gait.look_ahead = pages;
        self
    }

    /// Fetches the child rows that the org cut off, with the page that their parents are on, for every kind of row:
    /// [`ChildRows`], [`Rows`](salesforce_types::Rows) and the text in a [`RawPage`] are complete then.
    ///
    /// Memory holds a page with all its child rows, however many; [`Client::child_rows`] takes them one by one.
    pub fn with_all_children(mut self) -> Self {
        self.gait.all_children = true;
        self
    }

    /// Reads in the order of a key, and goes on behind the last row when a locator is gone (`INVALID_QUERY_LOCATOR`): no
    /// row is lost or doubled. Each page has the [`Key`] of its last row, a checkpoint that does not grow old.
    ///
    /// The query may have a `WHERE`, and selects `Id` and the stamp. `ORDER BY` and `LIMIT` are added; one that has them,
    /// or has groups, is refused when it is sent, with [`NoKeyset`] as the source of the error.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, kept: Option<salesforce_rest::Key>) -> salesforce_rest::Result<()> {
    /// use futures_util::TryStreamExt;
    /// use salesforce_rest::{Keyset, Record};
    ///
    /// let keyset = match kept {
    ///     Some(key) => Keyset::by_id().after(key),
    ///     None => Keyset::by_id(),
    /// };
    /// let mut pages = client.query::<Record>("SELECT Id, Name FROM Account").keyset(keyset).pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} rows, go on behind {:?}", page.records.len(), page.key);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn keyset(mut self, keyset: Keyset) -> Self {
        self.keyset = Some(keyset);
        self
    }

    /// Begins at this place of an earlier reading, as [`Client::resume`] does. With a [`keyset`](Self::keyset) behind
    /// the last row of that reading, it does not matter whether the org still knows the place; a keyset that names no
    /// row is refused.
    pub fn starting_at(mut self, cursor: Cursor) -> Self {
        self.cursor = Some(cursor);
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
        let page = self.walk()?.first::<serde::de::IgnoredAny>().await?;
        page.total_size
            .ok_or_else(|| Error::new(ErrorKind::Decode, "the org did not say how many rows the query matches"))
    }

    /// Page after page as the text it came as, checked and not decoded: what a backup reads. One is in memory at a time.
    /// Ends after an error.
    pub fn raw_pages(self) -> BoxStream<'c, Result<RawPage>>
    where
        Row: 'c,
    {
        self.walk().map_or_else(walk::refused, Walk::raw_pages)
    }

    fn text(&self) -> Result<std::borrow::Cow<'_, str>> {
        self.soql.text().map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("the query was not sent: {error}")).with_source(error)
        })
    }

    fn walk(self) -> Result<Walk<'c>> {
        let soql = self.text()?;
        let midway = self.cursor.is_some();
        let keys =
            self.keyset.clone().map(|keyset| KeyReading::new(&soql, keyset, self.options, midway)).transpose()?;
        let query = match &keys {
            Some(keys) => keys.request(),
            None => self.options.request(&soql),
        }?;
        let next = self.cursor.map_or_else(|| Next::Query(Box::new(query)), Next::Follow);
        Ok(Walk::new(self.client, next, keys, self.gait))
    }
}

impl Options {
    fn request(self, soql: &str) -> Result<Request> {
        let request = Request::get(if self.include_deleted { "queryAll" } else { "query" }).query("q", soql);
        match self.batch_size {
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
}

impl<'c, Row: DeserializeOwned + Send + 'c> Query<'c, Row> {
    /// The first page. Its cursor leads to the next one, here or in another process: [`Client::resume`].
    ///
    /// # Errors
    ///
    /// `Invalid` when the org refuses the query; when it takes one that is too long for a URL in no body either,
    /// [`UrlTooLong`](crate::UrlTooLong) is the source. `Denied`, `Limit`, `Timeout` and others as the org or the way
    /// there has it.
    pub async fn page(self) -> Result<Page<Row>> {
        self.walk()?.first().await
    }

    /// Page after page to the last; one is in memory at a time. Ends after an error.
    pub fn pages(self) -> BoxStream<'c, Result<Page<Row>>> {
        self.walk().map_or_else(walk::refused, Walk::pages)
    }

    /// Row after row to the last; the text of one page is in memory at a time, and a row is decoded when its turn comes.
    /// Ends after an error.
    pub fn stream(self) -> BoxStream<'c, Result<Row>> {
        self.walk().map_or_else(walk::refused, Walk::rows)
    }

    /// All rows at once. Memory holds as many as the query matches, and there is no bound to that: for what may be
    /// large, take [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// As for [`page`](Self::page); what was fetched before the error is lost.
    pub async fn all(self) -> Result<Vec<Row>> {
        walk::all(self.pages()).await
    }
}

impl<Row> fmt::Debug for Query<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("soql", &self.soql)
            .field("options", &self.options)
            .field("keyset", &self.keyset)
            .field("cursor", &self.cursor)
            .field("gait", &self.gait)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(soql: &'static str, include_deleted: bool) -> String {
        Options { include_deleted, batch_size: None }.request(soql).unwrap().path().to_owned()
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
        let header = |batch_size| {
            let options = Options { batch_size, include_deleted: false };
            Some(options.request("SELECT Id FROM Account").ok()?.headers().get("Sforce-Query-Options").cloned())
        };
        assert_eq!(header(None), Some(None));
        for size in [200, 2000] {
            assert_eq!(header(Some(size)).flatten().unwrap(), format!("batchSize={size}").as_str());
        }
        for size in [0, 199, 2001, u16::MAX] {
            assert_eq!(header(Some(size)), None, "{size}");
        }
    }
}
