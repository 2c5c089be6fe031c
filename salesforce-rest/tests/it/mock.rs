//! The client and a mock org, two readings of the same reference.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use salesforce_http::Connection;
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{ApiVersion, Client, Cursor, ErrorKind, Keyset, Record, RecordId, SObject, Soql, Value};
use serde_json::json;
use serde_json::value::RawValue;

use crate::support::Token;

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: RecordId,
    name: String,
    phone: Option<String>,
}

impl SObject for Account {
    const NAME: &'static str = "Account";

    fn fields() -> &'static [&'static str] {
        &["Id", "Name", "Phone"]
    }
}

fn connect(org: &MockOrg) -> Client {
    let tokens = Arc::new(Token::new(&org.access_token(), org.url()));
    let connection = Connection::builder(tokens as Arc<dyn salesforce_http::TokenProvider>)
        .back_off(Duration::ZERO, Duration::ZERO)
        .build()
        .unwrap();
    Client::new(connection)
}

async fn accounts(count: usize) -> MockOrg {
    let mut org = Org::empty();
    for n in 0..count {
        org.insert("Account", &json!({ "Name": format!("Account {n:04}") })).unwrap();
    }
    MockOrg::serve(org).await
}

#[tokio::test]
async fn a_record_lives_and_dies() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    let accounts = client.sobject::<Account>();

    let draft = Record::new("Account").with("Name", "Ümlaut & Söhne\n").with("Phone", "030 1234");
    let id = accounts.create(&draft).await.unwrap();
    let acme = accounts.get(id).await.unwrap();
    assert_eq!(acme.phone.as_deref(), Some("030 1234"));

    accounts.update(id, &json!({ "Name": "Acme", "Phone": null })).await.unwrap();
    assert_eq!(accounts.find(id).await.unwrap(), Some(Account { id, name: "Acme".into(), phone: None }));

    accounts.delete(id).await.unwrap();
    assert_eq!(accounts.find(id).await.unwrap(), None);
    assert_eq!(accounts.get(id).await.unwrap_err().kind(), ErrorKind::NotFound);
    accounts.delete(id).await.expect("a record that is deleted is what was asked for");

    let soql = || Soql::new("SELECT Id, IsDeleted FROM Account WHERE Id = :id").bind("id", id);
    assert_eq!(client.query::<Record>(soql()).count().await.unwrap(), 0);
    let rows = client.query::<Record>(soql()).include_deleted().all().await.unwrap();
    assert_eq!(rows[0].get("IsDeleted").and_then(Value::as_bool), Some(true));
}

#[tokio::test]
async fn a_refused_row_comes_with_the_orgs_reason() {
    let org = MockOrg::serve(Org::empty()).await;
    let error = connect(&org).sobject::<Account>().create(&json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.api_errors()[0].code.as_str(), "REQUIRED_FIELD_MISSING");
    assert_eq!(error.api_errors()[0].fields, ["Name"]);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_leaves_one_record_and_an_error_that_says_look() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("sobjects/Account"));
    let error = client.sobject::<Account>().create(&json!({ "Name": "Acme" })).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(client.query::<Record>("SELECT COUNT() FROM Account").count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_delete_whose_answer_is_lost_is_repeated_and_done() {
    let org = accounts(1).await;
    let client = connect(&org);
    let id = client.query::<Account>("SELECT Id, Name, Phone FROM Account").all().await.unwrap()[0].id;
    org.fault(Fault::lost_answer().at("sobjects/Account"));
    client.sobject::<Account>().delete(id).await.unwrap();
    assert_eq!(org.journal().count("/services/data/v68.0/sobjects/Account"), 2);
    assert_eq!(client.query::<Record>("SELECT COUNT() FROM Account").count().await.unwrap(), 0);
}

#[tokio::test]
async fn every_row_comes_once_however_the_org_cuts_its_pages() {
    let org = accounts(450).await;
    let client = connect(&org);
    let query = || client.query::<Account>("SELECT Id, Name, Phone FROM Account").batch_size(200);
    let pages: Vec<_> = query().pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.records.len()).collect::<Vec<_>>(), [200, 200, 50]);
    assert!(pages.iter().all(|page| page.total_size == Some(450)));
    let ids: HashSet<_> = query().stream().map_ok(|account| account.id).try_collect().await.unwrap();
    assert_eq!(ids.len(), 450);
}

