use std::fmt;
use std::time::Duration;

use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::app::App;
use crate::authorization_code::check_scopes;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::refusal::{Refusal, RefusalKind};
use crate::token_endpoint::{Form, TokenEndpoint, Wire, wire_setters};

/// How long a code can be entered. The server does not say; this is what it is known to do.
const LIFE: Duration = Duration::from_secs(600);

/// How often in a row the server may have trouble.
const TROUBLES: u32 = 3;

/// The device flow: the person enters a short code on another machine.
///
/// Salesforce takes it back step by step: apps that are not installed in an org cannot use it there. Prefer
/// [`AuthorizationCode`](crate::AuthorizationCode) where there is a browser.
///
/// ```no_run
/// # async fn example() -> salesforce_http::Result<()> {
/// use salesforce_auth::{App, DeviceCode};
///
/// let flow = DeviceCode::new("acme.my.salesforce.com", App::public("3MVG9…")).build()?;
/// let code = flow.begin().await?;
/// println!("enter {} at {}", code.user_code(), code.verification_uri());
/// let grant = flow.finish(code).await?;
/// # Ok(()) }
/// ```
pub struct DeviceCode {
    endpoint: TokenEndpoint,
    app: App,
    scopes: Vec<String>,
}

/// A code for a person to enter. `Debug` shows where, and no code.
pub struct UserCode {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    interval: Duration,
}

impl UserCode {
    /// What to enter.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where to enter it.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCode").field("verification_uri", &self.verification_uri).finish_non_exhaustive()
    }
}

impl DeviceCode {
    /// Logs in at this URL, host or page of the org; see [`LoginTarget::parse`].
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(login: impl AsRef<str>, app: App) -> DeviceCodeBuilder {
        DeviceCodeBuilder::new(LoginTarget::parse(login.as_ref()), app)
    }

    /// The same at this target.
    pub fn at(login: LoginTarget, app: App) -> DeviceCodeBuilder {
        DeviceCodeBuilder::new(Ok(login), app)
    }

    /// Asks for a code.
    ///
    /// # Errors
    /// [`Refusal`]: the app may not use this flow, most often.
    pub async fn begin(&self) -> Result<UserCode> {
        #[derive(Deserialize)]
        struct Wire {
            device_code: String,
            user_code: String,
            verification_uri: String,
            interval: Option<u64>,
        }
        let scopes = self.scopes.join(" ");
        let mut fields = vec![("response_type", "device_code")];
        if !scopes.is_empty() {
            fields.push(("scope", &scopes));
        }
        let submitted = self.app.submitted(&[]);
        // The app names itself in the form here, whether or not it keeps a secret.
        let form = Form { body: App::public(self.app.id()).form(&fields), basic: None, submitted: &submitted };
        let (parts, body) = self.endpoint.call("/services/oauth2/token", form).await?;
        if !parts.status.is_success() {
            return Err(self.endpoint.refused(&parts, &body, &submitted));
        }
        let Ok(wire) = serde_json::from_slice::<Wire>(&body) else {
            return Err(self.endpoint.refused(&parts, &body, &submitted));
        };
        // A person is sent there: to the login's own org, or to nowhere.
        self.endpoint.login().is_page_of_an_org(&wire.verification_uri)?;
        Ok(UserCode {
            device_code: wire.device_code.into(),
            user_code: wire.user_code.chars().filter(|char| !char.is_control()).take(64).collect(),
            verification_uri: wire.verification_uri,
            interval: Duration::from_secs(wire.interval.unwrap_or(5).clamp(1, 60)),
        })
    }

    /// Waits until the person has entered the code, and gives what was granted.
    ///
    /// # Errors
    /// The person declined, or did not enter it within ten minutes ([`Timeout`](ErrorKind::Timeout)); the code is not
    /// known any more; or Salesforce has trouble for longer than a moment.
    pub async fn finish(&self, code: UserCode) -> Result<Grant> {
        let clock = self.endpoint.clock();
        let (begun, mut interval, mut troubles) = (clock.elapsed(), code.interval, 0);
        let text = code.device_code.expose_secret();
        loop {
            if clock.elapsed().saturating_sub(begun) + interval > LIFE {
                let message = format!(
                    "nobody entered the code at {} within ten minutes: begin a new login",
                    salesforce_http::redact::url(&code.verification_uri)
                );
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            clock.sleep(interval).await;
            let error = match self.endpoint.grant(&self.app, &[("grant_type", "device"), ("code", text)], &[text]).await
            {
                Ok(grant) => return Ok(grant),
                Err(error) => error,
            };
            match Refusal::of(&error).map(Refusal::kind) {
                Some(RefusalKind::Pending) => troubles = 0,
                Some(RefusalKind::SlowDown) => interval += Duration::from_secs(5),
                _ if error.is_retryable() && troubles < TROUBLES => troubles += 1,
                _ => return Err(error),
            }
        }
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode")
            .field("login", self.endpoint.login())
            .field("app", &self.app)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Settings of [`DeviceCode`]; [`build`](Self::build) makes it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct DeviceCodeBuilder {
    login: Result<LoginTarget>,
    app: App,
    scopes: Vec<String>,
    wire: Wire,
}

impl DeviceCodeBuilder {
    fn new(login: Result<LoginTarget>, app: App) -> Self {
        Self { login, app, scopes: vec!["api".into(), "refresh_token".into()], wire: Wire::default() }
    }

    wire_setters!();

    /// What to ask for instead of `api refresh_token`. None at all asks for every scope the app has.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The flow. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config): the login host is not one to send a secret to, the app's id or secret is empty,
    /// or a scope cannot be one.
    pub fn build(self) -> Result<DeviceCode> {
        self.app.check()?;
        check_scopes(&self.scopes)?;
        Ok(DeviceCode { endpoint: TokenEndpoint::over(self.login?, self.wire)?, app: self.app, scopes: self.scopes })
    }
}
