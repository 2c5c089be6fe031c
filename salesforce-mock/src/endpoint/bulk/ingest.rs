//! Rows written by jobs.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use salesforce_types::ApiVersion;

use super::{Wanted, add, find, invalid_state, load};
use crate::answer::{self, Refusal};
use crate::bulk::{CHUNK, Dialect, Fate, Kind, Load, Outcome, State, View};
use crate::call::Call;
use crate::multipart::{self, Kept};
use crate::route::Outcomes;
use crate::rules::Assign;
use crate::{Body, Org};

/// The rows of one batch, which the day's allowance counts.
const BATCH: usize = 10_000;

/// The longest body of a job that is made in one call, in characters.
const MOST_INLINE: usize = 100_000;

/// The first version whose jobs may name an assignment rule.
const ASSIGNMENT_RULES_SINCE: ApiVersion = ApiVersion::new(49);

/// `POST jobs/ingest`
pub(super) fn create(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let kind = call.header("content-type").unwrap_or_default().to_owned();
    let (job, content) =
        if multipart::is_form(&kind) { inline(&kind, &call.bytes()?)? } else { (call.json_bytes()?, None) };
    let wanted = Wanted::parse(&job)?;
    let invalid = |text: String| Refusal::bad("INVALIDJOB", format!("InvalidJob : {text}"));
    let operations = ["insert", "update", "upsert", "delete", "hardDelete"];
    let given = wanted.operation.as_deref().unwrap_or("null");
    let operation = operations.into_iter().find(|operation| *operation == given);
    let operation = operation.ok_or_else(|| invalid(format!("operation {given} is not supported")))?;
    let dialect = wanted.dialect()?;
    let schema = Arc::clone(org.store.schema());
    let name = wanted.object.as_deref().ok_or_else(|| invalid("an object has to be specified".into()))?;
    let object = schema.object(name).filter(|_| !org.bulk.refuses(name));
    let object = object
        .ok_or_else(|| Refusal::bad("INVALIDENTITY", format!("Entity '{name}' is not supported by the Bulk API.")))?;
    if operation == "hardDelete" && !org.bulk.hard_delete {
        let text = "hardDelete operation requires special user profile permission, please contact your system \
                    administrator";
        return Err(Refusal::bad("FEATURENOTENABLED", text));
    }
    let key = match (operation, wanted.external_id_field_name.as_deref()) {
        ("upsert", Some(key)) => {
            let field = object.field(key).filter(|field| field.external_id || field.id_lookup);
            let field = field.ok_or_else(|| invalid(format!("External ID field {key} does not exist on {name}")))?;
            Some(Box::from(&*field.name))
        }
        ("upsert", None) => return Err(invalid("External ID was blank for upsert".into())),
        (_, Some(_)) => return Err(invalid("externalIdFieldName is only allowed for upsert".into())),
        (_, None) => None,
    };
    let assign = match wanted.assignment_rule_id.as_deref() {
        None => Assign::default(),
        Some(rule) => {
            let may = call.version >= ASSIGNMENT_RULES_SINCE && ["Case", "Lead"].contains(&&*object.name);
            let assign = rule.parse().ok().filter(|_| may).map(Assign::Rule);
            let assign = assign.filter(|assign| org.store.automation.owner_of(object, *assign).is_some());
            assign.ok_or_else(|| invalid(format!("assignmentRuleId {rule} is no assignment rule of {name}")))?
        }
    };
    let state = if content.is_some() { State::UploadComplete } else { State::Open };
    let load = Load { key, assign, data: content, ..Load::default() };
    let place = add(org, &call, operation, Arc::clone(&object.name), dialect, (state, Kind::Ingest(load)));
    Ok(answer::json(StatusCode::OK, &org.bulk.jobs[place].info(View::Created)))
}

/// The two parts of a job made in one call.
fn inline(kind: &str, body: &Bytes) -> Result<(Bytes, Option<Bytes>), Refusal> {
    let bad = |text: &str| Refusal::bad("INVALIDJOB", format!("InvalidJob : {text}"));
    let text = std::str::from_utf8(body).map_err(|_| bad("the multipart body is no UTF-8"))?;
    if text.chars().count() > MOST_INLINE {
        return Err(bad(&format!("a multipart body can have at most {MOST_INLINE} characters")));
    }
    let mut reader = multipart::Reader::new(kind, body.len())?;
    reader.push(body)?;
    let (mut job, mut content) = (None, None);
    for part in reader.finish()?.0 {
        let Kept::Whole(data) = part.content else { continue };
        match &*part.name {
            "job" if job.is_none() => job = Some(data),
            "content" if content.is_none() => content = Some(data),
            name => return Err(bad(&format!("a multipart body has the parts job and content, each once, not {name}"))),
        }
    }
    match (job, content) {
        (Some(job), Some(content)) => Ok((job, Some(content))),
        _ => Err(bad("a multipart body needs the parts job and content")),
    }
}