#[tokio::test]
async fn b1_08_a_query_too_long_for_a_url_reads_the_same_rows() {
    let org = accounts(450).await;
    let client = connect(&org);
    let rows: Vec<Record> = client.query("SELECT Id FROM Account ORDER BY Id").all().await.unwrap();
    let ids: Vec<RecordId> = rows.iter().filter_map(Record::id).collect();
    // 450 ids make a URL of some 10,000 bytes; named twice they are over 16,384.
    let soql = Soql::new("SELECT Id FROM Account WHERE Id IN :ids AND Id IN :ids ORDER BY Id").bind("ids", ids.clone());
    let long: Vec<Record> = client.query(soql.clone()).batch_size(200).all().await.unwrap();
    assert_eq!(long.iter().filter_map(Record::id).collect::<Vec<_>>(), ids);
    assert_eq!(org.journal().count("composite"), 1, "the pages behind the first have short places");
    let page = client.query::<Record>(soql).page().await.unwrap();
    assert_eq!((page.records.len(), page.total_size), (450, Some(450)));
}

#[tokio::test]
async fn a_plan_costs_no_row() {
    let org = accounts(3).await;
    let plans = connect(&org).query::<()>("SELECT Id FROM Account WHERE Name = 'A 1'").explain().await.unwrap();
    assert_eq!((&*plans.plans[0].sobject_type, plans.plans[0].sobject_cardinality), ("Account", 3));
}

#[tokio::test]
async fn a_cursor_is_good_for_another_client() {
    let org = accounts(450).await;
    let first =
        connect(&org).query::<Record>("SELECT Id FROM Account ORDER BY Name").batch_size(200).page().await.unwrap();
    let kept = first.next.unwrap().to_string();

    let client = connect(&org);
    let rest = client.resume::<Record>(kept.parse().unwrap()).all().await.unwrap();
    assert_eq!(first.records.len() + rest.len(), 450);

    let unknown: Cursor = "/services/data/v68.0/query/0r8000000000000AAA-200".parse().unwrap();
    let error = client.query_page::<Record>(&unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.api_errors()[0].code.as_str()), (ErrorKind::Invalid, "INVALID_QUERY_LOCATOR"));
}

#[tokio::test]
async fn s_04_rows_of_one_second_are_read_by_stamp_and_id_and_each_comes_once() {
    let org = accounts(450).await;
    let client = connect(&org);
    let soql = "SELECT Id, SystemModstamp FROM Account";
    let by_stamp = || Keyset::by_stamp("SystemModstamp".parse().unwrap());
    for keyset in [by_stamp(), by_stamp().without_locators(), Keyset::by_id().without_locators()] {
        let mut ids = HashSet::new();
        let mut key = None;
        // A process that dies after each page, and another one that has the key of its last row only.
        loop {
            let keyset = key.map_or(keyset.clone(), |key| keyset.clone().after(key));
            let page = client.query::<Record>(soql).keyset(keyset).batch_size(200).page().await.unwrap();
            if page.records.is_empty() {
                break;
            }
            for row in &page.records {
                assert!(ids.insert(row.id().unwrap()), "{row} came twice");
            }
            key = page.key;
        }
        assert_eq!(ids.len(), 450);
    }
}

#[tokio::test]
async fn s_22_a_cursor_of_three_days_ago_is_replaced_by_the_key() {
    let org = accounts(450).await;
    let client = connect(&org);
    let query = || client.query::<Record>("SELECT Id FROM Account").batch_size(200);
    let first = query().keyset(Keyset::by_id()).page().await.unwrap();
    org.with(|org| org.advance(Duration::from_secs(3 * 24 * 3600)));
    let client = connect(&org);
    let keyset = Keyset::by_id().after(first.key.unwrap());
    let query = client.query::<Record>("SELECT Id FROM Account").batch_size(200).keyset(keyset);
    let rest = query.starting_at(first.next.unwrap()).all().await.unwrap();
    let ids: HashSet<_> = first.records.iter().chain(&rest).map(|row| row.id().unwrap()).collect();
    assert_eq!((ids.len(), rest.len()), (450, 250));
}

#[tokio::test]
async fn pages_fetched_ahead_are_those_of_the_org() {
    let org = accounts(1050).await;
    let client = connect(&org);
    let query = || client.query::<Account>("SELECT Id, Name, Phone FROM Account ORDER BY Name").batch_size(200);
    assert_eq!(query().look_ahead(3).all().await.unwrap(), query().all().await.unwrap());
    assert_eq!(client.connection().calls(), 12);
}

