//! What changes something each time is sent again only when the org surely did not run it.

use std::time::Duration;

use salesforce_http::{Effect, ErrorKind, Request, TransportErrorKind};

use crate::support::{EXPIRED, LOCKED, OK, Script, Step, Tokens, answer, with};

fn create() -> Request {
    Request::post("sobjects/Account").json(&serde_json::json!({"Name": "Acme"}))
}

#[tokio::test]
async fn a_create_is_sent_again_when_it_surely_did_not_run() {
    for step in [
        Step::Fail(TransportErrorKind::Connect),
        Step::Fail(TransportErrorKind::ConnectTimeout),
        answer(400, LOCKED),
        answer(401, EXPIRED),
        answer(403, r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"ConcurrentPerOrgLongTxn Limit exceeded."}]"#),
        answer(429, ""),
        answer(503, r#"[{"errorCode":"SERVER_UNAVAILABLE","message":"Server too busy"}]"#),
        with(503, &[("retry-after", "1")], r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"per hour"}]"#),
    ] {
        let script = Script::new([step.clone()]);
        let response = script.clock.run(script.connection().send(create())).await;
        assert_eq!((response.unwrap().tries(), script.sent().len()), (2, 2), "{step:?}");
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_sent_again() {
    for step in [
        Step::Fail(TransportErrorKind::ReadTimeout),
        Step::Fail(TransportErrorKind::Broken),
        Step::Cut(201, "{\"id\":", TransportErrorKind::Broken),
        Step::Cut(201, "x", TransportErrorKind::Compression),
        answer(500, ""),
        answer(502, "<html>"),
        answer(503, "<html>We are down for maintenance."),
        answer(504, ""),
        answer(200, "<html>We are down for maintenance."),
        Step::After(Duration::from_secs(10_000), Box::new(answer(201, OK))),
    ] {
        let script = Script::always(step.clone());
        let error = script.clock.run(script.connection().send(create())).await.unwrap_err();
        assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 1), "{step:?}");
        assert!(error.outcome_unknown() && !error.is_retryable(), "{error:?}");
        assert!(error.to_string().contains("look before you repeat"), "{error}");
    }
}

#[tokio::test]
async fn a_create_the_org_refused_has_a_known_outcome() {
    for body in [
        r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":""}]"#,
        r#"[{"errorCode":"REQUIRED_FIELD_MISSING","message":""}]"#,
        r#"[{"errorCode":"TOO_MANY_APEX_REQUESTS","message":""}]"#,
    ] {
        let script = Script::always(answer(500, body));
        let error = script.clock.run(script.connection().send(create())).await.unwrap_err();
        assert_eq!((error.outcome_unknown(), script.sent().len()), (false, 1), "{error}");
    }
}

#[tokio::test]
async fn a_repeatable_change_is_sent_again_and_owns_up_to_a_lost_answer() {
    let gone = r#"[{"errorCode":"ENTITY_IS_DELETED","message":"entity is deleted"}]"#;
    let lost = || Step::Fail(TransportErrorKind::Broken);
    for (request, steps, unknown) in [
        (Request::delete("sobjects/Account/001"), [lost(), answer(404, gone)], true),
        (Request::delete("sobjects/Account/001"), [answer(429, ""), answer(404, gone)], false),
        (create().with_effect(Effect::Repeatable), [lost(), answer(404, gone)], true),
        (Request::get("sobjects/Account/001"), [lost(), answer(404, gone)], false),
    ] {
        let script = Script::new(steps);
        let error = script.clock.run(script.connection().send(request)).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown(), error.tries()), (ErrorKind::NotFound, unknown, 2));
    }
}

#[tokio::test]
async fn an_answer_tells_whether_that_of_an_earlier_try_was_lost() {
    let update = || create().with_effect(Effect::Repeatable);
    let broken_off = answer(500, r#"[{"errorCode":"UNKNOWN_EXCEPTION","message":""}]"#);
    let broken = Step::Fail(TransportErrorKind::Broken);
    for (first, lost) in [(broken, true), (broken_off, true), (answer(400, LOCKED), false)] {
        let script = Script::new([first]);
        let response = script.clock.run(script.connection().send(update())).await.unwrap();
        assert_eq!((response.tries(), response.an_earlier_try_was_lost()), (2, lost));
    }
}

#[tokio::test]
async fn a_call_that_the_org_broke_off_is_told_from_one_it_refused_or_gave_back() {
    for (status, code, broke_off) in [
        (400, "REQUEST_RUNNING_TOO_LONG", true),
        (500, "UNKNOWN_EXCEPTION", true),
        (500, "A_NEW_CODE", true),
        (400, "QUERY_TIMEOUT", true),
        (400, "A_NEW_CODE", false),
        (400, "REQUIRED_FIELD_MISSING", false),
        (400, "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", false),
        (400, "UNABLE_TO_LOCK_ROW", false),
    ] {
        let list = format!(r#"[{{"errorCode":"{code}","message":""}}]"#);
        let script = Script::always(answer(status, list.leak()));
        let error = script.clock.run(script.connection().send(create())).await.unwrap_err();
        assert_eq!((error.broke_off(), error.outcome_unknown()), (broke_off, false), "{code}");
    }
    let script = Script::always(Step::Fail(TransportErrorKind::Broken));
    let error = script.clock.run(script.connection().send(create())).await.unwrap_err();
    assert!(!error.broke_off() && error.outcome_unknown(), "no answer at all");
}

#[tokio::test]
async fn the_renewal_of_a_token_counts_for_no_try() {
    let script = Script::new([answer(401, EXPIRED), answer(400, LOCKED)]);
    let connection = script.build(Tokens::default(), |builder| builder.max_tries(3));
    assert_eq!(script.clock.run(connection.send(create())).await.unwrap().tries(), 3);
}

#[tokio::test]
async fn what_a_class_of_the_org_answers_is_its_own_word() {
    let post = || Request::post("/services/apexrest/widgets");
    for body in [LOCKED, "<html>We are down for maintenance."] {
        let script = Script::new([answer(200, body)]);
        let response = script.clock.run(script.connection().send(post())).await.unwrap();
        assert_eq!((&response.bytes()[..], script.sent().len()), (body.as_bytes(), 1));
    }
    // The class may have done something before it said so.
    for step in [answer(400, LOCKED), answer(429, ""), with(503, &[("Retry-After", "1")], LOCKED)] {
        let script = Script::new([step.clone()]);
        let error = script.clock.run(script.connection().send(post())).await.unwrap_err();
        assert_eq!((error.tries(), script.sent().len()), (1, 1), "{step:?}");
        let script = Script::new([step]);
        let read = script.clock.run(script.connection().send(Request::get("/services/apexrest/widgets"))).await;
        assert_eq!(read.unwrap().tries(), 2);
    }
    let script = Script::new([answer(401, EXPIRED)]);
    assert_eq!(script.connection().send(post()).await.unwrap().tries(), 2);
}