/// `PUT jobs/ingest/ID/batches`
pub(super) fn upload(org: &mut Org, mut call: Call, id: &str) -> Result<Response<Body>, Refusal> {
    let place = find(org, false, id)?;
    let job = &org.bulk.jobs[place];
    let Kind::Ingest(load) = &job.kind else { return Err(Refusal::not_found()) };
    if job.state != State::Open || load.data.is_some() {
        return Err(invalid_state("InvalidJobState : Found multiple contents for job, or the job is not open"));
    }
    let kind = call.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/csv") {
        let text = format!("Content type not supported: {}", if kind.is_empty() { "none" } else { kind });
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", text));
    }
    let data = call.bytes_up_to(org.bulk.most_bytes())?;
    if let Kind::Ingest(load) = &mut org.bulk.jobs[place].kind {
        load.data = Some(data);
    }
    Ok(answer::empty(StatusCode::CREATED))
}

/// Closes a job, so that it runs.
pub(super) fn close(org: &mut Org, place: usize) -> Result<(), Refusal> {
    let now = org.now();
    let job = &mut org.bulk.jobs[place];
    if job.state != State::Open {
        return Err(invalid_state("InvalidJobState : Closing a job that is not open is not allowed"));
    }
    job.go(State::UploadComplete, now);
    Ok(())
}

/// Begins a job that waited, or lets it fail.
pub(super) fn begin(org: &mut Org, place: usize) {
    let now = org.now();
    let job = &mut org.bulk.jobs[place];
    let (object, operation, dialect) = (Arc::clone(&job.object), job.operation, job.dialect);
    let Kind::Ingest(load) = &mut job.kind else { return };
    let mut taken = std::mem::take(load);
    let read = match &org.bulk.jobs[place].fate {
        Some(Fate::Fails(text)) => Err(text.clone()),
        _ => load::read(org, &object, operation, dialect, &mut taken),
    };
    let batches = taken.rows.div_ceil(BATCH);
    let read = read.and_then(|()| {
        if org.bulk.batches.count(now) + batches > org.bulk.most_batches {
            return Err(format!("ExceededQuota : ApiBatchItems Limit exceeded: {}", org.bulk.most_batches));
        }
        org.bulk.batches.add(now, batches);
        Ok(())
    });
    let job = &mut org.bulk.jobs[place];
    job.kind = Kind::Ingest(taken);
    if let Err(text) = read {
        job.fail(text, now);
    }
}

/// Works on as many rows as the job's time allows.
pub(super) fn go_on(org: &mut Org, place: usize) {
    let now = org.now();
    let running = org.bulk.running.as_millis();
    let job = &org.bulk.jobs[place];
    let Kind::Ingest(load) = &job.kind else { return };
    let (rows, ran) = (load.rows, now.since(job.since).as_millis());
    let due = match job.fate {
        Some(Fate::FailsAfter(most, _)) => rows.min(most),
        Some(Fate::Stays) => 0,
        _ => rows,
    };
    let done = if ran >= running {
        due
    } else {
        // Whole transactions: how often a job is looked at must not change what it does.
        let share = usize::try_from(ran * rows as u128 / running).unwrap_or(0);
        (share / CHUNK * CHUNK).min(due)
    };
    load::work(org, place, done);
    let job = &mut org.bulk.jobs[place];
    if let Some(Fate::FailsAfter(_, text)) = job.fate.clone()
        && ran >= running
    {
        job.fail(text, now);
    }
}

/// `GET jobs/ingest/ID/successfulResults` and the like: not in the order of the upload.
pub(super) fn results(org: &Org, id: &str, which: Outcomes) -> Result<Response<Body>, Refusal> {
    let job = &org.bulk.jobs[find(org, false, id)?];
    let Kind::Ingest(load) = &job.kind else { return Err(Refusal::not_found()) };
    if !job.state.is_terminal() {
        return Err(invalid_state("InvalidJobState : Results are available when the job is over"));
    }
    let body = match (&load.data, which) {
        // What was never read comes back as it was sent.
        (data, Outcomes::Unprocessed) if load.header.is_empty() => Body::from(data.clone().unwrap_or_default()),
        _ => Body::from(rows(load, job.dialect, which)),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/csv"));
    Ok(response)
}

fn rows(load: &Load, dialect: Dialect, which: Outcomes) -> Vec<u8> {
    let own = match which {
        Outcomes::Successful => &["sf__Id", "sf__Created"][..],
        Outcomes::Failed => &["sf__Id", "sf__Error"],
        Outcomes::Unprocessed => &[],
    };
    let mut out = Vec::new();
    let names = own.iter().map(|name| format!("\"{name}\"")).chain(load.header.iter().cloned());
    dialect.line(&mut out, names, |out, name| out.extend_from_slice(name.as_bytes()));
    // From the last one on, and of each transaction every other row first: an order that no caller can take for that of
    // the upload.
    for chunk in (0..load.chunks.len()).rev() {
        let lines = load.chunk(chunk, dialect);
        let count = lines.len();
        let order = (0..count).rev().step_by(2).chain((0..count.saturating_sub(1)).rev().step_by(2));
        for place in order {
            let own = match (which, load.outcomes.get(chunk * CHUNK + place)) {
                (Outcomes::Successful, Some(Outcome::Done { id, created })) => {
                    vec![id.to_string(), created.to_string()]
                }
                (Outcomes::Failed, Some(Outcome::Failed { id, error })) => vec![id.clone(), error.clone()],
                (Outcomes::Unprocessed, None) => Vec::new(),
                _ => continue,
            };
            dialect.line(&mut out, own.iter().chain(&lines[place].cells), |out, cell| dialect.quoted(out, cell));
        }
    }
    out
}
