use std::fmt;
use std::str::FromStr;

use crate::Invalid;
use crate::invalid::serde_as_text;

/// A version of the API, such as `68.0`. There are three a year, each 1.0 more than the last.
///
/// ```
/// use salesforce_types::ApiVersion;
///
/// let version: ApiVersion = "v66.0".parse()?;
/// assert_eq!(version, ApiVersion::V66);
/// assert!(version < ApiVersion::DEFAULT);
/// assert_eq!(version.to_string(), "66.0");
/// # Ok::<(), salesforce_types::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

macro_rules! versions {
    ($($name:ident $major:literal $release:literal),*) => {
        $(#[doc = concat!("Version ", $major, ".0, ", $release, ".")] pub const $name: Self = Self::new($major);)*
    };
}

impl ApiVersion {
    versions! {
        V58 58 "Summer '23", V59 59 "Winter '24", V60 60 "Spring '24", V61 61 "Summer '24", V62 62 "Winter '25",
        V63 63 "Spring '25", V64 64 "Summer '25", V65 65 "Winter '26", V66 66 "Spring '26", V67 67 "Summer '26",
        V68 68 "Winter '27"
    }

    /// The version the SDK speaks unless told otherwise: the newest it was built for. Asking an org for its latest is
    /// the caller's choice.
    pub const DEFAULT: Self = Self::V68;

    /// The oldest version that the SDK's tests speak. What is older may work; nobody tried it.
    pub const OLDEST_TESTED: Self = Self::V58;

    /// Version `major`.0.
    #[must_use]
    pub const fn new(major: u16) -> Self {
        Self { major, minor: 0 }
    }

    /// The part before the dot.
    #[must_use]
    pub const fn major(self) -> u16 {
        self.major
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for ApiVersion {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("API version", text, "expected a text such as `68.0` or `v68.0`");
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| invalid()),
            false => Err(invalid()),
        };
        let (major, minor) = text.strip_prefix('v').unwrap_or(text).split_once('.').ok_or_else(invalid)?;
        Ok(Self { major: number(major)?, minor: number(minor)? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

serde_as_text!(ApiVersion, "version such as 68.0");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        assert!("9.0".parse::<ApiVersion>().unwrap() < "10.0".parse().unwrap());
    }

    #[test]
    fn a_version_without_its_minor_part_is_refused() {
        for bad in ["68", "v40", "", "v.0", "6a.0", "68.0.1", "+6.0", "99999.0"] {
            assert!(bad.parse::<ApiVersion>().is_err(), "{bad}");
        }
    }
}
