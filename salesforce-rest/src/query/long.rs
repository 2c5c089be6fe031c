//! A query too long for a URL goes in the body of a composite call.
//!
//! There is no `POST query`. A composite call carries calls as JSON, whose URLs are text, so a query may have the
//! 100,000 characters that SOQL allows. It costs one API call as the query itself would, takes the query's headers along,
//! and its answer has the page as it is, with locators that are followed as usual.

use bytes::Bytes;
use http::StatusCode;
use salesforce_http::{Effect, Error, ErrorKind, Request, Response, Result};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::Client;
use crate::url_length::UrlTooLong;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Composite<'a> {
    #[serde(borrow)]
    composite_response: Vec<Part<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    body: &'a RawValue,
    http_status_code: u16,
}

/// Sends a query in its URL, or in a body when it is longer than a URL may be.
pub(super) async fn send(client: &Client, request: Request) -> Result<Response> {
    let Some(too_long) = UrlTooLong::of(&request, client.api_version()) else { return client.send(request).await };
    let call = request.call();
    let mut answer = client.send(in_a_body(client, &request)).await?;
    let body = answer.take_body();
    let found = serde_json::from_slice::<Composite<'_>>(&body).ok().and_then(|composite| {
        let [part] = <[Part<'_>; 1]>::try_from(composite.composite_response).ok()?;
        let status = StatusCode::from_u16(part.http_status_code).ok()?;
        // The page is a copy: the whole answer goes, so that memory holds one of them.
        Some((status, Bytes::copy_from_slice(part.body.get().as_bytes())))
    });
    drop(body);
    let Some((status, page)) = found else {
        return Err(answer.error(ErrorKind::Decode, "the answer is not that of a composite call with one query"));
    };
    answer.inner(status, page).map_err(|error| match status {
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let message = format!("the org takes the query in no body either, and {too_long}; ask for fewer fields");
            Error::new(ErrorKind::Invalid, message).with_source(too_long).with_call(call).with_status(status)
        }
        _ => error,
    })
}

fn in_a_body(client: &Client, query: &Request) -> Request {
    let headers: Map<String, Value> = query
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.into())))
        .collect();
    let url = format!("/services/data/v{}/{}", client.api_version(), query.path());
    let mut part = json!({ "method": "GET", "url": url, "referenceId": "query" });
    if !headers.is_empty() {
        part["httpHeaders"] = headers.into();
    }
    let body = json!({ "allOrNone": false, "compositeRequest": [part] });
    Request::post("composite").json(&body).with_effect(Effect::None).label(query.call())
}
