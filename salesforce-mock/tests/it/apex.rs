//! Classes that answer, and calls that take too long.

use std::time::Duration;

use http::Method;
use salesforce_mock::rules::Draft;
use salesforce_mock::{ApexAnswer, Fault};
use serde_json::json;

use crate::support::Client;

#[test]
fn a_class_answers_any_method_with_the_rows_at_hand() {
    let mut client = Client::empty();
    client.org.apex_rest("/accounts/*", |call| {
        if call.method() == Method::DELETE {
            return ApexAnswer::empty();
        }
        let name = String::from_utf8_lossy(call.body()).into_owned();
        let schema = call.store().schema().clone();
        let made = call.store().create(schema.object("Account").unwrap(), &Draft::new().with("Name", name.as_str()));
        match made {
            Ok(id) => ApexAnswer::json(&json!({"id": id.to_string(), "at": call.path(), "q": call.parameter("q")})),
            Err(_) => {
                ApexAnswer::exception("System.DmlException: Insert failed\n\nClass.Accounts.make: line 3, column 1")
            }
        }
    });
    client.org.apex_rest("accounts/special", |_| ApexAnswer::json(&json!("special")).status(202));
    let answer = client.call("PUT", "/services/apexrest/accounts/a%20b?q=1", &[], "Acme");
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["at"], &answer.json()["q"]),
        (200, &json!("/accounts/a b"), &json!("1"))
    );
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=1/5000000");
    assert_eq!(client.names("SELECT Name FROM Account"), ["Acme"]);
    let answer = client.call("POST", "/services/apexrest/accounts", &[], "");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (500, "APEX_ERROR"));
    assert!(answer.text.contains("System.DmlException: Insert failed"));
    let answer = client.call("DELETE", "/services/apexrest/accounts/1", &[], "");
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let answer = client.get("/services/apexrest/accounts/special");
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, "\"special\""));
}

#[test]
fn a_path_without_a_class_and_a_call_without_a_session_are_refused() {
    let mut client = Client::empty();
    client.org.apex_rest("/a/*", |_| ApexAnswer::empty());
    let answer = client.get("/services/apexrest/ab");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json(), json!([{"message": "Could not find a match for URL /ab", "errorCode": "NOT_FOUND"}]));
    client.org.expire_tokens();
    assert_eq!(client.get("/services/apexrest/a").code(), "INVALID_SESSION_ID");
}

#[test]
fn as_many_long_requests_as_are_allowed_keep_others_out() {
    let mut client = Client::empty();
    client.org.store_mut().clock = salesforce_mock::OrgClock::fixed("2026-03-02T12:00:00Z".parse().unwrap());
    client.token = client.org.issue_token();
    client.org.fault(Fault::delay(Duration::from_secs(60)).at("query").times(25));
    client.org.fault(Fault::delay(Duration::from_secs(19)).at("limits").times(30));
    for _ in 0..25 {
        assert_eq!(client.query("SELECT Id FROM Account").status, 200);
    }
    for _ in 0..30 {
        assert_eq!(client.get("limits").status, 200, "requests of the first 20 seconds do not count");
    }
    client.org.advance(Duration::from_secs(20));
    let answer = client.get("limits");
    assert_eq!(answer.status, 403);
    let text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
    assert_eq!(answer.json(), json!([{"message": text, "errorCode": "REQUEST_LIMIT_EXCEEDED"}]));
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=55/5000000", "a call that is refused costs nothing");
    client.org.advance(Duration::from_secs(40));
    assert_eq!(client.get("limits").status, 200);
}

#[test]
fn how_many_may_run_for_long_can_be_set() {
    let mut client = Client::empty();
    client.org.store_mut().clock = salesforce_mock::OrgClock::fixed("2026-03-02T12:00:00Z".parse().unwrap());
    client.token = client.org.issue_token();
    client.org.fault(Fault::delay(Duration::from_secs(30)));
    client.org.set_long_requests(1);
    client.get("limits");
    client.org.advance(Duration::from_secs(20));
    assert_eq!(client.get("limits").code(), "REQUEST_LIMIT_EXCEEDED");
    client.org.set_long_requests(2);
    assert_eq!(client.get("limits").status, 200);
}
