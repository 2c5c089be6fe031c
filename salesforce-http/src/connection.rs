use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderValue;
use salesforce_types::{ApiUsage, ApiVersion};

use crate::clock::{Clock, SystemClock};
use crate::limits::{Limits, Reserve};
use crate::pipeline::{Pipeline, Received, Want};
use crate::request::Request;
use crate::response::{Response, StreamingResponse, broken_body};
use crate::retry::{Budget, Policy};
use crate::token::TokenProvider;
use crate::transport::{Settings, Transport};
use crate::{Error, ErrorKind, Result};

/// One authorised, retrying, limit-aware road to an org. A clone is cheap and shares everything.
///
/// ```no_run
/// # async fn example(tokens: std::sync::Arc<dyn salesforce_http::TokenProvider>) -> salesforce_http::Result<()> {
/// use salesforce_http::{Connection, Request};
///
/// let connection = Connection::builder(tokens).client_name("acme-backup/1.2").build()?;
/// let limits: serde_json::Value = connection.send(Request::get("limits")).await?.json()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Connection(Arc<Pipeline>);

impl Connection {
    /// Begins a connection that takes its tokens from here. An `Arc<dyn TokenProvider>` is one too.
    pub fn builder(tokens: impl TokenProvider + 'static) -> ConnectionBuilder {
        ConnectionBuilder {
            tokens: Arc::new(tokens),
            transport: None,
            settings: None,
            clock: None,
            api_version: ApiVersion::DEFAULT,
            client_name: concat!("salesforce-sdk-rust/", env!("CARGO_PKG_VERSION")).into(),
            timeout: Duration::from_secs(660),
            deadline: Duration::from_secs(1800),
            policy: Policy::default(),
            retry_budget: 100,
            concurrency: 20,
            long_calls: 25,
            reserve: Reserve::new(),
            response_cap: 256 * 1024 * 1024,
        }
    }

    /// Makes the call and hands back its whole answer, decompressed and checked.
    ///
    /// For answers of the API. An HTML page is taken for a sign that Salesforce is down even if its status is 200;
    /// read files with [`open`](Self::open).
    ///
    /// # Errors
    /// A status of 300 or more, but 304; an error list or a page that says 200; no whole answer in time; no token.
    /// [`Error::kind`] says what to think of it.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let answer = self.0.run(&request, Want::Whole).await?;
        let bytes = match answer.body {
            Received::Whole(bytes) => bytes,
            Received::Stream(body) => {
                let cap = self.0.response_cap;
                body.collect_up_to(cap).await.map_err(|error| broken_body(&answer.head, error, cap))?
            }
        };
        Ok(Response::new(answer.head, bytes, answer.tries, answer.lost))
    }

    /// Makes the call and hands back its answer as it comes, whatever it holds and however large it is.
    ///
    /// Trying again ends when the body begins: a body that breaks off is an error of the stream.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for what the body of a good answer holds.
    pub async fn open(&self, request: Request) -> Result<StreamingResponse> {
        let answer = self.0.run(&request, Want::Stream).await?;
        let body = match answer.body {
            Received::Whole(bytes) => bytes.into(),
            Received::Stream(body) => body,
        };
        Ok(StreamingResponse::new(answer.head, body, answer.tries, answer.place))
    }

    /// The version that relative paths are below.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.0.api_version
    }

    /// What the host calls itself.
    #[must_use]
    pub fn client_name(&self) -> &str {
        &self.0.client_name
    }

    /// How many calls may be under way at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.0.limits.concurrency
    }

    /// What the org last said about its allowance of daily calls.
    #[must_use]
    pub fn usage(&self) -> Option<ApiUsage> {
        self.0.limits.usage()
    }

    /// How many calls were sent so far, each try counted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// The clock it waits by.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// The org's address, such as `https://acme.my.salesforce.com`. Logs in if need be.
    ///
    /// # Errors
    /// No token can be had.
    pub async fn instance_url(&self) -> Result<String> {
        Ok(self.0.tokens.token().await?.instance_url().to_owned())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("tokens", &self.0.tokens)
            .field("api_version", &self.0.api_version)
            .field("transport", &self.0.transport)
            .finish_non_exhaustive()
    }
}

/// Settings of a [`Connection`]; [`build`](Self::build) makes it.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ConnectionBuilder {
    tokens: Arc<dyn TokenProvider>,
    transport: Option<Arc<dyn Transport>>,
    settings: Option<Settings>,
    clock: Option<Arc<dyn Clock>>,
    api_version: ApiVersion,
    client_name: String,
    timeout: Duration,
    deadline: Duration,
    policy: Policy,
    retry_budget: u32,
    concurrency: usize,
    long_calls: usize,
    reserve: Reserve,
    response_cap: usize,
}

