//! Every flow against every way an answer can be bad. The caller greps what is printed, and the logs.

use std::sync::Arc;
use std::time::Duration;

use salesforce_auth::{
    App, AuthorizationCode, Cached, Callback, DeviceCode, Exchange, FileStore, Grant, JwtBearer, LoginServer,
    MemoryStore, Refreshing, SecretString, SfdxAuthUrl, Signer, SubjectKind, TokenExchange, TokenStore,
};
use salesforce_http::{AccessToken, Error, ManualClock, Result, TokenProvider, TransportErrorKind, async_trait};
use salesforce_types::Timestamp;
use secrecy::ExposeSecret;

use crate::secrets::everything;
use crate::support::{ORG, Script, Step, answer};

#[derive(Debug)]
struct Signs;

#[async_trait]
impl Signer for Signs {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>> {
        Ok(b"canarysecret".to_vec())
    }
}

/// `quoted` is what a server may quote: what it was sent.
fn bad_answers(quoted: &str) -> Vec<Step> {
    let quoting = |error: &str| {
        answer(
            400,
            format!(
                r#"{{"error":"{error}","error_description":"{quoted} 5Aep861canarytoken 00D000000000001!canarytoken"}}"#
            ),
        )
    };
    vec![
        quoting("invalid_grant"),
        quoting(quoted),
        answer(401, format!("error=invalid_client&error_description={}", quoted.replace(' ', "+"))),
        answer(200, r#"{"access_token":"canarytoken","#),
        answer(
            200,
            r#"{"access_token":"canarytoken","instance_url":"https://canarykey:canarysecret@attacker.test/?x=canarytoken"}"#,
        ),
        answer(
            200,
            r#"{"access_token":"canary token","refresh_token":"canarytoken","instance_url":"https://acme.my.salesforce.com"}"#,
        ),
        answer(
            200,
            r#"{"access_token":"canarytoken","token_type":"MAC","instance_url":"https://acme.my.salesforce.com"}"#,
        ),
        answer(
            200,
            r#"{"access_token":"canarytoken","signature":"canarysecret","id":"x","issued_at":"1","instance_url":"https://acme.my.salesforce.com"}"#,
        ),
        answer(200, "<html>canarytoken"),
        answer(503, "canarytoken"),
        answer(404, "canarytoken"),
        Step::Answer(302, vec![("location", "https://attacker.test/?t=canarytoken")], String::new()),
        Step::Fail(TransportErrorKind::Broken),
        Step::Fail(TransportErrorKind::Connect),
        Step::Never,
    ]
}

fn app() -> App {
    App::confidential("canarykey", "canarysecret".into())
}

fn note<T>(printed: &mut String, failures: &mut usize, result: Result<T, Error>) {
    if let Err(error) = result {
        *failures += 1;
        printed.push_str(&everything(&error));
    }
}

/// Returns how many errors it has seen.
pub(crate) async fn every_flow(printed: &mut String) -> usize {
    let mut failures = 0;
    for number in 0..bad_answers("").len() {
        let clock = ManualClock::new(Timestamp::from_millis(1_767_225_600_000));
        let quotes = |quoted| Arc::new(Script::new(bad_answers(quoted).into_iter().nth(number)));
        let script = || quotes("canarysecret of canarykey with canarytoken");
        let time = || Arc::new(clock.clone());

        let flow = AuthorizationCode::new(ORG, app(), "https://localhost/cb")
            .transport(script())
            .clock(time())
            .build()
            .unwrap();
        let pending = flow.begin().unwrap();
        let callback = Callback::new(format!("?code=canarytoken&state={}", pending.state().expose_secret()));
        printed.push_str(&format!("{flow:?} {pending:?} {callback:?}"));
        let result = clock.run(flow.finish(pending, callback)).await;
        note(printed, &mut failures, result);

        let flow = JwtBearer::new(ORG, "canarykey", "canaryvalue", Signs)
            .transport(quotes("canarykey for canaryvalue"))
            .clock(time())
            .build()
            .unwrap();
        printed.push_str(&format!("{flow:?}"));
        let cached = Cached::new(flow);
        note(printed, &mut failures, clock.run(cached.token()).await);

        let flow =
            DeviceCode::new(ORG, app()).transport(quotes("canarysecret of canarykey")).clock(time()).build().unwrap();
        printed.push_str(&format!("{flow:?}"));
        note(printed, &mut failures, clock.run(flow.begin()).await);

        let subject = SecretString::from("canarytoken");
        let flow = TokenExchange::new(ORG, app(), SubjectKind::Jwt, subject)
            .transport(script())
            .clock(time())
            .build()
            .unwrap();
        printed.push_str(&format!("{flow:?}"));
        note(printed, &mut failures, clock.run(flow.exchange()).await);

        let server = LoginServer::new(ORG, app()).transport(script()).clock(time()).build().unwrap();
        note(printed, &mut failures, clock.run(server.revoke(&"canarytoken".into())).await);
        let server = LoginServer::new(ORG, app()).transport(script()).clock(time()).build().unwrap();
        note(printed, &mut failures, clock.run(server.introspect(&"canarytoken".into())).await);
        let server = LoginServer::new(ORG, app()).transport(script()).clock(time()).build().unwrap();
        let token = AccessToken::new("canarytoken".into(), ORG).unwrap();
        note(printed, &mut failures, clock.run(server.user_info(&token)).await);

        // A renewal runs in a task of its own, so the clock is moved by hand.
        let tokens = Refreshing::new(ORG, app(), MemoryStore::new()).transport(script()).clock(time()).build().unwrap();
        tokens.connect(Grant::from_refresh_token("canarytoken".into())).await.unwrap();
        printed.push_str(&format!("{tokens:?}"));
        let waiting = tokio::spawn({
            let tokens = tokens.clone();
            async move { tokens.token().await }
        });
        while !waiting.is_finished() {
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        note(printed, &mut failures, waiting.await.unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grant");
    std::fs::write(&path, "canarytoken").unwrap();
    note(printed, &mut failures, FileStore::new(&path).load().await);
    for text in ["force://canarykey:canarysecret:canarytoken@attacker.test", "force://canarytoken"] {
        note(printed, &mut failures, SfdxAuthUrl::parse(&text.into()));
    }
    failures
}
