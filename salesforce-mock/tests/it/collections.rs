//! Many rows at once.

use serde_json::{Value, json};

use crate::support::{Client, fixture, same_shape, with_demo_objects};

fn account(name: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": name})
}

fn contact(name: Option<&str>) -> Value {
    json!({"attributes": {"type": "Contact"}, "LastName": name, "FirstName": "A"})
}

fn codes(outcomes: &Value) -> Vec<&str> {
    let outcomes = outcomes.as_array().unwrap().iter();
    outcomes.map(|outcome| outcome["errors"][0]["statusCode"].as_str().unwrap_or("")).collect()
}

#[test]
fn rows_of_several_objects_are_created_in_their_order_and_each_by_itself() {
    let mut client = Client::empty();
    let records = json!({"records": [account("A"), contact(None), account("B")]});
    let answer = client.post("composite/sobjects", records);
    assert_eq!(answer.status, 200);
    let outcomes = answer.json();
    assert_eq!(codes(&outcomes), ["", "REQUIRED_FIELD_MISSING", ""]);
    assert_eq!(
        outcomes[1],
        json!({"success": false, "errors": [{
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [LastName]",
            "fields": ["LastName"],
        }]})
    );
    let id = outcomes[0]["id"].as_str().unwrap();
    assert!(
        answer.text.starts_with(&format!("[{{\"id\":\"{id}\",\"success\":true,\"errors\":[]}}")),
        "{}",
        answer.text
    );
    assert_eq!(client.names("SELECT Name FROM Account"), ["A", "B"]);
}

#[test]
fn all_or_none_takes_the_good_rows_back_wherever_the_bad_one_stands() {
    for culprit in 0..3 {
        let mut client = Client::empty();
        let records: Vec<_> = (0..3).map(|n| contact((n != culprit).then_some("B"))).collect();
        let answer = client.post("composite/sobjects", json!({"allOrNone": true, "records": records}));
        assert_eq!(answer.status, 200);
        let outcomes = answer.json();
        for (n, code) in codes(&outcomes).into_iter().enumerate() {
            let expected = if n == culprit { "REQUIRED_FIELD_MISSING" } else { "ALL_OR_NONE_OPERATION_ROLLED_BACK" };
            assert_eq!(code, expected);
            assert!(outcomes[n].get("id").is_none());
        }
        assert!(client.names("SELECT Name FROM Contact").is_empty());
        // The ids that were taken back are given again.
        assert!(client.insert("Contact", json!({"LastName": "First"})).starts_with("003Qz0000000001"));
    }
}

#[test]
fn the_recorded_answers_have_the_same_shape() {
    for (file, names) in [
        ("composite/batch_create_contacts_partial-but-allOrNone.json", [None, Some("B")]),
        ("composite/batch_create_contacts_success.json", [Some("A"), Some("B")]),
    ] {
        let Some(recorded) = fixture(file) else { return };
        let records: Vec<_> = names.into_iter().map(contact).collect();
        let body = json!({"allOrNone": true, "records": records});
        let answer = Client::empty().post("composite/sobjects", body).json();
        assert!(same_shape(&answer, &recorded), "{answer}");
        assert_eq!(codes(&answer), codes(&recorded));
        let message = |outcomes: &Value, n: usize| outcomes[n]["errors"][0].clone();
        assert_eq!([0, 1].map(|n| message(&answer, n)), [0, 1].map(|n| message(&recorded, n)));
    }
    let Some(recorded) = fixture("errors/batch_create_contacts_err-bad-request.json") else { return };
    let answer = Client::empty().post("composite/sobjects", json!({"records": []}));
    assert_eq!((answer.status.as_u16(), answer.json()), (400, recorded));
    let Some(recorded) = fixture("composite/gosfdc_coll_3.json") else { return };
    let mut client = Client::empty();
    let id = client.insert("Contact", json!({"LastName": "A"}));
    let answer = client.call("DELETE", &format!("composite/sobjects?ids=nothing,{id}"), &[], "").json();
    assert!(same_shape(&answer, &recorded), "{answer}");
    assert_eq!(codes(&answer), codes(&recorded));
}

