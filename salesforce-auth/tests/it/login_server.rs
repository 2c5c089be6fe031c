//! Ending tokens, looking at them, asking who is behind them.

use std::sync::Arc;

use salesforce_auth::{App, Environment, EnvironmentMismatch, LoginServer, TokenResponse};
use salesforce_http::{AccessToken, ErrorKind};
use salesforce_types::Timestamp;

use crate::support::{ORG, SECRET, Script, answer};

const INFO: &str = r#"{"sub":"https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA","user_id":"005000000000001AAA",
    "organization_id":"00D000000000001EAA","preferred_username":"canary@acme.example","name":"Ada Example","email":null,
    "zoneinfo":"Europe/Berlin","user_type":"STANDARD","active":true,"utcOffset":-3600000,"address":{},"urls":{}}"#;

fn server(script: &Script) -> LoginServer {
    let app = App::confidential("canary-key", SECRET.into());
    LoginServer::new(ORG, app).transport(Arc::new(script.clone())).build().unwrap()
}

fn token(id_url: Option<&str>) -> AccessToken {
    AccessToken::new("00D000000000001!canary".into(), ORG).unwrap().with_id_url(id_url.map(Into::into))
}

#[tokio::test]
async fn a_revoked_token_is_gone_and_one_that_was_gone_before_is_no_error() {
    for (status, body, good) in [
        (200, "", true),
        (400, r#"{"error":"invalid_token","error_description":"invalid token"}"#, true),
        (400, "error=invalid_token&error_description=token+is+dead", true),
        (400, "error=unsupported_token_type", false),
        (503, "<html>", false),
    ] {
        let script = Script::new([answer(status, body)]);
        let result = server(&script).revoke(&"5Aep861canary".into()).await;
        assert_eq!(result.is_ok(), good, "{body}");
        if let Err(error) = result {
            let text = format!("{error} {error:?}");
            assert!(text.contains("OAuth Usage") && !text.contains("canary"), "{text}");
            assert_eq!(error.is_retryable(), status == 503);
        }
        let sent = &script.sent()[0];
        assert_eq!(
            (sent.url.as_str(), &sent.body[..]),
            ("https://acme.my.salesforce.com/services/oauth2/revoke", &b"token=5Aep861canary"[..])
        );
        assert!(sent.headers.get("authorization").is_none());
    }
}

#[tokio::test]
async fn a_token_is_looked_at_with_the_apps_secret() {
    let body = r#"{"active":true,"scope":"api refresh_token","client_id":"k","username":"robot@acme.example","sub":"s",
        "token_type":"access_token","exp":1767232800,"iat":1767225600,"nbf":1767225600}"#;
    let script = Script::new([
        answer(200, body),
        answer(200, r#"{"active":false}"#),
        answer(200, "<html>"),
        answer(401, r#"{"error":"invalid_client","error_description":"invalid client credentials"}"#),
    ]);
    let server = server(&script);
    let look = async || server.introspect(&"canary".into()).await;
    let seen = look().await.unwrap();
    assert!(seen.active && seen.scopes == ["api", "refresh_token"]);
    assert_eq!(seen.expires_at, Some(Timestamp::from_millis(1_767_232_800_000)));
    assert!(!look().await.unwrap().active);
    assert_eq!(look().await.unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(look().await.unwrap_err().kind(), ErrorKind::Auth);
    assert!(script.sent()[0].headers.contains_key("authorization"));

    let public = LoginServer::new(ORG, App::public("key")).transport(Arc::new(script)).build().unwrap();
    assert_eq!(public.introspect(&"x".into()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn k_32_g_19_r_08_who_is_behind_a_token_is_asked_at_the_orgs_own_host() {
    let url = "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA";
    let full = INFO
        .replace("preferred_username", "username")
        .replace("\"name\"", "\"display_name\"")
        .replace("zoneinfo", "timezone");
    let script = Script::new([answer(200, INFO), answer(200, full)]);
    let server = server(&script);
    let info = server.user_info(&token(Some(url))).await.unwrap();
    let identity = server.identity(&token(Some(url))).await.unwrap();
    assert_eq!(info, identity);
    assert_eq!((info.username.as_str(), info.timezone.as_deref()), ("canary@acme.example", Some("Europe/Berlin")));
    let sent = script.sent();
    assert_eq!(sent[0].url, "https://acme.my.salesforce.com/services/oauth2/userinfo");
    assert_eq!(sent[1].url, "https://acme.my.salesforce.com/id/00D000000000001EAA/005000000000001AAA?version=latest");
    assert!(sent.iter().all(|sent| sent.headers["authorization"].is_sensitive()));
    assert!(!format!("{info:?}").contains("canary"));
    assert_eq!(server.identity(&token(None)).await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn another_user_or_org_behind_a_token_is_refused_and_so_is_a_foreign_host() {
    for url in [
        "https://login.salesforce.com/id/00D000000000002EAA/005000000000001AAA",
        "https://login.salesforce.com/id/00D000000000001EAA/005000000000002AAA",
    ] {
        let script = Script::new([answer(200, INFO)]);
        let error = server(&script).user_info(&token(Some(url))).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Auth && error.to_string().contains("another user or org"), "{error}");
    }
    let script = Script::new([]);
    let foreign = AccessToken::new("canary".into(), "https://attacker.test").unwrap();
    assert_eq!(server(&script).user_info(&foreign).await.unwrap_err().kind(), ErrorKind::ForeignHost);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_dead_token_is_an_auth_error_in_each_of_its_forms() {
    for (status, body) in [
        (403, "Bad_OAuth_Token"),
        (401, r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#),
    ] {
        let script = Script::new([answer(status, body)]);
        let error = server(&script).user_info(&token(None)).await.unwrap_err();
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Auth, status));
    }
}

#[tokio::test]
async fn k_24_g_14_g_15_r_05_an_org_of_the_other_kind_is_refused_with_a_hint() {
    let row = |sandbox: bool, edition: &str| {
        answer(200, format!(r#"{{"records":[{{"IsSandbox":{sandbox},"OrganizationType":"{edition}"}}]}}"#))
    };
    let check = async |step, expected| server(&Script::new([step])).check_environment(&token(None), expected).await;
    check(row(true, "Enterprise Edition"), Environment::Sandbox).await.unwrap();
    check(row(false, "Developer Edition"), Environment::Production).await.unwrap();
    let error = check(row(false, "Developer Edition"), Environment::Sandbox).await.unwrap_err();
    let mismatch = EnvironmentMismatch::of(&error).unwrap();
    assert_eq!((mismatch.expected, mismatch.found), (Environment::Sandbox, Environment::Production));
    assert!(error.to_string().contains("Developer Edition org is no sandbox"), "{error}");
    assert!(check(row(true, ""), Environment::Production).await.is_err());
    assert_eq!(
        check(answer(200, r#"{"records":[]}"#), Environment::Sandbox).await.unwrap_err().kind(),
        ErrorKind::Denied
    );
    assert_eq!(Environment::Sandbox.login().url(), "https://test.salesforce.com");
    assert_eq!(Environment::Production.login().url(), "https://login.salesforce.com");
}

#[tokio::test]
async fn what_a_login_host_says_of_itself_leads_to_salesforce_only() {
    let body = r#"{"issuer":"https://acme.my.salesforce.com","authorization_endpoint":"https://acme.my.salesforce.com/services/oauth2/authorize",
        "token_endpoint":"https://acme.my.salesforce.com/services/oauth2/token","jwks_uri":"https://acme.my.salesforce.com/id/keys",
        "register_endpoint":"https://x.test","scopes_supported":["api","openid"]}"#;
    let script = Script::new([
        answer(200, body),
        answer(200, body.replace("https://acme.my.salesforce.com/id/keys", "https://attacker.test/keys")),
        answer(404, "<html>"),
    ]);
    let server = server(&script);
    assert_eq!(server.openid_configuration().await.unwrap().scopes_supported, ["api", "openid"]);
    assert_eq!(script.sent()[0].url, "https://acme.my.salesforce.com/.well-known/openid-configuration");
    assert_eq!(server.openid_configuration().await.unwrap_err().kind(), ErrorKind::ForeignHost);
    assert!(server.openid_configuration().await.is_err());
}

#[test]
fn the_signature_of_an_answer_is_the_reference_s() {
    let body = |id: &str, signature: &str| {
        let body = format!(
            r#"{{"access_token":"x","instance_url":"https://acme.my.salesforce.com","issued_at":"1767225600000","id":"{id}","signature":"{signature}"}}"#
        );
        TokenResponse::parse(body.as_bytes()).unwrap()
    };
    let id = "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA";
    let signature = "sylPOMs39v5ztmqJ5U9QBp0HYiSuaooj/t7cR9VsytM=";
    let secret = "FAKE-CONSUMER-SECRET-0001".into();
    assert_eq!(body(id, signature).is_signed_by(&secret), Some(true));
    assert_eq!(body(id, signature).is_signed_by(&"other".into()), Some(false));
    assert_eq!(body(&id.replace("01AAA", "02AAA"), signature).is_signed_by(&secret), Some(false));
    assert_eq!(body(id, "no base64!").is_signed_by(&secret), Some(false));
    let unsigned = TokenResponse::parse(br#"{"access_token":"x","instance_url":"https://acme.my.salesforce.com"}"#);
    assert_eq!(unsigned.unwrap().is_signed_by(&secret), None);
}
