use http::{HeaderMap, Method, Response, StatusCode};
use salesforce_types::ApiVersion;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::inside::{not_inside, place_of};
use super::subrequest::{Reply, method, send};
use super::{check_count, error_body};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::endpoint::envelope::{Whole, parse};
use crate::{Body, Org};

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(rename = "batchRequests", borrow)]
    requests: Vec<Whole<Request<'b>>>,
    #[serde(rename = "haltOnError", default)]
    halt: bool,
}

#[derive(Deserialize)]
struct Request<'b> {
    #[serde(deserialize_with = "method")]
    method: Method,
    url: String,
    #[serde(rename = "richInput", borrow, default)]
    body: Option<&'b RawValue>,
}

/// `composite/batch`: requests that know nothing of each other. Each is a call by itself in the count of the day.
pub(crate) fn batch(org: &mut Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let body = call.json_bytes()?;
    let Envelope { requests, halt } = parse(&body)?;
    check_count(requests.len())?;
    let urls =
        requests.iter().map(|Whole(request)| whole_url(&request.url, call.version)).collect::<Result<Vec<_>, _>>()?;
    let mut replies: Vec<Reply> = Vec::new();
    for (Whole(request), url) in requests.iter().zip(&urls) {
        if halt && replies.iter().any(|reply| reply.status >= 400) {
            replies.push(halted());
            continue;
        }
        // The call around has counted as one.
        let counted = if replies.is_empty() { Ok(()) } else { org.count_call() };
        let path = url.split('?').next().unwrap_or_default();
        let response = match counted.and_then(|()| in_batch(path)) {
            Err(refused) => refused.into_response(),
            Ok(()) => {
                let body = request.body.map(|body| body.get().to_owned()).unwrap_or_default();
                send(org, request.method.clone(), url, HeaderMap::new(), body.into(), false)
            }
        };
        replies.push(Reply::of(response));
    }
    let failed = replies.iter().any(|reply| reply.status >= 400);
    let mut out = format!("{{\"hasErrors\":{failed},\"results\":[").into_bytes();
    for (place, reply) in replies.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(format!("{{\"statusCode\":{},\"result\":", reply.status).as_bytes());
        out.extend_from_slice(reply.json());
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    Ok(answer::json_bytes(StatusCode::OK, out))
}

/// A URL from its beginning; in a batch it may begin behind `/services/data/`. Its version must not be newer than that
/// of the batch.
fn whole_url(url: &str, outer: ApiVersion) -> Result<String, Refusal> {
    let below = url.strip_prefix("/services/data/").unwrap_or(url).trim_start_matches('/');
    let version = below.split(['/', '?']).next().and_then(|version| version.strip_prefix('v')?.parse().ok());
    if version.is_some_and(|version: ApiVersion| version > outer) {
        let text = format!("The version of the subrequest {url} is newer than that of the batch, {outer}");
        return Err(Refusal::bad("INVALID_BATCH_REQUEST", text));
    }
    Ok(format!("/services/data/{below}"))
}

/// A batch holds neither another one nor its kin.
fn in_batch(path: &str) -> Result<(), Refusal> {
    match place_of(path).as_slice() {
        place @ ["composite", ..] => Err(not_inside(&place.join("/"))),
        _ => Ok(()),
    }
}

fn halted() -> Reply {
    let text = "A previous request in the batch was not successful, and haltOnError is true.";
    Reply { status: 412, body: error_body("BATCH_PROCESSING_HALTED", text).into(), ..Reply::halted("") }
}
