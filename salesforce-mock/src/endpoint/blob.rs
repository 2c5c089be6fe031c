//! `/sobjects/X/ID/FIELD`: the bytes of a file.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};
use salesforce_types::RecordId;

use crate::answer::{FileBytes, Refusal};
use crate::call::Call;
use crate::rules;
use crate::schema::Object;
use crate::{Body, Org};

/// The bytes of a file, in pieces. The row says what kind they are, if it has a `ContentType`.
pub(super) fn bytes(
    org: &Org,
    call: &Call,
    object: &Object,
    id: RecordId,
    name: &str,
) -> Result<Response<Body>, Refusal> {
    const READ: &[Method] = &[Method::GET, Method::HEAD];
    let row = org.store.table(object).get(id).ok_or_else(Refusal::not_found)?;
    if row.is_deleted() {
        return Err(rules::Refusal::is_deleted().into());
    }
    let field = object.field(name).ok_or_else(Refusal::not_found)?;
    let blob = row.get(field.index).as_blob().ok_or_else(Refusal::not_found)?;
    if !READ.contains(&call.method) {
        return Err(Refusal::method(&call.method, READ));
    }
    let kind = object.field("ContentType").and_then(|field| row.get(field.index).as_text());
    let kind = kind.and_then(|kind| HeaderValue::from_str(kind).ok());
    let body = blob.body().ok_or_else(|| {
        let text = "The mock org holds only the length and the checksum of this file";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", text)
    })?;
    let mut response = Response::new(body);
    response.extensions_mut().insert(FileBytes);
    let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