impl ConnectionBuilder {
    /// The version of the API to speak. [`ApiVersion::DEFAULT`] unless set.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.api_version = version;
        self
    }

    /// What the host calls itself, such as `acme-backup/1.2`: in `User-Agent` and in `Sforce-Call-Options`, where the
    /// org's event logs show it. Letters, digits and `.`, `_`, `-`, `/`, 64 at most.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// How long a connection may take to be made; 10 seconds.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.connect_timeout(timeout))
    }

    /// How long the org may be silent; 3 minutes, since a query may think for 2.
    pub fn read_timeout(self, timeout: Duration) -> Self {
        self.set(|settings| settings.read_timeout(timeout))
    }

    /// How long one try may take from sending to the last byte of its answer (to the first, for a stream); 11
    /// minutes, since the org cuts a call at 10.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a call may take over all: waiting for a place and a token, all tries, all pauses; 30 minutes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How often a call is sent at most; 5 times. A renewed token costs one more.
    pub fn max_tries(mut self, tries: u32) -> Self {
        self.policy.max_tries = tries;
        self
    }

    /// The pause before the second try and the longest one: half a second and 30. Each pause is a random part of a
    /// limit that doubles from the first to the longest. What the server asks for wins.
    pub fn back_off(mut self, first: Duration, longest: Duration) -> Self {
        (self.policy.first_pause, self.policy.longest_pause) = (first, longest);
        self
    }

    /// How many retries all calls of this connection have in store; 100. Ten answers earn one back.
    pub fn retry_budget(mut self, retries: u32) -> Self {
        self.retry_budget = retries;
        self
    }

    /// How many calls run at once; 20.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// How many calls of 20 seconds and more the org lets run at once: 25, but 5 in a developer or trial org. One more
    /// waits here and is not refused there.
    ///
    /// Which calls are long is learnt from the answers, per kind of call; of a kind that never answered, no more run at
    /// once than may be long. Those of other connections are not known: see [`Reserve::long_calls`].
    pub fn long_calls(mut self, calls: usize) -> Self {
        self.long_calls = calls;
        self
    }

    /// What to leave to others; nothing unless said.
    pub fn reserve(mut self, reserve: Reserve) -> Self {
        self.reserve = reserve;
        self
    }

    /// The most bytes an answer may have once decompressed; 256 MiB. Streams have no cap.
    pub fn response_cap(mut self, bytes: usize) -> Self {
        self.response_cap = bytes;
        self
    }

    /// A proxy for everything but loopback, instead of the environment's.
    pub fn proxy(self, url: impl Into<String>) -> Self {
        self.set(|settings| settings.proxy(url))
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(self) -> Self {
        self.set(Settings::no_proxy)
    }

    /// Certificates in PEM to trust besides the system's.
    pub fn root_certificate(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|settings| settings.root_certificate(pem))
    }

    /// Whether HTTP/2 may be used; off unless asked for, see [`Settings::http2`].
    pub fn http2(self, allowed: bool) -> Self {
        self.set(|settings| settings.http2(allowed))
    }

    /// The transport to send by, instead of one of the connection's own.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock to wait by, instead of the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    fn set(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        self.settings = Some(change(self.settings.unwrap_or_default()));
        self
    }

    /// The connection. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when a setting is of no use: a name that cannot be a header, a certificate that
    /// cannot be read, no place for any call, settings of the default transport beside another transport.
    pub fn build(self) -> Result<Connection> {
        let config = |message: &str| Error::new(ErrorKind::Config, message);
        let name = &self.client_name;
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(fit) {
            return Err(config("the client name must be 1 to 64 letters, digits or `.`, `_`, `-`, `/`"));
        }
        if self.concurrency == 0 || self.concurrency > tokio::sync::Semaphore::MAX_PERMITS {
            return Err(config("`concurrency` must leave room for at least one call"));
        }
        if self.policy.max_tries == 0 {
            return Err(config("`max_tries` must be at least one"));
        }
        let transport = match (self.transport, self.settings) {
            (Some(_), Some(_)) => {
                return Err(config(
                    "time-outs to connect and read, proxy, certificates and HTTP/2 belong to the default transport: \
                     set them on `transport::Settings` and give its transport here",
                ));
            }
            (Some(transport), None) => transport,
            (None, settings) => settings.unwrap_or_default().build()?,
        };
        let user_agent = format!("{name} salesforce-http/{}", env!("CARGO_PKG_VERSION"));
        let user_agent = HeaderValue::try_from(user_agent).map_err(|_| config("the client name cannot be a header"))?;
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        Ok(Connection(Arc::new(Pipeline {
            tokens: self.tokens,
            transport,
            limits: Arc::new(Limits::new(clock.clone(), self.concurrency, self.long_calls, self.reserve)),
            clock,
            policy: self.policy,
            budget: Budget::new(self.retry_budget),
            timeout: self.timeout,
            deadline: self.deadline,
            response_cap: self.response_cap,
            api_version: self.api_version,
            user_agent,
            call_options: format!("client={name}"),
            client_name: self.client_name,
            calls: AtomicU64::new(0),
        })))
    }
}
