//! `create`, `update`, `upsert` and `delete`, of rows as the partner API has them.

use std::collections::HashSet;
use std::sync::Arc;

use super::recycle::{self, MOST, rolled_back};
use super::{Api, Envelope, Fault};
use crate::Org;
use crate::endpoint::bulk::write;
use crate::endpoint::{element, unknown_type};
use crate::rules::{Draft, Refusal, WriteOptions};
use crate::xml::Element;
use salesforce_types::{ApiVersion, RecordId};

/// What became of a row: its id, and whether it is new.
type Outcome = Result<(RecordId, bool), Vec<Refusal>>;

/// Writes the rows of a call. One that is refused stops the others only if the call says so.
pub(super) fn save(org: &mut Org, api: Api, version: ApiVersion, envelope: &Envelope) -> Result<Vec<Element>, Fault> {
    let call = &envelope.operation;
    if api == Api::Enterprise && call.name != "delete" {
        let text = format!("No operation available for request {{{}}}{}", api.namespace(), call.name);
        return Err(Fault::client(text));
    }
    let rows: Vec<&Element> = call.all(if call.name == "delete" { "ids" } else { "sObjects" }).collect();
    if rows.len() > MOST {
        let text = format!("record limit reached. cannot submit more than {MOST} records into this call");
        return Err(Fault::new("EXCEEDED_ID_LIMIT", text));
    }
    let options = WriteOptions { version, ..WriteOptions::default() };
    let savepoint = envelope.all_or_none.then(|| org.store.begin());
    let mut seen = HashSet::new();
    let mut outcomes: Vec<_> = rows.into_iter().map(|row| one(org, call, row, &options, &mut seen)).collect();
    if let Some(savepoint) = savepoint {
        if outcomes.iter().any(Result::is_err) {
            org.store.roll_back(savepoint);
            let well = outcomes.iter_mut().filter(|outcome| outcome.is_ok());
            well.for_each(|outcome| *outcome = Err(vec![rolled_back()]));
        } else {
            org.store.keep(savepoint);
        }
    }
    let upserts = call.name == "upsert";
    Ok(outcomes.into_iter().map(|outcome| result(outcome, upserts)).collect())
}

fn one(org: &mut Org, call: &Element, row: &Element, options: &WriteOptions, seen: &mut HashSet<String>) -> Outcome {
    let one = |refusal| vec![refusal];
    let schema = Arc::clone(org.store.schema());
    if call.name == "delete" {
        let id = row.text.trim();
        let malformed = || one(Refusal::new("MALFORMED_ID", format!("malformed id {id}")));
        let object = id.parse().ok().and_then(|id| schema.object_of(id)).ok_or_else(malformed)?;
        return write(org, object, ("delete", None), Draft::new().with("Id", id), options, seen);
    }
    let name = row.get("type").unwrap_or_default();
    let object = schema.object(name).ok_or_else(|| one(unknown_type(name)))?;
    let operation = if call.name == "create" { "insert" } else { call.name.as_str() };
    let key = match (operation, call.get("externalIDFieldName").unwrap_or_default()) {
        ("upsert", key) => {
            let field = object.field(key).filter(|field| field.external_id || field.id_lookup);
            let unknown = || {
                let text = format!("Field name provided, {key} is not an External ID or indexed field for {name}");
                one(Refusal::new("INVALID_FIELD", text))
            };
            Some(field.ok_or_else(unknown)?)
        }
        _ => None,
    };
    write(org, object, (operation, key), element::draft(row), options, seen)
}

fn result(outcome: Outcome, upserts: bool) -> Element {
    let created = outcome.as_ref().is_ok_and(|(_, created)| *created);
    let mut result = recycle::result(outcome.map(|(id, _)| id));
    if upserts {
        result.children.insert(0, Element::leaf("created", created.to_string()));
    }
    result
}
