use std::fmt;
use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

use super::app::App;

/// How many logins of one user with one app are good at once. The next one ends the oldest, silently.
const MOST: usize = 5;

/// All that came of one login: a line of refresh tokens, of which the last is good.
struct Family {
    number: u64,
    /// The app, by its key.
    client: String,
    user: RecordId,
    scopes: Vec<String>,
    tokens: Vec<String>,
    begun: Timestamp,
    used: Timestamp,
    alive: bool,
}

/// The logins that gave a refresh token.
#[derive(Default)]
pub(crate) struct Families {
    all: Vec<Family>,
    /// How often an old refresh token came back.
    pub(crate) reused: u64,
}

/// What a refresh token that came is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presented {
    /// Good, of this family, user and scopes.
    Good {
        family: u64,
        user: RecordId,
        scopes: Vec<String>,
    },
    /// Replaced before. Its family was ended now, and its sessions have to be.
    Reused(u64),
    /// Its time is over.
    TooOld,
    Unknown,
}

/// What a refresh token that is good stands for.
pub(crate) struct Known<'f> {
    pub(crate) family: u64,
    pub(crate) client: &'f str,
    pub(crate) user: RecordId,
    pub(crate) scopes: &'f [String],
}

impl Families {
    /// A new login. Returns its number, and that of the family that had to give way to it.
    pub(crate) fn begin(
        &mut self,
        client: &str,
        user: RecordId,
        scopes: Vec<String>,
        token: String,
        now: Timestamp,
    ) -> (u64, Option<u64>) {
        let number = u64::try_from(self.all.len()).unwrap_or(u64::MAX);
        let client = client.to_owned();
        let same = |family: &Family| family.alive && family.user == user && family.client == client;
        let surplus = self.all.iter().filter(|family| same(family)).count() >= MOST;
        let oldest = if surplus { self.all.iter_mut().find(|family| same(family)) } else { None };
        let ended = oldest.map(|family| {
            family.alive = false;
            family.number
        });
        let tokens = vec![token];
        self.all.push(Family { number, client, user, scopes, tokens, begun: now, used: now, alive: true });
        (number, ended)
    }

    /// A refresh token comes to be used.
    pub(crate) fn present(&mut self, token: &str, app: &App, now: Timestamp) -> Presented {
        let of =
            |family: &&mut Family| family.client == app.client_id && family.tokens.iter().any(|other| other == token);
        let Some(family) = self.all.iter_mut().find(of) else { return Presented::Unknown };
        if family.tokens.last().is_none_or(|last| last != token) {
            family.alive = false;
            self.reused += 1;
            return Presented::Reused(family.number);
        }
        if !family.alive {
            return Presented::Unknown;
        }
        let over = |limit: Option<Duration>, since: Timestamp| limit.is_some_and(|limit| now.since(since) >= limit);
        if over(app.refresh_lifetime, family.begun) || over(app.refresh_idle, family.used) {
            return Presented::TooOld;
        }
        Presented::Good { family: family.number, user: family.user, scopes: family.scopes.clone() }
    }

    /// A family was used, and its refresh token replaced if there is another.
    pub(crate) fn go_on(&mut self, number: u64, next: Option<String>, now: Timestamp) {
        if let Some(family) = self.all.iter_mut().find(|family| family.number == number) {
            family.used = now;
            family.tokens.extend(next);
        }
    }

    /// The family of a refresh token that is good.
    pub(crate) fn of(&self, token: &str) -> Option<Known<'_>> {
        let good = |family: &&Family| family.alive && family.tokens.last().is_some_and(|last| last == token);
        let family = self.all.iter().find(good)?;
        let Family { number, user, client, scopes, .. } = family;
        Some(Known { family: *number, client, user: *user, scopes })
    }

    /// Whether this user let the app in before.
    pub(crate) fn has_let_in(&self, client: &str, user: RecordId) -> bool {
        self.all.iter().any(|family| family.alive && family.user == user && family.client == client)
    }

    pub(crate) fn end(&mut self, number: u64) {
        self.all.iter_mut().filter(|family| family.number == number).for_each(|family| family.alive = false);
    }

    /// Ends those of a user, or all.
    pub(crate) fn end_of(&mut self, user: Option<RecordId>) {
        let theirs = |family: &&mut Family| user.is_none_or(|user| family.user == user);
        self.all.iter_mut().filter(theirs).for_each(|family| family.alive = false);
    }
}

impl fmt::Debug for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alive = self.all.iter().filter(|family| family.alive).count();
        f.debug_struct("Families").field("alive", &alive).field("reused", &self.reused).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_token_ends_its_family_and_a_sixth_login_the_oldest() {
        let (app, now) = (App::default(), Timestamp::EPOCH);
        let user: RecordId = "005Qz0000000001".parse().unwrap();
        let mut families = Families::default();
        let (first, none) = families.begin(&app.client_id, user, vec![], "a0".into(), now);
        assert_eq!(none, None);
        families.go_on(first, Some("a1".into()), now);
        assert!(matches!(families.present("a1", &app, now), Presented::Good { .. }));
        assert_eq!(families.present("a0", &app, now), Presented::Reused(first));
        assert_eq!((families.present("a1", &app, now), families.reused), (Presented::Unknown, 1));
        let ended: Vec<_> =
            (0..6).map(|n| families.begin(&app.client_id, user, vec![], format!("b{n}"), now).1).collect();
        assert_eq!(ended, [None, None, None, None, None, Some(1)]);
        assert_eq!(families.present("b0", &app, now), Presented::Unknown);
        // Another app's logins are counted by themselves, and its tokens are its own.
        assert_eq!(families.begin("other", user, vec![], "c".into(), now).1, None);
        assert_eq!(families.present("c", &app, now), Presented::Unknown);
    }

    #[test]
    fn refresh_tokens_have_their_time() {
        let user: RecordId = "005Qz0000000001".parse().unwrap();
        let minutes = |minutes: u64| Timestamp::EPOCH.saturating_add(Duration::from_secs(60 * minutes));
        let mut families = Families::default();
        let mut app = App { refresh_idle: Some(Duration::from_secs(600)), ..App::default() };
        let (family, _) = families.begin(&app.client_id, user, vec![], "a".into(), minutes(0));
        assert!(matches!(families.present("a", &app, minutes(9)), Presented::Good { .. }));
        families.go_on(family, None, minutes(9));
        assert!(matches!(families.present("a", &app, minutes(18)), Presented::Good { .. }));
        assert_eq!(families.present("a", &app, minutes(19)), Presented::TooOld);
        app.refresh_lifetime = Some(Duration::from_secs(900));
        assert_eq!(families.present("a", &app, minutes(16)), Presented::TooOld);
    }
}
