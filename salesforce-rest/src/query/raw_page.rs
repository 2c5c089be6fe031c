use std::fmt;
use std::ops::Range;

use salesforce_http::Result;
use salesforce_types::RowRef;
use salesforce_types::json::Layout;

use super::text::{Ends, Text};
use super::{Cursor, Key};

/// One page of an answer as the text it came as; made by [`Query::raw_pages`](super::Query::raw_pages).
///
/// The page was checked from end to end: it is JSON, each row is an object, and it says whether it is the last. Nothing
/// was copied or decoded. [`rows`](Self::rows) gives each row as a [`RowRef`], which decodes the fields that it is asked
/// for; [`ranges`](Self::ranges) and [`into_text`](Self::into_text) are for keeping rows without copying them.
///
/// ```no_run
/// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
/// use futures_util::TryStreamExt;
///
/// let mut pages = client.query::<()>("SELECT Id, SystemModstamp, Name FROM Account").raw_pages();
/// while let Some(page) = pages.try_next().await? {
///     for row in page.rows() {
///         let stamp = row.get("SystemModstamp").and_then(|field| field.as_str());
///         println!("{:?} {stamp:?}: {} bytes", row.id(), row.as_json().len());
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct RawPage {
    text: String,
    layout: Layout,
    rows: Split,
    /// How many rows the query matches, if the org says so; see [`Page`](super::Page).
    pub total_size: Option<u64>,
    /// Whether this is the last page.
    pub done: bool,
    /// Where the next page is; `None` on the last one.
    pub next: Option<Cursor>,
    /// The place of the last row, if the query is read by a [`Keyset`](super::Keyset).
    pub key: Option<Key>,
}

/// Where the rows are, and the fields in them.
#[derive(Clone, Default)]
pub(super) struct Split {
    ranges: Vec<Range<usize>>,
    /// Of each row that is like the first one, the places of its values.
    places: Vec<u32>,
    /// Where in those a row's end.
    ends: Vec<usize>,
}

impl Split {
    pub(super) fn of(text: &mut Text) -> Result<Self> {
        let mut split = Self::default();
        while let Some(range) = text.range(&mut split.places)? {
            split.ranges.push(range);
            split.ends.push(split.places.len());
        }
        Ok(split)
    }
}

impl RawPage {
    pub(super) fn new(text: Text, rows: Split, ends: Ends, key: Option<Key>) -> Self {
        let (Ends { total_size, done, next }, (text, layout)) = (ends, text.into_parts());
        Self { text, layout, rows, total_size, done, next, key }
    }

    /// The rows, in the order of the answer.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = RowRef<'_>> {
        let Split { ranges, places, ends } = &self.rows;
        let mut start = 0;
        ranges.iter().zip(ends).map(move |(range, end)| {
            let places = &places[std::mem::replace(&mut start, *end)..*end];
            RowRef::new(&self.text[range.clone()]).with_layout(&self.layout, places)
        })
    }

    /// How many rows the page has. A page may be short, or empty, without being the last.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.ranges.len()
    }

    /// Whether the page has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.ranges.is_empty()
    }

    /// Where in the text each row is, in bytes.
    #[must_use]
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.rows.ranges
    }

    /// The text of the page.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// The text of the page, for `Bytes::from`, which does not copy it.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Debug for RawPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawPage")
            .field("rows", &self.len())
            .field("bytes", &self.text.len())
            .field("done", &self.done)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
