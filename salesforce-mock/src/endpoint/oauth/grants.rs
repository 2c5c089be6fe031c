//! The ways to a token.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use salesforce_types::RecordId;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::exchange::token_exchange;
use super::identity::{identity_url, is_active};
use super::{
    ADDRESS, BLOCKED, Client, Denial, Form, INACTIVE, NOT_APPROVED, UNKNOWN_APP, WRONG_GRANT, WRONG_SECRET, client,
    hmac_sha256,
};
use crate::Org;
use crate::oauth::{App, AppKind, Code, Device, Presented, Verdict};

const NO_USER: Denial = ("invalid_grant", "no client credentials user enabled");
const DEAD: Denial = ("invalid_grant", "expired access/refresh token");

pub(super) fn granted(org: &mut Org, basic: Option<&str>, form: &Form) -> Result<Value, Denial> {
    if form.get("response_type") == Some("device_code") {
        return device_code(org, basic, form);
    }
    match form.get("grant_type").unwrap_or_default() {
        "client_credentials" => client_credentials(org, &client(org, basic, form)?),
        "authorization_code" => authorization_code(org, &client(org, basic, form)?, form),
        "refresh_token" => refresh_token(org, &client(org, basic, form)?, form),
        "device" => device(org, &client(org, basic, form)?, form),
        "password" => password(org, &client(org, basic, form)?, form),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => jwt_bearer(org, form),
        "urn:ietf:params:oauth:grant-type:token-exchange"
        | "urn:ietf:params:oauth:grant-type:hybrid-token-exchange" => {
            token_exchange(org, &client(org, basic, form)?, form)
        }
        _ => Err(WRONG_GRANT),
    }
}

/// What every login has in common: the app's and the user's standing.
pub(super) fn admit(org: &Org, app: &App, user: RecordId) -> Result<(), Denial> {
    if app.blocked {
        return Err(BLOCKED);
    }
    if app.refuses_address {
        return Err(ADDRESS);
    }
    if !is_active(org, user) { Err(INACTIVE) } else { Ok(()) }
}

fn client_credentials(org: &mut Org, client: &Client) -> Result<Value, Denial> {
    if !client.proven {
        return Err(WRONG_SECRET);
    }
    let app = &client.app;
    if !app.client_credentials {
        return Err(("invalid_grant", "client credentials flow not enabled"));
    }
    if app.has("full") {
        return Err(("invalid_scope", "the scope full is not allowed for the client credentials flow"));
    }
    let user = app.run_as.unwrap_or(org.store.user);
    if !is_active(org, user) {
        return Err(NO_USER);
    }
    admit(org, app, user)?;
    if !app.lets_in(user) {
        return Err(NOT_APPROVED);
    }
    let scopes = without_refresh(&app.scopes);
    Ok(given(org, app, user, &scopes, Given { signed_for: Some(&client.id), ..Given::default() }))
}

