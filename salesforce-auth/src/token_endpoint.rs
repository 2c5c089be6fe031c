use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use http::{HeaderValue, Method, StatusCode, header};
use salesforce_http::{
    AccessToken, Body, Clock, Error, ErrorKind, Result, SystemClock, Transport, TransportErrorKind, transport,
};
use salesforce_types::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

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
        }
        // The cause is left out: it may quote the token.
        let wire: Wire = serde_json::from_slice(body).map_err(|_| {
            Error::new(
                ErrorKind::Decode,
                "the login's answer holds no `access_token` and `instance_url` that can be read",
            )
        })?;
        Ok(Self {
            access_token: wire.access_token.into(),
            instance_url: wire.instance_url,
            token_type: wire.token_type,
            id: wire.id,
            issued_at: wire.issued_at.and_then(|text| text.parse().ok()).map(Timestamp::from_millis),
            scopes: wire.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            refresh_token: wire.refresh_token.map(Into::into),
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
    pub(crate) fn new(
        login: LoginTarget,
        transport: Option<Arc<dyn Transport>>,
        clock: Option<Arc<dyn Clock>>,
        timeout: Duration,
    ) -> Result<Self> {
        let transport = match transport {
            Some(transport) => transport,
            None => transport::Settings::new().read_timeout(timeout).build()?,
        };
        Ok(Self { login, transport, clock: clock.unwrap_or_else(|| Arc::new(SystemClock::new())), timeout })
    }

    pub(crate) fn login(&self) -> &LoginTarget {
        &self.login
    }

    pub(crate) async fn post(&self, form: Form<'_>) -> Result<AccessToken> {
        let invalid = |_| Error::new(ErrorKind::Config, format!("no request can be made for {}", self.login));
        let mut request = http::Request::builder()
            .method(Method::POST)
            .uri(format!("{}/services/oauth2/token", self.login))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("salesforce-auth/", env!("CARGO_PKG_VERSION")))
            .body(Body::from(form.body))
            .map_err(invalid)?;
        if let Some(mut basic) = form.basic {
            basic.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, basic);
        }
        tracing::debug!(login = %self.login, "asking for a token");
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
        if parts.status.is_success() && !is_page(&body) && Refusal::parse(&body).is_none() {
            return TokenResponse::parse(&body)
                .map_err(|error| self.no_token(parts.status, error))?
                .into_access_token(&self.login);
        }
        Err(self.refused(&parts, &body, form.submitted))
    }

    fn unanswered(&self, error: salesforce_http::TransportError) -> Error {
        let login = &self.login;
        let (kind, what) = match error.kind() {
            TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout => {
                (ErrorKind::Connect, "no connection could be made: check the host name, the network and the proxy")
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

    fn refused(&self, parts: &http::response::Parts, body: &[u8], submitted: &[&str]) -> Error {
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

/// An HTML page where JSON was expected: maintenance, most often.
fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
