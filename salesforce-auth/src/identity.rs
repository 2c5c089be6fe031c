use std::error::Error as StdError;
use std::fmt;

use salesforce_http::{Error, ErrorKind};
use salesforce_types::IdText;
use serde::Deserialize;

use crate::login::LoginTarget;

/// Who is behind a token, as `userinfo` or the identity URL tells it. What is missing there is empty here.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The user.
    pub user_id: IdText,
    /// The org. This id is the org's identity: names and hosts outlive the refresh of a sandbox, it does not.
    pub organization_id: IdText,
    /// The login name, as the session has it; the field `Username` of `User` is the true one.
    #[serde(alias = "preferred_username", default)]
    pub username: String,
    /// The user's name.
    #[serde(alias = "display_name", default)]
    pub name: String,
    /// The user's address.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether the address is the user's for sure.
    #[serde(default)]
    pub email_verified: Option<bool>,
    /// `STANDARD`, and others.
    #[serde(default)]
    pub user_type: Option<String>,
    /// Whether the user is active.
    #[serde(default)]
    pub active: Option<bool>,
    /// Whether the app is installed in the org. One that is not cannot be let in by ordinary users.
    #[serde(default)]
    pub is_app_installed: Option<bool>,
    /// Whether the user has the licence of an integration.
    #[serde(default)]
    pub is_salesforce_integration_user: Option<bool>,
    /// The language, such as `en_US`.
    #[serde(default)]
    pub language: Option<String>,
    /// The locale, such as `de_DE`.
    #[serde(default)]
    pub locale: Option<String>,
    /// The time zone, such as `Europe/Berlin`.
    #[serde(alias = "zoneinfo", default)]
    pub timezone: Option<String>,
}

/// A person: only the ids are printed.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("user_id", &self.user_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}

/// What people call the two kinds of org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Production, and developer orgs too: whatever is no sandbox.
    Production,
    /// A copy of a production org.
    Sandbox,
}

impl Environment {
    /// The login host that orgs of this kind share. A My Domain is better where it is known.
    #[must_use]
    pub fn login(self) -> LoginTarget {
        match self {
            Self::Production => LoginTarget::production(),
            Self::Sandbox => LoginTarget::sandbox(),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        })
    }
}

/// The login led to an org of the other kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentMismatch {
    /// What was chosen.
    pub expected: Environment,
    /// What the org says it is.
    pub found: Environment,
    /// The org's edition, such as `Developer Edition`.
    pub edition: Option<String>,
}

impl EnvironmentMismatch {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }
}

impl fmt::Display for EnvironmentMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expected, found, edition } = self;
        write!(
            f,
            "the login was to a {found} org and {expected} was chosen: choose {found}, or log in to another org"
        )?;
        match edition {
            Some(edition) if *found == Environment::Production && !edition.is_empty() => {
                write!(f, " (a {edition} org is no sandbox, it counts as production)")
            }
            _ => Ok(()),
        }
    }
}

impl StdError for EnvironmentMismatch {}

impl From<EnvironmentMismatch> for Error {
    fn from(mismatch: EnvironmentMismatch) -> Self {
        Self::new(ErrorKind::Config, mismatch.to_string()).with_source(mismatch)
    }
}
