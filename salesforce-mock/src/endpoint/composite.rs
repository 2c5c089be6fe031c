//! `/composite`, `/composite/batch`, `/composite/graph` and `/composite/tree/X`: several requests in one.
//!
//! The requests inside go the way of every request, through the org's own places. Where no text was recorded, the words
//! of a refusal are the mock's own; its code is one that Salesforce documents.

mod batch;
mod graph;
mod inside;
mod reference;
mod subrequest;
mod tree;

use http::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::envelope::{Whole, parse};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::{Body, Org};

pub(crate) use batch::batch;
pub(crate) use graph::graph;
use inside::{in_composite, is_many};
use subrequest::{Sequence, Subrequest, check_headers, check_ids};
pub(crate) use tree::tree;

/// The most requests in one, and the most queries and collections among them (REST reference 11).
const MOST_REQUESTS: usize = 25;
const MOST_QUERIES: usize = 5;

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(rename = "allOrNone", default)]
    all_or_none: bool,
    /// Whether like requests may run together. The mock runs them one after the other, which no answer tells apart.
    #[serde(rename = "collateSubrequests")]
    _collate: Option<bool>,
    #[serde(rename = "compositeRequest", borrow)]
    requests: Vec<Whole<Subrequest<'b>>>,
}

/// `composite`: the resources below it, or requests that may refer to the answers of earlier ones.
pub(crate) fn composite(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    if call.method != Method::POST {
        let path = |name: &str| format!("/services/data/v{}/composite/{name}", call.version);
        let resources = ["tree", "batch", "sobjects", "graph"].map(|name| (name.to_owned(), path(name).into()));
        return Ok(answer::json(StatusCode::OK, &serde_json::Map::from_iter(resources)));
    }
    let body = call.json_bytes()?;
    let Envelope { all_or_none, requests, .. } = parse(&body)?;
    let requests: Vec<_> = requests.into_iter().map(|Whole(request)| request).collect();
    check_count(requests.len())?;
    let queries = requests.iter().filter(|request| is_many(&request.url)).count();
    if queries > MOST_QUERIES {
        let text = format!("Limit exceeded: at most {MOST_QUERIES} subrequests can be queries or sObject Collections");
        return Err(Refusal::bad("LIMIT_EXCEEDED", text));
    }
    check_headers(&requests)?;
    check_ids(&requests, call.version)?;
    let savepoint = all_or_none.then(|| org.store.begin());
    let mut sequence = Sequence::new(call.version, all_or_none);
    for request in &requests {
        let failed = sequence.run(org, request, in_composite).failed;
        if failed && all_or_none {
            break;
        }
    }
    let failed = sequence.replies.iter().any(|(_, reply)| reply.failed);
    if let Some(savepoint) = savepoint {
        if failed {
            org.store.roll_back(savepoint);
            sequence.halt(&requests);
        } else {
            org.store.keep(savepoint);
        }
    }
    let mut body = Vec::new();
    sequence.write(&mut body);
    Ok(answer::json_bytes(StatusCode::OK, body))
}

fn check_count(requests: usize) -> Result<(), Refusal> {
    match requests {
        0 => Err(Refusal::bad("REQUIRED_FIELD_MISSING", "At least 1 subrequest is required")),
        count if count > MOST_REQUESTS => {
            let text = format!("Limit exceeded: at most {MOST_REQUESTS} subrequests are allowed, not {count}");
            Err(Refusal::bad("LIMIT_EXCEEDED", text))
        }
        _ => Ok(()),
    }
}

/// The body of an error, as a list of one.
fn error_body(code: &str, message: &str) -> Vec<u8> {
    json!([{"errorCode": code, "message": message}]).to_string().into()
}
