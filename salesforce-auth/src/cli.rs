use std::ffi::OsString;
use std::fmt;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use salesforce_http::{AccessToken, Clock, Error, ErrorKind, Result, SystemClock};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use crate::cached::Exchange;
use crate::login::LoginTarget;

/// The session of the Salesforce CLI: what `sf org login web` left on this machine. For people's own tools; a server
/// has an app of its own.
///
/// Today's CLI hides the token in `sf org display` and gives it to `sf org auth show-access-token`; older ones show it.
/// Both are understood, and text in square brackets is never taken for a token. Each exchange asks the CLI, so wrap it
/// in [`Cached`](crate::Cached).
///
/// ```no_run
/// # fn example() -> salesforce_http::Result<()> {
/// use salesforce_auth::{Cached, SalesforceCli};
///
/// let connection = salesforce_http::Connection::builder(Cached::new(SalesforceCli::new("my-alias"))).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SalesforceCli {
    org: String,
    program: OsString,
    patience: Duration,
    clock: Arc<dyn Clock>,
}

impl SalesforceCli {
    /// The org of this alias or user name.
    #[must_use]
    pub fn new(org: impl Into<String>) -> Self {
        let program = if cfg!(windows) { "sf.cmd" } else { "sf" };
        Self {
            org: org.into(),
            program: program.into(),
            patience: Duration::from_secs(60),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The program to run instead of the `sf` on the path.
    #[must_use]
    pub fn program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// How long one run may take; 60 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn run<T: for<'de> Deserialize<'de>>(&self, command: &[&str]) -> Result<T> {
        let shown = format!("sf {}", command.join(" "));
        // The org is one argument, after its flag: it is no flag itself, and no shell sees it.
        let run = Command::new(&self.program)
            .args(command)
            .arg("--target-org")
            .arg(&self.org)
            .arg("--json")
            .env("SF_DISABLE_TELEMETRY", "true")
            .env("SF_AUTOUPDATE_DISABLE", "true")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match select(pin!(run), self.clock.sleep(self.patience)).await {
            Either::Left((Ok(output), _)) => output,
            Either::Left((Err(error), _)) => {
                let message =
                    format!("the Salesforce CLI cannot be run (`{shown}`): {error}: is it installed and on the path?");
                return Err(Error::new(ErrorKind::Config, message).with_source(error));
            }
            Either::Right(_) => {
                let message = format!("`{shown}` did not end within {:?}", self.patience);
                return Err(Error::new(ErrorKind::Timeout, message));
            }
        };
        match parse(&output.stdout).or_else(|| parse(&output.stderr)) {
            Some(Answer { result: Some(result), status: None | Some(0), .. }) => Ok(result),
            Some(failed) => Err(refused(&shown, &failed.name.unwrap_or_default(), &failed.message.unwrap_or_default())),
            None => {
                let message =
                    format!("`{shown}` answered with no JSON that can be read ({}): try it by hand", output.status);
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }
}

#[derive(Deserialize)]
struct Answer<T> {
    status: Option<i64>,
    result: Option<T>,
    name: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Display {
    access_token: Option<String>,
    instance_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    access_token: String,
}

/// The JSON in what the CLI prints; there may be colours and chatter around it.
fn parse<T: for<'de> Deserialize<'de>>(output: &[u8]) -> Option<Answer<T>> {
    let text = without_colours(&String::from_utf8_lossy(output));
    let json = text.get(text.find('{')?..)?;
    serde_json::Deserializer::from_str(json).into_iter().next()?.ok()
}

/// Without the escapes of a terminal: `ESC [ … letter`.
fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char == '\u{1b}' {
            let ends = |char: &char| char.is_ascii_alphabetic();
            let _ = rest.by_ref().find(ends);
        } else {
            out.push(char);
        }
    }
    out
}

/// A value that is one, and not a note in its place.
fn token(text: Option<String>) -> Option<SecretString> {
    let text = text?.trim().to_owned();
    let is_one = !text.is_empty() && !text.contains(['[', ']', ' ', '*']);
    is_one.then(|| text.into())
}

fn refused(shown: &str, name: &str, message: &str) -> Error {
    let remedy = match name {
        "NamedOrgNotFoundError"
        | "NoAuthInfoFound"
        | "NoDefaultEnvError"
        | "NoDefaultOrg"
        | "NoOrgFound"
        | "NoAuthInfoError" => "it does not know this org; `sf org list` shows those it knows",
        "RefreshTokenAuthError" | "JwtAuthError" | "AuthCodeExchangeError" => {
            "its login has ended; log in again with `sf org login web --alias ALIAS --instance-url URL`"
        }
        "DomainNotFoundError" => "the org's host is not found; was it renamed or deleted?",
        _ => "try it by hand",
    };
    let name: String =
        salesforce_http::redact::secrets(name).chars().filter(|char| !char.is_control()).take(60).collect();
    let said: String = salesforce_http::redact::secrets(message)
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .take(300)
        .collect();
    Error::new(ErrorKind::Auth, format!("`{shown}` failed: {name}: {said}: {remedy}"))
}

#[async_trait]
impl Exchange for SalesforceCli {
    async fn exchange(&self) -> Result<AccessToken> {
        if self.org.trim().is_empty() || self.org.starts_with('-') || self.org.contains(char::is_control) {
            return Err(Error::new(ErrorKind::Config, "the name of the CLI's org is empty or begins with a dash"));
        }
        let display: Display = self.run(&["org", "display"]).await?;
        let secret = match token(display.access_token) {
            Some(secret) => secret,
            None => {
                let shown: Shown = self.run(&["org", "auth", "show-access-token"]).await?;
                token(Some(shown.access_token)).ok_or_else(|| {
                    let message = "the CLI shows no access token, only a note in its place: update it, or log in with an app of your own";
                    Error::new(ErrorKind::Auth, message)
                })?
            }
        };
        let org = LoginTarget::parse(&display.instance_url)?;
        if org.is_shared() {
            let message =
                format!("the CLI names {org} as the org's address, which is a login host: log in with it again");
            return Err(Error::new(ErrorKind::Config, message));
        }
        AccessToken::new(secret, org.url())
    }
}

/// An alias or user name says who uses it.
impl fmt::Debug for SalesforceCli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SalesforceCli").field("program", &self.program).finish_non_exhaustive()
    }
}
