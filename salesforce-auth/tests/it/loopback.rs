//! The receiver of a browser login, and everything else that may knock at it.

use std::time::Duration;

use salesforce_auth::{App, AuthorizationCode, CallbackError, Loopback, PendingLogin};
use salesforce_http::ErrorKind;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::support::{ORG, Script};

fn pending(redirect_uri: &str) -> PendingLogin {
    let flow = AuthorizationCode::new(ORG, App::public("key"), redirect_uri);
    flow.transport(std::sync::Arc::new(Script::new([]))).build().unwrap().begin().unwrap()
}

async fn talk(redirect_uri: &str, request: &str) -> String {
    let port = Url::parse(redirect_uri).unwrap().port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // A receiver that has had enough may close before everything is written.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn get(redirect_uri: &str, target: &str) -> String {
    talk(redirect_uri, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

#[tokio::test]
async fn k_35_one_matching_callback_is_taken_and_everything_else_is_turned_away() {
    let receiver = Loopback::bind(&[0], "/OauthRedirect").await.unwrap();
    let uri = receiver.redirect_uri().to_owned();
    assert!(uri.starts_with("http://localhost:") && uri.ends_with("/OauthRedirect"));
    let pending = pending(&uri);
    let state = pending.state().expose_secret().to_owned();
    let browser = async {
        // A connection that says nothing does not hold up the others.
        let silent = TcpStream::connect(("127.0.0.1", Url::parse(&uri).unwrap().port().unwrap())).await.unwrap();
        assert!(get(&uri, "/favicon.ico").await.starts_with("HTTP/1.1 404 "));
        assert!(get(&uri, "/").await.starts_with("HTTP/1.1 404 "));
        assert!(get(&uri, "/OauthRedirect?code=evil&state=evil").await.starts_with("HTTP/1.1 400 "));
        assert!(get(&uri, "/OauthRedirect?error=access_denied").await.starts_with("HTTP/1.1 400 "));
        let post = format!("POST /OauthRedirect?code=c&state={state} HTTP/1.1\r\n\r\n");
        assert!(talk(&uri, &post).await.starts_with("HTTP/1.1 405 "));
        let preflight = "OPTIONS /OauthRedirect HTTP/1.1\r\nAccess-Control-Request-Private-Network: true\r\n\r\n";
        let answer = talk(&uri, preflight).await;
        assert!(answer.contains("Access-Control-Allow-Private-Network: true"), "{answer}");
        assert!(answer.contains("Access-Control-Allow-Origin: https://acme.my.salesforce.com"), "{answer}");
        assert_eq!(talk(&uri, "\r\n\r\n").await.split(' ').nth(1), Some("404"));
        assert_eq!(talk(&uri, &"x".repeat(40_000)).await, "");
        let answer = get(&uri, &format!("/OauthRedirect?code=canary&state={state}")).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("You are logged in"), "{answer}");
        assert!(!answer.contains("canary") && answer.contains("Referrer-Policy: no-referrer"), "{answer}");
        drop(silent);
    };
    let (callback, ()) = tokio::join!(receiver.receive(&pending, Duration::from_secs(60)), browser);
    assert!(pending.is_answered_by(&callback.unwrap()));
    // It has closed.
    assert!(TcpStream::connect(("127.0.0.1", Url::parse(&uri).unwrap().port().unwrap())).await.is_err());
}

#[tokio::test]
async fn a_declined_login_says_so_to_the_person() {
    let receiver = Loopback::bind(&[0], "/cb").await.unwrap();
    let uri = receiver.redirect_uri().to_owned();
    let pending = pending(&uri);
    let target = format!("/cb?error=access_denied&state={}", pending.state().expose_secret());
    let (callback, page) = tokio::join!(receiver.receive(&pending, Duration::from_secs(60)), get(&uri, &target));
    assert!(callback.is_ok() && page.contains("not completed"), "{page}");
}

#[tokio::test]
async fn a_login_that_nobody_finishes_ends_with_what_to_look_at() {
    let receiver = Loopback::bind(&[0], "/cb").await.unwrap();
    let pending = pending(receiver.redirect_uri());
    let error = receiver.receive(&pending, Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), CallbackError::of(&error)), (ErrorKind::Timeout, Some(CallbackError::NeverCame)));
    assert!(error.to_string().contains("private window"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_passed_over() {
    let first = Loopback::bind(&[0], "/cb").await.unwrap();
    let port = Url::parse(first.redirect_uri()).unwrap().port().unwrap();
    assert!(Loopback::bind(&[port, 0], "/cb").await.is_ok());
    let error = Loopback::bind(&[port], "/cb").await.unwrap_err();
    assert_eq!(CallbackError::of(&error), Some(CallbackError::NoPort));
    for bad in ["cb", "/a?b", "/a b", ""] {
        assert_eq!(Loopback::bind(&[0], bad).await.unwrap_err().kind(), ErrorKind::Config);
    }
}
