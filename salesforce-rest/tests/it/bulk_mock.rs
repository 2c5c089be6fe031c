//! Query jobs of a mock org: every row once whatever happens to the answers, and the same row as over REST.

use std::time::Duration;

use futures_util::TryStreamExt;
use salesforce_mock::{Fault, MockOrg, Org, seed};
use salesforce_rest::bulk::{CsvRows, Results};
use salesforce_rest::{Client, Record, Soql};
use serde_json::json;

use crate::support::{connect, narrow};

async fn accounts(count: usize, page_rows: usize) -> (MockOrg, Client) {
    let mut org = Org::empty();
    org.bulk_mut().page_rows = page_rows;
    for n in 0..count {
        org.insert("Account", &json!({ "Name": format!("Account {n:05}") })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client)
}

async fn results(client: &Client) -> Results {
    let job = client.bulk().query("SELECT Id, Name FROM Account ORDER BY Name").create().await.unwrap();
    job.wait().await.unwrap();
    job.results()
}

async fn names(results: Results) -> Vec<String> {
    let batches: Vec<_> = results.csv().try_collect().await.unwrap();
    let of = |rows: &CsvRows| rows.iter().map(|row| row.get("Name").unwrap().unwrap().into_owned()).collect::<Vec<_>>();
    batches.iter().flat_map(|batch| of(&batch.rows)).collect()
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("Account {n:05}")).collect()
}

/// How many calls there were to what ends so.
fn calls(org: &MockOrg, end: &str) -> usize {
    org.journal().entries().filter(|entry| entry.path.ends_with(end)).count()
}

#[tokio::test]
async fn pages_in_parallel_one_after_the_other_and_of_a_chosen_size_give_the_same_rows() {
    let (org, client) = accounts(120, 7).await;
    assert_eq!(names(results(&client).await).await, expected(120));
    assert_eq!((calls(&org, "/resultPages"), calls(&org, "/resultpages")), (1, 3), "18 pages, five at a time");
    assert_eq!(names(results(&client).await.in_flight(1).chained()).await, expected(120));
    assert_eq!(names(results(&client).await.page_rows(50)).await, expected(120));
}

#[tokio::test]
async fn answers_that_break_off_anywhere_lose_and_double_no_row() {
    let (org, client) = accounts(120, 30).await;
    for bytes in (1..1100).step_by(131) {
        let (results, before) = (results(&client).await, calls(&org, "/results"));
        org.fault(Fault::truncated(bytes).containing("/results?").skip(1));
        assert_eq!(names(results.in_flight(2)).await, expected(120), "cut after {bytes} bytes");
        assert!(calls(&org, "/results") - before > 4, "the page that was cut is read again");
    }
}

#[tokio::test]
async fn more_pages_than_places_for_calls_do_not_wait_for_each_other() {
    let (org, client) = accounts(60, 5).await;
    let narrow = narrow(&org, 2);
    drop(client);
    org.fault(Fault::truncated(60).containing("/results?").skip(3));
    let read = names(results(&narrow).await);
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), read).await.expect("it ends"), expected(60));
}

/// Rows ask for describes when the first page was begun, and a connection may have a place for one call.
#[tokio::test]
async fn rows_need_one_place_for_calls_and_ask_for_no_page_in_vain() {
    let mut org = Org::empty();
    for n in 0..3000 {
        org.insert("Account", &json!({ "Name": format!("Account {n:05}"), "Description": "d".repeat(400) })).unwrap();
    }
    org.bulk_mut().page_rows = 1000;
    let org = MockOrg::serve(org).await;
    let client = narrow(&org, 1);
    let job = client.bulk().query("SELECT Id, Name, Description FROM Account ORDER BY Name").create().await.unwrap();
    job.wait().await.unwrap();
    let read = async {
        let mut batches = job.results().batches::<Record>();
        let first = batches.try_next().await.unwrap().unwrap();
        let rest: Vec<_> = batches.try_collect().await.unwrap();
        (first.handle, first.rows.len() + rest.iter().map(|batch| batch.rows.len()).sum::<usize>())
    };
    let (handle, count) = tokio::time::timeout(Duration::from_secs(60), read).await.expect("it ends");
    assert_eq!((count, calls(&org, "/results")), (3000, 4), "of three pages, the first one twice");

    let rows = client.bulk().resume_query(handle.clone()).results().rows::<Record>();
    let read = rows.try_collect::<Vec<_>>();
    let rest = tokio::time::timeout(Duration::from_secs(60), read).await.expect("it ends").unwrap();
    assert_eq!(rest.len() as u64 + handle.rows(), 3000);
    assert_eq!(calls(&org, "/results"), 7, "what the columns are was known before a page was opened");
}

/// Every field that a job can read, of every object that has rows, and the parents.
#[tokio::test]
async fn a_row_over_bulk_is_the_row_over_rest() {
    let org = MockOrg::serve(Org::new(seed::demo())).await;
    let client = connect(&org);
    let mut compared = 0;
    for object in ["Account", "Contact", "Opportunity", "Case", "User", "Task"] {
        let Ok(describe) = client.describe(object).await else { continue };
        let readable = |kind: &str| !matches!(kind, "address" | "location" | "base64" | "complexvalue");
        let mut columns: Vec<String> = Vec::new();
        for field in describe.fields.iter().filter(|field| readable(field.field_type.as_str())) {
            columns.push(field.name.clone());
            if let (Some(parent), [_]) = (&field.relationship_name, &*field.reference_to) {
                columns.push(format!("{parent}.Id"));
            }
        }
        let soql = format!("SELECT {} FROM {object} ORDER BY Id", columns.join(", "));
        let over_rest: Vec<Record> = client.query(Soql::trusted(soql.clone())).all().await.unwrap();
        let job = client.bulk().query(Soql::trusted(soql)).create().await.unwrap();
        job.wait().await.unwrap();
        let over_bulk: Vec<Record> = job.results().rows().try_collect().await.unwrap();
        assert_eq!(over_bulk.len(), over_rest.len());
        for (bulk, rest) in over_bulk.iter().zip(&over_rest) {
            for column in &columns {
                assert_eq!(bulk.get_path(column), rest.get_path(column), "{object}.{column}");
            }
            assert_eq!(bulk.object(), rest.object());
        }
        compared += over_bulk.len();
    }
    assert!(compared > 100, "{compared}");
}
