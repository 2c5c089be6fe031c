//! A transport that plays a script, and a provider that hands out numbered tokens.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use salesforce_http::{
    AccessToken, Body, BodyStream, Clock, Connection, ConnectionBuilder, ManualClock, Result, TokenProvider, Transport,
    TransportError, TransportErrorKind, async_trait,
};
use salesforce_types::Timestamp;

pub(crate) const ORG: &str = "https://acme.my.salesforce.com";
pub(crate) const OK: &str = "{\"ok\":true}";
pub(crate) const EXPIRED: &str = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
pub(crate) const LOCKED: &str = r#"[{"message":"unable to obtain exclusive access","errorCode":"UNABLE_TO_LOCK_ROW"}]"#;

/// One answer of the script.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// The answer begins and breaks off.
    Cut(u16, &'static str, TransportErrorKind),
    Fail(TransportErrorKind),
    /// It takes this long, then the same as the step.
    After(Duration, Box<Self>),
}

pub(crate) fn answer(status: u16, body: &'static str) -> Step {
    Step::Answer(status, Vec::new(), body)
}

pub(crate) fn with(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Step {
    Step::Answer(status, headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(), body)
}

/// A request as it went out.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) clock: ManualClock,
    steps: Arc<Mutex<VecDeque<Step>>>,
    last: Step,
    sent: Arc<Mutex<Vec<Sent>>>,
    running: Arc<Mutex<(usize, usize)>>,
}

impl Script {
    /// Plays the steps, and then answers with `OK` for ever.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            clock: ManualClock::new(Timestamp::EPOCH),
            steps: Arc::new(Mutex::new(steps.into_iter().collect())),
            last: answer(200, OK),
            sent: Arc::default(),
            running: Arc::default(),
        }
    }

    /// Answers like this for ever.
    pub(crate) fn always(step: Step) -> Self {
        Self { last: step, ..Self::new([]) }
    }

    pub(crate) fn connection(&self) -> Connection {
        self.build(Tokens::default(), |builder| builder)
    }

    pub(crate) fn build(
        &self,
        tokens: impl TokenProvider + 'static,
        change: impl FnOnce(ConnectionBuilder) -> ConnectionBuilder,
    ) -> Connection {
        let builder = Connection::builder(tokens).transport(Arc::new(self.clone())).clock(Arc::new(self.clock.clone()));
        change(builder).build().unwrap()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The most calls that ran at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.running.lock().unwrap().1
    }
}

impl Transport for Script {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let step = self.steps.lock().unwrap().pop_front().unwrap_or_else(|| self.last.clone());
        let (parts, body) = request.into_parts();
        self.sent.lock().unwrap().push(Sent {
            at: self.clock.elapsed(),
            method: parts.method,
            url: parts.uri.to_string(),
            headers: parts.headers,
            body: body.as_bytes().unwrap().clone(),
        });
        let script = self.clone();
        Box::pin(async move {
            {
                let mut running = script.running.lock().unwrap();
                running.0 += 1;
                running.1 = running.1.max(running.0);
            }
            let answer = script.play(step).await;
            script.running.lock().unwrap().0 -= 1;
            answer
        })
    }
}

impl Script {
    async fn play(&self, mut step: Step) -> Result<http::Response<BodyStream>, TransportError> {
        while let Step::After(time, then) = step {
            self.clock.sleep(time).await;
            step = *then;
        }
        let (status, headers, pieces) = match step {
            Step::Answer(status, headers, body) => (status, headers, vec![Ok(Bytes::from_static(body.as_bytes()))]),
            Step::Cut(status, body, kind) => {
                (status, Vec::new(), vec![Ok(Bytes::from_static(body.as_bytes())), Err(TransportError::new(kind))])
            }
            Step::Fail(kind) => return Err(TransportError::new(kind)),
            Step::After(..) => unreachable!("taken apart above"),
        };
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Ok(response.body(BodyStream::new(futures_util::stream::iter(pieces))).unwrap())
    }
}

/// Hands out `token-1`, and the next number for each renewal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    number: Arc<AtomicU64>,
    hosts: Vec<&'static str>,
}

impl Tokens {
    /// Each token is for the next of these hosts.
    pub(crate) fn for_hosts(hosts: &[&'static str]) -> Self {
        Self { hosts: hosts.to_vec(), ..Self::default() }
    }

    pub(crate) fn renewals(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    fn make(&self) -> Result<Arc<AccessToken>> {
        let number = self.renewals();
        let host = self.hosts.get(number as usize).copied().unwrap_or(ORG);
        Ok(Arc::new(AccessToken::new(format!("token-{}", number + 1).into(), host)?))
    }
}

#[async_trait]
impl TokenProvider for Tokens {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        self.make()
    }

    async fn renew(&self, _refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.make()
    }
}
