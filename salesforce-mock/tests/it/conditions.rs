//! Reads and changes that depend on what the caller has seen.

use std::time::Duration;

use serde_json::json;

use crate::support::{Answer, Client};

fn account() -> (Client, String, String) {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    (client, format!("sobjects/Account/{id}"), id)
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), &*answer.code()), (status, code), "{}", answer.text);
}

#[test]
fn a_row_of_account_has_a_tag_that_changes_with_it() {
    let (mut client, path, id) = account();
    let tag = client.get(&path).header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag}");
    assert_eq!(client.get(&format!("{path}?fields=Name")).header("etag"), tag);
    assert_ne!(client.get(&path).header("last-modified"), "");
    // Within one second: the time cannot tell, the tag can.
    client.org.update(id.parse().unwrap(), &json!({"Name": "B"})).unwrap();
    assert_ne!(client.get(&path).header("etag"), tag);
    let contact = client.insert("Contact", json!({"LastName": "C"}));
    assert_eq!(client.get(&format!("sobjects/Contact/{contact}")).header("etag"), "");
}

#[test]
fn a_read_of_what_was_seen_is_304_and_a_change_of_it_412() {
    let (mut client, path, id) = account();
    let tag = client.get(&path).header("etag").to_owned();
    for list in [&*tag, "*", &format!("\"other\", W/{tag}")] {
        let same = client.call("GET", &path, &[("If-None-Match", list)], "");
        assert_eq!((same.status.as_u16(), &*same.text, same.header("etag")), (304, "", &*tag));
        refused(
            &client.call("PATCH", &path, &[("If-None-Match", list)], r#"{"Name":"B"}"#),
            412,
            "MATCH_PRECONDITION_FAILED",
        );
        assert_eq!(client.call("GET", &path, &[("If-Match", list)], "").status, 200);
    }
    assert_eq!(client.call("PATCH", &path, &[("If-Match", &tag)], r#"{"Name":"B"}"#).status, 204);
    refused(&client.call("PATCH", &path, &[("If-Match", &tag)], r#"{"Name":"C"}"#), 412, "MATCH_PRECONDITION_FAILED");
    assert_eq!(client.call("GET", &path, &[("If-None-Match", &tag)], "").status, 200);
    assert_eq!(client.call("DELETE", &path, &[("If-Match", &tag)], "").status, 204, "a delete knows no conditions");
    assert!(client.org.store().find_live(id.parse().unwrap()).is_none());
}

#[test]
fn a_change_can_be_bound_to_a_time() {
    let (mut client, _, _) = account();
    let id = client.insert("Contact", json!({"LastName": "A"}));
    let path = format!("sobjects/Contact/{id}");
    let seen = client.get(&path).header("date").to_owned();
    client.org.advance(Duration::from_secs(5));
    assert_eq!(client.call("PATCH", &path, &[("If-Unmodified-Since", &seen)], r#"{"LastName":"B"}"#).status, 204);
    refused(&client.call("PATCH", &path, &[("If-Unmodified-Since", &seen)], r#"{"LastName":"C"}"#), 412, "MODIFIED");
    let now = client.get(&path).header("date").to_owned();
    let late = client.call("PATCH", &path, &[("If-Modified-Since", &now)], r#"{"LastName":"D"}"#);
    refused(&late, 412, "MATCH_PRECONDITION_FAILED");
    assert_eq!(client.rows("SELECT LastName FROM Contact"), [json!({"LastName": "B"})]);
}

#[test]
fn a_condition_that_cannot_be_read_is_refused_by_writes_only() {
    let (mut client, path, _) = account();
    for header in [
        ("If-Match", "bare"),
        ("If-None-Match", "\"open"),
        ("If-Modified-Since", "yesterday"),
        ("If-Unmodified-Since", "2026-01-01T00:00:00Z"),
    ] {
        refused(&client.call("PATCH", &path, &[header], "{}"), 400, "INVALID_ARGUMENT_TYPE");
        refused(&client.call("POST", "sobjects/Account", &[header], r#"{"Name":"B"}"#), 400, "INVALID_ARGUMENT_TYPE");
    }
    assert_eq!(client.call("GET", &path, &[("If-Modified-Since", "yesterday")], "").status, 200);
}

#[test]
fn a_tag_counts_in_a_composite_request_too() {
    let (mut client, path, _) = account();
    let tag = client.get(&path).header("etag").to_owned();
    let read = json!({
        "referenceId": "a", "method": "GET", "url": format!("/services/data/v68.0/{path}"),
        "httpHeaders": {"If-None-Match": tag},
    });
    let reply = client.post("composite", json!({"compositeRequest": [read]})).json()["compositeResponse"][0].clone();
    assert_eq!((&reply["httpStatusCode"], &reply["body"]), (&json!(304), &json!(null)));
    assert_eq!(reply["httpHeaders"]["ETag"], tag);
}
