use std::error::Error as StdError;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded;

use crate::pkce;

/// A callback is short; what is not is none.
const MOST: usize = 16 * 1024;

/// The URL that a login came back to, or its path and query, or its query. It holds a code: `Debug` prints nothing.
pub struct Callback(SecretString);

pub(super) struct Answer {
    pub(super) state: Option<String>,
    pub(super) code: Option<SecretString>,
    pub(super) error: Option<(String, String)>,
}

impl Callback {
    /// This URL, as the browser asked for it.
    pub fn new(url: impl Into<String>) -> Self {
        Self(SecretString::from(url.into()))
    }

    #[cfg(feature = "loopback")]
    pub(crate) fn brings_a_code(&self) -> bool {
        self.read().is_ok_and(|answer| answer.error.is_none() && answer.code.is_some())
    }

    /// What it says. The query is decoded once: codes hold `=` signs and percent signs.
    pub(super) fn read(&self) -> Result<Answer> {
        let text = self.0.expose_secret();
        if text.len() > MOST {
            return Err(CallbackError::Unreadable.into());
        }
        let query = text.split('#').next().unwrap_or_default();
        let query = query.split_once('?').map_or(query, |(_, query)| query);
        let (mut state, mut code, mut error, mut description) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                "error_description" => &mut description,
                _ => continue,
            };
            // Which of two would it be? Nobody honest sends two.
            if place.replace(value.into_owned()).is_some() {
                return Err(CallbackError::Unreadable.into());
            }
        }
        let error = error.map(|error| (error, description.unwrap_or_default()));
        let code = code.filter(|code| !code.is_empty()).map(SecretString::from);
        Ok(Answer { state, code, error })
    }
}

impl From<String> for Callback {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// A callback that brings nobody in, for a reason of its own. It is the [source](StdError::source) of the error that
/// is returned; [`CallbackError::of`] finds it there. What Salesforce refuses is a [`Refusal`](crate::Refusal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallbackError {
    /// Its state is not the login's: it was tampered with, or belongs to another login.
    NotOurs,
    /// The login was begun for another app, host or callback URL.
    OtherLogin,
    /// It came more than ten minutes after the login began.
    TooLate,
    /// It brings neither a code nor an error.
    NoCode,
    /// It is too long, or says the same thing twice.
    Unreadable,
    /// The person that logged in is proved to somebody else: the OpenID token is not this login's.
    OtherIdentity,
    /// It never came.
    NeverCame,
    /// No port of this machine could be opened to receive it.
    NoPort,
}

impl CallbackError {
    /// What an error says of a callback, if it is about one.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref() {
                return Some(*found);
            }
            cause = error.source();
        }
        None
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOurs => "the callback does not belong to this login (its state is another): begin a new one",
            Self::OtherLogin => "the login was begun for another app, host or callback URL: begin a new one",
            Self::TooLate => "the login took longer than ten minutes: begin a new one",
            Self::NoCode => "the callback brings neither a code nor an error: begin a new login",
            Self::Unreadable => {
                "the callback cannot be read: it is too long or says something twice; begin a new login"
            }
            Self::OtherIdentity => "the OpenID token of the answer is not this login's: begin a new one",
            Self::NeverCame => {
                "nobody came back from the login in time; the browser may be showing Salesforce's reason. Look at: the \
                 right org (try a private window, or the prompt `login`)? the app installed and approved in it? its \
                 permission set assigned to the user? this callback URL registered?"
            }
            Self::NoPort => {
                "no port of this machine could be opened to receive the login: close what holds it, or \
                             register another one with the app"
            }
        })
    }
}

impl StdError for CallbackError {}

impl From<CallbackError> for Error {
    fn from(error: CallbackError) -> Self {
        let kind = match error {
            CallbackError::NeverCame => ErrorKind::Timeout,
            CallbackError::NoPort | CallbackError::OtherLogin => ErrorKind::Config,
            _ => ErrorKind::Auth,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

/// The token came straight from the token endpoint by TLS, so that its signature need not be looked at; what it is for
/// must be.
pub(super) fn check_id_token(token: &SecretString, nonce: &SecretString, client_id: &str) -> Result<()> {
    #[derive(Deserialize)]
    struct Claims {
        nonce: Option<String>,
        aud: serde_json::Value,
    }
    let claims = token.expose_secret().split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<Claims> = claims.and_then(|json| serde_json::from_slice(&json).ok());
    let ours = claims.is_some_and(|claims| {
        let for_us = match &claims.aud {
            serde_json::Value::String(one) => one == client_id,
            serde_json::Value::Array(many) => many.iter().any(|one| one == client_id),
            _ => false,
        };
        for_us && claims.nonce.is_some_and(|given| pkce::same(&given, nonce.expose_secret()))
    });
    if ours { Ok(()) } else { Err(CallbackError::OtherIdentity.into()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(url: &str) -> Result<Answer> {
        Callback::new(url).read()
    }

    #[test]
    fn a_callback_is_read_with_or_without_its_host_and_decoded_once() {
        for before in ["https://x.example/cb?", "/cb?", "?", ""] {
            let answer = read(&format!("{before}code=aPrx%3D%3D%2525&state=s+1&sfdc_community_id=x#f")).unwrap();
            assert_eq!(answer.code.unwrap().expose_secret(), "aPrx==%25");
            assert_eq!(answer.state.unwrap(), "s 1");
        }
        let answer = read("?error=access_denied&error_description=end-user+denied&state=s").unwrap();
        assert_eq!(answer.error.unwrap(), ("access_denied".into(), "end-user denied".into()));
        assert!(read("?code=&state=s").unwrap().code.is_none());
    }

    #[test]
    fn a_callback_that_says_something_twice_or_at_length_is_refused() {
        for bad in ["?code=a&code=b&state=s", "?code=a&state=s&state=s", &format!("?code={}", "a".repeat(MOST))] {
            let Err(error) = read(bad) else { panic!("{bad}") };
            assert_eq!(CallbackError::of(&error), Some(CallbackError::Unreadable));
        }
    }

    #[test]
    fn an_openid_token_is_for_this_login_and_this_app() {
        let token = |json: &str| SecretString::from(format!("eyJh.{}.sig", URL_SAFE_NO_PAD.encode(json)));
        let check = |json: &str| check_id_token(&token(json), &"n1".into(), "key").is_ok();
        assert!(check(r#"{"nonce":"n1","aud":"key"}"#) && check(r#"{"nonce":"n1","aud":["x","key"]}"#));
        assert!(!check(r#"{"nonce":"n2","aud":"key"}"#) && !check(r#"{"nonce":"n1","aud":"x"}"#));
        assert!(!check(r#"{"aud":"key"}"#) && !check("") && !check(r#"{"nonce":"n1","aud":{}}"#));
        assert!(check_id_token(&"x".into(), &"n1".into(), "key").is_err());
    }

    proptest! {
        #[test]
        fn no_callback_panics_or_is_quoted(url in "\\PC{0,80}|[?&=%a-f]{0,40}", code in "canary[!-~]{0,20}") {
            let url = format!("{url}&code={code}&state=canary&error=");
            if let Err(error) = read(&url) {
                let printed = format!("{error} {error:?}");
                prop_assert!(!printed.contains("canary"));
            }
        }
    }
}
