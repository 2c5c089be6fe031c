//! `/sobjects/X/…`: rows by id and by external id.

use http::header::LOCATION;
use http::{HeaderValue, Method, Response, StatusCode};
use salesforce_types::RecordId;
use salesforce_types::describe::FieldType;
use serde_json::json;
use std::sync::Arc;

use super::condition::{self, State};
use super::options::{touch, write_options};
use super::related::related;
use super::row::{by_id, present};
use super::{blob, object};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::rules::{self, Draft};
use crate::schema::{Field, Object};
use crate::store::Row;
use crate::value::Value;
use crate::{Body, Org};

/// The first version whose upserts answer with a body when they update.
const UPSERT_WITH_BODY: u16 = 46;

/// `POST sobjects/X`
pub(crate) fn create(org: &mut Org, mut call: Call, name: &str) -> Result<Response<Body>, Refusal> {
    let schema = Arc::clone(org.store.schema());
    let object = object(&schema, name)?;
    condition::check_form(&call)?;
    let options = write_options(org, &call)?;
    let draft = call.draft(org.store.files.keep)?;
    let id = org.store.create_with(object, &draft, &options)?;
    touch(org, &call, id);
    Ok(created(&call, object, id, None))
}

/// The answer to a row that was made; an upsert says so in `created`.
fn created(call: &Call, object: &Object, id: RecordId, upsert: Option<bool>) -> Response<Body> {
    let mut result = json!({"id": id.to_string(), "success": true, "errors": []});
    if let (Some(created), Some(result)) = (upsert, result.as_object_mut()) {
        result.insert("created".into(), created.into());
    }
    let status = if upsert == Some(false) { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = answer::json(status, &result);
    if let Ok(location) = HeaderValue::from_str(&url(call, object, id)) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn url(call: &Call, object: &Object, id: RecordId) -> String {
    format!("/services/data/v{}/sobjects/{}/{id}", call.version, object.name)
}

/// `sobjects/X/ID`
pub(crate) fn row(org: &mut Org, call: Call, name: &str, id: &str) -> Result<Response<Body>, Refusal> {
    if call.method == Method::POST {
        return create(org, call, name);
    }
    let schema = Arc::clone(org.store.schema());
    let object = object(&schema, name)?;
    let id = id_of(object, id)?;
    by_id(org, call, object, id)
}

/// `sobjects/X/A/B`
pub(crate) fn keyed(
    org: &mut Org,
    mut call: Call,
    name: &str,
    first: &str,
    second: &str,
) -> Result<Response<Body>, Refusal> {
    let schema = Arc::clone(org.store.schema());
    let object = object(&schema, name)?;
    let field = object.field(first).filter(|field| field.external_id || field.id_lookup);
    let Some(field) = field else {
        return match first.parse() {
            Ok(id) if object.field(second).is_some() => blob::bytes(org, &call, object, id, second),
            Ok(_) => related(org, call, name, first, &[second.to_owned()]),
            Err(_) => Err(unknown_key(first)),
        };
    };
    let by_id_field = field.kind == FieldType::Id;
    let found = if by_id_field { vec![id_of(object, second)?] } else { matches(org, object, field, second) };
    match *found.as_slice() {
        [] if call.method == Method::PATCH && call.parameter("updateOnly") != Some("true") => {
            condition::check_form(&call)?;
            let options = write_options(org, &call)?;
            let mut draft = upsert_draft(&mut call, field)?;
            draft.set(&field.name, second);
            let id = org.store.create_with(object, &draft, &options)?;
            touch(org, &call, id);
            Ok(created(&call, object, id, Some(true)))
        }
        [] => Err(Refusal::not_found()),
        [id] if call.method == Method::PATCH => {
            let options = write_options(org, &call)?;
            let draft = upsert_draft(&mut call, field)?;
            State::of(object, present(org, object, id)?).check(&call)?;
            org.store.update_with(id, &draft, &options)?;
            touch(org, &call, id);
            if call.version.major() < UPSERT_WITH_BODY {
                return Ok(answer::empty(StatusCode::NO_CONTENT));
            }
            let mut response = created(&call, object, id, Some(false));
            response.headers_mut().remove(LOCATION);
            Ok(response)
        }
        [id] => by_id(org, call, object, id),
        ref several => {
            let urls: Vec<_> = several.iter().map(|&id| url(&call, object, id)).collect();
            Ok(answer::json(StatusCode::MULTIPLE_CHOICES, &urls))
        }
    }
}

/// The rows outside the recycle bin that have a value in a field.
pub(super) fn matches(org: &Org, object: &Object, field: &Field, text: &str) -> Vec<RecordId> {
    let value = match field.kind {
        FieldType::Int | FieldType::Long => text.parse().map_or(Value::Null, Value::Int),
        FieldType::Double | FieldType::Currency | FieldType::Percent => {
            text.parse().map_or(Value::Null, Value::Decimal)
        }
        FieldType::Email => Value::text(&text.to_lowercase()),
        _ => Value::text(text),
    };
    if value.is_null() {
        return Vec::new();
    }
    let rows = org.store.table(object).having(field, &value).into_iter();
    rows.filter(|row| !row.is_deleted()).map(Row::id).collect()
}

fn upsert_draft(call: &mut Call, key: &Field) -> Result<Draft, Refusal> {
    let draft = Draft::from_json(&call.json_bytes()?)?;
    match ["Id", &key.name].into_iter().find(|name| draft.get(name).is_some()) {
        Some(name) => {
            let text = format!("The {name} field should not be specified in the sobject data.");
            Err(Refusal::bad("INVALID_FIELD", text))
        }
        None => Ok(draft),
    }
}

/// An id of the object. A text that cannot be one is read as the name of a key; one that looks like an id and is none,
/// or is another object's, is refused as such.
pub(super) fn id_of(object: &Object, text: &str) -> Result<RecordId, Refusal> {
    let looks_like_one = matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !looks_like_one {
        return Err(unknown_key(text));
    }
    let id = text.parse().ok().filter(|id: &RecordId| Some(id.key_prefix()) == object.prefix);
    id.ok_or_else(|| wrong_id(object, text).into())
}

/// An id of another object, or none.
pub(super) fn wrong_id(object: &Object, text: &str) -> rules::Refusal {
    let label = object.fields.first().map_or("Id", |field| &field.label);
    let text = format!("{label}: id value of incorrect type: {text}");
    rules::Refusal::new("MALFORMED_ID", text).fields(["Id"])
}

fn unknown_key(text: &str) -> Refusal {
    let text = format!("Provided external ID field does not exist or is not accessible: {text}");
    Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", text)
}
