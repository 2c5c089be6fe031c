//! The default transport against bytes on a socket.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use salesforce_http::{AccessToken, Connection, ErrorKind, Request, Response, Result, transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{OK, Tokens};

/// A server that answers each request with the next bytes, then closes the connection unless told to keep it.
struct Server {
    url: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
}

const KEEP: bool = true;
const CLOSE: bool = false;

async fn server(answers: Vec<(Vec<u8>, bool)>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The provider of these tests wants names that live for ever; a few bytes per test may.
    let url: &'static str = format!("http://{}", listener.local_addr().unwrap()).leak();
    let (seen, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let server = Server { url, seen: seen.clone(), connections: connections.clone() };
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            *connections.lock().unwrap() += 1;
            while let Some(head) = request(&mut stream).await {
                seen.lock().unwrap().push(head);
                let Some((answer, keep)) = answers.next() else { return };
                stream.write_all(&answer).await.unwrap();
                if !keep {
                    break;
                }
            }
        }
    });
    server
}

/// Reads one request without a body.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).await.ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn answer(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn connect(url: &'static str) -> Connection {
    Connection::builder(Tokens::for_hosts(&[url])).max_tries(1).build().unwrap()
}

async fn get(server: &Server) -> Result<Response> {
    connect(server.url).send(Request::get("limits")).await
}

#[tokio::test]
async fn gzip_is_asked_for_and_undone_and_the_connection_is_kept() {
    let zipped = answer("Content-Encoding: gzip\r\n", &gzip(OK.as_bytes()));
    let server = server(vec![(zipped.clone(), KEEP), (answer("", OK.as_bytes()), KEEP), (zipped, KEEP)]).await;
    let connection = connect(server.url);
    for _ in 0..3 {
        assert_eq!(connection.send(Request::get("limits")).await.unwrap().bytes(), OK);
    }
    let seen = server.seen.lock().unwrap().clone();
    assert!(seen[0].starts_with("GET /services/data/v68.0/limits HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].to_lowercase().contains("accept-encoding: gzip"), "{}", seen[0]);
    assert_eq!(*server.connections.lock().unwrap(), 1);
}

#[tokio::test]
async fn the_cap_counts_decompressed_bytes() {
    let bomb = answer("Content-Encoding: gzip\r\n", &gzip(&vec![b' '; 1_000_000]));
    assert!(bomb.len() < 10_000);
    let server = server(vec![(bomb, CLOSE)]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[server.url])).response_cap(100_000).build().unwrap();
    let error = connection.send(Request::get("limits")).await.unwrap_err();
    assert_eq!((error.kind(), error.tries()), (ErrorKind::Limit, 1));
}

#[tokio::test]
async fn garbage_in_place_of_gzip_is_told() {
    let mut cut = gzip(&[b'x'; 5000]);
    cut.truncate(cut.len() / 2);
    for body in [b"this is not gzip at all".to_vec(), cut] {
        let server = server(vec![(answer("Content-Encoding: gzip\r\n", &body), CLOSE)]).await;
        let error = get(&server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error:?}");
        assert!(error.to_string().contains("compression"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_a_broken_connection() {
    let mut whole = answer("", OK.as_bytes());
    whole.truncate(whole.len() - 3);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ok\"\r\n".to_vec();
    let mut zipped = answer("Content-Encoding: gzip\r\n", &gzip(&[b'x'; 5000]));
    zipped.truncate(zipped.len() - 9);
    for bytes in [whole, chunked, zipped, b"HTTP/1.1 200 OK\r\nConte".to_vec(), Vec::new()] {
        let server = server(vec![(bytes, CLOSE)]).await;
        let error = get(&server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
        assert!(error.to_string().contains("broke"), "{error}");
    }
}

#[tokio::test]
async fn a_create_is_sent_once_when_the_connection_breaks_under_it() {
    let server = server(vec![(answer("", OK.as_bytes()), KEEP), (Vec::new(), CLOSE), (answer("", b""), CLOSE)]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[server.url])).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    let error = connection.send(Request::post("sobjects/Account")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert_eq!(server.seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: &'static str = format!("http://{}", listener.local_addr().unwrap()).leak();
    drop(listener);
    let error = connect(url).send(Request::post("sobjects/Account")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert!(!error.outcome_unknown() && error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn silence_has_an_end() {
    let server = server(vec![(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec(), KEEP)]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[server.url]))
        .read_timeout(Duration::from_millis(50))
        .max_tries(1)
        .build()
        .unwrap();
    assert_eq!(connection.send(Request::get("limits")).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_redirect_is_not_followed_on_the_wire_either() {
    let elsewhere = server(vec![(answer("", OK.as_bytes()), CLOSE)]).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n", elsewhere.url);
    let org = server(vec![(redirect.into_bytes(), CLOSE)]).await;
    let error = get(&org).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignHost);
    assert!(error.to_string().contains(elsewhere.url), "{error}");
    assert!(elsewhere.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn loopback_goes_round_every_proxy_and_other_hosts_through_it() {
    let (proxy, org) = (server(vec![]).await, server(vec![(answer("", OK.as_bytes()), CLOSE)]).await);
    let connect = |url| Connection::builder(Tokens::for_hosts(&[url])).proxy(proxy.url).max_tries(1).build().unwrap();
    connect(org.url).send(Request::get("limits")).await.unwrap();
    assert!(proxy.seen.lock().unwrap().is_empty());

    connect("https://acme.my.salesforce.com").send(Request::get("limits")).await.unwrap_err();
    let seen = proxy.seen.lock().unwrap().clone();
    assert!(seen[0].starts_with("CONNECT acme.my.salesforce.com:443") && !seen[0].contains("token-1"), "{seen:?}");
}

#[tokio::test]
async fn a_transport_may_be_shared() {
    let answers = (0..8).map(|_| (answer("", OK.as_bytes()), KEEP)).collect();
    let server = server(answers).await;
    let shared = transport::Settings::new().build().unwrap();
    let connect = || Connection::builder(Tokens::for_hosts(&[server.url])).transport(shared.clone()).build().unwrap();
    for _ in 0..4 {
        assert!(join_all([connect().send(Request::get("limits"))]).await.iter().all(Result::is_ok));
    }
    assert_eq!(*server.connections.lock().unwrap(), 1);
}

#[test]
fn settings_that_cannot_be_read_are_refused() {
    let settings = transport::Settings::new;
    for bad in [
        settings().root_certificate("no certificate"),
        settings().root_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        settings().proxy("http://ada:canary@[bad"),
    ] {
        let error = bad.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(!format!("{error} {error:?} {bad:?}").contains("canary"), "{error:?} {bad:?}");
    }
    settings().http2(true).no_proxy().build().unwrap();
    assert!(AccessToken::new("x".into(), "http://acme.my.salesforce.com").is_err());
}
