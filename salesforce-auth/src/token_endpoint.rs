use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, Method, StatusCode, header};
use salesforce_http::{
    AccessToken, Body, Clock, Error, ErrorKind, Result, SystemClock, Transport, TransportErrorKind, transport,
};
use salesforce_types::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::app::App;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::refusal::Refusal;

/// An answer of the token endpoint is small; a page in its place may be large.
const CAP: usize = 64 * 1024;

/// What the token endpoint answers with when it says yes. What it does not know is ignored.
///
/// `Debug` prints no token.
#[non_exhaustive]
pub struct TokenResponse {
    /// The token.
    pub access_token: SecretString,
    /// The org's address.
    pub instance_url: String,
    /// `Bearer`, or nothing in older answers.
    pub token_type: Option<String>,
    /// The identity URL.
    pub id: Option<String>,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// What was granted. Empty when the answer does not say.
    pub scopes: Vec<String>,
    /// A token to get the next one with, if the flow gives one.
    pub refresh_token: Option<SecretString>,
    /// Who logged in, as a token of OpenID, if the scope `openid` was granted.
    pub id_token: Option<SecretString>,
    signature: Option<Signature>,
}

/// The signature and what it is of.
struct Signature {
    encoded: String,
    signed: String,
}

impl TokenResponse {
    /// Reads the JSON of an answer.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode); the error quotes nothing of the answer.
    pub fn parse(body: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Wire {
            access_token: String,
            instance_url: String,
            token_type: Option<String>,
            id: Option<String>,
            issued_at: Option<String>,
            scope: Option<String>,
            refresh_token: Option<String>,
            id_token: Option<String>,
            signature: Option<String>,
        }
        // The cause is left out: it may quote the token.
        let wire: Wire = serde_json::from_slice(body).map_err(|_| {
            Error::new(
                ErrorKind::Decode,
                "the login's answer holds no `access_token` and `instance_url` that can be read",
            )
        })?;
        let signature = match (wire.signature, &wire.id, &wire.issued_at) {
            (Some(encoded), Some(id), Some(issued_at)) => {
                Some(Signature { encoded, signed: format!("{id}{issued_at}") })
            }
            _ => None,
        };
        Ok(Self {
            access_token: wire.access_token.into(),
            instance_url: wire.instance_url,
            token_type: wire.token_type,
            id: wire.id,
            issued_at: wire.issued_at.and_then(|text| text.parse().ok()).map(Timestamp::from_millis),
            scopes: wire.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            refresh_token: wire.refresh_token.map(Into::into),
            id_token: wire.id_token.map(Into::into),
            signature,
        })
    }

    /// Whether the identity URL is signed with this app's secret. `None` when the answer is not signed, as that of the
    /// JWT bearer flow. The signature says nothing about the token or the org's address.
    #[must_use]
    pub fn is_signed_by(&self, secret: &SecretString) -> Option<bool> {
        use hmac::{KeyInit, Mac};
        let Signature { encoded, signed } = self.signature.as_ref()?;
        let Ok(given) = STANDARD.decode(encoded) else { return Some(false) };
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
        // Compared in constant time.
        Some(mac.chain_update(signed).verify_slice(&given).is_ok())
    }

    fn into_grant(self, login: &LoginTarget, app: &App) -> Result<Grant> {
        if app.secret().and_then(|secret| self.is_signed_by(secret)) == Some(false) {
            let message = format!(
                "the answer of the login at {login} is not signed with the app's secret; it is not used. Is a proxy \
                 between that rewrites answers?"
            );
            return Err(Error::new(ErrorKind::Auth, message));
        }
        let (refresh_token, id_token) = (self.refresh_token.clone(), self.id_token.clone());
        let token = self.into_access_token(login)?;
        Ok(Grant {
            access_token: Some(token.secret().clone()),
            refresh_token,
            id_token,
            instance_url: Some(token.instance_url().to_owned()),
            id_url: token.id_url().map(str::to_owned),
            issued_at: token.issued_at(),
            scopes: token.scopes().to_vec(),
            rotates: None,
            ended: None,
        })
    }

