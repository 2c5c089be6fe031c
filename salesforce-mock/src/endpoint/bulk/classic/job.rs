//! Jobs are made, closed and aborted.

use std::sync::Arc;

use http::{Response, StatusCode};
use salesforce_types::RecordId;
use serde_json::Value;

use super::{Exception, find, kind, next_id, told};
use crate::bulk::{BatchState, ClassicJob, Form};
use crate::call::Call;
use crate::rules::Assign;
use crate::xml::{self, Element};
use crate::{Body, Org};

/// The rows of a chunk when nothing is said, and the most that may be said.
const CHUNK: usize = 100_000;
const MOST_IN_CHUNK: usize = 250_000;

/// A job as a request describes it: JSON, or XML.
enum Wanted {
    Json(Value),
    Xml(Element),
}

impl Wanted {
    fn read(call: &mut Call) -> Result<Self, Exception> {
        let json = kind(call).eq_ignore_ascii_case("application/json");
        let body = call.bytes()?;
        if json {
            let value: Value = serde_json::from_slice(&body)
                .map_err(|error| Exception::new("InvalidJob", format!("Unable to parse job: {error}")))?;
            return Ok(Self::Json(value));
        }
        let invalid = |text: String| Exception::new("InvalidXML", text);
        let text = std::str::from_utf8(&body).map_err(|error| invalid(error.to_string()))?;
        // Callers are seen to begin with a blank.
        let root = xml::parse(text.trim_start()).map_err(invalid)?;
        if root.name != "jobInfo" {
            return Err(invalid(format!("a jobInfo is expected, not {}", root.name)));
        }
        Ok(Self::Xml(root))
    }

    /// A text; a number of JSON as well.
    fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Xml(root) => root.get(name).map(str::to_owned),
            Self::Json(value) => match value.get(name)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            },
        }
        .filter(|text| !text.is_empty())
    }

    fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }
}

/// `POST job`
pub(super) fn create(org: &mut Org, call: &mut Call, by: RecordId) -> Result<Response<Body>, Exception> {
    let wanted = Wanted::read(call)?;
    let invalid = |text: String| Exception::new("InvalidJob", text);
    let given = wanted.get("operation").ok_or_else(|| invalid("Operation not specified".into()))?;
    let operations = ["insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll"];
    let operation = operations.into_iter().find(|operation| *operation == given);
    let operation = operation.ok_or_else(|| invalid(format!("Unable to parse operation: {given}")))?;
    let name = wanted.get("object").ok_or_else(|| invalid("Object not specified".into()))?;
    let schema = Arc::clone(org.store.schema());
    let object = schema
        .object(&name)
        .filter(|_| !org.bulk.refuses(&name))
        .ok_or_else(|| Exception::new("InvalidEntity", format!("Entity '{name}' is not supported by the Bulk API.")))?;
    if operation == "hardDelete" && !org.bulk.hard_delete {
        let text = "hardDelete operation requires special user profile permission, please contact your system \
                    administrator";
        return Err(Exception::new("FeatureNotEnabled", text));
    }
    let key = match (operation, wanted.get("externalIdFieldName")) {
        ("upsert", Some(key)) => {
            let field = object.field(&key).filter(|field| field.external_id || field.id_lookup);
            let field = field.ok_or_else(|| invalid(format!("External ID field {key} does not exist on {name}")))?;
            Some(Box::from(&*field.name))
        }
        ("upsert", None) => return Err(invalid("External ID was blank for upsert".into())),
        (_, _) => None,
    };
    let assign = match wanted.get("assignmentRuleId") {
        None => Assign::default(),
        Some(rule) => {
            let assign = rule.parse().ok().map(Assign::Rule);
            let assign = assign.filter(|assign| org.store.automation.owner_of(object, *assign).is_some());
            assign.ok_or_else(|| invalid(format!("{rule} is no assignment rule of {name}")))?
        }
    };
    let form = match wanted.get("contentType") {
        None if wanted.is_json() => Form::Json,
        None => Form::Xml,
        Some(form) => Form::of(&form).ok_or_else(|| invalid(format!("Unable to parse contentType: {form}")))?,
    };
    // The place among the modes is taken for a name.
    let serial = match wanted.get("concurrencyMode").as_deref() {
        None | Some("Parallel" | "0") => false,
        Some("Serial" | "1") => true,
        Some(mode) => return Err(invalid(format!("Unable to parse concurrencyMode: {mode}"))),
    };
    let (now, chunk) = (org.now(), chunk(call)?);
    let job = ClassicJob {
        id: next_id(org, "750"),
        operation,
        object: Arc::clone(&object.name),
        key,
        assign,
        by,
        created: now,
        changed: now,
        state: "Open",
        serial,
        form,
        version: call.version,
        chunk,
        batches: Vec::new(),
    };
    let answer = told(StatusCode::CREATED, wanted.is_json(), job.info());
    org.bulk.classic.push(job);
    Ok(answer)
}

/// What `Sforce-Enable-PKChunking: TRUE; chunkSize=N` asks for.
fn chunk(call: &Call) -> Result<Option<usize>, Exception> {
    let header = "sforce-enable-pkchunking";
    let Some(value) = call.header(header) else { return Ok(None) };
    let first = value.split([';', ',']).next().unwrap_or_default().trim();
    if first.eq_ignore_ascii_case("false") {
        return Ok(None);
    }
    let Some(size) = call.option(header, "chunkSize") else { return Ok(Some(CHUNK)) };
    let size = size.parse().ok().filter(|size| (1..=MOST_IN_CHUNK).contains(size));
    size.map(Some).ok_or_else(|| {
        Exception::new("InvalidJob", format!("The chunkSize of PK chunking is a number up to {MOST_IN_CHUNK}"))
    })
}

/// `POST job/ID`: it is closed, or aborted.
pub(super) fn change(org: &mut Org, call: &mut Call, id: &str) -> Result<Response<Body>, Exception> {
    let place = find(org, id)?;
    let wanted = Wanted::read(call)?;
    let now = org.now();
    let job = &mut org.bulk.classic[place];
    let state = wanted.get("state").unwrap_or_default();
    match (job.state, state.as_str()) {
        ("Open", "Closed") => job.state = "Closed",
        ("Open" | "Closed", "Aborted") => {
            job.state = "Aborted";
            for batch in job.batches.iter_mut().filter(|batch| batch.state == BatchState::Queued) {
                batch.go(BatchState::NotProcessed, now);
            }
        }
        (_, "Closed" | "Aborted") => {
            return Err(Exception::new("InvalidJobState", format!("The job is {} already", job.state)));
        }
        _ => return Err(Exception::new("InvalidJob", format!("Unable to set the state {state}"))),
    }
    job.changed = now;
    Ok(told(StatusCode::OK, wanted.is_json(), job.info()))
}
