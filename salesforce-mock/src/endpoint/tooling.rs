//! `/tooling/…` (REST reference 12).

use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;
use serde_json::{Value, json};

use super::{object, query};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::soql::{self, Ask};
use crate::{Body, Org, tooling};

/// `tooling/…`: `path` is what comes after it.
pub(crate) fn tooling(org: &mut Org, mut call: Call, path: &[String]) -> Result<Response<Body>, Refusal> {
    if call.method == Method::POST {
        return ask(org, &mut call, path);
    }
    let call = &call;
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
    Ok(answer::json_bytes(StatusCode::OK, with_errors(below_tooling(&body, call))))
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

/// Asks for a package to be installed or taken away (metadata reference 17).
fn ask(org: &mut Org, call: &mut Call, path: &[String]) -> Result<Response<Body>, Refusal> {
    let uninstalls = match path {
        [_, object] => object == "SubscriberPackageVersionUninstallRequest",
        _ => return Err(Refusal::not_found()),
    };
    let body: Value = serde_json::from_slice(&call.json_bytes()?)
        .map_err(|error| Refusal::bad("JSON_PARSER_ERROR", error.to_string()))?;
    if !org.metadata.may_install {
        let text = "The user lacks the permission Download AppExchange Packages";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", text));
    }
    let field = if uninstalls { "SubscriberPackageVersionId" } else { "SubscriberPackageVersionKey" };
    let version = body[field].as_str().and_then(|id| id.parse::<RecordId>().ok());
    let version = version.filter(|id| id.key_prefix().as_str() == "04t");
    let version = version.ok_or_else(|| Refusal::bad("INVALID_INPUT", format!("{field} is no id of a version")))?;
    let key = org.metadata.packages.version(version).and_then(|package| package.key.clone());
    match (key, body["Password"].as_str()) {
        (Some(_), None) if !uninstalls => {
            return Err(Refusal::bad("INSTALL_KEY_REQUIRED", "The package needs an installation key"));
        }
        (Some(key), Some(given)) if key != given => {
            return Err(Refusal::bad("INSTALL_KEY_INVALID", "The installation key is not valid"));
        }
        _ => {}
    }
    let security = body["SecurityType"].as_str().unwrap_or("None").to_ascii_uppercase();
    let now = org.now();
    let id = org.metadata.packages.ask(version, uninstalls, security, now);
    let answer = json!({"id": id.to_string(), "success": true, "errors": [], "warnings": [], "infos": []});
    Ok(answer::json(StatusCode::CREATED, &answer))
}

/// The errors of a request are kept as text and shown as what they say.
fn with_errors(body: Vec<u8>) -> Vec<u8> {
    const KEPT: &[u8] = b"\"Errors\":\"{";
    if !body.windows(KEPT.len()).any(|part| part == KEPT) {
        return body;
    }
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else { return body };
    let show = |row: &mut Value| {
        let shown = row["Errors"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(shown) = shown {
            row["Errors"] = shown;
        }
    };
    match answer.get_mut("records").and_then(Value::as_array_mut) {
        Some(rows) => rows.iter_mut().for_each(show),
        None => show(&mut answer),
    }
    written(&answer)
}
