use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;
use salesforce_types::{ApiVersion, RecordId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::{Error, ErrorKind, Result};

/// Where tokens come from. A host with a token source of its own implements this and needs no OAuth crate.
///
/// ```
/// use std::sync::Arc;
/// use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider, async_trait};
///
/// #[derive(Debug)]
/// struct FromVault(Arc<AccessToken>);
///
/// #[async_trait]
/// impl TokenProvider for FromVault {
///     async fn token(&self) -> Result<Arc<AccessToken>> {
///         Ok(self.0.clone())
///     }
///     async fn renew(&self, _refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
///         Err(Error::new(ErrorKind::Auth, "the vault's token has expired: put a new one in"))
///     }
/// }
/// ```
#[async_trait]
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// The token to use now.
    ///
    /// # Errors
    /// There is none and none can be had; kind [`Auth`](ErrorKind::Auth) if somebody has to act.
    async fn token(&self) -> Result<Arc<AccessToken>>;

    /// The org refused `refused`. A crowd may say so at once; one exchange must serve them all: who holds another
    /// token than the refused one ([`Arc::ptr_eq`]) answers with that.
    ///
    /// # Errors
    /// No other token can be had.
    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>>;
}

#[async_trait]
impl<P: TokenProvider + ?Sized> TokenProvider for Arc<P> {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        (**self).token().await
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        (**self).renew(refused).await
    }
}

/// A token and the only host it may be sent to.
///
/// `Debug` prints everything but the token.
pub struct AccessToken {
    header: HeaderValue,
    secret: SecretString,
    instance: Url,
    issued_at: Option<Timestamp>,
    scopes: Vec<String>,
    id_url: Option<String>,
}

impl AccessToken {
    /// A token for the org at `instance_url`, such as `https://acme.my.salesforce.com`. A trailing slash is dropped.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the URL is not https (plain http is for loopback only), holds more than a
    /// host and a port, or when the token is empty or cannot stand in a header.
    pub fn new(secret: SecretString, instance_url: &str) -> Result<Self> {
        let instance = instance(instance_url)?;
        let text = secret.expose_secret();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::Config,
                "the access token is empty, or holds a space or a character that no token has: was it cut while copying?",
            ));
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {text}"))
            .map_err(|_| Error::new(ErrorKind::Config, "the access token cannot stand in a header"))?;
        header.set_sensitive(true);
        Ok(Self { header, secret, instance, issued_at: None, scopes: Vec::new(), id_url: None })
    }

    /// The same with when it was issued.
    #[must_use]
    pub fn with_issued_at(mut self, at: Option<Timestamp>) -> Self {
        self.issued_at = at;
        self
    }

    /// The same with what was granted.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The same with the identity URL of the token response.
    #[must_use]
    pub fn with_id_url(mut self, url: Option<String>) -> Self {
        self.id_url = url;
        self
    }

    /// The org's address: scheme, host and port, without a trailing slash.
    #[must_use]
    pub fn instance_url(&self) -> &str {
        self.instance.as_str().trim_end_matches('/')
    }

    /// When it was issued, as the login server says.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// What it may do. Empty when the login server did not say.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The identity URL: `https://login.salesforce.com/id/00D…/005…`. Its host need not be the org's own.
    #[must_use]
    pub fn id_url(&self) -> Option<&str> {
        self.id_url.as_deref()
    }

    /// The org, as the identity URL names it.
    #[must_use]
    pub fn organization_id(&self) -> Option<RecordId> {
        self.id_url()?.trim_end_matches('/').rsplit('/').nth(1)?.parse().ok()
    }

    /// The user, as the identity URL names it.
    #[must_use]
    pub fn user_id(&self) -> Option<RecordId> {
        self.id_url()?.trim_end_matches('/').rsplit('/').next()?.parse().ok()
    }

    /// The token itself, for APIs that take it elsewhere than in the header. For SOAP ask
    /// [`for_soap`](Self::for_soap).
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Whether it is a JWT, as apps give that have "JWT-based access tokens" switched on; otherwise it is opaque.
    #[must_use]
    pub fn is_jwt(&self) -> bool {
        let text = self.secret.expose_secret();
        text.starts_with("eyJ") && text.split('.').filter(|part| !part.is_empty()).count() == 3
    }

    /// The token as the session id of a SOAP call.
    ///
    /// # Errors
    /// [`JwtInSoap`], as the [source](std::error::Error::source), when it is a JWT and the API version does not take
    /// one in SOAP: below 68.0 the org would answer that the session is invalid, though it is not.
    pub fn for_soap(&self, version: ApiVersion) -> Result<&SecretString> {
        if self.is_jwt() && version < JwtInSoap::TAKEN_FROM {
            return Err(JwtInSoap { version }.into());
        }
        Ok(&self.secret)
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.header
    }

    pub(crate) fn instance(&self) -> &Url {
        &self.instance
    }
}

