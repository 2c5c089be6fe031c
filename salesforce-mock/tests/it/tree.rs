//! Rows with their children.

use serde_json::{Value, json};

use crate::support::{Client, fixture, same_shape, with_demo_objects};

fn record(kind: &str, id: &str, values: Value) -> Value {
    let mut record = values;
    record["attributes"] = json!({"type": kind, "referenceId": id});
    record
}

fn contact(id: &str, name: Value) -> Value {
    record("Contact", id, json!({"LastName": name}))
}

fn account(id: &str, contacts: &[Value]) -> Value {
    record("Account", id, json!({"Name": id, "Contacts": {"records": contacts}}))
}

fn plant(client: &mut Client, records: &[Value]) -> crate::support::Answer {
    client.post("composite/tree/Account", json!({"records": records}))
}

#[test]
fn children_are_made_with_their_parents() {
    let mut client = Client::empty();
    let answer = plant(
        &mut client,
        &[account("r1", &[contact("r2", json!("B")), contact("r3", json!("C"))]), account("r4", &[])],
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["hasErrors"], false);
    let ids: Vec<_> = body["results"].as_array().unwrap().iter().map(|result| result["referenceId"].clone()).collect();
    assert_eq!(ids, ["r1", "r4", "r2", "r3"]);
    let rows = client.rows("SELECT LastName, Account.Name FROM Contact ORDER BY LastName");
    assert_eq!((&rows[0]["Account"]["Name"], &rows[1]["LastName"]), (&json!("r1"), &json!("C")));
    let Some(recorded) = fixture("composite/gosfdc_tree_1.json") else { return };
    assert!(same_shape(&plant(&mut client, &[account("ref1", &[])]).json(), &recorded));
}

#[test]
fn one_error_takes_everything_back_and_is_all_that_is_told() {
    let mut client = Client::empty();
    let bad = record("Contact", "r2", json!({"LastName": "B", "Email": "x"}));
    let answer = plant(&mut client, &[account("r1", &[bad, contact("r3", json!("C"))])]);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({"hasErrors": true, "results": [{"referenceId": "r2", "errors": [
            {"statusCode": "INVALID_EMAIL_ADDRESS", "message": "Email: invalid email address: x", "fields": ["Email"]}
        ]}]})
    );
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
    assert!(client.insert("Account", json!({"Name": "A"})).starts_with("001Qz0000000001"));
}

#[test]
fn a_reference_id_stands_once() {
    let mut client = Client::empty();
    let answer = plant(&mut client, &[account("r1", &[]), account("r1", &[])]);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["results"],
        json!([{"referenceId": "r1", "errors": [
            {"statusCode": "INVALID_INPUT", "message": "Duplicate ReferenceId provided in the request.", "fields": []}
        ]}])
    );
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
}

#[test]
fn trees_beyond_the_limits_or_without_names_are_refused() {
    let mut client = with_demo_objects();
    let accounts = |count: usize| (0..count).map(|n| account(&format!("r{n}"), &[])).collect::<Vec<_>>();
    let nested = |levels: usize| {
        let row = |n: usize| record("Account", &format!("r{n}"), json!({"Name": "A"}));
        (1..levels).fold(row(0), |child, n| {
            let mut parent = row(n);
            parent["ChildAccounts"] = json!({"records": [child]});
            parent
        })
    };
    for (records, code) in [
        (vec![], "REQUIRED_FIELD_MISSING"),
        (accounts(201), "EXCEEDED_ID_LIMIT"),
        (vec![nested(6)], "LIMIT_EXCEEDED"),
        (vec![json!({"Name": "A"})], "INVALID_INPUT"),
        (vec![json!({"attributes": {"type": "Account"}, "Name": "A"})], "INVALID_INPUT"),
        (vec![json!({"attributes": {"referenceId": "a"}, "Name": "A"})], "INVALID_INPUT"),
        (vec![contact("r1", json!("A"))], "INVALID_INPUT"),
        (vec![record("Account", "-a", json!({}))], "INVALID_INPUT"),
        (vec![record("Nope", "a", json!({}))], "INVALID_TYPE"),
        (vec![account("r1", &[account("r2", &[])])], "INVALID_INPUT"),
        (vec![json!(1)], "JSON_PARSER_ERROR"),
        (vec![record("Account", "a", json!({"Contacts": {"records": 1}}))], "JSON_PARSER_ERROR"),
    ] {
        let answer = plant(&mut client, &records);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{}", answer.text);
    }
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
    assert_eq!(plant(&mut client, &accounts(200)).status, 201);
    assert_eq!(plant(&mut client, &[nested(5)]).status, 201);
    assert_eq!(client.post("composite/tree/Nope", json!({"records": []})).status, 404);
    assert_eq!(client.get("composite/tree/Account").status, 405);
}

#[test]
fn a_tree_holds_rows_of_five_objects() {
    let mut client = with_demo_objects();
    let child = |kind: &str, name: &str| {
        let values = match kind {
            "Opportunity" => json!({"Name": "O", "StageName": "Prospecting", "CloseDate": "2026-01-01"}),
            "Asset" => json!({"Name": "A"}),
            "Contact" => json!({"LastName": "C"}),
            _ => json!({}),
        };
        (name.to_owned(), record(kind, kind, values))
    };
    let kinds = [("Contact", "Contacts"), ("Opportunity", "Opportunities"), ("Case", "Cases"), ("Asset", "Assets")];
    let mut root = record("Account", "root", json!({"Name": "A"}));
    for (name, child) in kinds.map(|(kind, name)| child(kind, name)) {
        root[name] = json!({"records": [child]});
    }
    assert_eq!(plant(&mut client, &[root.clone()]).status, 201);
    root["Contracts"] = json!({"records": [record("Contract", "Contract", json!({}))]});
    assert_eq!(plant(&mut client, &[root]).code(), "EXCEEDED_MAX_TYPES_LIMIT");
}

proptest::proptest! {
    #[test]
    fn no_tree_panics(body in "(\\{|\\}|\\[|\\]|,|:|\"records\"|\"attributes\"|\"Contacts\"|\"type\"|\"referenceId\"|\"Account\"|1|null){0,25}") {
        let mut client = Client::empty();
        for body in [body.clone(), format!("{{\"records\":[{body}]}}")] {
            let answer = client.call("POST", "composite/tree/Account", &[("Content-Type", "application/json")], &body);
            assert_eq!(answer.status, 400);
        }
    }
}
