//! A client whose answers are written down in the test, and what it sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header;
use salesforce_http::transport::{Transport, TransportError, TransportErrorKind};
use salesforce_http::{
    AccessToken, Body, BodyStream, Connection, Error, ErrorKind, ManualClock, TokenProvider, async_trait,
};
use salesforce_metadata::{ApiVersion, Client, Timestamp};

const TOKEN: &str = "00Dx!token";

/// One call as it was sent: method, path with query, body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

/// Gives the next answer to each call.
#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<(VecDeque<Answer>, Vec<Sent>)>>, ManualClock);

#[derive(Clone, Debug)]
enum Answer {
    Body(u16, String),
    /// The answer breaks off after its first half.
    Half(String),
    /// The request left, and nothing came back.
    Lost,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self(Arc::default(), ManualClock::new(Timestamp::EPOCH))
    }

    /// An answer of SOAP with these results.
    pub(crate) fn soap(self, body: &str) -> Self {
        self.push(Answer::Body(200, envelope(body)))
    }

    pub(crate) fn fault(self, status: u16, code: &str, text: &str) -> Self {
        let fault =
            format!("<e:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring></e:Fault>");
        self.push(Answer::Body(status, envelope(&fault)))
    }

    pub(crate) fn answer(self, status: u16, body: impl Into<String>) -> Self {
        self.push(Answer::Body(status, body.into()))
    }

    pub(crate) fn half(self, body: &str) -> Self {
        self.push(Answer::Half(envelope(body)))
    }

    pub(crate) fn lost(self) -> Self {
        self.push(Answer::Lost)
    }

    fn push(self, answer: Answer) -> Self {
        self.0.lock().unwrap().0.push_back(answer);
        self
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(TOKEN, ApiVersion::V66)
    }

    pub(crate) fn client_with(&self, token: &str, version: ApiVersion) -> Client {
        let connection = Connection::builder(Token::new(token))
            .api_version(version)
            .transport(Arc::new(self.clone()))
            .clock(Arc::new(self.1.clone()))
            .build();
        Client::new(connection.unwrap())
    }

    /// Runs what waits, without waiting.
    pub(crate) async fn run<F: IntoFuture>(&self, future: F) -> F::Output {
        self.1.run(future.into_future()).await
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().1.clone()
    }

    /// The SOAP operations that were sent, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        let operation = |sent: Sent| {
            let body = sent.body.split("Body><").nth(1).unwrap_or_default();
            body.split(['>', ' ', '/']).next().unwrap_or_default().to_owned()
        };
        self.sent().into_iter().map(operation).collect()
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.0.lock().unwrap().0.is_empty()
    }
}

pub(crate) fn envelope(body: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>{body}</e:Body></e:Envelope>"#
    )
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let script = self.0.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.into_stream().collect_up_to(64 << 20).await?;
            let (answers, sent) = &mut *script.lock().unwrap();
            sent.push(Sent {
                method: parts.method.to_string(),
                path: parts.uri.path_and_query().unwrap().to_string(),
                body: String::from_utf8_lossy(&body).into_owned(),
            });
            match answers.pop_front().expect("the script has an answer for each call") {
                Answer::Lost => Err(TransportError::new(TransportErrorKind::Broken)),
                Answer::Half(body) => {
                    let half = Bytes::from(body[..body.len() / 2].to_owned());
                    let pieces = [Ok(half), Err(TransportError::new(TransportErrorKind::Broken))];
                    Ok(response(200, "text/xml", BodyStream::new(futures_util::stream::iter(pieces))))
                }
                Answer::Body(status, body) => {
                    let kind = if body.starts_with(['{', '[']) { "application/json" } else { "text/xml" };
                    // In small pieces, as a network may bring them.
                    let pieces: Vec<_> =
                        body.into_bytes().chunks(100).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                    Ok(response(status, kind, BodyStream::new(futures_util::stream::iter(pieces))))
                }
            }
        }
        .boxed()
    }
}

fn response(status: u16, kind: &str, body: BodyStream) -> http::Response<BodyStream> {
    http::Response::builder().status(status).header(header::CONTENT_TYPE, kind).body(body).unwrap()
}

/// One token, and no other.
#[derive(Debug)]
struct Token(Arc<AccessToken>);

impl Token {
    fn new(token: &str) -> Self {
        Self(Arc::new(AccessToken::new(token.into(), "https://acme.my.salesforce.com").unwrap()))
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
