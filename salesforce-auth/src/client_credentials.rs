use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use salesforce_http::{AccessToken, Error, ErrorKind, Result};
use salesforce_types::RecordId;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::cached::Exchange;
use crate::login::LoginTarget;
use crate::refusal::{Refusal, RefusalKind};
use crate::token_endpoint::{Form, TokenEndpoint, Wire, wire_setters};

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
pub struct ClientCredentials {
    endpoint: TokenEndpoint,
    /// At least one; more while a secret is being rotated.
    apps: Vec<App>,
    /// The one that worked last.
    good: AtomicUsize,
    expected: Expected,
}

#[derive(Clone, Default)]
struct Expected {
    org: Option<RecordId>,
    user: Option<RecordId>,
    scopes: Vec<String>,
}

impl ClientCredentials {
    /// Logs in at this URL, host or page of the org; see [`LoginTarget::parse`] for what is understood.
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
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

    async fn attempt(&self, app: &App) -> Result<AccessToken> {
        let submitted = app.submitted(&[]);
        let form = Form { body: "grant_type=client_credentials".into(), basic: app.basic(), submitted: &submitted };
        self.expected.check(self.endpoint.post(form).await?)
    }
}

#[async_trait]
impl Exchange for ClientCredentials {
    async fn exchange(&self) -> Result<AccessToken> {
        let good = self.good.load(Ordering::Relaxed);
        let mut failed = None;
        for at in (0..self.apps.len()).map(|at| (good + at) % self.apps.len()) {
            let Some(app) = self.apps.get(at) else { continue };
            match self.attempt(app).await {
                Ok(token) => {
                    self.good.store(at, Ordering::Relaxed);
                    return Ok(token);
                }
                Err(error) if is_about_the_app(&error) => {
                    failed.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(failed.unwrap_or_else(|| Error::new(ErrorKind::Config, "there is no app to log in with")))
    }
}

fn is_about_the_app(error: &Error) -> bool {
    matches!(Refusal::of(error).map(Refusal::kind), Some(RefusalKind::WrongSecret | RefusalKind::UnknownClient))
}

impl Expected {
    fn check(&self, token: AccessToken) -> Result<AccessToken> {
        let other = |what: &str, expected: RecordId, found: Option<RecordId>| {
            let found = found.map_or_else(|| "one it does not name".to_owned(), |found| found.to_string());
            let message = format!(
                "the login was for the {what} {found}, and {expected} is expected: {}",
                match what {
                    "org" => "use the app and the My Domain of that org",
                    _ => "set it as the Run As user in the app's policies",
                }
            );
            Err(Error::new(ErrorKind::Auth, message))
        };
        match (self.org, self.user) {
            (Some(org), _) if token.organization_id() != Some(org) => other("org", org, token.organization_id()),
            (_, Some(user)) if token.user_id() != Some(user) => other("user", user, token.user_id()),
            _ => match self.scopes.iter().find(|scope| !token.scopes().is_empty() && !token.scopes().contains(scope)) {
                Some(scope) => {
                    let message =
                        format!("the app does not have the scope `{scope}`: add it in the app's OAuth settings");
                    Err(Error::new(ErrorKind::Auth, message))
                }
                None => Ok(token),
            },
        }
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("login", self.login())
            .field("apps", &self.apps)
            .finish_non_exhaustive()
    }
}

/// Settings of [`ClientCredentials`]; [`build`](Self::build) makes it.
#[must_use = "a builder does nothing until `build`"]
pub struct ClientCredentialsBuilder {
    login: Result<LoginTarget>,
    apps: Vec<App>,
    expected: Expected,
    wire: Wire,
}

impl ClientCredentialsBuilder {
    fn new(login: Result<LoginTarget>, id: String, secret: SecretString) -> Self {
        Self { login, apps: vec![App::confidential(id, secret)], expected: Expected::default(), wire: Wire::default() }
    }

    wire_setters!();

    /// Another key and secret of the same app, for the time of a rotation: when the org does not know the first pair,
    /// or not any more, the next one is tried, and the one that worked is kept to.
    pub fn or_credentials(mut self, client_id: impl Into<String>, secret: SecretString) -> Self {
        self.apps.push(App::confidential(client_id, secret));
        self
    }

    /// The scopes the app is meant to have. They are not sent, since Salesforce gives those of the app; a token
    /// without one of them is refused. `full` is too broad for this flow: Salesforce rejects apps that have it.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.expected.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses a token of any other org.
    pub fn expect_org(mut self, org: RecordId) -> Self {
        self.expected.org = Some(org);
        self
    }

    /// Refuses a token of any other user: the app's Run As user may have been changed.
    pub fn expect_user(mut self, user: RecordId) -> Self {
        self.expected.user = Some(user);
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the login host is not one to send a secret to, when it is `login.` or
    /// `test.`, which refuse this flow, when id or secret is empty, or when a scope is `full` or none.
    pub fn build(self) -> Result<ClientCredentials> {
        let login = self.login?;
        let config = |message: String| Err(Error::new(ErrorKind::Config, message));
        if login.is_shared() {
            return config(format!(
                "client credentials do not work at {login}: log in at the org's My Domain, https://NAME.my.salesforce.com"
            ));
        }
        if self.expected.scopes.iter().any(|scope| scope == "full") {
            return config(
                "the scope `full` does not go with client credentials: Salesforce rejects apps with scopes \
                           that broad; give the app `api` and nothing more"
                    .into(),
            );
        }
        crate::authorization_code::check_scopes(&self.expected.scopes)?;
        for app in &self.apps {
            app.check()?;
            if app.secret().is_none_or(|secret| secret.expose_secret().trim().is_empty()) {
                return config("the client secret is empty: copy the app's consumer secret".into());
            }
        }
        let endpoint = TokenEndpoint::over(login, self.wire)?;
        Ok(ClientCredentials { endpoint, apps: self.apps, good: AtomicUsize::new(0), expected: self.expected })
    }
}

impl fmt::Debug for ClientCredentialsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentialsBuilder")
            .field("login", &self.login)
            .field("apps", &self.apps)
            .finish_non_exhaustive()
    }
}
