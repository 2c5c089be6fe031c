use std::fmt;
use std::str::FromStr;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ApiVersion, Invalid};

use crate::{Client, ClientBuilder};

/// Which version of the API to speak, as a setting of a program has it.
///
/// ```
/// use salesforce_rest::{ApiVersion, VersionChoice};
///
/// assert_eq!("latest".parse::<VersionChoice>()?, VersionChoice::Latest);
/// assert_eq!("v67.0".parse::<VersionChoice>()?, VersionChoice::Pinned(ApiVersion::V67));
/// assert_eq!("67.0".parse::<VersionChoice>()?, VersionChoice::Pinned(ApiVersion::V67));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionChoice {
    /// This one, and no other.
    Pinned(ApiVersion),
    /// The newest that the org has. What it answers may change with each of its releases, three times a year.
    Latest,
}

impl Default for VersionChoice {
    fn default() -> Self {
        Self::Pinned(ApiVersion::DEFAULT)
    }
}

impl FromStr for VersionChoice {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.eq_ignore_ascii_case("latest") {
            true => Ok(Self::Latest),
            false => text.parse().map(Self::Pinned),
        }
    }
}

impl fmt::Display for VersionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pinned(version) => version.fmt(f),
            Self::Latest => f.write_str("latest"),
        }
    }
}

impl ClientBuilder {
    /// The client, once the org has said that it has the version: one call, which the org does not count. Which one it
    /// speaks is in [`Client::api_version`].
    ///
    /// ```no_run
    /// # async fn run(tokens: impl salesforce_http::TokenProvider + 'static) -> salesforce_rest::Result<()> {
    /// use salesforce_rest::{Client, VersionChoice};
    ///
    /// let client = Client::builder(tokens).connect(VersionChoice::Latest).await?;
    /// println!("speaks {}", client.api_version());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Config` with [`VersionNotThere`] as its source when the org does not have the version, with the versions that it
    /// has. Otherwise as for [`build`](Self::build), and when the call fails.
    pub async fn connect(self, choice: VersionChoice) -> Result<Client> {
        let version = match choice {
            VersionChoice::Pinned(version) => version,
            VersionChoice::Latest => {
                let versions = self.clone().build()?.versions().await?;
                let none = || Error::new(ErrorKind::Decode, "the org names no version of the API");
                versions.iter().map(|version| version.version).max().ok_or_else(none)?
            }
        };
        let client = self.api_version(version).build()?;
        if choice != VersionChoice::Latest {
            client.check_version().await?;
        }
        Ok(client)
    }
}

impl Client {
    /// Asks the org whether it has the version that this client speaks. The org does not count the call.
    ///
    /// # Errors
    ///
    /// `Config` with [`VersionNotThere`] as its source when it does not; otherwise when the call fails.
    pub async fn check_version(&self) -> Result<()> {
        let wanted = self.api_version();
        let offered: Vec<_> = self.versions().await?.iter().map(|version| version.version).collect();
        match offered.contains(&wanted) {
            true => Ok(()),
            false => Err(VersionNotThere { wanted, offered }.into()),
        }
    }
}

impl Client {
    /// A warning, when the client speaks a version that this crate's tests do not: one below
    /// [`ApiVersion::OLDEST_TESTED`], or one that is newer than the crate. It is logged too when the client is made.
    ///
    /// ```no_run
    /// # fn run(client: salesforce_rest::Client) {
    /// if let Some(warning) = client.untested_version() {
    ///     eprintln!("{warning}"); // API version 40.0 is older than any that was tested: 58.0 to 68.0 were
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn untested_version(&self) -> Option<UntestedVersion> {
        let version = self.api_version();
        let tested = (ApiVersion::OLDEST_TESTED..=ApiVersion::DEFAULT).contains(&version);
        (!tested).then_some(UntestedVersion { version })
    }
}

/// A client speaks a version that this crate's tests do not; see [`Client::untested_version`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UntestedVersion {
    /// The version that it speaks.
    pub version: ApiVersion,
}

impl fmt::Display for UntestedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (oldest, newest) = (ApiVersion::OLDEST_TESTED, ApiVersion::DEFAULT);
        let age = if self.version < oldest { "older" } else { "newer" };
        write!(f, "API version {} is {age} than any that was tested: {oldest} to {newest} were", self.version)
    }
}

/// The org does not have the version of the API that a client is to speak.
///
/// It is the source of an error of kind [`Config`](ErrorKind::Config).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionNotThere {
    wanted: ApiVersion,
    offered: Vec<ApiVersion>,
}

impl VersionNotThere {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// The version that is not there.
    #[must_use]
    pub fn wanted(&self) -> ApiVersion {
        self.wanted
    }

    /// The versions that are.
    #[must_use]
    pub fn offered(&self) -> &[ApiVersion] {
        &self.offered
    }

    /// Whether the version is older than any that the org has: it answers 410 to it. To one that is not there yet it
    /// answers 404.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.offered.iter().min().is_some_and(|oldest| self.wanted < *oldest)
    }
}

impl fmt::Display for VersionNotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, offered } = self;
        let (why, bounds) = (if self.is_retired() { "retired" } else { "not there" }, offered.iter());
        write!(f, "API version {wanted} is {why} at this org")?;
        match (bounds.clone().min(), bounds.max()) {
            (Some(oldest), Some(newest)) => write!(f, ", which has {oldest} to {newest}: choose one of these"),
            _ => f.write_str(", which names none"),
        }
    }
}

impl std::error::Error for VersionNotThere {}

impl From<VersionNotThere> for Error {
    fn from(missing: VersionNotThere) -> Self {
        Self::new(ErrorKind::Config, missing.to_string()).with_source(missing)
    }
}
