//! The browser flow, refresh tokens, devices, assertions, and who may not log in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_mock::{AppKind, Org};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Client, encoded};

const CALLBACK: &str = "http://localhost:1717/OauthRedirect";
pub(crate) const VERIFIER: &str = "acme-sdk-test-verifier-0123456789-abcdefghijklmnop";

fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

pub(crate) fn post(client: &mut Client, path: &str, pairs: &[(&str, &str)]) -> Answer {
    client.call("POST", path, &[("content-type", "application/x-www-form-urlencoded")], &form(pairs))
}

pub(crate) fn token(client: &mut Client, pairs: &[(&str, &str)]) -> Result<Value, (String, String)> {
    let answer = post(client, "/services/oauth2/token", pairs);
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if answer.status == 200 { Ok(body) } else { Err((text("error"), text("error_description"))) }
}

pub(crate) fn id(client: &Client) -> String {
    client.org.client_id().to_owned()
}

/// The query of the page that the browser is sent back to.
fn authorize(client: &mut Client, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let id = id(client);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", id.as_str()),
        ("redirect_uri", CALLBACK),
        ("state", "st&te"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("decision", "allow"),
    ];
    for (name, value) in more {
        pairs.retain(|(other, _)| other != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    let answer = post(client, "/services/oauth2/authorize", &pairs);
    assert_eq!(answer.status, 302, "{}", answer.text);
    let query = answer.header("location").strip_prefix(&format!("{CALLBACK}?")).unwrap().to_owned();
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.into(), decoded(value)))
        .collect()
}

pub(crate) fn code(client: &mut Client, more: &[(&str, &str)]) -> String {
    let back = authorize(client, more);
    assert_eq!(back[1], ("state".to_owned(), "st&te".to_owned()));
    assert_eq!(back[0].0, "code", "{back:?}");
    back[0].1.clone()
}

