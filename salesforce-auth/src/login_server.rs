use std::fmt;

use http::{HeaderValue, Method, StatusCode, header};
use salesforce_http::{AccessToken, Body, Error, ErrorKind, Result};
use salesforce_types::{ApiVersion, RecordId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::app::App;
use crate::grant::Grant;
use crate::identity::{Environment, EnvironmentMismatch, Identity};
use crate::login::LoginTarget;
use crate::refusal::Refusal;
use crate::token_endpoint::{Form, TokenEndpoint, Wire, wire_setters};

/// What a login server does besides giving tokens: ending them, telling of them, telling of itself.
///
/// ```no_run
/// # async fn example(grant: salesforce_auth::Grant) -> salesforce_http::Result<()> {
/// use salesforce_auth::{App, LoginServer};
///
/// let server = LoginServer::new("acme.my.salesforce.com", App::public("3MVG9…")).build()?;
/// let who = server.user_info(&grant.access_token()?).await?;
/// println!("{} of {}", who.username, who.organization_id);
/// server.revoke_grant(&grant).await?;
/// # Ok(()) }
/// ```
pub struct LoginServer {
    endpoint: TokenEndpoint,
    app: App,
}

/// What the server knows of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether it is good now. If not, nothing else is told.
    pub active: bool,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whose it is.
    pub username: Option<String>,
    /// `access_token` or `refresh_token`.
    pub token_type: Option<String>,
    /// The identity URL.
    pub subject: Option<String>,
    /// When it was issued.
    pub issued_at: Option<Timestamp>,
    /// When it ends, if nobody uses it before. Nothing else tells this of an opaque token.
    pub expires_at: Option<Timestamp>,
}

/// What a login host says of itself (`/.well-known/openid-configuration`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct OpenIdConfiguration {
    /// Who issues tokens here.
    pub issuer: String,
    /// The page a login opens.
    pub authorization_endpoint: String,
    /// Where tokens are got.
    pub token_endpoint: String,
    /// Where tokens are ended.
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// Where tokens are looked at.
    #[serde(default)]
    pub introspection_endpoint: Option<String>,
    /// Who is behind a token.
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    /// The keys that OpenID tokens are signed with.
    pub jwks_uri: String,
    /// The scopes there are.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
}

impl LoginServer {
    /// The login server at this URL, host or page of the org; see [`LoginTarget::parse`]. The app is the one that the
    /// tokens belong to.
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(login: impl AsRef<str>, app: App) -> LoginServerBuilder {
        LoginServerBuilder { login: LoginTarget::parse(login.as_ref()), app, wire: Wire::default() }
    }

    /// The login server at this target.
    pub fn at(login: LoginTarget, app: App) -> LoginServerBuilder {
        LoginServerBuilder { login: Ok(login), app, wire: Wire::default() }
    }

    /// Ends a token. A refresh token takes its access tokens with it. One that is dead already is no error.
    ///
    /// # Errors
    /// The server could not be told; the token may still be good.
    pub async fn revoke(&self, token: &SecretString) -> Result<()> {
        self.endpoint.revoke(&self.app, token).await
    }

    /// Ends everything of a grant. Forget it locally whatever comes of this.
    ///
    /// # Errors
    /// As [`revoke`](Self::revoke).
    pub async fn revoke_grant(&self, grant: &Grant) -> Result<()> {
        match grant.refresh_token.as_ref().or(grant.access_token.as_ref()) {
            Some(token) => self.endpoint.revoke(&self.app, token).await,
            None => Ok(()),
        }
    }

