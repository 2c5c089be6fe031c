use salesforce_types::RecordId;

use super::list::{file_properties, properties};
use super::{Fault, any, queued};
use crate::Org;
use crate::metadata::retrieve::{Asked, Found};
use crate::metadata::{Manifest, Problem};
use crate::xml::Element;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Takes what is to be retrieved.
pub(super) fn retrieve(org: &mut Org, asked: &Element) -> Result<Element, Fault> {
    let request = any(asked, &["retrieveRequest", "request", "RetrieveRequest"]);
    let request = request.ok_or_else(|| Fault::client("a retrieve needs a retrieveRequest"))?;
    let packages: Vec<_> = request.all("packageNames").map(|name| name.text.trim().to_owned()).collect();
    if packages.iter().any(String::is_empty) {
        return Err(Fault::new("INVALID_CROSS_REFERENCE_KEY", "No package named '' found"));
    }
    let asked = Asked {
        unpackaged: request.child("unpackaged").filter(|own| !own.nil).map(Manifest::of),
        packages,
        single: request.is_true("singlePackage"),
        version: request.get("apiVersion").unwrap_or("68.0").to_owned(),
    };
    let now = org.now();
    Ok(queued(org.metadata.take_retrieve(asked, now)))
}

/// How far a retrieve is, and its zip, which can be fetched once.
pub(super) fn status(org: &mut Org, user: RecordId, asked: &Element) -> Result<Element, Fault> {
    let id = asked.get("asyncProcessId").unwrap_or_default();
    let wanted: Option<RecordId> = id.parse().ok();
    let place = org.metadata.retrieves.iter().position(|retrieve| Some(retrieve.id) == wanted);
    let place = place.ok_or_else(|| Fault::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))?;
    let with_zip = asked.get("includeZip") != Some("false");
    let retrieve = &mut org.metadata.retrieves[place];
    let id = Element::leaf("id", retrieve.id.to_string());
    let leaf = |name: &str, text: &str| Element::leaf(name, text);
    let none = || Element::maybe("zipFile", None);
    let parts =
        match &mut retrieve.found {
            None => {
                let waits = org.store.clock.now() < retrieve.made.saturating_add(org.metadata.queued);
                let state = if waits { "Pending" } else { "InProgress" };
                vec![leaf("done", "false"), id, leaf("status", state), leaf("success", "false"), none()]
            }
            Some(Err(Problem { code, text })) => vec![
                leaf("done", "true"),
                leaf("errorMessage", &format!("{code}: {text}")),
                leaf("errorStatusCode", "UNKNOWN_EXCEPTION"),
                id,
                leaf("status", "Failed"),
                leaf("success", "false"),
                none(),
            ],
            Some(Ok(found)) => {
                let zip = if with_zip { found.zip.take() } else { None };
                let found = std::mem::take(found);
                let mut parts = vec![leaf("done", "true")];
                parts.extend(files(org, user, place, &found));
                parts.push(id);
                let manifest = org.metadata.retrieves[place].asked.manifest_path();
                parts.extend(found.messages.iter().map(|problem| {
                    Element::new("messages", vec![leaf("fileName", &manifest), leaf("problem", problem)])
                }));
                parts.extend([leaf("status", "Succeeded"), leaf("success", "true")]);
                parts.push(zip.map_or_else(none, |zip| leaf("zipFile", &STANDARD.encode(zip))));
                org.metadata.retrieves[place].found = Some(Ok(found));
                parts
            }
        };
    Ok(Element::new("result", parts))
}

/// What is known of each file of the zip.
fn files(org: &Org, user: RecordId, place: usize, found: &Found) -> Vec<Element> {
    let retrieve = &org.metadata.retrieves[place];
    let mut rows: Vec<_> = found
        .files
        .iter()
        .map(|file| {
            let mut parts = properties(org, user, file.kind, &file.name, &file.component, "");
            for part in parts.iter_mut().filter(|part| part.name == "fileName") {
                part.text.clone_from(&file.path);
            }
            parts.push(Element::leaf("type", file.kind.element(&file.name)));
            Element::new("fileProperties", parts)
        })
        .collect();
    let manifest = retrieve.asked.manifest_path();
    let mut parts = file_properties(org, user, &manifest, &manifest, "", (retrieve.made, retrieve.made));
    parts.extend([Element::leaf("manageableState", "unmanaged"), Element::leaf("type", "Package")]);
    rows.push(Element::new("fileProperties", parts));
    rows
}
