//! `/tooling/…` (REST reference 12).

use http::{Response, StatusCode};
use serde_json::json;

use super::{object, query};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::soql::{self, Ask};
use crate::{Body, Org, tooling};

/// `tooling/…`: `path` is what comes after it.
pub(crate) fn tooling(org: &mut Org, call: &Call, path: &[String]) -> Result<Response<Body>, Refusal> {
    let store = tooling::store(org);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let body = match *path.as_slice() {
        [] => {
            let url = |name: &str| format!("/services/data/v{}/tooling/{name}", call.version);
            return Ok(answer::json(StatusCode::OK, &json!({"query": url("query"), "sobjects": url("sobjects")})));
        }
        ["query"] => {
            let text = tooling::admitted(query::text(call)?)?;
            let ask =
                Ask { text: &text, all_rows: false, batch: Some(query::batch_size(call)?), version: call.version };
            soql::first_page(&store, &mut org.cursors, &ask)?
        }
        ["query", locator] => soql::next_page(&store, &mut org.cursors, locator, call.version)?,
        ["sobjects"] => written(&store.schema().describe_global(call.version)),
        ["sobjects", name] => {
            let summary = object(store.schema(), name)?.summary(call.version);
            written(&json!({"objectDescribe": summary, "recentItems": []}))
        }
        ["sobjects", name, "describe"] => {
            let object = object(store.schema(), name)?;
            written(&store.schema().describe(object, call.version, &org.base_url))
        }
        ["sobjects", name, id] => {
            let object = object(store.schema(), name)?;
            let row = id.parse().ok().and_then(|id| store.table(object).get(id)).ok_or_else(Refusal::not_found)?;
            soql::record(&store, object, row, call.parameter("fields"), call.version)?
        }
        _ => return Err(Refusal::not_found()),
    };
    Ok(answer::json_bytes(StatusCode::OK, below_tooling(&body, call)))
}

fn written(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("keys are text and values can be written")
}

/// The same answer with the addresses of the Tooling API. Inside of texts the quotes would be escaped, so that what a
/// row holds is left alone.
fn below_tooling(body: &[u8], call: &Call) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let base = format!("/services/data/v{}", call.version);
    let mut text = text.into_owned();
    for place in ["sobjects", "query"] {
        text = text.replace(&format!("url\":\"{base}/{place}"), &format!("url\":\"{base}/tooling/{place}"));
        text = text.replace(&format!("Url\":\"{base}/{place}"), &format!("Url\":\"{base}/tooling/{place}"));
    }
    text.into_bytes()
}
