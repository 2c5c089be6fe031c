//! Rows by the names of their relations, rows by their id as a key, and plans of queries.

use serde_json::json;

use crate::support::{Client, encoded, with_demo_objects};

#[test]
fn a_parent_is_read_changed_and_deleted_by_its_relation() {
    let mut client = Client::empty();
    let account = client.insert("Account", json!({"Name": "A"}));
    let contact = client.insert("Contact", json!({"LastName": "C", "AccountId": account}));
    let path = format!("sobjects/Contact/{contact}/Account");
    let row = client.get(&format!("{path}?fields=Name"));
    let url = format!("/services/data/v68.0/sobjects/Account/{account}");
    assert_eq!(row.json(), json!({"attributes": {"type": "Account", "url": url}, "Name": "A", "Id": account}));
    assert_eq!(client.patch(&path, json!({"Name": "B"})).status, 204);
    assert_eq!(client.get(&format!("{path}/Owner?fields=Name")).json()["Name"], "Ada Admin");
    assert_eq!(client.call("DELETE", &path, &[], "").status, 204);
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 0);
    assert_eq!(client.get(&path).code(), "ENTITY_IS_DELETED", "a contact goes with its account");
}

#[test]
fn children_are_a_page_of_a_query() {
    let mut client = Client::empty();
    let account = client.insert("Account", json!({"Name": "A"}));
    let path = format!("sobjects/Account/{account}/Contacts");
    let none = client.get(&path);
    assert_eq!((none.status.as_u16(), none.json()), (200, json!({"totalSize": 0, "done": true, "records": []})));
    for n in 0..250 {
        client.insert("Contact", json!({"LastName": format!("C{n}"), "AccountId": account}));
    }
    let page = client.call("GET", &format!("{path}?fields=LastName"), &[("Sforce-Query-Options", "batchSize=200")], "");
    let page = page.json();
    assert_eq!((&page["totalSize"], &page["done"]), (&json!(250), &json!(false)));
    assert_eq!(page["records"][0]["LastName"], "C0");
    let rest = client.get(page["nextRecordsUrl"].as_str().unwrap()).json();
    assert_eq!(rest["records"].as_array().unwrap().len(), 50);
    assert!(client.get(&path).json()["records"][0].get("Email").is_some(), "all fields when none is named");
    assert_eq!(client.patch(&path, json!({})).status, 405);
    assert_eq!(client.get(&format!("{path}?fields=Id+FROM+Contact")).code(), "INVALID_FIELD");
}

#[test]
fn a_relation_that_is_not_there_or_leads_nowhere_is_404() {
    let mut client = Client::empty();
    let mut id = client.insert("Account", json!({"Name": "0"}));
    for n in 1..=6 {
        id = client.insert("Account", json!({"Name": n.to_string(), "ParentId": id}));
    }
    let up = |hops: usize| format!("sobjects/Account/{id}/{}?fields=Name", vec!["Parent"; hops].join("/"));
    assert_eq!(client.get(&up(5)).json()["Name"], "1");
    for path in [
        up(6),
        format!("sobjects/Account/{id}/Nothing"),
        format!("sobjects/Account/{id}/Contacts/Account"),
        format!("sobjects/Account/{id}/Parent/Nothing"),
        "sobjects/Account/001Qz0000009999/Parent".into(),
        format!("sobjects/Nothing/{id}/Parent/Parent"),
    ] {
        let answer = client.get(&path);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (404, "NOT_FOUND"), "{path}");
    }
    let wrong = client.get("sobjects/Account/003Qz0000000001/Parent/Parent");
    assert_eq!((wrong.status.as_u16(), &*wrong.code()), (400, "MALFORMED_ID"));
}

#[test]
fn an_id_is_a_key_that_creates_nothing() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    let path = format!("sobjects/Account/Id/{id}");
    let updated = client.patch(&path, json!({"Name": "B"}));
    assert_eq!(updated.status, 200);
    assert_eq!(updated.json(), json!({"id": id, "success": true, "errors": [], "created": false}));
    assert_eq!(client.call("PATCH", &path.replace("sobjects", "/services/data/v45.0/sobjects"), &[], "{}").status, 204);
    assert_eq!(client.get(&path).json()["Name"], "B");
    assert_eq!(client.patch("sobjects/Account/Id/001Qz0000009999", json!({"Name": "C"})).status, 404);
    let inserted = client.post("sobjects/Account/Id", json!({"Name": "D"}));
    assert_eq!((inserted.status.as_u16(), client.rows("SELECT Id FROM Account").len()), (201, 2));
    assert_eq!(client.call("DELETE", &path, &[], "").status, 204);
}

#[test]
fn a_plan_says_whether_an_index_helps() {
    let mut client = with_demo_objects();
    for n in 0..10 {
        client.insert("Account", json!({"Name": "A", "External_Key__c": format!("K{n}"), "Industry": "Energy"}));
    }
    let plan = |client: &mut Client, place: &str, soql: &str| client.get(&format!("{place}?explain={}", encoded(soql)));
    let keyed = "SELECT Id FROM Account WHERE External_Key__c = 'K1' AND Industry = 'Energy'";
    let answer = plan(&mut client, "query", keyed).json();
    let best = &answer["plans"][0];
    assert_eq!((&best["leadingOperationType"], &best["fields"]), (&json!("Index"), &json!(["External_Key__c"])));
    assert_eq!((&best["cardinality"], &best["sobjectCardinality"]), (&json!(1), &json!(10)));
    assert_eq!((&best["sobjectType"], &answer["sourceQuery"]), (&json!("Account"), &json!(keyed)));
    let note = json!({
        "description": "Not considering filter for optimization because unindexed",
        "fields": ["Industry"],
        "tableEnumOrId": "Account",
    });
    assert_eq!(best["notes"][0], note);
    assert_eq!(best["notes"][1]["fields"], json!(["IsDeleted"]));
    let scan = plan(&mut client, "queryAll", "SELECT Id FROM Account WHERE Industry = 'Energy'").json();
    assert_eq!(scan["plans"][0]["leadingOperationType"], "TableScan");
    assert!(scan["plans"][0]["relativeCost"].as_f64().unwrap() > 1.0);
    assert_eq!(scan["plans"][0]["notes"].as_array().unwrap().len(), 1);
    assert_eq!(plan(&mut client, "query", "SELECT Nope FROM Nothing").code(), "INVALID_TYPE");
    assert_eq!(plan(&mut client, "query", "00OQz0000000001").code(), "INVALID_ID");
    assert_eq!(plan(&mut client, "query", "").code(), "INVALID_ID");
}

/// REST reference 1.4: there is no other form of a query, and this one takes what no URL does.
#[test]
fn a_query_too_long_for_a_url_goes_through_a_composite_request() {
    let mut client = Client::empty();
    client.insert("Account", json!({"Name": "A"}));
    let names = vec!["'a name that is long enough'"; 1000].join(",");
    let soql = format!("SELECT Name FROM Account WHERE Name IN ({names}, 'A')");
    assert_eq!(client.query(&soql).status, 414);
    let url = format!("/services/data/v68.0/query?q={}", encoded(&soql));
    let request = json!({"referenceId": "q", "method": "GET", "url": url});
    let answer = client.post("composite", json!({"compositeRequest": [request]})).json();
    assert_eq!(answer["compositeResponse"][0]["body"]["totalSize"], 1);
}