fn authorization_code(org: &mut Org, client: &Client, form: &Form) -> Result<Value, Denial> {
    let now = org.now();
    let wrong = ("invalid_grant", "invalid authorization code");
    let code: Code = org
        .logins
        .pending
        .take_code(form.get("code").unwrap_or_default(), now)
        .map_err(|why| ("invalid_grant", why))?;
    if code.client_id != client.id {
        return Err(wrong);
    }
    if form.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err(("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    if client.app.requires_secret && !client.proven {
        return Err(WRONG_SECRET);
    }
    if let Some(challenge) = &code.challenge {
        let verifier = form.get("code_verifier").unwrap_or_default();
        let fits = (43..=171).contains(&verifier.len());
        if !fits || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != *challenge {
            return Err(("invalid_grant", "invalid code verifier"));
        }
    }
    admit(org, &client.app, code.user)?;
    begin(org, client, code.user, code.scopes, code.nonce.as_deref())
}

/// A login of a person, with a refresh token if the scopes have it.
pub(super) fn begin(
    org: &mut Org,
    client: &Client,
    user: RecordId,
    scopes: Vec<String>,
    nonce: Option<&str>,
) -> Result<Value, Denial> {
    let app = &client.app;
    let now = org.now();
    let (mut family, mut refresh) = (None, None);
    if scopes.iter().any(|scope| crate::oauth::is_offline(scope)) {
        let token = org.logins.secret("5Aep861", 80);
        let (number, ended) = org.logins.families.begin(&app.client_id, user, scopes.clone(), token.clone(), now);
        if let Some(ended) = ended {
            org.sessions.close_family(ended);
        }
        (family, refresh) = (Some(number), Some(token));
    }
    Ok(given(org, app, user, &scopes, Given { family, refresh, signed_for: Some(&client.id), nonce }))
}

fn refresh_token(org: &mut Org, client: &Client, form: &Form) -> Result<Value, Denial> {
    let app = &client.app;
    if app.requires_secret_to_refresh && !client.proven {
        return Err(WRONG_SECRET);
    }
    let now = org.now();
    let (family, user, scopes) =
        match org.logins.families.present(form.get("refresh_token").unwrap_or_default(), app, now) {
            Presented::Good { family, user, scopes } => (family, user, scopes),
            Presented::Reused(family) => {
                org.sessions.close_family(family);
                return Err(DEAD);
            }
            Presented::TooOld => return Err(("invalid_grant", "token validity expired")),
            Presented::Unknown => return Err(DEAD),
        };
    admit(org, app, user)?;
    let next = app.rotates_refresh_tokens.then(|| org.logins.secret("5Aep861", 80));
    org.logins.families.go_on(family, next.clone(), now);
    let given_as = Given { family: Some(family), refresh: next, signed_for: Some(&client.id), nonce: None };
    Ok(given(org, app, user, &scopes, given_as))
}

fn device_code(org: &mut Org, basic: Option<&str>, form: &Form) -> Result<Value, Denial> {
    let Client { app, id: client_id, .. } = client(org, basic, form)?;
    if !app.device {
        return Err(("oauth_flow_disabled", "device flow is not enabled"));
    }
    let scopes = asked(&app, form.get("scope"))?;
    let (device_code, user_code) = (org.logins.secret("dev", 40), org.logins.secret("", 8).to_ascii_uppercase());
    let answer = serde_json::json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": format!("{}/setup/connect", org.base_url),
        "interval": crate::oauth::INTERVAL.as_secs(),
    });
    let begun = org.now();
    let verdict = Verdict::Nothing;
    org.logins.pending.add_device(Device { device_code, user_code, client_id, scopes, begun, asked: None, verdict });
    Ok(answer)
}

fn device(org: &mut Org, client: &Client, form: &Form) -> Result<Value, Denial> {
    let now = org.now();
    let device = org.logins.pending.ask(&client.id, form.get("code").unwrap_or_default(), now)?;
    let Verdict::Yes(user) = device.verdict else { return Err(DEAD) };
    admit(org, &client.app, user)?;
    begin(org, client, user, device.scopes, None)
}

fn password(org: &mut Org, client: &Client, form: &Form) -> Result<Value, Denial> {
    let denied = ("invalid_grant", "authentication failure");
    let app = &client.app;
    if !app.password || app.kind == AppKind::ExternalClientApp {
        return Err(WRONG_GRANT);
    }
    if !client.proven {
        return Err(WRONG_SECRET);
    }
    let user = user_named(org, form.get("username").unwrap_or_default()).ok_or(denied)?;
    if form.get("password") != Some(&format!("{}{}", org.password(), org.security_token())) {
        return Err(("invalid_grant", "authentication failure - Invalid Password"));
    }
    admit(org, app, user)?;
    let scopes = without_refresh(&app.scopes);
    Ok(given(org, app, user, &scopes, Given { signed_for: Some(&client.id), ..Given::default() }))
}

