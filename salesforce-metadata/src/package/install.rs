use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Look, Poll, Progress, Result, SecretString};
use salesforce_rest::Soql;
use salesforce_types::{ErrorCode, RecordId};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Client;
use crate::job::{Tell, patient};

/// Who may use a package once it is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstallFor {
    /// Administrators; others by permission sets.
    #[default]
    AdminsOnly,
    /// All users.
    AllUsers,
}

/// What became of an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// It was installed now.
    Now,
    /// This version was there already, and nothing was asked of the org.
    Already,
}

/// Why a package was not installed; the [source](std::error::Error::source) of the error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstallFailed {
    /// The user may not install packages.
    NotPermitted {
        /// What the user lacks, by the name that an administrator knows.
        missing: &'static str,
    },
    /// The org lets nobody install packages; with the org's word for it. An administrator has to allow it.
    BlockedByOrg(String),
    /// The key of the package is wrong or missing.
    Key(String),
    /// The version is not there, or not there yet: a new one takes a while to reach all hosts.
    NotAvailable(String),
    /// Another reason, in the org's words.
    Other(String),
}

/// The install of a package; made by [`Client::install_package`].
#[must_use = "nothing is sent until the install is awaited"]
pub struct Install<'c> {
    client: &'c Client,
    version: RecordId,
    users: InstallFor,
    key: Option<SecretString>,
    activate_remote_sites: bool,
    poll: Poll,
    tell: Tell<'c, String>,
}

impl Client {
    /// Installs a version of a package (`04t…`), and waits for the end. If it is installed already, nothing is sent. It
    /// is sent once.
    ///
    /// # Errors
    /// It was not installed: [`InstallFailed`] is the source.
    pub fn install_package(&self, version: RecordId) -> Install<'_> {
        Install {
            client: self,
            version,
            users: InstallFor::default(),
            key: None,
            activate_remote_sites: false,
            poll: Poll::new(),
            tell: Tell::nobody(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionStatus {
    install_validation_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(default)]
    status: String,
    errors: Option<Value>,
}

impl<'c> Install<'c> {
    /// Who may use it; administrators unless said.
    pub fn for_users(self, users: InstallFor) -> Self {
        Self { users, ..self }
    }

    /// The key of a package that is protected by one.
    pub fn key(self, key: impl Into<SecretString>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Activates the package's remote sites and trusted URLs.
    pub fn activate_remote_sites(self) -> Self {
        Self { activate_remote_sites: true, ..self }
    }

    /// How to wait.
    pub fn poll(self, poll: Poll) -> Self {
        Self { poll, ..self }
    }

    /// What to call while the org works, with the org's word for how far it is.
    pub fn on_progress(self, tell: impl FnMut(Progress<'_, String>) + Send + 'c) -> Self {
        Self { tell: Tell::to(tell), ..self }
    }

    async fn run(mut self) -> Result<Installed> {
        let installed = self.client.installed_packages().await?;
        if installed.is_some_and(|all| all.iter().any(|package| package.version_id == self.version)) {
            return Ok(Installed::Already);
        }
        let rest = salesforce_rest::Client::new(self.client.connection().clone());
        let tooling = rest.tooling();
        check(&rest, self.version, self.key.as_ref()).await?;
        let request = json!({
            "SubscriberPackageVersionKey": self.version.to_string(),
            "NameConflictResolution": "Block",
            "SecurityType": match self.users { InstallFor::AdminsOnly => "None", InstallFor::AllUsers => "Full" },
            "PackageInstallSource": "U",
            "EnableRss": self.activate_remote_sites,
            "Password": self.key.as_ref().map(ExposeSecret::expose_secret),
        });
        let id = tooling.create("PackageInstallRequest", &request).await.map_err(refused)?;
        let request = patient(self.client, self.poll, &mut self.tell, || async {
            let request: Request = tooling.get("PackageInstallRequest", id).await?;
            Ok(match &*request.status.to_ascii_uppercase().replace('_', "") {
                "SUCCESS" | "ERROR" => Look::Done(request),
                _ => Look::Running(request.status),
            })
        })
        .await?;
        match request.status.eq_ignore_ascii_case("SUCCESS") {
            true => Ok(Installed::Now),
            false => Err(failed(InstallFailed::of_text(&messages(request.errors.as_ref())))),
        }
    }
}

/// What the org says of an install before it is asked for one.
async fn check(rest: &salesforce_rest::Client, version: RecordId, key: Option<&SecretString>) -> Result<()> {
    const FIELDS: &str = "SELECT InstallValidationStatus FROM SubscriberPackageVersion WHERE Id = :id";
    const WITH_KEY: &str =
        "SELECT InstallValidationStatus FROM SubscriberPackageVersion WHERE Id = :id AND InstallationKey = :key";
    let id = version.to_string();
    let soql = match key {
        Some(key) => Soql::new(WITH_KEY).bind("id", id).bind("key", key.expose_secret()),
        None => Soql::new(FIELDS).bind("id", id),
    };
    let page = rest.tooling().page::<VersionStatus>(soql).await.map_err(refused)?;
    let status = page.records.into_iter().next().and_then(|row| row.install_validation_status);
    match status.as_deref().and_then(InstallFailed::of_status) {
        Some(why) => Err(failed(why)),
        None => Ok(()),
    }
}

impl InstallFailed {
    /// What an error says of a failed install, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// What stands in the way of an install that was not tried; the words are printed in two spellings.
    fn of_status(status: &str) -> Option<Self> {
        let upper = status.to_ascii_uppercase().replace('_', "");
        match &*upper {
            "PACKAGINGDISABLED" => Some(Self::BlockedByOrg(status.to_owned())),
            "NOACCESS" | "PACKAGINGNOACCESS" => Some(Self::not_permitted()),
            "PACKAGEUNAVAILABLE" | "PACKAGEUNAVAILABLECRC" | "PACKAGEUNAVAILABLEZIP" => {
                Some(Self::NotAvailable(status.to_owned()))
            }
            "" | "NOERRORSDETECTED" | "UNKNOWNERROR" => None,
            _ => Some(Self::Other(status.to_owned())),
        }
    }

    fn of_text(text: &str) -> Self {
        let has = |words: &str| text.to_ascii_lowercase().contains(words);
        if has("not yet available") || has("doesn't yet exist") || has("installedpackage version number") {
            Self::NotAvailable(text.to_owned())
        } else {
            Self::Other(text.to_owned())
        }
    }

    fn not_permitted() -> Self {
        Self::NotPermitted { missing: "Download AppExchange Packages" }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotPermitted { .. } | Self::BlockedByOrg(_) => ErrorKind::Denied,
            Self::NotAvailable(_) => ErrorKind::NotFound,
            Self::Key(_) | Self::Other(_) => ErrorKind::Invalid,
        }
    }
}

impl fmt::Display for InstallFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPermitted { missing } => {
                write!(f, "the user may not install packages: log in as an administrator, or grant `{missing}`")
            }
            Self::BlockedByOrg(why) => {
                write!(f, "the org allows no packages ({why}): an administrator has to allow them in Setup")
            }
            Self::Key(why) => write!(f, "the package's key is wrong or missing: {why}"),
            Self::NotAvailable(why) => write!(f, "the version of the package is not there, or not yet: {why}"),
            Self::Other(why) => write!(f, "the package was not installed: {why}"),
        }
    }
}

