//! Pages and locators.

use std::time::Duration;

use salesforce_mock::Org;
use serde_json::{Value, json};

use crate::support::{Client, encoded};

fn with_accounts(count: usize) -> Client {
    let mut client = Client::empty();
    for n in 0..count {
        client.insert("Account", json!({"Name": format!("A{n:05}")}));
    }
    client
}

fn ids(page: &Value) -> Vec<String> {
    page["records"].as_array().unwrap().iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
}

const SMALL: &[(&str, &str)] = &[("Sforce-Query-Options", "batchSize=200")];

fn first_page(client: &mut Client, resource: &str, soql: &str, headers: &[(&str, &str)]) -> Value {
    let answer = client.call("GET", &format!("{resource}?q={}", encoded(soql)), headers, "");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn pages_follow_one_another_and_hold_every_row_once() {
    let mut client = with_accounts(450);
    let mut page = first_page(&mut client, "query", "SELECT Id FROM Account", SMALL);
    let mut all = ids(&page);
    assert_eq!((all.len(), &page["totalSize"], &page["done"]), (200, &json!(450), &json!(false)));
    while let Some(next) = page["nextRecordsUrl"].as_str().map(str::to_owned) {
        assert!(next.starts_with("/services/data/v68.0/query/0r8"), "{next}");
        let locator = next.rsplit('/').next().unwrap();
        assert_eq!(locator.split('-').next().unwrap().len(), 18);
        assert_eq!(locator.split('-').nth(1).unwrap(), all.len().to_string());
        page = client.get(&next).json();
        assert_eq!(page["totalSize"], 450);
        all.extend(ids(&page));
    }
    assert_eq!((page["done"].clone(), page.get("nextRecordsUrl")), (json!(true), None));
    let unique: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), unique.len()), (450, 450));
}

#[test]
fn a_page_has_two_thousand_rows_unless_asked_for_fewer() {
    let mut client = with_accounts(2001);
    let page = first_page(&mut client, "query", "SELECT Id FROM Account", &[]);
    assert_eq!(ids(&page).len(), 2000);
    for wrong in ["batchSize=199", "batchSize=2001", "batchSize=x"] {
        let path = format!("query?q={}", encoded("SELECT Id FROM Account"));
        let answer = client.call("GET", &path, &[("Sforce-Query-Options", wrong)], "");
        assert_eq!(answer.code(), "INVALID_BATCH_SIZE", "{wrong}");
    }
}

#[test]
fn a_locator_can_be_used_again_at_any_offset_and_with_either_resource() {
    let mut client = with_accounts(450);
    let page = first_page(&mut client, "query", "SELECT Id FROM Account ORDER BY Name DESC", SMALL);
    let next = page["nextRecordsUrl"].as_str().unwrap().to_owned();
    let second = client.get(&next).json();
    assert_eq!(ids(&client.get(&next).json()), ids(&second));
    let odd = client.get(&next.replace("-200", "-123").replace("/query/", "/queryAll/")).json();
    assert_eq!(ids(&odd).len(), 200);
    assert_eq!(ids(&odd)[77], ids(&second)[0]);
    assert_eq!(odd["nextRecordsUrl"].as_str().unwrap(), next.replace("-200", "-323"));
}

#[test]
fn a_locator_that_is_wrong_or_two_days_old_is_refused() {
    let mut client = with_accounts(201);
    let page = first_page(&mut client, "query", "SELECT Id FROM Account", SMALL);
    let next = page["nextRecordsUrl"].as_str().unwrap().to_owned();
    for wrong in [
        "query/0r8Qz00000FgHiJkLm-2000",
        "query/nonsense",
        "query/-",
        &next.replace("-200", "-201"),
        &next.replace("-200", "-x"),
    ] {
        let answer = client.get(wrong);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "INVALID_QUERY_LOCATOR"), "{wrong}");
    }
    client.org.advance(Duration::from_secs(47 * 60 * 60));
    client.token = client.org.issue_token();
    assert_eq!(client.get(&next).status, 200);
    client.org.advance(Duration::from_secs(60 * 60));
    client.token = client.org.issue_token();
    assert_eq!(client.get(&next).code(), "INVALID_QUERY_LOCATOR");
}

