mod callback;
mod pending;

use std::fmt;

use salesforce_http::{Error, ErrorKind, Result};
use secrecy::ExposeSecret;
use url::Url;

pub use self::callback::{Callback, CallbackError};
pub use self::pending::PendingLogin;
use crate::app::App;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::pkce;
use crate::refusal::Refusal;
use crate::token_endpoint::{TokenEndpoint, Wire, wire_setters};

/// The web server flow: a person logs in with a browser, at Salesforce, and lets the app in. With PKCE and state.
///
/// [`begin`](Self::begin) makes a login that is good once: the page to open, and what the answer has to fit.
/// [`finish`](Self::finish) takes it and the callback, and gives what was granted. In between lies a browser; a login
/// may be finished by another process ([`PendingLogin::expose`]).
///
/// ```no_run
/// # async fn example() -> salesforce_http::Result<()> {
/// use salesforce_auth::{App, AuthorizationCode, Callback};
///
/// let flow = AuthorizationCode::new("acme.my.salesforce.com", App::public("3MVG9…"), "https://backup.acme.example/callback")
///     .build()?;
/// let pending = flow.begin()?;
/// println!("open {}", pending.authorize_url());
/// # let callback_url = String::new();
/// let grant = flow.finish(pending, Callback::new(callback_url)).await?;
/// # Ok(()) }
/// ```
pub struct AuthorizationCode {
    endpoint: TokenEndpoint,
    app: App,
    redirect_uri: String,
    scopes: Vec<String>,
    prompts: Vec<Prompt>,
    login_hint: Option<String>,
}

/// What the login page asks for even if it need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prompt {
    /// To log in, even when the browser is logged in: as somebody else, perhaps.
    Login,
    /// To approve the app, even when it is approved.
    Consent,
    /// To choose among accounts.
    SelectAccount,
}

impl Prompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

impl AuthorizationCode {
    /// Logs in at this URL, host or page of the org; see [`LoginTarget::parse`]. The answer goes to `redirect_uri`,
    /// which has to be registered with the app exactly so.
    ///
    /// An app that lives in one org only needs that org's My Domain; the shared login hosts do not know it.
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(login: impl AsRef<str>, app: App, redirect_uri: impl Into<String>) -> AuthorizationCodeBuilder {
        AuthorizationCodeBuilder::new(LoginTarget::parse(login.as_ref()), app, redirect_uri.into())
    }

    /// Logs in at this target: a site or a custom domain, say ([`LoginTarget::parse_allowing`]).
    pub fn at(login: LoginTarget, app: App, redirect_uri: impl Into<String>) -> AuthorizationCodeBuilder {
        AuthorizationCodeBuilder::new(Ok(login), app, redirect_uri.into())
    }

    /// Where it logs in. Show it to the person before the browser opens.
    #[must_use]
    pub fn login(&self) -> &LoginTarget {
        self.endpoint.login()
    }

