use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;
use salesforce_http::{Error, ErrorKind};
use serde::Deserialize;

/// A login server's no: its own words, what they mean, and what to do.
///
/// It is the [source](StdError::source) of the error a flow returns; [`Refusal::of`] finds it there.
///
/// ```
/// use salesforce_auth::{Refusal, RefusalKind};
///
/// let body = br#"{"error": "invalid_client", "error_description": "invalid client credentials"}"#;
/// let refusal = Refusal::parse(body).unwrap();
/// assert_eq!(refusal.kind(), RefusalKind::WrongSecret);
/// assert!(refusal.remedy().contains("consumer secret"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    error: String,
    description: String,
    kind: RefusalKind,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $remedy:literal,)*) => {
        /// What a login was refused for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RefusalKind {
            $($(#[$doc])* $kind,)*
        }

        impl RefusalKind {
            /// What to do about it, in plain words.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Self::$kind => $remedy,)*
                }
            }
        }
    };
}

kinds! {
    /// The app has no Run As user, or that user is not active.
    NoRunAsUser "an administrator has to set an active Run As user in the app's policies, under Client Credentials Flow",
    /// The host is not the org's My Domain.
    WrongHost "log in at the org's My Domain, https://NAME.my.salesforce.com, not at a login, Lightning or Setup host",
    /// No app has this consumer key here.
    UnknownClient "the consumer key is wrong, or of an app in another org (production or sandbox?); a new app may take 10 minutes to answer",
    /// The app's secret is another.
    WrongSecret "the consumer secret is wrong or was rotated; copy it anew from the app's settings",
    /// The app or the org does not allow this flow.
    FlowDisabled "an administrator has to enable the Client Credentials Flow twice: in the app's settings and in its policies",
    /// The user may not use the app.
    NotApproved "an administrator has to assign the app's permission set or profile to the user, in the app's policies",
    /// An administrator blocked the app.
    AppBlocked "an administrator has to unblock the app: Setup, Connected Apps OAuth Usage",
    /// The app is not in this org.
    AppNotFound "the app is not in this org; install it, or log in at the My Domain of the org that has it",
    /// A scope was asked for that the app has not.
    Scope "the app does not have a scope that was asked for; an administrator has to add it",
    /// The user is deactivated or frozen.
    InactiveUser "the user is deactivated or frozen; an administrator has to reactivate it",
    /// The org is suspended, locked or expired.
    InactiveOrg "the org is suspended, locked or expired",
    /// The address of this machine, or the hour, is not allowed.
    IpRestricted "add this machine's public address to the allowed ranges of the profile or the app, or relax IP in the app's policies; look at the login hours too",
    /// A session of higher assurance is demanded.
    SessionLevel "the app demands a high-assurance session; relax its session policy",
    /// A refresh token or code that is no longer good.
    Expired "the connection has expired or was revoked; connect again",
    /// Too many logins.
    RateLimited "there were too many logins; wait some minutes, and keep tokens instead of logging in for each call",
    /// Salesforce cannot answer.
    Unavailable "Salesforce is temporarily unavailable; try later, see status.salesforce.com",
    /// The app demands what this SDK does not do.
    Unsupported "the app demands a proof (DPoP) that this SDK does not give; switch it off in the app's settings",
    /// A denial without a reason.
    Denied "look at the user's Login History in Setup, which tells the exact reason",
    /// None of these.
    Other "look at the user's Login History in Setup, and at the app's settings and policies",
}

impl RefusalKind {
    /// Whether it is the grant's own end, which nobody can undo.
    pub(crate) fn ends_a_grant(self) -> bool {
        self == Self::Expired
    }
}

impl Refusal {
    /// The body of a refusal, as JSON or as a form. `None` when it is neither.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Wire {
            error: String,
            error_description: Option<String>,
        }
        let wire = serde_json::from_slice(body).ok().or_else(|| {
            let text = std::str::from_utf8(body).ok().filter(|text| !text.trim_start().starts_with(['<', '{', '[']))?;
            let find = |name| url::form_urlencoded::parse(text.trim().as_bytes()).find(|(key, _)| key == name);
            Some(Wire {
                error: find("error")?.1.into_owned(),
                error_description: find("error_description").map(|(_, text)| text.into_owned()),
            })
        })?;
        Some(Self::new(wire.error, wire.error_description.unwrap_or_default()))
    }

    /// A refusal in these words.
    pub(crate) fn new(error: impl Into<String>, description: impl Into<String>) -> Self {
        let (error, description) = (error.into(), description.into());
        let kind = kind(&error, &description);
        Self { error, description, kind }
    }

    /// The same without what was submitted: a server may quote it.
    pub(crate) fn without(mut self, submitted: &[&str]) -> Self {
        for text in [&mut self.error, &mut self.description] {
            for secret in submitted.iter().filter(|secret| !secret.is_empty()) {
                *text = text.replace(secret, "[redacted]");
            }
            *text =
                salesforce_http::redact::secrets(text).chars().filter(|char| !char.is_control()).take(500).collect();
        }
        self
    }

    /// The refusal an error came from, if it came from one.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(refusal) = error.downcast_ref() {
                return Some(refusal);
            }
            cause = error.source();
        }
        None
    }

    /// The server's code, such as `invalid_grant`.
    #[must_use]
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The server's words. Empty when it sent none.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What it means.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.kind
    }

    /// What to do about it, in plain words.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.kind.remedy()
    }

    pub(crate) fn error_kind(&self, status: StatusCode) -> ErrorKind {
        match self.kind {
            RefusalKind::RateLimited => ErrorKind::Limit,
            RefusalKind::Unavailable => ErrorKind::Busy,
            RefusalKind::Other if status.is_server_error() => ErrorKind::Busy,
            _ => ErrorKind::Auth,
        }
    }
}

