use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where the next page of an answer is, as text that may be kept and used elsewhere.
///
/// It is what the org sent as `nextRecordsUrl`: opaque, bound to the user that ran the query, and gone after two days
/// at the latest. So it is a way to go on soon, not a checkpoint: an org that does not know it any more answers
/// `INVALID_QUERY_LOCATOR`, and the query has to be run again. It holds no secret.
///
/// ```
/// use salesforce_rest::Cursor;
///
/// let cursor: Cursor = "/services/data/v68.0/query/0r8Qz00000FgHiJkLm-2000".parse()?;
/// let kept = serde_json::to_string(&cursor)?;
/// assert_eq!(serde_json::from_str::<Cursor>(&kept)?, cursor);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(Box<str>);

impl Cursor {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        match text.starts_with('/') || text.starts_with("http") {
            true => Ok(Self(text.into())),
            false => Err(InvalidCursor(text.chars().take(80).collect())),
        }
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        text.to_owned().try_into()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0.into()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

/// Text that leads to no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCursor(Box<str>);

impl fmt::Display for InvalidCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no cursor: expected a path or a URL, as a page's `next` gives it", self.0.escape_debug())
    }
}

impl std::error::Error for InvalidCursor {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_leads_nowhere_is_refused() {
        for bad in ["", " ", "0r8Qz00000FgHiJkLm-2000", "null"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
            assert!(serde_json::from_value::<Cursor>(bad.into()).is_err(), "{bad}");
        }
        assert_eq!(
            "x".parse::<Cursor>().unwrap_err().to_string(),
            "`x` is no cursor: expected a path or a URL, as a page's `next` gives it"
        );
    }
}
