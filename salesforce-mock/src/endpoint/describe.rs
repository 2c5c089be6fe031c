//! `/sobjects`, `/sobjects/X` and `/sobjects/X/describe`.

use http::header::{IF_MODIFIED_SINCE, LAST_MODIFIED};
use http::{Response, StatusCode};
use serde_json::json;

use super::object;
use crate::answer::Refusal;
use crate::call::Call;
use crate::{Body, Org, answer, http_time, soql};

/// Every object in short.
pub(crate) fn describe_global(org: &Org, call: &Call) -> Response<Body> {
    unless_unchanged(org, call, || answer::json(StatusCode::OK, &org.store.schema().describe_global(call.version)))
}

/// One object in short, and its rows among those that were used last.
pub(crate) fn basic(org: &Org, call: &Call, name: &str) -> Result<Response<Body>, Refusal> {
    let object = object(org.store.schema(), name)?;
    let summary = object.summary(call.version);
    let fields = object.known.name.and_then(|place| object.fields.get(place)).map_or("Id", |field| &field.name);
    let recent = org.store.recent().filter(|(other, _)| other.index == object.index);
    let recent = recent.map(|(_, row)| soql::record(&org.store, object, row, Some(fields), call.version));
    let recent = recent.map(|row| Ok(serde_json::from_slice(&row?).unwrap_or_default()));
    let recent: Vec<serde_json::Value> = recent.collect::<Result<_, Refusal>>()?;
    Ok(answer::json(StatusCode::OK, &json!({"objectDescribe": summary, "recentItems": recent})))
}

/// One object whole.
pub(crate) fn describe(org: &Org, call: &Call, name: &str) -> Result<Response<Body>, Refusal> {
    let schema = org.store.schema();
    let object = object(schema, name)?;
    Ok(unless_unchanged(org, call, || {
        answer::json(StatusCode::OK, &schema.describe(object, call.version, &org.base_url))
    }))
}

/// 304 to a caller that has seen the schema as it is.
fn unless_unchanged(org: &Org, call: &Call, describe: impl FnOnce() -> Response<Body>) -> Response<Body> {
    let changed = org.described();
    let seen = call.header(IF_MODIFIED_SINCE.as_str()).and_then(http_time::read);
    let mut response =
        if seen.is_some_and(|seen| changed <= seen) { answer::empty(StatusCode::NOT_MODIFIED) } else { describe() };
    response.headers_mut().insert(LAST_MODIFIED, http_time::write(changed));
    response
}
