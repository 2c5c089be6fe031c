//! `/services/async/XX.0/job`: the Bulk API 1.0 (Bulk reference 8).
//!
//! A batch is worked on whole, when it has waited for `queued` and run for `running`; the fates of jobs are not for it.
//! What answers a batch is written as the data of its job is; what answers the making of a job, and every exception, as
//! the request was.

mod exception;
mod job;
mod query;
mod rows;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};
use salesforce_types::ApiVersion;

use super::KEPT;
use crate::bulk::{Batch, BatchState, ClassicJob, Done, Form, Info};
use crate::call::Call;
use crate::org::routing::{NEWEST_VERSION, OLDEST_VERSION};
use crate::route::{Classic, Part};
use crate::xml::Element;
use crate::{Body, Org, ids};
use exception::Exception;

/// The namespace of all its XML.
const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";

/// The most bytes of a batch.
const MOST_BYTES: usize = 10_000_000;

/// The most characters of a query.
const MOST_QUERY: usize = 100_000;

/// A call of the Bulk API 1.0.
pub(crate) fn classic(org: &mut Org, version: &str, mut call: Call, place: Classic) -> Response<Body> {
    let json = kind(&call).eq_ignore_ascii_case("application/json");
    answered(org, version, &mut call, place).unwrap_or_else(|exception| exception.into_response(json))
}

fn answered(org: &mut Org, version: &str, call: &mut Call, place: Classic) -> Result<Response<Body>, Exception> {
    let number = version.parse::<ApiVersion>().ok().filter(|number| {
        *number == ApiVersion::new(number.major()) && (OLDEST_VERSION..=NEWEST_VERSION).contains(&number.major())
    });
    call.version = number.ok_or_else(|| Exception::new("InvalidVersion", format!("Invalid version: {version}")))?;
    let user = org.authorise(&call.headers)?;
    org.count_call()?;
    let post = call.method == Method::POST;
    match place {
        Classic::Jobs => job::create(org, call, user),
        Classic::Job(id) if post => job::change(org, call, &id),
        Classic::Job(id) => {
            let job = &org.bulk.classic[find(org, &id)?];
            Ok(told(StatusCode::OK, job.form == Form::Json, job.info()))
        }
        Classic::Batches(id) if post => add(org, call, &id),
        Classic::Batches(id) => Ok(batches(&org.bulk.classic[find(org, &id)?])),
        Classic::Batch { job, batch, part } => {
            let job = &org.bulk.classic[find(org, &job)?];
            let batch = batch.parse().ok().and_then(|id| job.batches.iter().find(|batch| batch.id == id));
            let batch = batch.ok_or_else(|| Exception::new("InvalidBatch", "Unable to find batch"))?;
            match part {
                Part::Info => Ok(told(StatusCode::OK, job.form == Form::Json, batch.info(job.id))),
                Part::Request => Ok(body(job.form.content_type(), batch.sent.clone())),
                Part::Results => results(job, batch),
                Part::Result(id) => query::result(org, job, batch, &id),
            }
        }
    }
}

