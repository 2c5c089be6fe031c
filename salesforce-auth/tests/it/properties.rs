//! Whatever comes from outside: no panic, and no secret in any error.

use std::sync::Arc;

use futures_util::FutureExt;
use proptest::prelude::*;
use salesforce_auth::{
    App, AuthorizationCode, Callback, ClientCredentials, Exchange, LoginTarget, PendingLogin, Refusal, TokenResponse,
};
use salesforce_http::ManualClock;
use salesforce_types::Timestamp;

use crate::support::{ORG, SECRET, Script, answer};

/// These tests have no runtime.
fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::EPOCH))
}

/// JSON that is nearly an answer of the token endpoint.
fn nearly() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("access_token"),
        Just("instance_url"),
        Just("id"),
        Just("issued_at"),
        Just("scope"),
        Just("token_type"),
        Just("signature"),
        Just("refresh_token"),
        Just("error"),
        Just("error_description"),
        "[a-z_]{1,12}".prop_map(|name| &*name.leak()),
    ];
    let value = prop_oneof![
        Just("\"00D000000000001!canary\"".to_owned()),
        Just("\"https://acme.my.salesforce.com/\"".to_owned()),
        Just("\"https://attacker.test\"".to_owned()),
        Just("\"http://acme.my.salesforce.com:x\"".to_owned()),
        Just("\"https://login.salesforce.com/id/00D000000000001/x\"".to_owned()),
        Just("null".to_owned()),
        Just("[1,{}]".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| format!("\"{number}\"")),
        "\\PC{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let pairs = prop::collection::vec((name, value), 0..9);
    let json = pairs.prop_map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    });
    prop_oneof![4 => json.clone(), 1 => (json, 0_usize..60).prop_map(|(json, cut)| json.chars().take(cut).collect()),
        1 => "\\PC{0,40}", 1 => "error=[a-z&=%0-9]{0,30}"]
}

proptest! {
    #[test]
    fn s_35_no_answer_of_a_login_panics_or_is_quoted(body in nearly(), status in 200_u16..600) {
        let _ = TokenResponse::parse(body.as_bytes());
        if let Some(refusal) = Refusal::parse(body.as_bytes()) {
            prop_assert!(!refusal.remedy().is_empty());
        }
        let script = Script::new([answer(status, body)]);
        let result = script.flow(ORG).clock(clock()).build().unwrap().exchange().now_or_never().unwrap();
        match result {
            Err(error) => {
                let printed = format!("{error} {error:?}");
                prop_assert!(!printed.contains("canary"), "{}", printed);
            }
            Ok(token) => prop_assert!(token.instance_url().ends_with(".my.salesforce.com")),
        }
    }

    #[test]
    fn s_35_no_callback_panics_or_is_quoted(
        query in "(code|state|error|error_description|x|)(=[!-~]{0,12})?(&(code|state|error)=[!-~]{0,12}){0,3}",
        ours in any::<bool>(),
    ) {
        let app = App::confidential("canary-key", SECRET.into());
        let flow = AuthorizationCode::new(ORG, app, "https://localhost/cb");
        let flow = flow.transport(Arc::new(Script::new([]))).clock(clock()).build().unwrap();
        let pending = PendingLogin::parse(
            &r#"{"authorize_url":"","login":"https://acme.my.salesforce.com","client_id":"canary-key","redirect_uri":"https://localhost/cb",
            "state":"canary-state-canary-state","verifier":"canary-verifier-canary-verifier-canary-verifier","begun_at":253402300799000}"#
                .to_owned()
                .into(),
        )
        .unwrap();
        let ours = if ours { "&state=canary-state-canary-state" } else { "" };
        let callback = Callback::new(format!("https://localhost/cb?{query}{ours}"));
        if let Err(error) = flow.finish(pending, callback).now_or_never().unwrap() {
            let printed = format!("{error} {error:?}");
            prop_assert!(!printed.contains("canary"), "{}", printed);
        }
    }

    #[test]
    fn a_30_no_pasted_host_panics_leads_outside_or_shows_a_password(
        text in "(https?://)?([a-z]{1,6}:canary@)?[a-zA-Z0-9.:/@\\[\\]-]{0,24}(\\.my\\.salesforce\\.com|\\.lightning\\.force\\.com|)(/[?#a-z]{0,8})?",
    ) {
        match LoginTarget::parse(&text) {
            Ok(target) => {
                let host = url::Url::parse(target.url()).unwrap().host_str().unwrap().to_owned();
                let known = host.ends_with(".my.salesforce.com") || host.ends_with(".salesforce.com");
                prop_assert!(known || target.is_loopback(), "{} leads to {}", text, target);
            }
            Err(error) => {
                let printed = format!("{error} {error:?}");
                prop_assert!(!printed.contains("canary"), "{}", printed);
            }
        }
    }
}

#[test]
fn a_30_r_39_twenty_addresses_and_what_becomes_of_them() {
    let script = Script::new([]);
    let build =
        |login: &str| ClientCredentials::new(login, "key", "secret".into()).transport(Arc::new(script.clone())).build();
    for (text, url) in [
        ("https://yourcompany.my.salesforce.com", "https://yourcompany.my.salesforce.com"),
        ("https://yourcompany.my.salesforce.com/", "https://yourcompany.my.salesforce.com"),
        ("yourcompany.my.salesforce.com", "https://yourcompany.my.salesforce.com"),
        ("https://yourcompany.my.salesforce.com/lightning/page/home", "https://yourcompany.my.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com"),
        ("https://x-dev-ed.develop.my.salesforce.com", "https://x-dev-ed.develop.my.salesforce.com"),
        ("https://x.scratch.my.salesforce.com", "https://x.scratch.my.salesforce.com"),
        ("https://x.trailblaze.my.salesforce.com", "https://x.trailblaze.my.salesforce.com"),
        ("https://acme.my.salesforce.mil", "https://acme.my.salesforce.mil"),
        ("https://acme.my.sfcrmproducts.cn", "https://acme.my.sfcrmproducts.cn"),
        ("https://acme.lightning.force.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce-setup.com/lightning/setup/x", "https://acme.my.salesforce.com"),
    ] {
        assert_eq!(build(text).unwrap().login().url(), url, "{text}");
    }
    for (text, hint) in [
        ("https://login.salesforce.com", "My Domain"),
        ("https://test.salesforce.com", "My Domain"),
        ("http://acme.my.salesforce.com", "https"),
        ("https://acme.my.salesforce.com:8443", "port"),
        ("https://acme.my.salesforce.com.attacker.test", "no host of Salesforce"),
        ("https://acme.my.site.com/customers", "site"),
        ("https://acme--c.vf.force.com", "My Domain"),
        ("https://", "expected a host"),
    ] {
        let error = build(text).unwrap_err();
        assert!(error.to_string().contains(hint), "{text}: {error}");
    }
    assert!(script.sent().is_empty(), "all of it is said before a call");
}
