//! `/services/oauth2/…` and the identity of a user.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderValue, Response, StatusCode};
use salesforce_types::{RecordId, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::{Body, Org, answer};

/// An error and its description, as the token endpoint words them.
type Denial = (&'static str, &'static str);

const UNKNOWN_APP: Denial = ("invalid_client_id", "client identifier invalid");
const WRONG_SECRET: Denial = ("invalid_client", "invalid client credentials");
const WRONG_GRANT: Denial = ("unsupported_grant_type", "grant type not supported");
const NO_USER: Denial = ("invalid_grant", "no client credentials user enabled");
const WRONG_HEADER: Denial = ("invalid_basic_auth_header", "invalid basic auth header");

/// A login with the client credentials flow.
pub(crate) fn token(org: &mut Org, call: Call) -> Response<Body> {
    let mut response = match logged_in(org, call) {
        Ok(answer) => answer::json(StatusCode::OK, &answer),
        Err(denial) => denied(denial),
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

fn denied((error, description): Denial) -> Response<Body> {
    answer::json(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": description}))
}

fn logged_in(org: &mut Org, mut call: Call) -> Result<Value, Denial> {
    let basic = call.header(AUTHORIZATION.as_str()).map(str::to_owned);
    let form = call.form().map_err(|_| WRONG_GRANT)?;
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    if field("grant_type").as_deref() != Some("client_credentials") {
        return Err(WRONG_GRANT);
    }
    let (client_id, secret) = match basic {
        Some(header) => basic_credentials(&header).ok_or(WRONG_HEADER)?,
        None => (field("client_id").unwrap_or_default(), field("client_secret").unwrap_or_default()),
    };
    if client_id != org.app.client_id {
        return Err(UNKNOWN_APP);
    }
    if secret != org.app.client_secret {
        return Err(WRONG_SECRET);
    }
    if !is_active(org, org.store.user) {
        return Err(NO_USER);
    }
    let token = org.issue_token();
    let id = identity_url(org, org.store.user);
    let issued_at = org.now().as_millis().to_string();
    let signature = STANDARD.encode(hmac_sha256(secret.as_bytes(), format!("{id}{issued_at}").as_bytes()));
    Ok(json!({
        "access_token": token,
        "signature": signature,
        "scope": "api",
        "instance_url": org.base_url,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }))
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

/// Ends the session of a token.
pub(crate) fn revoke(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = call.form().unwrap_or_default();
    let token = form.iter().find(|(key, _)| key == "token").map(|(_, value)| value.as_str());
    if token.is_some_and(|token| org.sessions.close(token)) {
        answer::empty(StatusCode::OK)
    } else {
        denied(("invalid_token", "invalid token"))
    }
}

/// Who is behind a token.
pub(crate) fn user_info(org: &Org, user: Option<RecordId>) -> Response<Body> {
    let Some(user) = user else { return bad_token() };
    let text = |field: &str| org.text_of(user, field);
    let info = json!({
        "sub": identity_url(org, user),
        "user_id": user.to_string(),
        "organization_id": org.store.organization.to_string(),
        "preferred_username": text("Username"),
        "nickname": text("CommunityNickname"),
        "name": text("Name"),
        "email": text("Email"),
        "email_verified": true,
        "zoneinfo": text("TimeZoneSidKey").unwrap_or_else(|| "GMT".into()),
        "user_type": "STANDARD",
        "active": is_active(org, user),
        "is_app_installed": true,
        "utcOffset": 0,
        "language": text("LanguageLocaleKey").unwrap_or_else(|| "en_US".into()),
        "locale": text("LocaleSidKey").unwrap_or_else(|| "en_US".into()),
        "updated_at": modified(org, user).to_soql(),
        "address": {},
        "is_salesforce_integration_user": true,
        "urls": urls(org, user, "{version}"),
    });
    answer::json(StatusCode::OK, &info)
}

/// The identity of the user behind a token. Org and user of the path have to be theirs.
pub(crate) fn identity(org: &Org, session: Option<RecordId>, org_id: &str, user_id: &str) -> Response<Body> {
    let same = |text: &str, id: RecordId| text.parse() == Ok(id);
    let Some(user) = session.filter(|user| same(user_id, *user) && same(org_id, org.store.organization)) else {
        return bad_token();
    };
    let text = |field: &str| org.text_of(user, field);
    let identity = json!({
        "id": identity_url(org, user),
        "asserted_user": true,
        "user_id": user.to_string(),
        "organization_id": org.store.organization.to_string(),
        "username": text("Username"),
        "nick_name": text("CommunityNickname"),
        "display_name": text("Name"),
        "email": text("Email"),
        "email_verified": true,
        "first_name": text("FirstName"),
        "last_name": text("LastName"),
        "timezone": text("TimeZoneSidKey").unwrap_or_else(|| "GMT".into()),
        "photos": {"picture": format!("{}/profilephoto/005/F", org.base_url), "thumbnail": format!("{}/profilephoto/005/T", org.base_url)},
        "addr_street": null, "addr_city": null, "addr_state": null, "addr_country": null, "addr_zip": null,
        "mobile_phone": null,
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": {"created_date": null, "body": null},
        "urls": urls(org, user, "{version}"),
        "active": is_active(org, user),
        "user_type": "STANDARD",
        "language": text("LanguageLocaleKey").unwrap_or_else(|| "en_US".into()),
        "locale": text("LocaleSidKey").unwrap_or_else(|| "en_US".into()),
        "utcOffset": 0,
        "last_modified_date": modified(org, user).to_string(),
        "is_app_installed": true,
    });
    answer::json(StatusCode::OK, &identity)
}

fn bad_token() -> Response<Body> {
    answer::text(StatusCode::FORBIDDEN, "Bad_OAuth_Token")
}

fn identity_url(org: &Org, user: RecordId) -> String {
    format!("{}/id/{}/{user}", org.base_url, org.store.organization)
}

fn urls(org: &Org, user: RecordId, version: &str) -> Map<String, Value> {
    let (base, org_id) = (&org.base_url, org.store.organization.as_15().to_owned());
    let rest = format!("{base}/services/data/v{version}");
    [
        ("enterprise", format!("{base}/services/Soap/c/{version}/{org_id}")),
        ("metadata", format!("{base}/services/Soap/m/{version}/{org_id}")),
        ("partner", format!("{base}/services/Soap/u/{version}/{org_id}")),
        ("rest", format!("{rest}/")),
        ("sobjects", format!("{rest}/sobjects/")),
        ("search", format!("{rest}/search/")),
        ("query", format!("{rest}/query/")),
        ("recent", format!("{rest}/recent/")),
        ("tooling_soap", format!("{base}/services/Soap/T/{version}/{org_id}")),
        ("tooling_rest", format!("{rest}/tooling/")),
        ("profile", format!("{base}/{user}")),
        ("custom_domain", base.clone()),
    ]
    .into_iter()
    .map(|(name, url)| (name.to_owned(), url.into()))
    .collect()
}

fn is_active(org: &Org, user: RecordId) -> bool {
    let active = |(object, row): (&crate::schema::Object, &crate::store::Row)| {
        Some(org.store.read(object, row, object.field("IsActive")?).is_true())
    };
    org.store.find_live(user).and_then(active).unwrap_or(false)
}

fn modified(org: &Org, user: RecordId) -> Timestamp {
    let stamp = org.store.find(user).and_then(|(object, row)| match row.get(object.known.modified_date?) {
        crate::value::Value::DateTime(stamp) => Some(*stamp),
        _ => None,
    });
    stamp.unwrap_or(Timestamp::EPOCH)
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
