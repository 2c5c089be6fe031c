//! Who may log in, and the tokens that were given.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

use crate::ids::opaque;

/// Takes neighbouring numbers far apart, so that the texts made from them have nothing in common.
pub(crate) const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The app that may log in.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Default for App {
    fn default() -> Self {
        Self { client_id: "3MVG9mock.client.id".into(), client_secret: "mock-client-secret".into() }
    }
}

/// The tokens that were given and did not expire.
pub(crate) struct Sessions {
    by_token: HashMap<String, Session>,
    given: u64,
    /// How long a token is good for.
    pub(crate) lifetime: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    user: RecordId,
    expires: Timestamp,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { by_token: HashMap::new(), given: 0, lifetime: Duration::from_secs(2 * 60 * 60) }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("open", &self.by_token.len()).finish_non_exhaustive()
    }
}

impl Sessions {
    /// A new token.
    pub(crate) fn open(&mut self, org: RecordId, user: RecordId, now: Timestamp) -> String {
        self.by_token.retain(|_, session| session.expires > now);
        self.given += 1;
        let token = format!("{}!AQ{}", org.as_15(), opaque(self.given.wrapping_mul(SPREAD), 94));
        self.by_token.insert(token.clone(), Session { user, expires: now.saturating_add(self.lifetime) });
        token
    }

    /// The user behind a token that is still good.
    pub(crate) fn user(&self, token: &str, now: Timestamp) -> Option<RecordId> {
        self.by_token.get(token).filter(|session| session.expires > now).map(|session| session.user)
    }

    /// Ends one session; whether there was one.
    pub(crate) fn close(&mut self, token: &str) -> bool {
        self.by_token.remove(token).is_some()
    }

    /// Ends all sessions.
    pub(crate) fn close_all(&mut self) {
        self.by_token.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_time_is_over() {
        let mut sessions = Sessions::default();
        let org: RecordId = "00DQz0000000001".parse().unwrap();
        let user: RecordId = "005Qz0000000001".parse().unwrap();
        let now = Timestamp::EPOCH;
        let (first, second) = (sessions.open(org, user, now), sessions.open(org, user, now));
        assert_ne!(first, second);
        assert!(first.starts_with("00DQz0000000001!"));
        assert_eq!(sessions.user(&first, now), Some(user));
        assert_eq!(sessions.user(&first, now.saturating_add(sessions.lifetime)), None);
        assert!(sessions.close(&second) && !sessions.close(&second));
        assert!(!format!("{sessions:?}").contains(&first));
        sessions.close_all();
        assert_eq!(sessions.user(&first, now), None);
    }
}