/// Code and words together say what it is; the words vary between releases, so a part of them must do.
fn kind(error: &str, description: &str) -> RefusalKind {
    use RefusalKind as K;
    let description = description.to_ascii_lowercase();
    let says = |part: &str| description.contains(part);
    match error.to_ascii_lowercase().as_str() {
        _ if says("no client credentials user") => K::NoRunAsUser,
        _ if says("not supported on this domain") => K::WrongHost,
        _ if says("flow not enabled") || says("flow is not enabled") => K::FlowDisabled,
        _ if says("not admin approved") || says("hasn't approved this consumer") => K::NotApproved,
        _ if says("must be installed into org") => K::AppNotFound,
        _ if says("login rate exceeded") => K::RateLimited,
        _ if says("ip restricted") || says("login hours") => K::IpRestricted,
        _ if says("inactive user") => K::InactiveUser,
        _ if says("inactive organization") || says("inactive org") => K::InactiveOrg,
        _ if says("expired access/refresh token") || says("token validity expired") => K::Expired,
        _ if says("expired authorization code") || says("invalid authorization code") => K::Expired,
        _ if says("invalid client credentials") => K::WrongSecret,
        _ if says("client identifier invalid") => K::UnknownClient,
        "invalid_client_id" => K::UnknownClient,
        "invalid_client" | "invalid_client_credentials" | "invalid_basic_auth_header" => K::WrongSecret,
        "oauth_flow_disabled" | "unsupported_grant_type" => K::FlowDisabled,
        "invalid_app_access" | "oauth_app_access_denied" | "access_denied" => K::NotApproved,
        "app_blocked" | "fail_close_app_blocked" | "oauth_app_blocked" => K::AppBlocked,
        "app_not_found" | "oauth_ec_app_not_found" | "ecapp_policy_not_found" | "oauth_authorization_blocked" => {
            K::AppNotFound
        }
        "invalid_scope" => K::Scope,
        "inactive_user" => K::InactiveUser,
        "inactive_org" => K::InactiveOrg,
        "invalid_session_level" => K::SessionLevel,
        "rate_limit_exceeded" => K::RateLimited,
        "server_error" | "service_unavailable" | "system_down" | "unknown_error" => K::Unavailable,
        "use_dpop_nonce" | "invalid_dpop_proof" => K::Unsupported,
        "invalid_grant" => K::Denied,
        _ => K::Other,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        if !self.description.is_empty() {
            write!(f, " ({})", self.description)?;
        }
        Ok(())
    }
}

impl StdError for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_refusal_is_told_from_the_others() {
        use RefusalKind as K;
        for (error, description, kind) in [
            ("invalid_grant", "no client credentials user enabled", K::NoRunAsUser),
            ("invalid_grant", "request not supported on this domain", K::WrongHost),
            ("invalid_client_id", "client identifier invalid", K::UnknownClient),
            ("invalid_client", "invalid client credentials", K::WrongSecret),
            ("invalid_grant", "client credentials flow not enabled", K::FlowDisabled),
            ("oauth_flow_disabled", "", K::FlowDisabled),
            ("invalid_app_access", "user is not admin approved to access this app", K::NotApproved),
            ("invalid_grant", "user hasn't approved this consumer", K::NotApproved),
            ("unsupported_grant_type", "grant type not supported", K::FlowDisabled),
            ("app_blocked", "", K::AppBlocked),
            ("OAUTH_EC_APP_NOT_FOUND", "", K::AppNotFound),
            ("invalid_client", "app must be installed into org", K::AppNotFound),
            ("invalid_scope", "the requested scope is not allowed", K::Scope),
            ("invalid_grant", "Inactive User", K::InactiveUser),
            ("inactive_org", "", K::InactiveOrg),
            ("invalid_grant", "ip restricted", K::IpRestricted),
            ("invalid_session_level", "", K::SessionLevel),
            ("invalid_grant", "expired access/refresh token", K::Expired),
            ("invalid_grant", "login rate exceeded", K::RateLimited),
            ("server_error", "", K::Unavailable),
            ("use_dpop_nonce", "", K::Unsupported),
            ("invalid_grant", "authentication failure - Invalid Password", K::Denied),
            ("new_code", "", K::Other),
        ] {
            let body = serde_json::json!({"error": error, "error_description": description}).to_string();
            assert_eq!(Refusal::parse(body.as_bytes()).unwrap().kind(), kind, "{error} {description}");
        }
    }

    #[test]
    fn a_refusal_may_come_as_a_form_and_a_page_is_none() {
        let refusal = Refusal::parse(b"error=invalid_token&error_description=too+old").unwrap();
        assert_eq!((refusal.error(), refusal.description()), ("invalid_token", "too old"));
        for body in ["<html>error=x</html>", "", "{}", "Data Not Available", "{\"error\":1}", "\u{ff}"] {
            assert_eq!(Refusal::parse(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn what_was_submitted_is_not_quoted_back() {
        let refusal =
            Refusal::parse(b"{\"error\":\"x\",\"error_description\":\"secret canary\\u0007 is wrong\"}").unwrap();
        assert_eq!(refusal.without(&["canary", ""]).to_string(), "x (secret [redacted] is wrong)");
    }
}
