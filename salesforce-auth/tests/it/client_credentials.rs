//! What the flow sends, and what it makes of each answer.

use std::sync::Arc;
use std::time::Duration;

use salesforce_auth::{ClientCredentials, Exchange, LoginTarget, Refusal, RefusalKind, TokenResponse};
use salesforce_http::{ErrorKind, ManualClock, TransportErrorKind};
use salesforce_types::Timestamp;

use crate::support::{ORG, SECRET, Script, Step, YES, answer};

#[tokio::test]
async fn id_and_secret_go_in_the_header_and_never_in_the_body_too() {
    let script = Script::new([]);
    let token = script.flow("ACME.lightning.force.com").build().unwrap().exchange().await.unwrap();

    let sent = &script.sent()[0];
    assert_eq!(sent.url, format!("{ORG}/services/oauth2/token"));
    assert_eq!(sent.headers["authorization"], "Basic Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0");
    assert!(sent.headers["authorization"].is_sensitive());
    assert_eq!(sent.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(sent.body, "grant_type=client_credentials");

    assert_eq!(token.instance_url(), ORG);
    assert_eq!(token.scopes(), ["api", "id"]);
    assert_eq!(token.issued_at(), Some(Timestamp::from_millis(1_767_225_600_000)));
    assert_eq!(token.user_id().unwrap().to_string(), "005000000000002AAA");
}

#[tokio::test]
async fn an_answer_may_lack_all_but_the_token_and_the_address() {
    let script = Script::new([answer(200, r#"{"access_token":"x","instance_url":"https://acme.my.salesforce.com"}"#)]);
    let token = script.flow(ORG).build().unwrap().exchange().await.unwrap();
    assert!(token.issued_at().is_none() && token.scopes().is_empty() && token.id_url().is_none());
}

#[test]
fn a_host_that_cannot_work_gets_no_secret() {
    let script = Script::new([]);
    for login in
        ["login.salesforce.com", "https://test.salesforce.com", "acme.attacker.test", "http://acme.my.salesforce.com"]
    {
        let error = script.flow(login).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{login}");
        assert!(
            error.to_string().contains("My Domain")
                || error.to_string().contains("Salesforce")
                || login.starts_with("http:"),
            "{error}"
        );
    }
    for target in [LoginTarget::production(), LoginTarget::sandbox()] {
        let error = ClientCredentials::at(target, "key", "secret".into()).build().unwrap_err();
        assert!(error.to_string().contains("log in at the org's My Domain"), "{error}");
    }
    assert!(script.sent().is_empty());
}

#[test]
fn an_empty_id_or_secret_is_told_before_anything_is_sent() {
    for (id, secret) in [("", "x"), (" ", "x"), ("a:b", "x"), ("key", ""), ("key", "\n")] {
        let error = ClientCredentials::new(ORG, id, secret.into()).transport(Arc::new(Script::new([]))).build();
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Config, "{id} {secret}");
    }
}

#[tokio::test]
async fn a_refusal_is_typed_and_says_what_to_do() {
    for (status, error, description, kind, remedy) in [
        (400, "invalid_client", "invalid client credentials", RefusalKind::WrongSecret, "consumer secret"),
        (400, "invalid_client_id", "client identifier invalid", RefusalKind::UnknownClient, "consumer key"),
        (400, "invalid_grant", "no client credentials user enabled", RefusalKind::NoRunAsUser, "Run As user"),
        (401, "invalid_grant", "request not supported on this domain", RefusalKind::WrongHost, "My Domain"),
        (
            200,
            "invalid_app_access",
            "user is not admin approved to access this app",
            RefusalKind::NotApproved,
            "permission set",
        ),
    ] {
        let body = format!(r#"{{"error":"{error}","error_description":"{description}"}}"#);
        let script = Script::new([answer(status, body)]);
        let failed = script.flow(ORG).build().unwrap().exchange().await.unwrap_err();
        let refusal = Refusal::of(&failed).unwrap();
        assert_eq!((failed.kind(), refusal.kind(), script.sent().len()), (ErrorKind::Auth, kind, 1));
        let text = failed.to_string();
        assert!(
            text.starts_with("the login at https://acme.my.salesforce.com was refused: ") && text.contains(remedy),
            "{text}"
        );
        assert!(text.contains(error) && text.contains(description), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_login_server_is_told() {
    let to = |location| Step::Answer(307, vec![("location", location)], String::new());
    for (step, kind, says) in [
        (answer(503, "<html>We are down for maintenance."), ErrorKind::Busy, "page for people"),
        (answer(200, "<html>We are down for maintenance."), ErrorKind::Busy, "page for people"),
        (answer(500, ""), ErrorKind::Busy, "try later"),
        (Step::Answer(429, vec![("retry-after", "60")], String::new()), ErrorKind::Busy, "429"),
        (answer(404, "<html>"), ErrorKind::Config, "Salesforce host?"),
        (answer(200, "{\"access_token\":\"canary"), ErrorKind::Decode, "access_token"),
        (answer(200, ""), ErrorKind::Decode, "access_token"),
        (answer(200, "x".repeat(70_000)), ErrorKind::Decode, "cannot be read"),
        (to("https://attacker.test/services/oauth2/token"), ErrorKind::ForeignHost, "https://attacker.test"),
        (Step::Fail(TransportErrorKind::Connect), ErrorKind::Connect, "no connection"),
        (Step::Fail(TransportErrorKind::Broken), ErrorKind::Connect, "broke"),
        (Step::Fail(TransportErrorKind::ReadTimeout), ErrorKind::Timeout, "in time"),
    ] {
        let script = Script::new([step]);
        let error = script.flow(ORG).build().unwrap().exchange().await.unwrap_err();
        let text = error.to_string();
        assert_eq!((error.kind(), script.sent().len()), (kind, 1), "{text}");
        assert!(text.contains(says) && text.contains("acme.my.salesforce.com"), "{text}");
        assert!(!format!("{text}{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_no_org_gets_no_token() {
    for instance in
        ["https://attacker.test", "http://acme.my.salesforce.com", "http://127.0.0.1:1", "https://na1.salesforce.com"]
    {
        let body = format!(r#"{{"access_token":"x","instance_url":"{instance}"}}"#);
        let script = Script::new([answer(200, body.clone()), answer(200, body)]);
        let error = script.flow(ORG).build().unwrap().exchange().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignHost, "{instance}");

        let host = instance.split_once("//").unwrap().1;
        let login = LoginTarget::parse_allowing(ORG, &[host]).unwrap();
        let flow = ClientCredentials::at(login, "key", SECRET.into()).transport(Arc::new(script));
        let allowed = flow.build().unwrap().exchange().await.is_ok();
        assert_eq!(allowed, instance.starts_with("https://"), "{instance}");
    }
}

#[tokio::test]
async fn a_login_that_never_answers_ends() {
    let clock = ManualClock::new(Timestamp::EPOCH);
    let flow = Script::new([Step::Never]).flow(ORG).clock(Arc::new(clock.clone())).timeout(Duration::from_secs(7));
    let error = clock.run(flow.build().unwrap().exchange()).await.unwrap_err();
    assert_eq!((error.kind(), clock.elapsed_seconds()), (ErrorKind::Timeout, 7));
}

trait Seconds {
    fn elapsed_seconds(&self) -> u64;
}

impl Seconds for ManualClock {
    fn elapsed_seconds(&self) -> u64 {
        salesforce_http::Clock::elapsed(self).as_secs()
    }
}

#[test]
fn recorded_answers_are_read() {
    for body in [
        YES,
        r#"{"id":"https://login.salesforce.com/id/foo/bar","issued_at":"1309974610026","instance_url":"https://na1.salesforce.com","signature":"s","access_token":"t"}"#,
    ] {
        assert!(TokenResponse::parse(body.as_bytes()).is_ok());
    }
}

#[test]
fn a_15_full_scope_is_refused() {
    let script = Script::new([]);
    let error = script.flow(ORG).scopes(["api", "full"]).build().unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("Salesforce rejects"), "{error}");
    assert!(script.flow(ORG).scopes(["Full access"]).build().is_err());
    script.flow(ORG).scopes(["api"]).build().unwrap();
}

#[tokio::test]
async fn a_15_an_app_with_full_scope_is_a_typed_refusal_that_is_not_tried_again() {
    let body = r#"{"error":"invalid_scope","error_description":"scope full is not allowed for this client"}"#;
    let script = Script::new([answer(400, body)]);
    let error = script.flow(ORG).build().unwrap().exchange().await.unwrap_err();
    assert_eq!(Refusal::of(&error).unwrap().kind(), RefusalKind::ScopeTooBroad);
    assert!(!error.is_retryable() && script.sent().len() == 1);
}

#[tokio::test]
async fn a_14_r_13_r_14_the_scopes_of_the_app_are_seen_and_one_that_is_missing_is_refused() {
    let script = Script::new([answer(200, YES), answer(200, YES)]);
    let token = script.flow(ORG).scopes(["api"]).build().unwrap().exchange().await.unwrap();
    assert_eq!(token.scopes(), ["api", "id"], "what the app has beyond need is there to be shown");
    let error = script.flow(ORG).scopes(["wave_api"]).build().unwrap().exchange().await.unwrap_err();
    assert!(error.to_string().contains("`wave_api`"), "{error}");
    assert!(script.sent().iter().all(|sent| sent.body == "grant_type=client_credentials"), "scopes are not sent");
}

#[tokio::test]
async fn c_06_c_19_a_20_another_org_or_run_as_user_is_refused() {
    let script = Script::new([]);
    let flow = || script.flow(ORG);
    let id = |text: &str| text.parse().unwrap();
    flow()
        .expect_org(id("00D000000000001"))
        .expect_user(id("005000000000002"))
        .build()
        .unwrap()
        .exchange()
        .await
        .unwrap();
    let error = flow().expect_org(id("00D000000000009")).build().unwrap().exchange().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Auth && error.to_string().contains("00D000000000001EAA"), "{error}");
    let error = flow().expect_user(id("005000000000009")).build().unwrap().exchange().await.unwrap_err();
    assert!(error.to_string().contains("005000000000002AAA") && error.to_string().contains("Run As"), "{error}");
}

#[tokio::test]
async fn c_27_while_a_secret_is_rotated_the_old_and_the_new_one_are_good() {
    let wrong = || answer(400, r#"{"error":"invalid_client","error_description":"invalid client credentials"}"#);
    let script = Script::new([wrong(), answer(200, YES), answer(200, YES), wrong(), wrong()]);
    let flow = script.flow(ORG).or_credentials("canary-next", "canary-secret-2".into()).build().unwrap();
    flow.exchange().await.unwrap();
    flow.exchange().await.unwrap();
    let error = flow.exchange().await.unwrap_err();
    assert!(!format!("{error} {error:?} {flow:?}").contains("canary"));
    let used: Vec<_> = script.sent().iter().map(|sent| sent.headers["authorization"].clone()).collect();
    assert!(used[0] != used[1] && used[1] == used[2], "the one that worked is kept to");
    assert_eq!(used.len(), 5);
    // Any other refusal is not answered with another secret.
    let script = Script::new([answer(400, r#"{"error":"app_blocked"}"#)]);
    let flow = script.flow(ORG).or_credentials("k", "s".into()).build().unwrap();
    flow.exchange().await.unwrap_err();
    assert_eq!(script.sent().len(), 1);
}
