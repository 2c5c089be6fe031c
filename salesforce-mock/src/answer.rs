//! Answers and refusals, in the shapes of the wire.

use http::header::{ALLOW, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

use crate::Body;
use crate::rules;

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// An answer with JSON that is text already.
pub(crate) fn json_bytes(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer with a value as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    json_bytes(status, serde_json::to_vec(value).expect("keys are text and values can be written"))
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer with plain text.
pub(crate) fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=UTF-8"));
    response
}

/// Marks an answer of status 200 in which a row was refused: an extension, for a call around this one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

/// Marks an answer that is the bytes of a file, whatever its content type says: an extension, for a call around this
/// one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileBytes;

/// A call that the org refuses.
#[derive(Debug)]
pub(crate) struct Refusal {
    errors: Vec<rules::Refusal>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// One item of the list of errors. Some answers have no `fields`.
#[derive(Serialize)]
struct Item<'a> {
    message: &'a str,
    #[serde(rename = "errorCode")]
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<&'a [String]>,
    #[serde(rename = "duplicateResult", skip_serializing_if = "Option::is_none")]
    duplicates: Option<&'a serde_json::Value>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        rules::Refusal::new(code, message).status(status.as_u16()).into()
    }

    /// 400 with one error.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        rules::Refusal::new(code, message).into()
    }

    /// 404, as for every place and row that is not there.
    pub(crate) fn not_found() -> Self {
        rules::Refusal::not_found().into()
    }

    /// 405, with the methods that are allowed.
    pub(crate) fn method(method: &Method, allowed: &[Method]) -> Self {
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(",");
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        let header = HeaderValue::from_str(&allowed).ok().map(|value| (ALLOW, value));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message) }
    }

    /// The code and the text of the first error.
    pub(crate) fn first(&self) -> (&'static str, &str) {
        self.errors.first().map_or(("UNKNOWN_EXCEPTION", ""), |error| (error.code, &error.message))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let status = self.errors.first().and_then(|error| StatusCode::from_u16(error.status).ok());
        let items: Vec<_> = self
            .errors
            .iter()
            .map(|error| Item {
                message: &error.message,
                code: error.code,
                fields: error.fields.as_deref(),
                duplicates: error.duplicates.as_deref(),
            })
            .collect();
        let mut response = json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &items);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<rules::Refusal> for Refusal {
    fn from(error: rules::Refusal) -> Self {
        vec![error].into()
    }
}

impl From<Vec<rules::Refusal>> for Refusal {
    fn from(errors: Vec<rules::Refusal>) -> Self {
        Self { errors, header: None }
    }
}
