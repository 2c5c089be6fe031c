//! The text of a page, cut where the rows begin and end.

use std::ops::Range;

use salesforce_http::{Error, ErrorKind, Response, Result};
use salesforce_types::RowRef;
use salesforce_types::json::{Layout, Scanner};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Cursor;
use super::page::Answer;

/// A page that came, and how far it was read. It is one buffer; a row is a part of it.
pub(super) struct Text {
    /// The answer without its body.
    response: Response,
    text: String,
    /// Where the rows begin, behind the bracket.
    head: usize,
    at: usize,
    first: bool,
    last: Range<usize>,
    /// What the rows look like.
    layout: Layout,
}

/// What a row has to be, when it is not decoded.
type Object = std::collections::HashMap<String, IgnoredAny>;

/// What a page says besides its rows.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) total_size: Option<u64>,
    pub(super) done: bool,
    pub(super) next: Option<Cursor>,
}

impl Text {
    pub(super) fn open(mut response: Response) -> Result<Self> {
        let text = match String::from_utf8(response.take_body().into()) {
            Ok(text) => text,
            Err(error) => {
                // A text that is none is an error even where nobody looks at it: nothing of a row is kept unseen.
                let place = error.utf8_error().valid_up_to();
                let response = response.with_body(error.into_bytes());
                response.json::<Answer<IgnoredAny>>()?;
                return Err(wrong(&response, format!("the answer is not UTF-8, at byte {place}")));
            }
        };
        Self::of(response, text)
    }

    fn of(response: Response, text: String) -> Result<Self> {
        let Some(head) = rows_of(&text) else { return Err(unreadable::<IgnoredAny>(response, text)) };
        Ok(Self { response, text, head, at: head, first: true, last: head..head, layout: Layout::default() })
    }

    /// The next row; `None` behind the last.
    pub(super) fn row<Row: DeserializeOwned>(&mut self) -> Result<Option<Row>> {
        if !self.another::<Row>()? {
            return Ok(None);
        }
        let mut scanner = Scanner::at(&self.text, self.at).with_layout(&self.layout);
        scanner.peek(); // a row begins behind the white space before it
        let start = scanner.place();
        let row = match Row::deserialize(&mut scanner) {
            Ok(row) => row,
            Err(_) => {
                let mut rows = serde_json::Deserializer::from_str(&self.text[start..]).into_iter();
                let Some(Ok(row)) = rows.next() else { return Err(self.broken::<Row>()) };
                scanner = Scanner::at(&self.text, start + rows.byte_offset());
                row
            }
        };
        self.at = scanner.place();
        self.last = start..self.at;
        if scanner.is_strange() {
            self.layout.note(&self.text[start..self.at]);
        }
        Ok(Some(row))
    }

    /// Whether there is another row, which is next then.
    fn another<Row: DeserializeOwned>(&mut self) -> Result<bool> {
        let mut scanner = Scanner::at(&self.text, self.at);
        match scanner.element(&mut self.first) {
            Ok(another) => {
                self.at = scanner.place();
                Ok(another)
            }
            Err(_) => Err(self.broken::<Row>()),
        }
    }

    /// The place of the next row, which is an object, and those of its values if it looks like the first one; `None`
    /// behind the last.
    pub(super) fn range(&mut self, places: &mut Vec<u32>) -> Result<Option<Range<usize>>> {
        if !self.another::<IgnoredAny>()? {
            return Ok(None);
        }
        let mut scanner = Scanner::at(&self.text, self.at);
        if self.last.is_empty() {
            self.layout = Layout::of(&scanner);
        }
        let Ok(row) = self.layout.row(&mut scanner, places) else { return Err(self.broken::<Object>()) };
        self.at = scanner.place();
        self.last = self.at - row.len()..self.at;
        Ok(Some(self.last.clone()))
    }

    /// What the page says besides its rows, when the last of them was read.
    pub(super) fn ends(&self) -> Result<Ends> {
        let rest = format!("{}{}", &self.text[..self.head], &self.text[self.at - 1..]);
        let page = match serde_json::from_str::<Answer<IgnoredAny>>(&rest) {
            Ok(answer) => answer.into_page().map_err(|why| wrong(&self.response, why))?,
            Err(_) => return Err(unreadable::<IgnoredAny>(self.response.clone(), self.text.clone())),
        };
        Ok(Ends { total_size: page.total_size, done: page.done, next: page.next })
    }

    /// The last row that was read.
    pub(super) fn last(&self) -> Option<RowRef<'_>> {
        self.text.get(self.last.clone()).filter(|row| !row.is_empty()).map(RowRef::new)
    }

    /// Before the first row.
    pub(super) fn scanner(&self) -> Scanner<'_> {
        Scanner::at(&self.text, self.head)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The same answer with another text.
    pub(super) fn with_text(self, text: String) -> Result<Self> {
        Self::of(self.response, text)
    }

    pub(super) fn into_parts(self) -> (String, Layout) {
        (self.text, self.layout)
    }

    /// An error about this page.
    pub(super) fn wrong(&self, why: impl Into<String>) -> Error {
        wrong(&self.response, why)
    }

    #[cold]
    fn broken<Row: DeserializeOwned>(&mut self) -> Error {
        unreadable::<Row>(self.response.clone(), std::mem::take(&mut self.text))
    }
}

/// Behind the bracket that opens the rows.
fn rows_of(text: &str) -> Option<usize> {
    let (mut scanner, mut first) = (Scanner::new(text), true);
    scanner.eat(b'{').ok()?;
    while let Some(name) = scanner.name(&mut first).ok()? {
        if name.decode().ok()? == "records" {
            scanner.eat(b'[').ok()?;
            return Some(scanner.place());
        }
        scanner.skip().ok()?;
    }
    None
}

/// Reads all again by `serde_json`, slower, for an error that says where it went wrong.
#[cold]
fn unreadable<Row: DeserializeOwned>(response: Response, text: String) -> Error {
    let response = response.with_body(text);
    match response.json::<Answer<Row>>() {
        Err(error) => error,
        Ok(_) => wrong(&response, "the answer is no page of a query: expected an object with `records` and `done`"),
    }
}

fn wrong(response: &Response, why: impl Into<String>) -> Error {
    response.error(ErrorKind::Decode, why)
}
