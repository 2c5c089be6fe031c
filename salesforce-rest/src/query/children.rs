//! Child rows that an org cut off, put back into the text of their page.
//!
//! It is done on the text, before anything is decoded, so that it is the same for every kind of row.

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use salesforce_http::Result;
use salesforce_types::json::{Scanner, Unreadable};

use super::text::Text;
use super::walk::{Gait, Next, Walk};
use super::{Cursor, resume};
use crate::Client;

/// How deep lists and objects may lie in a row: each level takes stack, and child rows nest by five at most.
const DEPTH: u8 = 32;

/// A change of the text: these bytes become that.
enum Edit {
    /// Further rows of a list that ends here; whether it has any yet.
    Rows {
        at: usize,
        empty: bool,
        next: Cursor,
    },
    Text {
        at: usize,
        end: usize,
        text: &'static str,
    },
}

impl Edit {
    fn at(&self) -> usize {
        match self {
            Self::Rows { at, .. } | Self::Text { at, .. } => *at,
        }
    }
}

/// The page with all child rows in it.
///
/// A boxed future, because child rows have child rows.
pub(super) fn complete(client: &Client, page: Text) -> BoxFuture<'_, Result<Text>> {
    async move {
        let mut edits = Vec::new();
        let mut scanner = page.scanner();
        let mut first = true;
        // A text that cannot be read is reported by those who decode it.
        while let Ok(true) = scanner.element(&mut first) {
            match find(&mut scanner, &mut edits, DEPTH) {
                Ok(()) => {}
                Err(NotFound::Lost) => return Err(resume::lost()),
                Err(NotFound::TooDeep) => {
                    return Err(page.wrong("a row nests too deep for its child rows to be looked for"));
                }
                Err(NotFound::Unreadable) => return Ok(page),
            }
        }
        if edits.is_empty() {
            return Ok(page);
        }
        edits.sort_by_key(Edit::at);
        let (mut text, mut done) = (String::with_capacity(page.as_str().len() * 2), 0);
        for edit in edits {
            text.push_str(&page.as_str()[done..edit.at()]);
            done = edit.at();
            match edit {
                Edit::Text { end, text: new, .. } => {
                    text.push_str(new);
                    done = end;
                }
                Edit::Rows { mut empty, next, .. } => {
                    let gait = Gait { look_ahead: 0, all_children: true };
                    let mut pages = Walk::new(client, Next::Follow(next), None, gait).raw_pages();
                    while let Some(more) = pages.try_next().await? {
                        for row in more.rows() {
                            if !std::mem::take(&mut empty) {
                                text.push(',');
                            }
                            text.push_str(row.as_json());
                        }
                    }
                }
            }
        }
        text.push_str(&page.as_str()[done..]);
        page.with_text(text)
    }
    .boxed()
}

/// Why it is not known what has to change.
#[derive(Clone, Copy)]
enum NotFound {
    Unreadable,
    /// Rows are missing, and nobody says where they are.
    Lost,
    TooDeep,
}

impl From<Unreadable> for NotFound {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

/// Passes over a value and notes what has to change in it.
fn find(scanner: &mut Scanner<'_>, edits: &mut Vec<Edit>, depth: u8) -> std::result::Result<(), NotFound> {
    let mut first = true;
    let below = depth.checked_sub(1).ok_or(NotFound::TooDeep);
    match scanner.peek() {
        Some(b'[') => {
            scanner.eat(b'[')?;
            while scanner.element(&mut first)? {
                find(scanner, edits, below?)?;
            }
        }
        Some(b'{') => {
            scanner.eat(b'{')?;
            let (mut rows, mut not_done, mut next) = (None, None, None);
            while let Some(name) = scanner.name(&mut first)? {
                let begins = scanner.peek();
                let at = scanner.place();
                match (name.plain(), begins) {
                    (Some("records"), Some(b'[')) => {
                        find(scanner, edits, below?)?;
                        let end = scanner.place();
                        let empty = Scanner::at(scanner.text(), at + 1).peek() == Some(b']');
                        rows = Some((end - 1, empty));
                    }
                    (Some("done"), Some(b'f')) => {
                        scanner.skip()?;
                        not_done = Some((at, scanner.place()));
                    }
                    (Some("nextRecordsUrl"), Some(b'"')) => {
                        let cursor = Cursor::try_from(scanner.quoted()?.decode()?.into_owned()).ok();
                        next = cursor.map(|cursor| (cursor, at, scanner.place()));
                    }
                    (_, Some(b'{' | b'[')) => find(scanner, edits, below?)?,
                    _ => drop(scanner.skip()?),
                }
            }
            if let (Some((at, empty)), Some((start, end))) = (rows, not_done) {
                let Some((next, url, url_end)) = next else { return Err(NotFound::Lost) };
                edits.push(Edit::Rows { at, empty, next });
                edits.push(Edit::Text { at: start, end, text: "true" });
                edits.push(Edit::Text { at: url, end: url_end, text: "null" });
            }
        }
        _ => drop(scanner.skip()?),
    }
    Ok(())
}
