//! What headers, rules and other people's locks do to a write.

use salesforce_mock::rules::DuplicateRule;
use serde_json::{Value, json};

use crate::support::{Answer, Client, fixture, same_shape};

const HEADER: &str = "Sforce-Duplicate-Rule-Header";

/// An org with a contact, and a rule against a second one with its address.
fn with_rule(rule: impl FnOnce(DuplicateRule) -> DuplicateRule) -> (Client, String) {
    let mut client = Client::empty();
    let id = client.insert("Contact", json!({"LastName": "Doe", "Email": "a@example.com"}));
    let name = "Standard_Contact_Duplicate_Rule";
    client.org.store_mut().automation.add_duplicate_rule(rule(DuplicateRule::new(name, "Contact", ["Email"])));
    (client, id)
}

fn create(client: &mut Client, header: &str) -> Answer {
    let body = r#"{"LastName":"Other","Email":"A@example.com"}"#;
    client.call("POST", "sobjects/Contact", &[(HEADER, header)], body)
}

#[test]
fn a_duplicate_is_refused_with_the_rows_that_match() {
    let (mut client, id) = with_rule(|rule| rule);
    let answer = create(&mut client, "allowSave=false");
    assert_eq!(answer.status, 400);
    let url = format!("/services/data/v68.0/sobjects/Contact/{id}");
    assert_eq!(
        answer.json(),
        json!([{
            "message": "Use one of these records?",
            "errorCode": "DUPLICATES_DETECTED",
            "duplicateResult": {
                "allowSave": true,
                "duplicateRule": "Standard_Contact_Duplicate_Rule",
                "duplicateRuleEntityType": "Contact",
                "errorMessage": "Use one of these records?",
                "matchResults": [{
                    "entityType": "Contact",
                    "errors": [],
                    "matchEngine": "ExactMatchEngine",
                    "matchRecords": [{
                        "additionalInformation": [],
                        "fieldDiffs": [],
                        "matchConfidence": 100.0,
                        "record": {"attributes": {"type": "Contact", "url": url}, "Id": id},
                    }],
                    "rule": "Standard_Contact_Duplicate_Rule",
                    "size": 1,
                    "success": true,
                }],
            },
        }])
    );
}

#[test]
fn an_alert_can_be_saved_over_and_a_block_cannot() {
    let (mut client, _) = with_rule(|rule| rule);
    assert_eq!(create(&mut client, "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true").status, 201);
    let (mut client, _) = with_rule(|rule| rule.blocking().message("No."));
    let answer = create(&mut client, "allowSave=true, includeRecordDetails=true");
    let result = &answer.json()[0]["duplicateResult"];
    assert_eq!((&result["allowSave"], &result["errorMessage"]), (&json!(false), &json!("No.")));
    assert_eq!(result["matchResults"][0]["matchRecords"][0]["record"]["Email"], "a@example.com");
}

