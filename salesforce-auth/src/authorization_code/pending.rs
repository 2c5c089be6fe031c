use std::fmt;
use std::time::Duration;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::callback::{Callback, CallbackError};
use crate::pkce;

/// How long a login may take.
const LIFE: Duration = Duration::from_secs(600);

/// A login on its way: good once, for ten minutes, for one app at one host.
///
/// `Debug` prints where it is to be and nothing else. [`expose`](Self::expose) gives it to another process.
pub struct PendingLogin {
    pub(super) authorize_url: String,
    pub(super) login: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: SecretString,
    pub(super) verifier: SecretString,
    pub(super) nonce: Option<SecretString>,
    pub(super) begun_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    authorize_url: String,
    login: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    verifier: String,
    nonce: Option<String>,
    begun_at: i64,
}

impl PendingLogin {
    /// The page to open in the person's browser. Open it without a shell, and keep it out of logs.
    #[must_use]
    pub fn authorize_url(&self) -> &str {
        &self.authorize_url
    }

    /// Where the answer goes.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The state: what a host that has many logins under way finds this one by when the callback comes.
    #[must_use]
    pub fn state(&self) -> &SecretString {
        &self.state
    }

    /// Whether this callback answers this login. It says nothing about yes or no.
    #[must_use]
    pub fn is_answered_by(&self, callback: &Callback) -> bool {
        let state = callback.read().ok().and_then(|answer| answer.state);
        state.is_some_and(|state| pkce::same(&state, self.state.expose_secret()))
    }

    /// Everything as one text, for the process that gets the callback. Keep it where only that one can read it, and
    /// take it out before it is used.
    #[must_use]
    pub fn expose(&self) -> SecretString {
        let wire = Wire {
            authorize_url: self.authorize_url.clone(),
            login: self.login.clone(),
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.expose_secret().to_owned(),
            verifier: self.verifier.expose_secret().to_owned(),
            nonce: self.nonce.as_ref().map(|nonce| nonce.expose_secret().to_owned()),
            begun_at: self.begun_at.as_millis(),
        };
        serde_json::to_string(&wire).expect("text and numbers can be written").into()
    }

    /// What [`expose`](Self::expose) wrote.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it is something else.
    pub fn parse(text: &SecretString) -> Result<Self> {
        let wire: Wire = serde_json::from_str(text.expose_secret())
            .ok()
            .filter(|wire: &Wire| wire.state.len() >= 22 && wire.verifier.len() >= 43)
            .ok_or_else(|| Error::new(ErrorKind::Config, "the stored login is none, or was cut: begin a new one"))?;
        Ok(Self {
            authorize_url: wire.authorize_url,
            login: wire.login,
            client_id: wire.client_id,
            redirect_uri: wire.redirect_uri,
            state: wire.state.into(),
            verifier: wire.verifier.into(),
            nonce: wire.nonce.map(Into::into),
            begun_at: Timestamp::from_millis(wire.begun_at),
        })
    }

    #[cfg(feature = "loopback")]
    pub(crate) fn login_origin(&self) -> &str {
        &self.login
    }

    pub(super) fn check_age(&self, now: Timestamp) -> Result<()> {
        if now.since(self.begun_at) > LIFE { Err(CallbackError::TooLate.into()) } else { Ok(()) }
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("login", &self.login)
            .field("redirect_uri", &self.redirect_uri)
            .field("begun_at", &self.begun_at)
            .finish_non_exhaustive()
    }
}
