//! `/jobs/query` and `/jobs/ingest`: the Bulk API 2.0. Its elder is in `classic`.
//!
//! Where no text was recorded, the words of a refusal are the mock's own.

mod classic;
mod ingest;
mod load;
mod query;

use std::time::Duration;

use http::{Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::envelope;
use crate::answer::{self, Refusal};
use crate::bulk::{Dialect, Fate, Job, Kind, State, View};
use crate::call::Call;
use crate::ids;
use crate::route::Bulk;
use crate::{Body, Org, rules};
pub(crate) use classic::classic;
pub(super) use load::write;

/// How long a job that is over is kept, with what it found.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long a job may stay open.
const OPEN: Duration = Duration::from_secs(24 * 60 * 60);

/// The jobs on a page of their list.
const LISTED: usize = 1000;

/// What stands before the number of the row in the locator of a page of their list.
const LIST_LOCATOR: &str = "01gQz00000MockList-";

/// A call of the Bulk API.
pub(crate) fn jobs(org: &mut Org, call: Call, place: Bulk) -> Result<Response<Body>, Refusal> {
    match place {
        Bulk::Jobs { query } if call.method != Method::POST => list(org, &call, query),
        Bulk::Jobs { query: true } => query::create(org, call),
        Bulk::Job { query, id } => match call.method {
            Method::PATCH => change(org, call, query, &id),
            Method::DELETE => delete(org, query, &id),
            _ => {
                let place = find(org, query, &id)?;
                Ok(answer::json(StatusCode::OK, &org.bulk.jobs[place].info(View::Status)))
            }
        },
        Bulk::Results(id) => query::results(org, &call, &id),
        Bulk::Pages(id) => query::pages(org, &call, &id),
        Bulk::Jobs { query: false } => ingest::create(org, call),
        Bulk::Batches(id) => ingest::upload(org, call, &id),
        Bulk::Outcomes { id, which } => ingest::results(org, &id, which),
    }
}

/// Lets the jobs go on as far as the clock says.
pub(crate) fn run_jobs(org: &mut Org) {
    classic::run_batches(org);
    let now = org.now();
    org.bulk.jobs.retain(|job| match job.state {
        State::Open => now.since(job.since) < OPEN,
        state => !state.is_terminal() || now.since(job.since) < KEPT,
    });
    let (queued, running) = (org.bulk.queued, org.bulk.running);
    // Those that waited longest are first.
    let mut places: Vec<_> = (0..org.bulk.jobs.len()).collect();
    places.sort_by_key(|&place| org.bulk.jobs[place].since);
    for place in places {
        let job = &mut org.bulk.jobs[place];
        if job.state == State::UploadComplete && now.since(job.since) >= queued {
            job.go(State::InProgress, job.since.saturating_add(queued));
            if job.fate == Some(Fate::Vanishes) {
                continue;
            }
            match (&job.kind, job.fate.clone()) {
                (Kind::Query { .. }, Some(Fate::Fails(text) | Fate::FailsAfter(_, text))) => job.fail(text, now),
                (Kind::Query { .. }, _) => query::run(&org.store, job),
                (Kind::Ingest(_), _) => ingest::begin(org, place),
            }
        }
        if org.bulk.jobs[place].state == State::InProgress {
            ingest::go_on(org, place);
        }
        let job = &mut org.bulk.jobs[place];
        if job.state == State::InProgress && job.fate != Some(Fate::Stays) && now.since(job.since) >= running {
            job.go(State::JobComplete, job.since.saturating_add(running));
        }
    }
    org.bulk.jobs.retain(|job| job.fate != Some(Fate::Vanishes) || job.state != State::InProgress);
}

/// What a caller says of a job that is to be made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    operation: Option<String>,
    query: Option<String>,
    object: Option<String>,
    external_id_field_name: Option<String>,
    assignment_rule_id: Option<String>,
    content_type: Option<String>,
    column_delimiter: Option<String>,
    line_ending: Option<String>,
}

impl Wanted {
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        envelope::parse(body)
    }

    fn dialect(&self) -> Result<Dialect, Refusal> {
        if let Some(kind) = self.content_type.as_deref().filter(|kind| *kind != "CSV") {
            return Err(Refusal::bad("INVALIDJOB", format!("InvalidJob : contentType {kind} is not supported")));
        }
        let (delimiter, ending) = (self.column_delimiter.as_deref(), self.line_ending.as_deref());
        Dialect::of(delimiter, ending).ok_or_else(|| {
            let text = format!(
                "InvalidJob : columnDelimiter {} or lineEnding {} is not supported",
                delimiter.unwrap_or("COMMA"),
                ending.unwrap_or("LF")
            );
            Refusal::bad("INVALIDJOB", text)
        })
    }
}

