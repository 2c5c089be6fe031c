//! Retrieves.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salesforce_metadata::archive::{Archive, Cap};
use salesforce_metadata::{ApiVersion, ErrorKind, Manifest, RetrieveFailed};

use crate::support::Script;

const STARTED: &str = "<retrieveResponse><result><done>false</done><id>09S000000000001EAA</id><state>Queued</state></result></retrieveResponse>";
const RUNNING: &str = r#"<checkRetrieveStatusResponse><result><done>false</done><id>09S000000000001EAA</id><status>InProgress</status><success>false</success><zipFile xsi:nil="true"/></result></checkRetrieveStatusResponse>"#;

fn archive() -> Archive {
    let mut archive = Archive::of(&manifest()).unwrap();
    archive.add("classes/Ping.cls", "public class Ping {}".repeat(40)).unwrap();
    archive
}

fn manifest() -> Manifest {
    Manifest::new(ApiVersion::V66).with("ApexClass", ["Ping", "Nope"])
}

fn done(zip: &str) -> String {
    format!(
        "<checkRetrieveStatusResponse><result><done>true</done><fileProperties><fileName>classes/Ping.cls</fileName><fullName>Ping</fullName><id>01p000000000001AAA</id><type>ApexClass</type></fileProperties><id>09S000000000001EAA</id><messages><problem>Entity of type 'ApexClass' named 'Nope' cannot be found</problem><fileName>package.xml</fileName></messages><status>Succeeded</status><success>true</success>{zip}</result></checkRetrieveStatusResponse>"
    )
}

fn zipped() -> String {
    done(&format!("<zipFile>{}</zipFile>", STANDARD.encode(archive().to_zip().unwrap())))
}

fn until_done() -> Script {
    Script::new().soap(STARTED).soap(RUNNING).soap(&done(""))
}

#[tokio::test]
async fn a_retrieve_waits_and_takes_the_zip_once() {
    let script = until_done().soap(&zipped());
    let seen = Arc::new(Mutex::new(0));
    let client = script.client();
    let manifest = manifest();
    let retrieve = client.retrieve(&manifest).on_progress({
        let seen = seen.clone();
        move |_| *seen.lock().unwrap() += 1
    });
    let retrieved = script.run(retrieve).await.unwrap();
    assert_eq!(retrieved.archive().unwrap(), archive());
    assert_eq!((retrieved.files.len(), &*retrieved.messages[0].file_name), (1, "package.xml"));
    assert_eq!(*seen.lock().unwrap(), 1);
    let sent = script.sent();
    assert!(sent[0].body.contains("<retrieve><retrieveRequest><apiVersion>66.0</apiVersion><singlePackage>true</singlePackage><unpackaged><types><members>Nope</members><members>Ping</members><name>ApexClass</name></types><version>66.0</version></unpackaged></retrieveRequest></retrieve>"), "{}", sent[0].body);
    let asked = |text: &str| sent.iter().filter(|sent| sent.body.contains(text)).count();
    assert_eq!((asked("<includeZip>false"), asked("<includeZip>true")), (2, 1));
}

#[tokio::test]
async fn a_zip_goes_to_disk_while_it_comes_in() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("org.zip");
    let script = until_done().soap(&zipped());
    let retrieved = script.run(script.client().retrieve(&manifest()).to_file(&path)).await.unwrap();
    let zip = std::fs::read(&path).unwrap();
    assert_eq!((retrieved.bytes, retrieved.files.len()), (zip.len() as u64, 1));
    assert_eq!(Archive::from_zip(&zip, Cap::default()).unwrap(), archive());
}

#[tokio::test]
async fn a_zip_that_breaks_off_leaves_no_file_and_is_not_asked_for_again() {
    let place = tempfile::tempdir().unwrap();
    let script = until_done().half(&zipped());
    let client = script.client();
    let error = script.run(client.retrieve(&manifest()).to_file(place.path().join("org.zip"))).await.unwrap_err();
    assert!(error.outcome_unknown() && error.to_string().contains("retrieve again"), "{error}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    assert_eq!(script.sent().len(), 4);
}

#[tokio::test]
async fn a_zip_that_was_handed_out_is_gone() {
    let script = until_done().soap(&done(r#"<zipFile xsi:nil="true"/>"#));
    let error = script.run(script.client().retrieve(&manifest())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_retrieve_that_failed_is_an_error_with_the_real_code() {
    let failed = "<checkRetrieveStatusResponse><result><done>true</done><errorMessage>LIMIT_EXCEEDED: Too many files in retrieve call, limit is: 10000</errorMessage><errorStatusCode>UNKNOWN_EXCEPTION</errorStatusCode><id>09S000000000001EAA</id><status>Failed</status><success>false</success></result></checkRetrieveStatusResponse>";
    let script = Script::new().soap(STARTED).soap(failed);
    let error = script.run(script.client().retrieve(&manifest())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert_eq!(RetrieveFailed::of(&error).unwrap().code().as_str(), "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn a_job_that_is_not_known_for_a_moment_is_looked_at_again_and_not_for_ever() {
    let unknown = |script: Script| script.fault(500, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
    let script = unknown(unknown(Script::new().soap(STARTED))).soap(&done("")).soap(&zipped());
    assert!(script.run(script.client().retrieve(&manifest())).await.is_ok());
    let script = (0..4).fold(Script::new().soap(STARTED), |script, _| unknown(script));
    assert!(script.run(script.client().retrieve(&manifest())).await.is_err());
    assert!(script.is_used_up());
}

#[tokio::test]
async fn packages_are_named_and_nothing_else_is_asked_for() {
    let script = until_done().soap(&zipped());
    script.run(script.client().retrieve_packages(["Acme"])).await.unwrap();
    let body = &script.sent()[0].body;
    assert!(
        body.contains("<packageNames>Acme</packageNames><singlePackage>false</singlePackage></retrieveRequest>"),
        "{body}"
    );
}

#[tokio::test]
async fn a_wait_without_an_end_has_one_when_it_is_asked_for() {
    let script = (0..20).fold(Script::new().soap(STARTED), |script, _| script.soap(RUNNING));
    let poll = salesforce_metadata::Poll::new().give_up_after(std::time::Duration::from_secs(10));
    let error = script.run(script.client().retrieve(&manifest()).poll(poll)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn the_request_is_in_the_order_of_the_service() {
    let script = until_done().soap(&zipped());
    script.run(script.client().retrieve(&manifest()).specific_files(["classes/Ping.cls"])).await.unwrap();
    let body = &script.sent()[0].body;
    assert!(body.contains("</singlePackage><specificFiles>classes/Ping.cls</specificFiles><unpackaged>"), "{body}");
}
