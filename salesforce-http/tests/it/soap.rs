//! SOAP calls through the same pipeline.

use std::error::Error as _;
use std::sync::Arc;

use salesforce_http::soap::{BrokenXml, Call, Element};
use salesforce_http::{AccessToken, ErrorKind, JwtInSoap, Result, TokenProvider, async_trait};

use salesforce_types::ApiVersion;

use crate::support::{ORG, Script, Step, answer};

const DONE: &str = r#"<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><soapenv:Body><undeleteResponse><result><id>001D000000IqhSLIAZ</id><success>true</success></result></undeleteResponse></soapenv:Body></soapenv:Envelope>"#;
const EXPIRED: &str = r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"#;
const LIMIT: &str = r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:EXCEEDED_ID_LIMIT</faultcode><faultstring>EXCEEDED_ID_LIMIT: record limit reached. cannot submit more than 200 records into this call</faultstring></e:Fault></e:Body></e:Envelope>"#;
const NO_CALL: &str = r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Client</faultcode><faultstring>Element undelet invalid at this location</faultstring></e:Fault></e:Body></e:Envelope>"#;

fn undelete() -> Call {
    Call::partner(Element::new("undelete").with("ids", "001D000000IqhSLIAZ"))
}

fn script(steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new(steps)
}

#[tokio::test]
async fn the_session_is_in_the_envelope_and_the_answer_is_an_element() {
    let script = script([answer(200, DONE)]);
    let done = script.connection().soap(undelete()).await.unwrap();
    assert_eq!(done.name(), "undeleteResponse");
    assert_eq!(done.child("result").unwrap().value("success"), Some("true"));
    let sent = &script.sent()[0];
    let body = String::from_utf8(sent.body.to_vec()).unwrap();
    assert_eq!(sent.url, format!("{ORG}/services/Soap/u/{}", ApiVersion::DEFAULT));
    assert!(body.contains("<sessionId>token-1</sessionId>"), "{body}");
    assert_eq!((sent.header("soapaction"), sent.header("content-type")), ("\"\"", "text/xml; charset=UTF-8"));
    assert!(sent.header("sforce-call-options").starts_with("client="), "G-05 holds for SOAP as well");
}

#[tokio::test]
async fn a_session_that_expired_is_renewed_once_whatever_the_status_says() {
    for status in [500, 200] {
        let script = script([answer(status, EXPIRED), answer(200, DONE)]);
        script.connection().soap(undelete()).await.unwrap();
        let last = String::from_utf8(script.sent()[1].body.to_vec()).unwrap();
        assert!(last.contains("<sessionId>token-2</sessionId>"), "{status}: {last}");

        let script = Script::always(answer(status, EXPIRED));
        let error = script.connection().soap(undelete()).await.unwrap_err();
        assert_eq!((error.kind(), script.sent().len()), (ErrorKind::Auth, 2));
    }
}

#[tokio::test]
async fn a_fault_is_an_error_like_one_of_rest() {
    let error = script([answer(500, LIMIT)]).connection().soap(undelete()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "SOAP undelete failed with 500: EXCEEDED_ID_LIMIT: record limit reached. cannot submit more than 200 records \
         into this call"
    );
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Invalid, false));
    let error = script([answer(500, NO_CALL)]).connection().soap(undelete()).await.unwrap_err();
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Invalid, 1));
}

#[tokio::test]
async fn a_fault_of_any_size_is_a_refusal_that_is_short_and_holds_no_secret() {
    let long = format!("200 records 00D000000000001!AQCC_x.y {}", "x".repeat(70_000));
    let header = format!("<e:Envelope xmlns:e=\"e\"><e:Header>{}</e:Header>", " ".repeat(70_000));
    for body in [
        LIMIT.replace("200 records", &long),
        LIMIT.replace("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">", &header),
    ] {
        let body: &'static str = body.leak();
        for status in [200, 500] {
            let error = script([answer(status, body)]).connection().soap(undelete()).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Invalid, false), "{status}");
            assert_eq!(error.api_errors()[0].code.as_str(), "EXCEEDED_ID_LIMIT");
            let text = error.to_string();
            assert!(text.starts_with(&format!("SOAP undelete failed with {status}: EXCEEDED_ID_LIMIT: ")), "{text}");
            assert!(text.len() < 2000 && !format!("{error:?}").contains("AQCC"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_taken_for_a_failure() {
    for body in ["<Envelope><Body><undeleteResponse>", "{}", "<!DOCTYPE x []><Envelope/>"] {
        let error = script([answer(200, body)]).connection().soap(undelete()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{body}");
        assert!(error.source().unwrap().is::<BrokenXml>());
        let read = Call::partner(Element::new("getUserInfo")).read_only();
        let error = script([answer(200, body)]).connection().soap(read).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn what_changes_something_is_sent_once_and_a_read_again() {
    let script = Script::new([answer(502, ""), answer(200, DONE)]);
    let error = script.connection().soap(undelete()).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 1));
    let script = Script::new([answer(502, ""), answer(200, DONE)]);
    let read = script.clock.clone();
    let connection = script.connection();
    read.run(connection.soap(Call::partner(Element::new("getUserInfo")).read_only())).await.unwrap();
    assert_eq!(script.sent().len(), 2);
}

/// A token that looks like a JWT.
#[derive(Debug)]
struct Jwt;

#[async_trait]
impl TokenProvider for Jwt {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        Ok(Arc::new(AccessToken::new("eyJhbGc.eyJpc3M.c2ln".into(), ORG)?))
    }

    async fn renew(&self, _refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        self.token().await
    }
}

#[tokio::test]
async fn a_jwt_is_not_sent_to_a_soap_that_would_not_take_it() {
    let script = Script::new([answer(200, DONE)]);
    let old = script.build(Jwt, |builder| builder.api_version(ApiVersion::V67));
    let error = old.soap(undelete()).await.unwrap_err();
    assert!(JwtInSoap::of(&error).is_some() && script.sent().is_empty(), "{error}");
    script.build(Jwt, |builder| builder).soap(undelete()).await.unwrap();
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_session_id_cannot_break_out_of_its_element() {
    #[derive(Debug)]
    struct Odd;
    #[async_trait]
    impl TokenProvider for Odd {
        async fn token(&self) -> Result<Arc<AccessToken>> {
            Ok(Arc::new(AccessToken::new("a</sessionId>&b".into(), ORG)?))
        }
        async fn renew(&self, _refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
            self.token().await
        }
    }
    let script = Script::new([answer(200, DONE)]);
    script.build(Odd, |builder| builder).soap(undelete()).await.unwrap();
    let body = String::from_utf8(script.sent()[0].body.to_vec()).unwrap();
    assert!(body.contains("<sessionId>a&lt;/sessionId"), "{body}");
}
