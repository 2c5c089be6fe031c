//! What goes out, what comes back, and what is tried again.

use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use salesforce_http::{Clock, ErrorKind, Request, TransportErrorKind};
use salesforce_types::ApiVersion;
use serde::Deserialize;

use crate::support::{EXPIRED, LOCKED, OK, Script, Step, Tokens, answer, with};

#[tokio::test]
async fn every_call_says_who_it_is() {
    let script = Script::new([]);
    let connection =
        script.build(Tokens::default(), |builder| builder.client_name("acme-backup/1.2").api_version(ApiVersion::V60));
    let request = Request::get("sobjects").header("Sforce-Call-Options", "defaultNamespace=ns");
    connection.send(request).await.unwrap();
    connection.send(Request::post("sobjects/Account").json(&serde_json::json!({"Name": "Acme"}))).await.unwrap();

    let sent = script.sent();
    assert_eq!(sent[0].url, "https://acme.my.salesforce.com/services/data/v60.0/sobjects");
    assert_eq!(sent[0].header("authorization"), "Bearer token-1");
    assert!(sent[0].headers["authorization"].is_sensitive());
    assert!(sent[0].header("user-agent").starts_with("acme-backup/1.2 salesforce-http/"));
    assert_eq!(sent[0].header("sforce-call-options"), "client=acme-backup/1.2; defaultNamespace=ns");
    assert_eq!(sent[1].header("sforce-call-options"), "client=acme-backup/1.2");
    assert_eq!((sent[1].method.as_str(), &*sent[1].body), ("POST", br#"{"Name":"Acme"}"#.as_slice()));
    assert_eq!(sent[1].header("content-type"), "application/json");
    assert_eq!(connection.calls(), 2);
}

#[tokio::test]
async fn what_the_org_says_of_its_limits_is_kept() {
    let limits = |text| with(200, &[("Sforce-Limit-Info", text)], OK);
    let script = Script::new([
        limits("api-usage=10/15000"),
        limits("api-usage=11/15000; per-app-api-usage=1/2(appName=A)"),
        with(400, &[("sforce-limit-info", "api-usage=12/15000")], "[]"),
    ]);
    let connection = script.connection();
    assert_eq!(connection.usage(), None);
    for (used, app) in [(10, false), (11, true), (12, false), (12, false)] {
        let _ = connection.send(Request::get("limits")).await;
        let usage = connection.usage().unwrap();
        assert_eq!((usage.used, usage.per_app.is_some()), (used, app));
    }
}

#[tokio::test]
async fn a_read_is_tried_again_after_whatever_passes() {
    for step in [
        answer(503, r#"[{"errorCode":"SERVER_UNAVAILABLE","message":"Server too busy"}]"#),
        answer(503, "<html>We are down for maintenance."),
        answer(200, "<html>We are down for maintenance."),
        answer(200, r#"[{"errorCode":"SERVER_UNAVAILABLE","message":"Server too busy"}]"#),
        answer(406, ""),
        answer(420, "<html>"),
        answer(429, ""),
        answer(500, r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":""}]"#),
        answer(502, ""),
        answer(400, LOCKED),
        Step::Fail(TransportErrorKind::Connect),
        Step::Fail(TransportErrorKind::ConnectTimeout),
        Step::Fail(TransportErrorKind::ReadTimeout),
        Step::Fail(TransportErrorKind::Broken),
        Step::Cut(200, "{\"ok\":", TransportErrorKind::Broken),
        Step::Cut(200, "x", TransportErrorKind::Compression),
    ] {
        let script = Script::new([step.clone()]);
        let response = script.clock.run(script.connection().send(Request::get("limits"))).await;
        assert_eq!(response.unwrap().tries(), 2, "{step:?}");
    }
}

#[tokio::test]
async fn what_stays_wrong_is_not_tried_again() {
    for (step, kind) in [
        (answer(400, r#"[{"errorCode":"INVALID_FIELD","message":""}]"#), ErrorKind::Invalid),
        (
            answer(403, r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]"#),
            ErrorKind::Limit,
        ),
        (answer(404, "<html>"), ErrorKind::NotFound),
        (answer(410, r#"[{"errorCode":"GONE","message":""}]"#), ErrorKind::Config),
        (answer(302, ""), ErrorKind::Other),
        (Step::Fail(TransportErrorKind::Request), ErrorKind::Invalid),
    ] {
        let script = Script::always(step);
        let error = script.clock.run(script.connection().send(Request::get("limits"))).await.unwrap_err();
        assert_eq!((error.kind(), error.tries(), script.sent().len()), (kind, 1, 1), "{error}");
    }
}

#[tokio::test]
async fn trying_ends_after_so_many_times_and_says_so() {
    let script = Script::always(answer(503, ""));
    let error = script.clock.run(script.connection().send(Request::get("limits"))).await.unwrap_err();
    assert_eq!((error.tries(), script.sent().len()), (5, 5));
    assert!(error.is_retryable() && error.to_string().ends_with("(after 5 tries)"), "{error}");

    let script = Script::always(answer(500, r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":""}]"#));
    let error = script.clock.run(script.connection().send(Request::get("limits"))).await.unwrap_err();
    assert_eq!(error.tries(), 3);
}

#[tokio::test]
async fn pauses_grow_and_differ() {
    let script = Script::always(answer(503, ""));
    let connection =
        script.build(Tokens::default(), |builder| builder.max_tries(8).deadline(Duration::from_secs(3600)));
    for _ in 0..10 {
        script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
    }
    let times: Vec<Duration> = script.sent().iter().map(|sent| sent.at).collect();
    let pauses: Vec<Vec<Duration>> =
        times.chunks(8).map(|times| times.windows(2).map(|pair| pair[1] - pair[0]).collect()).collect();
    for pauses in &pauses {
        for (pause, most) in pauses.iter().zip([500, 1000, 2000, 4000, 8000, 16_000, 30_000]) {
            assert!(*pause <= Duration::from_millis(most));
        }
    }
    let sixth: std::collections::BTreeSet<_> = pauses.iter().map(|pauses| pauses[5]).collect();
    assert!(sixth.len() > 5, "no jitter: {sixth:?}");
    assert!(pauses.iter().map(|pauses| pauses[6]).max() > Some(Duration::from_secs(4)), "no growth");
}

#[tokio::test]
async fn what_the_server_asks_for_is_waited_for() {
    for header in ["90", "Thu, 01 Jan 1970 00:01:30 GMT"] {
        let script = Script::new([with(503, &[("Retry-After", header)], "")]);
        script.clock.run(script.connection().send(Request::get("limits"))).await.unwrap();
        let waited = script.sent()[1].at;
        assert!(waited >= Duration::from_secs(90) && waited <= Duration::from_millis(90_500), "{waited:?}");
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_per_call() {
    let (script, tokens) = (Script::new([answer(401, EXPIRED)]), Tokens::default());
    let connection = script.build(tokens.clone(), |builder| builder.max_tries(1));
    assert_eq!(connection.send(Request::get("limits")).await.unwrap().tries(), 2);
    assert_eq!(script.sent()[1].header("authorization"), "Bearer token-2");
    assert_eq!((tokens.renewals(), script.clock.elapsed()), (1, Duration::ZERO));

    let (script, tokens) = (Script::always(answer(401, EXPIRED)), Tokens::default());
    let error = script.build(tokens.clone(), |builder| builder).send(Request::get("limits")).await.unwrap_err();
    assert_eq!((error.kind(), tokens.renewals(), script.sent().len()), (ErrorKind::Auth, 1, 2));
    assert!(error.to_string().contains("renewed and refused again"), "{error}");
}

#[tokio::test]
async fn refusals_that_a_new_token_cannot_cure_cause_no_renewal() {
    for body in [
        r#"[{"message":"This session is not valid for use with the REST API","errorCode":"INVALID_SESSION_ID"}]"#,
        r#"[{"message":"Connected app is not attached to Agent","errorCode":"INVALID_SESSION_ID"}]"#,
        r#"[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]"#,
    ] {
        let (script, tokens) = (Script::always(answer(401, body)), Tokens::default());
        let error = script.build(tokens.clone(), |builder| builder).send(Request::get("limits")).await.unwrap_err();
        assert_eq!((error.kind(), tokens.renewals(), script.sent().len()), (ErrorKind::Auth, 0, 1), "{error}");
    }
}

#[tokio::test]
async fn the_stale_token_of_userinfo_is_renewed_too() {
    let script = Script::new([answer(403, "Bad_OAuth_Token")]);
    assert_eq!(script.connection().send(Request::get("/services/oauth2/userinfo")).await.unwrap().tries(), 2);
}

#[tokio::test]
async fn no_more_calls_run_at_once_than_allowed() {
    let script = Script::always(Step::After(Duration::from_secs(1), Box::new(answer(200, OK))));
    let connection = script.build(Tokens::default(), |builder| builder.concurrency(3));
    let calls = join_all((0..10).map(|_| connection.send(Request::get("limits"))));
    assert!(script.clock.run(calls).await.iter().all(Result::is_ok));
    assert_eq!((script.most_at_once(), script.clock.elapsed()), (3, Duration::from_secs(4)));
}

#[tokio::test]
async fn a_stream_holds_its_place_until_it_is_dropped() {
    let script = Script::new([]);
    let connection = script.build(Tokens::default(), |builder| builder.concurrency(1).deadline(Duration::from_secs(9)));
    let stream = connection.open(Request::get("a")).await.unwrap();
    let error = script.clock.run(connection.send(Request::get("b"))).await.unwrap_err();
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Timeout, 0));
    let pieces: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(pieces, [OK]);
    connection.send(Request::get("b")).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_and_not_an_end() {
    let script = Script::new([answer(503, ""), Step::Cut(200, "abc", TransportErrorKind::Broken)]);
    let mut stream = script.clock.run(script.connection().open(Request::get("x"))).await.unwrap();
    assert_eq!(stream.try_next().await.unwrap().unwrap(), "abc");
    let error = stream.try_next().await.unwrap_err();
    assert_eq!((error.kind(), error.call()), (ErrorKind::Connect, Some("GET x")));
}

#[tokio::test]
async fn a_page_is_an_answer_when_it_is_streamed() {
    let script = Script::new([answer(200, "<html>We are down for maintenance.")]);
    let stream = script.connection().open(Request::get("sobjects/Document/x/Body")).await.unwrap();
    assert!(stream.collect_up_to(100).await.unwrap().starts_with(b"<html>"));
}

#[tokio::test]
async fn json_errors_name_the_place() {
    #[derive(Debug, Deserialize)]
    struct Page {
        #[serde(rename = "records")]
        _records: Vec<Row>,
    }
    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "Amount")]
        _amount: f64,
    }
    for (body, says) in [
        (r#"{"records":[{"Amount":1},{"Amount":"canary"}]}"#, "not as expected, at `records[1].Amount`"),
        (r#"{"records":[{"Amount":1},{"Amo"#, "ends too early, at `records[1]"),
        ("", "empty"),
        (" ", "empty"),
        ("[", "too early"),
        ("nonsense", "not as expected, at line 1"),
    ] {
        let script = Script::new([with(200, &[("X-SFDC-Request-Id", "req-1")], body)]);
        let error = script.connection().send(Request::get("query")).await.unwrap().json::<Page>().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("GET query failed with 200: ") && text.contains(says), "{text}");
        assert!(error.kind() == ErrorKind::Decode && error.request_id() == Some("req-1"));
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn the_answer_tells_the_orgs_time() {
    let script =
        Script::new([with(200, &[("Date", "Sun, 01 Mar 2026 17:49:01 GMT")], OK), with(304, &[("Date", "x")], "")]);
    let connection = script.connection();
    let response = connection.send(Request::get("limits")).await.unwrap();
    assert_eq!(response.date().unwrap().to_string(), "2026-03-01T17:49:01.000+0000");
    let response = connection.send(Request::get("sobjects")).await.unwrap();
    assert_eq!((response.status().as_u16(), response.date()), (304, None));
}

#[tokio::test]
async fn an_answer_inside_another_fails_as_one_of_its_own_would() {
    let answer = Script::new([]).connection().send(Request::get("limits")).await.unwrap();
    let inner = |status: u16, body: &'static str| answer.inner(status.try_into().unwrap(), body.into());
    assert_eq!(inner(304, "").unwrap().status().as_u16(), 304);
    assert_eq!(inner(400, LOCKED).unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(inner(404, "gone").unwrap_err().body(), Some("gone"));
}

#[tokio::test]
async fn answers_over_the_cap_are_refused() {
    let script = Script::new([]);
    let connection = script.build(Tokens::default(), |builder| builder.response_cap(OK.len()));
    connection.send(Request::get("limits")).await.unwrap();
    let error = connection.send(Request::get("limits").response_cap(OK.len() - 1)).await.unwrap_err();
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Limit, 1));
    assert!(error.to_string().contains("cap of 10 bytes"), "{error}");
}
