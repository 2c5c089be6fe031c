//! The pages a person sees.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

use super::Form;
use crate::oauth::App;
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

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#f3f3f3;margin:0}\
main{max-width:26rem;margin:10vh auto;padding:1.5rem 2rem;background:#fff;border:1px solid #ddd;border-radius:.5rem}\
h1{font-size:1.3rem;margin:0 0 1rem}label{display:block;margin:1rem 0 .25rem}\
input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem .5rem;border:1px solid #aaa;border-radius:.25rem}\
.buttons{display:flex;gap:.75rem;margin-top:1.5rem}\
button{font:inherit;flex:1;padding:.5rem;border:1px solid #0b5cab;border-radius:.25rem;background:#fff;color:#0b5cab}\
button[value=allow]{background:#0b5cab;color:#fff}footer{margin-top:1.5rem;font-size:.85rem;color:#666}";

/// Whether this app may do what it asks for.
pub(super) fn consent(org: &Org, app: &App, form: &Form) -> String {
    let mut hidden = String::new();
    for name in CARRIED {
        if let Some(value) = form.get(name) {
            hidden.push_str(&format!("<input type=hidden name={name} value=\"{}\">", escaped(value)));
        }
    }
    let scopes = match form.get("scope") {
        Some(asked) => asked.split_whitespace().map(in_words).collect::<String>(),
        None => app.scopes.iter().map(|scope| in_words(scope)).collect(),
    };
    format!(
        "<h1>Allow access?</h1><p><b>{}</b> asks to:<ul>{scopes}</ul>\
         <form method=post action=/services/oauth2/authorize>{hidden}{}</form>",
        escaped(&app.name),
        person(org, form)
    )
}

/// Where a device's code is entered.
pub(super) fn device(org: &Org, code: &str, form: &Form) -> String {
    format!(
        "<h1>Connect a device</h1><form method=post action=/setup/connect>\
         <label for=code>Code</label><input id=code name=user_code value=\"{}\">{}</form>",
        escaped(code),
        person(org, form)
    )
}

/// Who it is, and what they say.
fn person(org: &Org, form: &Form) -> String {
    let username = form.get("login_hint").map_or_else(|| org.username(), str::to_owned);
    format!(
        "<label for=username>User</label><input id=username name=username value=\"{}\"><div class=buttons>\
         <button name=decision value=allow>Allow</button><button name=decision value=deny>Deny</button></div>",
        escaped(&username)
    )
}

/// A scope as administrators know it.
fn in_words(scope: &str) -> String {
    let words = match scope {
        "api" => "Manage user data via APIs",
        "refresh_token" | "offline_access" => "Perform requests at any time",
        "full" => "Full access",
        "id" => "Access the identity URL service",
        "openid" => "Access unique user identifiers",
        "web" => "Manage user data via Web browsers",
        _ => "Something else",
    };
    format!("<li>{words} ({})", escaped(scope))
}

/// An error that is shown and not sent back.
pub(super) fn failed(error: &str, description: &str) -> Response<Body> {
    let text = format!("<h1>This does not work</h1><p>error={error}&amp;error_description={description}");
    page(StatusCode::BAD_REQUEST, &text)
}

pub(super) fn page(status: StatusCode, body: &str) -> Response<Body> {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Mock org</title><style>{STYLE}</style><main>{body}<footer>This is a mock org. Nothing here is real, and \
         no password is asked for.</footer></main>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=UTF-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
