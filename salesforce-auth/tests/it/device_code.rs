//! The device flow on a clock that takes no time.

use std::sync::Arc;

use salesforce_auth::{App, DeviceCode, Grant, Refusal, RefusalKind};
use salesforce_http::{Clock, ErrorKind, ManualClock, Result, TransportErrorKind};
use salesforce_types::Timestamp;

use crate::support::{ORG, Script, Step, YES, answer};

const CODE: &str = r#"{"device_code":"canary-device","user_code":"FAKE1234","verification_uri":"https://acme.my.salesforce.com/setup/connect","interval":5}"#;

fn refused(error: &str) -> Step {
    answer(400, format!(r#"{{"error":"{error}"}}"#))
}

async fn run(steps: Vec<Step>) -> (Result<Grant>, u64, Script) {
    let script = Script::new([answer(200, CODE)].into_iter().chain(steps));
    let clock = ManualClock::new(Timestamp::EPOCH);
    let flow = DeviceCode::new(ORG, App::public("canary-key"))
        .transport(Arc::new(script.clone()))
        .clock(Arc::new(clock.clone()))
        .build()
        .unwrap();
    let code = flow.begin().await.unwrap();
    assert_eq!(
        (code.user_code(), code.verification_uri()),
        ("FAKE1234", "https://acme.my.salesforce.com/setup/connect")
    );
    assert!(!format!("{code:?} {flow:?}").contains("canary"));
    let result = clock.run(flow.finish(code)).await;
    (result, clock.elapsed().as_secs(), script)
}

#[tokio::test]
async fn the_code_is_asked_for_until_somebody_enters_it() {
    let (grant, seconds, script) = run(vec![
        refused("authorization_pending"),
        refused("slow_down"),
        Step::Fail(TransportErrorKind::Connect),
        answer(200, YES),
    ])
    .await;
    assert_eq!(grant.unwrap().user_id().unwrap().to_string(), "005000000000002AAA");
    assert_eq!(seconds, 5 + 5 + 10 + 10);
    let sent = script.sent();
    assert_eq!(sent[0].body, "response_type=device_code&scope=api+refresh_token&client_id=canary-key");
    assert_eq!(sent[1].body, "grant_type=device&code=canary-device&client_id=canary-key");
}

#[tokio::test]
async fn a_no_ends_it_and_so_does_a_code_that_is_not_known_any_more() {
    for (error, kind) in [
        ("access_denied", RefusalKind::Declined),
        ("invalid_grant", RefusalKind::Denied),
        ("invalid_request", RefusalKind::Malformed),
    ] {
        let (result, _, script) = run(vec![refused(error)]).await;
        assert_eq!(Refusal::of(&result.unwrap_err()).unwrap().kind(), kind);
        assert_eq!(script.sent().len(), 2);
    }
    let (result, _, script) = run((0..9).map(|_| refused("server_error")).collect()).await;
    assert!(result.unwrap_err().is_retryable());
    assert_eq!(script.sent().len(), 5, "three troubles are forgiven");
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let (result, seconds, _) = run((0..500).map(|_| refused("authorization_pending")).collect()).await;
    let error = result.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && seconds <= 600, "{error} {seconds}");
}

#[tokio::test]
async fn people_are_sent_to_salesforce_only() {
    for uri in ["https://attacker.test/connect", "javascript:alert(1)", "acme.my.salesforce.com", "http://127.0.0.1/"] {
        let script = Script::new([answer(200, CODE.replace("https://acme.my.salesforce.com/setup/connect", uri))]);
        let flow = DeviceCode::new(ORG, App::public("key")).transport(Arc::new(script)).build().unwrap();
        assert_eq!(flow.begin().await.unwrap_err().kind(), ErrorKind::ForeignHost, "{uri}");
    }
}

#[tokio::test]
async fn an_app_without_the_flow_is_told_so() {
    let script = Script::new([refused("oauth_flow_disabled")]);
    let flow = DeviceCode::new(ORG, App::public("key")).transport(Arc::new(script)).build().unwrap();
    let error = flow.begin().await.unwrap_err();
    assert_eq!(Refusal::of(&error).unwrap().kind(), RefusalKind::FlowDisabled);
}
