//! Reports.

use serde_json::{Value, json};

use crate::support::{Client, with_demo_objects};

fn cells(report: &Value) -> Vec<Value> {
    let rows = report["factMap"]["T!T"]["rows"].as_array().unwrap_or_else(|| panic!("{report}"));
    rows.iter().map(|row| row["dataCells"].clone()).collect()
}

#[test]
fn a_report_shows_the_rows_of_its_query() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "Acme"}));
    client.insert("Contact", json!({"LastName": "C", "AccountId": account}));
    client.insert("Contact", json!({"LastName": "D"}));
    let id = client.org.add_report("People", "SELECT LastName, account.name FROM Contact ORDER BY LastName");
    let path = format!("analytics/reports/{id}");
    let report = client.get(&format!("{path}?includeDetails=true")).json();
    let none = json!({"label": "-", "value": null});
    assert_eq!(
        cells(&report),
        [
            json!([{"label": "C", "value": "C"}, {"label": "Acme", "value": "Acme"}]),
            json!([{"label": "D", "value": "D"}, none]),
        ]
    );
    assert_eq!((&report["allData"], &report["hasDetailRows"]), (&json!(true), &json!(true)));
    assert_eq!(report["reportMetadata"]["detailColumns"], json!(["LastName", "account.name"]));
    for key in ["attributes", "groupingsDown", "groupingsAcross", "reportExtendedMetadata"] {
        assert!(report[key].is_object(), "{key}");
    }
    let short = client.call("POST", &path, &[], "{}").json();
    assert_eq!((&short["hasDetailRows"], &short["factMap"]["T!T"]["rows"]), (&json!(false), &Value::Null));
    assert_eq!(short["factMap"]["T!T"]["aggregates"][0]["value"], 2);
    assert_eq!(client.get("analytics/reports").json()[0]["name"], "People");
    assert_eq!(client.get(&format!("{path}/describe")).json()["reportMetadata"]["name"], "People");
}

#[test]
fn a_report_shows_2000_rows_and_says_that_there_are_more() {
    let mut client = Client::empty();
    let id = client.org.add_report("All", "SELECT Name FROM Account");
    for n in 0..2000 {
        client.insert("Account", json!({"Name": n.to_string()}));
    }
    let path = format!("analytics/reports/{id}?includeDetails=true");
    let report = client.get(&path).json();
    assert_eq!((cells(&report).len(), &report["allData"]), (2000, &json!(true)));
    client.insert("Account", json!({"Name": "one more"}));
    let report = client.get(&path).json();
    assert_eq!((cells(&report).len(), &report["allData"]), (2000, &json!(false)));
}

#[test]
fn an_instance_keeps_what_was_there_when_it_was_started() {
    let mut client = Client::empty();
    client.insert("Account", json!({"Name": "before"}));
    let id = client.org.add_report("All", "SELECT Name FROM Account");
    let path = format!("analytics/reports/{id}/instances");
    let started = client.call("POST", &format!("{path}?includeDetails=true"), &[], "{}").json();
    client.insert("Account", json!({"Name": "after"}));
    let url = started["url"].as_str().unwrap().to_owned();
    let done = client.get(&url).json();
    assert_eq!(done["attributes"]["status"], "Success");
    assert_eq!(cells(&done), [json!([{"label": "before", "value": "before"}])]);
    assert_eq!(client.get(&path).json(), json!([started]));
}

#[test]
fn reports_that_are_not_there_or_cannot_run_are_refused() {
    let mut client = Client::empty();
    let wrong = client.org.add_report("Wrong", "SELECT Nope FROM Account");
    for (method, path, status, code) in [
        ("GET", "00OQz0000000009".to_owned(), 404, "NOT_FOUND"),
        ("GET", "nonsense".to_owned(), 404, "NOT_FOUND"),
        ("GET", format!("{wrong}/instances/0LGQz0000000001"), 404, "NOT_FOUND"),
        ("GET", format!("{wrong}/nothing"), 404, "NOT_FOUND"),
        ("GET", wrong.to_string(), 400, "INVALID_FIELD"),
        ("POST", format!("{wrong}/instances"), 400, "INVALID_FIELD"),
        ("DELETE", wrong.to_string(), 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer = client.call(method, &format!("analytics/reports/{path}"), &[], "");
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{method} {path}");
    }
}
