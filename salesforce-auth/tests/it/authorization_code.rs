//! The browser flow, the browser played by the test.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_auth::{
    App, AuthorizationCode, AuthorizationCodeBuilder, Callback, CallbackError, LoginTarget, PendingLogin, Prompt,
    Refusal, RefusalKind,
};
use salesforce_http::{Error, ErrorKind, ManualClock};
use salesforce_types::Timestamp;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use url::Url;

use crate::support::{ORG, SECRET, Script, answer};

const REDIRECT: &str = "https://backup.acme.example/callback";
/// Signed with the secret of `support`, as a confidential app's answer is.
const GRANTED: &str = r#"{"access_token":"00D000000000001!canary.token","refresh_token":"5Aep861canary","scope":"refresh_token api",
    "instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
    "token_type":"Bearer","issued_at":"1767225600000","state":"x","sfdc_community_id":"y"}"#;

fn public(script: &Script) -> AuthorizationCodeBuilder {
    AuthorizationCode::new(ORG, App::public("canary-key"), REDIRECT).transport(Arc::new(script.clone()))
}

fn query(url: &str) -> HashMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

fn back(pending: &PendingLogin, answer: &str) -> Callback {
    Callback::new(format!("{REDIRECT}?{answer}&state={}", pending.state().expose_secret()))
}

fn form(body: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(body).into_owned().collect()
}

#[test]
fn c_13_k_34_the_page_to_open_has_pkce_state_and_only_what_was_asked_for() {
    let flow = public(&Script::new([])).build().unwrap();
    let pending = flow.begin().unwrap();
    let page = query(pending.authorize_url());
    assert!(pending.authorize_url().starts_with("https://acme.my.salesforce.com/services/oauth2/authorize?"));
    assert_eq!(page["response_type"], "code");
    assert_eq!(page["client_id"], "canary-key");
    assert_eq!(page["redirect_uri"], REDIRECT);
    assert_eq!(page["scope"], "api refresh_token");
    assert_eq!(page["code_challenge_method"], "S256");
    assert_eq!(page["code_challenge"].len(), 43);
    assert!(page["state"].len() >= 22 && page["state"] == pending.state().expose_secret());
    assert_eq!(page.len(), 7, "{page:?}");
    let other = flow.begin().unwrap();
    assert_ne!(page["state"], other.state().expose_secret());
    assert_ne!(page["code_challenge"], query(other.authorize_url())["code_challenge"]);
}

#[test]
fn g_17_the_login_page_can_be_made_to_ask_for_the_right_user() {
    let flow = public(&Script::new([]))
        .prompt([Prompt::Login, Prompt::Consent])
        .login_hint("robot@acme.example")
        .scopes(["api", "openid"])
        .build()
        .unwrap();
    let page = query(flow.begin().unwrap().authorize_url());
    assert_eq!((page["prompt"].as_str(), page["login_hint"].as_str()), ("login consent", "robot@acme.example"));
    assert!(page["scope"] == "api openid" && page["nonce"].len() == 43);
    let flow = public(&Script::new([])).scopes([] as [&str; 0]).build().unwrap();
    assert!(!query(flow.begin().unwrap().authorize_url()).contains_key("scope"));
}

#[test]
fn k_24_k_33_g_14_g_18_g_24_each_kind_of_login_host_is_an_address_of_its_own() {
    let at = |login| {
        let flow = AuthorizationCode::at(login, App::public("key"), REDIRECT)
            .transport(Arc::new(Script::new([])))
            .build()
            .unwrap();
        Url::parse(flow.begin().unwrap().authorize_url()).unwrap().host_str().unwrap().to_owned()
    };
    assert_eq!(at(LoginTarget::production()), "login.salesforce.com");
    assert_eq!(at(LoginTarget::sandbox()), "test.salesforce.com");
    assert_eq!(at(LoginTarget::my_domain("acme--uat.sandbox").unwrap()), "acme--uat.sandbox.my.salesforce.com");
    let site = LoginTarget::parse_allowing("https://login.acme.example/s", &["login.acme.example"]).unwrap();
    assert_eq!(at(site), "login.acme.example");
}

