use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use salesforce_http::{Error, ErrorKind};

/// Why an archive was not read or written.
#[derive(Clone, Debug)]
pub struct ArchiveError {
    kind: ArchiveErrorKind,
    message: Cow<'static, str>,
    source: Option<Arc<std::io::Error>>,
}

/// What is wrong with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArchiveErrorKind {
    /// It is no zip, or a broken one.
    Broken,
    /// A path leads out of the folder, or is none.
    Path,
    /// Two files have the same path.
    Twice,
    /// It holds more than it may.
    TooLarge,
    /// Deletions with `*`.
    Wildcard,
    /// The folder to write to is there already.
    Exists,
    /// The disk says no.
    Io,
}

impl ArchiveError {
    pub(crate) fn new(kind: ArchiveErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(super) fn twice(path: &str) -> Self {
        Self::new(ArchiveErrorKind::Twice, format!("the file `{path}` is there twice"))
    }

    pub(super) fn io(error: std::io::Error, what: &str, path: &Path) -> Self {
        let message = format!("`{}` cannot be {what}", path.display());
        Self { kind: ArchiveErrorKind::Io, message: message.into(), source: Some(Arc::new(error)) }
    }

    /// What is wrong, in one word.
    #[must_use]
    pub fn kind(&self) -> ArchiveErrorKind {
        self.kind
    }
}

impl From<zip::result::ZipError> for ArchiveError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::new(ArchiveErrorKind::Broken, format!("the zip cannot be read or written: {error}"))
    }
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ArchiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Of an archive that came from an org, or was to go to one.
impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        let kind = match error.kind {
            ArchiveErrorKind::Broken => ErrorKind::Decode,
            ArchiveErrorKind::TooLarge => ErrorKind::Limit,
            ArchiveErrorKind::Path | ArchiveErrorKind::Twice | ArchiveErrorKind::Wildcard => ErrorKind::Invalid,
            ArchiveErrorKind::Exists | ArchiveErrorKind::Io => ErrorKind::Other,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}