#[test]
fn the_recorded_upserts_by_email_get_the_recorded_outcomes() {
    let Some(recorded) = fixture("composite/test_upsert__rest.exchanges.json") else { return };
    let mut client = Client::empty();
    let mut ids: Vec<(String, String)> = Vec::new();
    for exchange in recorded["exchanges"].as_array().unwrap() {
        let request = &exchange["request"];
        let uri = request["uri"].as_str().unwrap();
        let path = uri.replace("https://orgname.my.salesforce.com", "").replace("/vxx.0/", "/v58.0/");
        let mut body = request["body"].as_str().unwrap_or_default().to_owned();
        if body.contains("ContactId") || path.contains("Opportunities") {
            // The recording org had a lookup of its opportunities that the mock's objects lack.
            continue;
        }
        for (theirs, ours) in &ids {
            body = body.replace(theirs, ours);
        }
        let answer = client.call(request["method"].as_str().unwrap(), &path, &[], &body);
        assert_eq!(answer.status.as_u16(), exchange["response"]["status"], "{}", answer.text);
        let expected: Value = serde_json::from_str(exchange["response"]["body"].as_str().unwrap()).unwrap();
        assert!(same_shape(&answer.json(), &expected), "{}", answer.text);
        for (ours, theirs) in
            answer.json().as_array().into_iter().flatten().zip(expected.as_array().into_iter().flatten())
        {
            assert_eq!(ours["created"], theirs["created"]);
            let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
            let known = ids.iter().find(|(id, _)| *id == text(theirs));
            assert!(known.is_none_or(|(_, id)| *id == text(ours)), "the same row is found again");
            ids.push((text(theirs), text(ours)));
        }
    }
}

#[test]
fn an_update_names_its_rows_by_id_in_any_case() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    let gone = client.insert("Account", json!({"Name": "B"}));
    client.org.delete(gone.parse().unwrap()).unwrap();
    let row = |key: &str, id: &str| json!({"attributes": {"type": "Account"}, key: id, "Phone": "1"});
    let answer = client.patch(
        "composite/sobjects",
        json!({"records": [
            row("Id", &id), row("id", &id), account("C"), row("id", &gone), row("id", "001Qz0000009999"),
            row("id", "nothing"), row("id", "003Qz0000000001"),
        ]}),
    );
    assert_eq!(answer.status, 200);
    let outcomes = answer.json();
    assert_eq!(
        codes(&outcomes),
        [
            "",
            "",
            "MISSING_ARGUMENT",
            "ENTITY_IS_DELETED",
            "INVALID_CROSS_REFERENCE_KEY",
            "MALFORMED_ID",
            "MALFORMED_ID"
        ]
    );
    let message = |n: usize| outcomes[n]["errors"][0]["message"].as_str().unwrap();
    assert_eq!(message(2), "Id not specified in an update call");
    assert_eq!(message(3), "entity is deleted");
    assert_eq!(message(5), "malformed id nothing");
    assert_eq!(client.rows("SELECT Phone FROM Account"), [json!({"Phone": "1"})]);
}

#[test]
fn an_upsert_finds_rows_by_key_makes_the_others_and_says_which() {
    let mut client = with_demo_objects();
    let id = client.insert("Account", json!({"Name": "A", "External_Key__c": "K1"}));
    let row = |key: Value| json!({"attributes": {"type": "Account"}, "Name": "N", "External_Key__c": key});
    let records = [json!("k1"), json!("K2"), json!("K2"), json!(null)].map(row);
    let answer = client.patch("composite/sobjects/Account/External_Key__c", json!({"records": records}));
    let outcomes = answer.json();
    assert_eq!(outcomes[0], json!({"id": id, "success": true, "errors": [], "created": false}));
    assert_eq!(outcomes[1]["created"], true);
    assert_eq!(codes(&outcomes), ["", "", "DUPLICATE_VALUE", "MISSING_ARGUMENT"]);
    assert_eq!(outcomes[2]["created"], false);
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 2);
    let unknown = client.patch("composite/sobjects/Account/Industry", json!({"records": [row(json!("x"))]}));
    assert_eq!((unknown.status.as_u16(), &*unknown.code()), (404, "NOT_FOUND"));
    let other = client.patch("composite/sobjects/Account/External_Key__c", json!({"records": [contact(Some("x"))]}));
    assert_eq!((other.status.as_u16(), &*other.code()), (400, "INVALID_TYPE"));
}

#[test]
fn an_upsert_by_id_inserts_where_the_id_is_null() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    let row = |id: Value| json!({"attributes": {"type": "Account"}, "Id": id, "Name": "N"});
    let records = [json!(id), json!(null), json!("001Qz0000009999")].map(row);
    let answer = client.patch("composite/sobjects/Account/Id", json!({"records": records})).json();
    assert_eq!((&answer[0]["created"], &answer[1]["created"]), (&json!(false), &json!(true)));
    assert_eq!(codes(&answer), ["", "", "INVALID_CROSS_REFERENCE_KEY"]);
    assert_eq!(client.names("SELECT Name FROM Account"), ["N", "N"]);
}

