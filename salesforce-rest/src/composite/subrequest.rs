//! One call as a part of another.

use salesforce_http::{Error, Request, Result};
use salesforce_types::ApiVersion;
use serde::Serialize;
use serde_json::value::RawValue;

use super::reference::{Mark, name};
use crate::WriteOptions;

/// A call to be a part, with its references looked up.
#[derive(Clone, Debug)]
pub(super) struct Subrequest {
    pub(super) request: Request,
    path: String,
    body: Option<Box<RawValue>>,
    /// The parts whose answers it uses.
    pub(super) uses: Vec<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'s> {
    method: &'s str,
    url: String,
    reference_id: String,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    http_headers: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'s RawValue>,
}

impl Subrequest {
    pub(super) fn new(request: Request, mark: Mark) -> Result<Self> {
        request.check().map_err(|error| error.at("nothing was sent"))?;
        let (path, mut uses) = mark.resolve(request.path())?;
        let body = match json_body(&request)? {
            None => None,
            Some(body) => {
                let (text, used) = mark.resolve(body)?;
                uses.extend(used);
                Some(RawValue::from_string(text).map_err(no_json)?)
            }
        };
        Ok(Self { request, path, body, uses })
    }

    pub(super) fn write(&self, number: usize, version: ApiVersion, options: &WriteOptions) -> Result<Box<RawValue>> {
        let mut headers = serde_json::Map::new();
        for (name, value) in self.request.headers() {
            // The org sets these for all parts, and refuses them in one.
            if !matches!(name.as_str(), "content-type" | "accept" | "authorization") {
                let value =
                    value.to_str().map_err(|error| super::nothing_sent("a header is no text").with_source(error))?;
                headers.insert(name.to_string(), value.into());
            }
        }
        if self.changes_something() {
            headers.extend(options.headers()?.into_iter().map(|(name, value)| (name, value.into())));
        }
        let wire = Wire {
            method: self.request.method().as_str(),
            url: match self.path.starts_with('/') {
                true => self.path.clone(),
                false => format!("/services/data/v{version}/{}", self.path),
            },
            reference_id: name(number),
            http_headers: headers,
            body: self.body.as_deref(),
        };
        serde_json::value::to_raw_value(&wire).map_err(no_json)
    }

    fn changes_something(&self) -> bool {
        self.request.effect() != salesforce_http::Effect::None
    }

    /// The path without query, as segments.
    pub(super) fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.split('?').next().unwrap_or_default().split('/').filter(|segment| !segment.is_empty())
    }

    pub(super) fn is_query_or_collection(&self) -> bool {
        let mut segments = self.segments();
        matches!(
            (segments.next(), segments.next()),
            (Some("query" | "queryAll"), _) | (Some("composite"), Some("sobjects"))
        )
    }
}

/// A body that can stand within JSON.
pub(super) fn json_body(request: &Request) -> Result<Option<&str>> {
    match request.content().as_bytes() {
        Some(bytes) if bytes.is_empty() => Ok(None),
        Some(bytes) => std::str::from_utf8(bytes).map(Some).map_err(no_json),
        None => Err(super::nothing_sent("a body that is made while it is sent cannot be part of another call")),
    }
}

pub(super) fn no_json(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    super::nothing_sent("the body of a part is no JSON").with_source(error)
}
