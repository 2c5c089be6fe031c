//! The JWT bearer flow, with a signer of the test's own and with a key in PEM.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use salesforce_auth::{Exchange, JwtBearer, JwtBearerBuilder, Refusal, RefusalKind, Signer};
use salesforce_http::{ErrorKind, ManualClock, Result, async_trait};
use salesforce_types::Timestamp;
use serde_json::Value;

use crate::support::{ORG, Script, answer};

const GRANTED: &str = r#"{"access_token":"00D000000000001!canary","scope":"api web","instance_url":"https://acme.my.salesforce.com",
    "id":"https://login.salesforce.com/id/00D000000000001EAA/005000000000003AAA","token_type":"Bearer"}"#;
const AUDIENCE: &str = r#"{"error":"invalid_grant","error_description":"audience is invalid"}"#;

#[derive(Debug)]
struct Backwards;

#[async_trait]
impl Signer for Backwards {
    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(message.iter().rev().copied().collect())
    }
}

fn flow(login: &str, script: &Script) -> JwtBearerBuilder {
    JwtBearer::new(login, "canary-key", "robot@acme.example", Backwards)
        .transport(Arc::new(script.clone()))
        .clock(Arc::new(ManualClock::new(Timestamp::from_millis(1_767_225_600_000))))
}

fn assertion(body: &[u8]) -> (HashMap<String, String>, Vec<String>) {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    let parts = form["assertion"].split('.').map(str::to_owned).collect();
    (form, parts)
}

fn json(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn the_assertion_is_the_documented_one_and_nothing_else_is_sent() {
    let script = Script::new([answer(200, GRANTED)]);
    let token = flow(ORG, &script).build().unwrap().exchange().await.unwrap();
    assert_eq!(token.user_id().unwrap().to_string(), "005000000000003AAA");
    assert_eq!(token.issued_at(), None);
    let sent = &script.sent()[0];
    assert_eq!(sent.url, "https://acme.my.salesforce.com/services/oauth2/token");
    assert!(sent.headers.get("authorization").is_none());
    let (form, parts) = assertion(&sent.body);
    assert_eq!((form.len(), form["grant_type"].as_str()), (2, "urn:ietf:params:oauth:grant-type:jwt-bearer"));
    assert_eq!(json(&parts[0]), serde_json::json!({"alg": "RS256"}));
    let claims = json(&parts[1]);
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("canary-key"), Some("robot@acme.example")));
    assert_eq!(claims["aud"], ORG);
    assert_eq!(claims["exp"], 1_767_225_770, "seconds, as a number, within five minutes");
    let signed: Vec<u8> = format!("{}.{}", parts[0], parts[1]).into_bytes().into_iter().rev().collect();
    assert_eq!(URL_SAFE_NO_PAD.decode(&parts[2]).unwrap(), signed);
}

#[tokio::test]
async fn an_audience_that_does_not_fit_is_replaced_once() {
    let script = Script::new([answer(400, AUDIENCE), answer(200, GRANTED)]);
    flow("acme--uat.sandbox.my.salesforce.com", &script).build().unwrap().exchange().await.unwrap();
    let audiences: Vec<_> = script.sent().iter().map(|sent| json(&assertion(&sent.body).1[1])["aud"].clone()).collect();
    assert_eq!(audiences, ["https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"]);

    let script = Script::new([answer(400, AUDIENCE), answer(400, AUDIENCE)]);
    let error = flow(ORG, &script).build().unwrap().exchange().await.unwrap_err();
    assert_eq!(Refusal::of(&error).unwrap().kind(), RefusalKind::Audience);
    assert_eq!(script.sent().len(), 2);

    let script = Script::new([answer(400, AUDIENCE)]);
    flow(ORG, &script).audience("https://login.salesforce.com/").build().unwrap().exchange().await.unwrap_err();
    assert_eq!(json(&assertion(&script.sent()[0].body).1[1])["aud"], "https://login.salesforce.com");
    assert_eq!(script.sent().len(), 1, "the one that was given is the only one");
}

#[tokio::test]
async fn another_refusal_is_not_tried_again() {
    let body = r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer canary-key"}"#;
    let script = Script::new([answer(400, body)]);
    let error = flow(ORG, &script).build().unwrap().exchange().await.unwrap_err();
    assert!(error.to_string().contains("pre-authorized") && !error.to_string().contains("canary"), "{error}");
    assert_eq!(script.sent().len(), 1);
}

#[test]
fn what_is_missing_is_said_before_anything_is_signed() {
    let script = Script::new([]);
    for bad in [
        JwtBearer::new("attacker.test", "key", "user", Backwards),
        JwtBearer::new(ORG, " ", "user", Backwards),
        JwtBearer::new(ORG, "key", "", Backwards),
    ] {
        assert_eq!(bad.transport(Arc::new(script.clone())).build().unwrap_err().kind(), ErrorKind::Config);
    }
}

#[cfg(feature = "jwt")]
mod pem {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::engine::general_purpose::STANDARD;
    use salesforce_auth::PemSigner;

    use super::*;

    #[tokio::test]
    async fn a_key_in_pem_signs_as_salesforce_verifies() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), &pem).unwrap();
        for signer in
            [PemSigner::new(&pem.clone().into()).unwrap(), PemSigner::from_file(folder.path().join("key.pem")).unwrap()]
        {
            let signature = signer.sign(b"message").await.unwrap();
            let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
            public.verify(b"message", &signature).unwrap();
            assert!(public.verify(b"massage", &signature).is_err());
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_refused_and_not_quoted() {
        let body = STANDARD.encode("canary");
        for bad in [
            "canary".to_owned(),
            String::new(),
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n"),
            format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n"),
            format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"),
        ] {
            let error = PemSigner::new(&bad.into()).unwrap_err();
            assert!(error.kind() == ErrorKind::Config && !format!("{error:?}").contains(&body), "{error}");
        }
        assert!(PemSigner::from_file("/nowhere/key.pem").unwrap_err().to_string().contains("/nowhere/key.pem"));
    }
}
