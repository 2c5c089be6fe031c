use std::fmt;

use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::ApiVersion;

/// The longest path with its query that an org reads; it answers 414 to a longer one.
const LIMIT: usize = 16_384;

/// A call whose URL is longer than an org reads: a query with very many fields or values. It was not sent.
///
/// It is the source of an error of kind [`Invalid`](ErrorKind::Invalid):
///
/// ```
/// use std::error::Error as _;
/// use salesforce_rest::{Error, UrlTooLong};
///
/// fn is_too_long(error: &Error) -> bool {
///     error.source().is_some_and(|source| source.is::<UrlTooLong>())
/// }
/// ```
///
/// Headers count too where the org has the sum of both in view (it answers 431), but what the way there adds to them
/// is not known here; a URL that is just short enough may still be refused by the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlTooLong {
    bytes: usize,
}

impl UrlTooLong {
    /// Whether a call is too long for its URL, so that it can be known before the call is made; `None` when it is not.
    ///
    /// ```
    /// use salesforce_http::Request;
    /// use salesforce_rest::{ApiVersion, UrlTooLong};
    ///
    /// let query = Request::get("query").query("q", "SELECT Id FROM Account");
    /// assert_eq!(UrlTooLong::of(&query, ApiVersion::DEFAULT), None);
    /// ```
    #[must_use]
    pub fn of(request: &Request, version: ApiVersion) -> Option<Self> {
        let base = match request.path().starts_with('/') {
            true => 0,
            false => format!("/services/data/v{version}/").len(),
        };
        let bytes = base.saturating_add(request.path().len());
        (bytes > LIMIT).then_some(Self { bytes })
    }

    /// How long path and query would be.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How long they may be.
    #[must_use]
    pub fn limit(&self) -> usize {
        LIMIT
    }
}

impl fmt::Display for UrlTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its URL would have {} bytes and an org reads {LIMIT}", self.bytes)
    }
}

impl std::error::Error for UrlTooLong {}

pub(crate) fn check(request: &Request, version: ApiVersion) -> Result<()> {
    let Some(too_long) = UrlTooLong::of(request, version) else { return Ok(()) };
    let message = format!(
        "nothing was sent: {too_long}; ask for fewer fields, or split a long list of values over several calls"
    );
    Err(Error::new(ErrorKind::Invalid, message).with_source(too_long).with_call(request.call()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_that_fits_is_sent_and_one_more_is_not() {
        let path = |bytes: usize| Request::get("x".repeat(bytes - "/services/data/v68.0/".len()));
        assert!(check(&path(LIMIT), ApiVersion::V68).is_ok());
        let error = check(&path(LIMIT + 1), ApiVersion::V68).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<UrlTooLong>());
        assert_eq!(source.map(UrlTooLong::bytes), Some(LIMIT + 1));
    }

    #[test]
    fn what_counts_is_the_encoded_text() {
        let query = |text: &str| check(&Request::get("query").query("q", text), ApiVersion::V68);
        assert!(query(&"x".repeat(6000)).is_ok());
        assert!(query(&"ä".repeat(6000)).is_err());
    }
}
