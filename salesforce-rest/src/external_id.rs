use std::fmt;

use salesforce_http::Error;
use salesforce_types::RecordId;

/// Several records have the external id that should name one. Nothing was written.
///
/// It is the source of an error of kind [`Conflict`](salesforce_http::ErrorKind::Conflict), status 300:
///
/// ```
/// use std::error::Error as _;
/// use salesforce_rest::{AmbiguousExternalId, Error, RecordId};
///
/// fn namesakes(error: &Error) -> Vec<RecordId> {
///     let source = error.source().and_then(|source| source.downcast_ref::<AmbiguousExternalId>());
///     source.map(|several| several.ids().collect()).unwrap_or_default()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousExternalId {
    urls: Vec<String>,
}

/// How much of the list is read; an entry has some 70 bytes.
pub(crate) const LONGEST_LIST: usize = 1024 * 1024;

impl AmbiguousExternalId {
    /// The paths of the records, as the org lists them.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// The records' ids, as far as the paths end in one.
    pub fn ids(&self) -> impl Iterator<Item = RecordId> {
        self.urls.iter().filter_map(|url| url.rsplit('/').next()?.parse().ok())
    }

    /// What the body of a 300 lists.
    pub(crate) fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok().map(|urls| Self { urls })
    }

    /// The error with this as its source, if it is that.
    pub(crate) fn told(error: Error) -> Error {
        let several = error.status().filter(|status| *status == 300).and(error.body()).and_then(Self::read);
        match several {
            Some(several) => error.with_source(several),
            None => error,
        }
    }
}

impl fmt::Display for AmbiguousExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records have this external id", self.urls.len())
    }
}

impl std::error::Error for AmbiguousExternalId {}
