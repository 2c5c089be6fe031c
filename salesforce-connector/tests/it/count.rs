use connector_core::{ErrorKind, Mode, Outcome, run, testing::MemorySink};
use salesforce_mock::{Fault, MockOrg};
use salesforce_types::Record;
use serde_json::{Value, json};

use crate::support::{MINUTE, backup, empty, live, source};

const QUERY: &str = "queryAll";

async fn org(rows: usize) -> MockOrg {
    let mut org = empty();
    for number in 0..rows {
        org.insert("Account", &json!({"Name": format!("{number}")})).unwrap();
    }
    let mock = MockOrg::serve(org).await;
    mock.with(|org| org.advance(MINUTE * 2));
    mock
}

/// A page of the org's rows, of which some are missing.
fn page(mock: &MockOrg, announced: usize, keep: impl Fn(usize) -> bool) -> Vec<u8> {
    let rows: Vec<Record> =
        mock.with(|org| org.query_all("SELECT Id, Name, SystemModstamp, IsDeleted FROM Account ORDER BY Id")).unwrap();
    let rows: Vec<Value> =
        rows.iter().enumerate().filter(|(n, _)| keep(*n)).map(|(_, row)| serde_json::to_value(row).unwrap()).collect();
    serde_json::to_vec(&json!({"totalSize": announced, "done": true, "records": rows})).unwrap()
}

#[tokio::test]
async fn an_answer_that_ends_early_is_asked_for_the_rest() {
    let (mock, sink) = (org(10).await, MemorySink::new());
    mock.fault(Fault::body(200, "application/json", page(&mock, 10, |n| n < 4)).at(QUERY));
    let report = run(&source(&mock, ["Account"]), &sink, Mode::Complete).await.unwrap();
    assert_eq!((report.outcome, live(&sink)), (Outcome::Succeeded, 10));
    let read = &report.streams["Account"];
    assert!(read.notes.iter().any(|note| note.contains("4 of 10")), "{:?}", read.notes);
    assert_eq!((read.announced, read.calls), (Some(10), 2));
}

#[tokio::test]
async fn rows_missing_in_the_middle_are_a_failure_and_are_read_by_the_next_run() {
    let (mock, sink) = (org(10).await, MemorySink::new());
    let source = source(&mock, ["Account"]);
    mock.fault(Fault::body(200, "application/json", page(&mock, 10, |n| n != 4)).at(QUERY));
    let report = run(&source, &sink, Mode::Complete).await.unwrap();
    assert_eq!(report.outcome, Outcome::Partial);
    let why = report.streams["Account"].failed.as_deref().unwrap();
    assert!(why.contains("announced 10 rows and delivered 9"), "{why}");
    let report = run(&source, &sink, Mode::Incremental).await.unwrap();
    assert_eq!((report.outcome, report.streams["Account"].mode, live(&sink)), (Outcome::Succeeded, Mode::Complete, 10));
}

#[tokio::test]
async fn an_org_that_announces_too_much_is_noted_and_believed_to_have_delivered_all() {
    let (mock, sink) = (org(10).await, MemorySink::new());
    mock.fault(Fault::body(200, "application/json", page(&mock, 12, |_| true)).at(QUERY));
    let report = run(&source(&mock, ["Account"]), &sink, Mode::Complete).await.unwrap();
    assert_eq!((report.outcome, live(&sink)), (Outcome::Succeeded, 10));
    let notes = &report.streams["Account"].notes;
    assert!(notes.iter().any(|note| note.contains("announced 12 rows and delivered 10")), "{notes:?}");
}

#[tokio::test]
async fn pages_that_do_not_end_are_an_error() {
    let (mock, sink) = (org(10).await, MemorySink::new());
    let next = "/services/data/v68.0/query/0r8000000000001AAA-10";
    let circle = json!({"totalSize": 10, "done": false, "nextRecordsUrl": next, "records": []}).to_string();
    mock.fault(Fault::body(200, "application/json", circle.clone()).at(QUERY).forever());
    mock.fault(Fault::body(200, "application/json", circle).containing("0r8").forever());
    let report = run(&source(&mock, ["Account"]), &sink, Mode::Complete).await.unwrap();
    let failed = report.streams["Account"].failed.clone().unwrap();
    assert!(failed.contains("do not come to an end"), "{failed}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_one_sentence_that_names_the_call() {
    for body in [&b"{\"done\":tr"[..], b"[]", br#"{"done":true,"records":[{"Name":"no id"}]}"#, b""] {
        let (mock, sink) = (org(3).await, MemorySink::new());
        let source = source(&mock, ["Account", "Contact"]);
        mock.fault(Fault::body(200, "application/json", body.to_vec()).at(QUERY).containing("FROM Account"));
        let report = run(&source, &sink, Mode::Complete).await.unwrap();
        let failed = report.streams["Account"].failed.clone().unwrap();
        assert!(failed.contains("queryAll of Account"), "{failed}");
        assert!(report.streams["Contact"].failed.is_none());
        backup(&mock, &source, &sink, Mode::Incremental).await;
        assert_eq!(live(&sink), 3, "the next run reads it");
    }
}

#[tokio::test]
async fn a_cursor_that_leads_to_another_host_is_not_followed() {
    let (mock, sink) = (org(3).await, MemorySink::new());
    let body = json!({"totalSize": 9, "done": false, "nextRecordsUrl": "https://evil.example/services/data/v68.0/query/0r8-1", "records": []});
    mock.fault(Fault::body(200, "application/json", body.to_string()).at(QUERY));
    let report = run(&source(&mock, ["Account"]), &sink, Mode::Complete).await.unwrap();
    let failed = report.streams["Account"].failed.clone().unwrap();
    assert!(failed.contains("evil.example") || failed.contains("host"), "{failed}");
}

#[tokio::test]
async fn an_org_that_has_no_calls_left_stops_the_run_which_goes_on_later() {
    let (mock, sink) = (org(500).await, MemorySink::new());
    let source = source(&mock, ["Account"]).page_size(200);
    let limit = Fault::error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    mock.fault(limit.containing("0r8").skip(1).forever());
    let error = run(&source, &sink, Mode::Complete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && error.to_string().contains("REQUEST_LIMIT_EXCEEDED"), "{error}");
    mock.with(salesforce_mock::Org::clear_faults);
    let report = run(&source, &sink, Mode::Complete).await.unwrap();
    assert_eq!((report.resumed, report.streams["Account"].resumed.rows, live(&sink)), (true, 400, 500));
}
