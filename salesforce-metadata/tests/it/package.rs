//! Packages: which are installed, and installing one.

use salesforce_metadata::package::{InstallFailed, InstallFor, Installed};
use salesforce_metadata::{ErrorKind, RecordId};

use crate::support::Script;

const VERSION: &str = "04t000000000001AAA";

fn version() -> RecordId {
    VERSION.parse().unwrap()
}

fn rows(rows: &str) -> String {
    let count = usize::from(!rows.is_empty());
    format!(
        r#"{{"size":{count},"totalSize":{count},"done":true,"queryLocator":null,"entityTypeName":"X","records":[{rows}]}}"#
    )
}

fn installed(version: &str) -> String {
    rows(&format!(
        r#"{{"attributes":{{"type":"InstalledSubscriberPackage","url":"/x"}},"SubscriberPackageId":"033000000000001AAA","SubscriberPackage":{{"NamespacePrefix":"acme","Name":"Acme"}},"SubscriberPackageVersion":{{"Id":"{version}","Name":"Spring","MajorVersion":2,"MinorVersion":1,"PatchVersion":0,"BuildNumber":3}}}}"#
    ))
}

fn status(status: &str) -> String {
    rows(&format!(r#"{{"InstallValidationStatus":"{status}"}}"#))
}

fn ready() -> Script {
    Script::new().answer(200, rows("")).answer(200, status("NO_ERRORS_DETECTED"))
}

fn begun() -> Script {
    ready().answer(201, r#"{"id":"0Hf000000000001CAA","success":true,"errors":[],"warnings":[],"infos":[]}"#)
}

fn request(status: &str) -> String {
    format!(r#"{{"Id":"0Hf000000000001CAA","Status":"{status}","Errors":null}}"#)
}

#[tokio::test]
async fn k_25_an_install_is_asked_for_once_and_waited_for() {
    let script =
        (0..3).fold(begun(), |script, _| script.answer(200, request("IN_PROGRESS"))).answer(200, request("SUCCESS"));
    let done = script.run(script.client().install_package(version()).for_users(InstallFor::AdminsOnly)).await.unwrap();
    assert_eq!(done, Installed::Now);
    let sent = script.sent();
    let post: Vec<_> = sent.iter().filter(|sent| sent.method == "POST").collect();
    assert_eq!((post.len(), sent.len()), (1, 7));
    assert!(post[0].path.ends_with("/tooling/sobjects/PackageInstallRequest"), "{}", post[0].path);
    assert!(post[0].body.contains(VERSION) && post[0].body.contains(r#""SecurityType":"None""#), "{}", post[0].body);
}

#[tokio::test]
async fn k_25_an_install_that_fails_or_never_ends_says_so() {
    let failed = r#"{"Id":"0Hf000000000001CAA","Status":"ERROR","Errors":{"errors":[{"message":"Apex Code feature must be enabled"}]}}"#;
    let script = begun().answer(200, failed);
    let error = script.run(script.client().install_package(version())).await.unwrap_err();
    assert_eq!(InstallFailed::of(&error), Some(&InstallFailed::Other("Apex Code feature must be enabled".into())));
    let script = (0..9).fold(begun(), |script, _| script.answer(200, request("IN_PROGRESS")));
    let poll = salesforce_metadata::Poll::new().give_up_after(std::time::Duration::from_secs(5));
    let error = script.run(script.client().install_package(version()).poll(poll)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let script = ready().lost();
    let error = script.run(script.client().install_package(version())).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 3));
}

#[tokio::test]
async fn k_26_what_is_installed_is_not_installed_again() {
    let script = Script::new().answer(200, installed(VERSION));
    assert_eq!(script.client().install_package(version()).await.unwrap(), Installed::Already);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn k_47_a_user_who_may_not_install_is_told_what_is_missing() {
    let hidden =
        r#"[{"errorCode":"INVALID_TYPE","message":"sObject type 'InstalledSubscriberPackage' is not supported."}]"#;
    let denied = r#"[{"errorCode":"INSUFFICIENT_ACCESS","message":"no"}]"#;
    for script in [
        Script::new().answer(400, hidden).answer(200, status("NO_ACCESS")),
        ready().answer(403, denied),
        Script::new().answer(400, hidden).answer(400, hidden),
    ] {
        let error = script.run(script.client().install_package(version())).await.unwrap_err();
        let missing = InstallFailed::NotPermitted { missing: "Download AppExchange Packages" };
        assert_eq!((error.kind(), InstallFailed::of(&error)), (ErrorKind::Denied, Some(&missing)), "{error}");
    }
}

#[tokio::test]
async fn k_48_an_org_that_allows_no_packages_is_told_from_a_user_who_may_not() {
    for word in ["PACKAGING_DISABLED", "PackagingDisabled"] {
        let script = Script::new().answer(200, rows("")).answer(200, status(word));
        let error = script.client().install_package(version()).await.unwrap_err();
        assert_eq!(InstallFailed::of(&error), Some(&InstallFailed::BlockedByOrg(word.into())));
        assert_eq!(script.sent().len(), 2, "no install was asked for");
    }
}

#[tokio::test]
async fn k_51_installed_packages_are_known_with_their_versions_or_not_known_at_all() {
    let script = Script::new().answer(200, installed(VERSION));
    let packages = script.client().installed_packages().await.unwrap().unwrap();
    assert_eq!((packages[0].namespace.as_deref(), packages[0].version), (Some("acme"), [2, 1, 0, 3]));
    let denied =
        r#"[{"errorCode":"INVALID_TYPE","message":"sObject type 'InstalledSubscriberPackage' is not supported."}]"#;
    assert_eq!(Script::new().answer(400, denied).client().installed_packages().await.unwrap(), None);
    let script = Script::new().answer(404, r#"[{"errorCode":"NOT_FOUND","message":"x"}]"#);
    assert!(script.client().installed_packages().await.is_err(), "another failure is one");
}

#[tokio::test]
async fn a_key_goes_to_the_org_and_into_no_log() {
    let wrong = r#"[{"errorCode":"INSTALL_KEY_INVALID","message":"Invalid installation key"}]"#;
    let script = Script::new().answer(200, rows("")).answer(400, wrong);
    let client = script.client();
    let install = client.install_package(version()).key("it's a canary");
    assert!(!format!("{install:?}").contains("canary"));
    let error = install.await.unwrap_err();
    assert!(
        matches!(InstallFailed::of(&error), Some(InstallFailed::Key(_))) && !format!("{error:?}").contains("canary")
    );
    assert!(script.sent()[1].path.contains("it%5C%27s+a+canary"), "{}", script.sent()[1].path);
}
