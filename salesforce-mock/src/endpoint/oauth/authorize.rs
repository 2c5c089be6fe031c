//! The pages a person sees: log in and approve, and enter a device's code. A test fills them in by a POST.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Response, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use salesforce_types::RecordId;

use super::grants::{asked, user_named};
use super::identity::is_active;
use super::{Denial, Form};
use crate::call::Call;
use crate::oauth::{Code, Verdict};
use crate::{Body, Org};

/// The parameters that the page carries from the link to the answer.
const CARRIED: [&str; 9] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "immediate",
];

/// `/services/oauth2/authorize`: a GET shows the page; a POST of it with `username` and `decision` (`allow` or `deny`)
/// leads back to the app.
pub(crate) fn authorize(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = Form::of(&mut call);
    // Nothing is sent back to an address that is not the app's.
    if org.app.knows(form.get("client_id").unwrap_or_default()).is_none() {
        return failed("invalid_client_id", "client identifier invalid");
    }
    let redirect = match form.get("redirect_uri") {
        None => return failed("redirect_uri_missing", "redirect_uri is missing"),
        Some(uri) if !org.app.callback_urls.iter().any(|ours| ours == uri) => {
            return failed("redirect_uri_mismatch", "redirect_uri must match configuration");
        }
        Some(uri) => uri.to_owned(),
    };
    match decided(org, &call.method, &form) {
        Ok(None) => page(StatusCode::OK, &consent(org, &form)),
        Ok(Some(code)) => back(&redirect, &[("code", &code)], form.get("state")),
        Err((error, description)) => {
            back(&redirect, &[("error", error), ("error_description", description)], form.get("state"))
        }
    }
}

/// The code, once the person has said yes.
fn decided(org: &mut Org, method: &Method, form: &Form) -> Result<Option<String>, Denial> {
    if form.get("response_type") != Some("code") {
        return Err(("unsupported_response_type", "response type not supported"));
    }
    if org.app.blocked {
        return Err(("OAUTH_APP_BLOCKED", "this app is blocked by an administrator"));
    }
    if org.app.requires_pkce && form.get("code_challenge").is_none() {
        return Err(("invalid_request", "missing required code challenge"));
    }
    if form.get("code_challenge_method").is_some_and(|method| method != "S256") {
        return Err(("invalid_request", "code challenge method not supported"));
    }
    let scopes = asked(&org.app, form.get("scope"))?;
    if *method != Method::POST {
        let silent = form.get("immediate") == Some("true");
        return if silent { Err(("immediate_unsuccessful", "not logged in or not approved")) } else { Ok(None) };
    }
    let user = person(org, form)?;
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
fn person(org: &Org, form: &Form) -> Result<RecordId, Denial> {
    let user = match form.get("username") {
        Some(name) => user_named(org, name).ok_or(("invalid_grant", "authentication failure"))?,
        None => org.store.user,
    };
    if !is_active(org, user) {
        return Err(("invalid_grant", "inactive user"));
    }
    if org.app.refuses_address {
        return Err(("invalid_grant", "ip restricted"));
    }
    if !org.app.lets_in(user) {
        return Err(("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app"));
    }
    Ok(user)
}

/// `/setup/connect`: a GET shows the page; a POST of it with `user_code`, `username` and `decision` answers the device.
pub(crate) fn connect(org: &mut Org, mut call: Call) -> Response<Body> {
    let form = Form::of(&mut call);
    let code = form.get("user_code").unwrap_or_default();
    if call.method != Method::POST {
        let fields = format!("<p>Code <input name=user_code value=\"{}\">{}", escaped(code), person_fields(org, &form));
        return page(
            StatusCode::OK,
            &format!("<h1>Connect a device</h1><form method=post action=/setup/connect>{fields}</form>"),
        );
    }
    let verdict = match (form.get("decision"), person(org, &form)) {
        (Some("allow"), Ok(user)) => Verdict::Yes(user),
        (Some("allow"), Err((error, description))) => return failed(error, description),
        _ => Verdict::No,
    };
    let now = org.now();
    match org.logins.pending.device_of(code, now) {
        Some(device) => {
            device.verdict = verdict;
            page(StatusCode::OK, "<p>Thank you. You can go back to the device.")
        }
        None => failed("invalid_request", "the code is unknown, used or expired"),
    }
}

fn consent(org: &Org, form: &Form) -> String {
    let mut fields = String::new();
    for name in CARRIED {
        if let Some(value) = form.get(name) {
            fields.push_str(&format!("<input type=hidden name={name} value=\"{}\">", escaped(value)));
        }
    }
    let scopes = escaped(form.get("scope").unwrap_or("everything the app has"));
    format!(
        "<h1>Allow access?</h1><p>The app asks for: {scopes}<form method=post action=/services/oauth2/authorize>{fields}{}\
         </form>",
        person_fields(org, form)
    )
}

fn person_fields(org: &Org, form: &Form) -> String {
    let username = form.get("login_hint").map_or_else(|| org.username(), str::to_owned);
    format!(
        "<p>User <input name=username value=\"{}\"><p><button name=decision value=allow>Allow</button> \
         <button name=decision value=deny>Deny</button>",
        escaped(&username)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An error that is shown and not sent back.
fn failed(error: &str, description: &str) -> Response<Body> {
    page(StatusCode::BAD_REQUEST, &format!("<p>error={error}&amp;error_description={description}"))
}

fn page(status: StatusCode, body: &str) -> Response<Body> {
    let html = format!("<!doctype html><meta charset=utf-8><title>Mock org</title>{body}\n");
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
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
