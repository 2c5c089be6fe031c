//! The org under a host's own mocks.

use std::io::{Read, Write};
use std::net::TcpStream;

use salesforce_mock::{Fault, Org, OrgResponder};
use serde_json::json;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn exchange(server: &MockServer, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    all
}

#[test]
fn mocks_lie_over_the_org_and_the_org_answers_the_rest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let server = MockServer::start().await;
        let org = OrgResponder::new(Org::empty());
        let token = org.with(|org| {
            org.set_base_url(&server.uri());
            org.insert("Account", &json!({"Name": "Acme"})).unwrap();
            org.issue_token()
        });
        Mock::given(any()).respond_with(org.clone()).with_priority(255).mount(&server).await;
        let own = ResponseTemplate::new(418).set_body_string("mine");
        Mock::given(path("/services/data/v68.0/limits")).respond_with(own).mount(&server).await;
        let get = |path: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n")
        };
        let answer = exchange(&server, &get("/services/data/v68.0/limits"));
        assert!(answer.starts_with("HTTP/1.1 418") && answer.ends_with("mine"), "{answer}");
        let answer = exchange(&server, &get("/services/data/v68.0/query?q=SELECT+Name+FROM+Account"));
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"Name\":\"Acme\""), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("sforce-limit-info: api-usage=1/"), "{answer}");
        org.with(|org| org.fault(Fault::reset()));
        assert!(exchange(&server, &get("/services/data/v68.0/query")).starts_with("HTTP/1.1 500"));
        assert_eq!(org.with(|org| org.journal().len()), 2);
    });
}
