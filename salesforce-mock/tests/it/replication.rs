//! What was updated and deleted in a window of time.

use std::time::Duration;

use salesforce_mock::rules::Draft;
use salesforce_mock::{Org, OrgClock};
use salesforce_types::{RecordId, Timestamp};
use serde_json::{Value, json};

use crate::support::{Answer, Client, encoded, with_demo_objects};

const NOON: &str = "2026-03-02T12:00:30Z";

fn at(client: &mut Client, time: &str) {
    client.org.store_mut().clock = OrgClock::fixed(time.parse().unwrap());
    client.token = client.org.issue_token();
}

fn ask(client: &mut Client, what: &str, start: &str, end: &str) -> Answer {
    client.get(&format!("sobjects/{what}?start={}&end={}", encoded(start), encoded(end)))
}

fn ids(answer: &Value) -> Vec<String> {
    let list = answer.get("ids").or_else(|| answer.get("deletedRecords")).unwrap().as_array().unwrap();
    list.iter().map(|id| id.as_str().or_else(|| id["id"].as_str()).unwrap().to_owned()).collect()
}

/// An org at noon with rows of one minute before.
fn with_accounts(count: usize) -> (Client, Vec<String>) {
    let mut client = with_demo_objects();
    at(&mut client, "2026-03-02T11:59:05Z");
    let ids = (0..count).map(|n| client.insert("Account", json!({"Name": format!("A{n}")}))).collect();
    at(&mut client, NOON);
    (client, ids)
}

#[test]
fn updated_rows_are_told_with_what_is_covered() {
    let (mut client, accounts) = with_accounts(2);
    let answer = ask(&mut client, "account/updated/", "2026-03-02T11:00:00+00:00", "2026-03-02T13:00:00+01:00");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json(), json!({"ids": accounts, "latestDateCovered": "2026-03-02T12:00:00.000+0000"}));
}

#[test]
fn seconds_do_not_count_and_the_end_is_not_in_the_window() {
    let (mut client, accounts) = with_accounts(1);
    for (start, end, found) in [
        ("2026-03-02T11:59:59Z", "2026-03-02T12:00:59Z", true),
        ("2026-03-02T11:58:00Z", "2026-03-02T11:59:59Z", false),
        ("2026-03-02T12:00:00Z", "2026-03-02T12:01:00Z", false),
    ] {
        let answer = ask(&mut client, "Account/updated", start, end).json();
        assert_eq!(ids(&answer), if found { &accounts[..] } else { &[] }, "{start} {end}");
    }
}

#[test]
fn what_is_covered_is_never_later_than_the_end_or_now() {
    let (mut client, _) = with_accounts(0);
    for (end, covered) in [
        ("2026-03-02T11:30:45Z", "2026-03-02T11:30:00.000+0000"),
        ("2026-03-03T00:00:00Z", "2026-03-02T12:00:00.000+0000"),
    ] {
        for what in ["updated", "deleted"] {
            let answer = ask(&mut client, &format!("Account/{what}"), "2026-03-02T10:00:00Z", end).json();
            assert_eq!(answer["latestDateCovered"], covered);
        }
    }
}

#[test]
fn a_long_transaction_holds_back_what_is_covered() {
    let (mut client, _) = with_accounts(0);
    let schema = client.org.store().schema().clone();
    let account = schema.object("Account").unwrap();
    let late: Timestamp = "2026-03-02T12:09:00Z".parse().unwrap();
    client.org.store_mut().create_late(account, &Draft::new().with("Name", "Late"), late).unwrap();
    client.org.advance(Duration::from_secs(300));
    let window = ("2026-03-02T11:00:00Z", "2026-03-02T13:00:00Z");
    let answer = ask(&mut client, "Account/updated", window.0, window.1).json();
    assert_eq!(answer, json!({"ids": [], "latestDateCovered": "2026-03-02T12:00:00.000+0000"}));
    client.org.advance(Duration::from_secs(300));
    let answer = ask(&mut client, "Account/updated", "2026-03-02T12:00:00Z", window.1).json();
    assert_eq!((ids(&answer).len(), &answer["latestDateCovered"]), (1, &json!("2026-03-02T12:10:00.000+0000")));
}

