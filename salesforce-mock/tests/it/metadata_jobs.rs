//! Deploys and retrieves: zips that change the org, and zips of what it is made of.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use salesforce_mock::Body;
use serde_json::json;

use crate::metadata::{all, call, fault, one, post, problem};
use crate::support::{Answer, Client, fixture_bytes};

const SPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn package(types: &[(&str, &[&str])]) -> String {
    let members = |members: &[&str]| members.iter().map(|one| format!("<members>{one}</members>")).collect::<String>();
    let types = types.iter().map(|(kind, own)| format!("<types>{}<name>{kind}</name></types>", members(own)));
    format!("<Package {SPACE}>{}<version>66.0</version></Package>", types.collect::<String>())
}

fn deploy(client: &mut Client, zip: &[u8], options: &str) -> String {
    let zip = STANDARD.encode(zip);
    let answer = call(
        client,
        &format!(
            "<deploy><ZipFile>{zip}</ZipFile><DeployOptions>{options}<singlePackage>true</singlePackage></DeployOptions></deploy>"
        ),
    );
    assert_eq!((one(&answer, "done"), one(&answer, "state")), ("false", "Queued"));
    one(&answer, "id").to_owned()
}

fn status(client: &mut Client, id: &str) -> String {
    let ask = "<includeDetails>true</includeDetails></checkDeployStatus>";
    call(client, &format!("<checkDeployStatus><asyncProcessId>{id}</asyncProcessId>{ask}"))
}

/// Deploys and says how it ended.
fn deployed(client: &mut Client, files: &[(&str, &str)], options: &str) -> String {
    let id = deploy(client, &zip(files), options);
    status(client, &id)
}

