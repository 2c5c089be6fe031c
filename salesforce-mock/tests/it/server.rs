//! The org behind HTTP, spoken to over plain sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use salesforce_mock::{Fault, MockOrg, Org};
use serde_json::{Value, json};

/// Runs on a runtime of its own kind: the org does not care.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn serve(org: Org) -> MockOrg {
    block_on(MockOrg::serve(org))
}

fn get(org: &MockOrg, path: &str, more: &str) -> String {
    let token = org.access_token();
    format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{more}\r\n", org.address())
}

/// Sends a request and reads all that comes until the end.
fn exchange(org: &MockOrg, request: &str) -> (Vec<u8>, Option<std::io::ErrorKind>) {
    let mut stream = TcpStream::connect(org.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = Vec::new();
    let end = stream.read_to_end(&mut all).err().map(|error| error.kind());
    (all, end)
}

fn parts(answer: &[u8]) -> (String, Vec<u8>) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_ascii_lowercase(), answer[end + 4..].to_vec())
}

#[test]
fn it_tells_where_it_is_and_who_may_log_in() {
    let org = serve(Org::empty());
    assert!(org.url().starts_with("http://127.0.0.1:"));
    assert_eq!(org.login_url(), org.url());
    let form =
        format!("grant_type=client_credentials&client_id={}&client_secret={}", org.client_id(), org.client_secret());
    let request = format!(
        "POST /services/oauth2/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let (head, body) = parts(&exchange(&org, &request).0);
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let token: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(token["instance_url"], org.url());
    assert!(token["id"].as_str().unwrap().contains(&org.org_id()));
    assert_eq!(org.journal().count("/services/oauth2/token"), 1);
    assert!(org.username().contains('@'));
    assert!(org.ca_cert().is_none());
}

#[test]
fn a_connection_serves_many_requests_and_chunked_bodies() {
    let org = serve(Org::empty());
    let mut stream = TcpStream::connect(org.address()).unwrap();
    let token = org.access_token();
    let body = "5\r\n{\"Nam\r\n9\r\ne\":\"Acme\"\r\n1\r\n}\r\n0\r\n\r\n";
    let create = format!(
        "POST /services/data/v68.0/sobjects/Account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
    );
    for _ in 0..3 {
        stream.write_all(create.as_bytes()).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 201");
        let mut rest = Vec::new();
        while !rest.ends_with(b"\"errors\":[],\"success\":true}") && !rest.ends_with(b"\"success\":true}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            rest.push(byte[0]);
        }
    }
    assert_eq!(org.with(|org| org.query("SELECT Id FROM Account").unwrap().len()), 3);
}

#[test]
fn large_answers_are_compressed_for_those_who_take_it() {
    let org = serve(Org::empty());
    org.with(|org| {
        for n in 0..200 {
            org.insert("Account", &json!({"Name": format!("Account {n}")})).unwrap();
        }
    });
    let path = "/services/data/v68.0/query?q=SELECT+Id,Name+FROM+Account";
    let close = "Connection: close\r\n";
    let (head, plain) = parts(&exchange(&org, &get(&org, path, close)).0);
    assert!(!head.contains("content-encoding"), "{head}");
    let accept = format!("Accept-Encoding: gzip, deflate\r\n{close}");
    let (head, packed) = parts(&exchange(&org, &get(&org, path, &accept)).0);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert!(packed.len() * 4 < plain.len());
    let (head, _) = parts(&exchange(&org, &get(&org, "/services/data/v68.0/limits/recordCount", &accept)).0);
    assert!(!head.contains("content-encoding"), "small answers are not: {head}");
    let refused = format!("Accept-Encoding: gzip;q=0\r\n{close}");
    assert!(!parts(&exchange(&org, &get(&org, path, &refused)).0).0.contains("content-encoding"));
}

#[test]
fn faults_reach_the_wire() {
    let org = serve(Org::empty());
    let path = "/services/data/v68.0/limits";
    let close = "Connection: close\r\n";
    for fault in [Fault::reset(), Fault::lost_answer()] {
        org.fault(fault);
        let (bytes, error) = exchange(&org, &get(&org, path, close));
        assert!(bytes.is_empty());
        assert_eq!(error, Some(std::io::ErrorKind::ConnectionReset));
    }
    org.fault(Fault::truncated(25));
    let (head, body) = parts(&exchange(&org, &get(&org, path, close)).0);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(body.len(), 25);
    assert!(length.parse::<usize>().unwrap() > 25);
    org.fault(Fault::delay(Duration::from_millis(20)));
    assert!(exchange(&org, &get(&org, path, close)).0.starts_with(b"HTTP/1.1 200"));
    assert_eq!(org.journal().entries().filter(|entry| entry.fault.is_some()).count(), 4);
}

#[test]
fn a_head_answer_says_the_length_and_a_date() {
    let org = serve(Org::empty());
    let request = get(&org, "/services/data/v68.0/limits", "Connection: close\r\n").replace("GET", "HEAD");
    let (head, body) = parts(&exchange(&org, &request).0);
    assert!(body.is_empty());
    assert!(!head.contains("content-length: 0"), "{head}");
    assert_eq!(head.matches("date: ").count(), 1, "{head}");
}

#[test]
fn many_clients_are_served_at_once() {
    let org = serve(Org::demo());
    let request = get(&org, "/services/data/v68.0/query?q=SELECT+Id,Name+FROM+Contact", "Connection: close\r\n");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (head, _) = parts(&exchange(&org, &request).0);
                assert!(head.starts_with("http/1.1 200"));
            });
        }
    });
    assert_eq!(org.journal().count("query"), 8);
}

