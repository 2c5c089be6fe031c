use std::borrow::Borrow;
use std::fmt;

use super::{ArchiveError, ArchiveErrorKind};

/// The path of a file in an archive: it stays in the archive's folder, on every system.
///
/// ```
/// use salesforce_metadata::archive::EntryPath;
///
/// assert!(EntryPath::new("layouts/Account-Account %28Sales%29 Layout.layout").is_ok());
/// for bad in ["../x", "/etc/passwd", "a//b", "a/./b", "C:/x", "a\\b", "", "a/"] {
///     assert!(EntryPath::new(bad).is_err(), "{bad}");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(Box<str>);

impl EntryPath {
    /// The path, if it is one.
    ///
    /// # Errors
    /// [`Path`](ArchiveErrorKind::Path) for a path that is absolute, is longer than 1,024 bytes, has an empty part, `.`
    /// or `..`, or holds a backslash, a colon or a control character: the names of components have these encoded.
    pub fn new(path: &str) -> Result<Self, ArchiveError> {
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        let is_plain = |c: char| !c.is_control() && c != '\\' && c != ':';
        if path.len() > 1024 || !path.split('/').all(is_part) || !path.chars().all(is_plain) {
            let shown: String = path.chars().take(80).flat_map(char::escape_debug).collect();
            let message = format!("the path `{shown}` is no path inside of an archive; nothing was written");
            return Err(ArchiveError::new(ArchiveErrorKind::Path, message));
        }
        Ok(Self(path.into()))
    }

    /// The path, with `/` between its parts.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl Borrow<str> for EntryPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
