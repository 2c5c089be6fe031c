use std::fmt;

use salesforce_http::{AccessToken, Error, ErrorKind, Result};
use salesforce_types::{RecordId, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// What a person granted an app: the token in use, the one to get the next with, and what they are good for.
///
/// The flows with a person in them give one; [`Refreshing`](crate::Refreshing) keeps it alive in a
/// [`TokenStore`](crate::TokenStore). `Debug` prints no token, and there is no serde on it: [`expose`](Self::expose)
/// says what it does.
#[derive(Clone)]
pub struct Grant {
    pub(crate) access_token: Option<SecretString>,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) id_token: Option<SecretString>,
    pub(crate) instance_url: Option<String>,
    pub(crate) id_url: Option<String>,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) scopes: Vec<String>,
    /// Whether the last renewal brought another refresh token. Unknown before the first.
    pub(crate) rotates: Option<bool>,
    /// Why nothing more can be had from it.
    pub(crate) ended: Option<Refusal>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    format: u32,
    access_token: Option<String>,
    refresh_token: Option<String>,
    instance_url: Option<String>,
    id_url: Option<String>,
    issued_at: Option<i64>,
    #[serde(default)]
    scopes: Vec<String>,
    rotates: Option<bool>,
    ended: Option<(String, String)>,
}

const FORMAT: u32 = 1;

impl Grant {
    /// A grant of which only the refresh token is known, such as one that another program kept. The next token comes
    /// from a renewal. No two programs may use one refresh token: with rotation, the second one ends it for both.
    #[must_use]
    pub fn from_refresh_token(token: SecretString) -> Self {
        Self {
            access_token: None,
            refresh_token: Some(token),
            id_token: None,
            instance_url: None,
            id_url: None,
            issued_at: None,
            scopes: Vec::new(),
            rotates: None,
            ended: None,
        }
    }

    /// The access token, ready for a connection.
    ///
    /// # Errors
    /// There is none yet, or it cannot be one.
    pub fn access_token(&self) -> Result<AccessToken> {
        let (Some(token), Some(url)) = (&self.access_token, &self.instance_url) else {
            return Err(Error::new(ErrorKind::Auth, "the grant holds no access token yet: renew it first"));
        };
        Ok(AccessToken::new(token.clone(), url)?
            .with_issued_at(self.issued_at)
            .with_scopes(self.scopes.iter().cloned())
            .with_id_url(self.id_url.clone()))
    }

    /// Whether it can be renewed: whether the app has the scope `refresh_token` and its policy gives one.
    #[must_use]
    pub fn has_refresh_token(&self) -> bool {
        self.refresh_token.is_some()
    }

    /// The refresh token, for a store of your own and to revoke it.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// The OpenID token, if the scope `openid` was granted. It is not stored.
    #[must_use]
    pub fn id_token(&self) -> Option<&SecretString> {
        self.id_token.as_ref()
    }

    /// The org's address.
    #[must_use]
    pub fn instance_url(&self) -> Option<&str> {
        self.instance_url.as_deref()
    }

    /// What was granted. Empty when the login server did not say.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// When the access token was issued.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// The org, as the identity URL names it. Known without an access token too.
    #[must_use]
    pub fn organization_id(&self) -> Option<RecordId> {
        self.id_from_end(1)
    }

    /// The user, as the identity URL names it.
    #[must_use]
    pub fn user_id(&self) -> Option<RecordId> {
        self.id_from_end(0)
    }

    /// The identity URL ends in the org and the user.
    fn id_from_end(&self, nth: usize) -> Option<RecordId> {
        self.id_url.as_deref()?.trim_end_matches('/').rsplit('/').nth(nth)?.parse().ok()
    }

    /// Why the login server will not renew it any more. It has to be replaced by a new one.
    #[must_use]
    pub fn ended(&self) -> Option<&Refusal> {
        self.ended.as_ref()
    }

    /// Refuses a grant of another org than the expected one, given with 15 or 18 characters.
    ///
    /// # Errors
    /// [`Auth`](ErrorKind::Auth): it is of another org, or the login did not say of which.
    pub fn expect_org(self, expected: RecordId) -> Result<Self> {
        match self.organization_id() {
            Some(org) if org == expected => Ok(self),
            Some(org) => Err(Error::new(
                ErrorKind::Auth,
                format!("the login was to the org {org}, not to {expected}: log in to that one; nothing was stored"),
            )),
            None => Err(Error::new(
                ErrorKind::Auth,
                format!("the login does not say which org it is of, and {expected} is expected; nothing was stored"),
            )),
        }
    }

    /// Everything as one text for a store of your own. It is a password's equal: keep it where passwords are kept.
    #[must_use]
    pub fn expose(&self) -> SecretString {
        let text = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        let wire = Wire {
            format: FORMAT,
            access_token: text(&self.access_token),
            refresh_token: text(&self.refresh_token),
            instance_url: self.instance_url.clone(),
            id_url: self.id_url.clone(),
            issued_at: self.issued_at.map(Timestamp::as_millis),
            scopes: self.scopes.clone(),
            rotates: self.rotates,
            ended: self.ended.as_ref().map(|ended| (ended.error().to_owned(), ended.description().to_owned())),
        };
        serde_json::to_string(&wire).expect("text, numbers and lists of them can be written").into()
    }

