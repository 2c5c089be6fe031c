//! A token goes to the org it is for, and nowhere else; no log, error or `Debug` shows one.

use salesforce_http::{ErrorKind, Request};

use crate::support::{EXPIRED, ORG, Script, Tokens, answer, with};

#[tokio::test]
async fn a_url_of_another_host_gets_no_token() {
    for foreign in [
        "https://attacker.test/services/data/v68.0/query/0r8-2000",
        "https://acme.my.salesforce.com.attacker.test/x",
        "http://acme.my.salesforce.com/x",
        "https://acme.my.salesforce.com:8443/x",
        "//attacker.test/x",
    ] {
        let script = Script::new([]);
        let error = script.connection().send(Request::follow(foreign)).await.unwrap_err();
        assert_eq!((error.kind(), script.sent().len()), (ErrorKind::ForeignHost, 0), "{foreign}");
        assert!(error.to_string().contains("acme.my.salesforce.com"), "{error}");
    }
    let script = Script::new([]);
    script.connection().send(Request::follow(format!("{ORG}/services/data/v68.0/query/0r8-2000"))).await.unwrap();
    assert_eq!(script.sent()[0].url, format!("{ORG}/services/data/v68.0/query/0r8-2000"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_host_is_named() {
    for status in [301, 302, 303, 307, 308] {
        let script = Script::always(with(status, &[("Location", "https://attacker.test/?sid=x")], ""));
        let error = script.clock.run(script.connection().send(Request::get("limits"))).await.unwrap_err();
        assert_eq!((error.kind(), script.sent().len()), (ErrorKind::ForeignHost, 1), "{status}");
        assert!(error.to_string().contains("https://attacker.test"), "{error}");
    }
}

#[tokio::test]
async fn the_host_is_that_of_the_token_in_use_and_not_of_an_older_one() {
    let moved = "https://acme2.my.salesforce.com";
    let script = Script::new([answer(401, EXPIRED)]);
    let connection = script.build(Tokens::for_hosts(&[ORG, moved]), |builder| builder);
    connection.send(Request::get("limits")).await.unwrap();
    let sent = script.sent();
    assert!(sent[0].url.starts_with(ORG) && sent[0].header("authorization") == "Bearer token-1");
    assert!(sent[1].url.starts_with(moved) && sent[1].header("authorization") == "Bearer token-2");

    // An absolute URL of the old host is foreign to the new token.
    let script = Script::new([answer(401, EXPIRED)]);
    let connection = script.build(Tokens::for_hosts(&[ORG, moved]), |builder| builder);
    let error = connection.send(Request::follow(format!("{ORG}/x"))).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::ForeignHost, 1));
}

#[tokio::test]
async fn a_path_cannot_leave_the_api() {
    let script = Script::new([]);
    for path in ["../../oauth2/revoke", "sobjects/%2e%2E/x", "a\r\nHost: attacker.test", "x#y"] {
        let error = script.connection().send(Request::get(path)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{path}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn debug_of_everything_shows_no_token() {
    let script = Script::new([]);
    let connection = script.connection();
    let response = connection.send(Request::get("limits")).await.unwrap();
    let text = format!("{connection:?} {response:?} {:?}", script.sent());
    assert!(!text.contains("token-1"), "{text}");
    assert!(text.contains("Sensitive"), "the header is not marked: {text}");
}