#[test]
fn b1_10_hard_deleted_rows_are_in_the_log_and_nowhere_else() {
    let (mut client, accounts) = with_accounts(500);
    for id in &accounts {
        let id: RecordId = id.parse().unwrap();
        client.org.delete(id).unwrap();
        client.org.store_mut().purge(id).unwrap();
    }
    assert!(client.org.query_all("SELECT Id FROM Account").unwrap().is_empty());
    let answer = ask(&mut client, "Account/deleted", "2026-03-02T12:00:00Z", "2026-03-02T12:01:00Z").json();
    assert_eq!(ids(&answer), accounts);
    assert_eq!(answer["deletedRecords"][0]["deletedDate"], "2026-03-02T12:00:30.000+0000");
    assert_eq!(answer["earliestDateAvailable"], "2026-02-15T12:00:00.000+0000");
}

#[test]
fn an_undeleted_row_is_updated_and_not_deleted() {
    let (mut client, accounts) = with_accounts(1);
    let id: RecordId = accounts[0].parse().unwrap();
    client.org.delete(id).unwrap();
    client.org.store_mut().undelete(id).unwrap();
    let window = ("2026-03-02T12:00:00Z", "2026-03-02T12:05:00Z");
    assert!(ids(&ask(&mut client, "Account/deleted", window.0, window.1).json()).is_empty());
    assert_eq!(ids(&ask(&mut client, "Account/updated", window.0, window.1).json()), accounts);
}

#[test]
fn b1_15_children_that_went_with_their_parent_are_told_without_a_stamp_of_their_own() {
    let mut client = with_demo_objects();
    at(&mut client, NOON);
    client.org.store_mut().stamp_cascades = false;
    let account = client.insert("Account", json!({"Name": "A"}));
    let invoice = client.insert("Invoice__c", json!({"Account__c": account, "Status__c": "Draft"}));
    let lines: Vec<String> = (0..40)
        .map(|_| client.insert("Invoice_Line__c", json!({"Invoice__c": invoice, "Quantity__c": 1, "Unit_Price__c": 2})))
        .collect();
    client.org.delete(invoice.parse().unwrap()).unwrap();
    let answer = ask(&mut client, "Invoice_Line__c/deleted", "2026-03-02T12:00:00Z", "2026-03-02T12:05:00Z").json();
    assert_eq!(ids(&answer), lines);
}

