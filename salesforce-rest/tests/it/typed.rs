//! Rows that write their own `SELECT` list.

use futures_util::TryStreamExt;
use salesforce_mock::{MockOrg, Org};
use salesforce_rest::{ChildRows, Client, ErrorKind, Patch, RecordId, SObject, Soql};
use salesforce_soql::builder::{descending, field};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::{ID, Script, Token, page};

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    id: RecordId,
    last_name: String,
    account: Option<Employer>,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Employer {
    name: String,
    owner: User,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct User {
    username: String,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
    contacts: ChildRows<Name>,
    #[serde(deserialize_with = "salesforce_rest::complete_child_rows")]
    tasks: Vec<Task>,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Name {
    last_name: String,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Task {
    subject: Option<String>,
    what: Option<What>,
}

#[derive(Debug, SObject)]
enum What {
    Account(Titled),
    Other,
}

#[derive(Debug, Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Titled {
    name: String,
}

async fn org() -> (MockOrg, Client) {
    let mut org = Org::empty();
    let acme = org.insert("Account", &json!({"Name": "Acme"})).unwrap();
    for name in ["Doe", "Roe"] {
        org.insert("Contact", &json!({"LastName": name, "AccountId": acme.to_string()})).unwrap();
    }
    org.insert("Contact", &json!({"LastName": "Free"})).unwrap();
    let chance = json!({"Name": "Big", "StageName": "Prospecting", "CloseDate": "2026-03-01"});
    let chance = org.insert("Opportunity", &chance).unwrap();
    for (subject, what) in [("Call", Some(acme)), ("Mail", Some(chance)), ("Rest", None)] {
        org.insert("Task", &json!({"Subject": subject, "WhatId": what.map(|id| id.to_string())})).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = Client::builder(Token::new(&org.access_token(), org.url())).build().unwrap();
    (org, client)
}

#[tokio::test]
async fn parents_are_read_with_their_rows() {
    let (_org, client) = org().await;
    let contacts = client.select::<Contact>().order_by("LastName").all().await.unwrap();
    let employers: Vec<_> =
        contacts.iter().map(|row| (&*row.last_name, row.account.as_ref().map(|account| &*account.name))).collect();
    assert_eq!(employers, [("Doe", Some("Acme")), ("Free", None), ("Roe", Some("Acme"))]);

    let doe = client.sobject::<Contact>().get(contacts[0].id).await.unwrap();
    let owner = doe.account.unwrap().owner.username;
    assert!(owner.contains('@'), "{owner}");
}

#[tokio::test]
async fn child_rows_and_polymorphic_parents_are_read_with_their_rows() {
    let (_org, client) = org().await;
    let accounts: Vec<Account> = client.select::<Account>().stream().try_collect().await.unwrap();
    let [acme] = accounts.as_slice() else { panic!("one account, {accounts:?}") };
    assert_eq!((&*acme.name, acme.contacts.records.len(), acme.contacts.is_complete()), ("Acme", 2, true));
    assert_eq!(acme.contacts.records[0].last_name, "Doe");
    assert_eq!(acme.tasks.len(), 1);

    let tasks = client.select::<Task>().order_by("Subject").all().await.unwrap();
    let whats: Vec<_> = tasks.iter().map(|task| (task.subject.as_deref().unwrap(), &task.what)).collect();
    assert!(matches!(
        whats.as_slice(),
        [("Call", Some(What::Account(Titled { name }))), ("Mail", Some(What::Other)), ("Rest", None)] if name == "Acme"
    ));
}

#[tokio::test]
async fn a_count_is_counted_by_the_org() {
    let (org, client) = org().await;
    let with_account = || client.select::<Contact>().filter(field("AccountId").is_not_null()).order_by("Name");
    assert_eq!(with_account().count().await.unwrap(), 2);
    assert_eq!(with_account().limit(1).all().await.unwrap().len(), 1);
    let deleted = client.select::<Contact>().filter(field("LastName").eq("Free")).all().await.unwrap()[0].id;
    client.sobject::<Contact>().delete(deleted).await.unwrap();
    assert_eq!(client.select::<Contact>().count().await.unwrap(), 2);
    assert_eq!(client.select::<Contact>().include_deleted().count().await.unwrap(), 3);
    drop(org);
}

#[tokio::test]
async fn the_query_has_the_fields_of_the_struct_and_nothing_else() {
    let script = Script::default().answer(200, page(&[], 0, None)).answer(200, page(&[], 0, None));
    let client = script.client();
    let select = client.select::<Contact>().filter(field("LastName").eq("O'Neil")).order_by(descending("Name"));
    select.limit(5).batch_size(200).all().await.unwrap();
    let soql = Soql::select::<Contact>("WHERE LastName = :name ORDER BY Name DESC LIMIT 5").bind("name", "O'Neil");
    client.query::<Contact>(soql).batch_size(200).all().await.unwrap();
    let sent = script.sent();
    assert_eq!(
        sent[0].path,
        "/services/data/v68.0/query?q=SELECT+Id,+LastName,+Account.Name,+Account.Owner.Username+FROM+Contact+WHERE+\
         LastName+%3D+%27O%5C%27Neil%27+ORDER+BY+Name+DESC+LIMIT+5"
    );
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn a_second_select_list_is_refused_and_nothing_is_sent() {
    let script = Script::default();
    for text in ["SELECT Id FROM Lead", " from Lead"] {
        let error = script.client().query::<Contact>(Soql::select::<Contact>(text)).all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("the row writes `SELECT … FROM Contact` itself"), "{error}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_mistake_in_a_filter_is_refused_and_nothing_is_sent() {
    let script = Script::default();
    let select = script.client().select::<Contact>().filter(field("Last Name").eq("x")).count().await;
    assert_eq!(select.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_row_with_child_rows_is_not_read_by_id() {
    let script = Script::default();
    let error = script.client().sobject::<Account>().get(ID.parse().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("read it by `client.select::<Row>()"), "{error}");
    assert!(script.sent().is_empty());
}

/// A row that is read, changed and written: what was not asked for stays, what is null is cleared.
#[tokio::test]
async fn the_three_states_of_a_field_arrive_as_they_are() {
    #[derive(Debug, Default, Deserialize, Serialize, SObject)]
    #[salesforce(object = "Account")]
    #[serde(rename_all = "PascalCase", default)]
    struct Draft {
        #[serde(skip_serializing_if = "Patch::is_unset")]
        name: Patch<String>,
        #[serde(skip_serializing_if = "Patch::is_unset")]
        phone: Patch<String>,
        #[serde(skip_serializing_if = "Patch::is_unset")]
        website: Patch<String>,
    }
    let (_org, client) = org().await;
    let accounts = client.sobject::<Draft>();
    let new = Draft { name: Patch::set("Sample"), phone: Patch::set("030"), website: Patch::set("example.com") };
    let id = accounts.create(&new).await.unwrap();
    accounts.update(id, &Draft { phone: Patch::Null, name: Patch::set("New"), ..Draft::default() }).await.unwrap();
    let read = accounts.get(id).await.unwrap();
    assert_eq!((read.name, read.phone, read.website), (Patch::set("New"), Patch::Null, Patch::set("example.com")));
}
