//! Against the mock org: trouble on the wire, and what the org holds afterwards.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use salesforce_http::{
    AccessToken, Connection, ErrorKind, Request, Response, Result, TokenProvider, async_trait, transport,
};
use salesforce_mock::{Fault, MockOrg};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// Takes its tokens from the org itself, one login less to look at.
struct FromOrg {
    org: Arc<MockOrg>,
    held: Mutex<Arc<AccessToken>>,
}

impl FromOrg {
    fn new(org: &Arc<MockOrg>) -> Self {
        Self { org: org.clone(), held: Mutex::new(Self::fresh(org)) }
    }

    fn fresh(org: &MockOrg) -> Arc<AccessToken> {
        Arc::new(AccessToken::new(org.access_token().into(), org.url()).unwrap())
    }
}

impl std::fmt::Debug for FromOrg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FromOrg")
    }
}

#[async_trait]
impl TokenProvider for FromOrg {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        Ok(self.held.lock().await.clone())
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        let mut held = self.held.lock().await;
        if Arc::ptr_eq(&held, refused) {
            *held = Self::fresh(&self.org);
        }
        Ok(held.clone())
    }
}

async fn connect() -> (Arc<MockOrg>, Connection) {
    let org = Arc::new(MockOrg::start().await);
    let pause = Duration::from_millis(1);
    let connection = Connection::builder(FromOrg::new(&org)).back_off(pause, pause).build().unwrap();
    (org, connection)
}

fn count(name: &str) -> Request {
    Request::get("query").query("q", &format!("SELECT COUNT() FROM Account WHERE Name = '{name}'"))
}

fn total(response: &Response) -> u64 {
    response.json::<Value>().unwrap()["totalSize"].as_u64().unwrap()
}

#[tokio::test]
async fn a_query_goes_through_and_the_usage_is_seen() {
    let (_org, connection) = connect().await;
    let response = connection.send(count("no such + name & more")).await.unwrap();
    assert_eq!((total(&response), response.tries()), (0, 1));
    assert!(connection.usage().unwrap().used > 0 && response.date().is_some());
}

#[tokio::test]
async fn a_read_survives_what_passes() {
    let (org, connection) = connect().await;
    for fault in [
        Fault::reset(),
        Fault::lost_answer(),
        Fault::truncated(5),
        Fault::gzip_garbage(),
        Fault::maintenance(),
        Fault::body(200, "text/html", "<html>We are down for maintenance."),
        Fault::status(503),
        Fault::error(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        Fault::expired_token(),
    ] {
        let shown = format!("{fault:?}");
        org.fault(fault.at("limits"));
        let response = connection.send(Request::get("limits")).await.unwrap();
        assert_eq!(response.tries(), 2, "{shown}");
        assert!(response.json::<Value>().unwrap()["DailyApiRequests"]["Max"].is_u64());
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_made_once_and_said_to_be_unsure() {
    let (org, connection) = connect().await;
    let create = || Request::post("sobjects/Account").json(&json!({"Name": "Lost"}));
    for (fault, rows) in [(Fault::lost_answer(), 1), (Fault::reset(), 1), (Fault::truncated(3), 2)] {
        org.fault(fault.at("sobjects/Account").method(Method::POST));
        let error = connection.send(create()).await.unwrap_err();
        assert_eq!((error.kind(), error.tries()), (ErrorKind::OutcomeUnknown, 1), "{error:?}");
        assert_eq!(total(&connection.send(count("Lost")).await.unwrap()), rows);
    }
    org.fault(Fault::error(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access").method(Method::POST));
    assert_eq!(connection.send(create()).await.unwrap().tries(), 2);
    assert_eq!(total(&connection.send(count("Lost")).await.unwrap()), 3);
}

#[tokio::test]
async fn a_crowd_with_an_expired_token_is_served() {
    let (org, connection) = connect().await;
    org.expire_tokens();
    let answers = join_all((0..20).map(|_| connection.send(Request::get("limits")))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(connection.calls() <= 40);
}

#[tokio::test]
async fn an_error_of_the_org_is_told_in_its_own_words() {
    let (_org, connection) = connect().await;
    let error = connection.send(Request::get("query").query("q", "SELECT Nam FROM Account")).await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Invalid, 400));
    assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_FIELD");
    assert!(error.to_string().starts_with("GET query?q=… failed with 400: INVALID_FIELD: "), "{error}");
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_only_when_given() {
    let org = Arc::new(MockOrg::builder().tls().start().await.unwrap());
    let pem = std::fs::read(org.ca_cert().unwrap()).unwrap();
    let connect = |settings: transport::Settings| {
        let builder = Connection::builder(FromOrg::new(&org)).max_tries(1).transport(settings.build().unwrap());
        builder.build().unwrap()
    };
    let trusting = connect(transport::Settings::new().root_certificate(&pem));
    trusting.send(Request::get("limits")).await.unwrap();
    let error = connect(transport::Settings::new()).send(Request::get("limits")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
}
