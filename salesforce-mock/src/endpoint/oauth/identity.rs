//! Who is behind a token.

use http::{Response, StatusCode};
use salesforce_types::{RecordId, Timestamp};
use serde_json::{Map, Value, json};

use crate::{Body, Org, answer};

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

pub(super) fn identity_url(org: &Org, user: RecordId) -> String {
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

pub(crate) fn is_active(org: &Org, user: RecordId) -> bool {
    if org.logins.frozen.contains(&user) {
        return false;
    }
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
