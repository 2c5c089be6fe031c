//! Deploys by SOAP: the zip as base64 in the message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salesforce_http::{Effect, ErrorKind, Result};
use salesforce_types::{IdText, RecordId};

use super::{DeployOptions, DeployResult};
use crate::Client;
use crate::job::AsyncResult;
use crate::xml::Element;

pub(super) async fn start(client: &Client, zip: &[u8], options: &DeployOptions) -> Result<RecordId> {
    let operation = Element::new("deploy").with("ZipFile", STANDARD.encode(zip)).with_child(options.to_element());
    let reply = client.call(operation, Effect::Once).await?;
    reply.result::<AsyncResult>()?.id(&reply)
}

pub(super) async fn status(client: &Client, id: RecordId, with_details: bool) -> Result<DeployResult> {
    let operation = Element::new("checkDeployStatus").with("asyncProcessId", id.to_string());
    client.call(operation.with("includeDetails", with_details.to_string()), Effect::None).await?.result()
}

pub(super) async fn cancel(client: &Client, id: RecordId) -> Result<bool> {
    // The name of the element is that of its type.
    let operation = Element::new("cancelDeploy").with("String", id.to_string());
    let result: AsyncResult = client.call(operation, Effect::Repeatable).await?.result()?;
    Ok(result.done)
}

pub(super) async fn quick(client: &Client, validation: RecordId) -> Result<RecordId> {
    let operation = Element::new("deployRecentValidation").with("validationId", validation.to_string());
    let reply = client.call(operation, Effect::Once).await?;
    let id = reply.result::<IdText>()?.id();
    id.ok_or_else(|| reply.error(ErrorKind::OutcomeUnknown, "the org does not say the id of what it began".into()))
}
