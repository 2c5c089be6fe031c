//! A login host that plays a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use salesforce_auth::{ClientCredentials, ClientCredentialsBuilder};
use salesforce_http::{Body, BodyStream, Transport, TransportError, TransportErrorKind};

pub(crate) const ORG: &str = "https://acme.my.salesforce.com";
pub(crate) const SECRET: &str = "canary-secret";
pub(crate) const YES: &str = r#"{"access_token":"00D000000000001!canary.token","signature":"v3=","scope":"api id",
    "instance_url":"https://acme.my.salesforce.com/","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000002AAA",
    "token_type":"Bearer","issued_at":"1767225600000","unknown":{}}"#;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer(u16, Vec<(&'static str, &'static str)>, String),
    Fail(TransportErrorKind),
    Never,
}

pub(crate) fn answer(status: u16, body: impl Into<String>) -> Step {
    Step::Answer(status, Vec::new(), body.into())
}

#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    steps: Arc<Mutex<VecDeque<Step>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: Arc::new(Mutex::new(steps.into_iter().collect())), sent: Arc::default() }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    pub(crate) fn flow(&self, login: &str) -> ClientCredentialsBuilder {
        ClientCredentials::new(login, "canary-key", SECRET.into()).transport(Arc::new(self.clone()))
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let (parts, body) = request.into_parts();
        let body = body.as_bytes().unwrap().clone();
        self.sent.lock().unwrap().push(Sent { url: parts.uri.to_string(), headers: parts.headers, body });
        let step = self.steps.lock().unwrap().pop_front().unwrap_or_else(|| answer(200, YES));
        Box::pin(async move {
            match step {
                Step::Answer(status, headers, body) => {
                    let mut response = http::Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(name, value);
                    }
                    Ok(response.body(BodyStream::from(Bytes::from(body))).unwrap())
                }
                Step::Fail(kind) => Err(TransportError::new(kind)),
                Step::Never => std::future::pending().await,
            }
        })
    }
}
