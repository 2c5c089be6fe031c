//! `If-Match` and its kin on a row.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use salesforce_types::Timestamp;
use sha2::{Digest, Sha256};

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::schema::Object;
use crate::store::Row;
use crate::value::Value;
use crate::{Body, http_time};

/// The only object whose rows have a tag (REST reference 2).
const TAGGED: &str = "Account";

/// The bytes of a tag.
const TAG_BYTES: usize = 20;

/// What a row is compared by.
#[derive(Debug)]
pub(super) struct State {
    tag: Option<String>,
    modified: Option<Timestamp>,
}

impl State {
    pub(super) fn of(object: &Object, row: &Row) -> Self {
        let modified = object.known.modified_date.and_then(|place| match row.get(place) {
            Value::DateTime(stamp) => Some(*stamp),
            _ => None,
        });
        Self { tag: (&*object.name == TAGGED).then(|| tag(object, row)), modified }
    }

    /// Whether a call goes on. A read of what its caller has seen is answered here; a change that was meant for another
    /// state is refused. Deletes know no conditions.
    pub(super) fn check(&self, call: &Call) -> Result<Option<Response<Body>>, Refusal> {
        if call.method == Method::DELETE {
            return Ok(None);
        }
        let writes = call.method == Method::PATCH;
        if writes {
            check_form(call)?;
        }
        let stamp = |name: HeaderName| call.header(name.as_str()).and_then(http_time::read);
        let since = |name| self.modified.zip(stamp(name));
        if since(IF_UNMODIFIED_SINCE).is_some_and(|(modified, seen)| modified > seen) {
            return Err(precondition("MODIFIED", "The record has been modified since the time that was given."));
        }
        let has =
            |name: HeaderName| self.tag.as_ref().zip(call.header(name.as_str())).map(|(tag, list)| lists(list, tag));
        if has(IF_MATCH) == Some(false) {
            return Err(unmet());
        }
        // A tag says more than a time; of both the tag counts.
        let unchanged = has(IF_NONE_MATCH)
            .unwrap_or_else(|| since(IF_MODIFIED_SINCE).is_some_and(|(modified, seen)| modified <= seen));
        match unchanged {
            true if writes => Err(unmet()),
            true => Ok(Some(self.mark(answer::empty(StatusCode::NOT_MODIFIED)))),
            false => Ok(None),
        }
    }

    /// Adds what a caller may compare with later, if rows of the object have a tag.
    pub(super) fn mark(&self, mut response: Response<Body>) -> Response<Body> {
        if let Some(tag) = self.tag.as_ref().and_then(|tag| HeaderValue::from_str(tag).ok()) {
            response.headers_mut().insert(ETAG, tag);
            response.headers_mut().extend(self.modified.map(|at| (LAST_MODIFIED, http_time::write(at))));
        }
        response
    }
}

/// Refuses conditions that cannot be read, as a call that writes does.
pub(super) fn check_form(call: &Call) -> Result<(), Refusal> {
    let times = [IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE];
    let time =
        times.into_iter().find(|name| call.header(name.as_str()).is_some_and(|text| http_time::read(text).is_none()));
    let tag = [IF_MATCH, IF_NONE_MATCH].into_iter().find(|name| {
        let mut tags = call.header(name.as_str()).into_iter().flat_map(|list| list.split(',').map(str::trim));
        tags.any(|tag| tag != "*" && !is_tag(tag))
    });
    match time.or(tag) {
        Some(name) => Err(Refusal::bad("INVALID_ARGUMENT_TYPE", format!("The value of the header {name} is invalid"))),
        None => Ok(()),
    }
}

/// `"text"` or `W/"text"`
fn is_tag(text: &str) -> bool {
    let text = text.strip_prefix("W/").unwrap_or(text);
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"')
}

fn lists(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|listed| listed == "*" || listed.strip_prefix("W/").unwrap_or(listed) == tag)
}

fn precondition(code: &'static str, text: &str) -> Refusal {
    Refusal::new(StatusCode::PRECONDITION_FAILED, code, text)
}

fn unmet() -> Refusal {
    precondition("MATCH_PRECONDITION_FAILED", "The request was not completed because a precondition was not met.")
}

/// A text that changes when anything in the row does.
fn tag(object: &Object, row: &Row) -> String {
    let mut cells = Vec::new();
    for field in &object.fields {
        row.get(field.index).write_json(&mut cells);
        cells.push(b',');
    }
    let hash = Sha256::digest(&cells);
    format!("\"{}\"", BASE64.encode(&hash[..TAG_BYTES]))
}