#[tokio::test]
async fn c_29_k_34_approved_a_public_app_sends_its_verifier_and_no_secret_or_password() {
    let script = Script::new([answer(200, GRANTED)]);
    let flow = public(&script).build().unwrap();
    let pending = flow.begin().unwrap();
    let challenge = query(pending.authorize_url())["code_challenge"].clone();
    let callback = back(&pending, "code=aPrx%3D%3D");
    let grant = flow.finish(pending, callback).await.unwrap();
    let sent = &script.sent()[0];
    assert_eq!(sent.url, "https://acme.my.salesforce.com/services/oauth2/token");
    assert!(sent.headers.get("authorization").is_none());
    let form = form(&sent.body);
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", "aPrx=="));
    assert_eq!((form["redirect_uri"].as_str(), form["client_id"].as_str()), (REDIRECT, "canary-key"));
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"])), challenge);
    // The person's password went to Salesforce's page, and nothing of it comes by here.
    let mut names: Vec<_> = form.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"]);
    assert_eq!(grant.refresh_token().unwrap().expose_secret(), "5Aep861canary");
    assert_eq!(grant.organization_id().unwrap().to_string(), "00D000000000001EAA");
    assert_eq!(grant.user_id().unwrap().to_string(), "005000000000001AAA");
}

#[tokio::test]
async fn a_confidential_app_shows_its_secret_in_the_header_only_and_checks_the_signature() {
    for (signature, good) in [(None, true), (Some("v3="), false), (Some("%%"), false)] {
        let body = match signature {
            Some(signature) => GRANTED.replacen('{', &format!("{{\"signature\":\"{signature}\","), 1),
            None => GRANTED.to_owned(),
        };
        let script = Script::new([answer(200, body)]);
        let app = App::confidential("canary-key", SECRET.into());
        let flow = AuthorizationCode::new(ORG, app, REDIRECT).transport(Arc::new(script.clone())).build().unwrap();
        let pending = flow.begin().unwrap();
        let callback = back(&pending, "code=c");
        let result = flow.finish(pending, callback).await;
        assert_eq!(result.is_ok(), good, "{result:?}");
        let sent = &script.sent()[0];
        assert!(sent.headers["authorization"].to_str().unwrap().starts_with("Basic "));
        let form = form(&sent.body);
        assert!(!form.contains_key("client_secret") && !form.contains_key("client_id"));
    }
}

