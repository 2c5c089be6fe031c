//! From page to page.

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Request, Result};
use serde::de::DeserializeOwned;

use super::ahead::Ahead;
use super::keyset::KeyReading;
use super::raw_page::Split;
use super::text::{Ends, Text};
use super::trail::Trail;
use super::{Cursor, Page, RawPage, children, long};
use crate::Client;

/// What is asked for next.
pub(super) enum Next {
    /// A query's first page.
    Query(Box<Request>),
    /// The page at a locator.
    Follow(Cursor),
    End,
}

/// The way over the pages of one query.
pub(super) struct Walk<'c> {
    client: &'c Client,
    next: Next,
    /// The place of the page that is read now.
    at: Option<Cursor>,
    total: Option<u64>,
    trail: Trail,
    ahead: Ahead<'c>,
    keys: Option<KeyReading>,
    all_children: bool,
}

/// How to walk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gait {
    pub(super) look_ahead: usize,
    pub(super) all_children: bool,
}

impl<'c> Walk<'c> {
    pub(super) fn new(client: &'c Client, next: Next, keys: Option<KeyReading>, gait: Gait) -> Self {
        let ahead = Ahead::new(client, gait.look_ahead);
        let trail = Trail::default();
        Self { client, next, at: None, total: None, trail, ahead, keys, all_children: gait.all_children }
    }

    /// The text of the next page; `None` behind the last. [`leave`](Self::leave) has to follow.
    async fn enter(&mut self) -> Result<Option<Text>> {
        loop {
            let (answer, place) = match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return Ok(None),
                Next::Query(request) => (long::send(self.client, *request).await, None),
                Next::Follow(place) => {
                    if !self.trail.leads_on(&place) {
                        return Err(circle(&place));
                    }
                    (self.ahead.get(self.at.as_ref(), &place, self.total).await, Some(place))
                }
            };
            match answer {
                Ok(answer) => {
                    self.at = place;
                    let text = Text::open(answer)?;
                    return Ok(Some(if self.all_children {
                        self.ahead.beside(children::complete(self.client, text)).await?
                    } else {
                        text
                    }));
                }
                Err(error) if place.is_some() && is_dead_locator(&error) => {
                    let request = self.keys.as_mut().and_then(|keys| keys.instead_of_a_locator());
                    let Some(request) = request else { return Err(error) };
                    self.ahead.stop();
                    self.next = Next::Query(Box::new(request?));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides where to go after a page that was read to its end.
    fn leave(&mut self, text: &Text) -> Result<Ends> {
        let ends = text.ends()?;
        self.total = ends.total_size;
        if let Some(keys) = &mut self.keys {
            keys.note(text)?;
            if let Some(request) = keys.next_query(&ends) {
                self.next = Next::Query(Box::new(request?));
                return Ok(ends);
            }
        }
        self.next = match ends.next.clone() {
            Some(next) if self.at.as_ref() == Some(&next) => return Err(circle(&next)),
            Some(next) => Next::Follow(next),
            None => Next::End,
        };
        Ok(ends)
    }

    pub(super) async fn page<Row: DeserializeOwned>(&mut self) -> Result<Option<Page<Row>>> {
        let Some(mut text) = self.enter().await? else { return Ok(None) };
        let mut records = Vec::new();
        while let Some(row) = text.row()? {
            records.push(row);
        }
        let Ends { total_size, done, next } = self.leave(&text)?;
        let key = self.keys.as_ref().and_then(KeyReading::key);
        Ok(Some(Page { records, total_size, done, next, key }))
    }

    async fn raw_page(&mut self) -> Result<Option<RawPage>> {
        let Some(mut text) = self.enter().await? else { return Ok(None) };
        let rows = Split::of(&mut text)?;
        let ends = self.leave(&text)?;
        let key = self.keys.as_ref().and_then(KeyReading::key);
        Ok(Some(RawPage::new(text, rows, ends, key)))
    }

    /// A page that has to be there.
    pub(super) async fn first<Row: DeserializeOwned>(mut self) -> Result<Page<Row>> {
        let page = self.page().await?;
        page.ok_or_else(|| Error::new(ErrorKind::Decode, "the query has no page"))
    }

    pub(super) fn pages<Row: DeserializeOwned + Send + 'c>(self) -> BoxStream<'c, Result<Page<Row>>> {
        let pages =
            stream::try_unfold(
                Box::new(self),
                |mut walk| async move { Ok(walk.page().await?.map(|page| (page, walk))) },
            );
        pages.boxed()
    }

    pub(super) fn raw_pages(self) -> BoxStream<'c, Result<RawPage>> {
        let pages = stream::try_unfold(Box::new(self), |mut walk| async move {
            Ok(walk.raw_page().await?.map(|page| (page, walk)))
        });
        pages.boxed()
    }

    /// Row after row, each decoded when it is asked for; the text of a page is let go before the next one comes.
    pub(super) fn rows<Row: DeserializeOwned + Send + 'c>(self) -> BoxStream<'c, Result<Row>> {
        let rows = stream::try_unfold(Box::new((self, None::<Text>)), |mut state| async move {
            loop {
                let (walk, page) = &mut *state;
                if let Some(text) = page {
                    match text.row()? {
                        Some(row) => return Ok(Some((row, state))),
                        None => drop(walk.leave(text)?),
                    }
                }
                *page = None;
                *page = walk.enter().await?;
                if page.is_none() {
                    return Ok(None);
                }
            }
        });
        rows.boxed()
    }
}

pub(super) async fn all<Row>(pages: BoxStream<'_, Result<Page<Row>>>) -> Result<Vec<Row>> {
    pages.map_ok(|page| page.records).try_concat().await
}

/// A stream of nothing but why there is none.
pub(super) fn refused<'c, T: Send + 'c>(error: Error) -> BoxStream<'c, Result<T>> {
    stream::iter([Err(error)]).boxed()
}

/// The org does not know the place any more, or never did (REST reference 7.3).
fn is_dead_locator(error: &Error) -> bool {
    error.api_errors().iter().any(|refusal| {
        let code = refusal.code.as_str();
        code.starts_with("INVALID_QUERY_LOCATOR")
            || code.starts_with("QUERY_LOCATOR_")
            || matches!(code, "INVALID_LOCATOR" | "LOCATOR_LOCATION_EXCEEDS_SIZE" | "UNAUTHORIZED_USER_FOR_CURSOR")
    })
}

fn circle(cursor: &Cursor) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the org's pages lead in a circle: `{cursor}` comes again; run the query anew"),
    )
}