pub(crate) fn exchange(client: &mut Client, code: &str, verifier: &str) -> Result<Value, (String, String)> {
    let id = id(client);
    token(
        client,
        &[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", &id),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ],
    )
}

pub(crate) fn login(client: &mut Client) -> Value {
    let code = code(client, &[]);
    exchange(client, &code, VERIFIER).unwrap()
}

pub(crate) fn refresh(client: &mut Client, refresh_token: &str) -> Result<Value, (String, String)> {
    let id = id(client);
    token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", &id)])
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn dead() -> (String, String) {
    ("invalid_grant".into(), "expired access/refresh token".into())
}

#[test]
fn a_person_logs_in_at_a_page_and_the_code_is_good_once() {
    let mut client = Client::empty();
    let id = id(&client);
    let path = format!(
        "/services/oauth2/authorize?response_type=code&client_id={id}&redirect_uri={}&code_challenge=x&login_hint=%22%3E",
        encoded(CALLBACK)
    );
    let page = client.get(&path);
    assert_eq!(page.status, 200);
    assert!(page.text.contains("name=decision value=allow") && page.text.contains("&quot;&gt;"), "{}", page.text);

    let code = code(&mut client, &[]);
    assert!(code.ends_with("=="));
    let granted = exchange(&mut client, &code, VERIFIER).unwrap();
    assert_eq!(text(&granted, "scope"), "api refresh_token");
    client.token = text(&granted, "access_token").to_owned();
    assert_eq!(client.get("limits").status, 200);
    assert_eq!(exchange(&mut client, &code, VERIFIER).unwrap_err().1, "invalid authorization code");
}

#[test]
fn codes_that_are_old_or_stolen_are_refused() {
    let mut client = Client::empty();
    let old = code(&mut client, &[]);
    client.org.advance(Duration::from_secs(601));
    assert_eq!(exchange(&mut client, &old, VERIFIER).unwrap_err().1, "expired authorization code");
    for verifier in ["", "x", &VERIFIER.replace('p', "q")] {
        let stolen = code(&mut client, &[]);
        assert_eq!(exchange(&mut client, &stolen, verifier).unwrap_err().1, "invalid code verifier");
    }
    client.org.app_mut().requires_secret = true;
    let code = code(&mut client, &[]);
    assert_eq!(exchange(&mut client, &code, VERIFIER).unwrap_err().0, "invalid_client");
}

#[test]
fn what_is_wrong_with_a_login_is_sent_back_or_shown() {
    let mut client = Client::empty();
    for (more, error) in [
        (vec![("decision", "deny")], "access_denied"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("scope", "api full")], "invalid_scope"),
        (vec![("response_type", "token")], "unsupported_response_type"),
        (vec![("username", "nobody@acme.example")], "invalid_grant"),
    ] {
        assert_eq!(authorize(&mut client, &more)[0], ("error".to_owned(), error.to_owned()), "{more:?}");
    }
    client.org.app_mut().admin_approved_only = true;
    assert_eq!(authorize(&mut client, &[])[0].1, "OAUTH_APP_ACCESS_DENIED");
    client.org.app_mut().blocked = true;
    assert_eq!(authorize(&mut client, &[])[0].1, "OAUTH_APP_BLOCKED");
    let id = id(&client);
    for (pairs, error) in [
        (vec![("client_id", "other")], "invalid_client_id"),
        (vec![("client_id", id.as_str())], "redirect_uri_missing"),
        (
            vec![("client_id", id.as_str()), ("redirect_uri", "http://localhost:1718/OauthRedirect")],
            "redirect_uri_mismatch",
        ),
    ] {
        let answer = post(&mut client, "/services/oauth2/authorize", &pairs);
        assert!(answer.status == 400 && answer.text.contains(error) && answer.header("location").is_empty());
    }
}

#[test]
fn an_old_refresh_token_that_comes_back_ends_everything_of_its_login() {
    let mut client = Client::empty();
    let (first, other) = (login(&mut client), login(&mut client));
    let second = refresh(&mut client, text(&first, "refresh_token")).unwrap();
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    client.token = text(&second, "access_token").to_owned();
    assert_eq!(client.get("limits").status, 200);
    assert_eq!(refresh(&mut client, text(&first, "refresh_token")), Err(dead()));
    assert_eq!(client.get("limits").status, 401);
    assert_eq!(refresh(&mut client, text(&second, "refresh_token")), Err(dead()));
    assert_eq!(client.org.reused_refresh_tokens(), 1);
    refresh(&mut client, text(&other, "refresh_token")).unwrap();
}

#[test]
fn without_rotation_the_refresh_token_stays() {
    let mut client = Client::empty();
    client.org.app_mut().rotates_refresh_tokens = false;
    let granted = login(&mut client);
    for _ in 0..3 {
        let renewed = refresh(&mut client, text(&granted, "refresh_token")).unwrap();
        assert_eq!(renewed.get("refresh_token"), None);
    }
    client.org.app_mut().requires_secret_to_refresh = true;
    assert_eq!(refresh(&mut client, text(&granted, "refresh_token")).unwrap_err().0, "invalid_client");
}

#[test]
fn refresh_tokens_end_by_time_revocation_and_a_sixth_login() {
    let mut client = Client::empty();
    client.org.app_mut().refresh_lifetime = Some(Duration::from_secs(3600));
    let granted = login(&mut client);
    client.org.advance(Duration::from_secs(3600));
    assert_eq!(refresh(&mut client, text(&granted, "refresh_token")).unwrap_err().1, "token validity expired");

    let granted = login(&mut client);
    let revoke = post(&mut client, "/services/oauth2/revoke", &[("token", text(&granted, "refresh_token"))]);
    assert_eq!(revoke.status, 200);
    client.token = text(&granted, "access_token").to_owned();
    assert_eq!(client.get("limits").status, 401);
    assert_eq!(refresh(&mut client, text(&granted, "refresh_token")), Err(dead()));

    let first = login(&mut client);
    for _ in 0..5 {
        login(&mut client);
    }
    assert_eq!(refresh(&mut client, text(&first, "refresh_token")), Err(dead()));
    let last = login(&mut client);
    client.org.revoke_grants();
    assert_eq!(refresh(&mut client, text(&last, "refresh_token")), Err(dead()));
}

#[test]
fn users_who_are_gone_and_addresses_that_are_not_allowed_get_no_token() {
    let mut client = Client::empty();
    let mut granted = login(&mut client);
    let user = client.org.store().user;
    let mut renew = |client: &mut Client| {
        let renewed = refresh(client, text(&granted, "refresh_token"));
        if let Ok(renewed) = &renewed {
            granted = renewed.clone();
        }
        renewed.map(|_| ())
    };
    client.org.set_frozen(user, true);
    assert_eq!(renew(&mut client).unwrap_err().1, "inactive user");
    client.org.set_frozen(user, false);
    renew(&mut client).unwrap();
    client.org.app_mut().refuses_address = true;
    assert_eq!(renew(&mut client).unwrap_err().1, "ip restricted");
    client.org.app_mut().refuses_address = false;
    client.org.app_mut().blocked = true;
    assert_eq!(renew(&mut client).unwrap_err().0, "app_blocked");
    client.org.app_mut().blocked = false;
    renew(&mut client).unwrap();
    client.org.update(user, &json!({"IsActive": false})).unwrap();
    assert_eq!(renew(&mut client).unwrap_err().1, "inactive user");
}

#[test]
fn the_policies_of_client_credentials_are_kept() {
    let mut client = Client::empty();
    let (id, secret) = (id(&client), client.org.client_secret().to_owned());
    let ask = |client: &mut Client| {
        token(client, &[("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)])
    };
    client.org.app_mut().scopes.push("full".into());
    assert_eq!(ask(&mut client).unwrap_err().0, "invalid_scope");
    client.org.app_mut().scopes.pop();
    client.org.app_mut().admin_approved_only = true;
    assert_eq!(ask(&mut client).unwrap_err().0, "invalid_app_access");
    let user = client.org.store().user;
    client.org.app_mut().approved.push(user);
    ask(&mut client).unwrap();
    client.org.app_mut().run_as = Some("005Qz00000000zz".parse().unwrap());
    assert_eq!(ask(&mut client).unwrap_err().1, "no client credentials user enabled");
    client.org.app_mut().client_credentials = false;
    assert_eq!(ask(&mut client).unwrap_err().1, "client credentials flow not enabled");
}

#[test]
fn a_second_pair_of_key_and_secret_is_good_while_it_is_rotated() {
    let mut client = Client::empty();
    client.org.app_mut().other_credentials.push(("next".into(), "next-secret".into()));
    let pair = [("grant_type", "client_credentials"), ("client_id", "next"), ("client_secret", "next-secret")];
    token(&mut client, &pair).unwrap();
    client.org.app_mut().other_credentials.clear();
    assert_eq!(token(&mut client, &pair).unwrap_err().0, "invalid_client_id");
}

#[test]
fn a_device_waits_is_told_to_slow_down_and_gets_its_token_once() {
    let mut client = Client::empty();
    let id = id(&client);
    let begun = token(&mut client, &[("response_type", "device_code"), ("client_id", &id)]).unwrap();
    let device = [("grant_type", "device"), ("client_id", &id), ("code", text(&begun, "device_code"))];
    assert_eq!(token(&mut client, &device).unwrap_err().0, "authorization_pending");
    assert_eq!(token(&mut client, &device).unwrap_err().0, "slow_down");
    client.org.advance(Duration::from_secs(5));
    assert_eq!(token(&mut client, &device).unwrap_err().0, "authorization_pending");
    assert!(client.get("/setup/connect?user_code=x").text.contains("user_code"));
    let enter = [("user_code", text(&begun, "user_code")), ("decision", "allow")];
    assert_eq!(post(&mut client, "/setup/connect", &enter).status, 200);
    assert_eq!(post(&mut client, "/setup/connect", &enter).status, 400);
    assert!(token(&mut client, &device).unwrap().get("refresh_token").is_some());
    assert_eq!(token(&mut client, &device).unwrap_err().0, "invalid_grant");

    let begun = token(&mut client, &[("response_type", "device_code"), ("client_id", &id)]).unwrap();
    let device = [("grant_type", "device"), ("client_id", &id), ("code", text(&begun, "device_code"))];
    post(&mut client, "/setup/connect", &[("user_code", text(&begun, "user_code")), ("decision", "deny")]);
    assert_eq!(token(&mut client, &device).unwrap_err().0, "access_denied");
    client.org.app_mut().device = false;
    assert_eq!(
        token(&mut client, &[("response_type", "device_code"), ("client_id", &id)]).unwrap_err().0,
        "oauth_flow_disabled"
    );
}

#[test]
fn an_assertion_needs_its_signature_audience_time_and_an_approved_user() {
    let mut client = Client::empty();
    let (username, now, user) = (client.org.username(), client.org.now().as_millis() / 1000, client.org.store().user);
    let assertion = |client: &Client, aud: &str, sub: &str, exp: Value, signature: &str| {
        let claims = json!({"iss": client.org.client_id(), "sub": sub, "aud": aud, "exp": exp}).to_string();
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", encode(r#"{"alg":"RS256"}"#), encode(&claims), encode(signature))
    };
    let ask = |client: &mut Client, aud: &str, exp: Value, signature: &str| {
        let assertion = assertion(client, aud, &username, exp, signature);
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        token(client, &[("grant_type", grant), ("assertion", &assertion)])
    };
    let login = "https://login.salesforce.com";
    assert_eq!(ask(&mut client, login, json!(now + 100), "good").unwrap_err().0, "unsupported_grant_type");
    client.org.app_mut().set_certificate(|_, signature| signature == b"good");
    assert_eq!(ask(&mut client, login, json!(now + 100), "good").unwrap_err().1, "user hasn't approved this consumer");
    client.org.app_mut().admin_approved_only = true;
    client.org.app_mut().approved.push(user);
    let granted = ask(&mut client, login, json!(now + 100), "good").unwrap();
    assert!(granted.get("issued_at").is_none() && granted.get("refresh_token").is_none());
    for good in [json!((now + 100).to_string()), json!((now + 100) * 1000), json!(now - 100)] {
        ask(&mut client, login, good, "good").unwrap();
    }
    assert_eq!(ask(&mut client, login, json!(now + 100), "bad").unwrap_err().1, "invalid assertion");
    assert_eq!(ask(&mut client, "https://x.test", json!(now + 100), "good").unwrap_err().1, "audience is invalid");
    assert!(ask(&mut client, login, json!(now - 1000), "good").unwrap_err().1.contains("assertion"));
    client.org.app_mut().scopes = vec!["api".into()];
    assert_eq!(ask(&mut client, login, json!(now + 100), "good").unwrap_err().0, "invalid_request");
}

#[test]
fn tokens_are_looked_at_and_the_host_tells_of_itself() {
    let mut client = Client::empty();
    let granted = login(&mut client);
    let (id, secret) = (id(&client), client.org.client_secret().to_owned());
    let mut look = |token: &str| {
        let pairs = [("token", token), ("client_id", id.as_str()), ("client_secret", secret.as_str())];
        post(&mut client, "/services/oauth2/introspect", &pairs).json()
    };
    let access = look(text(&granted, "access_token"));
    assert_eq!((&access["active"], &access["token_type"]), (&json!(true), &json!("access_token")));
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 7200);
    assert_eq!(look(text(&granted, "refresh_token"))["token_type"], "refresh_token");
    assert_eq!(look("other"), json!({"active": false}));
    let public = post(&mut client, "/services/oauth2/introspect", &[("token", "x"), ("client_id", &id)]);
    assert_eq!(public.json()["error"], "invalid_client");
    let configuration = client.get("/.well-known/openid-configuration").json();
    assert_eq!(configuration["token_endpoint"], "https://mock.my.salesforce.com/services/oauth2/token");
}

#[test]
fn scopes_and_api_enabled_are_told_from_a_dead_session() {
    let mut client = Client::empty();
    client.org.app_mut().scopes = vec!["api".into(), "openid".into(), "refresh_token".into()];
    let code = code(&mut client, &[("scope", "openid"), ("nonce", "n1")]);
    let granted = exchange(&mut client, &code, VERIFIER).unwrap();
    let claims = text(&granted, "id_token").split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["nonce"], "n1");
    client.token = text(&granted, "access_token").to_owned();
    let answer = client.get("limits");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "INVALID_SESSION_ID"));
    assert!(answer.text.contains("not valid for use with the REST API"));

    client.token = text(&login(&mut client), "access_token").to_owned();
    let user = client.org.store().user;
    client.org.set_api_enabled(user, false);
    let answer = client.get("limits");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "API_DISABLED_FOR_ORG"));
    client.org.set_api_enabled(user, true);
    assert_eq!(client.get("limits").status, 200);
}