    /// What the server knows of a token. An app may ask about its own tokens, with its secret.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) for a public app; [`Refusal`] otherwise.
    pub async fn introspect(&self, token: &SecretString) -> Result<Introspection> {
        #[derive(Deserialize)]
        struct Wire {
            active: bool,
            scope: Option<String>,
            username: Option<String>,
            token_type: Option<String>,
            sub: Option<String>,
            exp: Option<i64>,
            iat: Option<i64>,
        }
        if self.app.secret().is_none() {
            let message = "a public app cannot look at tokens: introspection needs the app's secret";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let text = token.expose_secret();
        let submitted = self.app.submitted(&[text]);
        let form = Form { body: self.app.form(&[("token", text)]), basic: self.app.basic(), submitted: &submitted };
        let (parts, body) = self.endpoint.call("/services/oauth2/introspect", form).await?;
        let wire: Option<Wire> = serde_json::from_slice(&body).ok();
        let Some(wire) = wire.filter(|_| parts.status.is_success()) else {
            return Err(self.endpoint.refused(&parts, &body, &submitted));
        };
        let time = |seconds: Option<i64>| Some(Timestamp::from_millis(seconds?.checked_mul(1000)?));
        Ok(Introspection {
            active: wire.active,
            scopes: wire.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            username: wire.username,
            token_type: wire.token_type,
            subject: wire.sub,
            issued_at: time(wire.iat),
            expires_at: time(wire.exp),
        })
    }

    /// Who is behind a token, from the org's `userinfo`.
    ///
    /// # Errors
    /// [`Auth`](ErrorKind::Auth): the org does not accept the token, or names another user or org than the token does.
    pub async fn user_info(&self, token: &AccessToken) -> Result<Identity> {
        self.identity_at(token, "/services/oauth2/userinfo").await
    }

    /// Who is behind a token, from its identity URL, which tells more than `userinfo`. It is asked at the org's own
    /// host, whatever host the URL names: the token goes nowhere else.
    ///
    /// # Errors
    /// As [`user_info`](Self::user_info); or the token came without an identity URL.
    pub async fn identity(&self, token: &AccessToken) -> Result<Identity> {
        let (Some(org), Some(user)) = (token.organization_id(), token.user_id()) else {
            return Err(Error::new(
                ErrorKind::Config,
                "the token came without an identity URL: ask `user_info` instead",
            ));
        };
        self.identity_at(token, &format!("/id/{org}/{user}?version=latest")).await
    }

    async fn identity_at(&self, token: &AccessToken, path: &str) -> Result<Identity> {
        let identity: Identity = self.get(token, path).await?;
        let same =
            |ours: Option<RecordId>, theirs: Option<RecordId>| ours.is_none() || theirs.is_none() || ours == theirs;
        if same(token.organization_id(), identity.organization_id.id()) && same(token.user_id(), identity.user_id.id())
        {
            return Ok(identity);
        }
        Err(Error::new(
            ErrorKind::Auth,
            "the org names another user or org for this token than its login did: log in anew",
        ))
    }

    /// Refuses an org that is not of the expected kind. The org itself says it (`Organization.IsSandbox`): neither the
    /// host that was logged in at nor the edition does.
    ///
    /// # Errors
    /// [`EnvironmentMismatch`], as the [source](std::error::Error::source); or the user may not read `Organization`.
    pub async fn check_environment(&self, token: &AccessToken, expected: Environment) -> Result<()> {
        #[derive(Deserialize)]
        struct Page {
            records: Vec<Row>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Row {
            is_sandbox: bool,
            organization_type: Option<String>,
        }
        let version = ApiVersion::DEFAULT;
        let path =
            format!("/services/data/v{version}/query?q=SELECT+IsSandbox%2COrganizationType+FROM+Organization+LIMIT+1");
        let page: Page = self.get(token, &path).await?;
        let Some(row) = page.records.into_iter().next() else {
            return Err(Error::new(
                ErrorKind::Denied,
                "the user cannot read the record of its own org (`Organization`)",
            ));
        };
        let found = if row.is_sandbox { Environment::Sandbox } else { Environment::Production };
        if found == expected {
            return Ok(());
        }
        Err(EnvironmentMismatch { expected, found, edition: row.organization_type }.into())
    }

    /// What the login host says of itself. Every address in it is one of Salesforce's hosts.
    ///
    /// # Errors
    /// The host has no such document, or one that leads elsewhere ([`ForeignHost`](ErrorKind::ForeignHost)).
    pub async fn openid_configuration(&self) -> Result<OpenIdConfiguration> {
        let login = self.endpoint.login();
        let url = format!("{login}/.well-known/openid-configuration");
        let configuration: OpenIdConfiguration = self.fetch(&url, None).await?;
        let required = [&configuration.issuer, &configuration.authorization_endpoint, &configuration.token_endpoint];
        let optional = [
            &configuration.revocation_endpoint,
            &configuration.introspection_endpoint,
            &configuration.userinfo_endpoint,
        ];
        let all = required.into_iter().chain([&configuration.jwks_uri]).chain(optional.into_iter().flatten());
        all.into_iter().try_for_each(|url| login.is_page_of_an_org(url))?;
        Ok(configuration)
    }

    async fn get<T: for<'de> Deserialize<'de>>(&self, token: &AccessToken, path: &str) -> Result<T> {
        self.endpoint.login().may_lead_to(token.instance_url())?;
        self.fetch(&format!("{}{path}", token.instance_url()), Some(token)).await
    }

    async fn fetch<T: for<'de> Deserialize<'de>>(&self, url: &str, token: Option<&AccessToken>) -> Result<T> {
        let shown = salesforce_http::redact::url(url);
        let invalid = |_| Error::new(ErrorKind::Config, format!("no request can be made for {shown}"));
        let mut request = http::Request::builder()
            .method(Method::GET)
            .uri(url)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, concat!("salesforce-auth/", env!("CARGO_PKG_VERSION")))
            .body(Body::empty())
            .map_err(invalid)?;
        if let Some(token) = token {
            let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.secret().expose_secret()))
                .map_err(|_| Error::new(ErrorKind::Config, "the access token cannot stand in a header"))?;
            bearer.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        let (parts, body) = self.endpoint.send(request).await?;
        if parts.status.is_success() {
            // The cause is left out: it may quote a person's data.
            return serde_json::from_slice(&body).map_err(|_| {
                Error::new(ErrorKind::Decode, format!("the answer to GET {shown} cannot be read"))
                    .with_status(parts.status)
            });
        }
        let dead =
            matches!(parts.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) && Refusal::parse(&body).is_none();
        if dead && token.is_some() {
            let message =
                format!("GET {shown} was refused: the token is dead, or may not do this (scopes `api` or `id`)");
            return Err(Error::new(ErrorKind::Auth, message).with_status(parts.status));
        }
        let token = token.map(|token| token.secret().expose_secret());
        let submitted = self.app.submitted(token.as_slice());
        Err(self.endpoint.refused(&parts, &body, &submitted))
    }
}

impl fmt::Debug for LoginServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginServer")
            .field("login", self.endpoint.login())
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// Settings of [`LoginServer`]; [`build`](Self::build) makes it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct LoginServerBuilder {
    login: Result<LoginTarget>,
    app: App,
    wire: Wire,
}

impl LoginServerBuilder {
    wire_setters!();

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config): the login host is not one to send a secret to, or the app's id or secret is empty.
    pub fn build(self) -> Result<LoginServer> {
        self.app.check()?;
        Ok(LoginServer { endpoint: TokenEndpoint::over(self.login?, self.wire)?, app: self.app })
    }
}