#[test]
fn a_key_that_several_rows_have_is_refused_by_row() {
    let mut client = Client::empty();
    for _ in 0..2 {
        client.insert("Contact", json!({"LastName": "A", "Email": "a@example.com"}));
    }
    let row = json!({"attributes": {"type": "Contact"}, "LastName": "B", "Email": "A@example.com"});
    let answer = client.patch("composite/sobjects/Contact/Email", json!({"records": [row]}));
    assert_eq!((answer.status.as_u16(), codes(&answer.json())), (200, vec!["DUPLICATE_EXTERNAL_ID"]));
}

#[test]
fn deletes_come_by_ids_and_can_be_all_or_none() {
    let mut client = Client::empty();
    let ids: Vec<_> = ["A", "B"].map(|name| client.insert("Account", json!({"Name": name}))).into();
    let path = |more: &str, all: bool| format!("composite/sobjects?ids={},{more}&allOrNone={all}", ids[0]);
    let answer = client.call("DELETE", &path("001Qz0000009999", true), &[], "");
    assert_eq!(codes(&answer.json()), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_CROSS_REFERENCE_KEY"]);
    assert_eq!(client.names("SELECT Name FROM Account"), ["A", "B"]);
    assert!(client.org.store().deletions().is_empty());
    let answer = client.call("DELETE", &path(&ids[1], false), &[], "");
    assert_eq!(codes(&answer.json()), ["", ""]);
    assert_eq!(answer.json()[1]["id"], ids[1]);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(client.insert("Account", json!({"Name": "A"})));
        ids.push(client.insert("Contact", json!({"LastName": "B"})));
    }
    ids.push(client.insert("Account", json!({"Name": "A"})));
    let path = |ids: &[String]| format!("composite/sobjects?ids={}", ids.join(","));
    let many = client.call("DELETE", &path(&ids), &[], "");
    assert_eq!((many.status.as_u16(), &*many.code()), (400, "EXCEEDED_MAX_TYPES_LIMIT"));
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 6);
    assert_eq!(codes(&client.call("DELETE", &path(&ids[..10]), &[], "").json()), [""; 10]);
    let none = client.call("DELETE", "composite/sobjects?ids=", &[], "");
    assert_eq!((none.status.as_u16(), &*none.code()), (400, "REQUIRED_FIELD_MISSING"));
}

#[test]
fn rows_are_retrieved_in_their_order_with_null_for_those_that_are_not_there() {
    let mut client = Client::empty();
    let [one, two, gone] = ["A", "B", "C"].map(|name| client.insert("Account", json!({"Name": name})));
    client.org.delete(gone.parse().unwrap()).unwrap();
    let ids = [&*two, "001Qz0000009999", &gone, &one[..15], &two];
    let posted = client.post("composite/sobjects/account", json!({"ids": ids, "fields": ["Name", "Owner.Name"]}));
    assert_eq!(posted.status, 200);
    let rows = posted.json();
    assert_eq!([0, 3, 4].map(|n| rows[n]["Name"].clone()), ["B", "A", "B"]);
    assert_eq!(rows[0]["Owner"]["Name"], "Ada Admin");
    assert_eq!((&rows[1], &rows[2]), (&json!(null), &json!(null)));
    let read = client.get(&format!("composite/sobjects/Account?ids={}&fields=Name,Owner.Name", ids.join(",")));
    assert_eq!(read.text, posted.text);
}

#[test]
fn what_a_retrieve_cannot_read_is_refused_whole() {
    let mut client = Client::empty();
    for (body, code) in [
        (json!({"fields": ["Name"]}), "MISSING_ARGUMENT"),
        (json!({"ids": ["001Qz0000009999"]}), "MISSING_ARGUMENT"),
        (json!({"ids": ["001Qz0000009999"], "fields": ["Nope"]}), "INVALID_FIELD"),
        (json!({"ids": ["nothing"], "fields": ["Name"]}), "MALFORMED_ID"),
        (json!({"ids": "x", "fields": []}), "JSON_PARSER_ERROR"),
        (json!({"ids": vec!["001Qz0000009999"; 2001], "fields": ["Name"]}), "EXCEEDED_ID_LIMIT"),
    ] {
        let answer = client.post("composite/sobjects/Account", body);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{}", answer.text);
    }
    let most = json!({"ids": vec!["001Qz0000009999"; 2000], "fields": ["Name"]});
    assert_eq!(client.post("composite/sobjects/Account", most).json().as_array().unwrap().len(), 2000);
    assert_eq!(client.get("composite/sobjects/Nothing?ids=x&fields=Id").status, 404);
}

