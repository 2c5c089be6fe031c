//! Where a person logs in and approves, and enters a device's code. A test fills the pages in by a POST.

use http::header::LOCATION;
use http::{HeaderValue, Method, Response, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use salesforce_types::RecordId;

use super::grants::{asked, user_named};
use super::identity::is_active;
use super::page::{consent, device, failed, page};
use super::{Denial, Form};
use crate::call::Call;
use crate::oauth::{App, Code, Verdict};
use crate::{Body, Org};

/// `/services/oauth2/authorize`: a GET shows the page; a POST of it with `username` and `decision` (`allow` or `deny`)
/// leads back to the app.
pub(crate) fn authorize(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = Form::of(&mut call);
    // Nothing is sent back to an address that is not the app's.
    let Some(app) = org.app_of(form.get("client_id").unwrap_or_default()).cloned() else {
        return failed("invalid_client_id", "client identifier invalid");
    };
    let redirect = match form.get("redirect_uri") {
        None => return failed("redirect_uri_missing", "redirect_uri is missing"),
        Some(uri) if !app.callback_urls.iter().any(|ours| ours == uri) => {
            return failed("redirect_uri_mismatch", "redirect_uri must match configuration");
        }
        Some(uri) => uri.to_owned(),
    };
    match decided(org, &app, &call.method, &form) {
        Ok(None) => page(StatusCode::OK, &consent(org, &app, &form)),
        Ok(Some(code)) => back(&redirect, &[("code", &code)], form.get("state")),
        Err((error, description)) => {
            back(&redirect, &[("error", error), ("error_description", description)], form.get("state"))
        }
    }
}

/// The code, once the person has said yes.
fn decided(org: &mut Org, app: &App, method: &Method, form: &Form) -> Result<Option<String>, Denial> {
    if form.get("response_type") != Some("code") {
        return Err(("unsupported_response_type", "response type not supported"));
    }
    if app.blocked {
        return Err(("OAUTH_APP_BLOCKED", "this app is blocked by an administrator"));
    }
    if app.requires_pkce && form.get("code_challenge").is_none() {
        return Err(("invalid_request", "missing required code challenge"));
    }
    if form.get("code_challenge_method").is_some_and(|method| method != "S256") {
        return Err(("invalid_request", "code challenge method not supported"));
    }
    let scopes = asked(app, form.get("scope"))?;
    if *method != Method::POST {
        let silent = form.get("immediate") == Some("true");
        return if silent { Err(("immediate_unsuccessful", "not logged in or not approved")) } else { Ok(None) };
    }
    let user = person(org, app, form)?;
    if form.get("decision") != Some("allow") {
        return Err(("access_denied", "end-user denied authorization"));
    }
    let begun = org.now();
    let text = format!("{}==", org.logins.secret("aPrx", 60));
    let owned = |name: &str| form.get(name).map(str::to_owned);
    let code = Code {
        user,
        client_id: owned("client_id").unwrap_or_default(),
        redirect_uri: owned("redirect_uri").unwrap_or_default(),
        challenge: owned("code_challenge"),
        nonce: owned("nonce"),
        scopes,
        begun,
    };
    org.logins.pending.add_code(text.clone(), code);
    Ok(Some(text))
}

/// Who fills in the page, if that one may use the app.
fn person(org: &Org, app: &App, form: &Form) -> Result<RecordId, Denial> {
    let user = match form.get("username") {
        Some(name) => user_named(org, name).ok_or(("invalid_grant", "authentication failure"))?,
        None => org.store.user,
    };
    if !is_active(org, user) {
        return Err(("invalid_grant", "inactive user"));
    }
    if app.refuses_address {
        return Err(("invalid_grant", "ip restricted"));
    }
    if !app.lets_in(user) {
        return Err(("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app"));
    }
    Ok(user)
}

/// `/setup/connect`: a GET shows the page; a POST of it with `user_code`, `username` and `decision` answers the device.
pub(crate) fn connect(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = Form::of(&mut call);
    let (code, now) = (form.get("user_code").unwrap_or_default(), org.now());
    if call.method != Method::POST {
        return page(StatusCode::OK, &device(org, code, &form));
    }
    let waiting = org.logins.pending.device_of(code, now).map(|device| device.client_id.clone());
    let Some(app) = waiting.and_then(|client| org.app_of(&client)) else {
        return failed("invalid_request", "the code is unknown, used or expired");
    };
    let verdict = match (form.get("decision"), person(org, app, &form)) {
        (Some("allow"), Ok(user)) => Verdict::Yes(user),
        (Some("allow"), Err((error, description))) => return failed(error, description),
        _ => Verdict::No,
    };
    if let Some(device) = org.logins.pending.device_of(code, now) {
        device.verdict = verdict;
    }
    page(StatusCode::OK, "<h1>Thank you</h1><p>You can go back to the device.")
}

fn back(redirect: &str, pairs: &[(&str, &str)], state: Option<&str>) -> Response<Body> {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let all = pairs.iter().copied().chain(state.map(|state| ("state", state)));
    let query: Vec<String> = all.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let sign = if redirect.contains('?') { '&' } else { '?' };
    let Ok(location) = HeaderValue::try_from(format!("{redirect}{sign}{}", query.join("&"))) else {
        return failed("redirect_uri_mismatch", "redirect_uri cannot be an address");
    };
    let mut response = page(StatusCode::FOUND, "");
    response.headers_mut().insert(LOCATION, location);
    response
}
