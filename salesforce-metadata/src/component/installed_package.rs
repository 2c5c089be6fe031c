use super::secret::Secret;
use super::shape::component;

component! {
    /// A package that is installed by a deploy. No other type may be in the same deploy, and only packages of the first
    /// generation are installed so.
    pub struct InstalledPackage {
        /// Whether the package's remote sites are activated.
        activate_rss: Option<bool> = "activateRSS",
        /// The key of a package that is protected by one.
        password: Option<Secret> = "password",
        /// `AdminsOnly` or `AllUsers`; from API version 57.0 on.
        security_type: Option<String> = "securityType",
        /// The version, such as `2.1`.
        version_number: String = "versionNumber",
    }
}
