//! Queries as jobs.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::{Wanted, add, find, invalid_batch, invalid_state};
use crate::answer::{self, Refusal};
use crate::bulk::{Dialect, Job, Kind, State, View};
use crate::call::Call;
use crate::soql::{self, Ask, Extract};
use crate::store::Store;
use crate::{Body, Org};

/// The links of an answer about pages.
const LINKS: usize = 5;

/// The rows that are written in one piece.
const PIECE: usize = 500;

const LOCATOR: HeaderName = HeaderName::from_static("sforce-locator");
const COUNT: HeaderName = HeaderName::from_static("sforce-numberofrecords");

/// `POST jobs/query`
pub(super) fn create(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let wanted = Wanted::parse(&call.json_bytes()?)?;
    let operation = match wanted.operation.as_deref() {
        Some("query") => "query",
        Some("queryAll") => "queryAll",
        other => {
            let text = format!("InvalidJob : operation {} is not supported", other.unwrap_or("null"));
            return Err(Refusal::bad("INVALIDJOB", text));
        }
    };
    let dialect = wanted.dialect()?;
    let text = wanted.query.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refusal::bad("INVALIDJOB", "InvalidJob : a query has to be specified"))?;
    let source = soql::object_of(&org.store, &text)?;
    if org.bulk.refuses(&source) {
        let text = format!("Entity '{source}' is not supported by the Bulk API.");
        return Err(Refusal::bad("INVALIDENTITY", text));
    }
    let ask = Ask { text: &text, all_rows: operation == "queryAll", batch: None, version: call.version };
    let checked = soql::check_extract(&org.store, &ask);
    if let Err(refusal) = checked
        && !org.bulk.refuses_late
    {
        return Err(refusal.into());
    }
    let now = org.now();
    if org.bulk.query_jobs.count(now) >= org.bulk.most_query_jobs {
        let text = format!("ExceededQuota : Max query jobs per 24 hours exceeded: {}", org.bulk.most_query_jobs);
        return Err(Refusal::bad("EXCEEDEDQUOTA", text));
    }
    org.bulk.query_jobs.add(now, 1);
    let kind = Kind::Query { text, found: None, locators: HashMap::new() };
    let place = add(org, &call, operation, source, dialect, (State::UploadComplete, kind));
    Ok(answer::json(StatusCode::OK, &org.bulk.jobs[place].info(View::Created)))
}

/// Runs the query of a job over the rows as they are now.
pub(super) fn run(store: &Store, job: &mut Job) {
    let Kind::Query { text, found, .. } = &mut job.kind else { return };
    let ask = Ask { text, all_rows: job.operation == "queryAll", batch: None, version: job.version };
    match Extract::run(store, &ask) {
        Ok(rows) => *found = Some(Arc::new(rows)),
        Err(refusal) => job.fail(invalid_batch(&refusal), store.clock.now()),
    }
}

/// What a complete job found, and its place.
fn found(org: &Org, call: &Call, id: &str) -> Result<(usize, Arc<Extract>), Refusal> {
    let place = find(org, true, id)?;
    let job = &org.bulk.jobs[place];
    if job.version != call.version {
        let text = format!("The results of a job are read with the API version that made it, {}", job.version);
        return Err(Refusal::new(StatusCode::CONFLICT, "API_ERROR", text));
    }
    match &job.kind {
        Kind::Query { found: Some(found), .. } if job.state == State::JobComplete => Ok((place, Arc::clone(found))),
        _ => Err(invalid_state("InvalidJobState : Results are available when the job is complete")),
    }
}

/// The row that a page begins with.
fn begin(job: &Job, call: &Call) -> Result<usize, Refusal> {
    let (Some(locator), Kind::Query { locators, .. }) = (call.parameter("locator"), &job.kind) else { return Ok(0) };
    let row = locators.get(locator).copied();
    row.ok_or_else(|| Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator"))
}

/// `GET jobs/query/ID/results`
pub(super) fn results(org: &mut Org, call: &Call, id: &str) -> Result<Response<Body>, Refusal> {
    let (place, found) = found(org, call, id)?;
    let page_rows = org.bulk.page_rows.max(1);
    let job = &mut org.bulk.jobs[place];
    let most = match call.parameter("maxRecords") {
        None => page_rows,
        Some(text) => text.parse().ok().filter(|most| *most > 0).ok_or_else(|| {
            Refusal::bad("INVALID_QUERY_LOCATOR", format!("maxRecords has to be a positive number but was {text}"))
        })?,
    };
    let from = begin(job, call)?;
    let to = found.len().min(from.saturating_add(most));
    let next = if to < found.len() { job.locator(to) } else { "null".to_owned() };
    let dialect = job.dialect;
    let mut response = Response::new(Body::pieces(Page::new(found, dialect, from..to)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    headers.insert(COUNT, HeaderValue::from(to - from));
    if let Ok(next) = HeaderValue::from_str(&next) {
        headers.insert(LOCATOR, next);
    }
    Ok(response)
}

/// `GET jobs/query/ID/resultPages`
pub(super) fn pages(org: &mut Org, call: &Call, id: &str) -> Result<Response<Body>, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Pages {
        result_pages: Vec<Link>,
        next_records_url: Option<String>,
        done: bool,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Link {
        result_url: String,
    }
    let (place, found) = found(org, call, id)?;
    let page_rows = org.bulk.page_rows.max(1);
    let job = &mut org.bulk.jobs[place];
    let from = begin(job, call)?;
    let base = format!("/services/data/v{}/jobs/query/{}", call.version, job.id);
    let mut begins = (from..found.len().max(1)).step_by(page_rows);
    let result_pages = begins
        .by_ref()
        .take(LINKS)
        .map(|row| Link { result_url: format!("{base}/results?locator={}", job.locator(row)) })
        .collect();
    let next = begins.next();
    let next_records_url = next.map(|row| format!("{base}/resultpages?locator={}", job.locator(row)));
    Ok(answer::json(StatusCode::OK, &Pages { result_pages, done: next_records_url.is_none(), next_records_url }))
}

/// A page on its way out: rows are written when they are asked for.
pub(super) struct Page {
    found: Arc<Extract>,
    dialect: Dialect,
    next: usize,
    to: usize,
    begun: bool,
}

impl Page {
    pub(super) fn new(found: Arc<Extract>, dialect: Dialect, part: Range<usize>) -> Self {
        Self { found, dialect, next: part.start, to: part.end, begun: false }
    }
}

impl Iterator for Page {
    type Item = std::io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let begun = std::mem::replace(&mut self.begun, true);
        if begun && self.next >= self.to {
            return None;
        }
        let mut out = Vec::new();
        let end = self.to.min(self.next.saturating_add(PIECE));
        let header = if begun { Ok(()) } else { self.found.write(None, self.dialect, &mut out) };
        let written = header.and_then(|()| self.found.write(Some(self.next..end), self.dialect, &mut out));
        self.next = if written.is_ok() { end } else { self.to };
        Some(written.map(|()| out.into()))
    }
}
