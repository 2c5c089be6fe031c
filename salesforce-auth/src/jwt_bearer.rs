use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_http::{AccessToken, Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::cached::Exchange;
use crate::login::LoginTarget;
use crate::refusal::{Refusal, RefusalKind};
use crate::token_endpoint::{Form, TokenEndpoint, Wire, wire_setters};

/// An assertion lives this long. The server takes 300 seconds, and a clock may be wrong by some.
const LIFE: Duration = Duration::from_secs(170);

/// Signs with the private key that belongs to the app's certificate. Implement it for an HSM or a key service;
/// `PemSigner` (feature `jwt`) has the key itself.
#[async_trait]
pub trait Signer: fmt::Debug + Send + Sync {
    /// The RS256 signature of `message`: RSA, PKCS #1 v1.5, with SHA-256. Raw bytes, not encoded.
    ///
    /// # Errors
    /// The key cannot be used now.
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}

#[async_trait]
impl<S: Signer + ?Sized> Signer for Arc<S> {
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        (**self).sign(message).await
    }
}

/// The JWT bearer flow: an app logs in as a user who approved it before, by a signature instead of a secret.
///
/// The app needs a certificate, the scope `refresh_token` beside `api`, and users that an administrator pre-authorized
/// (or that logged in once). Each exchange is a login of its own, so wrap it in [`Cached`](crate::Cached).
///
/// ```no_run
/// # async fn example(signer: std::sync::Arc<dyn salesforce_auth::Signer>) -> salesforce_http::Result<()> {
/// use salesforce_auth::{Cached, JwtBearer};
///
/// let flow = JwtBearer::new("acme.my.salesforce.com", "3MVG9…", "robot@acme.example", signer).build()?;
/// let connection = salesforce_http::Connection::builder(Cached::new(flow)).build()?;
/// # Ok(()) }
/// ```
pub struct JwtBearer {
    endpoint: TokenEndpoint,
    client_id: String,
    username: String,
    signer: Arc<dyn Signer>,
    /// The first is tried first; the second after the answer that the audience does not fit.
    audiences: Vec<String>,
}

impl JwtBearer {
    /// Logs in at this URL, host or page of the org as `username`; see [`LoginTarget::parse`].
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(
        login: impl AsRef<str>,
        client_id: impl Into<String>,
        username: impl Into<String>,
        signer: impl Signer + 'static,
    ) -> JwtBearerBuilder {
        JwtBearerBuilder {
            login: LoginTarget::parse(login.as_ref()),
            client_id: client_id.into().trim().to_owned(),
            username: username.into(),
            signer: Arc::new(signer),
            audience: None,
            wire: Wire::default(),
        }
    }

    /// The same at this target.
    pub fn at(
        login: LoginTarget,
        client_id: impl Into<String>,
        username: impl Into<String>,
        signer: impl Signer + 'static,
    ) -> JwtBearerBuilder {
        JwtBearerBuilder { login: Ok(login), ..Self::new("", client_id, username, signer) }
    }

    async fn assertion(&self, audience: &str) -> Result<SecretString> {
        let expires = self.endpoint.clock().now().saturating_add(LIFE).as_millis() / 1000;
        let claims = serde_json::json!({
            "iss": self.client_id,
            "sub": self.username,
            "aud": audience,
            "exp": expires,
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.signer.sign(message.as_bytes()).await?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)).into())
    }

    async fn attempt(&self, audience: &str) -> Result<AccessToken> {
        let assertion = self.assertion(audience).await?;
        let assertion = assertion.expose_secret();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", assertion)
            .finish();
        let submitted = [assertion, &self.username, &self.client_id];
        self.endpoint.post(Form { body, basic: None, submitted: &submitted }).await
    }
}

#[async_trait]
impl Exchange for JwtBearer {
    async fn exchange(&self) -> Result<AccessToken> {
        let mut failed = None;
        for audience in &self.audiences {
            match self.attempt(audience).await {
                Err(error) if Refusal::of(&error).is_some_and(|said| said.kind() == RefusalKind::Audience) => {
                    failed = Some(error);
                }
                result => return result,
            }
        }
        Err(failed.unwrap_or_else(|| Error::new(ErrorKind::Config, "there is no audience for the assertion")))
    }
}

impl fmt::Debug for JwtBearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtBearer")
            .field("login", self.endpoint.login())
            .field("signer", &self.signer)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

/// Settings of [`JwtBearer`]; [`build`](Self::build) makes it.
#[must_use = "a builder does nothing until `build`"]
pub struct JwtBearerBuilder {
    login: Result<LoginTarget>,
    client_id: String,
    username: String,
    signer: Arc<dyn Signer>,
    audience: Option<String>,
    wire: Wire,
}

impl JwtBearerBuilder {
    wire_setters!();

