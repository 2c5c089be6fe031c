//! Deploys, by REST and by SOAP.

use salesforce_metadata::archive::Archive;
use salesforce_metadata::{
    ApiVersion, Client, DeployFailed, DeployOptions, ErrorKind, Manifest, TestLevel, UnconfirmedDeletions,
};

use crate::support::Script;

const ID: &str = "0Af000000000001CAA";

fn zip() -> Vec<u8> {
    let mut archive = Archive::of(&Manifest::new(ApiVersion::V66).with("ApexClass", ["Ping"])).unwrap();
    archive.add("classes/Ping.cls", "public class Ping {}").unwrap();
    archive.to_zip().unwrap()
}

fn rest(status: &str, done: bool) -> String {
    format!(
        r#"{{"id":"{ID}","deployResult":{{"id":"{ID}","success":{},"status":"{status}","done":{done},"numberComponentsTotal":2,"createdDate":"2026-01-05T10:02:00.000+0000"}}}}"#,
        status == "Succeeded"
    )
}

fn soap(status: &str, done: bool, details: &str) -> String {
    format!(
        "<checkDeployStatusResponse><result><checkOnly>false</checkOnly>{details}<done>{done}</done><id>{ID}</id><status>{status}</status><success>{}</success></result></checkDeployStatusResponse>",
        status == "Succeeded"
    )
}

fn by_soap(script: &Script) -> Client {
    script.client().deploys_by_soap()
}

#[tokio::test]
async fn a_deploy_is_sent_waited_for_and_its_details_are_asked_for_once() {
    let script = Script::new()
        .answer(201, rest("Pending", false))
        .answer(200, rest("InProgress", false))
        .answer(200, rest("Succeeded", true))
        .answer(200, rest("Succeeded", true));
    let result = script.run(script.client().deploy(zip()).test_level(TestLevel::RunLocalTests)).await.unwrap();
    assert_eq!((result.number_components_total, result.record_id().unwrap().to_string()), (2, ID.to_owned()));
    let paths: Vec<_> = script
        .sent()
        .into_iter()
        .map(|sent| format!("{} {}", sent.method, sent.path.trim_start_matches("/services/data/v66.0/")))
        .collect();
    let look = format!("GET metadata/deployRequest/{ID}?includeDetails=");
    assert_eq!(
        paths,
        [
            "POST metadata/deployRequest".to_owned(),
            format!("{look}false"),
            format!("{look}false"),
            format!("{look}true")
        ]
    );
    assert!(script.sent()[0].body.contains(r#""testLevel":"RunLocalTests""#));
}

#[tokio::test]
async fn by_soap_it_is_the_same() {
    let script = Script::new()
        .soap(&format!(
            "<deployResponse><result><done>false</done><id>{ID}</id><state>Queued</state></result></deployResponse>"
        ))
        .soap(&soap("Succeeded", true, ""))
        .soap(&soap("Succeeded", true, ""));
    let result = script.run(by_soap(&script).deploy(zip()).check_only()).await.unwrap();
    assert!(result.success);
    assert_eq!(script.operations(), ["deploy", "checkDeployStatus", "checkDeployStatus"]);
    let body = &script.sent()[0].body;
    assert!(
        body.contains("<ZipFile>UEsDB")
            && body.contains("<checkOnly>true</checkOnly>")
            && body.contains("<rollbackOnError>true"),
        "{body}"
    );
}

#[tokio::test]
async fn what_only_soap_has_goes_by_soap() {
    let script = Script::new()
        .soap(&format!("<deployResponse><result><done>false</done><id>{ID}</id></result></deployResponse>"));
    let options = DeployOptions { perform_retrieve: true, ..DeployOptions::default() };
    script.client().deploy(zip()).options(options).start().await.unwrap();
    assert_eq!(script.operations(), ["deploy"]);
}

#[tokio::test]
async fn a_deploy_that_failed_is_an_error_that_has_every_problem() {
    let failure = |name: &str| {
        format!(
            "<componentFailures><componentType>ApexClass</componentType><fileName>f</fileName><fullName>{name}</fullName><problem>no such</problem><success>false</success></componentFailures>"
        )
    };
    let details = format!(
        "<details>{}{}<runTestResult><failures><message>Assertion</message><methodName>m</methodName><name>T</name></failures><numFailures>1</numFailures></runTestResult></details>",
        failure("A"),
        failure("B")
    );
    let script = Script::new().soap(&soap("Failed", true, "")).soap(&soap("Failed", true, &details));
    let error = script.run(by_soap(&script).follow_deploy(ID.parse().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let failed = DeployFailed::of(&error).unwrap().result();
    assert_eq!((failed.failures().len(), failed.test_failures().len()), (2, 1));
    let script = Script::new().soap(&soap("Failed", true, &details));
    assert!(!by_soap(&script).deploy_status(ID.parse().unwrap()).await.unwrap().success, "a status is no failure");
}

#[tokio::test]
async fn a_deploy_whose_answer_is_lost_is_not_sent_again() {
    let script = Script::new().lost();
    let error = script.run(script.client().deploy(zip())).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 1));
    let script = Script::new().lost();
    let error = script.run(by_soap(&script).deploy(zip())).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 1));
    let script = Script::new().answer(201, "{}");
    assert_eq!(script.client().deploy(zip()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn b11_05_deletions_are_sent_when_exactly_they_were_confirmed() {
    let deletions = Manifest::default().with("ApexClass", ["Old"]);
    let mut archive = Archive::of(&Manifest::new(ApiVersion::V66)).unwrap();
    archive.delete_before(&deletions).unwrap();
    let zip = archive.to_zip().unwrap();
    let script = Script::new().answer(201, rest("Pending", false));
    let client = script.client();
    let error = client.deploy(zip.clone()).start().await.unwrap_err();
    assert_eq!(UnconfirmedDeletions::of(&error).unwrap().deletions(), &deletions);
    assert!(script.sent().is_empty());
    client.deploy(zip).confirm_deletions(&archive.deletions().unwrap()).start().await.unwrap();
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_zip_that_no_org_takes_is_not_sent() {
    let script = Script::new();
    let error = script.client().deploy(vec![0; salesforce_metadata::LARGEST_ZIP + 1]).start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_validated_deploy_is_taken_over_and_a_running_one_is_canceled() {
    let id = ID.parse().unwrap();
    let script = Script::new().answer(201, r#"{"id":"0Af000000000010CAA"}"#).answer(202, rest("Canceling", false));
    let client = script.client();
    assert_eq!(client.quick_deploy(id).await.unwrap().to_string(), "0Af000000000010CAA");
    assert!(!client.cancel_deploy(id).await.unwrap());
    let sent = script.sent();
    assert!(sent[0].body.contains(&format!(r#""validatedDeployRequestId":"{ID}""#)));
    assert_eq!((&*sent[1].method, &*sent[1].body), ("PATCH", r#"{"deployResult":{"status":"Canceling"}}"#));

    let script = Script::new()
        .soap("<deployRecentValidationResponse><result>0Af000000000010CAA</result></deployRecentValidationResponse>")
        .soap(&format!("<cancelDeployResponse><result><done>true</done><id>{ID}</id></result></cancelDeployResponse>"));
    let client = by_soap(&script);
    assert_eq!(client.quick_deploy(id).await.unwrap().to_string(), "0Af000000000010CAA");
    assert!(client.cancel_deploy(id).await.unwrap());
    assert!(script.sent()[1].body.contains(&format!("<cancelDeploy><String>{ID}</String></cancelDeploy>")));
}