fn retrieve(client: &mut Client, manifest: &str) -> (String, BTreeMap<String, String>) {
    let unpackaged = manifest.replace("<Package", "<unpackaged").replace("</Package", "</unpackaged");
    let ask = "<retrieve><request><apiVersion>66.0</apiVersion><singlePackage>true</singlePackage>";
    let answer = call(client, &format!("{ask}{unpackaged}</request></retrieve>"));
    let id = one(&answer, "id").to_owned();
    let answer =
        call(client, &format!("<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId></checkRetrieveStatus>"));
    assert_eq!(one(&answer, "status"), "Succeeded", "{answer}");
    let bytes = STANDARD.decode(one(&answer, "zipFile")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    (answer, files)
}

const OBJECT: &str = "<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fields><fullName>Key__c</fullName>\
    <label>Key</label><length>9</length><type>Text</type></fields><label>Bill</label><nameField><label>Name</label>\
    <type>Text</type></nameField><pluralLabel>Bills</pluralLabel><sharingModel>ReadWrite</sharingModel></CustomObject>";
const CLASS: &str = "@isTest\npublic class Ping {}";
const META: &str = "<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\"><apiVersion>66.0</apiVersion><status>Active</status></ApexClass>";

fn both() -> Vec<(&'static str, String)> {
    vec![
        ("package.xml", package(&[("CustomObject", &["Bill__c"]), ("ApexClass", &["*"])])),
        ("objects/Bill__c.object", OBJECT.into()),
        ("classes/Ping.cls", CLASS.into()),
        ("classes/Ping.cls-meta.xml", META.into()),
    ]
}

fn texts<'f>(files: &'f [(&'f str, String)]) -> Vec<(&'f str, &'f str)> {
    files.iter().map(|(path, text)| (*path, text.as_str())).collect()
}

#[test]
fn what_is_deployed_is_there_and_comes_back_by_a_retrieve() {
    let mut client = Client::empty();
    let answer = deployed(&mut client, &texts(&both()), "<rollbackOnError>true</rollbackOnError>");
    assert_eq!((one(&answer, "status"), one(&answer, "success")), ("Succeeded", "true"), "{answer}");
    assert_eq!(one(&answer, "numberComponentsTotal"), "3");
    assert_eq!(all(&answer, "componentSuccesses").len(), 4, "and the manifest: {answer}");
    client.insert("Bill__c", json!({"Name": "B", "Key__c": "k"}));
    assert_eq!(client.rows("SELECT Key__c FROM Bill__c"), [json!({"Key__c": "k"})]);
    let manifest = package(&[("CustomObject", &["Bill__c", "Nope__c"]), ("ApexClass", &["*"])]);
    let (answer, files) = retrieve(&mut client, &manifest);
    assert_eq!(problem(&answer, "problem"), "Entity of type 'CustomObject' named 'Nope__c' cannot be found");
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["classes/Ping.cls", "classes/Ping.cls-meta.xml", "objects/Bill__c.object", "package.xml"]);
    assert_eq!(files["classes/Ping.cls"], CLASS);
    let bare = |text: &str| text.lines().skip(1).map(str::trim).collect::<String>();
    assert_eq!(bare(&files["objects/Bill__c.object"]), OBJECT);
    assert_eq!(bare(&files["classes/Ping.cls-meta.xml"]), META);
    assert!(!files["package.xml"].contains("Nope__c"));
    let again = deployed(&mut client, &texts(&both()), "");
    assert!(all(&again, "changed").iter().filter(|it| **it == "true").count() == 1, "only the manifest: {again}");
    let (_, files) = retrieve(&mut client, &package(&[("CustomField", &["Bill__c.Key__c"])]));
    assert!(
        files["objects/Bill__c.object"].contains("Key__c") && !files["objects/Bill__c.object"].contains("pluralLabel")
    );
}

#[test]
fn a_failure_takes_all_back_or_leaves_what_is_good() {
    let mut client = Client::empty();
    let mut files = both();
    let bad = OBJECT.replace("<length>9</length>", "").replace("Bill", "Bad");
    files.push(("objects/Bad__c.object", bad));
    files[0].1 = package(&[("CustomObject", &["Bill__c", "Bad__c", "Gone__c"]), ("ApexClass", &["Ping"])]);
    let answer = deployed(&mut client, &texts(&files), "<rollbackOnError>true</rollbackOnError>");
    assert_eq!((one(&answer, "status"), one(&answer, "numberComponentErrors")), ("Failed", "2"), "{answer}");
    let failures = all(&answer, "componentFailures").concat().replace("&apos;", "'");
    assert!(failures.contains("Must specify 'length'"), "{failures}");
    assert!(failures.contains("An object 'Gone__c' of type CustomObject was named in package.xml, but was not found"));
    assert_eq!(client.query("SELECT Id FROM Bill__c").code(), "INVALID_TYPE");
    let checked = deployed(&mut client, &texts(&both()), "<checkOnly>true</checkOnly>");
    assert_eq!(one(&checked, "status"), "Succeeded");
    assert_eq!(client.query("SELECT Id FROM Bill__c").code(), "INVALID_TYPE", "it was only a check");
    let answer = deployed(&mut client, &texts(&files), "");
    assert!(answer.contains("<status>SucceededPartial</status><success>true</success>"), "{answer}");
    assert_eq!(client.query("SELECT Key__c FROM Bill__c").status, 200);
}

#[test]
fn deletions_come_first_or_last_and_what_is_missing_is_a_warning() {
    let mut client = Client::empty();
    deployed(&mut client, &texts(&both()), "");
    let gone = package(&[("ApexClass", &["Ping", "Nope"]), ("CustomObject", &["Bill__c"])]);
    let empty = package(&[]);
    let files = [("package.xml", &*empty), ("destructiveChangesPost.xml", &*gone)];
    let strict = deployed(&mut client, &files, "<ignoreWarnings>false</ignoreWarnings>");
    assert_eq!(one(&strict, "status"), "Failed");
    let answer = deployed(&mut client, &files, "<ignoreWarnings>true</ignoreWarnings>");
    assert_eq!(one(&answer, "status"), "Succeeded", "{answer}");
    assert_eq!((one(&answer, "problem"), one(&answer, "problemType")), ("No ApexClass named: Nope found", "Warning"));
    assert_eq!(all(&answer, "deleted").iter().filter(|it| **it == "true").count(), 2);
    assert_eq!(client.query("SELECT Id FROM Bill__c").code(), "INVALID_TYPE");
}

#[test]
fn statuses_go_by_the_clock_and_a_deploy_can_be_called_off() {
    let mut client = Client::empty();
    (client.org.metadata_mut().queued, client.org.metadata_mut().running) =
        (Duration::from_secs(10), Duration::from_secs(60));
    let files = both();
    let (first, second) =
        (deploy(&mut client, &zip(&texts(&files)), ""), deploy(&mut client, &zip(&texts(&files)), ""));
    let answer = status(&mut client, &first);
    assert_eq!((one(&answer, "status"), one(&answer, "done")), ("Pending", "false"));
    assert!(!answer.contains("startDate") && answer.contains("<numTestsRun>0</numTestsRun>"), "{answer}");
    client.org.advance(Duration::from_secs(20));
    assert_eq!(one(&status(&mut client, &first), "status"), "InProgress");
    assert_eq!(one(&status(&mut client, &second), "status"), "Pending", "one runs at a time");
    let cancel = |client: &mut Client, id: &str| {
        post(client, "68.0", "", &format!("<cancelDeploy><String>{id}</String></cancelDeploy>"))
    };
    assert_eq!(one(&cancel(&mut client, &second).text, "done"), "true");
    assert_eq!(one(&cancel(&mut client, &first).text, "done"), "false");
    assert_eq!(one(&status(&mut client, &first), "status"), "Canceling");
    client.org.advance(Duration::from_secs(60));
    assert_eq!(one(&status(&mut client, &first), "status"), "Canceled");
    fault(&cancel(&mut client, &first), "sf:INVALID_ID_FIELD", "Deployment already completed");
    fault(&cancel(&mut client, "0Af"), "sf:INVALID_ID_FIELD", "Invalid deploy ID");
    assert_eq!(client.query("SELECT Id FROM Bill__c").code(), "INVALID_TYPE");
}

#[test]
fn a_validation_can_be_followed_for_ten_days() {
    let mut client = Client::empty();
    let files = both();
    let tests = "<checkOnly>true</checkOnly><testLevel>RunLocalTests</testLevel>";
    let id = deploy(&mut client, &zip(&texts(&files)), tests);
    assert_eq!(one(&status(&mut client, &id), "numTestsRun"), "1");
    let follow = format!("<deployRecentValidation><validationId>{id}</validationId></deployRecentValidation>");
    let answer = call(&mut client, &follow);
    let done = status(&mut client, one(&answer, "result"));
    assert_eq!(one(&done, "status"), "Succeeded");
    assert_eq!(client.query("SELECT Id FROM Bill__c").status, 200);
    client.org.metadata_mut().failing_tests.insert("Ping".into(), "Assertion Failed".into());
    let failed = deployed(&mut client, &texts(&files), "<testLevel>RunLocalTests</testLevel>");
    assert_eq!((one(&failed, "status"), one(&failed, "message")), ("Failed", "Assertion Failed"), "{failed}");
    client.org.advance(Duration::from_secs(11 * 24 * 3600));
    client.token = client.org.issue_token();
    fault(&post(&mut client, "68.0", "", &follow), "sf:INVALID_ID_FIELD", "recent validation");
}

#[test]
fn hostile_zips_are_refused_and_nothing_is_done() {
    let mut client = Client::empty();
    client.org.metadata_mut().most_unpacked = 10_000;
    client.org.metadata_mut().most_files = 5;
    let good = package(&[("CustomObject", &["*"])]);
    let bomb = "a".repeat(20_000);
    let expansion = format!("<!DOCTYPE a [<!ENTITY b \"bb\">]>{}", OBJECT.replace("Bill<", "&b;<"));
    let other = OBJECT.replace("soap.sforce.com", "other.example");
    let path = "objects/Bill__c.object";
    for (files, text) in [
        (vec![("package.xml", &*good), ("bomb", &*bomb)], "10000 bytes"),
        (vec![("package.xml", &*good), ("../../slip", "x")], "leads out"),
        (vec![("a", ""), ("b", ""), ("c", ""), ("d", ""), ("e", ""), ("f", "")], "Too many files"),
        (vec![("package.xml", &*good), (path, &*expansion)], "document type"),
        (vec![("package.xml", &*good), (path, &*other)], "not in the namespace"),
        (vec![("package.xml", "<html>")], "Error parsing file"),
        (vec![(path, OBJECT)], "No package.xml found"),
    ] {
        let answer = deployed(&mut client, &files, "");
        assert_eq!((one(&answer, "status"), one(&answer, "success")), ("Failed", "false"), "{answer}");
        assert!(answer.contains(text), "{text}: {answer}");
    }
    let id = deploy(&mut client, b"no zip", "");
    assert_eq!(one(&status(&mut client, &id), "errorStatusCode"), "INVALID_ZIP");
    fault(&post(&mut client, "68.0", "", "<deploy><ZipFile>%</ZipFile></deploy>"), "soapenv:Client", "base64");
    client.org.metadata_mut().most_zip = 10;
    let large = STANDARD.encode([0; 11]);
    fault(
        &post(&mut client, "68.0", "", &format!("<deploy><ZipFile>{large}</ZipFile></deploy>")),
        "sf:LIMIT_EXCEEDED",
        "10 bytes",
    );
    assert_eq!(client.query("SELECT Id FROM Bill__c").code(), "INVALID_TYPE");
}

#[test]
fn a_retrieve_says_where_it_is_and_gives_its_zip_once() {
    let mut client = Client::empty();
    client.org.metadata_mut().running = Duration::from_secs(5);
    let ask = "<retrieve><retrieveRequest><apiVersion>66.0</apiVersion><singlePackage>false</singlePackage><unpackaged>\
               <types><members>Admin</members><name>Profile</name></types></unpackaged></retrieveRequest></retrieve>";
    let id = one(&call(&mut client, ask), "id").to_owned();
    let look = |client: &mut Client, zip: bool| {
        call(
            client,
            &format!(
                "<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId><includeZip>{zip}</includeZip></checkRetrieveStatus>"
            ),
        )
    };
    let answer = look(&mut client, true);
    assert_eq!(one(&answer, "status"), "InProgress");
    assert!(answer.contains("<zipFile xsi:nil=\"true\"/>"));
    client.org.advance(Duration::from_secs(5));
    assert!(!look(&mut client, false).contains("<zipFile>"));
    let answer = look(&mut client, true);
    assert!(
        answer.contains("<zipFile>UEs") && answer.contains("<fileName>unpackaged/profiles/Admin.profile</fileName>")
    );
    assert!(!look(&mut client, true).contains("<zipFile>"), "the org has it no longer");
    client.org.metadata_mut().most_files = 1;
    let id = one(&call(&mut client, ask), "id").to_owned();
    client.org.advance(Duration::from_secs(5));
    let answer =
        call(&mut client, &format!("<checkRetrieveStatus><asyncProcessId>{id}</asyncProcessId></checkRetrieveStatus>"));
    assert_eq!((one(&answer, "status"), one(&answer, "errorStatusCode")), ("Failed", "UNKNOWN_EXCEPTION"));
    assert_eq!(one(&answer, "errorMessage"), "LIMIT_EXCEEDED: Too many files in retrieve call, limit is: 1");
}

#[test]
fn b11_03_a_profile_says_only_what_is_asked_for_beside_it() {
    let mut client = Client::empty();
    let profile = format!(
        "<Profile {SPACE}><custom>true</custom><objectPermissions><allowRead>true</allowRead><object>Account</object>\
         </objectPermissions><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions></Profile>"
    );
    let files = [("package.xml", package(&[("Profile", &["Sales"])])), ("profiles/Sales.profile", profile)];
    assert_eq!(one(&deployed(&mut client, &texts(&files), ""), "status"), "Succeeded");
    let (_, alone) = retrieve(&mut client, &package(&[("Profile", &["Sales"])]));
    let text = &alone["profiles/Sales.profile"];
    assert!(!text.contains("objectPermissions"), "{text}");
    let (_, beside) = retrieve(&mut client, &package(&[("Profile", &["Sales"]), ("CustomObject", &["Account"])]));
    assert!(beside["profiles/Sales.profile"].contains("<object>Account</object>"));
}

#[test]
fn recorded_zips_and_statuses_have_our_shape() {
    let Some(zip) = fixture_bytes("soap-metadata/package_1gp.zip") else { return };
    let mut client = Client::empty();
    let id = deploy(&mut client, &zip, "");
    let answer = status(&mut client, &id);
    assert!(answer.contains("<fullName>MyObject1__c</fullName>"), "{answer}");
    assert_eq!(client.query("SELECT Id FROM MyObject1__c").status, 200, "{answer}");
    let keys = |text: &str| -> Vec<String> {
        let inner = text.split("<result>").nth(1).unwrap();
        inner
            .split('<')
            .filter(|part| !part.starts_with('/'))
            .map(|part| part.split(['>', ' ']).next().unwrap().to_owned())
            .collect()
    };
    client.org.metadata_mut().queued = Duration::from_secs(1);
    let id = deploy(&mut client, &zip, "");
    let ours = keys(&status(&mut client, &id));
    let recorded = String::from_utf8(fixture_bytes("soap-metadata/check_deploy_status_pending.xml").unwrap()).unwrap();
    let newer = |key: &String| key != "zipSize" && key != "stateDetail";
    assert_eq!(ours.into_iter().filter(newer).collect::<Vec<_>>(), keys(&recorded));
}

fn rest(client: &mut Client, json: &str, zip: &[u8]) -> Answer {
    let mut body = format!("--bnd42\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{json}\r\n--bnd42\r\nContent-Disposition: form-data; name=\"file\"; filename=\"deploy.zip\"\r\n\r\n").into_bytes();
    body.extend_from_slice(zip);
    body.extend_from_slice(b"\r\n--bnd42--\r\n");
    let request = Request::post("/services/data/v66.0/metadata/deployRequest")
        .header("authorization", format!("Bearer {}", client.token))
        .header("content-type", "multipart/form-data; boundary=bnd42");
    client.send(request.body(Body::from(body)).unwrap())
}

#[test]
fn rest_deploys_say_the_same_and_can_be_called_off_and_followed() {
    let mut client = Client::empty();
    let files = both();
    let options = r#"{"deployOptions":{"checkOnly":true,"singlePackage":true,"rollbackOnError":true,"runTests":null,"testLevel":"RunLocalTests"}}"#;
    let answer = rest(&mut client, options, &zip(&texts(&files)));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    assert_eq!(
        (&made["deployResult"]["status"], &made["deployOptions"]["checkOnly"]),
        (&json!("Pending"), &json!(true))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    let answer = client.get(&format!("metadata/deployRequest/{id}?includeDetails=true")).json();
    let result = &answer["deployResult"];
    assert_eq!((&result["status"], &result["numberComponentsTotal"]), (&json!("Succeeded"), &json!(3)), "{answer}");
    assert_eq!(result["details"]["allComponentMessages"].as_array().unwrap().len(), 4);
    assert!(one(&status(&mut client, &id), "status") == "Succeeded", "SOAP knows it, too");
    let follow = client.post("metadata/deployRequest", json!({"validatedDeployRequestId": id}));
    assert_eq!(
        (follow.status.as_u16(), &follow.json()["validatedDeployRequestId"]),
        (201, &json!(id)),
        "{}",
        follow.text
    );
    assert_eq!(client.query("SELECT Id FROM Bill__c").status, 200);
    assert_eq!(client.post("metadata/deployRequest", json!({"validatedDeployRequestId": "0Af"})).status, 404);
    client.org.metadata_mut().queued = Duration::from_secs(9);
    let id = rest(&mut client, "{}", b"x").json()["id"].as_str().unwrap().to_owned();
    let answer =
        client.patch(&format!("metadata/deployRequest/{id}"), json!({"deployResult": {"status": "Canceling"}}));
    assert_eq!((answer.status.as_u16(), &answer.json()["deployResult"]["status"]), (202, &json!("Canceled")));
    client.org.metadata_mut().most_zip = 3;
    assert_eq!(rest(&mut client, "{}", b"four").code(), "LIMIT_EXCEEDED");
    assert_eq!(rest(&mut client, "{", b"x").code(), "JSON_PARSER_ERROR");
    client.org.metadata_mut().permitted = false;
    assert_eq!(client.get(&format!("metadata/deployRequest/{id}")).code(), "INSUFFICIENT_ACCESS");
}
