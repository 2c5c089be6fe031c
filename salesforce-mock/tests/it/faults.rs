//! Trouble on demand, as the org hands it to whoever brings its answers.

use std::time::Duration;

use http::Method;
use salesforce_mock::{Fault, Part};
use serde_json::json;

use crate::support::Client;

#[test]
fn a_status_comes_with_its_error_list_and_headers() {
    let mut client = Client::empty();
    client.org.fault(Fault::status(503).header("Retry-After", "7").at("query").times(2));
    assert_eq!(client.get("limits").status, 200);
    for _ in 0..2 {
        let answer = client.query("SELECT Id FROM Account");
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "7"));
        assert_eq!(answer.json(), json!([{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}]));
    }
    assert_eq!(client.query("SELECT Id FROM Account").status, 200);
}

#[test]
fn a_row_lock_can_be_played() {
    let mut client = Client::empty();
    let text = "unable to obtain exclusive access to this record";
    client.org.fault(Fault::error(400, "UNABLE_TO_LOCK_ROW", text).method(Method::POST));
    let answer = client.call("POST", "sobjects/Account", &[], r#"{"Name":"A"}"#);
    assert_eq!(answer.json(), json!([{"errorCode": "UNABLE_TO_LOCK_ROW", "message": text}]));
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn a_reset_does_nothing_and_a_lost_answer_everything() {
    let mut client = Client::empty();
    client.org.fault(Fault::reset().method(Method::POST));
    client.org.fault(Fault::lost_answer().method(Method::POST));
    for (expected, rows) in [(Part::Nothing, 0), (Part::Nothing, 1), (Part::Whole, 2)] {
        let answer = client.call("POST", "sobjects/Account", &[], r#"{"Name":"A"}"#);
        assert_eq!(answer.delivery.part, expected);
        assert_eq!(client.rows("SELECT Id FROM Account").len(), rows);
    }
    let faults: Vec<_> = client.org.journal().entries().filter_map(|entry| entry.fault).collect();
    assert_eq!(faults, ["reset", "lost answer"]);
}

#[test]
fn delays_and_cuts_are_left_to_who_brings_the_answer() {
    let mut client = Client::empty();
    client.org.fault(Fault::delay(Duration::from_secs(9)));
    client.org.fault(Fault::truncated(10));
    let answer = client.get("limits");
    assert_eq!((answer.status.as_u16(), answer.delivery.delay), (200, Duration::from_secs(9)));
    assert_eq!(client.get("limits").delivery.part, Part::Bytes(10));
    assert_eq!(client.get("limits").delivery, salesforce_mock::Delivery::default());
}

#[test]
fn a_token_expires_in_mid_work_and_stays_so() {
    let mut client = Client::empty();
    client.org.fault(Fault::expired_token().at("query").skip(1));
    assert_eq!(client.query("SELECT Id FROM Account").status, 200);
    assert_eq!(client.query("SELECT Id FROM Account").code(), "INVALID_SESSION_ID");
    assert_eq!(client.query("SELECT Id FROM Account").status, 401);
    client.token = client.org.issue_token();
    assert_eq!(client.query("SELECT Id FROM Account").status, 200);
}

#[test]
fn maintenance_is_a_page_for_people() {
    let mut client = Client::empty();
    client.org.fault(Fault::maintenance().at("/").forever());
    let answer = client.get("/services/oauth2/token");
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (503, "text/html;charset=UTF-8"));
    assert!(answer.text.contains("We are down for maintenance."));
    client.org.clear_faults();
    assert_eq!(client.get("limits").status, 200);
}

#[test]
fn any_body_can_be_played_for_a_text_of_the_query() {
    let mut client = Client::empty();
    let body = r#"{"totalSize":1,"done":false,"nextRecordsUrl":"https://evil.example/q","records":[]}"#;
    client.org.fault(Fault::body(200, "application/json", body).containing("FROM Lead"));
    assert_eq!(client.query("SELECT Id FROM Account").json()["done"], true);
    assert_eq!(client.query("SELECT Id FROM Lead").text, body);
}

#[test]
fn garbage_that_calls_itself_gzip_cannot_be_unpacked() {
    use std::io::Read;
    let mut client = Client::empty();
    client.org.fault(Fault::gzip_garbage());
    let token = client.token.clone();
    let request = http::Request::get("/services/data/v68.0/limits").header("authorization", format!("Bearer {token}"));
    let response = client.org.handle(request.body(salesforce_mock::Body::empty()).unwrap());
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let bytes = response.into_body().into_bytes(1000).unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]));
    assert!(flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut Vec::new()).is_err());
}

/// A complete query job over accounts whose names hold line ends; the path of its results.
fn results(client: &mut Client) -> String {
    for row in 0..5 {
        client.insert("Account", json!({"Name": format!("A{row}\nB")}));
    }
    let job = client.post("jobs/query", json!({"operation": "query", "query": "SELECT Name FROM Account"}));
    format!("jobs/query/{}/results", job.json()["id"].as_str().unwrap())
}

#[test]
fn a_page_can_end_between_two_rows_as_if_it_were_whole() {
    let mut client = Client::empty();
    let path = results(&mut client);
    client.org.fault(Fault::short(3).at(&*path));
    let short = client.get(&path);
    assert_eq!((short.status.as_u16(), short.header("sforce-numberofrecords")), (200, "5"));
    assert_eq!(short.text, "\"Name\"\n\"A0\nB\"\n\"A1\nB\"\n\"A2\nB\"\n");
    assert_eq!((short.delivery.part, client.get(&path).text.matches("B\"").count()), (Part::Whole, 5));
}

#[test]
fn a_page_can_announce_another_number_of_rows() {
    let mut client = Client::empty();
    let path = results(&mut client);
    client.org.fault(Fault::wrong_count(2));
    client.org.fault(Fault::wrong_count(-1));
    for count in ["7", "4", "5"] {
        let page = client.get(&path);
        assert_eq!((page.header("sforce-numberofrecords"), page.text.matches("B\"").count()), (count, 5));
    }
}

#[test]
fn bodies_can_be_slow_or_reset_on_their_way() {
    let mut client = Client::empty();
    client.org.fault(Fault::slow(Duration::from_secs(9)));
    client.org.fault(Fault::reset_after(10));
    assert_eq!(client.get("limits").delivery.between, Duration::from_secs(9));
    assert_eq!(client.get("limits").delivery.part, Part::BytesThenReset(10));
    let names: Vec<_> = client.org.journal().entries().filter_map(|entry| entry.fault).collect();
    assert_eq!(names, ["slow", "reset after"]);
}

#[test]
fn what_lost_its_answer_was_done() {
    let mut client = Client::empty();
    let job = client.post("jobs/ingest", json!({"object": "Account", "operation": "insert"})).json();
    let path = format!("jobs/ingest/{}", job["id"].as_str().unwrap());
    client.org.fault(Fault::lost_answer().at("jobs/ingest").times(2));
    let csv = [("content-type", "text/csv")];
    assert_eq!(client.call("PUT", &format!("{path}/batches"), &csv, "Name\nA\n").delivery.part, Part::Nothing);
    assert_eq!(client.patch(&path, json!({"state": "UploadComplete"})).delivery.part, Part::Nothing);
    assert_eq!(client.call("PUT", &format!("{path}/batches"), &csv, "Name\nA\n").code(), "INVALIDJOBSTATE");
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 1);
    assert_eq!(client.org.journal().count("jobs/ingest"), 4);
}
