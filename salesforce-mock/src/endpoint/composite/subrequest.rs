use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use salesforce_types::ApiVersion;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error_body;
use super::inside::not_inside;
use super::reference::Answers;
use crate::answer::{Failed, FileBytes, Refusal};
use crate::call::{Call, MAX_BODY};
use crate::route::Route;
use crate::{Body, Org, rules};

/// From this version on a bad reference id is refused with the whole call, and a reference may lead to null.
const STRICT_IDS: ApiVersion = ApiVersion::new(52);

const ROLLED_BACK: &str = "The transaction was rolled back since another operation in the same transaction failed.";

/// One request of a composite one.
#[derive(Debug, Deserialize)]
pub(super) struct Subrequest<'b> {
    #[serde(deserialize_with = "method")]
    pub(super) method: Method,
    pub(super) url: String,
    #[serde(rename = "referenceId")]
    pub(super) id: String,
    #[serde(borrow, default)]
    pub(super) body: Option<&'b RawValue>,
    #[serde(rename = "httpHeaders", default)]
    headers: BTreeMap<String, String>,
}

/// Methods are written in capitals.
pub(super) fn method<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => {
            Method::from_bytes(text.as_bytes()).map_err(serde::de::Error::custom)
        }
        _ => Err(serde::de::Error::unknown_variant(&text, &["GET", "POST", "PUT", "PATCH", "DELETE"])),
    }
}

/// What was answered to one request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<&'static str, String>,
    /// JSON, or nothing.
    pub(super) body: Bytes,
    pub(super) failed: bool,
}

impl Reply {
    /// A request that was not done.
    pub(super) fn halted(message: &str) -> Self {
        let body = error_body("PROCESSING_HALTED", message).into();
        Self { status: 400, headers: BTreeMap::new(), body, failed: true }
    }

    pub(super) fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let shown = [("ETag", ETAG), ("Last-Modified", LAST_MODIFIED), ("Location", LOCATION)];
        let text = |name: HeaderName| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let headers = shown.into_iter().filter_map(|(shown, name)| Some((shown, text(name)?))).collect();
        let status = parts.status.as_u16();
        // The bytes of a file have no place in JSON, and its row may call them what it likes.
        let is_json = parts.extensions.get::<FileBytes>().is_none()
            && parts.headers.get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"));
        let Some(body) = is_json.then(|| body.into_bytes(usize::MAX).ok()).flatten() else {
            return Self::of(not_inside("the bytes of a file").into_response());
        };
        let failed = status >= 400 || status == 300 || parts.extensions.get::<Failed>().is_some();
        Self { status, headers, body, failed }
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> &[u8] {
        if self.body.is_empty() { b"null" } else { &self.body }
    }
}

/// Requests that are done one after the other and may refer to each other.
#[derive(Debug)]
pub(super) struct Sequence {
    all_or_none: bool,
    /// By the reference ids, in the order of the requests.
    pub(super) replies: Vec<(String, Reply)>,
    answers: Answers,
}

impl Sequence {
    pub(super) fn new(version: ApiVersion, all_or_none: bool) -> Self {
        let answers = Answers::new(version >= STRICT_IDS);
        Self { all_or_none, replies: Vec::new(), answers }
    }

    /// Does one request, if `may` allows its method and path.
    pub(super) fn run(
        &mut self,
        org: &mut Org,
        request: &Subrequest<'_>,
        may: fn(&Method, &str) -> Result<(), Refusal>,
    ) -> &Reply {
        let reply = self.reply(org, request, may);
        self.answers.add(&request.id, reply.body.clone());
        self.replies.push((request.id.clone(), reply));
        &self.replies.last().expect("one was pushed").1
    }

