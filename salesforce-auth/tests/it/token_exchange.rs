//! Somebody else's token for one of the org.

use std::collections::HashMap;
use std::sync::Arc;

use salesforce_auth::{App, Exchange, SecretString, SubjectKind, TokenExchange, TokenExchangeBuilder};
use salesforce_http::ErrorKind;

use crate::support::{ORG, Script, YES, answer};

fn flow(login: &str, subject: &str, script: &Script) -> TokenExchangeBuilder {
    let subject = SecretString::from(subject.to_owned());
    TokenExchange::new(login, App::public("canary-key"), SubjectKind::IdToken, subject)
        .transport(Arc::new(script.clone()))
}

#[tokio::test]
async fn the_subject_token_goes_in_the_form_with_its_kind() {
    let script = Script::new([answer(200, YES)]);
    let flow = flow(ORG, "eyJcanary", &script).handler("AcmeHandler").scopes(["api"]).build().unwrap();
    assert_eq!(flow.exchange().await.unwrap().user_id().unwrap().to_string(), "005000000000002AAA");
    let form: HashMap<_, _> = url::form_urlencoded::parse(&script.sent()[0].body).into_owned().collect();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");
    assert_eq!(form["subject_token"], "eyJcanary");
    assert_eq!(form["subject_token_type"], "urn:ietf:params:oauth:token-type:id_token");
    assert_eq!((form["token_handler"].as_str(), form["scope"].as_str()), ("AcmeHandler", "api"));
    assert!(!format!("{flow:?}").contains("canary"));
}

#[tokio::test]
async fn a_token_that_cannot_be_exchanged_is_not_sent() {
    let script = Script::new([]);
    for bad in [String::new(), "x".repeat(10_001)] {
        let error = flow(ORG, &bad, &script).build().unwrap().exchange().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
    assert!(flow("login.salesforce.com", "x", &script).build().unwrap_err().to_string().contains("My Domain"));
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_server_that_quotes_the_token_is_not_repeated() {
    let body = r#"{"error":"invalid_request","error_description":"cannot read eyJcanary of canary-key"}"#;
    let script = Script::new([answer(400, body)]);
    let error = flow(ORG, "eyJcanary", &script).build().unwrap().exchange().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}
