use std::fmt;
use std::sync::Arc;

use salesforce_http::{Error, ErrorKind, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::refreshing::{Refreshing, RefreshingBuilder};
use crate::store::TokenStore;

/// An auth URL of the Salesforce CLI: `force://ID:SECRET:REFRESH_TOKEN@HOST`. It is a password's equal.
///
/// It holds a refresh token that the CLI uses too. With an app that rotates refresh tokens, the first of the two to
/// renew ends it for the other: log the CLI out after taking it over, or make a login for this program alone.
///
/// ```
/// use salesforce_auth::{MemoryStore, SfdxAuthUrl};
///
/// let url = SfdxAuthUrl::parse(&"force://PlatformCLI::5Aep861FAKEFAKE@acme.my.salesforce.com".into())?;
/// assert_eq!(url.login().url(), "https://acme.my.salesforce.com");
/// # Ok::<(), salesforce_http::Error>(())
/// ```
pub struct SfdxAuthUrl {
    login: LoginTarget,
    app: App,
    refresh_token: SecretString,
}

impl SfdxAuthUrl {
    /// The URL itself, or the JSON that the CLI prints around it.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it is none, or redacted, or its host is not one to send a token to. Nothing
    /// of it is quoted.
    pub fn parse(text: &SecretString) -> Result<Self> {
        let refuse = |why: &str| Err(Error::new(ErrorKind::Config, format!("the auth URL cannot be read: {why}")));
        let text = text.expose_secret().trim();
        let found = if text.starts_with('{') { in_json(text) } else { Some(SecretString::from(text.to_owned())) };
        let Some(found) = found else {
            return refuse("the JSON has no `sfdxAuthUrl`; was the org authorised with a browser?");
        };
        let text = found.expose_secret();
        if text.starts_with('[') {
            return refuse("the CLI redacted it; ask for it with `sf org auth show-sfdx-auth-url`");
        }
        let expected = "expected force://ID:SECRET:REFRESH_TOKEN@HOST, with an empty secret if the app has none";
        let Some((credentials, host)) = text.strip_prefix("force://").and_then(|rest| rest.split_once('@')) else {
            return refuse(expected);
        };
        let parts: Vec<&str> = credentials.split(':').collect();
        let (id, secret, token) = match parts.as_slice() {
            [id, secret, token] if fits(id) && (secret.is_empty() || fits(secret)) && fits(token) => {
                (id, secret, token)
            }
            _ => return refuse(expected),
        };
        let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        if host.is_empty() || !host.bytes().all(of_host) {
            return refuse(expected);
        }
        let app = if secret.is_empty() {
            App::public(*id)
        } else {
            App::confidential(*id, SecretString::from((*secret).to_owned()))
        };
        let login = LoginTarget::parse(&format!("https://{host}"))?;
        Ok(Self { login, app, refresh_token: SecretString::from((*token).to_owned()) })
    }

    /// Where it logs in.
    #[must_use]
    pub fn login(&self) -> &LoginTarget {
        &self.login
    }

    /// The app it belongs to.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What was granted: a refresh token.
    #[must_use]
    pub fn grant(&self) -> Grant {
        Grant::from_refresh_token(self.refresh_token.clone())
    }

    /// A provider that keeps it alive in a store. [`connect`](Refreshing::connect) it once with
    /// [`grant`](Self::grant); the store then has what the URL had, or newer.
    pub fn refreshing(&self, store: Arc<dyn TokenStore>) -> RefreshingBuilder {
        Refreshing::at(self.login.clone(), self.app.clone(), store)
    }
}

/// `[a-zA-Z0-9._-]+={0,2}`, as the CLI reads it, but to the end.
fn fits(text: &str) -> bool {
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn in_json(text: &str) -> Option<SecretString> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let found = json.get("sfdxAuthUrl").or_else(|| json.get("result")?.get("sfdxAuthUrl"))?;
    Some(SecretString::from(found.as_str()?.trim().to_owned()))
}

impl fmt::Debug for SfdxAuthUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SfdxAuthUrl").field("login", &self.login).field("app", &self.app).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<SfdxAuthUrl> {
        SfdxAuthUrl::parse(&text.into())
    }

    #[test]
    fn the_vectors_of_the_reference_are_read() {
        let url = parse("force://PlatformCLI::5Aep861FAKEFAKE@acme.my.salesforce.com").unwrap();
        assert_eq!((url.app().id(), url.app().secret().is_none()), ("PlatformCLI", true));
        assert_eq!(url.grant().refresh_token().unwrap().expose_secret(), "5Aep861FAKEFAKE");
        let url = parse(" force://key:secret==:tok.en_-=@ACME--x.sandbox.my.salesforce.com:443\n").unwrap();
        assert_eq!(url.app().secret().unwrap().expose_secret(), "secret==");
        assert_eq!(url.login().url(), "https://acme--x.sandbox.my.salesforce.com");
        for json in [
            r#"{"sfdxAuthUrl":"force://a::b@acme.my.salesforce.com"}"#,
            r#"{"status":0,"result":{"sfdxAuthUrl":"force://a::b@acme.my.salesforce.com"}}"#,
        ] {
            assert!(parse(json).is_ok(), "{json}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_not_quoted() {
        for bad in [
            "",
            "force://",
            "force://canary@acme.my.salesforce.com",
            "force://a:canary@acme.my.salesforce.com",
            "force://a:b:canary:d@acme.my.salesforce.com",
            "force://a::canary@attacker.test",
            "force://a::canary@acme.my.salesforce.com/x",
            "force://a::canary@acme.my.salesforce.com evil",
            "force://a::can ary@acme.my.salesforce.com",
            "force://::canary@acme.my.salesforce.com",
            "force://a::===@acme.my.salesforce.com",
            "https://a::canary@acme.my.salesforce.com",
            "[REDACTED] Use 'sf org auth show-sfdx-auth-url' to view",
            r#"{"result":{"sfdxAuthUrl":"[REDACTED] canary"}}"#,
            r#"{"result":{}}"#,
            "{canary",
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && !format!("{error} {error:?}").contains("canary"), "{error}");
        }
        let url = parse("force://canary:canary:canary@acme.my.salesforce.com").unwrap();
        assert!(!format!("{url:?}").contains("canary"));
    }

    proptest! {
        #[test]
        fn no_text_panics_or_leads_outside(host in "[a-z.@:/]{0,30}", before in "(force://)?[a-z:=@]{0,20}") {
            if let Ok(url) = parse(&format!("{before}@{host}")) {
                let host = url.login().url().to_owned();
                prop_assert!(host.ends_with(".my.salesforce.com") || url.login().is_loopback() || url.login().is_shared());
            }
        }
    }
}