#[test]
fn a_row_is_no_duplicate_of_itself_and_an_update_can_make_one() {
    let (mut client, id) = with_rule(|rule| rule);
    let path = format!("sobjects/Contact/{id}");
    assert_eq!(client.call("PATCH", &path, &[], r#"{"LastName":"X"}"#).status, 204);
    let other = client.insert("Contact", json!({"LastName": "B", "Email": "b@example.com"}));
    let path = format!("sobjects/Contact/{other}");
    assert_eq!(client.call("PATCH", &path, &[], r#"{"Email":"a@example.com"}"#).code(), "DUPLICATES_DETECTED");
    assert_eq!(client.call("PATCH", &path, &[(HEADER, "allowSave=true")], r#"{"Email":"a@example.com"}"#).status, 204);
}

#[test]
fn a_duplicate_among_many_is_an_outcome_of_the_recorded_shape() {
    let (mut client, _) = with_rule(|rule| rule);
    let row = |mail: &str| json!({"attributes": {"type": "Contact"}, "LastName": "A", "Email": mail});
    let records = json!({"records": [row("a@example.com"), row("c@example.com")]});
    let answer = client.post("composite/sobjects", records).json();
    assert_eq!(answer[0]["errors"][0]["statusCode"], "DUPLICATES_DETECTED");
    let Some(recorded) = fixture("composite/gosfdc_coll_5.json") else { return };
    assert!(same_shape(&answer, &recorded), "{answer}");
    assert_eq!(answer[0], recorded[0]);
}

#[test]
fn assignment_rules_give_owners_unless_told_not_to() {
    let mut client = Client::empty();
    let queue = client.rows("SELECT Id FROM Group").remove(0)["Id"].as_str().unwrap().to_owned();
    let user = client.org.store().user.to_string();
    let rules = &mut client.org.store_mut().automation;
    let first = rules.assign("Lead", queue.parse().unwrap());
    rules.assign("Lead", user.parse().unwrap());
    let mut owner = |header: Option<&str>| {
        let headers: Vec<_> = header.map(|value| ("Sforce-Auto-Assign", value)).into_iter().collect();
        let created = client.call("POST", "sobjects/Lead", &headers, r#"{"LastName":"L","Company":"C"}"#);
        if created.status != 201 {
            return created.code();
        }
        let id = created.json()["id"].as_str().unwrap().to_owned();
        client.get(&format!("sobjects/Lead/{id}")).json()["OwnerId"].as_str().unwrap().to_owned()
    };
    assert_eq!(owner(Some(&first.to_string())), queue);
    assert_eq!(owner(Some("FALSE")), user);
    assert_eq!(owner(Some("01Qz")), "INVALID_ASSIGNMENT_RULE");
    assert_eq!(owner(Some("01QQz0000000009")), "INVALID_ASSIGNMENT_RULE");
    let queue_id = queue.parse().unwrap();
    client.org.store_mut().automation.assign("Lead", queue_id);
    let id = client.insert("Lead", json!({"LastName": "L", "Company": "C"}));
    assert_eq!(client.get(&format!("sobjects/Lead/{id}")).json()["OwnerId"], queue);
}

#[test]
fn rows_go_into_the_list_of_those_used_last_unless_told_not_to() {
    let mut client = Client::empty();
    let [one, two, three] = ["A", "B", "C"].map(|name| client.insert("Account", json!({"Name": name})));
    client.get(&format!("sobjects/Account/{one}"));
    client.call("PATCH", &format!("sobjects/Account/{two}"), &[], r#"{"Phone":"1"}"#);
    client.call("GET", &format!("sobjects/Account/{three}"), &[("Sforce-Mru", "updateMru=false")], "");
    client.query("SELECT Id FROM Account");
    let items = client.get("sobjects/Account").json()["recentItems"].clone();
    let url = format!("/services/data/v68.0/sobjects/Account/{two}");
    assert_eq!(items[0], json!({"attributes": {"type": "Account", "url": url}, "Name": "B", "Id": two}));
    assert_eq!((items.as_array().unwrap().len(), &items[1]["Name"]), (2, &json!("A")));
    // The header came with version 60.
    let old = format!("/services/data/v59.0/sobjects/Account/{three}");
    client.call("GET", &old, &[("Sforce-Mru", "updateMru=false")], "");
    assert_eq!(client.get("sobjects/Account").json()["recentItems"][0]["Name"], "C");
}

#[test]
fn a_locked_row_holds_back_its_changes_and_new_children() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    client.org.store_mut().automation.lock(id.parse().unwrap(), 3);
    let path = format!("sobjects/Account/{id}");
    let contact = json!({"LastName": "C", "AccountId": id}).to_string();
    for (method, path, body) in
        [("PATCH", &*path, r#"{"Name":"B"}"#), ("DELETE", &path, ""), ("POST", "sobjects/Contact", &contact)]
    {
        let answer = client.call(method, path, &[], body);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "UNABLE_TO_LOCK_ROW"));
        let text = answer.json()[0]["message"].as_str().unwrap().to_owned();
        assert_eq!(text, format!("unable to obtain exclusive access to this record or 1 records: {id}"));
    }
    assert_eq!(client.call("POST", "sobjects/Contact", &[], &contact).status, 201);
}

#[test]
fn a_trigger_may_say_no_and_a_full_storage_does() {
    let mut client = Client::empty();
    client.org.store_mut().automation.before_save("Account", |row| {
        let renamed = !row.is_new() && row.before("Name") != row.get("Name");
        if renamed { Err("Names are for good.".into()) } else { Ok(()) }
    });
    let id = client.insert("Account", json!({"Name": "A"}));
    let answer = client.patch(&format!("sobjects/Account/{id}"), json!({"Name": "B"}));
    assert_eq!(
        answer.json(),
        json!([{"message": "Names are for good.", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []}])
    );
    client.org.store_mut().automation.storage_is_full = true;
    let answer = client.post("sobjects/Account", json!({"Name": "B"}));
    assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "STORAGE_LIMIT_EXCEEDED"));
    assert_eq!(client.patch(&format!("sobjects/Account/{id}"), json!({"Phone": "1"})).status, 204);
}

#[test]
fn what_the_fields_say_comes_before_what_the_org_adds() {
    let (mut client, _) = with_rule(|rule| rule);
    client.org.store_mut().automation.before_save("Contact", |_| Err("No.".into()));
    let codes = |client: &mut Client, body: Value| client.post("sobjects/Contact", body).code();
    assert_eq!(codes(&mut client, json!({"Email": "a@example.com"})), "REQUIRED_FIELD_MISSING");
    let body = json!({"LastName": "A", "Email": "a@example.com"});
    assert_eq!(codes(&mut client, body), "FIELD_CUSTOM_VALIDATION_EXCEPTION");
}

#[test]
fn audit_fields_are_given_on_create_when_the_org_allows_it() {
    let mut client = Client::empty();
    let body = json!({"Name": "A", "CreatedDate": "2020-01-02T03:04:05Z", "LastModifiedDate": "2020-01-03T00:00:00Z"});
    assert_eq!(client.post("sobjects/Account", body.clone()).code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    client.org.store_mut().audit_fields_on_create = true;
    let id = client.post("sobjects/Account", body).json()["id"].as_str().unwrap().to_owned();
    let row = client.get(&format!("sobjects/Account/{id}")).json();
    assert_eq!(row["CreatedDate"], "2020-01-02T03:04:05.000+0000");
    assert_ne!(row["SystemModstamp"], row["CreatedDate"]);
    let change = json!({"CreatedDate": "2020-01-02T03:04:05Z"});
    assert_eq!(client.patch(&format!("sobjects/Account/{id}"), change).code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    let stamp = json!({"Name": "B", "SystemModstamp": "2020-01-02T03:04:05Z"});
    assert_eq!(client.post("sobjects/Account", stamp).code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
}
