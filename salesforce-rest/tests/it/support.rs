//! A client whose answers are written down in the test, and what it sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header;
use salesforce_http::transport::{Transport, TransportError, TransportErrorKind};
use salesforce_http::{
    AccessToken, Body, BodyStream, Connection, Error, ErrorKind, ManualClock, TokenProvider, async_trait,
};
use salesforce_mock::MockOrg;
use salesforce_rest::{Client, Outcome, Written};
use salesforce_types::Timestamp;

pub(crate) const ID: &str = "001D000000IqhSLIAZ";

/// One call as it was sent: method, path with query, body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) options: Option<String>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

/// Gives the next answer to each call.
#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<(VecDeque<Answer>, Vec<Sent>)>>, ManualClock, Option<ByBody>);

/// Status and body for a call with this body.
type ByBody = fn(&str) -> (u16, String);

impl Default for Script {
    fn default() -> Self {
        Self(Arc::default(), ManualClock::new(Timestamp::EPOCH), None)
    }
}

#[derive(Clone, Debug)]
enum Answer {
    Body(u16, String),
    With(u16, Vec<(&'static str, &'static str)>, String),
    /// The request left, and nothing came back.
    Lost,
}

impl Script {
    pub(crate) fn answer(self, status: u16, body: impl Into<String>) -> Self {
        self.0.lock().unwrap().0.push_back(Answer::Body(status, body.into()));
        self
    }

    pub(crate) fn answer_with(
        self,
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: impl Into<String>,
    ) -> Self {
        self.0.lock().unwrap().0.push_back(Answer::With(status, headers.to_vec(), body.into()));
        self
    }

    /// Answers what is not written down by what is asked, for calls that come in any order.
    pub(crate) fn by_body(self, answer: ByBody) -> Self {
        Self(self.0, self.1, Some(answer))
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.1.advance(time);
    }

    pub(crate) fn lost(self) -> Self {
        self.0.lock().unwrap().0.push_back(Answer::Lost);
        self
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder(Token::new("00Dx!token", "https://acme.my.salesforce.com"))
            .transport(Arc::new(self.clone()))
            .clock(Arc::new(self.1.clone()))
            .build()
            .unwrap()
    }

    /// Runs what waits between tries, without waiting.
    pub(crate) async fn run<F: IntoFuture>(&self, future: F) -> F::Output {
        self.1.run(future.into_future()).await
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().1.clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.sent().into_iter().map(|sent| sent.path).collect()
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let (answers, sent) = &mut *self.0.lock().unwrap();
        sent.push(Sent {
            method: request.method().to_string(),
            path: request.uri().path_and_query().unwrap().to_string(),
            options: request.headers().get("Sforce-Query-Options").map(|value| value.to_str().unwrap().to_owned()),
            headers: request.headers().clone(),
            body: String::from_utf8_lossy(request.body().as_bytes().unwrap()).into_owned(),
        });
        let by_body = || {
            let (status, body) = self.2?(&sent.last()?.body);
            Some(Answer::Body(status, body))
        };
        let answer = match answers.pop_front().or_else(by_body).expect("the script has an answer for each call") {
            Answer::Lost => Err(TransportError::new(TransportErrorKind::Broken)),
            Answer::Body(status, body) => Ok(response(status, &[], body)),
            Answer::With(status, headers, body) => Ok(response(status, &headers, body)),
        };
        std::future::ready(answer).boxed()
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: String) -> http::Response<BodyStream> {
    let response = http::Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json;charset=UTF-8")
        .header(header::DATE, "Sun, 01 Mar 2026 17:49:01 GMT");
    let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
    response.body(BodyStream::from(Bytes::from(body))).unwrap()
}

/// A client of a mock org that does not pause between tries.
pub(crate) fn connect(org: &MockOrg) -> Client {
    let connection = Connection::builder(Token::new(&org.access_token(), org.url()))
        .back_off(Duration::ZERO, Duration::ZERO)
        .build()
        .unwrap();
    Client::new(connection)
}

/// A client of a mock org that may have so many calls under way.
pub(crate) fn narrow(org: &MockOrg, places: usize) -> Client {
    Client::builder(Token::new(&org.access_token(), org.url())).concurrency(places).build().unwrap()
}

/// One token, and no other.
#[derive(Debug)]
pub(crate) struct Token(Arc<AccessToken>);

impl Token {
    pub(crate) fn new(token: &str, instance_url: &str) -> Self {
        Self(Arc::new(AccessToken::new(token.into(), instance_url).unwrap()))
    }
}

#[async_trait]
impl TokenProvider for Token {
    async fn token(&self) -> salesforce_http::Result<Arc<AccessToken>> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _refused: &Arc<AccessToken>) -> salesforce_http::Result<Arc<AccessToken>> {
        Err(Error::new(ErrorKind::Auth, "there is one token only"))
    }
}

/// A page of rows, as an org writes it.
pub(crate) fn page(rows: &[&str], total: usize, next: Option<&str>) -> String {
    let records: Vec<_> = rows
        .iter()
        .map(|name| format!(r#"{{"attributes":{{"type":"Account","url":"/services/data/v68.0/sobjects/Account/{ID}"}},"Name":"{name}"}}"#))
        .collect();
    let next_url = next.map(|next| format!(r#""nextRecordsUrl":"{next}","#)).unwrap_or_default();
    format!(r#"{{"totalSize":{total},"done":{},{next_url}"records":[{}]}}"#, next.is_none(), records.join(","))
}

/// What became of each row: `d`one, `r`efused, `u`nknown.
pub(crate) fn states(outcomes: &[Outcome]) -> String {
    let state = |outcome: &Outcome| match outcome.result {
        Written::Done { .. } => 'd',
        Written::Refused(_) => 'r',
        Written::Unknown(_) => 'u',
    };
    outcomes.iter().map(state).collect()
}
