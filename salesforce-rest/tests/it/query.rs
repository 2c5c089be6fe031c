use futures_util::{StreamExt, TryStreamExt};
use salesforce_rest::{ChildRows, Cursor, ErrorKind, Page, Record, Soql, Value};
use serde_json::value::RawValue;

use crate::support::{Script, page};

const NEXT: &str = "/services/data/v68.0/query/0r8Qz00000FgHiJkLm-2";
const LAST: &str = "/services/data/v68.0/query/0r8Qz00000FgHiJkLm-4";

#[derive(Debug, serde::Deserialize)]
struct Named {
    #[serde(rename = "Name")]
    name: String,
}

fn three_pages() -> Script {
    Script::default()
        .answer(200, page(&["a", "b"], 5, Some(NEXT)))
        .answer(200, page(&["c", "d"], 5, Some(LAST)))
        .answer(200, page(&["e"], 5, None))
}

fn names(rows: &[Record]) -> String {
    rows.iter().filter_map(|row| row.get("Name").and_then(Value::as_str)).collect()
}

#[tokio::test]
async fn a_stream_gives_every_row_of_every_page() {
    let script = three_pages();
    let rows: Vec<Named> = script
        .client()
        .query("SELECT Name FROM Account")
        .stream()
        .map_ok(|row: Named| row)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|row| &*row.name).collect::<String>(), "abcde");
    assert_eq!(script.paths(), ["/services/data/v68.0/query?q=SELECT+Name+FROM+Account", NEXT, LAST]);
}

