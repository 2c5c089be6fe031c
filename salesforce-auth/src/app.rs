use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

/// The app that asks for tokens, as registered in Salesforce: its consumer key and, if it can keep one, its secret.
///
/// It is the same for an External Client App and for an older Connected App; of the latter, say
/// [`connected_app`](Self::connected_app), and an administrator can be told what to do in time.
///
/// An app on people's own machines cannot keep a secret: it is public. Salesforce then has to be told twice that the
/// secret is optional, for the web server flow and for the refresh token flow; each is a setting of its own.
///
/// Nothing here writes a secret by accident: there is no `Serialize` on it, nor on a grant.
///
/// ```compile_fail,E0277
/// fn written<T: serde::Serialize>() {}
/// written::<salesforce_auth::App>();
/// ```
#[derive(Clone)]
pub struct App {
    id: String,
    secret: Option<SecretString>,
    is_connected_app: bool,
}

impl App {
    /// An app without a secret.
    #[must_use]
    pub fn public(client_id: impl Into<String>) -> Self {
        Self { id: client_id.into().trim().to_owned(), secret: None, is_connected_app: false }
    }

    /// An app that keeps a secret. It is sent as `Authorization: Basic`, never in a body.
    #[must_use]
    pub fn confidential(client_id: impl Into<String>, secret: SecretString) -> Self {
        Self { id: client_id.into().trim().to_owned(), secret: Some(secret), is_connected_app: false }
    }

    /// Says that it is registered as a Connected App. Every flow works as before; [`warning`](Self::warning) tells, in the
    /// log too.
    #[must_use]
    pub fn connected_app(mut self) -> Self {
        self.is_connected_app = true;
        self
    }

    /// What to change about it though it works: a Connected App, the kind that Salesforce phases out.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        self.is_connected_app.then_some(
            "it is a Connected App, of which Salesforce lets nobody create new ones: register an External Client App, and \
             have people connect again with it",
        )
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn secret(&self) -> Option<&SecretString> {
        self.secret.as_ref()
    }

    /// Refuses what cannot be one, and puts into the log what to change about one that can.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(warning) = self.warning() {
            tracing::warn!(app = ?self, "{warning}");
        }
        let config = |message| Err(Error::new(ErrorKind::Config, message));
        if self.id.is_empty() || self.id.contains(|char: char| char == ':' || char.is_control()) {
            return config("the client id is empty or holds a colon: copy the app's consumer key");
        }
        match &self.secret {
            Some(secret) if secret.expose_secret().trim().is_empty() => {
                config("the client secret is empty: copy the app's consumer secret, or make it a public app")
            }
            Some(_) if self.basic().is_none() => config("the client id and secret cannot stand in a header"),
            _ => Ok(()),
        }
    }

    /// `Authorization: Basic`, if it has a secret. Raw halves, as Salesforce reads them; not percent-encoded as RFC
    /// 6749 has it.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        let secret = self.secret.as_ref()?.expose_secret();
        let mut header =
            HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The fields as a form; a public app names itself in it, and one with a secret in the header only.
    pub(crate) fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if self.secret.is_none() {
            form.append_pair("client_id", &self.id);
        }
        form.finish()
    }

    /// What must not come back in an error.
    pub(crate) fn submitted<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut all: Vec<&str> = more.to_vec();
        all.extend(self.secret.as_ref().map(|secret| secret.expose_secret()));
        all.push(&self.id);
        all
    }
}

/// The consumer key says who uses the app: not for logs.
impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secret.is_some() { "App(confidential)" } else { "App(public)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_in_the_header_or_not_at_all() {
        let app = App::confidential(" key ", "canary".into());
        assert_eq!(app.form(&[("a", "b c")]), "a=b+c");
        assert_eq!(app.basic().unwrap(), "Basic a2V5OmNhbmFyeQ==");
        let app = App::public("key");
        assert_eq!(app.form(&[("a", "=&")]), "a=%3D%26&client_id=key");
        assert!(app.basic().is_none());
    }

    #[test]
    fn a_31_the_client_id_is_trimmed_and_not_empty() {
        assert_eq!(App::public("\tkey\n").id(), "key");
        for bad in ["", "  ", "a:b", "a\nb"] {
            assert_eq!(App::public(bad).check().unwrap_err().kind(), ErrorKind::Config);
        }
        assert!(App::confidential("key", " ".into()).check().is_err());
    }
}
