//! Recorded traffic of real orgs and public test suites: each answer has to decode to what is stated of it.
//!
//! A fixture's body is decoded with the public types, its facts are computed anew from what was decoded, and each
//! stated fact is compared. What no public type reads yet is listed as not covered; a kind this test does not know is
//! a failure, so that no fixture is passed over in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use salesforce_auth::{Refusal, TokenResponse};
use salesforce_http::soap::{self, Answer};
use salesforce_rest::{
    ApiError, BasicDescribe, BatchAnswer, ChildRows, CompositeAnswer, Created, Deleted, GlobalDescribe, Limits, Page,
    PartAnswer, Record, Resources, SaveResult, TreeAnswer, Value, Version,
};
use salesforce_types::describe::{SObjectDescribe, SObjectSummary};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value as Json, json};

type Decoded = Result<Json, Box<dyn std::error::Error>>;

/// Kinds whose calls are not part of the client yet.
const NOT_YET: &[&str] = &["Package", "PermissionSet", "PermissionSetGroup", "csv", "soap", "zip"];

/// Folders of which everything is covered.
const WHOLE: &[&str] = &["composite/", "describe/", "errors/", "oauth/", "query/", "rest-misc/"];

#[derive(Deserialize)]
struct Expectation {
    file: String,
    facts: serde_json::Map<String, Json>,
}

#[derive(Default)]
struct Report {
    covered: usize,
    not_yet: BTreeMap<String, Vec<String>>,
    failures: Vec<String>,
}

#[test]
fn conformance_recorded_answers_decode_to_the_stated_facts() {
    let folder = folder();
    let mut out = std::io::stderr(); // printed whether the test's output is captured or not
    let Ok(list) = std::fs::read_to_string(folder.join("expectations.jsonl")) else {
        writeln!(out, "skipped: no fixtures").unwrap();
        return;
    };
    let mut report = Report::default();
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let expectation: Expectation = serde_json::from_str(line).expect("a line of expectations.jsonl");
        check(&folder, expectation, &mut report);
    }
    let open: usize = report.not_yet.values().map(Vec::len).sum();
    writeln!(
        out,
        "conformance: {} recorded answers decode to the stated facts, {open} are not covered yet",
        report.covered
    )
    .unwrap();
    for (kind, names) in &report.not_yet {
        writeln!(out, "not covered yet: {kind}, {}: {}", names.len(), names.join(", ")).unwrap();
    }
    let ours = |file: &&String| WHOLE.iter().any(|folder| file.starts_with(folder));
    let missed: Vec<_> = report.not_yet.values().flatten().filter(ours).collect();
    assert!(missed.is_empty(), "not covered, though all of {WHOLE:?} has to be: {missed:?}");
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert!(report.covered > 0, "expectations.jsonl names nothing that is covered");
}

