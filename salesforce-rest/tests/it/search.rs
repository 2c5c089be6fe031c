//! Searches, asked of a mock org.

use salesforce_mock::{MockOrg, Org};
use salesforce_rest::{Client, ErrorKind, Record, SearchIn, SearchObject, Sosl, Value};
use salesforce_soql::builder::field;
use serde_json::json;

use crate::support::{Script, connect};

async fn companies() -> (MockOrg, Client) {
    let mut org = Org::empty();
    for (name, industry) in [
        ("Acme & Sons", "Energy"),
        ("Acme (North) + Co", "Media"),
        (r#"O'Neil "X" {Y}"#, "Energy"),
        ("Other", "Energy"),
    ] {
        org.insert("Account", &json!({ "Name": name, "Industry": industry })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client)
}

fn names(rows: &[Record]) -> Vec<&str> {
    let mut names: Vec<_> = rows.iter().filter_map(|row| row.get("Name").and_then(Value::as_str)).collect();
    names.sort_unstable();
    names
}

async fn find(client: &Client, words: &str) -> Vec<Record> {
    let sosl = Sosl::new("FIND :words IN NAME FIELDS RETURNING Account(Id, Name)").bind("words", words);
    client.search(sosl).await.unwrap()
}

#[tokio::test]
async fn bound_words_find_what_they_say_whatever_they_hold() {
    let (_org, client) = companies().await;
    assert_eq!(names(&find(&client, "acme").await), ["Acme & Sons", "Acme (North) + Co"]);
    assert_eq!(names(&find(&client, "Acme & Sons").await), ["Acme & Sons"]);
    assert_eq!(names(&find(&client, r#"O'Neil "X" {Y}"#).await), [r#"O'Neil "X" {Y}"#]);
    assert!(find(&client, "acme} RETURNING User(Id)").await.is_empty(), "no injection");
    assert!(find(&client, "Ac*").await.is_empty(), "no wildcard");
    let energy = Sosl::new("FIND {:start*} RETURNING Account(Name WHERE Industry = :industry)")
        .bind("start", "Ac")
        .bind("industry", "Energy");
    assert_eq!(names(&client.search::<Record>(energy).await.unwrap()), ["Acme & Sons"]);
}

#[tokio::test]
async fn a_search_by_parameters_needs_no_sosl() {
    let (_org, client) = companies().await;
    let accounts = || SearchObject::new("Account").fields(&["Id", "Name"]);
    let all = client.parameterized_search::<Record>("acme").within(SearchIn::Name).object(accounts()).await.unwrap();
    assert_eq!(names(&all), ["Acme & Sons", "Acme (North) + Co"]);
    let energy = accounts().filter(field("Industry").eq("Energy")).limit(5);
    let found = client.parameterized_search::<Record>("acme").object(energy).await.unwrap();
    assert_eq!(names(&found), ["Acme & Sons"]);
}

#[tokio::test]
async fn what_is_no_search_is_not_sent_and_what_the_org_refuses_says_why() {
    let script = Script::default();
    let client = script.client();
    let account = || SearchObject::new("Account");
    let search = |words| client.parameterized_search::<Record>(words);
    for error in [
        client.search::<Record>("FIND {}").await.unwrap_err(),
        search(" ").await.unwrap_err(),
        search("a").offset(1).await.unwrap_err(),
        search("a").limit(2001).await.unwrap_err(),
        search("a").object(account().limit(2001)).await.unwrap_err(),
        search("a").object(SearchObject::new("../x")).await.unwrap_err(),
        search("a").object(account().filter(field("a b").eq(1))).await.unwrap_err(),
    ] {
        assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("sent"), "{error}");
    }
    assert!(script.paths().is_empty());

    let (_org, client) = companies().await;
    let error = client.search::<Record>("FIND {acme} RETURNING Nothing__c").await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Invalid, 400));
}
