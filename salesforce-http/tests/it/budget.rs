//! Deadlines and budgets end what would go on for ever.

use std::sync::Arc;
use std::time::Duration;

use salesforce_http::{AccessToken, Clock, Connection, Error, ErrorKind, Request, Result, TokenProvider, async_trait};

use crate::support::{OK, Script, Step, Tokens, answer, with};

#[tokio::test]
async fn a_call_ends_by_its_deadline_whatever_it_waits_for() {
    let slow = Step::After(Duration::from_secs(25), Box::new(answer(503, "")));
    let script = Script::always(slow);
    let connection =
        script.build(Tokens::default(), |builder| builder.deadline(Duration::from_secs(60)).max_tries(100));
    let error = script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
    assert!(script.clock.elapsed() <= Duration::from_secs(60), "{:?}", script.clock.elapsed());
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Busy) && error.is_retryable(), "{error}");
    assert!((2..=3).contains(&error.tries()), "{error}");
}

#[tokio::test]
async fn a_wait_that_would_pass_the_deadline_is_not_begun() {
    let script = Script::always(with(503, &[("Retry-After", "120")], ""));
    let connection = script.build(Tokens::default(), |builder| builder.deadline(Duration::from_secs(60)));
    let error = script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
    assert_eq!((script.clock.elapsed(), error.tries()), (Duration::ZERO, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    assert!(error.to_string().contains("deadline"), "{error}");

    let connection = script.build(Tokens::default(), |builder| builder.deadline(Duration::from_secs(600)));
    let error = script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
    assert_eq!(error.tries(), 5);
}

#[tokio::test]
async fn one_try_may_not_take_for_ever() {
    let script = Script::new([Step::After(Duration::from_secs(99), Box::new(answer(200, OK)))]);
    let connection = script.build(Tokens::default(), |builder| builder.timeout(Duration::from_secs(10)));
    let response = script.clock.run(connection.send(Request::get("limits"))).await.unwrap();
    assert_eq!(response.tries(), 2);
    assert!(script.clock.elapsed() < Duration::from_secs(11));
}

#[tokio::test]
async fn a_call_with_a_time_limit_of_its_own_is_bound_by_no_other() {
    let slow = || Script::new([Step::After(Duration::from_secs(3000), Box::new(answer(200, OK)))]);
    let (script, request) = (slow(), Request::get("limits").time_limit(Duration::from_secs(3600)));
    let connection = script.build(Tokens::default(), |builder| builder);
    script.clock.run(connection.send(request)).await.unwrap();

    let (script, request) = (slow(), Request::get("limits").time_limit(Duration::from_secs(60)));
    let connection = script.build(Tokens::default(), |builder| builder);
    script.clock.run(connection.send(request)).await.unwrap_err();
    assert!(script.clock.elapsed() <= Duration::from_secs(60), "{:?}", script.clock.elapsed());
}

#[tokio::test]
async fn the_budget_is_shared_by_all_calls_and_earned_back_by_answers() {
    let down = || answer(503, "");
    let script = Script::new((0..10).map(|_| down()));
    let connection = script.build(Tokens::default(), |builder| builder.retry_budget(6));
    let mut tries = Vec::new();
    for _ in 0..4 {
        let error = script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
        tries.push(error.tries());
        if error.tries() < 5 {
            assert!(error.to_string().contains("too many calls of this connection failed"), "{error}");
        }
    }
    assert_eq!(tries, [5, 3, 1, 1]);

    for _ in 0..20 {
        script.clock.run(connection.send(Request::get("limits"))).await.unwrap();
    }
    let script_again = Script::always(down());
    let fresh = script_again.build(Tokens::default(), |builder| builder.retry_budget(0));
    assert_eq!(script_again.clock.run(fresh.send(Request::get("limits"))).await.unwrap_err().tries(), 1);
}

#[derive(Debug)]
struct Never;

#[async_trait]
impl TokenProvider for Never {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        std::future::pending().await
    }
    async fn renew(&self, _: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        std::future::pending().await
    }
}

#[derive(Debug)]
struct Down(ErrorKind);

#[async_trait]
impl TokenProvider for Down {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        Err(Error::new(self.0, "the login failed"))
    }
    async fn renew(&self, _: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        Err(Error::new(self.0, "the login failed"))
    }
}

#[tokio::test]
async fn a_token_that_never_comes_ends_the_call() {
    let script = Script::new([]);
    let connection = script.build(Never, |builder| builder.deadline(Duration::from_secs(60)));
    let error = script.clock.run(connection.send(Request::get("limits"))).await.unwrap_err();
    assert_eq!((error.kind(), script.clock.elapsed()), (ErrorKind::Timeout, Duration::from_secs(60)));
    assert!(error.to_string().contains("waiting for a token"), "{error}");
}

#[tokio::test]
async fn a_login_that_is_down_is_tried_again_and_one_that_is_refused_is_not() {
    let (script, call) = (Script::new([]), Request::get("limits"));
    let error =
        script.clock.run(script.build(Down(ErrorKind::Busy), |builder| builder).send(call.clone())).await.unwrap_err();
    assert!(script.clock.elapsed() > Duration::ZERO && error.tries() == 0, "{error}");
    assert_eq!(error.to_string(), "GET limits failed: the login failed");

    let script = Script::new([]);
    script.clock.run(script.build(Down(ErrorKind::Auth), |builder| builder).send(call)).await.unwrap_err();
    assert_eq!(script.clock.elapsed(), Duration::ZERO);
}

#[test]
fn settings_of_no_use_are_refused() {
    let script = Script::new([]);
    let build = |change: fn(salesforce_http::ConnectionBuilder) -> salesforce_http::ConnectionBuilder| {
        change(Connection::builder(Tokens::default()).transport(Arc::new(script.clone()))).build()
    };
    for bad in [
        build(|builder| builder.concurrency(0)),
        build(|builder| builder.max_tries(0)),
        build(|builder| builder.client_name("")),
        build(|builder| builder.client_name("a;client=b")),
        build(|builder| builder.client_name("a\r\nb")),
        build(|builder| builder.client_name("x".repeat(65))),
        build(|builder| builder.proxy("http://proxy.acme.example")),
        build(|builder| builder.connect_timeout(Duration::from_secs(1))),
    ] {
        assert_eq!(bad.unwrap_err().kind(), ErrorKind::Config);
    }
    assert!(build(|builder| builder.client_name("acme-backup/1.2_x")).is_ok());
}
