//! Deploys by REST: the zip as it is, in a form of two parts.

use bytes::Bytes;
use futures_util::stream;
use salesforce_http::{Body, BodyStream, Effect, ErrorKind, Request, Response, Result};
use salesforce_types::{IdText, RecordId};
use serde_json::{Value, json};

use super::{DeployOptions, DeployResult, DeployStatus};
use crate::Client;
use crate::answer::elements_of_json;
use crate::component::shape::Xml;
use crate::xml::{Node, XmlError, XmlErrorKind};

const RESOURCE: &str = "metadata/deployRequest";

/// A zip is compressed bytes: that these stand in it in this order is as likely as that a key is guessed.
const BOUNDARY: &str = "salesforce-deploy-7d1f0b8e2c9a4f36b5e81d7c0a92f4e3";

pub(super) async fn start(client: &Client, zip: Bytes, options: &DeployOptions) -> Result<RecordId> {
    began(&client.connection().send(request(zip, options)).await?)
}

fn request(zip: Bytes, options: &DeployOptions) -> Request {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"deploy.zip\"\r\n\
         Content-Type: application/zip\r\n\r\n",
        options.to_json()
    );
    let after = format!("\r\n--{BOUNDARY}--\r\n");
    let parts = [Bytes::from(before), zip, Bytes::from(after)];
    let len = parts.iter().map(|part| part.len() as u64).sum();
    let body = Body::made(len, move || BodyStream::new(stream::iter(parts.clone().map(Ok))));
    Request::post(RESOURCE).body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

pub(super) async fn status(client: &Client, id: RecordId, with_details: bool) -> Result<DeployResult> {
    let request = Request::get(format!("{RESOURCE}/{id}")).query("includeDetails", &with_details.to_string());
    result(&client.connection().send(request).await?)
}

pub(super) async fn cancel(client: &Client, id: RecordId) -> Result<bool> {
    let canceling = json!({ "deployResult": { "status": "Canceling" } });
    let request = Request::patch(format!("{RESOURCE}/{id}")).json(&canceling).with_effect(Effect::Repeatable);
    let result = result(&client.connection().send(request).await?)?;
    Ok(result.status == Some(DeployStatus::Canceled))
}

pub(super) async fn quick(client: &Client, validation: RecordId) -> Result<RecordId> {
    let request = Request::post(RESOURCE).json(&json!({ "validatedDeployRequestId": validation.to_string() }));
    began(&client.connection().send(request).await?)
}

/// The id of a deploy that has begun.
fn began(response: &Response) -> Result<RecordId> {
    let answer: Value = response.json().map_err(|error| error.into_outcome_unknown())?;
    let id = answer.get("id").and_then(Value::as_str).and_then(|id| IdText::from(id).id());
    id.ok_or_else(|| response.error(ErrorKind::OutcomeUnknown, "the org does not say the id of what it began"))
}

/// The result in an answer, read as its twin in XML is.
fn result(response: &Response) -> Result<DeployResult> {
    let answer: Value = response.json()?;
    read(&answer).map_err(|error| {
        response.error(ErrorKind::Decode, format!("the answer cannot be read: {error}")).with_source(error)
    })
}

fn read(answer: &Value) -> Result<DeployResult, XmlError> {
    let mut nodes = Vec::new();
    elements_of_json("deployResult", answer.get("deployResult").unwrap_or(&Value::Null), &mut nodes);
    match nodes.pop().and_then(Node::into_element) {
        Some(element) => DeployResult::read(element),
        None => Err(XmlError::new(XmlErrorKind::Value, "it has no `deployResult`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_come_first_and_the_zip_as_it_is() {
        let request = request(Bytes::from_static(b"PK\x03\x04"), &DeployOptions::default());
        assert_eq!((request.path(), request.effect()), (RESOURCE, Effect::Once));
        let body = futures_util::FutureExt::now_or_never(request.content().clone().into_stream().collect_up_to(9999));
        let text = String::from_utf8(body.unwrap().unwrap().to_vec()).unwrap();
        assert_eq!(text.len() as u64, request.content().len());
        let parts: Vec<_> = text.split(&format!("--{BOUNDARY}")).collect();
        assert!(parts[1].contains("name=\"json\"") && parts[1].contains(r#""rollbackOnError":true"#), "{text}");
        assert!(parts[2].ends_with("\r\n\r\nPK\u{3}\u{4}\r\n"), "{text}");
        assert_eq!(parts[3], "--\r\n");
    }

    #[test]
    fn a_result_in_json_says_the_same_as_one_in_xml() {
        let json: Value = serde_json::from_str(
            r#"{"id":"0Af000000000001CAA","deployResult":{"id":"0Af000000000001CAA","messages":null,"success":false,"checkOnly":false,
            "ignoreWarnings":true,"rollbackOnError":true,"status":"Failed","numberComponentsDeployed":1,"numberComponentsTotal":2,
            "numberComponentErrors":1,"numberTestErrors":0,"details":{"componentFailures":[{"changed":false,"columnNumber":12,
            "componentType":"ApexClass","created":false,"createdDate":"2026-01-05T10:02:05.000+0000","deleted":false,
            "fileName":"classes/Ping.cls","fullName":"Ping","id":null,"lineNumber":3,"problem":"Variable does not exist: foo",
            "problemType":"Error","success":false}],"componentSuccesses":[],"runTestResult":{"numFailures":0,"totalTime":0.0}},
            "done":true}}"#,
        )
        .unwrap();
        let result = read(&json).unwrap();
        let [failure] = result.failures() else { panic!("{result:?}") };
        assert_eq!((failure.line_number, failure.column_number), (Some(3), Some(12)));
        assert_eq!((failure.id.clone(), result.number_components_total), (None, 2));
        assert!(read(&json!({ "id": "x" })).is_err());
    }
}