    fn into_access_token(self, login: &LoginTarget) -> Result<AccessToken> {
        login.may_lead_to(&self.instance_url)?;
        if self.token_type.as_ref().is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(Error::new(ErrorKind::Auth, "the login gave a token that is not of the type Bearer"));
        }
        Ok(AccessToken::new(self.access_token, &self.instance_url)?
            .with_issued_at(self.issued_at)
            .with_scopes(self.scopes)
            .with_id_url(self.id))
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("instance_url", &self.instance_url)
            .field("token_type", &self.token_type)
            .field("id", &self.id)
            .field("issued_at", &self.issued_at)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// How a flow reaches the login server; each flow's builder has setters for it.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    pub(crate) timeout: Duration,
}

impl Default for Wire {
    fn default() -> Self {
        Self { transport: None, clock: None, timeout: Duration::from_secs(30) }
    }
}

/// The setters of a builder that has a field `wire`.
macro_rules! wire_setters {
    () => {
        /// The transport to send by. Without one it makes its own, with the environment's proxy.
        pub fn transport(mut self, transport: std::sync::Arc<dyn salesforce_http::Transport>) -> Self {
            self.wire.transport = Some(transport);
            self
        }

        /// The clock to wait by, instead of the machine's.
        pub fn clock(mut self, clock: std::sync::Arc<dyn salesforce_http::Clock>) -> Self {
            self.wire.clock = Some(clock);
            self
        }

        /// How long one call of the login may take; 30 seconds.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.wire.timeout = timeout;
            self
        }
    };
}
pub(crate) use wire_setters;

/// One form post to `/services/oauth2/token`: an answer or a refusal. Never sent twice, never redirected.
#[derive(Clone, Debug)]
pub(crate) struct TokenEndpoint {
    login: LoginTarget,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

/// What a flow posts.
pub(crate) struct Form<'a> {
    /// Already encoded.
    pub(crate) body: String,
    /// `Authorization: Basic`.
    pub(crate) basic: Option<HeaderValue>,
    /// What must not come back in an error.
    pub(crate) submitted: &'a [&'a str],
}

impl TokenEndpoint {
    pub(crate) fn over(login: LoginTarget, wire: Wire) -> Result<Self> {
        let transport = match wire.transport {
            Some(transport) => transport,
            None => transport::Settings::new().read_timeout(wire.timeout).build()?,
        };
        let clock = wire.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        if let Some(warning) = login.warning() {
            tracing::warn!(%login, "{warning}");
        }
        Ok(Self { login, transport, clock, timeout: wire.timeout })
    }

