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

/// Who has to act before the same login can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Whoever built or set up the program: an address, a key, a secret, a request.
    Embedder,
    /// An administrator of the org.
    Administrator,
    /// The person who logs in.
    User,
    /// Nobody: it passes.
    Nobody,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $who:ident $remedy:literal,)*) => {
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

            /// Who has to do it.
            #[must_use]
            pub fn who(self) -> Who {
                match self {
                    $(Self::$kind => Who::$who,)*
                }
            }
        }
    };
}

kinds! {
    /// The app has no Run As user, or that user is not active.
    NoRunAsUser Administrator "an administrator has to set an active Run As user in the app's policies, under Client Credentials Flow",
    /// The host is not the org's My Domain.
    WrongHost Embedder "log in at the org's My Domain, https://NAME.my.salesforce.com, not at a login, Lightning or Setup host",
    /// No app has this consumer key here.
    UnknownClient Embedder "the consumer key is wrong, or of an app in another org (production or sandbox?); a new app may take 10 minutes to answer",
    /// The app's secret is another.
    WrongSecret Embedder "the consumer secret is wrong or was rotated; copy it anew from the app's settings",
    /// The app or the org does not allow this flow.
    FlowDisabled Administrator "an administrator has to enable this flow twice: in the app's settings and in its policies",
    /// The user may not use the app.
    NotApproved Administrator "an administrator has to assign the app's permission set or profile to the user, in the app's policies; for the JWT flow the app's users have to be pre-authorized by an administrator, or the user has to log in once with a browser",
    /// An administrator blocked the app.
    AppBlocked Administrator "an administrator has to unblock the app: Setup, Connected Apps OAuth Usage",
    /// The app is not in this org.
    AppNotFound Administrator "the app is not in this org: install it, or log in at the My Domain of the org that has it; look which org the browser is logged in to",
    /// An app that is local to one org was used with another.
    OtherOrg User "the app works in its own org only: log in to that org (the browser may be logged in to another; try a private window), or create an app in this one",
    /// The app's policies are missing.
    NoPolicy Administrator "an administrator has to open the app's policies and enable the app and its OAuth plugin",
    /// A scope was asked for that the app has not.
    Scope Embedder "the app does not have a scope that was asked for: add it to the app, or ask for less",
    /// The app has scopes that are too broad for the flow.
    ScopeTooBroad Administrator "the app's scopes are too broad for this flow: remove `full` from the app and leave `api`",
    /// The JWT flow wants an app with the scope `refresh_token`.
    RefreshScopeMissing Administrator "add the scope `refresh_token, offline_access` to the app; the JWT bearer flow demands it though it gives no refresh token",
    /// The user is deactivated or frozen.
    InactiveUser Administrator "the user is deactivated or frozen; an administrator has to reactivate it",
    /// The org is suspended, locked or expired.
    InactiveOrg Administrator "the org is suspended, locked or expired",
    /// The address of this machine, or the hour, is not allowed.
    IpRestricted Administrator "add this machine's public address to the allowed ranges of the profile or the app, or relax IP in the app's policies; look at the login hours too",
    /// A session of higher assurance is demanded.
    SessionLevel Administrator "the app demands a high-assurance session: log in with MFA, or relax its session policy",
    /// A grant that was revoked or has expired.
    Expired User "the connection has expired or was revoked: connect again. Often an administrator revoked it, the app's refresh policy or idle limit ended it, the same user logged in to the app more than five times, another copy used the same refresh token, the password or MFA changed, or the sandbox was refreshed",
    /// An authorization code that was not used in time.
    CodeExpired User "the login took too long: start it again",
    /// An authorization code that is unknown, or was used before.
    CodeUsed User "the login's code is unknown or was used already: start the login again",
    /// The person said no.
    Declined User "access was declined: start again and choose Allow",
    /// The login needs a person at a page.
    InteractionNeeded User "a person has to log in and approve: start the login again without `immediate`",
    /// The callback URL is not registered.
    CallbackUrl Embedder "add exactly this callback URL to the app's settings: scheme, host, port and path have to be equal",
    /// The proof of the code's owner is missing or wrong.
    Pkce Embedder "the login's PKCE code is missing or not the one it began with: start the login again",
    /// The login failed on Salesforce's page, for reasons it does not tell.
    Approval Administrator "check in this order: the app is installed in this org; every scope asked for is on the app; the user is no API-only one (use client credentials or JWT for those); the IP ranges",
    /// The assertion's audience is not this login.
    Audience Embedder "the assertion's audience does not fit the host: use the My Domain, or login.salesforce.com for production and test.salesforce.com for sandboxes",
    /// The assertion cannot be verified.
    Assertion Embedder "the assertion is not accepted: check that the private key belongs to the app's certificate, that the certificate has not expired, and that this machine's clock is right within 3 minutes",
    /// The token to revoke or to look at is none.
    NoToken Nobody "the token is unknown or dead already",
    /// The person has not answered yet.
    Pending Nobody "nobody has entered the code yet: ask again after the interval",
    /// Asked too often.
    SlowDown Nobody "ask less often",
    /// Too many logins.
    RateLimited Nobody "there were too many logins; wait some minutes, and keep tokens instead of logging in for each call",
    /// Salesforce cannot answer.
    Unavailable Nobody "Salesforce is temporarily unavailable; try later, see status.salesforce.com",
    /// The app demands what this SDK does not do.
    Unsupported Administrator "the app demands a proof (DPoP or app attestation) that this SDK does not give; switch it off in the app's settings",
    /// The request is not understood.
    Malformed Embedder "the login server does not understand the request; if the settings are right, it is a defect of the program: report it",
    /// Username and password were refused.
    Password Embedder "logging in with user name and password is not supported here; use another flow",
    /// A denial without a reason.
    Denied Administrator "look at the user's Login History in Setup, which tells the exact reason: IP range, hours, expired password, MFA, policy",
    /// None of these.
    Other Administrator "look at the user's Login History in Setup, and at the app's settings and policies",
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

    /// Who has to do it.
    #[must_use]
    pub fn who(&self) -> Who {
        self.kind.who()
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
    let error = error.to_ascii_lowercase();
    match error.as_str() {
        _ if says("no client credentials user") => K::NoRunAsUser,
        _ if says("not supported on this domain") => K::WrongHost,
        _ if says("flow not enabled") || says("flow is not enabled") => K::FlowDisabled,
        _ if says("not admin approved") || says("approved this consumer") => K::NotApproved,
        _ if says("must be installed into org") => K::AppNotFound,
        _ if says("cross-org") => K::OtherOrg,
        _ if says("login rate exceeded") => K::RateLimited,
        _ if says("ip restricted") || says("login hours") => K::IpRestricted,
        _ if says("inactive user") => K::InactiveUser,
        _ if says("inactive organization") || says("inactive org") => K::InactiveOrg,
        _ if says("expired access/refresh token") || says("token validity expired") => K::Expired,
        _ if says("expired authorization code") => K::CodeExpired,
        _ if says("invalid authorization code") || says("code already used") => K::CodeUsed,
        _ if says("code challenge") || says("code verifier") || says("code_verifier") => K::Pkce,
        _ if says("refresh_token scope") => K::RefreshScopeMissing,
        _ if says("audience") => K::Audience,
        _ if says("assertion") => K::Assertion,
        _ if says("invalid password") => K::Password,
        _ if says("invalid client credentials") => K::WrongSecret,
        _ if says("client identifier invalid") => K::UnknownClient,
        "invalid_client_id" => K::UnknownClient,
        "invalid_client" | "invalid_client_credentials" | "invalid_basic_auth_header" => K::WrongSecret,
        "oauth_flow_disabled" | "unsupported_grant_type" => K::FlowDisabled,
        "access_denied" | "access-denied" => K::Declined,
        "invalid_app_access" | "oauth_app_access_denied" => K::NotApproved,
        "app_blocked" | "fail_close_app_blocked" | "oauth_app_blocked" => K::AppBlocked,
        "app_not_found" | "oauth_ec_app_not_found" => K::AppNotFound,
        "oauth_authorization_blocked" | "invalid_distribution_state" => K::OtherOrg,
        "ecapp_policy_not_found" | "oauth_policy_not_found" => K::NoPolicy,
        "oauth_approval_error_generic" | "installation_error" => K::Approval,
        "invalid_scope" if says("full") || says("broad") => K::ScopeTooBroad,
        "invalid_scope" => K::Scope,
        "redirect_uri_mismatch" | "redirect_uri_missing" => K::CallbackUrl,
        "immediate_unsuccessful" => K::InteractionNeeded,
        "bad_jti_claim" | "invalid_assertion_type" => K::Assertion,
        "inactive_user" => K::InactiveUser,
        "inactive_org" => K::InactiveOrg,
        "invalid_session_level" => K::SessionLevel,
        "authorization_pending" => K::Pending,
        "slow_down" => K::SlowDown,
        "invalid_token" | "unsupported_token_type" => K::NoToken,
        "rate_limit_exceeded" => K::RateLimited,
        "server_error" | "service_unavailable" | "system_down" | "unknown_error" => K::Unavailable,
        "use_dpop_nonce" | "invalid_dpop_proof" | "app_attest_failed" | "app_attest_failed_retry" => K::Unsupported,
        "invalid_request" | "unsupported_response_type" => K::Malformed,
        "invalid_grant" | "login_error" => K::Denied,
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
    fn k_53_each_documented_refusal_is_told_from_the_others_and_says_who_acts() {
        use RefusalKind as K;
        use Who::{Administrator, Embedder, Nobody, User};
        for (error, description, kind, who) in [
            // Client credentials.
            ("invalid_grant", "no client credentials user enabled", K::NoRunAsUser, Administrator),
            ("invalid_grant", "request not supported on this domain", K::WrongHost, Embedder),
            ("invalid_client_id", "client identifier invalid", K::UnknownClient, Embedder),
            ("invalid_client", "invalid client credentials", K::WrongSecret, Embedder),
            ("invalid_client_credentials", "", K::WrongSecret, Embedder),
            ("invalid_basic_auth_header", "", K::WrongSecret, Embedder),
            ("invalid_grant", "client credentials flow not enabled", K::FlowDisabled, Administrator),
            ("oauth_flow_disabled", "", K::FlowDisabled, Administrator),
            ("invalid_app_access", "user is not admin approved to access this app", K::NotApproved, Administrator),
            ("unsupported_grant_type", "grant type not supported", K::FlowDisabled, Administrator),
            // Apps.
            ("app_blocked", "", K::AppBlocked, Administrator),
            ("fail_close_app_blocked", "", K::AppBlocked, Administrator),
            ("OAUTH_APP_BLOCKED", "", K::AppBlocked, Administrator),
            ("app_not_found", "", K::AppNotFound, Administrator),
            ("OAUTH_EC_APP_NOT_FOUND", "", K::AppNotFound, Administrator),
            ("invalid_client", "app must be installed into org", K::AppNotFound, Administrator),
            ("OAUTH_AUTHORIZATION_BLOCKED", "Cross-org OAuth flows are not supported", K::OtherOrg, User),
            ("ecapp_policy_not_found", "", K::NoPolicy, Administrator),
            ("oauth_policy_not_found", "", K::NoPolicy, Administrator),
            ("OAUTH_APP_ACCESS_DENIED", "", K::NotApproved, Administrator),
            ("OAUTH_APPROVAL_ERROR_GENERIC", "unexpected error", K::Approval, Administrator),
            ("invalid_scope", "the requested scope is not allowed", K::Scope, Embedder),
            ("invalid_scope", "scope full is too broad", K::ScopeTooBroad, Administrator),
            // The callback.
            ("access_denied", "end-user denied authorization", K::Declined, User),
            ("access-denied", "", K::Declined, User),
            ("redirect_uri_mismatch", "", K::CallbackUrl, Embedder),
            ("redirect_uri_missing", "", K::CallbackUrl, Embedder),
            ("invalid_request", "missing required code challenge", K::Pkce, Embedder),
            ("invalid_grant", "invalid code verifier", K::Pkce, Embedder),
            ("invalid_request", "must use HTTP GET", K::Malformed, Embedder),
            ("unsupported_response_type", "", K::Malformed, Embedder),
            ("immediate_unsuccessful", "", K::InteractionNeeded, User),
            ("invalid_grant", "expired authorization code", K::CodeExpired, User),
            ("invalid_grant", "invalid authorization code", K::CodeUsed, User),
            // Refresh.
            ("invalid_grant", "expired access/refresh token", K::Expired, User),
            ("invalid_grant", "token validity expired", K::Expired, User),
            ("invalid_grant", "Inactive User", K::InactiveUser, Administrator),
            ("inactive_user", "", K::InactiveUser, Administrator),
            ("inactive_org", "", K::InactiveOrg, Administrator),
            ("invalid_grant", "inactive organization", K::InactiveOrg, Administrator),
            ("invalid_grant", "ip restricted", K::IpRestricted, Administrator),
            ("invalid_grant", "outside login hours", K::IpRestricted, Administrator),
            ("invalid_grant", "authentication failure", K::Denied, Administrator),
            ("invalid_session_level", "", K::SessionLevel, Administrator),
            // JWT.
            ("invalid_grant", "user hasn't approved this consumer", K::NotApproved, Administrator),
            (
                "invalid_request",
                "The JWT bearer and SAML assertion bearer flows require a refresh_token scope",
                K::RefreshScopeMissing,
                Administrator,
            ),
            ("invalid_grant", "audience is invalid", K::Audience, Embedder),
            ("invalid_grant", "Audience validation failed", K::Audience, Embedder),
            ("invalid_grant", "invalid assertion", K::Assertion, Embedder),
            ("bad_jti_claim", "", K::Assertion, Embedder),
            ("invalid_assertion_type", "", K::Assertion, Embedder),
            // Device, revoke, introspect.
            ("authorization_pending", "", K::Pending, Nobody),
            ("slow_down", "", K::SlowDown, Nobody),
            ("invalid_token", "", K::NoToken, Nobody),
            ("unsupported_token_type", "", K::NoToken, Nobody),
            // The rest.
            ("invalid_grant", "login rate exceeded", K::RateLimited, Nobody),
            ("rate_limit_exceeded", "", K::RateLimited, Nobody),
            ("server_error", "", K::Unavailable, Nobody),
            ("unknown_error", "retry your request", K::Unavailable, Nobody),
            ("service_unavailable", "", K::Unavailable, Nobody),
            ("system_down", "", K::Unavailable, Nobody),
            ("use_dpop_nonce", "", K::Unsupported, Administrator),
            ("invalid_dpop_proof", "", K::Unsupported, Administrator),
            ("invalid_grant", "authentication failure - Invalid Password", K::Password, Embedder),
            ("new_code", "", K::Other, Administrator),
        ] {
            let body = serde_json::json!({"error": error, "error_description": description}).to_string();
            let refusal = Refusal::parse(body.as_bytes()).unwrap();
            assert_eq!((refusal.kind(), refusal.who()), (kind, who), "{error} {description}");
            assert!(refusal.remedy().len() > 10);
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
