//! Reads one slice: page by page with the server's locators while they live, and by key when they do not.

use std::time::Duration;

use connector_core::{Batch, Checkpoint, Error, ErrorKind, Key, Locator, Result, Scope, Slice, Stamp};
use salesforce_http::{Request, Response};

use crate::{
    fault,
    page::{self, Heads},
    select::Select,
    source::SalesforceSource,
};

/// Older locators are not tried: they live for two days.
const LOCATOR_AGE: Duration = Duration::from_secs(40 * 3600);

/// So often reading begins anew when locators die and rows have no order.
const RESTARTS: u32 = 3;

/// So many empty pages in a row are not an answer any more.
const EMPTY_PAGES: u32 = 100;

/// The reading of one slice, between two pages.
pub(crate) struct Reading<'a> {
    source: &'a SalesforceSource,
    slice: &'a Slice,
    select: Select,
    next: Next,
    /// The last row that was delivered.
    after: Option<Key>,
    /// Where this process began; the books below are about the rows behind it.
    begin: Option<Key>,
    announced: Option<u64>,
    delivered: u64,
    /// What of `delivered` an earlier process had delivered.
    before: u64,
    /// An answer that ended early was already asked for the rest.
    asked_again: bool,
    empty: u32,
    /// How often reading began anew, for want of a key.
    restarts: u32,
    note: Option<String>,
}