    pub(crate) fn login(&self) -> &LoginTarget {
        &self.login
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(crate) async fn post(&self, form: Form<'_>) -> Result<AccessToken> {
        self.ask(form).await?.into_access_token(&self.login)
    }

    /// What a grant type gives, asked for in the app's name.
    pub(crate) async fn grant(&self, app: &App, fields: &[(&str, &str)], secrets: &[&str]) -> Result<Grant> {
        let submitted = app.submitted(secrets);
        let form = Form { body: app.form(fields), basic: app.basic(), submitted: &submitted };
        self.ask(form).await?.into_grant(&self.login, app)
    }

    async fn ask(&self, form: Form<'_>) -> Result<TokenResponse> {
        let submitted = form.submitted;
        tracing::debug!(login = %self.login, "asking for a token");
        let (parts, body) = self.call("/services/oauth2/token", form).await?;
        if parts.status.is_success() && !is_page(&body) && Refusal::parse(&body).is_none() {
            return TokenResponse::parse(&body).map_err(|error| self.no_token(parts.status, error));
        }
        Err(self.refused(&parts, &body, submitted))
    }

    /// One post, and whatever comes back.
    pub(crate) async fn call(&self, path: &str, form: Form<'_>) -> Result<(http::response::Parts, Bytes)> {
        let invalid = |_| Error::new(ErrorKind::Config, format!("no request can be made for {}", self.login));
        let mut request = http::Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.login))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("salesforce-auth/", env!("CARGO_PKG_VERSION")))
            .body(Body::from(form.body))
            .map_err(invalid)?;
        if let Some(mut basic) = form.basic {
            basic.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, basic);
        }
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: http::Request<Body>) -> Result<(http::response::Parts, Bytes)> {
        let exchange = async {
            let answer = self.transport.send(request).await?;
            let (parts, body) = answer.into_parts();
            Ok((parts, body.collect_up_to(CAP).await?))
        };
        let (parts, body) = match select(pin!(exchange), self.clock.sleep(self.timeout)).await {
            Either::Left((answer, _)) => answer.map_err(|error| self.unanswered(error))?,
            Either::Right(_) => {
                let message =
                    format!("the login at {} did not answer within {:?}: try later", self.login, self.timeout);
                return Err(Error::new(ErrorKind::Timeout, message));
            }
        };
        tracing::debug!(login = %self.login, status = parts.status.as_u16(), "the login answered");
        Ok((parts, body))
    }

    fn unanswered(&self, error: salesforce_http::TransportError) -> Error {
        let login = &self.login;
        let (kind, what) = match error.kind() {
            TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout => {
                let what = "no connection could be made: check the host name (a new or renamed org is found after some \
                            minutes), the network, and the proxy (its certificate has to be trusted)";
                (ErrorKind::Connect, what)
            }
            TransportErrorKind::ReadTimeout => (ErrorKind::Timeout, "it did not answer in time: try later"),
            TransportErrorKind::Broken => (ErrorKind::Connect, "the connection broke: try again"),
            _ => (ErrorKind::Decode, "its answer cannot be read: is it a Salesforce host?"),
        };
        Error::new(kind, format!("the login at {login} failed: {what}")).with_source(error)
    }

    /// A status that says yes, and no token. The body is not shown: it may hold half of one.
    fn no_token(&self, status: StatusCode, error: Error) -> Error {
        let message =
            format!("the login at {} failed: {error}; try later, and check that it is a Salesforce host", self.login);
        Error::new(ErrorKind::Decode, message).with_status(status)
    }

    pub(crate) fn refused(&self, parts: &http::response::Parts, body: &[u8], submitted: &[&str]) -> Error {
        let (login, status) = (&self.login, parts.status);
        let retry_after =
            parts.headers.get(header::RETRY_AFTER).and_then(|text| text.to_str().ok()?.trim().parse().ok());
        let (kind, message, refusal) = if let Some(refusal) = Refusal::parse(body) {
            let refusal = refusal.without(submitted);
            let message = format!("the login at {login} was refused: {refusal}: {}", refusal.remedy());
            (refusal.error_kind(status), message, Some(refusal))
        } else if status.is_redirection() {
            let to = parts.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to = url::Url::parse(login.url()).and_then(|base| base.join(to));
            let to = to.map_or_else(|_| "elsewhere".into(), |url| url.origin().ascii_serialization());
            let message = format!(
                "the login at {login} is redirected to {to} and nothing was sent there: use the org's My Domain as it is now"
            );
            (ErrorKind::ForeignHost, message, None)
        } else if status.is_server_error() || status.is_success() || matches!(status.as_u16(), 420 | 429) {
            let status = status.as_u16();
            let page = if is_page(body) { ", with a page for people instead of an answer" } else { "" };
            let message = format!(
                "the login at {login} failed with {status}{page}: Salesforce is not available now: try later, see \
                 status.salesforce.com"
            );
            (ErrorKind::Busy, message, None)
        } else {
            let message = format!(
                "the login at {login} failed with {} and no answer of a login server: is it a Salesforce host?",
                status.as_u16()
            );
            (ErrorKind::Config, message, None)
        };
        let error = Error::new(kind, message).with_status(status);
        let error = error.with_retry_after(retry_after.map(Duration::from_secs));
        match refusal {
            Some(refusal) => error.with_source(refusal),
            None => error,
        }
    }
}

/// Whether the login server may have done what it was asked, and nobody knows: the answer did not come, or not whole.
pub(crate) fn answer_was_lost(error: &Error) -> bool {
    use std::error::Error as _;
    let below = error.source().and_then(|source| source.downcast_ref::<salesforce_http::TransportError>());
    match below {
        Some(below) => !below.nothing_was_sent(),
        None => match error.kind() {
            ErrorKind::Timeout => error.status().is_none(),
            ErrorKind::Decode => error.status().is_some_and(|status| status.is_success()),
            _ => false,
        },
    }
}

/// An HTML page where JSON was expected: maintenance, most often.
pub(crate) fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
