//! The calls of the Metadata API over SOAP (metadata reference 1 to 8).
//!
//! Where no text was recorded, the words of a refusal are the mock's own.

mod deploy;
mod describe;
mod list;
pub(super) mod rest;
mod retrieve;
mod rows;

use salesforce_types::RecordId;

use super::soap::{Api, Envelope, Fault, no_operation};
use crate::Org;
use crate::metadata::{self, Kind};
use crate::xml::Element;

/// Answers a call whose session is good.
pub(super) fn call(org: &mut Org, user: RecordId, envelope: &Envelope) -> Result<Vec<Element>, Fault> {
    if !org.metadata.permitted {
        let text = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions";
        return Err(Fault::new("INSUFFICIENT_ACCESS", text));
    }
    metadata::follow(&mut org.metadata, &org.store, &org.classes);
    let asked = &envelope.operation;
    match asked.name.as_str() {
        "describeMetadata" => Ok(vec![describe::metadata(org)]),
        "describeValueType" => Ok(vec![describe::value_type(asked)?]),
        "listMetadata" => list::list(org, user, asked),
        "readMetadata" => Ok(vec![rows::read(org, asked)?]),
        "createMetadata" => rows::write(org, envelope, rows::Write::Create),
        "updateMetadata" => rows::write(org, envelope, rows::Write::Update),
        "upsertMetadata" => rows::write(org, envelope, rows::Write::Upsert),
        "deleteMetadata" => rows::delete(org, envelope),
        "retrieve" => Ok(vec![retrieve::retrieve(org, asked)?]),
        "checkRetrieveStatus" => Ok(vec![retrieve::status(org, user, asked)?]),
        "deploy" => Ok(vec![deploy::deploy(org, user, asked)?]),
        "checkDeployStatus" => Ok(vec![deploy::status(org, asked)?]),
        "cancelDeploy" => Ok(vec![deploy::cancel(org, user, asked)?]),
        "deployRecentValidation" => Ok(vec![deploy::recent_validation(org, user, asked)?]),
        "renameMetadata" => rows::rename(org, asked),
        name => Err(no_operation(Api::Metadata, name)),
    }
}

/// The first element of a call that has one of these names: clients do not agree on some of them.
fn any<'e>(asked: &'e Element, names: &[&str]) -> Option<&'e Element> {
    asked.children.iter().find(|child| names.contains(&&*child.name))
}

/// The state of a job that was just taken.
fn queued(id: RecordId) -> Element {
    let parts =
        vec![Element::leaf("done", "false"), Element::leaf("id", id.to_string()), Element::leaf("state", "Queued")];
    Element::new("result", parts)
}

/// The type that a call names.
fn kind(name: &str) -> Result<&'static Kind, Fault> {
    // A prefix is that of the namespace.
    let name = name.rsplit(':').next().unwrap_or(name).trim();
    Kind::named(name).ok_or_else(|| Fault::new("INVALID_TYPE", format!("Unknown type: {name}")))
}