#[tokio::test]
async fn groups_with_subtotals_are_rows_of_a_struct() {
    #[derive(Debug, serde::Deserialize)]
    struct Group {
        #[serde(rename = "Name")]
        name: Option<String>,
        #[serde(rename = "expr0")]
        rows: u64,
    }
    let org = accounts(3).await;
    let groups: Vec<Group> =
        connect(&org).query("SELECT Name, COUNT(Id) FROM Account GROUP BY ROLLUP(Name)").all().await.unwrap();
    assert_eq!(groups.iter().filter(|group| group.name.is_some() && group.rows == 1).count(), 3);
    assert_eq!(groups.iter().filter(|group| group.name.is_none()).map(|group| group.rows).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn trouble_between_pages_costs_no_row() {
    let org = accounts(450).await;
    let client = connect(&org);
    org.fault(Fault::status(503).at("query").skip(1));
    org.fault(Fault::reset().at("query").skip(1));
    org.fault(Fault::truncated(100).at("query").skip(1));
    let rows: Vec<Account> = client
        .query("SELECT Id, Name, Phone FROM Account ORDER BY Name")
        .batch_size(200)
        .stream()
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<_> = (0..450).map(|n| format!("Account {n:04}")).collect();
    assert_eq!(rows.into_iter().map(|row| row.name).collect::<Vec<_>>(), expected);
    assert_eq!(client.connection().calls(), 6, "three pages and three tries that failed");
}

#[tokio::test]
async fn a_query_the_org_does_not_understand_comes_with_its_reason() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    for (soql, code) in [
        ("SELECT Id FROM Accout", "INVALID_TYPE"),
        ("SELECT Nam FROM Account", "INVALID_FIELD"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
    ] {
        let error = client.query::<Record>(soql).page().await.unwrap_err();
        assert_eq!((error.kind(), error.api_errors()[0].code.as_str()), (ErrorKind::Invalid, code), "{soql}");
    }
}

#[tokio::test]
async fn children_come_with_their_parents_and_none_is_none() {
    let mut org = Org::empty();
    let full = org.insert("Account", &json!({ "Name": "Full" })).unwrap();
    org.insert("Account", &json!({ "Name": "Empty" })).unwrap();
    for name in ["Doe", "Roe"] {
        org.insert("Contact", &json!({ "LastName": name, "AccountId": full.to_string() })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Contact {
        last_name: String,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Family {
        name: String,
        contacts: salesforce_rest::ChildRows<Contact>,
    }
    let soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name";
    let families = client.query::<Family>(soql).all().await.unwrap();
    assert_eq!((&*families[0].name, families[0].contacts.records.len()), ("Empty", 0));
    let contacts: Vec<Contact> =
        client.child_rows(families.into_iter().nth(1).unwrap().contacts).try_collect().await.unwrap();
    assert_eq!(contacts.iter().map(|contact| &*contact.last_name).collect::<Vec<_>>(), ["Doe", "Roe"]);
}

#[tokio::test]
async fn rows_can_be_taken_as_text() {
    let org = accounts(3).await;
    let rows: Vec<Box<RawValue>> = connect(&org).query("SELECT Id, Name FROM Account").all().await.unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| serde_json::from_str::<Record>(row.get()).unwrap().id().is_some()));
}

#[tokio::test]
async fn an_org_tells_who_it_is_and_what_it_has() {
    let org = MockOrg::start().await;
    let client = connect(&org);

    let identity = client.identity().await.unwrap();
    assert_eq!((identity.username, identity.organization_id.to_string()), (org.username(), org.org_id()));
    let organization = client.organization().await.unwrap();
    assert_eq!(organization.id, identity.organization_id);
    assert!(client.versions().await.unwrap().iter().any(|version| version.version == ApiVersion::DEFAULT));
    assert!(client.resources().await.unwrap().contains_key("sobjects"));
    assert!(client.limits().await.unwrap().get("DailyApiRequests").unwrap().max > 0);

    let all = client.describe_global().await.unwrap();
    assert!(all.sobjects.iter().any(|object| object.name == "Account" && object.queryable));
    let account = client.describe("Account").await.unwrap();
    assert_eq!(account.name, "Account");
    assert!(account.fields.iter().any(|field| field.name == "SystemModstamp" && field.filterable));
    assert_eq!(client.describe("Nonsense__c").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn b1_03_the_time_is_the_orgs_and_not_ours_and_costs_no_call() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    client.limits().await.unwrap();
    let used = client.connection().usage().unwrap().used;
    org.with(|org| org.advance(Duration::from_secs(1800)));
    let time = client.server_time().await.unwrap();
    let theirs = org.with(|org| org.now());
    assert!(theirs.since(time) < Duration::from_secs(60), "{time} is not {theirs}");
    client.limits().await.unwrap();
    assert_eq!(client.connection().usage().unwrap().used, used + 1);
}

#[tokio::test]
async fn the_bytes_of_a_file_are_those_that_the_org_holds() {
    let org = MockOrg::start().await;
    let client = connect(&org);
    let soql = "SELECT Id, ContentSize FROM ContentVersion WHERE ContentSize > 0 ORDER BY ContentSize DESC LIMIT 1";
    let version = client.query::<Record>(soql).all().await.unwrap().remove(0);
    let file = client.sobject_named("ContentVersion").blob(version.id().unwrap(), "VersionData").await.unwrap();
    let bytes: BytesMut = file.try_collect().await.unwrap();
    let size = version.get("ContentSize").and_then(Value::as_number).and_then(salesforce_types::Number::as_i64);
    assert_eq!(i64::try_from(bytes.len()).ok(), size);
}
