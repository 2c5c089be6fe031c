//! `/composite/sobjects`: many rows at once.
//!
//! Where no text was recorded, the words of a refusal are the mock's own; its code is one that Salesforce documents.

mod records;
mod retrieve;

use std::collections::HashSet;
use std::sync::Arc;

use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;
use salesforce_types::describe::FieldType;

use super::object;
use super::options::{touch, write_options};
use super::outcome::Outcome;
use super::sobject::{matches, wrong_id};
use crate::answer::{self, Failed, Refusal};
use crate::call::Call;
use crate::rules::{self, Draft, Input, WriteOptions};
use crate::schema::{Field, Object};
use crate::{Body, Org};

use records::{Record, check_chunks, check_size, parse, separate};
pub(crate) use retrieve::rows;

/// `composite/sobjects`: create, update or delete.
pub(crate) fn collection(org: &mut Org, call: Call) -> Result<Response<Body>, Refusal> {
    match call.method {
        Method::DELETE => delete(org, &call),
        _ => save(org, call),
    }
}

fn save(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let options = write_options(org, &call)?;
    let body = call.json_bytes()?;
    let (all_or_none, records) = parse(org.store.schema(), &body)?;
    check_chunks(records.iter().map(|record| record.object))?;
    let schema = org.store.schema();
    let mixed = separate(&records.iter().map(|record| Some(schema.at(record.object))).collect::<Vec<_>>());
    let creates = call.method == Method::POST;
    let how = How { all_or_none: all_or_none || call.all_or_none, upserts: false };
    run(org, &call, how, records.into_iter().zip(mixed), |org, (record, mixed)| {
        mixed.map_or(Ok(()), Err).map_err(|refusal| vec![refusal])?;
        if creates { create(org, &record, &options) } else { update(org, record, &options) }.map(Outcome::done)
    })
}

fn create(org: &mut Org, record: &Record, options: &WriteOptions) -> Result<RecordId, Vec<rules::Refusal>> {
    let schema = Arc::clone(org.store.schema());
    org.store.create_with(schema.at(record.object), &record.draft, options)
}

fn update(org: &mut Org, mut record: Record, options: &WriteOptions) -> Result<RecordId, Vec<rules::Refusal>> {
    let schema = Arc::clone(org.store.schema());
    let object = schema.at(record.object);
    let id = match record.draft.remove("Id") {
        Some(Input::Text(text)) => row_id(object, &text).map_err(|refusal| vec![refusal])?,
        _ => {
            let text = "Id not specified in an update call";
            return Err(vec![rules::Refusal::new("MISSING_ARGUMENT", text).no_fields()]);
        }
    };
    existing(org, id).map_err(|refusal| vec![refusal])?;
    org.store.update_with(id, &record.draft, options)?;
    Ok(id)
}

/// `composite/sobjects/X/KEY`
pub(crate) fn upsert(org: &mut Org, mut call: Call, name: &str, key: &str) -> Result<Response<Body>, Refusal> {
    let schema = Arc::clone(org.store.schema());
    let object = object(&schema, name)?;
    let unknown = || {
        let text = format!("Provided external ID field does not exist or is not accessible: {key}");
        Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", text)
    };
    let key = object.field(key).filter(|field| field.external_id || field.id_lookup).ok_or_else(unknown)?;
    let options = write_options(org, &call)?;
    let body = call.json_bytes()?;
    let (all_or_none, records) = parse(&schema, &body)?;
    if let Some(record) = records.iter().find(|record| record.object != object.index) {
        let text = format!("The type {} is not that of the call, {}", schema.at(record.object).name, object.name);
        return Err(Refusal::bad("INVALID_TYPE", text));
    }
    let mut seen = HashSet::new();
    let how = How { all_or_none: all_or_none || call.all_or_none, upserts: true };
    run(org, &call, how, records.into_iter(), |org, record| {
        upsert_one(org, object, key, record.draft, &options, &mut seen)
    })
}

