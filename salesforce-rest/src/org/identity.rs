use salesforce_http::{Request, Result};
use salesforce_types::IdText;
use serde::{Deserialize, Serialize};

use crate::Client;

/// Who is connected, and to which org: what `/services/oauth2/userinfo` tells of the token's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The user.
    pub user_id: IdText,
    /// The org. This id is the org's identity: names and hosts outlive the refresh of a sandbox, it does not.
    pub organization_id: IdText,
    /// The login name, as it was when the user last signed in with it; the field `Username` of `User` is the true one.
    #[serde(rename = "preferred_username", default)]
    pub username: String,
    /// The user's name.
    #[serde(default)]
    pub name: String,
    /// The user's address.
    #[serde(default)]
    pub email: Option<String>,
    /// `STANDARD`, and others.
    #[serde(default)]
    pub user_type: Option<String>,
    /// Whether the user is active.
    #[serde(default)]
    pub active: Option<bool>,
    /// The time zone, such as `Europe/Berlin`.
    #[serde(default)]
    pub zoneinfo: Option<String>,
    /// The language, such as `en_US`.
    #[serde(default)]
    pub language: Option<String>,
    /// The locale, such as `de_DE`.
    #[serde(default)]
    pub locale: Option<String>,
}

fn request() -> Request {
    Request::get("/services/oauth2/userinfo")
}

impl Client {
    /// Who is connected, and to which org.
    ///
    /// # Errors
    ///
    /// `Auth` when the org does not accept the token.
    pub async fn identity(&self) -> Result<Identity> {
        self.connection().send(request()).await?.json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_the_org_is_no_identity() {
        let json = r#"{"user_id":"005000000000001AAA","organization_id":"00D000000000001EAA","preferred_username":"ada@acme.example",
            "name":"Ada","email":null,"utcOffset":-3600000,"address":{},"urls":{}}"#;
        let identity: Identity = serde_json::from_str(json).unwrap();
        assert_eq!((&*identity.username, identity.email), ("ada@acme.example", None));
        assert!(serde_json::from_str::<Identity>(&json.replace("organization_id", "org")).is_err());
    }
}