#[tokio::test]
async fn pages_come_one_at_a_time_and_nothing_is_fetched_ahead() {
    let script = three_pages();
    let client = script.client();
    let mut pages = client.query::<Record>("SELECT Name FROM Account").pages();
    assert_eq!(names(&pages.next().await.unwrap().unwrap().records), "ab");
    assert_eq!(script.paths().len(), 1);
    assert_eq!(pages.next().await.unwrap().unwrap().next, Some(LAST.parse().unwrap()));
    assert_eq!(names(&pages.next().await.unwrap().unwrap().records), "e");
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn another_process_goes_on_from_the_text_of_a_cursor() {
    let script = three_pages();
    let first: Page<Record> = script.client().query("SELECT Name FROM Account").page().await.unwrap();
    let kept = serde_json::to_string(&first.next).unwrap();
    drop(first);

    let cursor: Option<Cursor> = serde_json::from_str(&kept).unwrap();
    let rest: Vec<Record> = script.client().resume(cursor.unwrap()).all().await.unwrap();
    assert_eq!(names(&rest), "cde");
}

#[tokio::test]
async fn a_cursor_gives_one_page_too() {
    let script = Script::default().answer(200, page(&["c", "d"], 5, Some(LAST)));
    let page: Page<Record> = script.client().query_page(&NEXT.parse().unwrap()).await.unwrap();
    assert_eq!((names(&page.records), page.next), ("cd".into(), Some(LAST.parse().unwrap())));
}

#[tokio::test]
async fn options_are_sent_with_the_first_page() {
    let script = three_pages();
    let query = script.client();
    let query = query.query::<Record>("SELECT Name FROM Account").include_deleted().batch_size(200);
    assert_eq!(query.all().await.unwrap().len(), 5);
    assert_eq!(script.paths()[0], "/services/data/v68.0/queryAll?q=SELECT+Name+FROM+Account");
    let options: Vec<_> = script.sent().into_iter().map(|sent| sent.options).collect();
    assert_eq!(options, [Some("batchSize=200".into()), None, None]);
}

#[tokio::test]
async fn an_error_in_the_middle_ends_a_stream_with_an_error_and_not_silently() {
    let gone = r#"[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]"#;
    let script = Script::default().answer(200, page(&["a"], 5, Some(NEXT))).answer(400, gone);
    let client = script.client();
    let mut rows = client.query::<Record>("SELECT Name FROM Account").stream();
    assert!(rows.next().await.unwrap().is_ok());
    let error = rows.next().await.unwrap().unwrap_err();
    assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_QUERY_LOCATOR");
    assert!(rows.next().await.is_none());
}

#[tokio::test]
async fn more_rows_without_a_place_are_an_error_that_says_so() {
    let script = Script::default().answer(200, r#"{"totalSize":9,"done":false,"records":[{"Name":"a"}]}"#);
    let error = script.client().query::<Record>("SELECT Name FROM Account").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error.to_string(),
        "GET query?q=… failed with 200: the page is not the last, and does not say where the next one is: rows would be missing"
    );
}

#[tokio::test]
async fn a_place_on_another_host_is_refused_and_nothing_is_sent_there() {
    let script =
        Script::default().answer(200, page(&["a"], 5, Some("https://attacker.test/services/data/v68.0/query/0r8-1")));
    let error = script.client().query::<Record>("SELECT Name FROM Account").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignHost);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_page_that_names_itself_is_an_error_at_once() {
    let script = Script::default().answer(200, page(&["a"], 5, Some(NEXT))).answer(200, page(&["a"], 5, Some(NEXT)));
    let error = script.client().query::<Record>("SELECT Name FROM Account").all().await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert_eq!(script.sent().len(), 2);

    let script = Script::default().answer(200, page(&["a"], 5, Some(NEXT)));
    assert!(script.client().query_page::<Record>(&NEXT.parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn pages_in_a_circle_end_with_an_error() {
    let mut script = Script::default();
    for place in [NEXT, LAST].repeat(5) {
        script = script.answer(200, page(&["a"], 5, Some(place)));
    }
    let error = script.client().query::<Record>("SELECT Name FROM Account").all().await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_not_the_end() {
    let script = Script::default().answer(200, page(&[], 1, Some(NEXT))).answer(200, page(&["a"], 1, None));
    let rows: Vec<Record> = script.client().query("SELECT Name FROM Account").all().await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_count_is_the_total() {
    let script = Script::default().answer(200, r#"{"totalSize":17,"done":true,"records":[]}"#);
    assert_eq!(script.client().query::<Record>("SELECT COUNT() FROM Account").count().await.unwrap(), 17);
    let script = Script::default().answer(200, r#"{"done":true,"records":[]}"#);
    assert!(script.client().query::<Record>("SELECT COUNT() FROM Account").count().await.is_err());
}

#[tokio::test]
async fn rows_that_stay_text_keep_every_digit() {
    let body = r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"A"}, "N":1.50,"Big":12345678901234567890.10}]}"#;
    let script = Script::default().answer(200, body);
    let rows: Vec<Box<RawValue>> = script.client().query("SELECT N, Big FROM A").all().await.unwrap();
    assert_eq!(rows[0].get(), r#"{"attributes":{"type":"A"}, "N":1.50,"Big":12345678901234567890.10}"#);

    let script = Script::default().answer(200, body);
    let rows: Vec<Record> = script.client().query("SELECT N, Big FROM A").all().await.unwrap();
    assert_eq!(rows[0].get("Big").unwrap().as_number().unwrap().as_str(), "12345678901234567890.10");
}

#[tokio::test]
async fn a_row_that_does_not_fit_the_struct_is_an_error_that_names_the_place() {
    let script = Script::default().answer(200, r#"{"totalSize":1,"done":true,"records":[{"Name":"a"},{"Name":7}]}"#);
    let error = script.client().query::<Named>("SELECT Name FROM Account").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("records[1].Name"), "{error}");
}

#[tokio::test]
async fn a_size_of_a_page_that_no_org_takes_is_refused_before_it_is_sent() {
    let script = Script::default();
    let error = script.client().query::<Record>("SELECT Id FROM Account").batch_size(199).page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_value_that_is_not_bound_is_refused_before_it_is_sent() {
    let script = Script::default();
    let soql = Soql::new("SELECT Id FROM Account WHERE Name = :name");
    let error = script.client().query::<Record>(soql).page().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_value_cannot_break_out_of_its_quotes() {
    let script = Script::default().answer(200, page(&[], 0, None));
    let soql = Soql::new("SELECT Id FROM Account WHERE Name = :name").bind("name", "x' OR Name != '");
    script.client().query::<Record>(soql).page().await.unwrap();
    assert_eq!(
        script.paths(),
        ["/services/data/v68.0/query?q=SELECT+Id+FROM+Account+WHERE+Name+%3D+%27x%5C%27+OR+Name+%21%3D+%5C%27%27"]
    );
}

const FAMILY: &str = r#"{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Account"},"Contacts":{
    "totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v68.0/query/0r8Qz00000ChildRows-1",
    "records":[{"attributes":{"type":"Contact"},"Name":"a"}]},"Cases":null}]}"#;

#[tokio::test]
async fn child_rows_that_were_cut_can_be_seen_and_followed() {
    let script = Script::default().answer(200, FAMILY).answer(200, page(&["b", "c"], 3, None));
    let client = script.client();
    let parents: Vec<Record> = client.query("SELECT (SELECT Name FROM Contacts) FROM Account").all().await.unwrap();
    let contacts = parents[0].get("Contacts").and_then(Value::as_rows).unwrap();
    assert!(!contacts.done);
    let all: Vec<Record> = client.child_rows(contacts).try_collect().await.unwrap();
    assert_eq!(names(&all), "abc");
    assert_eq!(script.paths()[1], "/services/data/v68.0/query/0r8Qz00000ChildRows-1");
}

#[tokio::test]
async fn child_rows_in_a_struct_can_be_seen_and_followed_too() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parent {
        contacts: ChildRows<Named>,
        cases: ChildRows<Named>,
    }
    let script = Script::default().answer(200, FAMILY).answer(200, page(&["b", "c"], 3, None));
    let client = script.client();
    let parent: Parent =
        client.query("SELECT (SELECT Name FROM Contacts) FROM Account").all().await.unwrap().pop().unwrap();
    assert_eq!((parent.contacts.is_complete(), parent.contacts.total_size), (false, Some(3)));
    assert!(parent.cases.is_complete() && parent.cases.records.is_empty());
    let all: Vec<Named> = client.child_rows(parent.contacts).try_collect().await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(client.child_rows(parent.cases).count().await, 0);
}

#[tokio::test]
async fn cut_child_rows_without_a_place_end_with_an_error() {
    let body = FAMILY.replace(r#""nextRecordsUrl":"/services/data/v68.0/query/0r8Qz00000ChildRows-1","#, "");
    let script = Script::default().answer(200, body);
    let client = script.client();
    let parents: Vec<Record> = client.query("SELECT (SELECT Name FROM Contacts) FROM Account").all().await.unwrap();
    let contacts = parents[0].get("Contacts").and_then(Value::as_rows).unwrap();
    let rows: Vec<_> = client.child_rows::<Record>(contacts).collect().await;
    assert!(rows[0].is_ok() && rows[1].is_err() && rows.len() == 2);
}