    /// What [`expose`](Self::expose) wrote.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when it is something else; the error quotes nothing of it.
    pub fn parse(text: &SecretString) -> Result<Self> {
        let refuse = |why| Error::new(ErrorKind::Config, format!("the stored grant cannot be read: {why}"));
        let wire: Wire = serde_json::from_str(text.expose_secret()).map_err(|_| refuse("it is none, or was cut"))?;
        if wire.format != FORMAT {
            return Err(refuse("a newer version of this program wrote it"));
        }
        Ok(Self {
            access_token: wire.access_token.map(Into::into),
            refresh_token: wire.refresh_token.map(Into::into),
            id_token: None,
            instance_url: wire.instance_url,
            id_url: wire.id_url,
            issued_at: wire.issued_at.map(Timestamp::from_millis),
            scopes: wire.scopes,
            rotates: wire.rotates,
            ended: wire.ended.map(|(error, description)| Refusal::new(error, description)),
        })
    }

    /// What a renewal makes of it: what the answer leaves out stays.
    pub(crate) fn renewed_by(&self, answer: Self) -> Self {
        let same = |new: &SecretString| {
            self.refresh_token.as_ref().is_some_and(|old| old.expose_secret() == new.expose_secret())
        };
        let rotated = answer.refresh_token.as_ref().is_some_and(|new| !same(new));
        Self {
            refresh_token: answer.refresh_token.or_else(|| self.refresh_token.clone()),
            scopes: if answer.scopes.is_empty() { self.scopes.clone() } else { answer.scopes },
            id_url: answer.id_url.or_else(|| self.id_url.clone()),
            rotates: Some(rotated),
            ..answer
        }
    }

    /// The access token, unless it is the refused one.
    pub(crate) fn other_than(&self, refused: Option<&AccessToken>) -> Option<AccessToken> {
        let token = self.access_token().ok()?;
        let same = refused.is_some_and(|refused| refused.secret().expose_secret() == token.secret().expose_secret());
        (!same).then_some(token)
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("instance_url", &self.instance_url)
            .field("id_url", &self.id_url)
            .field("issued_at", &self.issued_at)
            .field("scopes", &self.scopes)
            .field("has_refresh_token", &self.has_refresh_token())
            .field("rotates", &self.rotates)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            access_token: Some("00D000000000001!canary".into()),
            instance_url: Some("https://acme.my.salesforce.com".into()),
            id_url: Some("https://login.salesforce.com/id/00D000000000001/005000000000001AAA".into()),
            issued_at: Some(Timestamp::from_millis(1_767_225_600_000)),
            scopes: vec!["api".into()],
            ..Grant::from_refresh_token("5Aep861canary".into())
        }
    }

    #[test]
    fn a_grant_comes_back_as_it_was_stored() {
        let ended = Grant { ended: Some(Refusal::new("invalid_grant", "expired access/refresh token")), ..grant() };
        let again = Grant::parse(&ended.expose()).unwrap();
        assert_eq!(again.expose().expose_secret(), ended.expose().expose_secret());
        assert_eq!(again.ended(), ended.ended());
    }

    #[test]
    fn c_27_no_secret_is_printed_and_none_is_quoted() {
        assert!(!format!("{:?}", grant()).contains("canary"));
        for text in ["canary", "{\"format\":2,\"access_token\":\"canary\"}", "{\"format\":\"canary\"}", ""] {
            let error = Grant::parse(&text.into()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn c_19_a_login_to_another_org_is_refused_in_either_length() {
        let good: RecordId = "00D000000000001".parse().unwrap();
        assert!(grant().expect_org(good).is_ok());
        let other: RecordId = "00D000000000002AAA".parse().unwrap_or_else(|_| "00D000000000002".parse().unwrap());
        let error = grant().expect_org(other).unwrap_err();
        assert!(error.kind() == ErrorKind::Auth && error.to_string().contains("00D000000000001EAA"), "{error}");
        assert!(Grant::from_refresh_token("x".into()).expect_org(good).is_err());
        // Which org it is stays known where the access token is not kept.
        assert!(Grant { access_token: None, ..grant() }.expect_org(other).is_err());
        assert!(Grant { access_token: None, ..grant() }.expect_org(good).is_ok());
    }

    #[test]
    fn a_renewal_keeps_the_refresh_token_unless_it_brings_another() {
        let answer =
            |refresh: Option<&str>| Grant { refresh_token: refresh.map(Into::into), scopes: vec![], ..grant() };
        let text = |grant: &Grant| grant.refresh_token().unwrap().expose_secret().to_owned();
        let kept = grant().renewed_by(answer(None));
        assert_eq!((text(&kept).as_str(), kept.rotates, kept.scopes.len()), ("5Aep861canary", Some(false), 1));
        assert_eq!(grant().renewed_by(answer(Some("5Aep861canary"))).rotates, Some(false));
        let rotated = grant().renewed_by(answer(Some("5Aep861next")));
        assert_eq!((text(&rotated).as_str(), rotated.rotates), ("5Aep861next", Some(true)));
    }
}