impl std::error::Error for InstallFailed {}

fn failed(why: InstallFailed) -> Error {
    Error::new(why.kind(), why.to_string()).with_source(why)
}

/// A call that the org refused, if it says why in words that are known.
fn refused(error: Error) -> Error {
    let Some(first) = error.api_errors().first() else { return error };
    match first.code.as_str() {
        "INSTALL_KEY_INVALID" | "INSTALL_KEY_REQUIRED" => failed(InstallFailed::Key(first.code.as_str().to_owned())),
        "PACKAGE_UNAVAILABLE" => failed(InstallFailed::NotAvailable(first.message.clone())),
        _ if error.kind() == ErrorKind::Denied || first.code == ErrorCode::InvalidType => {
            failed(InstallFailed::not_permitted())
        }
        _ => error,
    }
}

/// `{"errors":[{"message":"…"}]}`
fn messages(errors: Option<&Value>) -> String {
    let list = errors.and_then(|errors| errors.get("errors")).and_then(Value::as_array);
    let texts: Vec<_> = list.into_iter().flatten().filter_map(|error| error.get("message")?.as_str()).collect();
    match texts.is_empty() {
        true => "the org does not say why".to_owned(),
        false => texts.join("; "),
    }
}

impl<'c> IntoFuture for Install<'c> {
    type Output = Result<Installed>;
    type IntoFuture = BoxFuture<'c, Result<Installed>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Install<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Install").field("version", &self.version).field("users", &self.users).finish_non_exhaustive()
    }
}