    /// The audience of the assertion. Without it, it is the host of the login, and after an answer that this does not
    /// fit, once, the shared login host of production or sandboxes.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the login host is not one to send an assertion to, or id or user name is
    /// empty.
    pub fn build(self) -> Result<JwtBearer> {
        let login = self.login?;
        if self.client_id.is_empty() || self.username.trim().is_empty() {
            let message = "the JWT bearer flow needs the app's consumer key and the user name to log in as";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let audiences = match self.audience {
            Some(audience) => vec![audience.trim_end_matches('/').to_owned()],
            None => audiences(&login),
        };
        let endpoint = TokenEndpoint::over(login, self.wire)?;
        Ok(JwtBearer { endpoint, client_id: self.client_id, username: self.username, signer: self.signer, audiences })
    }
}

impl fmt::Debug for JwtBearerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtBearerBuilder").field("login", &self.login).finish_non_exhaustive()
    }
}

/// The host itself, then the shared host that stands for it. Each failure is a failed login, so there are two.
fn audiences(login: &LoginTarget) -> Vec<String> {
    let own = login.url().to_owned();
    let domain = own.strip_prefix("https://").unwrap_or_default();
    let shared = match domain.split_once('.').map(|(_, rest)| rest) {
        _ if login.is_shared() => return vec![own],
        Some("sandbox.my.salesforce.com" | "scratch.my.salesforce.com") => "https://test.salesforce.com",
        Some(rest) if rest.ends_with("my.salesforce.com") => "https://login.salesforce.com",
        Some("sandbox.my.sfcrmproducts.cn") => "https://test.sfcrmproducts.cn",
        Some(rest) if rest.ends_with("my.sfcrmproducts.cn") => "https://login.sfcrmproducts.cn",
        _ => return vec![own],
    };
    vec![own, shared.to_owned()]
}

#[cfg(feature = "jwt")]
pub use self::pem::PemSigner;

#[cfg(feature = "jwt")]
mod pem {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeyPair;
    use aws_lc_rs::signature::RSA_PKCS1_SHA256;
    use rustls_pki_types::PrivateKeyDer;
    use rustls_pki_types::pem::PemObject;

    use super::{Error, ErrorKind, ExposeSecret, Result, SecretString, Signer, async_trait, fmt};

    /// Signs with an RSA key that was given in PEM (`BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`, not encrypted).
    pub struct PemSigner(KeyPair);

    impl PemSigner {
        /// This key.
        ///
        /// # Errors
        /// [`Config`](ErrorKind::Config) when it is no RSA key of 2048 to 8192 bits; nothing of it is quoted.
        pub fn new(pem: &SecretString) -> Result<Self> {
            let refuse = |why| Error::new(ErrorKind::Config, format!("the private key cannot be used: {why}"));
            let der = PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes())
                .map_err(|_| refuse("it is no PEM of a private key, or an encrypted one"))?;
            let key = match &der {
                PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
                PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
                _ => return Err(refuse("Salesforce takes RSA keys only")),
            };
            let key = key.map_err(|_| refuse("it is no RSA key of 2048 to 8192 bits"))?;
            Ok(Self(key))
        }

        /// The key in this file.
        ///
        /// # Errors
        /// The file cannot be read, or as [`new`](Self::new).
        pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self> {
            let path = path.as_ref();
            let pem = std::fs::read_to_string(path).map_err(|error| {
                let message = format!("the private key {} cannot be read: {error}", path.display());
                Error::new(ErrorKind::Config, message).with_source(error)
            })?;
            Self::new(&pem.into())
        }
    }

    #[async_trait]
    impl Signer for PemSigner {
        async fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
            let mut signature = vec![0; self.0.public_modulus_len()];
            self.0
                .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                .map_err(|_| Error::new(ErrorKind::Other, "the private key did not sign the assertion"))?;
            Ok(signature)
        }
    }

    impl fmt::Debug for PemSigner {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("PemSigner")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audiences_are_the_host_and_the_shared_one_that_stands_for_it() {
        for (login, expected) in [
            ("acme.my.salesforce.com", vec!["https://acme.my.salesforce.com", "https://login.salesforce.com"]),
            (
                "acme--x.sandbox.my.salesforce.com",
                vec!["https://acme--x.sandbox.my.salesforce.com", "https://test.salesforce.com"],
            ),
            ("x.scratch.my.salesforce.com", vec!["https://x.scratch.my.salesforce.com", "https://test.salesforce.com"]),
            (
                "x-dev-ed.develop.my.salesforce.com",
                vec!["https://x-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"],
            ),
            ("login.salesforce.com", vec!["https://login.salesforce.com"]),
            ("test.salesforce.com", vec!["https://test.salesforce.com"]),
            ("http://127.0.0.1:8080", vec!["http://127.0.0.1:8080"]),
        ] {
            assert_eq!(audiences(&LoginTarget::parse(login).unwrap()), expected, "{login}");
        }
    }
}
