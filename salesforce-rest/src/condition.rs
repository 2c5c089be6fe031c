//! Reading and writing on condition that a record did or did not change.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use salesforce_http::Error;
use salesforce_types::Timestamp;

/// The org did not do the write: the record is not as the call required it to be, so somebody changed it meanwhile.
///
/// It is the source of an error of kind [`Conflict`](salesforce_http::ErrorKind::Conflict), status 412. Read the record
/// anew and decide again.
///
/// ```
/// use std::error::Error as _;
/// use salesforce_rest::{Error, PreconditionFailed};
///
/// fn was_changed(error: &Error) -> bool {
///     error.source().is_some_and(|source| source.is::<PreconditionFailed>())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PreconditionFailed;

impl PreconditionFailed {
    /// The error with this as its source, if it is that.
    pub(crate) fn told(error: Error) -> Error {
        match error.status() {
            Some(status) if status == 412 => error.with_source(Self),
            _ => error,
        }
    }
}

impl fmt::Display for PreconditionFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the record is not as the call required it to be: somebody changed it meanwhile")
    }
}

impl std::error::Error for PreconditionFailed {}

/// The time as HTTP writes it, to the second; what is before 1970 counts as 1970, since nothing was changed before.
pub(crate) fn http_date(time: Timestamp) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(0);
    // A date of HTTP ends with the year 9999, and so does a timestamp.
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_http_has_them_and_none_panics() {
        let date = |millis| http_date(Timestamp::from_millis(millis));
        assert_eq!(date(1_772_387_341_000), "Sun, 01 Mar 2026 17:49:01 GMT");
        assert_eq!(date(-1), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(date(i64::MAX).contains(" Dec 9999 "));
    }
}