/// Adds a job.
fn add(
    org: &mut Org,
    call: &Call,
    operation: &'static str,
    object: std::sync::Arc<str>,
    dialect: Dialect,
    (state, kind): (State, Kind),
) -> usize {
    let now = org.now();
    let prefix = "750".parse().expect("the prefix of jobs");
    org.bulk.made += 1;
    let job = Job {
        id: ids::id(prefix, org.bulk.made),
        number: org.bulk.made,
        operation,
        object,
        by: org.user_of(&call.headers).unwrap_or(org.store.user),
        created: now,
        since: now,
        state,
        version: call.version,
        dialect,
        fate: org.bulk.fate(),
        error: None,
        kind,
    };
    org.bulk.jobs.push(job);
    org.bulk.jobs.len() - 1
}

/// The place of a job among all.
fn find(org: &Org, query: bool, id: &str) -> Result<usize, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let place = org.bulk.jobs.iter().position(|job| job.id == id && job.is_query() == query);
    place.ok_or_else(Refusal::not_found)
}

fn invalid_state(text: &str) -> Refusal {
    Refusal::bad("INVALIDJOBSTATE", text)
}

/// Any page of the list of jobs, of both kinds.
fn list(org: &Org, call: &Call, query: bool) -> Result<Response<Body>, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct List {
        done: bool,
        records: Vec<Box<RawValue>>,
        next_records_url: Option<String>,
    }
    let wanted = call.parameter("jobType");
    let fits = |job: &&Job| match wanted {
        Some("V2Query") => job.is_query(),
        Some("V2Ingest") => !job.is_query(),
        Some(_) => false,
        None => true,
    };
    let from = match call.parameter("queryLocator") {
        None => 0,
        Some(locator) => {
            let from = locator.strip_prefix(LIST_LOCATOR).and_then(|row| row.parse::<usize>().ok());
            from.ok_or_else(|| Refusal::bad("INVALID_QUERY_LOCATOR", "invalid query locator"))?
        }
    };
    let mut jobs = org.bulk.jobs.iter().filter(fits).skip(from);
    let records: Vec<_> = jobs.by_ref().take(LISTED).map(|job| job.info(View::Listed)).collect();
    let done = jobs.next().is_none();
    let place = if query { "query" } else { "ingest" };
    let kind = wanted.map(|kind| format!("jobType={kind}&")).unwrap_or_default();
    let next_records_url = (!done).then(|| {
        let to = from.saturating_add(LISTED);
        format!("/services/data/v{}/jobs/{place}?{kind}queryLocator={LIST_LOCATOR}{to}", call.version)
    });
    Ok(answer::json(StatusCode::OK, &List { done, records, next_records_url }))
}

fn change(org: &mut Org, mut call: Call, query: bool, id: &str) -> Result<Response<Body>, Refusal> {
    #[derive(Deserialize)]
    struct Change {
        state: Option<String>,
    }
    let place = find(org, query, id)?;
    let change: Change = envelope::parse(&call.json_bytes()?)?;
    let now = org.now();
    let job = &mut org.bulk.jobs[place];
    match change.state.as_deref() {
        Some("Aborted") if job.state.is_terminal() => {
            return Err(invalid_state("Aborting already Completed Job not allowed"));
        }
        Some("Aborted") => job.go(State::Aborted, now),
        Some("UploadComplete") if !query => ingest::close(org, place)?,
        state => {
            let text = format!("InvalidJob : state {} is not allowed", state.unwrap_or("null"));
            return Err(Refusal::bad("INVALIDJOB", text));
        }
    }
    Ok(answer::json(StatusCode::OK, &org.bulk.jobs[place].info(View::Changed)))
}

fn delete(org: &mut Org, query: bool, id: &str) -> Result<Response<Body>, Refusal> {
    let place = find(org, query, id)?;
    let state = org.bulk.jobs[place].state;
    // A closed ingest job may be deleted before it runs (Bulk reference 4.1).
    if !state.is_terminal() && (query || state != State::UploadComplete) {
        let text = "Error encountered when deleting the job because the job is not terminated";
        return Err(Refusal::bad("API_ERROR", text));
    }
    org.bulk.jobs.remove(place);
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

/// What a job says that failed on its query or its data.
fn invalid_batch(refusal: &rules::Refusal) -> String {
    format!("InvalidBatch : Failed to process query: {}: {}", refusal.code, refusal.message)
}