#[test]
fn rows_are_fixed_when_the_query_runs_and_read_when_their_page_is() {
    let mut client = with_accounts(401);
    let all = first_page(&mut client, "query", "SELECT Id FROM Account ORDER BY Name", &[]);
    let page = first_page(&mut client, "query", "SELECT Id, Name FROM Account ORDER BY Name", SMALL);
    let (gone, renamed) = (ids(&all)[250].clone(), ids(&all)[251].clone());
    client.org.delete(gone.parse().unwrap()).unwrap();
    client.org.update(renamed.parse().unwrap(), &json!({"Name": "0 first now"})).unwrap();
    client.insert("Account", json!({"Name": "A00200b"}));
    let second = client.get(page["nextRecordsUrl"].as_str().unwrap()).json();
    assert_eq!(ids(&second).len(), 199);
    assert_eq!(second["totalSize"], 401);
    let row = second["records"].as_array().unwrap().iter().find(|row| row["Id"] == json!(renamed)).unwrap();
    assert_eq!(row["Name"], "0 first now");
}

#[test]
fn deleted_rows_are_on_the_pages_of_query_all() {
    let mut client = with_accounts(201);
    let id = client.insert("Account", json!({"Name": "Gone"}));
    client.org.delete(id.parse().unwrap()).unwrap();
    assert_eq!(first_page(&mut client, "query", "SELECT Id FROM Account", &[])["totalSize"], 201);
    let page = first_page(&mut client, "queryAll", "SELECT Id, IsDeleted FROM Account", SMALL);
    let next = page["nextRecordsUrl"].as_str().unwrap().to_owned();
    assert!(next.contains("/query/"));
    let second = client.get(&next).json();
    assert_eq!(second["records"][1]["IsDeleted"], true);
}

#[test]
fn children_have_pages_of_their_own() {
    let mut client = with_accounts(1);
    let account = client.rows("SELECT Id FROM Account")[0]["Id"].as_str().unwrap().to_owned();
    for n in 0..401 {
        client.insert("Contact", json!({"LastName": format!("C{n:03}"), "AccountId": account}));
    }
    let soql = "SELECT Id, (SELECT Id, LastName FROM Contacts ORDER BY LastName DESC) FROM Account";
    let page = first_page(&mut client, "query", soql, SMALL);
    let children = &page["records"][0]["Contacts"];
    assert_eq!((&children["totalSize"], &children["done"]), (&json!(401), &json!(false)));
    let second = client.get(children["nextRecordsUrl"].as_str().unwrap()).json();
    assert_eq!(second["records"][0]["LastName"], "C200");
    assert_eq!(second["records"][0]["attributes"]["type"], "Contact");
    let third = client.get(second["nextRecordsUrl"].as_str().unwrap()).json();
    assert_eq!((ids(&third).len(), third["done"].clone()), (1, json!(true)));
}

#[test]
fn an_offset_gives_one_page_only() {
    let mut client = with_accounts(450);
    let page = first_page(&mut client, "query", "SELECT Id FROM Account OFFSET 10", SMALL);
    assert_eq!((ids(&page).len(), &page["done"]), (200, &json!(true)));
    let answer = client.query("SELECT Id FROM Account LIMIT 1 OFFSET 2001");
    assert_eq!(answer.code(), "NUMBER_OUTSIDE_VALID_RANGE");
    assert_eq!(answer.json()[0]["message"], "Maximum SOQL offset allowed is 2000");
}

#[test]
fn the_demo_org_can_be_read_to_its_end() {
    let mut client = Client::new(Org::demo());
    let soql = "SELECT Id FROM Contact";
    let page = first_page(&mut client, "queryAll", soql, &[]);
    let total = page["totalSize"].as_u64().unwrap();
    let (mut count, mut page) = (ids(&page).len(), page);
    while let Some(next) = page["nextRecordsUrl"].as_str().map(str::to_owned) {
        page = client.get(&next).json();
        count += ids(&page).len();
    }
    assert_eq!(u64::try_from(count).unwrap(), total);
}
