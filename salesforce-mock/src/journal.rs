//! What the org was asked, and what it answered.

use std::collections::VecDeque;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use salesforce_types::Timestamp;

use crate::route;

/// The most requests that are remembered; of older ones only their number is.
const KEPT: usize = 100_000;

/// One request and the status of its answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// When it came, by the org's clock.
    pub at: Timestamp,
    /// Its method.
    pub method: Method,
    /// Its path, without the query, as it was sent.
    pub path: String,
    /// Its query without percent signs, such as `q=SELECT Id FROM Account`.
    pub query: Option<String>,
    /// Its headers. Of a credential only its kind is kept, such as `Bearer …`.
    pub headers: HeaderMap,
    /// The user name behind its token, if the token was good.
    pub user: Option<String>,
    /// The answer's status. An answer that got lost has one, too: what the org said; a reset before the org was asked
    /// counts as 503.
    pub status: StatusCode,
    /// The fault that was played, if one was.
    pub fault: Option<&'static str>,
}

/// Every request since the org began, in order.
///
/// Names of places are those of [`Fault::at`](crate::Fault::at): a path from its beginning (`/services/oauth2/token`),
/// or one inside any version of the API (`query`, `sobjects/Account`).
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    forgotten: u64,
}

impl Journal {
    pub(crate) fn note(&mut self, entry: Entry) {
        if self.entries.len() >= KEPT {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }

    /// The requests, oldest first. The oldest are forgotten when there are more than 100,000.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// The requests to a place.
    pub fn at<'j>(&'j self, place: &'j str) -> impl DoubleEndedIterator<Item = &'j Entry> {
        self.entries.iter().filter(move |entry| route::is_at(&entry.path, place))
    }

    /// The number of requests to a place.
    #[must_use]
    pub fn count(&self, place: &str) -> usize {
        self.at(place).count()
    }

    /// The number of requests, forgotten ones included.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.forgotten.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The newest request.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The headers without their credentials.
pub(crate) fn redacted(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for (name, value) in kept.iter_mut() {
        if name == AUTHORIZATION {
            let kind = value.to_str().ok().and_then(|text| text.split_once(' ')).map_or("", |(kind, _)| kind);
            *value = match kind.to_ascii_lowercase().as_str() {
                "bearer" => HeaderValue::from_static("Bearer [redacted]"),
                "basic" => HeaderValue::from_static("Basic [redacted]"),
                "oauth" => HeaderValue::from_static("OAuth [redacted]"),
                _ => HeaderValue::from_static("[redacted]"),
            };
        } else if name == COOKIE || name.as_str() == "x-sfdc-session" {
            *value = HeaderValue::from_static("[redacted]");
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            at: Timestamp::EPOCH,
            method: Method::GET,
            path: path.into(),
            query: None,
            headers: HeaderMap::new(),
            user: None,
            status: StatusCode::OK,
            fault: None,
        }
    }

    #[test]
    fn places_are_counted_with_and_without_the_version() {
        let mut journal = Journal::default();
        journal.note(entry("/services/oauth2/token"));
        journal.note(entry("/services/data/v68.0/query/0r8-2000"));
        journal.note(entry("/services/data/v60.0/queryAll"));
        assert_eq!(journal.count("/services/oauth2/token"), 1);
        assert_eq!(journal.count("query"), 1);
        assert_eq!(journal.count("/services/data"), 2);
        assert_eq!(journal.len(), 3);
    }

    #[test]
    fn credentials_are_not_kept() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer 00Dsecret".parse().unwrap());
        headers.insert("x-sfdc-session", "00Dsecret".parse().unwrap());
        headers.insert("accept", "*/*".parse().unwrap());
        let kept = redacted(&headers);
        assert!(!format!("{kept:?}").contains("secret"));
        assert_eq!(kept["accept"], "*/*");
    }
}