enum Next {
    /// Ask for the rows behind `after`.
    Query,
    /// Follow a locator.
    Follow(String),
    /// Fewer rows came than were announced: count.
    Count,
    End,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a SalesforceSource, slice: &'a Slice, from: Option<&Checkpoint>) -> Result<Self> {
        let select: Select = serde_json::from_value(slice.detail.clone()).map_err(|e| {
            Error::new(ErrorKind::Contract, format!("the plan for {} was made by another version", slice.stream))
                .caused_by(e)
                .scope(Scope::Stream(slice.stream.clone()))
        })?;
        let after = from.and_then(|checkpoint| checkpoint.after.clone()).filter(|_| select.ordered);
        let mut reading = Self {
            source,
            slice,
            select,
            next: Next::Query,
            begin: after.clone(),
            after,
            announced: None,
            delivered: 0,
            before: 0,
            asked_again: false,
            empty: 0,
            restarts: 0,
            note: None,
        };
        let young = |locator: &&Locator| source.now().minus(LOCATOR_AGE) < locator.born;
        if let Some(locator) = from.and_then(|checkpoint| checkpoint.locator.as_ref()).filter(young) {
            reading.next = Next::Follow(locator.text.clone());
            (reading.begin, reading.announced) = (None, locator.total);
            (reading.delivered, reading.before) = (locator.rows, locator.rows);
        }
        if from.is_some_and(|checkpoint| checkpoint.done) {
            reading.next = Next::End;
        }
        Ok(reading)
    }

    /// The next batch; `None` behind the last.
    pub(crate) async fn batch(&mut self) -> Result<Option<Batch>> {
        let mut calls = 0;
        loop {
            let (request, follows) = match &self.next {
                Next::Query => (self.request(&self.select.rows(self.slice, self.after.as_ref())), None),
                Next::Follow(url) => (Request::follow(url.as_str()), Some(url.clone())),
                Next::Count => return self.settle(calls).await.map(Some),
                Next::End => return Ok(None),
            };
            match self.source.client().connection().send(request.label(self.label())).await {
                Ok(response) => return self.page(&response, follows.as_deref(), calls).map(Some),
                Err(error) if follows.is_some() && fault::is_dead_locator(&error) => {
                    calls += u64::from(error.tries().max(1));
                    self.forget_locator(error)?;
                }
                Err(error) => return Err(fault::stream(error, &self.slice.stream)),
            }
        }
    }

    /// Goes on by key; where rows have no order, from the beginning.
    fn forget_locator(&mut self, error: salesforce_http::Error) -> Result<()> {
        tracing::debug!(stream = %self.slice.stream, "the query locator is gone; going on by key");
        self.next = Next::Query;
        if !self.after.as_ref().is_some_and(|after| self.select.can_resume(after)) {
            (self.after, self.begin, self.announced) = (None, None, None);
            (self.delivered, self.before) = (0, 0);
            self.restarts += 1;
            if self.restarts > RESTARTS {
                return Err(fault::stream(error, &self.slice.stream));
            }
        }
        Ok(())
    }

    fn page(&mut self, response: &Response, follows: Option<&str>, calls: u64) -> Result<Batch> {
        let heads = Heads {
            key: self.select.window_key(self.slice).map(|name| name.as_str()),
            stamp: self.select.stamp.as_ref().map(|name| name.as_str()),
            otherwise: self.slice.window.hi.unwrap_or(Stamp::EPOCH),
        };
        let rows = page::decode(response.bytes(), heads).map_err(|e| {
            let said = format!("the answer to {} cannot be read: {e}", self.label());
            self.broken(ErrorKind::Data, said).retelling(e)
        })?;
        if follows.is_none() {
            let total = rows.total.map(|total| total.saturating_add(self.delivered));
            self.announced = if self.asked_again { self.announced.max(total) } else { total };
        }
        self.delivered = self.delivered.saturating_add(rows.operations.len() as u64);
        self.empty = if rows.operations.is_empty() { self.empty + 1 } else { 0 };
        if rows.last.is_some() {
            self.after = rows.last;
        }
        let mut locator = None;
        self.next = match rows.next {
            Some(next) => {
                if follows == Some(next.as_str()) || self.empty > EMPTY_PAGES {
                    return Err(
                        self.broken(ErrorKind::Data, format!("the pages of {} do not come to an end", self.label()))
                    );
                }
                let text = String::from(next);
                // Behind a key the books begin there, and a locator could not say so.
                if self.begin.is_none() {
                    let young = Locator::new(text.as_str(), self.source.now());
                    locator = Some(young.progress(self.delivered, self.announced));
                }
                Next::Follow(text)
            }
            None => self.at_the_end(),
        };
        let done = matches!(self.next, Next::End);
        let checkpoint = Checkpoint::start(self.slice).after(self.after.clone()).locator(locator).done(done);
        let batch = Batch::new(self.slice.stream.clone(), rows.operations, checkpoint)
            .total(self.announced.map(|announced| announced.saturating_sub(self.before)))
            .calls(calls + u64::from(response.tries().max(1)));
        Ok(match self.note.take() {
            Some(note) => batch.note(note),
            None => batch,
        })
    }

    /// Compares what came with what was announced.
    fn at_the_end(&mut self) -> Next {
        match self.announced {
            Some(announced) if announced > self.delivered => {
                // An answer that was cut off looks like this. What is missing at its end can be asked for by key.
                if self.select.ordered && !self.asked_again && self.delivered > 0 {
                    self.asked_again = true;
                    let (label, delivered) = (self.label(), self.delivered);
                    self.note = Some(format!(
                        "{label} ended at {delivered} of {announced} rows; the rest was asked for by key"
                    ));
                    return Next::Query;
                }
                Next::Count
            }
            _ => Next::End,
        }
    }

    /// Some setup objects announce more than they deliver, and rows may be purged meanwhile. A count tells whether rows
    /// are missing.
    async fn settle(&mut self, calls: u64) -> Result<Batch> {
        let request = self.request(&self.select.count(self.slice, self.begin.as_ref())).label(self.label());
        let sent = self.source.client().connection().send(request).await;
        let response = sent.map_err(|error| fault::stream(error, &self.slice.stream))?;
        let page: salesforce_rest::Page<serde::de::IgnoredAny> =
            response.json().map_err(|error| fault::stream(error, &self.slice.stream))?;
        let (announced, delivered) = (self.announced.unwrap_or_default(), self.delivered);
        let count = page.total_size.unwrap_or(announced);
        let said = format!("{} announced {announced} rows and delivered {delivered}", self.label());
        if count > delivered {
            return Err(self
                .broken(ErrorKind::Count, format!("{said}, and there are {count}"))
                .advice("what came is kept, and the next run reads the object again"));
        }
        self.next = Next::End;
        let checkpoint = Checkpoint::start(self.slice).after(self.after.clone()).done(true);
        Ok(Batch::new(self.slice.stream.clone(), Vec::new(), checkpoint)
            .total(Some(delivered.saturating_sub(self.before)))
            .calls(calls + u64::from(response.tries().max(1)))
            .note(format!("{said}; a count says that none is missing")))
    }

    fn request(&self, soql: &str) -> Request {
        let request = Request::get("queryAll").query("q", soql);
        match self.source.batch_size() {
            Some(rows) => request.header("Sforce-Query-Options", &format!("batchSize={rows}")),
            None => request,
        }
    }

    fn label(&self) -> String {
        format!("GET queryAll of {}", self.slice.stream)
    }

    fn broken(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).scope(Scope::Stream(self.slice.stream.clone()))
    }
}