/// The content type of a request, without its parameters.
fn kind(call: &Call) -> &str {
    call.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

fn find(org: &Org, id: &str) -> Result<usize, Exception> {
    let place = id.parse().ok().and_then(|id| org.bulk.classic.iter().position(|job| job.id == id));
    place.ok_or_else(|| Exception::new("InvalidJob", format!("Invalid job id: {id}")))
}

fn body(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// XML with its declaration, in the namespace.
fn xml(root: &Element) -> Response<Body> {
    let mut text = String::new();
    root.write(&mut text);
    let name = &root.name;
    let text = text.replacen(&format!("<{name}"), &format!("<{name} xmlns=\"{NAMESPACE}\""), 1);
    body("application/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}"))
}

fn json(value: &serde_json::Value) -> Response<Body> {
    body("application/json", value.to_string())
}

/// What is said of a job or a batch.
fn told(status: StatusCode, as_json: bool, info: Info) -> Response<Body> {
    let mut response = if as_json { json(&info.json()) } else { xml(&info.xml()) };
    *response.status_mut() = status;
    response
}

/// `POST job/ID/batch`
fn add(org: &mut Org, call: &mut Call, id: &str) -> Result<Response<Body>, Exception> {
    let place = find(org, id)?;
    let now = org.now();
    let most = org.bulk.most_batches;
    let job = &org.bulk.classic[place];
    if job.state != "Open" {
        let text = format!("The job is {}: it takes no more batches", job.state);
        return Err(Exception::new("InvalidJobState", text));
    }
    let (kind, wanted) = (kind(call), job.form.content_type());
    if !kind.is_empty() && !kind.eq_ignore_ascii_case(wanted) {
        let text = format!("Content type of the batch, {kind}, does not match that of the job, {wanted}");
        return Err(Exception::new("InvalidBatch", text));
    }
    let query = job.is_query();
    let sent = call.bytes()?;
    if sent.len() > MOST_BYTES || query && sent.len() > MOST_QUERY {
        return Err(Exception::new("ClientInputError", "Batch data size exceeds what is allowed"));
    }
    if org.bulk.batches.count(now) >= most {
        return Err(Exception::new("ExceededQuota", format!("ApiBatchItems Limit exceeded: {most}")));
    }
    org.bulk.batches.add(now, 1);
    let batch = Batch::new(next_id(org, "751"), sent, now);
    let job = &mut org.bulk.classic[place];
    let answer = told(StatusCode::CREATED, job.form == Form::Json, batch.info(job.id));
    job.batches.push(batch);
    Ok(answer)
}

/// The ids of jobs, batches and results have one counter with those of the Bulk API 2.0.
fn next_id(org: &mut Org, prefix: &str) -> salesforce_types::RecordId {
    org.bulk.made += 1;
    ids::id(prefix.parse().expect("three letters and digits are a prefix"), org.bulk.made)
}

/// `GET job/ID/batch`
fn batches(job: &ClassicJob) -> Response<Body> {
    let infos = job.batches.iter().map(|batch| batch.info(job.id));
    if job.form == Form::Json {
        return json(&serde_json::json!({"batchInfo": infos.map(Info::json).collect::<Vec<_>>()}));
    }
    xml(&Element::new("batchInfoList", infos.map(Info::xml).collect()))
}

/// `GET job/ID/batch/ID/result`
fn results(job: &ClassicJob, batch: &Batch) -> Result<Response<Body>, Exception> {
    match &batch.done {
        _ if matches!(batch.state, BatchState::Queued | BatchState::InProgress) => {
            Err(Exception::new("InvalidBatch", "Batch not completed"))
        }
        Done::Rows(outcomes) => Ok(rows::outcomes(job.form, outcomes)),
        _ if batch.state != BatchState::Completed => Err(Exception::new("InvalidBatch", "Batch has no results")),
        _ => Ok(query::list(job, batch)),
    }
}

/// Lets the batches go on as far as the clock says.
pub(super) fn run_batches(org: &mut Org) {
    let now = org.now();
    org.bulk.classic.retain(|job| now.since(job.changed) < KEPT);
    let (queued, running) = (org.bulk.queued, org.bulk.running);
    for place in 0..org.bulk.classic.len() {
        // Chunks of a query are added on the way.
        let mut at = 0;
        while let Some(batch) = org.bulk.classic[place].batches.get_mut(at) {
            let since = batch.changed;
            if batch.state == BatchState::Queued && now.since(since) >= queued {
                batch.go(BatchState::InProgress, since.saturating_add(queued));
                if org.bulk.classic[place].is_query() { query::run(org, place, at) } else { rows::run(org, place, at) }
            }
            let batch = &mut org.bulk.classic[place].batches[at];
            if batch.state == BatchState::InProgress && now.since(batch.changed) >= running {
                batch.go(BatchState::Completed, batch.changed.saturating_add(running));
            }
            at += 1;
        }
    }
}