fn jwt_bearer(org: &mut Org, form: &Form) -> Result<Value, Denial> {
    let invalid = ("invalid_grant", "invalid assertion");
    let assertion = form.get("assertion").ok_or(invalid)?;
    let (message, signature) = assertion.rsplit_once('.').ok_or(invalid)?;
    let (header, claims) = message.split_once('.').ok_or(invalid)?;
    let json =
        |part: &str| -> Option<Map<String, Value>> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (header, claims) = (json(header).ok_or(invalid)?, json(claims).ok_or(invalid)?);
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let app = org.app_of(claim("iss")).cloned().ok_or(UNKNOWN_APP)?;
    let verify = app.certificate.clone().ok_or(WRONG_GRANT)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") || !verify(message.as_bytes(), &signature) {
        return Err(invalid);
    }
    let audiences = [org.base_url.as_str(), "https://login.salesforce.com", "https://test.salesforce.com"];
    if !audiences.contains(&claim("aud")) {
        return Err(("invalid_grant", "audience is invalid"));
    }
    // Seconds; text is taken too, and so are milliseconds.
    let expires = match claims.get("exp") {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let (expires, now) = (expires.ok_or(invalid)?, org.now().as_millis() / 1000);
    let expires = if expires > 100_000_000_000 { expires / 1000 } else { expires };
    if expires < now.saturating_sub(180) || expires > now.saturating_add(480) {
        return Err(("invalid_grant", "expired or too long lived assertion"));
    }
    if !app.has("refresh_token") {
        return Err((
            "invalid_request",
            "The JWT bearer and SAML assertion bearer flows require a refresh_token scope and at least one other scope",
        ));
    }
    let not_approved = ("invalid_grant", "user hasn't approved this consumer");
    let user = user_named(org, claim("sub")).ok_or(not_approved)?;
    admit(org, &app, user)?;
    let approved = app.admin_approved_only && app.lets_in(user);
    if !approved && (app.admin_approved_only || !org.logins.families.has_let_in(&app.client_id, user)) {
        return Err(not_approved);
    }
    let scopes = without_refresh(&app.scopes);
    Ok(given(org, &app, user, &scopes, Given::default()))
}

/// What a token is given with.
#[derive(Default)]
struct Given<'a> {
    family: Option<u64>,
    refresh: Option<String>,
    /// The app whose secret signs the answer.
    signed_for: Option<&'a str>,
    nonce: Option<&'a str>,
}

fn given(org: &mut Org, app: &App, user: RecordId, scopes: &[String], given: Given<'_>) -> Value {
    let now = org.now();
    let organization = org.store.organization;
    let token = org.sessions.open((organization, user), &app.client_id, scopes, given.family, app.gives_jwts, now);
    let id = identity_url(org, user);
    let mut answer = Map::new();
    let mut put = |name: &str, value: String| answer.insert(name.to_owned(), value.into());
    put("access_token", token);
    put("scope", scopes.join(" "));
    put("instance_url", org.base_url.clone());
    put("id", id.clone());
    put("token_type", "Bearer".into());
    if let Some(client_id) = given.signed_for {
        let issued_at = now.as_millis().to_string();
        let secrets = app.knows(client_id).unwrap_or_default();
        let secret = secrets.first().copied().unwrap_or_default();
        let signature = hmac_sha256(secret.as_bytes(), format!("{id}{issued_at}").as_bytes());
        put("signature", STANDARD.encode(signature));
        put("issued_at", issued_at);
        if scopes.iter().any(|scope| scope == "openid") {
            put("id_token", id_token(org, &id, client_id, given.nonce));
        }
    }
    if let Some(refresh) = given.refresh {
        put("refresh_token", refresh);
    }
    answer.into()
}

/// A token of OpenID. Its signature is none: the mock has no key.
fn id_token(org: &Org, subject: &str, client_id: &str, nonce: Option<&str>) -> String {
    let now = org.now().as_millis() / 1000;
    let claims = serde_json::json!({
        "iss": org.base_url, "sub": subject, "aud": client_id, "nonce": nonce, "iat": now, "exp": now + 120,
    });
    let encode = |json: String| URL_SAFE_NO_PAD.encode(json);
    format!("{}.{}.{}", encode(r#"{"alg":"RS256","kid":"mock"}"#.into()), encode(claims.to_string()), "bW9jaw")
}

/// The scopes that were asked for; all of the app's if none was.
pub(super) fn asked(app: &App, asked: Option<&str>) -> Result<Vec<String>, Denial> {
    let Some(asked) = asked else { return Ok(app.scopes.clone()) };
    let scopes: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
    if scopes.iter().all(|scope| app.has(scope)) {
        Ok(scopes)
    } else {
        Err(("invalid_scope", "the requested scope is not allowed"))
    }
}

fn without_refresh(scopes: &[String]) -> Vec<String> {
    scopes.iter().filter(|scope| !crate::oauth::is_offline(scope)).cloned().collect()
}

/// The user of that name, whatever its letters' case.
pub(crate) fn user_named(org: &Org, name: &str) -> Option<RecordId> {
    let users = org.query("SELECT Id, Username FROM User").ok()?;
    let fits = |user: &&salesforce_types::Record| {
        user.get("Username").and_then(|value| value.as_str()).is_some_and(|text| text.eq_ignore_ascii_case(name))
    };
    users.iter().find(fits)?.id()
}
