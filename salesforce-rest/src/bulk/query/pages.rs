//! Pages of a result, opened ahead of their turn.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use http::StatusCode;
use salesforce_http::{Error, Request, Result, StreamingResponse};

use super::locators::{List, decode, list};
use crate::Client;

/// How much of a page is read before its turn.
const AHEAD: usize = 256 * 1024;

/// A page's place; the first one has none.
pub(super) type Locator = Option<Box<str>>;

/// A page whose answer has begun.
pub(super) struct Page {
    pub(super) locator: Locator,
    /// How many rows the org says it has.
    pub(super) announced: u64,
    /// Where the next one is, if there is one.
    next: Locator,
    read: VecDeque<Result<Bytes>>,
    /// What has not come yet; it takes a place among the connection's calls.
    body: Option<StreamingResponse>,
}

impl Page {
    async fn open(client: Client, path: String, locator: Locator, rows: Option<u32>) -> Result<Self> {
        let mut request = Request::get(format!("{path}/results")).header("Accept", "text/csv");
        if let Some(locator) = &locator {
            request = request.query("locator", locator);
        }
        if let Some(rows) = rows {
            request = request.query("maxRecords", &rows.to_string());
        }
        let mut body = client.connection().open(request).await?;
        let (announced, next) = head(&body)?;
        if next.is_some() && next == locator {
            return Err(decode("a page of the result leads to itself"));
        }
        let (mut read, mut size) = (VecDeque::new(), 0);
        while size < AHEAD {
            let Some(piece) = body.next().await else {
                return Ok(Self { locator, announced, next, read, body: None });
            };
            size += piece.as_ref().map_or(AHEAD, Bytes::len);
            read.push_back(piece);
        }
        Ok(Self { locator, announced, next, read, body: Some(body) })
    }

    /// Whether it takes a place among the connection's calls.
    pub(super) fn is_open(&self) -> bool {
        self.body.is_some()
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match (self.read.pop_front(), &mut self.body) {
            (Some(piece), _) => Poll::Ready(Some(piece)),
            (None, Some(body)) => Pin::new(body).poll_next(context),
            (None, None) => Poll::Ready(None),
        }
    }
}

/// What a page's headers say: how many rows it has, and where the next one is.
fn head(answer: &StreamingResponse) -> Result<(u64, Locator)> {
    if answer.status() == StatusCode::NO_CONTENT {
        return Ok((0, None));
    }
    let announced = answer.header("sforce-numberofrecords").and_then(|rows| rows.trim().parse().ok());
    let announced = announced.ok_or_else(|| {
        decode("the org did not say how many rows a page of the result has, so that none of them can be missed unseen")
    })?;
    match answer.header("sforce-locator") {
        Some("null") => Ok((announced, None)),
        Some(locator) if !locator.is_empty() => Ok((announced, Some(locator.into()))),
        _ => Err(decode("the org did not say whether a page of the result is the last one")),
    }
}

/// The pages from a place on, in order. Some are opened ahead of their turn; of each of them little is held.
pub(super) struct Pages {
    client: Client,
    path: String,
    rows: Option<u32>,
    in_flight: usize,
    /// Whether each page's answer leads to the next one.
    chained: bool,
    /// Pages to come, the first ones opened.
    ahead: VecDeque<Locator>,
    opened: VecDeque<Result<Page>>,
    opening: FuturesOrdered<BoxFuture<'static, Result<Page>>>,
    next_list: Option<String>,
    /// The list that is on its way, and its URL.
    listing: Option<(String, BoxFuture<'static, Result<List>>)>,
    /// Why there is no list of the pages behind those ahead.
    unlisted: Option<Error>,
}

impl Pages {
    /// Pages of which each one leads to the next, or those that the org lists.
    pub(super) fn new(client: Client, path: String, rows: Option<u32>, in_flight: usize, chained: bool) -> Self {
        Self {
            client,
            path,
            rows,
            in_flight: in_flight.max(1),
            chained,
            ahead: VecDeque::new(),
            opened: VecDeque::new(),
            opening: FuturesOrdered::new(),
            next_list: None,
            listing: None,
            unlisted: None,
        }
    }

    /// Sets where to begin.
    pub(super) fn from(mut self, locator: Locator) -> Self {
        self.ahead.push_back(locator);
        self
    }

    /// Adds a part of the list.
    pub(super) fn add(&mut self, list: List) {
        self.ahead.extend(list.locators.into_iter().map(Some));
        self.next_list = list.next;
    }

    /// The next page, once it has begun; `None` behind the last one.
    pub(super) async fn next(&mut self) -> Result<Option<Page>> {
        poll_fn(|context| {
            self.poll_ahead(context, self.in_flight);
            if let Some(page) = self.opened.pop_front() {
                self.ahead.pop_front();
                return Poll::Ready(page.map(Some));
            }
            if !self.ahead.is_empty() || self.listing.is_some() {
                return Poll::Pending;
            }
            Poll::Ready(self.unlisted.take().map_or(Ok(None), Err))
        })
        .await
    }

    /// The next piece of the page whose turn it is, while pages behind it are opened.
    pub(super) async fn piece(&mut self, page: &mut Page) -> Option<Result<Bytes>> {
        poll_fn(|context| {
            self.poll_ahead(context, self.in_flight - 1);
            page.poll_piece(context)
        })
        .await
    }

    /// Makes this page the next one again. Those opened ahead give their places back.
    pub(super) fn again(&mut self, locator: Locator) {
        self.let_go();
        self.ahead.push_front(locator);
    }

    /// Gives the places among the connection's calls back that were taken ahead: a call that is made while nobody polls
    /// them would wait for one of them.
    pub(super) fn let_go(&mut self) {
        self.opening.clear();
        self.opened.clear();
        if let Some((url, _)) = self.listing.take() {
            self.next_list = Some(url);
        }
    }

    /// Sets how many pages are under way at once.
    pub(super) fn in_flight(&mut self, pages: usize) {
        self.in_flight = pages.max(1);
    }

    /// Gets on with the pages ahead, of which so many may be open.
    fn poll_ahead(&mut self, context: &mut Context<'_>, most: usize) {
        loop {
            if self.listing.is_none()
                && self.unlisted.is_none()
                && self.ahead.len() < 2 * self.in_flight
                && let Some(url) = self.next_list.take()
            {
                let list = list(self.client.clone(), url.clone());
                self.listing = Some((url, list.boxed()));
            }
            if let Some((_, listing)) = &mut self.listing
                && let Poll::Ready(list) = listing.poll_unpin(context)
            {
                self.listing = None;
                match list {
                    Ok(list) => self.add(list),
                    Err(error) => self.unlisted = Some(error),
                }
                continue;
            }
            let open = self.opened.len() + self.opening.len();
            for locator in self.ahead.iter().take(most).skip(open) {
                let page = Page::open(self.client.clone(), self.path.clone(), locator.clone(), self.rows);
                self.opening.push_back(page.boxed());
            }
            let Poll::Ready(Some(page)) = self.opening.poll_next_unpin(context) else { return };
            if let Ok(page) = &page
                && self.chained
                && self.opened.len() + 1 == self.ahead.len()
            {
                self.ahead.extend(page.next.clone().map(Some));
            }
            self.opened.push_back(page);
        }
    }
}
