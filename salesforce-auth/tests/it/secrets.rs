//! Calls at the most talkative log level, over the ways that fail, and not one secret in what is printed.

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, Mutex};

use salesforce_auth::{Cached, ClientCredentials, FixedToken};
use salesforce_http::{Connection, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// All of a secret's parts that must not be seen. The last is the header's base64.
const CANARIES: [&str; 5] = ["canarysecret", "canarytoken", "canarykey", "canaryvalue", "Y2FuYXJ5a2V5"];

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A login host and an org in one: it answers each request with the next text, and closes.
async fn server(make: impl FnOnce(&str) -> Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = make(&url);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let mut length = 0;
            while !request[..length].windows(4).any(|end| end == b"\r\n\r\n") {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            // Headers and a short body come in one piece or two; what is left unread does not matter here.
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
        }
    });
    url
}

pub(crate) fn everything(error: &dyn StdError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_29_b10_06_s_35_no_secret_is_printed_by_logs_errors_or_debug() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish()
        .try_init()
        .unwrap();
    let mut printed = String::new();

    // A login that works, a session that expires, a renewal, an answer that is cut, an error that quotes the token.
    let url = server(|url| {
        let token = |number| {
            let body = format!(
                r#"{{"access_token":"00D000000000001!canarytoken{number}","instance_url":"{url}","token_type":"Bearer"}}"#
            );
            http("200 OK", &body)
        };
        let refusal = r#"{"error":"invalid_client","error_description":"canarysecret of canarykey is wrong, canarytoken9"}"#;
        vec![
            token(1),
            http("401 Unauthorized", r#"[{"errorCode":"INVALID_SESSION_ID","message":"expired: 00D000000000001!canarytoken1"}]"#),
            token(2),
            http("400 Bad Request", r#"[{"errorCode":"MALFORMED_QUERY","message":"00D000000000001!canarytoken2"}]"#),
            http("503 Service Unavailable", "<html>00D000000000001!canarytoken2</html>"),
            http("200 OK", "{\"x\":").replace("Length: 5", "Length: 500"),
            http("302 Found", "").replace("Content-Type", "Location: https://attacker.test/?sid=canarytoken2\r\nContent-Type"),
            http("200 OK", r#"{"Id":"canaryvalue"}"#),
            http("401 Unauthorized", r#"[{"errorCode":"INVALID_SESSION_ID","message":"x"}]"#),
            http("400 Bad Request", &refusal.replace(", canarytoken9", "")),
            http("401 Unauthorized", r#"[{"errorCode":"INVALID_SESSION_ID","message":"x"}]"#),
            http("200 OK", r#"{"access_token":"canarytoken3","#),
        ]
    })
    .await;
    let flow = ClientCredentials::new(&url, "canarykey", "canarysecret".into()).build().unwrap();
    printed.push_str(&format!("{flow:?}"));
    let cached = Cached::new(flow);
    printed.push_str(&format!("{cached:?}"));
    let connection = Connection::builder(cached).max_tries(1).build().unwrap();
    let query = || Request::get("query").query("q", "SELECT Id FROM Account WHERE Name = 'canaryvalue'");

    for _ in 0..4 {
        let error = connection.send(query()).await.unwrap_err();
        printed.push_str(&everything(&error));
        printed.push_str(&format!("{:?}{:?}", error.body(), error.api_errors()));
    }
    let response = connection.send(query()).await.unwrap();
    printed.push_str(&format!("{response:?} {connection:?} {:?}", query()));
    printed.push_str(&everything(&response.json::<Vec<u8>>().unwrap_err()));
    for _ in 0..2 {
        printed.push_str(&everything(&connection.send(query()).await.unwrap_err()));
    }
    assert_eq!(connection.calls(), 8);

    // A fixed token, and a host that is not there.
    let fixed = FixedToken::new("http://127.0.0.1:1", "canarytoken4".into()).unwrap();
    printed.push_str(&format!("{fixed:?}"));
    let connection = Connection::builder(fixed).max_tries(1).no_proxy().build().unwrap();
    printed.push_str(&everything(&connection.send(query()).await.unwrap_err()));
    printed.push_str(&everything(
        &connection.send(Request::follow("https://attacker.test/?q=canaryvalue")).await.unwrap_err(),
    ));

    // Every other flow, against every way an answer can be bad.
    let failures = crate::every_flow::every_flow(&mut printed).await;
    assert!(failures > 100, "{failures}");

    let log = log.text();
    for seen in ["asking for a token", "GET query?q=…", "hyper", "reqwest"] {
        assert!(log.contains(seen), "the log does not hold `{seen}`, so this test sees nothing:\n{log}");
    }
    for (what, text) in [("logs", &log), ("errors and Debug", &printed)] {
        for canary in CANARIES {
            let at = text.find(canary).map(|at| &text[at.saturating_sub(300)..(at + 100).min(text.len())]);
            assert_eq!(at, None, "{canary} is in {what}");
        }
    }
}
