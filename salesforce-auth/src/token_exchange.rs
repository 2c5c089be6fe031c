use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use salesforce_http::{AccessToken, Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::authorization_code::check_scopes;
use crate::cached::Exchange;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::token_endpoint::{TokenEndpoint, Wire, wire_setters};

/// The most that a token of somebody else may have.
const MOST: usize = 10_000;

/// Where the token to exchange comes from: an identity provider's client, a file that a platform keeps fresh.
#[async_trait]
pub trait SubjectSource: fmt::Debug + Send + Sync {
    /// A token that is good now.
    ///
    /// # Errors
    /// There is none.
    async fn subject(&self) -> Result<SecretString>;
}

/// A token that does not change.
#[async_trait]
impl SubjectSource for SecretString {
    async fn subject(&self) -> Result<Self> {
        Ok(self.clone())
    }
}

/// What kind of token is exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubjectKind {
    /// An access token.
    AccessToken,
    /// A token of OpenID.
    IdToken,
    /// Any other JWT.
    Jwt,
    /// A refresh token.
    RefreshToken,
    /// A SAML 2 assertion.
    Saml2,
}

impl SubjectKind {
    fn urn(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::Saml2 => "urn:ietf:params:oauth:token-type:saml2",
        }
    }
}

/// The token exchange flow: a token of your own identity provider for one of the org. A handler in the org, an Apex
/// class, decides whose.
///
/// Each exchange is a login of its own, so wrap it in [`Cached`](crate::Cached). It works at an org's My Domain or a
/// site only.
pub struct TokenExchange {
    endpoint: TokenEndpoint,
    app: App,
    kind: SubjectKind,
    source: Arc<dyn SubjectSource>,
    handler: Option<String>,
    scopes: Vec<String>,
}

impl TokenExchange {
    /// Logs in at this URL, host or page of the org; see [`LoginTarget::parse`].
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(
        login: impl AsRef<str>,
        app: App,
        kind: SubjectKind,
        source: impl SubjectSource + 'static,
    ) -> TokenExchangeBuilder {
        Self::at_parsed(LoginTarget::parse(login.as_ref()), app, kind, source)
    }

    /// The same at this target.
    pub fn at(
        login: LoginTarget,
        app: App,
        kind: SubjectKind,
        source: impl SubjectSource + 'static,
    ) -> TokenExchangeBuilder {
        Self::at_parsed(Ok(login), app, kind, source)
    }

    fn at_parsed(
        login: Result<LoginTarget>,
        app: App,
        kind: SubjectKind,
        source: impl SubjectSource + 'static,
    ) -> TokenExchangeBuilder {
        let source = Arc::new(source);
        TokenExchangeBuilder { login, app, kind, source, handler: None, scopes: Vec::new(), wire: Wire::default() }
    }

    /// One exchange with everything it brings: a refresh token too, if the app gives one.
    ///
    /// # Errors
    /// The source has no token, or a [`Refusal`](crate::Refusal).
    pub async fn grant(&self) -> Result<Grant> {
        let subject = self.source.subject().await?;
        let subject = subject.expose_secret();
        if subject.is_empty() || subject.len() > MOST {
            let message = "the token to exchange is empty, or longer than the 10,000 characters that Salesforce takes";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let scopes = self.scopes.join(" ");
        let mut fields = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", subject),
            ("subject_token_type", self.kind.urn()),
        ];
        fields.extend(self.handler.as_deref().map(|handler| ("token_handler", handler)));
        fields.extend((!scopes.is_empty()).then_some(("scope", scopes.as_str())));
        self.endpoint.grant(&self.app, &fields, &[subject]).await
    }
}

#[async_trait]
impl Exchange for TokenExchange {
    async fn exchange(&self) -> Result<AccessToken> {
        self.grant().await?.access_token()
    }
}

impl fmt::Debug for TokenExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenExchange")
            .field("login", self.endpoint.login())
            .field("app", &self.app)
            .field("kind", &self.kind)
            .field("handler", &self.handler)
            .finish_non_exhaustive()
    }
}

/// Settings of [`TokenExchange`]; [`build`](Self::build) makes it.
#[must_use = "a builder does nothing until `build`"]
pub struct TokenExchangeBuilder {
    login: Result<LoginTarget>,
    app: App,
    kind: SubjectKind,
    source: Arc<dyn SubjectSource>,
    handler: Option<String>,
    scopes: Vec<String>,
    wire: Wire,
}

impl TokenExchangeBuilder {
    wire_setters!();

    /// The handler in the org that decides, if there is more than one: its Apex class.
    pub fn handler(mut self, name: impl Into<String>) -> Self {
        self.handler = Some(name.into());
        self
    }

    /// What to ask for. Without it, every scope the app has.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config): the login host is `login.` or `test.`, or not one to send a secret to; the app's
    /// id or secret is empty; or a scope cannot be one.
    pub fn build(self) -> Result<TokenExchange> {
        let login = self.login?;
        if login.is_shared() {
            let message = format!(
                "tokens cannot be exchanged at {login}: log in at the org's My Domain, https://NAME.my.salesforce.com"
            );
            return Err(Error::new(ErrorKind::Config, message));
        }
        self.app.check()?;
        check_scopes(&self.scopes)?;
        Ok(TokenExchange {
            endpoint: TokenEndpoint::over(login, self.wire)?,
            app: self.app,
            kind: self.kind,
            source: self.source,
            handler: self.handler,
            scopes: self.scopes,
        })
    }
}

impl fmt::Debug for TokenExchangeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenExchangeBuilder")
            .field("login", &self.login)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
