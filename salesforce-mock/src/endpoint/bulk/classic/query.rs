//! Batches that are queries.

use std::sync::Arc;

use http::Response;
use salesforce_soql::ast::SelectItem;
use salesforce_types::describe::FieldType;

use salesforce_types::{Record, RecordId, Timestamp, Value};

use super::super::invalid_batch;
use super::super::query::Page;
use super::{Exception, body, json, next_id, xml};
use crate::bulk::{Batch, BatchState, ClassicJob, Dialect, Done, Form};
use crate::rules::Refusal;
use crate::soql::{self, Ask, Extract, Source};
use crate::store::Store;
use crate::xml::Element;
use crate::{Body, Org};

/// Runs the query of a batch over the rows as they are now. With PK chunking its rows become those of further batches.
pub(super) fn run(org: &mut Org, place: usize, at: usize) {
    let now = org.now();
    let job = &org.bulk.classic[place];
    let sent = job.batches[at].sent.clone();
    let found = std::str::from_utf8(&sent)
        .map_err(|_| Refusal::new("MALFORMED_QUERY", "the query is not UTF-8"))
        .and_then(|text| found(&org.store, job, text.trim()));
    match found {
        Err(refusal) => org.bulk.classic[place].batches[at].fail(invalid_batch(&refusal), now),
        Ok(Done::Table(rows, part)) if job.chunk.is_some() && !part.is_empty() => {
            let size = job.chunk.unwrap_or(part.len());
            for from in part.clone().step_by(size) {
                let mut chunk = Batch::new(next_id(org, "751"), sent.clone(), now);
                chunk.go(BatchState::InProgress, now);
                chunk.done = Done::Table(Arc::clone(&rows), from..part.end.min(from.saturating_add(size)));
                org.bulk.classic[place].batches.push(chunk);
            }
            org.bulk.classic[place].batches[at].go(BatchState::NotProcessed, now);
        }
        Ok(done) => org.bulk.classic[place].batches[at].done = done,
    }
}

fn found(store: &Store, job: &ClassicJob, text: &str) -> Result<Done, Refusal> {
    let source = soql::object_of(store, text)?;
    if !source.eq_ignore_ascii_case(&job.object) {
        let text = format!("The query is about {source}, the job about {}", job.object);
        return Err(Refusal::new("INVALID_TYPE", text));
    }
    let all_rows = job.operation == "queryAll";
    if job.form == Form::Csv {
        let ask = Ask { text, all_rows, batch: None, version: job.version };
        let rows = Extract::run(store, &ask)?;
        let count = rows.len();
        return Ok(Done::Table(Arc::new(rows), 0..count));
    }
    let query = salesforce_soql::parse_strict(text).map_err(|error| Source(text).malformed(&error))?;
    let children = query.select.iter().any(|item| matches!(item, SelectItem::Child(_)));
    if children || query.is_count() || query.is_aggregate() || query.offset.is_some() {
        let text = "Aggregate functions, GROUP BY, OFFSET and child queries not supported in Bulk Query";
        return Err(Refusal::new("FUNCTIONALITY_NOT_ENABLED", text));
    }
    let snapshot = store.snapshot();
    let count = records(&snapshot, text, all_rows)?.len();
    Ok(Done::Snapshot(Box::new(snapshot), count))
}

fn records(store: &Store, text: &str, all_rows: bool) -> Result<Vec<Record>, Refusal> {
    #[derive(serde::Deserialize)]
    struct Page {
        records: Vec<Record>,
    }
    let page: Page = serde_json::from_slice(&soql::whole(store, text, all_rows)?).expect("the page was written here");
    Ok(page.records)
}

/// The id of the one result of a batch.
fn result_id(batch: &Batch) -> RecordId {
    let text = batch.id.as_15().replacen("751", "752", 1);
    text.parse().expect("an id with another prefix is one")
}

/// The results of a batch: one.
pub(super) fn list(job: &ClassicJob, batch: &Batch) -> Response<Body> {
    let id = result_id(batch).as_15().to_owned();
    match job.form {
        Form::Json => json(&serde_json::json!([id])),
        _ => xml(&Element::new("result-list", vec![Element::leaf("result", id)])),
    }
}

/// `GET job/ID/batch/ID/result/ID`
pub(super) fn result(org: &Org, job: &ClassicJob, batch: &Batch, id: &str) -> Result<Response<Body>, Exception> {
    if batch.state != BatchState::Completed || id.parse() != Ok(result_id(batch)) {
        return Err(Exception::new("InvalidBatch", "Unable to find result"));
    }
    let text = std::str::from_utf8(&batch.sent).unwrap_or_default().trim();
    match &batch.done {
        Done::Table(found, part) => {
            let dialect = Dialect::of(None, None).expect("commas and LF are known");
            Ok(body("text/csv", Body::pieces(Page::new(Arc::clone(found), dialect, part.clone()))))
        }
        Done::Snapshot(store, _) => {
            let rows = records(store, text, job.operation == "queryAll")
                .map_err(|refusal| Exception::new("InvalidBatch", refusal.to_string()))?;
            Ok(match job.form {
                Form::Json => body("application/json", json_of(org, &rows)),
                _ => body("application/xml", xml_of(&rows)),
            })
        }
        _ => Err(Exception::new("InvalidBatch", "Unable to find result")),
    }
}

/// Rows as the REST API writes them, but that datetimes are milliseconds.
fn json_of(org: &Org, rows: &[Record]) -> Vec<u8> {
    let rows: Vec<_> = rows.iter().map(|row| with_millis(org, row.clone())).collect();
    serde_json::to_vec(&rows).expect("rows can be written")
}

fn with_millis(org: &Org, mut row: Record) -> Record {
    let object = row.object().and_then(|name| org.store.schema().object(name));
    let names: Vec<String> = row.fields().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let is_datetime = object.and_then(|object| object.field(&name)).is_some_and(|f| f.kind == FieldType::DateTime);
        let value = match row.get(&name) {
            Some(Value::Record(parent)) => with_millis(org, (**parent).clone()).into(),
            Some(Value::Text(text)) if is_datetime => match text.parse::<Timestamp>() {
                Ok(stamp) => Value::from(stamp.as_millis()),
                Err(_) => continue,
            },
            _ => continue,
        };
        row.set(&name, value);
    }
    row
}

fn xml_of(rows: &[Record]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><queryResult xmlns=\"{}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">",
        super::NAMESPACE
    );
    for row in rows {
        let mut record = String::new();
        element("records", row).write(&mut record);
        text.push_str(&record);
    }
    text.push_str("</queryResult>");
    text
}

fn element(name: &str, row: &Record) -> Element {
    let mut children: Vec<_> = row.object().map(|object| Element::leaf("type", object)).into_iter().collect();
    children.extend(row.fields().map(|(name, value)| match value {
        Value::Record(parent) => element(name, parent),
        Value::Null => Element::maybe(name, None),
        Value::Text(text) => Element::leaf(name, &**text),
        Value::Bool(value) => Element::leaf(name, value.to_string()),
        Value::Number(number) => Element::leaf(name, number.as_str()),
        other => Element::leaf(name, serde_json::to_string(other).expect("a value can be written")),
    }));
    Element::new(name, children)
}