    /// A login to be finished within ten minutes.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn begin(&self) -> Result<PendingLogin> {
        let (state, verifier) = (pkce::random()?, pkce::random()?);
        let nonce = self.scopes.iter().any(|scope| scope == "openid").then(pkce::random).transpose()?;
        let mut url = Url::parse(&format!("{}/services/oauth2/authorize", self.login()))
            .map_err(|error| Error::new(ErrorKind::Config, "the login host makes no URL").with_source(error))?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.app.id())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("state", state.expose_secret())
            .append_pair("code_challenge", &pkce::challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        if !self.scopes.is_empty() {
            query.append_pair("scope", &self.scopes.join(" "));
        }
        if !self.prompts.is_empty() {
            let prompts: Vec<_> = self.prompts.iter().map(|prompt| prompt.as_str()).collect();
            query.append_pair("prompt", &prompts.join(" "));
        }
        if let Some(hint) = &self.login_hint {
            query.append_pair("login_hint", hint);
        }
        if let Some(nonce) = &nonce {
            query.append_pair("nonce", nonce.expose_secret());
        }
        drop(query);
        Ok(PendingLogin {
            authorize_url: url.into(),
            login: self.login().url().to_owned(),
            client_id: self.app.id().to_owned(),
            redirect_uri: self.redirect_uri.clone(),
            state,
            verifier,
            nonce,
            begun_at: self.endpoint.clock().now(),
        })
    }

    /// What the person granted. Both arguments are good once and are gone whatever comes of it.
    ///
    /// # Errors
    /// The callback does not belong to this login ([`CallbackError`]); the person declined, or Salesforce refused
    /// ([`Refusal`]); or the code could not be exchanged, which is not tried again: begin a new login.
    pub async fn finish(&self, pending: PendingLogin, callback: Callback) -> Result<Grant> {
        if pending.login != self.login().url()
            || pending.client_id != self.app.id()
            || pending.redirect_uri != self.redirect_uri
        {
            return Err(CallbackError::OtherLogin.into());
        }
        let answer = callback.read()?;
        if !answer.state.as_deref().is_some_and(|state| pkce::same(state, pending.state.expose_secret())) {
            return Err(CallbackError::NotOurs.into());
        }
        if let Some((error, description)) = answer.error {
            let refusal = Refusal::new(error, description).without(&[pending.state.expose_secret()]);
            let kind = refusal.error_kind(http::StatusCode::BAD_REQUEST);
            let hint = if refusal.kind() == crate::RefusalKind::CallbackUrl {
                format!(" ({})", self.redirect_uri)
            } else {
                String::new()
            };
            let message = format!("the login at {} was refused: {refusal}: {}{hint}", self.login(), refusal.remedy());
            return Err(Error::new(kind, message).with_source(refusal));
        }
        let code = answer.code.ok_or(CallbackError::NoCode)?;
        pending.check_age(self.endpoint.clock().now())?;
        let (code, verifier) = (code.expose_secret(), pending.verifier.expose_secret());
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        let grant = self.endpoint.grant(&self.app, &fields, &[code, verifier]).await?;
        if let (Some(nonce), Some(token)) = (&pending.nonce, grant.id_token()) {
            callback::check_id_token(token, nonce, self.app.id())?;
        }
        for scope in ["full", "web"] {
            let asked = self.scopes.is_empty() || self.scopes.iter().any(|asked| asked == scope);
            if !asked && grant.scopes().iter().any(|granted| granted == scope) {
                tracing::warn!(scope, "more was granted than asked for: the app has a scope it does not need");
            }
        }
        Ok(grant)
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationCode")
            .field("login", self.login())
            .field("app", &self.app)
            .field("redirect_uri", &self.redirect_uri)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Settings of [`AuthorizationCode`]; [`build`](Self::build) makes it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct AuthorizationCodeBuilder {
    login: Result<LoginTarget>,
    app: App,
    redirect_uri: String,
    scopes: Vec<String>,
    prompts: Vec<Prompt>,
    login_hint: Option<String>,
    wire: Wire,
}

impl AuthorizationCodeBuilder {
    fn new(login: Result<LoginTarget>, app: App, redirect_uri: String) -> Self {
        let scopes = vec!["api".into(), "refresh_token".into()];
        Self { login, app, redirect_uri, scopes, prompts: Vec::new(), login_hint: None, wire: Wire::default() }
    }

    wire_setters!();

    /// What to ask for instead of `api refresh_token`. None at all asks for every scope the app has.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// What the page is to ask for. With [`Prompt::Login`] a browser that is logged in as somebody else, or to another
    /// org, does no harm.
    pub fn prompt(mut self, prompts: impl IntoIterator<Item = Prompt>) -> Self {
        self.prompts = prompts.into_iter().collect();
        self
    }

    /// The user name to fill in.
    pub fn login_hint(mut self, username: impl Into<String>) -> Self {
        self.login_hint = Some(username.into());
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config): the login host is not one to send a secret to, the app's id or secret is empty,
    /// a scope cannot be one, or the redirect URI cannot be registered.
    pub fn build(self) -> Result<AuthorizationCode> {
        let config = |message: String| Err(Error::new(ErrorKind::Config, message));
        let login = self.login?;
        self.app.check()?;
        check_redirect_uri(&self.redirect_uri)?;
        check_scopes(&self.scopes)?;
        if self.login_hint.as_deref().is_some_and(|hint| hint.contains(char::is_control)) {
            return config("the user name to fill in holds a control character".into());
        }
        Ok(AuthorizationCode {
            endpoint: TokenEndpoint::over(login, self.wire)?,
            app: self.app,
            redirect_uri: self.redirect_uri,
            scopes: self.scopes,
            prompts: self.prompts,
            login_hint: self.login_hint,
        })
    }
}

pub(crate) fn check_scopes(scopes: &[String]) -> Result<()> {
    let fits = |scope: &String| {
        !scope.is_empty()
            && scope.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    match scopes.iter().find(|scope| !fits(scope)) {
        Some(_) => Err(Error::new(
            ErrorKind::Config,
            "a scope is a word such as `api` or `refresh_token`, each given by itself; Setup's titles are none",
        )),
        None => Ok(()),
    }
}

/// Salesforce takes https, a scheme of an app's own, and http for this machine.
fn check_redirect_uri(text: &str) -> Result<()> {
    let refuse = |why: &str| {
        let shown = salesforce_http::redact::url(text);
        Err(Error::new(ErrorKind::Config, format!("`{shown}` cannot be a callback URL: {why}")))
    };
    let Ok(url) = Url::parse(text) else {
        return refuse("expected a URL such as https://backup.acme.example/callback or http://localhost:1717/callback");
    };
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return refuse("it must hold no user and no fragment");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) if text.starts_with("https://") => Ok(()),
        ("http", Some(_)) if LoginTarget::parse(text).is_ok_and(|target| target.is_loopback()) => Ok(()),
        ("http" | "https", _) => refuse("it needs https and a host; plain http is for localhost"),
        ("javascript" | "data" | "file" | "blob", _) => refuse("a browser would not come back from there"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_13_a_callback_url_is_one_that_salesforce_registers() {
        for good in [
            "https://localhost/",
            "https://backup.acme.example/callback?x=1",
            "http://localhost:1717/OauthRedirect",
            "http://127.0.0.1:1717/",
            "acmebackup://oauth/done",
        ] {
            assert!(check_redirect_uri(good).is_ok(), "{good}");
        }
        for bad in [
            "https:/",
            "https:",
            "http://backup.acme.example/",
            "/callback",
            "",
            "https://u:p@x/",
            "https://x/#a",
            "javascript:alert(1)",
        ] {
            assert!(check_redirect_uri(bad).is_err(), "{bad}");
        }
    }
}
