//! Packages: which are installed, and installing one by its version's id (`04t…`).
//!
//! ```no_run
//! # async fn run(client: salesforce_metadata::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use salesforce_metadata::package::{Environment, InstallFailed, install_url};
//!
//! let version = "04t000000000001AAA".parse()?;
//! println!("or in a browser: {}", install_url(version, &Environment::Production));
//! if let Err(error) = client.install_package(version).await {
//!     match InstallFailed::of(&error) {
//!         Some(InstallFailed::NotPermitted { missing }) => println!("the user needs {missing}"),
//!         Some(InstallFailed::BlockedByOrg(why)) => println!("the org allows no packages: {why}"),
//!         _ => return Err(error.into()),
//!     }
//! }
//! # Ok(()) }
//! ```

mod install;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ErrorCode, RecordId};
use serde::Deserialize;

pub use self::install::{Install, InstallFailed, InstallFor, Installed};
use crate::Client;

/// A package that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstalledPackage {
    /// The package, `033…`.
    pub package_id: RecordId,
    /// Its namespace; none for an unlocked one without.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version, `04t…`.
    pub version_id: RecordId,
    /// The name of the version.
    pub version_name: String,
    /// The version: major, minor, patch, build.
    pub version: [u32; 4],
}

/// Where a browser installs a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Production, and developer orgs.
    Production,
    /// Sandboxes.
    Sandbox,
    /// The org's own host, such as `acme.my.salesforce.com`.
    MyDomain(String),
}

/// The page on which an administrator installs a version of a package. The host is all that differs between
/// environments.
///
/// ```
/// use salesforce_metadata::package::{Environment, install_url};
///
/// let version = "04t000000000001AAA".parse()?;
/// assert_eq!(
///     install_url(version, &Environment::Sandbox),
///     "https://test.salesforce.com/packaging/installPackage.apexp?p0=04t000000000001AAA"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn install_url(version: RecordId, environment: &Environment) -> String {
    let host = match environment {
        Environment::Production => "login.salesforce.com",
        Environment::Sandbox => "test.salesforce.com",
        Environment::MyDomain(host) => host,
    };
    format!("https://{host}/packaging/installPackage.apexp?p0={version}")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    subscriber_package_id: RecordId,
    subscriber_package: Option<PackageRow>,
    subscriber_package_version: Option<VersionRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PackageRow {
    namespace_prefix: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionRow {
    id: RecordId,
    name: Option<String>,
    #[serde(default)]
    major_version: u32,
    #[serde(default)]
    minor_version: u32,
    #[serde(default)]
    patch_version: u32,
    #[serde(default)]
    build_number: u32,
}

const INSTALLED: &str = "SELECT SubscriberPackageId, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, \
    SubscriberPackageVersion.Id, SubscriberPackageVersion.Name, SubscriberPackageVersion.MajorVersion, \
    SubscriberPackageVersion.MinorVersion, SubscriberPackageVersion.PatchVersion, SubscriberPackageVersion.BuildNumber \
    FROM InstalledSubscriberPackage ORDER BY SubscriberPackageId";

impl Client {
    /// The packages that are installed; `None` when this user may not see them, which takes the permission Download
    /// AppExchange Packages: they are not known then, and not absent.
    ///
    /// # Errors
    /// The call failed for another reason.
    pub async fn installed_packages(&self) -> Result<Option<Vec<InstalledPackage>>> {
        use futures_util::TryStreamExt;

        let rest = salesforce_rest::Client::new(self.connection().clone());
        let rows: Result<Vec<Row>> = rest.tooling().query(INSTALLED).try_collect().await;
        match rows {
            Ok(rows) => rows.into_iter().map(installed).collect::<Result<_>>().map(Some),
            Err(error) if is_hidden(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn installed(row: Row) -> Result<InstalledPackage> {
    let Some(version) = row.subscriber_package_version else {
        let message = format!("the org does not tell the version of the package {}", row.subscriber_package_id);
        return Err(Error::new(ErrorKind::Decode, message));
    };
    let (namespace, name) = row.subscriber_package.map_or((None, None), |row| (row.namespace_prefix, row.name));
    Ok(InstalledPackage {
        package_id: row.subscriber_package_id,
        namespace,
        name: name.unwrap_or_default(),
        version_id: version.id,
        version_name: version.name.unwrap_or_default(),
        version: [version.major_version, version.minor_version, version.patch_version, version.build_number],
    })
}

/// An org hides objects from users without a right to them as if there were none.
fn is_hidden(error: &Error) -> bool {
    error.kind() == ErrorKind::Denied
        || error.api_errors().first().is_some_and(|first| first.code == ErrorCode::InvalidType)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k_40_one_version_has_one_page_and_the_environment_is_the_host() {
        let version = "04t000000000001AAA".parse().unwrap();
        let page = |environment| install_url(version, &environment).replacen("https://", "", 1);
        let production = page(Environment::Production);
        let (host, path) = production.split_once('/').unwrap();
        assert_eq!(host, "login.salesforce.com");
        for environment in [Environment::Sandbox, Environment::MyDomain("acme.my.salesforce.com".into())] {
            let other = page(environment);
            let (other_host, other_path) = other.split_once('/').unwrap();
            assert!(other_host != host && other_path == path, "{other}");
        }
    }
}
