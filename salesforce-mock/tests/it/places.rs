//! Versions, resources, limits, describes, and places that are not there.

use std::time::Duration;

use http::Request;
use salesforce_mock::Body;
use salesforce_types::describe::{GlobalDescribe, SObjectDescribe};
use salesforce_types::{ApiUsage, Limits};
use serde_json::json;

use crate::support::Client;

#[test]
fn versions_need_no_token_and_cost_nothing() {
    let mut client = Client::empty();
    let request = Request::get("/services/data/").body(Body::empty()).unwrap();
    let answer = client.send(request);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("sforce-limit-info"), "");
    let versions = answer.json();
    let last = versions.as_array().unwrap().last().unwrap();
    assert_eq!(*last, json!({"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}));
    assert_eq!(client.get("limits").header("sforce-limit-info"), "api-usage=1/5000000");
}

#[test]
fn a_version_is_current_deprecated_retired_or_unknown() {
    let mut client = Client::empty();
    for (version, status, code) in [
        ("v68.0", 200, ""),
        ("v40.0", 200, ""),
        ("v30.0", 410, "GONE"),
        ("v69.0", 404, "NOT_FOUND"),
        ("v40", 404, "NOT_FOUND"),
        ("v68.1", 404, "NOT_FOUND"),
    ] {
        let answer = client.get(&format!("/services/data/{version}/limits"));
        assert_eq!(answer.status, status, "{version}");
        if !code.is_empty() {
            assert_eq!(answer.code(), code);
        }
        assert_eq!(answer.header("warning").starts_with("299"), version == "v40.0");
    }
}

#[test]
fn resources_are_paths_and_the_identity_is_an_address() {
    let mut client = Client::empty();
    let resources = client.get("").json();
    assert_eq!(resources["query"], "/services/data/v68.0/query");
    assert!(resources["identity"].as_str().unwrap().starts_with("https://mock.my.salesforce.com/id/00D"));
}

#[test]
fn every_answer_counts_the_calls() {
    let mut client = Client::empty();
    client.org.set_daily_calls(9, 11);
    let usage: ApiUsage = client.get("limits").header("sforce-limit-info").parse().unwrap();
    assert_eq!((usage.used, usage.allowed), (10, 11));
    let limits: Limits = serde_json::from_str(&client.get("limits").text).unwrap();
    assert_eq!(limits.get("DailyApiRequests").unwrap().remaining, 0);
    assert!(limits.get("PermissionSets").unwrap().nested.contains_key("CreateCustom"));
    let refused = client.get("limits");
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.json(),
        json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    );
    client.org.advance(Duration::from_secs(24 * 60 * 60));
    client.token = client.org.issue_token();
    assert_eq!(client.get("limits").header("sforce-limit-info"), "api-usage=1/11");
}

#[test]
fn record_counts_leave_out_what_is_unknown_and_deleted() {
    let mut client = Client::empty();
    let ids: Vec<_> = (0..3).map(|n| client.insert("Account", json!({"Name": n.to_string()}))).collect();
    client.org.delete(ids[0].parse().unwrap()).unwrap();
    let counts = client.get("limits/recordCount?sObjects=account,Nothing__c,Lead").json();
    assert_eq!(counts, json!({"sObjects": [{"count": 2, "name": "Account"}, {"count": 0, "name": "Lead"}]}));
}

#[test]
fn describes_can_be_read_and_asked_for_only_when_they_changed() {
    let mut client = Client::empty();
    let global: GlobalDescribe = serde_json::from_str(&client.get("sobjects/").text).unwrap();
    assert!(global.sobjects.iter().any(|object| object.name == "Account" && object.queryable));
    let answer = client.get("sobjects/account/describe");
    let account: SObjectDescribe = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(account.name, "Account");
    assert!(account.field("Name").unwrap().name_field);
    let seen = answer.header("last-modified").to_owned();
    for path in ["sobjects/Account/describe", "sobjects"] {
        let again = client.call("GET", path, &[("If-Modified-Since", &seen)], "");
        assert_eq!((again.status.as_u16(), &*again.text), (304, ""));
    }
    let before = [("If-Modified-Since", "Tue, 03 Feb 1998 10:00:00 GMT")];
    assert_eq!(client.call("GET", "sobjects/Account/describe", &before, "").status, 200);
    client.org.advance(Duration::from_secs(3600));
    let schema = client.org.store().schema().as_ref().clone();
    client.org.store_mut().set_schema(schema);
    assert_eq!(client.call("GET", "sobjects", &[("If-Modified-Since", &seen)], "").status, 200);
    let basic = client.get("sobjects/Account").json();
    assert_eq!(basic["objectDescribe"]["keyPrefix"], "001");
    assert_eq!(basic["recentItems"], json!([]));
}

#[test]
fn a_place_that_is_not_there_is_refused_as_salesforce_does() {
    let mut client = Client::empty();
    for path in [
        "composite/nothing",
        "sobjects/Nothing__c",
        "sobjects/Nothing/describe",
        "chatter/feeds",
        "tooling/nothing",
        "/nowhere",
        "jobs/nothing",
    ] {
        let answer = client.get(path);
        assert_eq!(answer.status, 404, "{path}");
        let expected = json!([{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]);
        assert_eq!(answer.json(), expected, "{path}");
    }
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let mut client = Client::empty();
    let answer = client.call("PATCH", "sobjects/Account/Id", &[], "{}");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.json()[0]["message"], "HTTP Method 'PATCH' not allowed. Allowed are GET,HEAD,POST");
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    assert_eq!(client.call("DELETE", "limits", &[], "").code(), "METHOD_NOT_ALLOWED");
    assert_eq!(client.get("/services/oauth2/token").status, 405);
}

#[test]
fn a_post_may_carry_another_method() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "Before"}));
    let answer = client.call("POST", &format!("sobjects/Account/{id}?_HttpMethod=PATCH"), &[], r#"{"Name":"After"}"#);
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(client.names("SELECT Name FROM Account"), ["After"]);
}

