//! The tokens that were given.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_types::{RecordId, Timestamp};

use crate::ids::opaque;

/// Takes neighbouring numbers far apart, so that the texts made from them have nothing in common.
pub(crate) const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The tokens that were given and did not expire.
pub(crate) struct Sessions {
    by_token: HashMap<String, Session>,
    given: u64,
    /// How long a token is good for.
    pub(crate) lifetime: Duration,
}

/// What a token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The app, by its key.
    pub(crate) client: String,
    pub(crate) user: RecordId,
    pub(crate) scopes: Vec<String>,
    /// The login it came of, if that gave a refresh token.
    pub(crate) family: Option<u64>,
    pub(crate) begun: Timestamp,
    pub(crate) expires: Timestamp,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { by_token: HashMap::new(), given: 0, lifetime: Duration::from_secs(2 * 60 * 60) }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("open", &self.by_token.len()).finish_non_exhaustive()
    }
}

impl Sessions {
    /// A new token, opaque or with a JWT's looks.
    pub(crate) fn open(
        &mut self,
        (org, user): (RecordId, RecordId),
        client: &str,
        scopes: &[String],
        family: Option<u64>,
        jwt: bool,
        now: Timestamp,
    ) -> String {
        self.by_token.retain(|_, session| session.expires > now);
        self.given += 1;
        let data = opaque(self.given.wrapping_mul(SPREAD), 94);
        let expires = now.saturating_add(self.lifetime);
        let token = if jwt {
            let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT","tty":"sfdc-core-token","ver":"1.0"}"#);
            let payload = serde_json::json!({
                "sub": format!("uid:{user}"),
                "scp": scopes.join(" "),
                "exp": expires.as_millis() / 1000,
                "iat": now.as_millis() / 1000,
                "mty": "oauth",
            });
            format!("{header}.{}.{data}", URL_SAFE_NO_PAD.encode(payload.to_string()))
        } else {
            format!("{}!AQ{data}", org.as_15())
        };
        let client = client.to_owned();
        let session = Session { client, user, scopes: scopes.to_vec(), family, begun: now, expires };
        self.by_token.insert(token.clone(), session);
        token
    }

    /// What a token that is still good stands for.
    pub(crate) fn find(&self, token: &str, now: Timestamp) -> Option<&Session> {
        self.by_token.get(token).filter(|session| session.expires > now)
    }

    /// The user behind a token that is still good.
    pub(crate) fn user(&self, token: &str, now: Timestamp) -> Option<RecordId> {
        self.find(token, now).map(|session| session.user)
    }

    /// Ends one session; whether there was one.
    pub(crate) fn close(&mut self, token: &str) -> bool {
        self.by_token.remove(token).is_some()
    }

    /// Ends the sessions of a login.
    pub(crate) fn close_family(&mut self, family: u64) {
        self.by_token.retain(|_, session| session.family != Some(family));
    }

    /// Ends the sessions of a user.
    pub(crate) fn close_user(&mut self, user: RecordId) {
        self.by_token.retain(|_, session| session.user != user);
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
        let mut open = |jwt| sessions.open((org, user), "key", &[], Some(7), jwt, now);
        let (first, second, jwt, last) = (open(false), open(false), open(true), open(false));
        assert_ne!(first, second);
        assert!(first.starts_with("00DQz0000000001!"));
        assert!(jwt.starts_with("eyJ") && jwt.split('.').count() == 3);
        assert_eq!(sessions.user(&first, now), Some(user));
        assert_eq!(sessions.user(&first, now.saturating_add(sessions.lifetime)), None);
        assert!(sessions.close(&second) && !sessions.close(&second));
        assert!(!format!("{sessions:?}").contains(&first));
        sessions.close_family(7);
        assert_eq!(sessions.user(&last, now), None);
    }
}