/// One row of an upsert: found by its key, or made.
pub(super) fn upsert_one(
    org: &mut Org,
    object: &Object,
    key: &Field,
    mut draft: Draft,
    options: &WriteOptions,
    seen: &mut HashSet<String>,
) -> Result<Outcome, Vec<rules::Refusal>> {
    let failed = |code, text: String| Err(vec![rules::Refusal::new(code, text).fields([&*key.name])]);
    let value = match draft.get(&key.name) {
        Some(Input::Text(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Some(Input::Number(digits)) => Some(digits.to_string()),
        _ => None,
    };
    if key.kind == FieldType::Id {
        draft.remove("Id");
        return match value {
            Some(text) => {
                let id = row_id(object, &text).map_err(|refusal| vec![refusal])?;
                existing(org, id).map_err(|refusal| vec![refusal])?;
                org.store.update_with(id, &draft, options)?;
                Ok(Outcome::done(id).upserted(false))
            }
            None => Ok(Outcome::done(org.store.create_with(object, &draft, options)?).upserted(true)),
        };
    }
    let Some(value) = value else { return failed("MISSING_ARGUMENT", format!("{} not specified", key.name)) };
    let folded = if key.case_sensitive { value.clone() } else { value.to_lowercase() };
    if !seen.insert(folded) {
        return failed("DUPLICATE_VALUE", format!("Duplicate external id specified: {value}"));
    }
    match *matches(org, object, key, &value).as_slice() {
        [] => Ok(Outcome::done(org.store.create_with(object, &draft, options)?).upserted(true)),
        [id] => {
            draft.remove(&key.name);
            org.store.update_with(id, &draft, options)?;
            Ok(Outcome::done(id).upserted(false))
        }
        ref several => {
            let ids = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let text = format!("{}: more than one record found for external id field: [{ids}]", key.label);
            failed("DUPLICATE_EXTERNAL_ID", text)
        }
    }
}

fn delete(org: &mut Org, call: &Call) -> Result<Response<Body>, Refusal> {
    let ids = call.parameter("ids").unwrap_or_default();
    let ids: Vec<&str> = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(Refusal::bad("REQUIRED_FIELD_MISSING", "At least 1 record is required"));
    }
    check_size(ids.len())?;
    let all_or_none = call.parameter("allOrNone").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let how = How { all_or_none: all_or_none || call.all_or_none, upserts: false };
    let object = |text: &&str| org.store.schema().object_of(text.parse().ok()?);
    let objects: Vec<_> = ids.iter().map(object).collect();
    check_chunks(objects.iter().flatten().map(|object| object.index))?;
    let mixed = separate(&objects);
    run(org, call, how, ids.into_iter().zip(mixed), |org, (text, mixed)| {
        let delete = |org: &mut Org| {
            mixed.map_or(Ok(()), Err)?;
            let id = text.parse().map_err(|_| malformed(text))?;
            existing(org, id)?;
            org.store.delete(id)?;
            Ok(Outcome::done(id))
        };
        delete(org).map_err(|refusal| vec![refusal])
    })
}

/// An id of the object.
pub(super) fn row_id(object: &Object, text: &str) -> Result<RecordId, rules::Refusal> {
    let id: RecordId = text.parse().map_err(|_| malformed(text))?;
    if Some(id.key_prefix()) == object.prefix { Ok(id) } else { Err(wrong_id(object, text)) }
}

fn malformed(text: &str) -> rules::Refusal {
    rules::Refusal::new("MALFORMED_ID", format!("malformed id {text}")).fields(["Id"])
}

/// Whether there is a row of that id. One in the recycle bin is refused by the store, in its own words.
pub(super) fn existing(org: &Org, id: RecordId) -> Result<(), rules::Refusal> {
    let missing = || rules::Refusal::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    org.store.find(id).map(|_| ()).ok_or_else(missing)
}

/// How many rows are written.
#[derive(Clone, Copy, Debug)]
struct How {
    /// All or none of them.
    all_or_none: bool,
    /// Whether each outcome says if its row was created.
    upserts: bool,
}

/// Does something with each item, in their order.
fn run<I>(
    org: &mut Org,
    call: &Call,
    how: How,
    items: impl Iterator<Item = I>,
    mut each: impl FnMut(&mut Org, I) -> Result<Outcome, Vec<rules::Refusal>>,
) -> Result<Response<Body>, Refusal> {
    let How { all_or_none, upserts } = how;
    let savepoint = all_or_none.then(|| org.store.begin());
    let mut outcomes = Vec::new();
    for item in items {
        let outcome = each(org, item).unwrap_or_else(Outcome::refused);
        if let Some(id) = outcome.id {
            touch(org, call, id);
        }
        outcomes.push(if upserts && !outcome.success { outcome.upserted(false) } else { outcome });
    }
    let failed = outcomes.iter().any(|outcome| !outcome.success);
    if let Some(savepoint) = savepoint {
        if failed {
            org.store.roll_back(savepoint);
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.success) {
                let rolled_back = Outcome::rolled_back();
                *outcome = if upserts { rolled_back.upserted(false) } else { rolled_back };
            }
        } else {
            org.store.keep(savepoint);
        }
    }
    let mut response = answer::json(StatusCode::OK, &outcomes);
    if failed {
        response.extensions_mut().insert(Failed);
    }
    Ok(response)
}
