//! Recorded traffic and metadata files of real projects: each has to be read to what is stated of it.
//!
//! An answer is given to the client as the answer to its call, a file to the type that reads it; the stated facts are
//! computed anew from what came of it. A file that nobody reads is a failure, so that none is passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salesforce_metadata::archive::{Archive, Cap};
use salesforce_metadata::component::{Component, CustomField, PermissionSet, PermissionSetGroup};
use salesforce_metadata::xml::Element;
use salesforce_metadata::{ApiVersion, ListQuery, Manifest, Outcome, RecordId, Result};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::support::Script;

type Facts = serde_json::Map<String, Json>;
type Decoded = Result<Json, Box<dyn std::error::Error>>;

const OURS: [&str; 2] = ["soap-metadata/", "permissionsets/"];

#[derive(Deserialize)]
struct Expectation {
    file: String,
    facts: Facts,
}

#[tokio::test]
async fn conformance_recorded_metadata_is_read_to_the_stated_facts() {
    let folder = folder();
    let mut out = std::io::stderr(); // printed whether the test's output is captured or not
    let Ok(list) = std::fs::read_to_string(folder.join("expectations.jsonl")) else {
        writeln!(out, "skipped: no fixtures").unwrap();
        return;
    };
    let (mut covered, mut failures) = (BTreeSet::new(), Vec::new());
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let Expectation { file, facts } = serde_json::from_str(line).expect("a line of expectations.jsonl");
        if !OURS.iter().any(|ours| file.starts_with(ours)) {
            continue;
        }
        let body = std::fs::read(folder.join(&file)).expect("a file that is listed");
        match decode(&facts, &body).await {
            Ok(found) => {
                failures.extend(differences(&facts, &found).into_iter().map(|wrong| format!("{file}: {wrong}")))
            }
            Err(error) => failures.push(format!("{file}: {error}")),
        }
        covered.insert(file);
    }
    for ours in OURS {
        for entry in std::fs::read_dir(folder.join(ours)).unwrap() {
            let file = format!("{ours}{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(covered.contains(&file), "{file} is not listed");
        }
    }
    writeln!(out, "conformance: {} recorded answers and files are read to the stated facts", covered.len()).unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test]
async fn conformance_a_kind_that_nobody_knows_and_a_fact_that_is_missed_are_failures() {
    let facts = |json: Json| json.as_object().unwrap().clone();
    assert!(decode(&facts(json!({ "kind": "new" })), b"").await.is_err());
    let answer = b"<e:Envelope xmlns:e='x'><e:Body><newResponse/></e:Body></e:Envelope>";
    assert!(decode(&facts(json!({ "kind": "soap", "element": "newResponse" })), answer).await.is_err());
    let stated = facts(json!({ "kind": "soap", "results": 2, "new_fact": null }));
    assert_eq!(differences(&stated, &json!({ "results": 1 })).len(), 2);
}

fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join(std::env::var_os("SALESFORCE_FIXTURES").unwrap_or_else(|| "../shared/fixtures".into()))
}

/// Each stated fact that was not found so.
fn differences(facts: &Facts, found: &Json) -> Vec<String> {
    let differs = |(name, stated): &(&String, &Json)| *name != "kind" && found.get(name) != Some(*stated);
    let line = |(name, stated)| format!("{name} is {:?}, stated is {stated}", found.get(name).map(Json::to_string));
    facts.iter().filter(differs).map(line).collect()
}

async fn decode(facts: &Facts, body: &[u8]) -> Decoded {
    match facts.get("kind").and_then(Json::as_str) {
        Some("PermissionSet") => component::<PermissionSet>(body),
        Some("PermissionSetGroup") => component::<PermissionSetGroup>(body),
        Some("Package") => manifest(body),
        Some("zip") => zip(body),
        Some("soap") => soap(facts, std::str::from_utf8(body)?).await,
        unknown => Err(format!("the kind {unknown:?} is unknown to this test").into()),
    }
}

fn component<T: Component + PartialEq + std::fmt::Debug>(body: &[u8]) -> Decoded {
    let tree = Element::parse_file(body)?;
    let text = tree.to_file();
    assert_eq!(Element::parse_file(text.as_bytes())?, tree, "the tree loses nothing");
    let component = T::from_file(body)?;
    assert_eq!(T::from_file(component.to_file().as_bytes())?, component, "the struct loses nothing");
    let element = component.to_element();
    let mut counts = BTreeMap::new();
    element.elements().for_each(|child| *counts.entry(child.name()).or_insert(0) += 1);
    Ok(json!({ "root": T::TYPE, "counts": counts, "label": element.value("label") }))
}

fn manifest(body: &[u8]) -> Decoded {
    let manifest = Manifest::from_file(body)?;
    assert_eq!(Manifest::from_file(manifest.to_file().as_bytes())?, manifest);
    let version: Vec<_> = manifest.version.iter().map(ApiVersion::to_string).collect();
    Ok(json!({ "root": "Package", "types": manifest.types().count(), "members": manifest.len(), "version": version }))
}

fn zip(body: &[u8]) -> Decoded {
    let archive = Archive::from_zip(body, Cap::default())?;
    assert_eq!(Archive::from_zip(&archive.to_zip()?, Cap::default())?, archive);
    let mut entries = BTreeSet::new();
    for (path, _) in archive.files() {
        // Folders follow from the files in them.
        let path = path.as_str();
        entries.extend(path.match_indices('/').map(|(at, _)| path[..=at].to_owned()));
        entries.insert(path.to_owned());
    }
    Ok(json!({ "entries": entries }))
}

