//! The rows that calls touched last.

use serde_json::{Value, json};

use crate::support::Client;

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap()).collect()
}

#[test]
fn rows_that_were_made_read_or_changed_are_recent_the_latest_first() {
    let mut client = Client::empty();
    let ids: Vec<String> = ["A", "B", "C", "D"].map(|name| client.insert("Account", json!({"Name": name}))).into();
    assert_eq!(client.get("recent").json(), json!([]));
    client.get(&format!("sobjects/Account/{}", ids[0]));
    client.call("PATCH", &format!("sobjects/Account/{}", ids[1]), &[], "{\"Name\": \"B2\"}");
    client.call("POST", "sobjects/Contact", &[], "{\"LastName\": \"New\"}");
    client.get(&format!("sobjects/Account/{}", ids[0]));
    client.get(&format!("sobjects/Account/{}?fields=Nope", ids[2]));
    client.call("GET", &format!("sobjects/Account/{}", ids[3]), &[("sforce-mru", "updateMru=false")], "");
    client.query("SELECT Id FROM Account");
    let recent = client.get("recent/").json();
    assert_eq!(names(&recent), ["A", "New", "B2"]);
    assert_eq!(
        recent[0],
        json!({
            "attributes": {"type": "Account", "url": format!("/services/data/v68.0/sobjects/Account/{}", ids[0])},
            "Id": ids[0], "Name": "A",
        })
    );
    assert_eq!(names(&client.get("recent?limit=2").json()), ["A", "New"]);
    assert_eq!(names(&client.get("sobjects/Account").json()["recentItems"]), ["A", "B2"]);
    client.call("DELETE", &format!("sobjects/Account/{}", ids[0]), &[], "");
    assert_eq!(names(&client.get("recent").json()), ["New", "B2"]);
    for limit in ["0", "201", "x"] {
        let answer = client.get(&format!("recent?limit={limit}"));
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "NUMBER_OUTSIDE_VALID_RANGE"));
    }
}
