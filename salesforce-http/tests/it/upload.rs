//! Bodies that are made while they are sent, on a socket.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use salesforce_http::{Body, BodyStream, Connection, Effect, ErrorKind, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::Tokens;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";

/// A server that reads whole requests, each with its body, and gives the next answer.
async fn server(answers: &'static [&'static str]) -> (&'static str, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: &'static str = format!("http://{}", listener.local_addr().unwrap()).leak();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    tokio::spawn(async move {
        let mut answers = answers.iter();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = Vec::new();
            loop {
                let whole = String::from_utf8_lossy(&text).into_owned();
                let length = whole
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map(|rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                let body = whole.split_once("\r\n\r\n").map(|(_, body)| body.len());
                if length.zip(body).is_some_and(|(length, body)| body >= length) {
                    requests.lock().unwrap().push(whole);
                    text.clear();
                    let Some(answer) = answers.next() else { return };
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    continue;
                }
                match stream.read_buf(&mut text).await {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        }
    });
    (url, seen)
}

fn pieces(pieces: &'static [&'static str]) -> BodyStream {
    BodyStream::new(stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes())))))
}

fn put(body: Body) -> Request {
    Request::put("jobs/ingest/750/batches").body("text/csv", body)
}

#[tokio::test]
async fn an_upload_says_its_length_and_is_made_anew_for_each_try() {
    let (url, seen) = server(&[BUSY, OK]).await;
    let made = Arc::new(AtomicU32::new(0));
    let count = made.clone();
    let body = Body::made(6, move || {
        count.fetch_add(1, Ordering::Relaxed);
        pieces(&["abc", "def"])
    });
    Connection::builder(Tokens::for_hosts(&[url])).build().unwrap().send(put(body)).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!((seen.len(), made.load(Ordering::Relaxed)), (2, 2));
    for request in seen {
        assert!(request.to_lowercase().contains("content-length: 6\r\n") && request.ends_with("abcdef"), "{request}");
    }
}

#[tokio::test]
async fn an_upload_of_another_length_than_it_says_is_never_taken_for_whole() {
    // 3 is where a piece ends.
    for len in [0, 3, 5, 7] {
        let (url, seen) = server(&[OK]).await;
        let connection = Connection::builder(Tokens::for_hosts(&[url])).max_tries(1).build().unwrap();
        let request = put(Body::made(len, || pieces(&["abc", "def"]))).with_effect(Effect::Once);
        let error = connection.send(request).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::OutcomeUnknown), "{len}: {error:?}");
        assert!(seen.lock().unwrap().is_empty(), "{len}");
    }
}

#[tokio::test]
async fn empty_pieces_are_no_part_of_an_upload() {
    let (url, seen) = server(&[OK]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[url])).max_tries(1).build().unwrap();
    connection.send(put(Body::made(6, || pieces(&["", "abc", "", "def", "", ""])))).await.unwrap();
    assert!(seen.lock().unwrap()[0].ends_with("abcdef"));
}

#[tokio::test]
async fn an_upload_may_take_longer_than_silence_may_last() {
    let (url, seen) = server(&[OK]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[url]))
        .read_timeout(Duration::from_millis(200))
        .max_tries(1)
        .build()
        .unwrap();
    let slow = || {
        BodyStream::new(stream::iter(0..40).then(|_| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Bytes::from_static(b"x"))
        }))
    };
    connection.send(put(Body::made(40, slow))).await.unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn silence_in_the_middle_of_an_upload_has_an_end() {
    let (url, _) = server(&[]).await;
    let connection = Connection::builder(Tokens::for_hosts(&[url]))
        .read_timeout(Duration::from_millis(50))
        .max_tries(1)
        .build()
        .unwrap();
    let stuck = || BodyStream::new(pieces(&["abc"]).chain(stream::pending()));
    let error = connection.send(put(Body::made(6, stuck)).with_effect(Effect::Repeatable)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
}

#[tokio::test]
async fn silence_in_the_middle_of_an_answer_has_an_end() {
    for request in [put(Body::made(6, || pieces(&["abc", "def"]))), Request::get("limits")] {
        let (url, _) = server(&["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"]).await;
        let connection = Connection::builder(Tokens::for_hosts(&[url]))
            .read_timeout(Duration::from_millis(50))
            .timeout(Duration::from_secs(5))
            .max_tries(1)
            .build()
            .unwrap();
        let error = connection.send(request).await.unwrap_err();
        assert!(error.to_string().contains("silent for longer"), "{error}");
    }
}
