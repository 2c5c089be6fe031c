//! Whatever a client sends is answered, and what is refused is refused in the shape of its API.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use proptest::prelude::*;
use salesforce_mock::Body;

use crate::support::{Answer, Client};

/// The requests of one run of the property, each with the same seed every time.
const REQUESTS: u32 = 4_000;

/// Whether an answer is what a client of that place can read.
fn has_its_shape(path: &str, answer: &Answer) -> bool {
    let (status, text) = (answer.status.as_u16(), answer.text.as_str());
    match status {
        200..=399 => true,
        // A HEAD has no body.
        _ if text.is_empty() => true,
        500 => path.starts_with("/services/Soap/") && text.contains("<faultcode>"),
        501.. => false,
        _ if path.starts_with("/services/async/") && status == 400 => text.contains("exceptionCode"),
        _ => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => json[0]["errorCode"].is_string() || json["error"].is_string(),
            Err(_) => path.starts_with("/services/oauth2/") || path.starts_with("/setup/") || path.starts_with("/id/"),
        },
    }
}

fn paths() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/services/data/v68.0/query",
        "/services/data/v68.0/queryAll",
        "/services/data/v68.0/sobjects/Account",
        "/services/data/v68.0/sobjects/Account/001000000000000AAA",
        "/services/data/v68.0/composite",
        "/services/data/v68.0/composite/batch",
        "/services/data/v68.0/composite/graph",
        "/services/data/v68.0/composite/sobjects",
        "/services/data/v68.0/composite/tree/Account",
        "/services/data/v68.0/parameterizedSearch",
        "/services/data/v68.0/search",
        "/services/data/v68.0/graphql",
        "/services/data/v68.0/jobs/query",
        "/services/data/v68.0/jobs/ingest",
        "/services/data/v68.0/tooling/query",
        "/services/async/60.0/job",
        "/services/async/60.0/job/750000000000000AAA/batch",
        "/services/Soap/u/60.0",
        "/services/oauth2/token",
        "/services/oauth2/introspect",
        "/services/data",
    ]);
    let query = prop_oneof![
        2 => Just(String::new()),
        1 => "\\?q=[A-Za-z0-9%+(){}=']{0,30}".prop_map(|query| query.replace('%', "%25")),
        1 => Just("?q=SELECT+Id+FROM+Account+WHERE+Name+LIKE+'%25".to_owned()),
    ];
    prop_oneof![
        8 => (known, "(/[A-Za-z0-9._-]{0,8}){0,2}", query).prop_map(|(path, rest, query)| format!("{path}{rest}{query}")),
        1 => "/[A-Za-z0-9/._-]{0,40}",
    ]
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let nearly = prop::sample::select(vec![
        r#"{"Name":"A"}"#,
        r#"{"records":[{"attributes":{"type":"Account"},"Name":"A"}]}"#,
        r#"{"compositeRequest":[{"method":"GET","url":"/services/data/v68.0/limits","referenceId":"a"}]}"#,
        r#"{"batchRequests":[{"method":"GET","url":"v68.0/limits"}]}"#,
        r#"{"operation":"query","query":"SELECT Id"}"#,
        r#"{"operation":"insert","object":"Account","contentType":"CSV"}"#,
        "Name,Phone\n\"A\",1\n",
        "<jobInfo><operation>insert</operation><object>Account</object></jobInfo>",
        "<Envelope><Body><create><sObjects><type>Account</type></sObjects></create></Body></Envelope>",
        "grant_type=password&username=a&password=b",
        "{\"query\":\"{ uiapi { query { Account { edges } } } }\"}",
    ]);
    // A text that means something, with one place changed: cut off, doubled, or another byte.
    let spoilt = (nearly, any::<prop::sample::Index>(), any::<u8>(), 0..4_u8).prop_map(|(text, at, byte, how)| {
        let mut body = text.as_bytes().to_vec();
        let at = at.index(body.len());
        match how {
            0 => body.truncate(at),
            1 => body[at] = byte,
            2 => body.extend_from_within(at..),
            _ => {}
        }
        body
    });
    let deep = (prop::sample::select(vec!["[", "{\"a\":", "<a>", "("]), 1..3_000_usize)
        .prop_map(|(part, times)| part.repeat(times).into_bytes());
    prop_oneof![6 => spoilt, 1 => deep, 2 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: REQUESTS, rng_seed: prop::test_runner::RngSeed::Fixed(6), failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_request_panics_and_each_refusal_has_the_shape_of_its_api(
        method in prop::sample::select(vec!["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "MERGE"]),
        path in paths(),
        kind in prop::sample::select(vec!["application/json", "text/xml", "application/xml", "text/csv", "", "a/b",
            "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"]),
        encoding in prop::option::weighted(0.1, prop::sample::select(vec!["gzip", "deflate", "br"])),
        body in bodies(),
    ) {
        thread_local! {
            static ORG: std::cell::RefCell<Client> = std::cell::RefCell::new(Client::empty());
        }
        let token = ORG.with_borrow(|client| client.token.clone());
        let mut request = Request::builder().method(method).uri(&path).header("Content-Type", kind)
            .header("Authorization", format!("Bearer {token}")).header("SOAPAction", "x");
        if let Some(encoding) = encoding {
            request = request.header("Content-Encoding", encoding);
        }
        let answer = ORG.with_borrow_mut(|client| client.send(request.body(Body::from(body)).unwrap()));
        prop_assert!(has_its_shape(&path, &answer), "{method} {path}: {} {}", answer.status, answer.text);
    }
}

#[test]
fn a_body_that_unpacks_to_more_than_is_taken_is_refused() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let zeros = vec![b' '; 1 << 20];
    (0..60).for_each(|_| packed.write_all(&zeros).unwrap());
    let packed = packed.finish().unwrap();
    for path in ["/services/data/v68.0/sobjects/Account", "/services/async/60.0/job"] {
        let mut client = Client::empty();
        let request = Request::post(path)
            .header("Authorization", format!("Bearer {}", client.token))
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "gzip");
        let answer = client.send(request.body(Body::from(packed.clone())).unwrap());
        assert!(matches!(answer.status.as_u16(), 400 | 413) && has_its_shape(path, &answer), "{}", answer.text);
    }
}
