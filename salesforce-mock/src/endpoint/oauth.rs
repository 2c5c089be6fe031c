//! `/services/oauth2/…` and what belongs to it.

mod authorize;
mod exchange;
mod grants;
mod identity;
mod introspect;
mod page;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) use authorize::{authorize, connect};
pub(crate) use grants::user_named;
pub(crate) use identity::{identity, is_active, user_info};
pub(crate) use introspect::{introspect, openid_configuration};

use crate::call::Call;
use crate::oauth::{App, Known};
use crate::{Body, Org, answer};

/// An error and its description, as the token endpoint words them.
type Denial = (&'static str, &'static str);

const UNKNOWN_APP: Denial = ("invalid_client_id", "client identifier invalid");
const WRONG_SECRET: Denial = ("invalid_client", "invalid client credentials");
const WRONG_GRANT: Denial = ("unsupported_grant_type", "grant type not supported");
const WRONG_HEADER: Denial = ("invalid_basic_auth_header", "invalid basic auth header");
const BLOCKED: Denial = ("app_blocked", "this app is blocked by an administrator");
const ADDRESS: Denial = ("invalid_grant", "ip restricted");
const INACTIVE: Denial = ("invalid_grant", "inactive user");
const NOT_APPROVED: Denial = ("invalid_app_access", "user is not admin approved to access this app");

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(call: &mut Call) -> Self {
        Self(call.form().unwrap_or_default())
    }

    /// A field that is there and not empty.
    fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        field.filter(|value| !value.is_empty())
    }
}

/// The app that calls.
struct Client {
    app: App,
    /// The key that it gave; an app may have more than one.
    id: String,
    /// Whether it showed a secret, the right one.
    proven: bool,
}

/// A login, in whichever way.
pub(crate) fn token(org: &mut Org, mut call: Call) -> Response<Body> {
    let basic = basic_of(&call);
    let form = Form::of(&mut call);
    let mut response = match grants::granted(org, basic.as_deref(), &form) {
        Ok(answer) => answer::json(StatusCode::OK, &answer),
        Err(denial) => denied(denial),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

fn denied((error, description): Denial) -> Response<Body> {
    answer::json(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": description}))
}

/// Which app calls. A secret that is sent has to be right, whether or not it is needed. The header is not looked at when
/// the body has both.
fn client(org: &Org, basic: Option<&str>, form: &Form) -> Result<Client, Denial> {
    let (id, secret) = match (basic, form.get("client_id"), form.get("client_secret")) {
        (_, Some(id), Some(secret)) => (id.to_owned(), Some(secret.to_owned())),
        (Some(header), ..) => basic_credentials(header).map(|(id, secret)| (id, Some(secret))).ok_or(WRONG_HEADER)?,
        (None, id, secret) => (id.unwrap_or_default().to_owned(), secret.map(str::to_owned)),
    };
    let app = org.app_of(&id).ok_or(UNKNOWN_APP)?;
    let secrets = app.knows(&id).unwrap_or_default();
    match secret {
        Some(secret) if !secrets.contains(&secret.as_str()) => Err(WRONG_SECRET),
        _ if app.blocked => Err(BLOCKED),
        secret => Ok(Client { app: app.clone(), id, proven: secret.is_some() }),
    }
}

/// The header that says who the app is; one that says something else, a token, is none.
fn basic_of(call: &Call) -> Option<String> {
    let header = call.header(AUTHORIZATION.as_str())?;
    let token = header.get(..7).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer "));
    (!token).then(|| header.to_owned())
}

/// The two halves of `Basic base64(id:secret)`, raw: the server does not decode percent signs in them.
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (kind, encoded) = header.split_once(' ')?;
    let decoded = kind.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    let hashed = Sha256::digest(key);
    let key = if key.len() > block.len() { &hashed[..] } else { key };
    block.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// Ends a token. A refresh token takes everything of its login with it.
pub(crate) fn revoke(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = Form::of(&mut call);
    let token = form.get("token").unwrap_or_default();
    let family = org.logins.families.of(token).map(|Known { family, .. }| family);
    if let Some(family) = family {
        org.logins.families.end(family);
        org.sessions.close_family(family);
    }
    if org.sessions.close(token) || family.is_some() {
        answer::empty(StatusCode::OK)
    } else {
        denied(("invalid_token", "invalid token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_reference() {
        let message = "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA1767225600000";
        let signature = STANDARD.encode(hmac_sha256(b"FAKE-CONSUMER-SECRET-0001", message.as_bytes()));
        assert_eq!(signature, "sylPOMs39v5ztmqJ5U9QBp0HYiSuaooj/t7cR9VsytM=");
    }

    #[test]
    fn basic_credentials_are_taken_raw() {
        let header = format!("Basic {}", STANDARD.encode("id%20:se:cret"));
        assert_eq!(basic_credentials(&header), Some(("id%20".into(), "se:cret".into())));
        for bad in ["", "Basic", "Basic !", "Bearer aWQ6cw==", "Basic aWQ="] {
            assert_eq!(basic_credentials(bad), None, "{bad}");
        }
    }
}