#[test]
fn an_envelope_that_is_none_is_refused_whole() {
    let mut client = Client::empty();
    let rows = |count: usize| json!({"records": vec![account("A"); count]}).to_string();
    let chunks: Vec<_> = (0..11).map(|n| if n % 2 == 0 { account("A") } else { contact(Some("B")) }).collect();
    for (body, code) in [
        (rows(0), "REQUIRED_FIELD_MISSING"),
        ("{}".into(), "REQUIRED_FIELD_MISSING"),
        (rows(201), "EXCEEDED_ID_LIMIT"),
        (json!({"records": chunks}).to_string(), "EXCEEDED_MAX_TYPES_LIMIT"),
        (json!({"records": [{"Name": "A"}]}).to_string(), "INVALID_TYPE"),
        (json!({"records": [{"attributes": {"type": "Nope"}}]}).to_string(), "INVALID_TYPE"),
        (json!({"records": [1]}).to_string(), "JSON_PARSER_ERROR"),
        (json!({"records": 1}).to_string(), "JSON_PARSER_ERROR"),
        ("[]".into(), "JSON_PARSER_ERROR"),
        ("{".into(), "JSON_PARSER_ERROR"),
    ] {
        for method in ["POST", "PATCH"] {
            let answer = client.call(method, "composite/sobjects", &[], &body);
            assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{}", answer.text);
        }
    }
    let text = "record limit reached. cannot submit more than 200 records into this call";
    assert_eq!(client.call("POST", "composite/sobjects", &[], &rows(201)).json()[0]["message"], text);
    assert_eq!(client.call("POST", "composite/sobjects", &[], &rows(200)).status, 200);
    assert_eq!(client.get("composite/sobjects").status, 405);
    assert_eq!(client.call("POST", "/services/data/v41.0/composite/sobjects", &[], &rows(1)).status, 404);
    assert_eq!(client.call("PATCH", "/services/data/v45.0/composite/sobjects/Account/Id", &[], &rows(1)).status, 404);
    let ids = vec!["001Qz0000009999"; 201].join(",");
    assert_eq!(client.call("DELETE", &format!("composite/sobjects?ids={ids}"), &[], "").code(), "EXCEEDED_ID_LIMIT");
}

#[test]
fn setup_objects_and_others_do_not_mix() {
    let mut client = Client::empty();
    let group = json!({"attributes": {"type": "Group"}, "Name": "G"});
    let answer = client.post("composite/sobjects", json!({"records": [account("A"), group]})).json();
    assert_eq!(codes(&answer), ["", "MIXED_DML_OPERATION"]);
    let text = answer[1]["errors"][0]["message"].as_str().unwrap();
    assert!(text.ends_with("(or vice versa): Group, original object: Account"), "{text}");
    let (group, account) = (client.insert("Group", json!({"Name": "H"})), answer[0]["id"].as_str().unwrap());
    let answer = client.call("DELETE", &format!("composite/sobjects?ids=x,{group},{account}"), &[], "").json();
    assert_eq!(codes(&answer), ["MALFORMED_ID", "", "MIXED_DML_OPERATION"]);
}

#[test]
fn a_collection_is_one_call() {
    let mut client = Client::empty();
    client.org.set_daily_calls(0, 100);
    let answer = client.post("composite/sobjects", json!({"records": [account("A"), account("B")]}));
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=1/100");
}

#[test]
fn the_place_of_a_wrong_value_is_that_in_the_whole_body() {
    let mut client = Client::empty();
    let body = "{\"records\":[{\"attributes\":{\"type\":\"Opportunity\"},\n\"Name\":\"O\",\"CloseDate\":\"soon\"}]}";
    let answer = client.call("POST", "composite/sobjects", &[], body).json();
    let text = answer[0]["errors"][0]["message"].as_str().unwrap();
    assert!(text.ends_with("at [line:2, column:24]"), "{text}");
}

proptest::proptest! {
    #[test]
    fn no_body_panics(body in "(\\{|\\}|\\[|\\]|,|:|\"records\"|\"attributes\"|\"type\"|\"Account\"|\"Id\"|null|true|1|\"x\"){0,30}") {
        let mut client = Client::empty();
        for (method, path) in [
            ("POST", "composite/sobjects"),
            ("PATCH", "composite/sobjects"),
            ("PATCH", "composite/sobjects/Account/Id"),
            ("POST", "composite/sobjects/Account"),
        ] {
            for body in [body.clone(), format!("{{\"records\":[{body}]}}")] {
                let answer = client.call(method, path, &[("Content-Type", "application/json")], &body);
                assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.text);
            }
        }
    }
}