async fn soap(facts: &Facts, body: &str) -> Decoded {
    let results = facts.get("results").and_then(Json::as_u64).unwrap_or_default() as usize;
    let envelope = Element::parse(body.as_bytes())?;
    let operation = envelope.child("Body").and_then(|body| body.elements().next()).ok_or("no operation")?;
    let id: RecordId = "0Af000000000001CAA".parse()?;
    let script = Script::new().answer(200, body);
    let client = script.client();
    let mut found = match operation.name() {
        "upsertMetadata" => return request(operation),
        "readMetadata" => return request(operation),
        "upsertMetadataResponse" => outcomes(&client.upsert(&fields(results)).await?),
        "deleteMetadataResponse" => outcomes(&client.delete("CustomField", vec!["x"; results]).await?),
        "describeMetadataResponse" => {
            let describe = client.describe().await?;
            let names: Vec<_> = describe.types.iter().map(|described| &described.name).collect();
            // One is null, which is no name and is kept beside the names.
            let nulls = describe.types.iter().flat_map(|described| &described.others);
            let nulls = nulls.filter(|other| other.name() == "childXmlNames" && other.is_nil()).count();
            json!({
                "results": 1, "metadataObjects": describe.types.len(), "names": names,
                "childXmlNames": describe.types.iter().map(|described| described.children.len()).sum::<usize>() + nulls,
                "partialSaveAllowed": describe.partial_save_allowed.to_string(),
                "testRequired": describe.test_required.to_string(),
                "organizationNamespace": describe.organization_namespace.filter(|namespace| !namespace.is_empty()),
            })
        }
        "listMetadataResponse" => {
            let rows = client.list([ListQuery::of("CustomObject")]).await?.components;
            let names: Vec<_> = rows.iter().map(|row| &row.full_name).collect();
            let types: BTreeSet<_> = rows.iter().map(|row| &row.r#type).collect();
            json!({ "results": rows.len(), "fullNames": names, "types": types })
        }
        "deployResponse" => {
            let zip = Archive::of(&Manifest::new(ApiVersion::V66))?.to_zip()?;
            started(client.deploys_by_soap().deploy(zip).start().await?, operation)
        }
        "retrieveResponse" => started(client.retrieve(&Manifest::new(ApiVersion::V66)).start().await?, operation),
        "checkRetrieveStatusResponse" => {
            let result = client.retrieve_status(id).await?;
            assert!(result.is_done());
            let archive = Archive::from_zip(&STANDARD.decode(result.zip_file.ok_or("no zip")?)?, Cap::default())?;
            let entries: Vec<_> = archive.files().map(|(path, _)| path.as_str()).collect();
            json!({
                "results": 1, "id": result.id.map(|id| id.to_string()), "done": result.done.map(|done| done.to_string()),
                "status": result.status.map(|status| status.to_string()),
                "success": result.success.map(|success| success.to_string()), "fileProperties": result.files.len(),
                "zip": entries, "errorMessage": result.error_message, "errorStatusCode": result.error_status_code,
            })
        }
        "checkDeployStatusResponse" => {
            let result = client.deploys_by_soap().deploy_status(id).await?;
            let details = result.details.as_ref().ok_or("no details")?;
            json!({
                "results": 1, "id": result.id.as_ref().map(|id| id.to_string()), "done": result.done.to_string(),
                "status": result.status.as_ref().map(|status| status.as_str()), "success": result.success.to_string(),
                "componentSuccesses": details.component_successes.len(), "componentFailures": result.failures().len(),
                "testFailures": result.test_failures().len(), "errorMessage": result.error_message,
                "numberComponentErrors": result.number_component_errors.to_string(),
                "numberComponentsTotal": result.number_components_total.to_string(),
                "legacyMessages": result.others.iter().filter(|other| other.name() == "messages").count(),
            })
        }
        unknown => return Err(format!("`{unknown}` is unknown to this test").into()),
    };
    found["element"] = operation.name().into();
    Ok(found)
}

/// What a client has sent: the same components are read and would be sent again.
fn request(operation: &Element<'_>) -> Decoded {
    for metadata in operation.children("metadata") {
        let again = match metadata.attribute("type") {
            Some("CustomField") => CustomField::from_element(metadata.clone())?.to_element(),
            Some("PermissionSet") => PermissionSet::from_element(metadata.clone())?.to_element(),
            unknown => return Err(format!("the type {unknown:?} is unknown to this test").into()),
        };
        assert_eq!(again.elements().count(), metadata.elements().count());
    }
    Ok(json!({ "element": operation.name(), "results": operation.children("result").count() }))
}

/// The id as the client has it; what the client does not need, as it stands there.
fn started(id: RecordId, operation: &Element<'_>) -> Json {
    let result = operation.child("result");
    let said = |name| result.and_then(|result| result.value(name));
    json!({ "results": 1, "id": id.to_string(), "done": said("done"), "state": said("state") })
}

fn outcomes(outcomes: &[Outcome]) -> Json {
    let ok = outcomes.iter().filter(|outcome| outcome.result.is_ok()).count();
    let names: Vec<_> = outcomes.iter().map(|outcome| &outcome.full_name).collect();
    let created: Vec<_> =
        outcomes.iter().map(|outcome| Some(outcome.result.as_ref().ok()?.created?.to_string())).collect();
    let codes: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()).collect();
    let codes: Vec<_> = codes.iter().flat_map(|error| error.api_errors()).map(|error| error.code.as_str()).collect();
    json!({
        "results": outcomes.len(), "ok": ok, "failed": outcomes.len() - ok, "codes": codes, "fullNames": names,
        "created": created,
    })
}

fn fields(count: usize) -> Vec<CustomField> {
    vec![CustomField { full_name: Some("A__c.F__c".into()), ..CustomField::default() }; count]
}
