//! What the login server knows of a token, and says of itself.

use http::{Response, StatusCode};
use serde_json::json;

use super::identity::identity_url;
use super::{Form, WRONG_SECRET, basic_of, client, denied};
use crate::call::Call;
use crate::{Body, Org, answer};

pub(crate) fn introspect(org: &Org, mut call: Call) -> Response<Body> {
    let basic = basic_of(&call);
    let form = Form::of(&mut call);
    let client = match client(org, basic.as_deref(), &form) {
        Ok(client) if client.proven => client,
        Ok(_) => return denied(WRONG_SECRET),
        Err(denial) => return denied(denial),
    };
    let token = form.get("token").unwrap_or_default();
    // An app sees its own tokens only.
    let ours = |key: &str| client.app.client_id == key;
    let session = org.sessions.find(token, org.now()).filter(|session| ours(&session.client));
    let family = org.logins.families.of(token).filter(|family| ours(family.client));
    let about = |user, scopes: &[String], kind: &str| {
        json!({
            "active": true,
            "scope": scopes.join(" "),
            "client_id": client.id,
            "username": org.text_of(user, "Username"),
            "sub": identity_url(org, user),
            "token_type": kind,
        })
    };
    let mut answer = match (session, family) {
        (Some(session), _) => {
            let mut answer = about(session.user, &session.scopes, "access_token");
            let seconds = |time: salesforce_types::Timestamp| time.as_millis() / 1000;
            answer["iat"] = seconds(session.begun).into();
            answer["nbf"] = answer["iat"].clone();
            answer["exp"] = seconds(session.expires).into();
            answer
        }
        (None, Some(family)) => about(family.user, family.scopes, "refresh_token"),
        (None, None) => json!({"active": false}),
    };
    answer::json(StatusCode::OK, &answer.take())
}

pub(crate) fn openid_configuration(org: &Org) -> Response<Body> {
    let base = &org.base_url;
    let configuration = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/services/oauth2/authorize"),
        "token_endpoint": format!("{base}/services/oauth2/token"),
        "revocation_endpoint": format!("{base}/services/oauth2/revoke"),
        "userinfo_endpoint": format!("{base}/services/oauth2/userinfo"),
        "introspection_endpoint": format!("{base}/services/oauth2/introspect"),
        "jwks_uri": format!("{base}/id/keys"),
        "register_endpoint": format!("{base}/services/oauth2/register"),
        "scopes_supported": ["api", "full", "id", "offline_access", "openid", "refresh_token", "web"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    });
    answer::json(StatusCode::OK, &configuration)
}