#[test]
fn conformance_a_kind_that_nobody_knows_and_a_fact_that_is_missed_are_failures() {
    assert!(decode("new_kind", b"{}").is_err());
    let facts = json!({ "kind": "limits", "limits": 2, "new_fact": null });
    let found = decode("limits", br#"{"A":{"Max":1,"Remaining":1}}"#).unwrap();
    let wrong = differences(facts.as_object().unwrap(), &found);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.join(std::env::var_os("SALESFORCE_FIXTURES").unwrap_or_else(|| "../shared/fixtures".into()))
}

fn check(folder: &Path, Expectation { file, facts }: Expectation, report: &mut Report) {
    let kind = facts.get("kind").and_then(Json::as_str).unwrap_or_default().to_owned();
    let body = match std::fs::read(folder.join(&file)) {
        Ok(body) => body,
        Err(error) => return report.failures.push(format!("{file}: {error}")),
    };
    // SOAP is read here where it is about data or a login; what it says of metadata is another crate's.
    let ours = kind == "soap" && !file.starts_with("soap-metadata/");
    let with_feature = kind == "bulk2_job" && !cfg!(feature = "bulk");
    if (NOT_YET.contains(&&*kind) || with_feature) && !ours {
        return report.not_yet.entry(kind).or_default().push(file);
    }
    if kind == "exchanges" {
        return exchanges(&file, &facts, &body, report);
    }
    match decode(&kind, &body) {
        Ok(found) => {
            let wrong = differences(&facts, &found);
            report.covered += usize::from(wrong.is_empty());
            report.failures.extend(wrong.into_iter().map(|wrong| format!("{file}: {wrong}")));
        }
        Err(error) => report.failures.push(format!("{file} ({kind}): {error}")),
    }
}

/// Each stated fact that was not found so.
fn differences(facts: &serde_json::Map<String, Json>, found: &Json) -> Vec<String> {
    let differs = |(name, stated): &(&String, &Json)| *name != "kind" && found.get(name) != Some(*stated);
    let line = |(name, stated)| format!("{name} is {:?}, stated is {stated}", found.get(name).map(Json::to_string));
    facts.iter().filter(differs).map(line).collect()
}

fn decode(kind: &str, body: &[u8]) -> Decoded {
    match kind {
        #[cfg(feature = "bulk")]
        "bulk2_job" => bulk_job(body),
        "query_result" => query_result(body),
        "save_result" => save_result(body),
        "collection_save_results" => collection(body),
        "sobject_describe" => describe(body),
        "describe_global" => describe_global(body),
        "rest_errors" => rest_errors(body),
        "limits" => limits(body),
        "versions" => versions(body),
        "record" => record(body),
        "json_array" => json_array(body),
        "json_object" => json_object(body),
        "get_deleted" => get_deleted(body),
        "soap" => soap(body),
        "oauth_token" => oauth_token(body),
        "oauth_error" => oauth_error(body),
        "composite" => composite(body),
        "batch" => batch(body),
        "sobject_tree" => tree(body),
        unknown => Err(format!("the kind `{unknown}` is unknown to this test").into()),
    }
}

#[cfg(feature = "bulk")]
fn bulk_job(body: &[u8]) -> Decoded {
    let job: salesforce_rest::bulk::JobInfo = serde_json::from_slice(body)?;
    Ok(json!({
        "id": job.id,
        "state": job.state,
        "operation": job.operation,
        "object": job.object,
        "processed": job.number_records_processed,
        "failed": job.number_records_failed,
        "errorMessage": job.error_message,
        "apiVersion": job.api_version,
    }))
}

fn query_result(body: &[u8]) -> Decoded {
    let page: Page<Record> = serde_json::from_slice(body)?;
    // As child rows, the same answer keeps the URL that `done: true` makes a page drop.
    let parent: Record = serde_json::from_str(&format!(r#"{{"Rows":{}}}"#, std::str::from_utf8(body)?))?;
    let rows = parent.get("Rows").and_then(Value::as_rows).ok_or("no rows")?;
    if (rows.records.len(), rows.done, rows.total_size) != (page.records.len(), page.done, page.total_size) {
        return Err("a page and child rows read the same answer differently".into());
    }
    let expected_next = rows.next.as_deref().filter(|_| !page.done);
    if page.next.as_ref().map(salesforce_rest::Cursor::as_str) != expected_next {
        return Err("the cursor is not the URL of the answer".into());
    }
    Ok(json!({
        "records": page.records.len(),
        "totalSize": page.total_size,
        "done": page.done,
        "nextRecordsUrl": rows.next,
        "nested": nested(&page.records),
        "types": types(&page.records),
    }))
}

fn nested(records: &[Record]) -> BTreeMap<&str, Vec<usize>> {
    let mut nested = BTreeMap::<&str, Vec<usize>>::new();
    for (name, value) in records.iter().flat_map(Record::fields) {
        if let Some(rows) = value.as_rows() {
            let typed = ChildRows::from(rows);
            assert!(typed.is_complete());
            nested.entry(name).or_default().push(typed.records.len());
        }
    }
    nested
}

fn types(records: &[Record]) -> BTreeSet<&str> {
    records.iter().filter_map(Record::object).collect()
}

fn save_result(body: &[u8]) -> Decoded {
    let result: SaveResult = serde_json::from_slice(body)?;
    Ok(json!({
        "success": result.success,
        "id": result.id,
        "created": result.created,
        "errors": result.errors,
    }))
}

fn collection(body: &[u8]) -> Decoded {
    let results: Vec<SaveResult> = serde_json::from_slice(body)?;
    let ok = results.iter().filter(|result| result.success).count();
    Ok(json!({
        "count": results.len(),
        "ok": ok,
        "failed": results.len() - ok,
        "codes": results.iter().flat_map(|result| &result.errors).map(|error| error.code.as_str()).collect::<Vec<_>>(),
        "created": results.iter().map(|result| result.created).collect::<Vec<_>>(),
    }))
}

fn describe(body: &[u8]) -> Decoded {
    let object: SObjectDescribe = serde_json::from_slice(body)?;
    let mut field_types = BTreeMap::<&str, usize>::new();
    for field in &object.fields {
        *field_types.entry(field.field_type.as_str()).or_default() += 1;
    }
    let polymorphic = object.fields.iter().filter(|field| field.reference_to.len() > 1).map(|field| &field.name);
    Ok(json!({
        "name": object.name,
        "fields": object.fields.len(),
        "childRelationships": object.child_relationships.len(),
        "recordTypeInfos": object.record_type_infos.len(),
        "picklistValues": object.fields.iter().map(|field| field.picklist_values.len()).sum::<usize>(),
        "keyPrefix": object.key_prefix,
        "fieldTypes": field_types,
        "polymorphic": polymorphic.collect::<Vec<_>>(),
    }))
}

fn describe_global(body: &[u8]) -> Decoded {
    let global: GlobalDescribe = serde_json::from_slice(body)?;
    Ok(json!({
        "sobjects": global.sobjects.len(),
        "maxBatchSize": global.max_batch_size,
        "encoding": global.encoding,
        "custom": global.sobjects.iter().filter(|object| object.custom).count(),
    }))
}

fn rest_errors(body: &[u8]) -> Decoded {
    let errors: Vec<ApiError> = serde_json::from_slice(body)?;
    let fields = |error: &ApiError| (!error.fields.is_empty()).then(|| error.fields.clone());
    Ok(json!({
        "codes": errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(),
        "messages": errors.iter().map(|error| &error.message).collect::<Vec<_>>(),
        "fields": errors.iter().map(fields).collect::<Vec<_>>(),
    }))
}

fn limits(body: &[u8]) -> Decoded {
    let limits: Limits = serde_json::from_slice(body)?;
    Ok(json!({ "limits": limits.len(), "DailyApiRequests": limits.get("DailyApiRequests") }))
}

fn versions(body: &[u8]) -> Decoded {
    let versions: Vec<Version> = serde_json::from_slice(body)?;
    Ok(json!({ "count": versions.len(), "latest": versions.iter().map(|version| version.version).max() }))
}

fn record(body: &[u8]) -> Decoded {
    let record: Record = serde_json::from_slice(body)?;
    // `attributes`, which the stated count counts, is taken apart by `Record`.
    Ok(json!({ "type": record.object(), "keys": record.len() + 1 }))
}

fn json_array(body: &[u8]) -> Decoded {
    let records: Vec<Record> = serde_json::from_slice(body)?;
    if let Some(odd) = records.iter().find(|record| record.object().is_none() || record.id_text().is_none()) {
        return Err(format!("a row without its object or id: {odd}").into());
    }
    Ok(json!({ "count": records.len() }))
}

fn json_object(body: &[u8]) -> Decoded {
    if let Ok(resources) = serde_json::from_slice::<Resources>(body) {
        return Ok(json!({ "keys": resources.keys().collect::<Vec<_>>() }));
    }
    serde_json::from_slice::<BasicDescribe>(body)?;
    let parts: BTreeMap<String, Json> = serde_json::from_slice(body)?;
    for (name, part) in &parts {
        match &**name {
            "objectDescribe" => {
                let object: SObjectSummary = serde_json::from_value(part.clone())?;
                if object.name.is_empty() || object.key_prefix.is_none() {
                    return Err("objectDescribe has no name or key prefix".into());
                }
            }
            "recentItems" => {
                let items: Vec<Record> = serde_json::from_value(part.clone())?;
                if items.iter().any(|item| item.id().is_none()) {
                    return Err("a recent item has no id".into());
                }
            }
            unknown => return Err(format!("the key `{unknown}` is unknown to this test").into()),
        }
    }
    Ok(json!({ "keys": parts.keys().collect::<Vec<_>>() }))
}

fn get_deleted(body: &[u8]) -> Decoded {
    let deleted: Deleted = serde_json::from_slice(body)?;
    if deleted.deleted_records.iter().any(|record| record.id.id().is_none()) {
        return Err("a deleted record without an id".into());
    }
    Ok(json!({
        "deleted": deleted.deleted_records.len(),
        "earliestDateAvailable": deleted.earliest_date_available,
        "latestDateCovered": deleted.latest_date_covered,
    }))
}

fn soap(body: &[u8]) -> Decoded {
    let response = match soap::read(body)? {
        Answer::Fault(fault) => {
            if fault.api_error().code.as_str() != fault.code().rsplit(':').next().unwrap_or_default() {
                return Err("the fault's code was not read".into());
            }
            return Ok(json!({ "element": "Fault", "faultcode": fault.code(), "faultstring": fault.message() }));
        }
        Answer::Response(response) => response,
    };
    let result = response.child("result").ok_or("no result")?;
    Ok(json!({
        "element": response.name(),
        "results": response.children("result").count(),
        "sessionId": result.value("sessionId"),
        "serverUrl": result.value("serverUrl"),
        "userId": result.value("userId"),
        "passwordExpired": result.value("passwordExpired"),
    }))
}

fn oauth_token(body: &[u8]) -> Decoded {
    let token = TokenResponse::parse(body)?;
    let sent: BTreeMap<String, Json> = serde_json::from_slice(body)?;
    if token.id.as_deref() != sent.get("id").and_then(Json::as_str) {
        return Err("the identity URL was not read".into());
    }
    Ok(json!({
        "keys": sent.keys().collect::<Vec<_>>(),
        "instance_url": token.instance_url,
        "access_token": token.access_token.expose_secret(),
        "token_type": token.token_type,
        "refresh_token": token.refresh_token.as_ref().map(|token| token.expose_secret()),
    }))
}

fn oauth_error(body: &[u8]) -> Decoded {
    let refusal = Refusal::parse(body).ok_or("no refusal")?;
    Ok(json!({ "error": refusal.error(), "error_description": refusal.description() }))
}

fn composite(body: &[u8]) -> Decoded {
    let answer: CompositeAnswer = serde_json::from_slice(body)?;
    for part in answer.parts() {
        // Each part reads as what such a part answers: a new id, a row, or nothing.
        match part.status() {
            201 => drop(part.json::<Created>()?),
            204 | 304 => part.json::<()>()?,
            _ => drop(part.json::<Record>()?),
        }
    }
    Ok(json!({
        "statuses": answer.parts().iter().map(PartAnswer::status).collect::<Vec<_>>(),
        "referenceIds": answer.parts().iter().map(PartAnswer::reference_id).collect::<Vec<_>>(),
    }))
}

fn batch(body: &[u8]) -> Decoded {
    let answer: BatchAnswer = serde_json::from_slice(body)?;
    for part in &answer.parts {
        part.json::<Option<Record>>()?;
    }
    Ok(json!({
        "hasErrors": answer.has_errors,
        "statuses": answer.parts.iter().map(PartAnswer::status).collect::<Vec<_>>(),
    }))
}

fn tree(body: &[u8]) -> Decoded {
    let answer: TreeAnswer = serde_json::from_slice(body)?;
    Ok(json!({
        "hasErrors": answer.has_errors,
        "results": answer.results.len(),
        "refs": answer.results.iter().map(|result| &*result.reference_id).collect::<Vec<_>>(),
        "failed": answer.results.iter().filter(|result| !result.errors.is_empty()).count(),
    }))
}

#[derive(Deserialize)]
struct Exchanges {
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    request: RecordedRequest,
    response: RecordedResponse,
}

#[derive(Deserialize)]
struct RecordedRequest {
    uri: String,
}

#[derive(Deserialize)]
struct RecordedResponse {
    status: u16,
    body: String,
}

/// Recorded conversations: the bodies of covered kinds are told anew in the words of the stated lines.
fn exchanges(file: &str, facts: &serde_json::Map<String, Json>, body: &[u8], report: &mut Report) {
    let Exchanges { exchanges } = match serde_json::from_slice(body) {
        Ok(exchanges) => exchanges,
        Err(error) => return report.failures.push(format!("{file}: {error}")),
    };
    if facts.get("count") != Some(&json!(exchanges.len())) {
        report.failures.push(format!(
            "{file}: holds {} exchanges, stated is {:?}",
            exchanges.len(),
            facts.get("count")
        ));
    }
    let stated = facts.get("lines").and_then(Json::as_array);
    for (n, Exchange { request, response }) in exchanges.iter().enumerate() {
        let name = format!("{file}#{n}");
        if request.uri.ends_with("/composite") {
            match composite_of_queries(&response.body) {
                Ok(()) => report.covered += 1,
                Err(error) => report.failures.push(format!("{name}: {error}")),
            }
            continue;
        }
        match told(&response.body) {
            Ok(told) => {
                // What was asked for is the recorder's, what was answered is ours to read.
                let line = format!("{} {told}", response.status);
                let stated = stated.and_then(|lines| lines.get(n)?.as_str()?.split_once(" -> "));
                match stated {
                    Some((_, stated)) if stated != line => {
                        report.failures.push(format!("{name}: reads as `{line}`, stated is `{stated}`"));
                    }
                    _ => report.covered += 1,
                }
            }
            Err(error) => report.failures.push(format!("{name}: {error}")),
        }
    }
}

/// The recorded composite calls ask for pages.
fn composite_of_queries(body: &str) -> Result<(), Box<dyn std::error::Error>> {
    let answer: CompositeAnswer = serde_json::from_str(body)?;
    for part in answer.parts() {
        part.json::<Page<Record>>()?;
    }
    match answer.all_done() && !answer.parts().is_empty() {
        true => Ok(()),
        false => Err("a part was refused, or there is none".into()),
    }
}

fn told(body: &str) -> Result<String, Box<dyn std::error::Error>> {
    if body.trim_start().starts_with('[') {
        let results: Vec<SaveResult> = serde_json::from_str(body)?;
        let ok = results.iter().filter(|result| result.success).count();
        let failed = results.len() - ok;
        return Ok(format!("sObject collections save results: {} results, {ok} ok, {failed} failed", results.len()));
    }
    let page: Page<Record> = serde_json::from_str(body)?;
    let total = page.total_size.ok_or("no totalSize")?;
    let nested: String = nested(&page.records)
        .iter()
        .map(|(name, counts)| format!(", nested subqueries {name}: {counts:?} rows"))
        .collect();
    let types = types(&page.records).into_iter().collect::<Vec<_>>().join(", ");
    Ok(format!(
        "query result: {} records, totalSize {total}, done {}{nested}, record type(s) {types}",
        page.records.len(),
        page.done
    ))
}