    fn reply(
        &mut self,
        org: &mut Org,
        request: &Subrequest<'_>,
        may: fn(&Method, &str) -> Result<(), Refusal>,
    ) -> Reply {
        if !is_reference_id(&request.id) {
            return Reply::halted(&bad_id(&request.id));
        }
        let url = match self.answers.in_url(&request.url, MAX_BODY) {
            Ok(url) => url,
            Err(message) => return Reply::halted(&message),
        };
        let body = request.body.map(RawValue::get).unwrap_or_default();
        let body = match self.answers.in_body(body, MAX_BODY) {
            Ok(body) => body,
            Err(message) => return Reply::halted(&message),
        };
        let path = url.split('?').next().unwrap_or_default();
        if let Err(refused) = may(&request.method, path) {
            return Reply::of(refused.into_response());
        }
        let headers = match headers(&request.headers) {
            Ok(headers) => headers,
            Err(refused) => return Reply::of(refused.into_response()),
        };
        Reply::of(send(org, request.method.clone(), &url, headers, body.into(), self.all_or_none))
    }

    /// Takes back what was answered, after one request failed: only its own answer stays.
    pub(super) fn halt(&mut self, requests: &[Subrequest<'_>]) {
        let failed = self.replies.iter().position(|(_, reply)| reply.failed);
        for (place, request) in requests.iter().enumerate() {
            let halted = || (request.id.clone(), Reply::halted(ROLLED_BACK));
            match self.replies.get_mut(place) {
                Some(_) if Some(place) == failed => {}
                Some(reply) => *reply = halted(),
                None => self.replies.push(halted()),
            }
        }
    }

    /// `{"compositeResponse":[…]}`
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"compositeResponse\":[");
        for (place, (id, reply)) in self.replies.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"body\":");
            out.extend_from_slice(reply.json());
            let (headers, id) = (serde_json::json!(reply.headers), serde_json::json!(id));
            let rest = format!(",\"httpHeaders\":{headers},\"httpStatusCode\":{},\"referenceId\":{id}}}", reply.status);
            out.extend_from_slice(rest.as_bytes());
        }
        out.extend_from_slice(b"]}");
    }
}

/// Sends a request to the org's own places.
pub(super) fn send(
    org: &mut Org,
    method: Method,
    url: &str,
    mut headers: HeaderMap,
    body: Body,
    all_or_none: bool,
) -> Response<Body> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let Route::Data { version, resource } = Route::of(path) else { return Refusal::not_found().into_response() };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut call = Call::inner(method, headers, version, query, body);
    call.all_or_none = all_or_none;
    org.inner(version, resource, call)
}

/// `Accept`, `Authorization` and `Content-Type` are those of the call around.
pub(super) fn check_headers(requests: &[Subrequest<'_>]) -> Result<(), Refusal> {
    let taken = [ACCEPT, AUTHORIZATION, CONTENT_TYPE];
    let mut names = requests.iter().flat_map(|request| request.headers.keys());
    match names.find(|name| taken.iter().any(|taken| name.eq_ignore_ascii_case(taken.as_str()))) {
        None => Ok(()),
        Some(name) => {
            Err(Refusal::bad("INVALID_BATCH_REQUEST", format!("The header {name} cannot be set in a subrequest")))
        }
    }
}

/// Reference ids have a form, and each stands once.
pub(super) fn check_ids(requests: &[Subrequest<'_>], version: ApiVersion) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    for request in requests {
        if version >= STRICT_IDS && !is_reference_id(&request.id) {
            return Err(rules::Refusal::json(bad_id(&request.id)).into());
        }
        if !seen.insert(&request.id) {
            let text = format!("Duplicate ReferenceId provided in the request: {}", request.id);
            return Err(rules::Refusal::json(text).into());
        }
    }
    Ok(())
}

fn bad_id(id: &str) -> String {
    format!(
        "Provided referenceId ('{id}') must start with a letter or a number, and it can contain only letters, numbers \
         and underscores ('_')."
    )
}

/// Letters, digits and underscores, with no underscore in front.
pub(super) fn is_reference_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn headers(given: &BTreeMap<String, String>) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let bad = || Refusal::bad("INVALID_BATCH_REQUEST", format!("The header {name} of a subrequest cannot be read"));
        let value = HeaderValue::from_str(value).map_err(|_| bad())?;
        headers.try_append(HeaderName::try_from(name).map_err(|_| bad())?, value).map_err(|_| bad())?;
    }
    Ok(headers)
}