/// A JWT was to be the session id of a SOAP call of an API version that does not take one. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JwtInSoap {
    version: ApiVersion,
}

impl JwtInSoap {
    /// The first API version whose SOAP takes a JWT.
    pub const TAKEN_FROM: ApiVersion = ApiVersion::V68;

    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        std::error::Error::source(error)?.downcast_ref().copied()
    }

    /// The API version of the call.
    #[must_use]
    pub fn version(&self) -> ApiVersion {
        self.version
    }
}

impl fmt::Display for JwtInSoap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the app gives JWT-based access tokens, which SOAP takes from API {} on and this call is of {}: raise the API \
             version, or switch them off in the app's settings",
            Self::TAKEN_FROM,
            self.version
        )
    }
}

impl std::error::Error for JwtInSoap {}

impl From<JwtInSoap> for Error {
    fn from(refused: JwtInSoap) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).with_source(refused)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("instance_url", &self.instance_url())
            .field("issued_at", &self.issued_at)
            .field("scopes", &self.scopes)
            .field("id_url", &self.id_url)
            .field("secret", &"[redacted]")
            .finish()
    }
}

fn instance(text: &str) -> Result<Url> {
    let refuse = |why: &str| {
        let text = crate::redact::url(text);
        Err(Error::new(ErrorKind::Config, format!("`{text}` cannot be an org's instance URL: {why}")))
    };
    let Ok(url) = Url::parse(text) else {
        return refuse("expected a text such as https://acme.my.salesforce.com");
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return refuse("tokens travel by https only; http is for loopback"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must not hold a user or a password");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return refuse("it must end after the host");
    }
    Ok(url)
}

/// Whether the URL's host is this machine: `localhost`, `127.0.0.0/8` or `::1`, exactly.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(instance_url: &str) -> Result<AccessToken> {
        AccessToken::new("00D000000000001!canary".into(), instance_url)
    }

    #[test]
    fn a_token_is_bound_to_https_or_loopback() {
        for good in ["https://acme.my.salesforce.com/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"]
        {
            assert_eq!(token(good).unwrap().instance_url(), good.trim_end_matches('/'));
        }
        for bad in [
            "http://acme.my.salesforce.com",
            "http://127.0.0.1.attacker.test",
            "http://localhost.attacker.test",
            "https://ada:pw@acme.my.salesforce.com",
            "https://acme.my.salesforce.com/services",
            "https://acme.my.salesforce.com?x",
            "acme.my.salesforce.com",
            "file:///etc",
            "",
        ] {
            assert_eq!(token(bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_before_it_is_sent() {
        for bad in ["", "a b", "a\r\nX: y", "ü"] {
            assert!(AccessToken::new(bad.into(), "https://acme.my.salesforce.com").is_err());
        }
    }

    #[test]
    fn a_jwt_is_told_from_an_opaque_token_and_kept_from_old_soap() {
        let jwt = AccessToken::new("eyJhbGc.eyJpc3M.c2ln".into(), "https://acme.my.salesforce.com").unwrap();
        assert!(jwt.is_jwt());
        assert!(jwt.for_soap(ApiVersion::V68).is_ok());
        let error = jwt.for_soap(ApiVersion::V67).unwrap_err();
        assert_eq!(JwtInSoap::of(&error).unwrap().version(), ApiVersion::V67);
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("68.0"), "{error}");
        for opaque in ["00D000000000001!eyJ.a.b", "eyJhbGc", "eyJ..", "eyJa.b.c.d"] {
            let token = AccessToken::new(opaque.into(), "https://acme.my.salesforce.com").unwrap();
            assert!(!token.is_jwt() && token.for_soap(ApiVersion::V60).is_ok(), "{opaque}");
        }
    }

    #[test]
    fn debug_prints_no_token() {
        let token = token("https://acme.my.salesforce.com").unwrap();
        assert!(!format!("{token:?} {:?}", token.header()).contains("canary"));
    }

    #[test]
    fn the_identity_url_names_org_and_user_in_either_length() {
        let token = token("https://acme.my.salesforce.com").unwrap();
        let token =
            token.with_id_url(Some("https://login.salesforce.com/id/00D000000000001/005000000000001AAA".into()));
        assert_eq!(token.organization_id().unwrap().to_string(), "00D000000000001EAA");
        assert_eq!(token.user_id().unwrap().to_string(), "005000000000001AAA");
        assert_eq!(token.with_id_url(Some("https://login.salesforce.com/id/foo/bar".into())).user_id(), None);
    }
}