#[tokio::test]
async fn k_34_declined_tampered_expired_and_reused_are_told_apart() {
    // Declined, and the other errors a callback brings.
    for (error, kind) in [
        ("error=access_denied&error_description=end-user+denied+authorization", RefusalKind::Declined),
        ("error=OAUTH_EC_APP_NOT_FOUND", RefusalKind::AppNotFound),
        ("error=invalid_scope", RefusalKind::Scope),
        ("error=server_error&code=ignored", RefusalKind::Unavailable),
    ] {
        let script = Script::new([]);
        let flow = public(&script).build().unwrap();
        let pending = flow.begin().unwrap();
        let callback = back(&pending, error);
        let failure = flow.finish(pending, callback).await.unwrap_err();
        assert_eq!(Refusal::of(&failure).unwrap().kind(), kind);
        assert_eq!(failure.is_retryable(), kind == RefusalKind::Unavailable);
        assert!(script.sent().is_empty());
    }
    // Tampered with.
    for callback in ["code=c&state=other", "code=c", "error=access_denied&state=", "code=c&state=", ""] {
        let script = Script::new([]);
        let flow = public(&script).build().unwrap();
        let failure = flow.finish(flow.begin().unwrap(), Callback::new(format!("/?{callback}"))).await.unwrap_err();
        assert_eq!(CallbackError::of(&failure), Some(CallbackError::NotOurs), "{callback}");
        assert!(script.sent().is_empty(), "nothing is exchanged without the state");
    }
    // Expired, used before, stolen.
    for (error, description, kind) in [
        ("invalid_grant", "expired authorization code", RefusalKind::CodeExpired),
        ("invalid_grant", "invalid authorization code", RefusalKind::CodeUsed),
        ("invalid_grant", "invalid code verifier", RefusalKind::Pkce),
        ("redirect_uri_mismatch", "redirect_uri must match configuration", RefusalKind::CallbackUrl),
    ] {
        let body = format!(r#"{{"error":"{error}","error_description":"{description}"}}"#);
        let script = Script::new([answer(400, body)]);
        let flow = public(&script).build().unwrap();
        let pending = flow.begin().unwrap();
        let callback = back(&pending, "code=c");
        let failure = flow.finish(pending, callback).await.unwrap_err();
        assert_eq!((Refusal::of(&failure).unwrap().kind(), script.sent().len()), (kind, 1));
    }
}

#[tokio::test]
async fn a_login_that_takes_too_long_is_not_exchanged() {
    let clock = ManualClock::new(Timestamp::from_millis(1_767_225_600_000));
    for (minutes, good) in [(9, true), (11, false)] {
        let script = Script::new([answer(200, GRANTED)]);
        let flow = public(&script).clock(Arc::new(clock.clone())).build().unwrap();
        let pending = flow.begin().unwrap();
        clock.advance(Duration::from_secs(60 * minutes));
        let callback = back(&pending, "code=c");
        let result = flow.finish(pending, callback).await;
        assert_eq!(result.as_ref().err().and_then(CallbackError::of), (!good).then_some(CallbackError::TooLate));
        assert_eq!(script.sent().len(), usize::from(good));
    }
}

#[tokio::test]
async fn k_35_another_process_can_finish_a_login_but_not_another_app_or_host() {
    let pending = public(&Script::new([])).build().unwrap().begin().unwrap();
    let stored = pending.expose();
    let finish = async |login: &str, app: &str, redirect: &str| {
        let script = Script::new([answer(200, GRANTED)]);
        let flow =
            AuthorizationCode::new(login, App::public(app), redirect).transport(Arc::new(script)).build().unwrap();
        let pending = PendingLogin::parse(&stored).unwrap();
        let callback = back(&pending, "code=c");
        flow.finish(pending, callback).await
    };
    finish(ORG, "canary-key", REDIRECT).await.unwrap();
    for (login, app, redirect) in [
        ("https://other.my.salesforce.com", "canary-key", REDIRECT),
        (ORG, "other-key", REDIRECT),
        (ORG, "canary-key", "https://other.example/callback"),
    ] {
        let failure: Error = finish(login, app, redirect).await.unwrap_err();
        assert_eq!(CallbackError::of(&failure), Some(CallbackError::OtherLogin));
    }
    for bad in ["", "{}", "canary", r#"{"state":"short"}"#] {
        let failure = PendingLogin::parse(&bad.to_owned().into()).unwrap_err();
        assert!(failure.kind() == ErrorKind::Config && !format!("{failure:?}").contains("canary"));
    }
    assert!(!format!("{pending:?}").contains(pending.state().expose_secret()));
}

#[tokio::test]
async fn an_openid_token_of_another_login_is_refused() {
    let script = Script::new([answer(
        200,
        GRANTED.replacen('{', r#"{"id_token":"eyJh.eyJub25jZSI6Im90aGVyIiwiYXVkIjoiY2FuYXJ5LWtleSJ9.x","#, 1),
    )]);
    let flow = public(&script).scopes(["api", "openid"]).build().unwrap();
    let pending = flow.begin().unwrap();
    let callback = back(&pending, "code=c");
    let failure = flow.finish(pending, callback).await.unwrap_err();
    assert_eq!(CallbackError::of(&failure), Some(CallbackError::OtherIdentity));
}

#[test]
fn what_cannot_work_is_refused_before_a_browser_opens() {
    let script = Script::new([]);
    for bad in [
        AuthorizationCode::new("attacker.test", App::public("k"), REDIRECT),
        AuthorizationCode::new(ORG, App::public(""), REDIRECT),
        AuthorizationCode::new(ORG, App::public("k"), "https:/"),
        public(&script).scopes(["api refresh_token"]),
        public(&script).scopes(["Manage user data via APIs (api)"]),
        public(&script).login_hint("a\nb"),
    ] {
        assert_eq!(bad.build().unwrap_err().kind(), ErrorKind::Config);
    }
}