#[test]
fn b1_11_a_trimmed_log_says_from_when_on_it_is_whole() {
    let (mut client, accounts) = with_accounts(2);
    client.org.delete(accounts[0].parse().unwrap()).unwrap();
    client.org.advance(Duration::from_secs(600));
    client.org.delete(accounts[1].parse().unwrap()).unwrap();
    client.org.trim_delete_log("2026-03-02T12:05:10Z".parse().unwrap());
    let answer = ask(&mut client, "Account/deleted", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z").json();
    assert_eq!(ids(&answer), accounts[1..]);
    assert_eq!(answer["earliestDateAvailable"], "2026-03-02T12:06:00.000+0000");
}

#[test]
fn b1_11_too_long_a_log_is_cut_by_a_job_every_two_hours() {
    let mut client = with_demo_objects();
    at(&mut client, NOON);
    client.get("limits");
    // Two active users: the log keeps 10,000.
    let accounts: Vec<String> = (0..10_001).map(|n| client.insert("Account", json!({"Name": n.to_string()}))).collect();
    for id in &accounts[..10_000] {
        client.org.delete(id.parse().unwrap()).unwrap();
    }
    let told = |client: &mut Client| {
        let answer = ask(client, "Account/deleted", "2026-03-02T12:00:00Z", "2026-03-02T20:00:00Z").json();
        ids(&answer).len()
    };
    client.org.advance(Duration::from_secs(7200));
    client.token = client.org.issue_token();
    assert_eq!(told(&mut client), 10_000);
    client.org.delete(accounts[10_000].parse().unwrap()).unwrap();
    assert_eq!(told(&mut client), 10_001);
    client.org.advance(Duration::from_secs(7199));
    assert_eq!(told(&mut client), 10_001);
    client.org.advance(Duration::from_secs(1));
    client.token = client.org.issue_token();
    assert_eq!(told(&mut client), 0);
}

#[test]
fn b1_12_the_log_has_no_files() {
    let mut client = with_demo_objects();
    at(&mut client, NOON);
    let version =
        client.insert("ContentVersion", json!({"Title": "a", "PathOnClient": "a.txt", "VersionData": "YQ=="}));
    let document = client.rows(&format!("SELECT ContentDocumentId FROM ContentVersion WHERE Id = '{version}'"))[0]
        ["ContentDocumentId"]
        .as_str()
        .unwrap()
        .to_owned();
    client.org.delete(document.parse().unwrap()).unwrap();
    for object in ["ContentDocument", "ContentVersion"] {
        let answer =
            ask(&mut client, &format!("{object}/deleted"), "2026-03-02T12:00:00Z", "2026-03-02T12:05:00Z").json();
        assert!(ids(&answer).is_empty(), "{object}");
    }
    assert_eq!(client.org.store().deletions().len(), 3, "document, version and link were deleted");
}

#[test]
fn windows_that_cannot_be_answered_are_refused_in_the_servers_words() {
    let (mut client, _) = with_accounts(0);
    for (what, start, end, text) in [
        ("updated", "2026-03-02T11:00:10Z", "2026-03-02T11:00:40Z", "must be at least one minute greater"),
        ("deleted", "2026-03-02T11:00:00Z", "2026-03-02T10:00:00Z", "must be at least one minute greater"),
        ("updated", "2026-01-31T11:59:00Z", "2026-03-02T10:00:00Z", "startDate cannot be more than 30 days ago"),
        ("deleted", "2026-02-15T11:59:00Z", "2026-03-02T10:00:00Z", "startDate cannot be more than 15 days ago"),
        ("updated", "yesterday", "2026-03-02T10:00:00Z", "start is no date and time: yesterday"),
        ("deleted", "2026-03-02T10:00:00Z", "", "end is no date and time"),
    ] {
        let answer = ask(&mut client, &format!("Account/{what}"), start, end);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "INVALID_REPLICATION_DATE"), "{start}");
        assert!(answer.text.contains(text), "{}", answer.text);
    }
    for what in ["updated", "deleted"] {
        let start = if what == "updated" { "2026-01-31T12:00:00Z" } else { "2026-02-15T12:00:00Z" };
        assert_eq!(ask(&mut client, &format!("Account/{what}"), start, "2026-03-02T10:00:00Z").status, 200);
    }
}

#[test]
fn a_window_from_before_the_org_is_refused() {
    let mut client = Client::new(Org::empty());
    at(&mut client, "2023-01-10T08:00:00Z");
    let answer = ask(&mut client, "Account/deleted", "2023-01-02T07:59:00Z", "2023-01-10T08:00:00Z");
    assert_eq!(answer.code(), "INVALID_REPLICATION_DATE");
    assert!(answer.text.contains("startDate before org replication enabled date"));
}

#[test]
fn too_many_ids_are_refused_and_half_the_window_is_not() {
    let (mut client, accounts) = with_accounts(3);
    client.org.set_replication_limit(2);
    for id in &accounts {
        client.org.delete(id.parse().unwrap()).unwrap();
    }
    let answer = ask(&mut client, "Account/deleted", "2026-03-02T11:00:00Z", "2026-03-02T12:05:00Z");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "EXCEEDED_ID_LIMIT"));
    assert_eq!(ask(&mut client, "Account/deleted", "2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z").status, 200);
}

#[test]
fn objects_that_are_not_replicated_or_not_there_are_refused() {
    let (mut client, _) = with_accounts(0);
    let window = ("2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z");
    let answer = ask(&mut client, "Organization/updated", window.0, window.1);
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "INVALID_TYPE_FOR_OPERATION"));
    let answer = ask(&mut client, "Nothing__c/deleted", window.0, window.1);
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "NOT_FOUND"));
    let answer = client.call("POST", "sobjects/Account/deleted", &[], "{}");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
}