#[test]
fn a_dropped_org_serves_no_more() {
    let org = serve(Org::empty());
    let address = org.address();
    drop(org);
    let refused = (0..200).any(|_| {
        std::thread::yield_now();
        match TcpStream::connect(address) {
            Err(_) => true,
            Ok(mut stream) => {
                stream.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err() || stream.read(&mut [0; 9]).unwrap_or(0) == 0
            }
        }
    });
    assert!(refused);
}

#[test]
fn an_org_may_be_dropped_inside_any_runtime() {
    block_on(async {
        drop(MockOrg::serve(Org::empty()).await);
    });
}

#[test]
fn tls_is_vouched_for_by_the_file_it_names() {
    use std::sync::Arc;
    use tokio_rustls::rustls::crypto::aws_lc_rs;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
    let org = block_on(MockOrg::builder().org(Org::empty()).tls().start()).unwrap();
    assert!(org.url().starts_with("https://127.0.0.1:"));
    let path = org.ca_cert().unwrap().to_owned();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&path).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    for name in ["127.0.0.1", "localhost"] {
        let server = ServerName::try_from(name).unwrap();
        let mut connection = ClientConnection::new(Arc::new(config.clone()), server).unwrap();
        let mut socket = TcpStream::connect(org.address()).unwrap();
        let mut stream = Stream::new(&mut connection, &mut socket);
        stream.write_all(b"GET /services/data HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
    }
    drop(org);
    assert!(!path.exists());
}

#[test]
fn pages_of_jobs_are_compressed_while_they_are_made() {
    let org = serve(Org::generated(3000, 1));
    let id = org.with(|org| {
        let token = org.issue_token();
        let body = json!({"operation": "query", "query": "SELECT Id, Name FROM Account"}).to_string();
        let request = http::Request::post("/services/data/v68.0/jobs/query")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let answer = org.handle(request.body(body.into()).unwrap()).into_body().into_bytes(9999).unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned()
    });
    let path = format!("/services/data/v68.0/jobs/query/{id}/results");
    let (head, plain) = parts(&exchange(&org, &get(&org, &path, "Connection: close\r\n")).0);
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("gzip"), "{head}");
    let (head, packed) = parts(&exchange(&org, &get(&org, &path, "Accept-Encoding: gzip\r\nConnection: close\r\n")).0);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&*unchunked(&packed)).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked.as_bytes(), unchunked(&plain));
}

/// The bytes of a chunked body.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return all;
        }
        all.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
}

#[test]
fn a_file_is_taken_while_it_comes() {
    let org = serve(Org::empty());
    org.with(|org| org.files_mut().keep = 1000);
    let head = "--B\r\nContent-Disposition: form-data; name=\"e\"\r\nContent-Type: application/json\r\n\r\n{\"PathOnClient\":\"a\"}\r\n\
                --B\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a\"\r\n\r\n";
    let blob = salesforce_mock::Blob::made(5, 3_000_000);
    let length = head.len() + 3_000_000 + "\r\n--B--".len();
    let mut stream = TcpStream::connect(org.address()).unwrap();
    let token = org.access_token();
    write!(
        stream,
        "POST /services/data/v68.0/sobjects/ContentVersion HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: {length}\r\n\r\n{head}"
    )
    .unwrap();
    let mut body = blob.body().unwrap();
    while let Some(piece) = body.next_piece() {
        stream.write_all(&piece.unwrap()).unwrap();
    }
    stream.write_all(b"\r\n--B--").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let row = &org.with(|org| org.query("SELECT Checksum FROM ContentVersion").unwrap())[0];
    assert_eq!(serde_json::to_value(row).unwrap()["Checksum"], blob.md5());
}

#[test]
fn a_body_that_is_too_large_is_taken_to_its_end_and_refused() {
    let org = serve(Org::empty());
    org.with(|org| org.bulk_mut().most_upload = 4_000_000);
    let token = org.access_token();
    let send = |token: &str, path: &str, length: usize| {
        let mut stream = TcpStream::connect(org.address()).unwrap();
        write!(
            stream,
            "PUT /services/data/v68.0/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Content-Type: text/csv\r\nContent-Length: {length}\r\n\r\n"
        )
        .unwrap();
        stream.write_all(&vec![b'a'; length]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let job = org.with(|org| {
        let request = http::Request::post("/services/data/v68.0/jobs/ingest")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(salesforce_mock::Body::from(r#"{"object":"Account","operation":"insert"}"#));
        let answer = org.handle(request.unwrap()).into_body().into_bytes(2000).unwrap();
        serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned()
    });
    let path = format!("jobs/ingest/{job}/batches");
    assert!(send("none", &path, 1_000_000).starts_with("HTTP/1.1 401"));
    assert!(send(&token, &path, 8_000_000).starts_with("HTTP/1.1 413"));
    assert!(send(&token, &path, 3_000_000).starts_with("HTTP/1.1 201"));
}

#[test]
fn a_body_is_reset_behind_its_first_bytes() {
    let org = serve(Org::empty());
    org.fault(Fault::reset_after(10));
    let (answer, end) = exchange(&org, &get(&org, "/services/data/v68.0/limits", ""));
    assert_eq!(end, Some(std::io::ErrorKind::ConnectionReset));
    assert!(answer.is_empty() || parts(&answer).1.len() <= 10);
}