#[test]
fn the_password_flow_is_there_for_other_peoples_clients() {
    let mut client = Client::empty();
    let (id, secret, user) = (id(&client), client.org.client_secret().to_owned(), client.org.username());
    let password = format!("{}{}", client.org.password(), client.org.security_token());
    let ask = |client: &mut Client, password: &str| {
        token(
            client,
            &[
                ("grant_type", "password"),
                ("client_id", &id),
                ("client_secret", &secret),
                ("username", &user),
                ("password", password),
            ],
        )
    };
    let granted = ask(&mut client, &password).unwrap();
    assert!(granted.get("refresh_token").is_none() && granted.get("signature").is_some());
    assert_eq!(ask(&mut client, "x").unwrap_err().1, "authentication failure - Invalid Password");
    client.org.app_mut().password = false;
    assert_eq!(ask(&mut client, &password).unwrap_err().0, "unsupported_grant_type");
    client.org.app_mut().password = true;
    client.org.app_mut().kind = AppKind::ExternalClientApp;
    assert_eq!(ask(&mut client, &password).unwrap_err().0, "unsupported_grant_type");
}

#[test]
fn tokens_may_be_jwts_and_a_pace_makes_time_pass_with_calls() {
    let mut org = Org::empty();
    org.app_mut().gives_jwts = true;
    let mut client = Client::new(org);
    assert!(client.token.starts_with("eyJ"));
    client.org.set_token_lifetime(Duration::from_secs(300));
    client.token = client.org.issue_token();
    client.org.set_pace(Duration::from_secs(60));
    let statuses: Vec<_> = (0..6).map(|_| client.get("limits").status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 401, 401]);
    let refresh_token = client.org.issue_refresh_token();
    refresh(&mut client, &refresh_token).unwrap();
}