#[test]
fn a_head_has_no_body_and_says_how_long_it_would_be() {
    let mut client = Client::empty();
    let whole = client.get("limits");
    let head = client.call("HEAD", "limits", &[], "");
    assert_eq!((head.status.as_u16(), &*head.text), (200, ""));
    assert_eq!(head.header("content-length"), whole.text.len().to_string());
}

#[test]
fn a_long_path_and_long_headers_are_refused() {
    let mut client = Client::empty();
    let long = "x".repeat(16_400);
    assert_eq!(client.get(&format!("query?q={long}")).status, 414);
    let headers: Vec<(&str, &str)> = vec![("x-long", &long[..16_300])];
    assert_eq!(client.call("GET", "limits", &headers, "").status, 431);
}

#[test]
fn the_date_is_the_org_s() {
    let mut client = Client::empty();
    client.org.advance(Duration::from_secs(400 * 24 * 60 * 60));
    let now = client.org.now().to_string();
    let answer = client.get("limits");
    assert_eq!(answer.status, 401);
    assert!(answer.header("date").contains(&now[..4]), "{} {now}", answer.header("date"));
}

#[test]
fn the_journal_knows_every_request_and_no_token() {
    let mut client = Client::empty();
    client.query("SELECT Id FROM Account");
    client.get("limits");
    client.org.expire_tokens();
    client.get("limits");
    let journal = client.org.journal();
    assert_eq!((journal.len(), journal.count("limits"), journal.count("query")), (3, 2, 1));
    let query = journal.at("query").next().unwrap();
    assert_eq!(query.query.as_deref(), Some("q=SELECT Id FROM Account"));
    assert_eq!(query.user.as_deref(), Some(&*client.org.username()));
    assert_eq!(query.headers["authorization"], "Bearer [redacted]");
    let last = journal.last().unwrap();
    assert_eq!((last.status.as_u16(), last.user.clone()), (401, None));
    assert!(!format!("{journal:?}").contains(&client.token));
}
