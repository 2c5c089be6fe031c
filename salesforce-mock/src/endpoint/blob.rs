//! `/sobjects/X/ID/FIELD`: the bytes of a file.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response};
use salesforce_types::RecordId;

use crate::answer::Refusal;
use crate::call::Call;
use crate::rules;
use crate::schema::Object;
use crate::{Body, Org};

/// The bytes of one piece.
const PIECE: usize = 64 * 1024;

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
    let bytes = row.get(field.index).as_blob().ok_or_else(Refusal::not_found)?.clone();
    if !READ.contains(&call.method) {
        return Err(Refusal::method(&call.method, READ));
    }
    let kind = object.field("ContentType").and_then(|field| row.get(field.index).as_text());
    let kind = kind.and_then(|kind| HeaderValue::from_str(kind).ok());
    let pieces = (0..bytes.len()).step_by(PIECE).map(move |start| {
        let end = bytes.len().min(start.saturating_add(PIECE));
        Ok(bytes.slice(start..end))
    });
    let mut response = Response::new(Body::pieces(pieces));
    let kind = kind.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
