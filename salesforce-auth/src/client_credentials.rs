use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use salesforce_http::{AccessToken, Clock, Error, ErrorKind, Result, Transport};
use secrecy::{ExposeSecret, SecretString};

use crate::cached::Exchange;
use crate::login::LoginTarget;
use crate::token_endpoint::{Form, TokenEndpoint};

/// The client credentials flow: an app logs in as its Run As user, server to server.
///
/// Each exchange is a login of its own, so wrap it in [`Cached`](crate::Cached). It works at an org's My Domain only.
///
/// ```no_run
/// # async fn example() -> salesforce_http::Result<()> {
/// use salesforce_auth::{Cached, ClientCredentials};
///
/// let secret = std::env::var("SF_CLIENT_SECRET").unwrap_or_default();
/// let flow = ClientCredentials::new("acme.my.salesforce.com", "3MVG9…", secret.into()).build()?;
/// let connection = salesforce_http::Connection::builder(Cached::new(flow)).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ClientCredentials {
    endpoint: TokenEndpoint,
    id: Id,
    secret: SecretString,
}

/// Names the app, and thereby who uses it: not for logs.
#[derive(Clone)]
struct Id(String);

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[not shown]")
    }
}

impl ClientCredentials {
    /// Logs in at this URL, host or page of the org; see [`LoginTarget::parse`] for what is understood.
    #[expect(clippy::new_ret_no_self, reason = "what is required stands here, and `build` says what is wrong with it")]
    pub fn new(login: impl AsRef<str>, client_id: impl Into<String>, secret: SecretString) -> ClientCredentialsBuilder {
        ClientCredentialsBuilder::new(LoginTarget::parse(login.as_ref()), client_id.into(), secret)
    }

    /// Logs in at this target.
    pub fn at(login: LoginTarget, client_id: impl Into<String>, secret: SecretString) -> ClientCredentialsBuilder {
        ClientCredentialsBuilder::new(Ok(login), client_id.into(), secret)
    }

    /// Where it logs in.
    #[must_use]
    pub fn login(&self) -> &LoginTarget {
        self.endpoint.login()
    }
}

#[async_trait]
impl Exchange for ClientCredentials {
    async fn exchange(&self) -> Result<AccessToken> {
        let (id, secret) = (&self.id.0, self.secret.expose_secret());
        // Raw halves, as Salesforce reads them; not percent-encoded as RFC 6749 has it.
        let basic = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
            .map_err(|_| Error::new(ErrorKind::Config, "the client id and secret cannot stand in a header"))?;
        let submitted = [secret, id.as_str()];
        self.endpoint
            .post(Form { body: "grant_type=client_credentials".into(), basic: Some(basic), submitted: &submitted })
            .await
    }
}

/// Settings of [`ClientCredentials`]; [`build`](Self::build) makes it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ClientCredentialsBuilder {
    login: Result<LoginTarget>,
    id: Id,
    secret: SecretString,
    transport: Option<Arc<dyn Transport>>,
    clock: Option<Arc<dyn Clock>>,
    timeout: Duration,
}

impl ClientCredentialsBuilder {
    fn new(login: Result<LoginTarget>, id: String, secret: SecretString) -> Self {
        Self { login, id: Id(id), secret, transport: None, clock: None, timeout: Duration::from_secs(30) }
    }

    /// The transport to send by. Without one it makes its own, with the environment's proxy.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The clock to wait by, instead of the machine's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// How long a login may take; 30 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the login host is not one to send a secret to, when it is `login.` or
    /// `test.`, which refuse this flow, or when id or secret is empty.
    pub fn build(self) -> Result<ClientCredentials> {
        let login = self.login?;
        let config = |message: String| Err(Error::new(ErrorKind::Config, message));
        if login.is_shared() {
            return config(format!(
                "client credentials do not work at {login}: log in at the org's My Domain, https://NAME.my.salesforce.com"
            ));
        }
        if self.id.0.trim().is_empty() || self.id.0.contains(':') {
            return config("the client id is empty or holds a colon: copy the app's consumer key".into());
        }
        if self.secret.expose_secret().trim().is_empty() {
            return config("the client secret is empty: copy the app's consumer secret".into());
        }
        let endpoint = TokenEndpoint::new(login, self.transport, self.clock, self.timeout)?;
        Ok(ClientCredentials { endpoint, id: self.id, secret: self.secret })
    }
}
