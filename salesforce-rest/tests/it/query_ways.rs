//! The other ways to read a query: by key, ahead, as text, in a body, with all children.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use salesforce_mock::{MockOrg, Org};
use salesforce_rest::{ChildRows, ErrorKind, Key, Keyset, NoKeyset, Record, Soql, UrlTooLong, Value};

use crate::support::{Script, narrow, page};

const GONE: &str = r#"[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]"#;

fn place(offset: u32) -> String {
    format!("/services/data/v68.0/query/0r8Qz00000FgHiJkLm-{offset}")
}

/// A page of rows with ids, which are counted from 1.
fn ids(numbers: std::ops::Range<u32>, total: u32, next: Option<&str>) -> String {
    let rows: Vec<_> = numbers
        .map(|n| {
            let id = format!("001000000000{n:03}").parse::<salesforce_rest::RecordId>().unwrap();
            format!(
                r#"{{"attributes":{{"type":"Account"}},"Id":"{id}","SystemModstamp":"2026-03-01T17:49:01.000+0000"}}"#
            )
        })
        .collect();
    let url = next.map(|next| format!(r#""nextRecordsUrl":"{next}","#)).unwrap_or_default();
    format!(r#"{{"totalSize":{total},"done":{},{url}"records":[{}]}}"#, next.is_none(), rows.join(","))
}

fn numbers(rows: &[Record]) -> Vec<u32> {
    rows.iter().map(|row| row.id().unwrap().as_15()[12..].parse().unwrap()).collect()
}

fn decoded(path: &str) -> String {
    path.split_once("q=").unwrap().1.replace('+', " ").replace("%3E", ">").replace("%27", "'").replace("%3D", "=")
}

// In a body.

fn long() -> Soql {
    let ids: Vec<String> = (0..2000).map(|n| format!("00Qz00000{n:06}")).collect();
    Soql::new("SELECT Name FROM Account WHERE Id IN :ids").bind("ids", ids)
}

fn composite(status: u16, body: &str) -> String {
    format!(
        r#"{{"compositeResponse":[{{"body":{body},"httpHeaders":{{}},"httpStatusCode":{status},"referenceId":"query"}}]}}"#
    )
}

#[tokio::test]
async fn b1_08_a_query_too_long_for_a_url_is_sent_in_a_body_and_paged_as_usual() {
    let script = Script::default()
        .answer(200, composite(200, &page(&["a", "b"], 3, Some(&place(2)))))
        .answer(200, page(&["c"], 3, None));
    let client = script.client();
    let rows: Vec<Record> = client.query(long()).include_deleted().batch_size(200).all().await.unwrap();
    assert_eq!(rows.len(), 3);
    let sent = script.sent();
    assert_eq!(
        (&*sent[0].method, &*sent[0].path, &*sent[1].path),
        ("POST", "/services/data/v68.0/composite", &*place(2))
    );
    let body: serde_json::Value = serde_json::from_str(&sent[0].body).unwrap();
    let part = &body["compositeRequest"][0];
    assert!(part["url"].as_str().unwrap().starts_with("/services/data/v68.0/queryAll?q=SELECT+Name+FROM+Account"));
    assert_eq!(part["method"], "GET");
    assert_eq!(part["httpHeaders"], serde_json::json!({ "sforce-query-options": "batchSize=200" }));
}

#[tokio::test]
async fn a_query_that_fits_a_url_is_sent_in_it() {
    let script = Script::default().answer(200, page(&["a"], 1, None));
    script.client().query::<Record>("SELECT Name FROM Account").page().await.unwrap();
    assert_eq!(script.sent()[0].method, "GET");
}

#[tokio::test]
async fn a_refusal_in_the_body_of_a_long_query_is_the_querys_own() {
    let refusal = r#"[{"errorCode":"INVALID_FIELD","message":"No such column 'Nam'"}]"#;
    let script = Script::default().answer(200, composite(400, refusal));
    let error = script.client().query::<Record>(long()).page().await.unwrap_err();
    assert_eq!((error.kind(), error.api_errors()[0].code.as_str()), (ErrorKind::Invalid, "INVALID_FIELD"));
    assert!(error.to_string().starts_with("GET query?q=… failed with 400: INVALID_FIELD"), "{error}");
}

#[tokio::test]
async fn b1_08_a_query_that_goes_no_way_is_an_error_that_says_how_long_it_is() {
    let script = Script::default().answer(200, composite(414, "null"));
    let error = script.client().query::<Record>(long()).page().await.unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<UrlTooLong>()).unwrap();
    assert!(source.bytes() > source.limit());
    assert!(error.to_string().contains("fewer fields"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_not_one_querys_is_an_error() {
    for body in ["{}", r#"{"compositeResponse":[]}"#, "[]"] {
        let script = Script::default().answer(200, body);
        let error = script.client().query::<Record>(long()).page().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
}

// Ahead.

fn places(script: &Script) -> Vec<String> {
    script.paths().iter().map(|path| path.rsplit_once('-').map_or("first", |(_, at)| at).to_owned()).collect()
}

#[tokio::test]
async fn pages_fetched_ahead_come_in_order() {
    let mut script = Script::default();
    for at in (0..10).step_by(2) {
        script = script.answer(200, ids(at..at + 2, 10, (at < 8).then(|| place(at + 2)).as_deref()));
    }
    let client = script.client();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").look_ahead(3).stream().try_collect().await.unwrap();
    assert_eq!(numbers(&rows), (0..10).collect::<Vec<_>>());
    assert_eq!(places(&script), ["first", "2", "4", "6", "8"], "no page is asked for twice, none beyond the total");
}

#[tokio::test]
async fn no_more_pages_are_under_way_than_were_allowed() {
    let script = Script::default()
        .answer(200, ids(0..2, 100, Some(&place(2))))
        .answer(200, ids(2..4, 100, Some(&place(4))))
        .answer(200, ids(4..6, 100, Some(&place(6))));
    let client = script.client();
    let mut pages = client.query::<Record>("SELECT Id FROM Account").look_ahead(2).pages();
    pages.next().await.unwrap().unwrap();
    assert_eq!(script.sent().len(), 1);
    pages.next().await.unwrap().unwrap();
    assert_eq!(places(&script), ["first", "2", "4"]);
}

/// Pages ahead that have not come take places, and nobody waits for them while a row is looked at.
#[tokio::test]
async fn pages_ahead_leave_a_place_for_a_call_made_meanwhile() {
    let mut org = Org::empty();
    for n in 0..2000 {
        org.insert("Account", &serde_json::json!({ "Name": n.to_string() })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = narrow(&org, 3);
    let read = async {
        let mut read = 0;
        let mut rows = client.query::<Record>("SELECT Id FROM Account").batch_size(200).look_ahead(8).stream();
        while let Some(row) = rows.try_next().await.unwrap() {
            if read % 200 == 0 {
                client.sobject_named("Account").get(row.id().unwrap()).await.unwrap();
            }
            read += 1;
        }
        read
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(60), read).await.expect("it ends"), 2000);
}

#[tokio::test]
async fn a_page_that_leads_elsewhere_ends_fetching_ahead_and_loses_nothing() {
    // The second page is short: its successor is at 3, and 4 was fetched in vain.
    let script = Script::default()
        .answer(200, ids(0..2, 6, Some(&place(2))))
        .answer(200, ids(2..3, 6, Some(&place(3))))
        .answer(200, ids(90..92, 6, None))
        .answer(200, ids(3..5, 6, Some(&place(5))))
        .answer(200, ids(5..6, 6, None));
    let client = script.client();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").look_ahead(2).all().await.unwrap();
    assert_eq!(numbers(&rows), (0..6).collect::<Vec<_>>());
    assert_eq!(places(&script), ["first", "2", "4", "3", "5"]);
}

#[tokio::test]
async fn a_place_that_cannot_be_counted_is_followed_page_after_page() {
    let other = "/services/data/v68.0/query/0r8Qz00000FgHiJkLm";
    let script = Script::default().answer(200, ids(0..2, 3, Some(other))).answer(200, ids(2..3, 3, None));
    let client = script.client();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").look_ahead(8).all().await.unwrap();
    assert_eq!((rows.len(), script.sent().len()), (3, 2));
}

#[tokio::test]
async fn an_error_before_its_turn_is_asked_again_and_one_in_its_turn_is_the_end() {
    let script = Script::default()
        .answer(200, ids(0..2, 6, Some(&place(2))))
        .answer(200, ids(2..4, 6, Some(&place(4))))
        .answer(400, GONE)
        .answer(200, ids(4..6, 6, None));
    let client = script.client();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").look_ahead(2).all().await.unwrap();
    assert_eq!(numbers(&rows), (0..6).collect::<Vec<_>>());

    let script = Script::default()
        .answer(200, ids(0..2, 6, Some(&place(2))))
        .answer(200, ids(2..4, 6, Some(&place(4))))
        .answer(400, GONE)
        .answer(400, GONE);
    let client = script.client();
    let rows: Vec<_> = client.query::<Record>("SELECT Id FROM Account").look_ahead(2).stream().collect().await;
    assert_eq!(rows.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, true, true, false]);
}

// By key.

#[tokio::test]
async fn s_22_a_locator_that_is_gone_is_replaced_by_the_key_and_no_row_is_lost_or_doubled() {
    let script = Script::default()
        .answer(200, ids(1..3, 5, Some(&place(2))))
        .answer(400, GONE)
        .answer(200, ids(3..5, 3, Some(&place(4))))
        .answer(400, GONE)
        .answer(200, ids(5..6, 1, None));
    let client = script.client();
    let keyset = Keyset::by_stamp("SystemModstamp".parse().unwrap());
    let rows: Vec<Record> =
        client.query("SELECT Id, SystemModstamp FROM Account").keyset(keyset).stream().try_collect().await.unwrap();
    assert_eq!(numbers(&rows), [1, 2, 3, 4, 5]);
    let again = decoded(&script.paths()[2]);
    assert!(again.contains("Id > '001000000000002AAA') OR SystemModstamp > 2026-03-01T17:49:01.000Z"), "{again}");
}

#[tokio::test]
async fn b1_07_a_key_is_a_checkpoint_where_a_cursor_is_none() {
    let script = Script::default().answer(200, ids(1..3, 5, Some(&place(2))));
    let page = script.client().query::<Record>("SELECT Id FROM Account").keyset(Keyset::by_id()).page().await.unwrap();
    let kept = serde_json::to_string(&(page.key, page.next)).unwrap();

    let (key, next): (Option<Key>, Option<salesforce_rest::Cursor>) = serde_json::from_str(&kept).unwrap();
    let script = Script::default().answer(400, GONE).answer(200, ids(3..6, 3, None));
    let client = script.client();
    let keyset = Keyset::by_id().after(key.unwrap());
    let rest = client.query::<Record>("SELECT Id FROM Account").keyset(keyset).starting_at(next.unwrap());
    assert_eq!(numbers(&rest.all().await.unwrap()), [3, 4, 5]);
    assert_eq!(script.paths()[0], place(2));
    assert!(decoded(&script.paths()[1]).ends_with("WHERE Id > '001000000000002AAA' ORDER BY Id"));
}

#[tokio::test]
async fn without_a_keyset_a_locator_that_is_gone_is_an_error() {
    let script = Script::default().answer(200, ids(1..3, 5, Some(&place(2)))).answer(400, GONE);
    let error = script.client().query::<Record>("SELECT Id FROM Account").all().await.unwrap_err();
    assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn a_locator_that_is_always_gone_is_not_replaced_for_ever() {
    let script = Script::default()
        .answer(200, ids(0..0, 5, Some(&place(2))))
        .answer(400, GONE)
        .answer(200, ids(0..0, 5, Some(&place(3))))
        .answer(400, GONE);
    let client = script.client();
    let error = client.query::<Record>("SELECT Id FROM Account").keyset(Keyset::by_id()).all().await.unwrap_err();
    assert_eq!(error.api_errors()[0].code.as_str(), "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn without_locators_each_page_is_a_query_until_one_is_not_full() {
    let script = Script::default()
        .answer(200, ids(0..200, 200, None))
        .answer(200, ids(200..300, 200, Some(&place(100))))
        .answer(200, ids(300..310, 10, None));
    let client = script.client();
    let keyset = Keyset::by_id().without_locators();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").keyset(keyset).batch_size(200).all().await.unwrap();
    assert_eq!(numbers(&rows), (0..310).collect::<Vec<_>>());
    let sent: Vec<_> = script.paths().iter().map(|path| decoded(path)).collect();
    assert_eq!(sent[0], "SELECT Id FROM Account ORDER BY Id LIMIT 200");
    assert!(sent[2].ends_with("WHERE Id > '001000000000299AAA' ORDER BY Id LIMIT 200"), "{}", sent[2]);
}

/// A page that has no row moves no key, so that a query for the next one would be the same again.
#[tokio::test]
async fn without_locators_a_page_without_rows_is_the_last_one() {
    let script = Script::default().answer(200, ids(0..200, 200, None)).answer(200, r#"{"done":true,"records":[]}"#);
    let client = script.client();
    let keyset = Keyset::by_id().without_locators();
    let rows: Vec<Record> = client.query("SELECT Id FROM Account").keyset(keyset).batch_size(200).all().await.unwrap();
    assert_eq!((rows.len(), script.sent().len()), (200, 2));
}

#[tokio::test]
async fn a_cursor_and_a_keyset_without_its_key_are_refused_before_anything_is_sent() {
    let script = Script::default();
    let client = script.client();
    let query = client.query::<Record>("SELECT Id FROM Account").keyset(Keyset::by_id());
    let error = query.starting_at(place(2).parse().unwrap()).all().await.unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<NoKeyset>());
    assert_eq!((error.kind(), source), (ErrorKind::Invalid, Some(&NoKeyset::KeyNotGiven)));
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn a_query_that_cannot_be_read_by_key_is_refused_before_it_is_sent() {
    let script = Script::default();
    let client = script.client();
    let query = client.query::<Record>("SELECT Id FROM Account ORDER BY Name").keyset(Keyset::by_id());
    let error = query.all().await.unwrap_err();
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<NoKeyset>());
    assert_eq!((error.kind(), source), (ErrorKind::Invalid, Some(&NoKeyset::Ordered)));
    assert!(script.sent().is_empty());
}

// As text.

#[tokio::test]
async fn rows_as_text_are_those_that_were_sent() {
    let body = "{\"done\":true,\n \"records\":[ {\"Id\":\"001000000000001AAA\", \"N\":1.50} ,{\"N\":null,\"T\":\"\\u00e4\"}],\"totalSize\":2}";
    let script = Script::default().answer(200, body);
    let client = script.client();
    let page = client.query::<()>("SELECT Id, N, T FROM A").raw_pages().next().await.unwrap().unwrap();
    assert_eq!((page.len(), page.total_size, page.done), (2, Some(2), true));
    let rows: Vec<_> = page.rows().collect();
    assert_eq!(rows[0].as_json(), r#"{"Id":"001000000000001AAA", "N":1.50}"#);
    assert_eq!(rows[0].get("n").unwrap().as_json(), "1.50");
    assert_eq!(rows[1].get("T").unwrap().as_str().unwrap(), "ä");
    assert!(rows[1].get("N").unwrap().is_null() && rows[1].get("Id").is_none());
    assert_eq!(&page.as_text()[page.ranges()[0].clone()], rows[0].as_json());
}

#[tokio::test]
async fn text_that_is_no_page_is_an_error_before_any_row_is_given() {
    for body in [
        r#"{"done":true,"records":[{"A":1},{"A":tru}]}"#,
        r#"{"done":true,"records":[{"A":1},7]}"#,
        r#"{"done":true,"records":[{"A":1}"#,
        r#"{"done":true,"records":[{"A":1},]}"#,
        r#"{"done":true,"records":[{"A":01}]}"#,
        r#"{"records":[{"A":1}]}"#,
        r#"{"done":true,"records":[],"records":[]}"#,
        r#"[[],1,true]"#,
        r#"{"done":true}"#,
    ] {
        let script = Script::default().answer(200, body);
        let client = script.client();
        let error = client.query::<()>("SELECT A FROM A").raw_pages().next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert!(error.to_string().starts_with("GET query?q=… failed"), "{error}");
    }
}

#[tokio::test]
async fn rows_that_change_their_shape_midway_lose_nothing() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Row {
        a: Option<f64>,
        b: Option<String>,
    }
    let body = r#"{"done":true,"records":[{"a":1,"b":"x"},{"b":"y","a":2},{"b":"z"},{"c":[{}],"a":1e3},{}]}"#;
    let script = Script::default().answer(200, body);
    let rows: Vec<Row> = script.client().query("SELECT a FROM A").stream().try_collect().await.unwrap();
    let row = |a, b: &str| Row { a, b: (!b.is_empty()).then(|| b.to_owned()) };
    assert_eq!(rows, [row(Some(1.0), "x"), row(Some(2.0), "y"), row(None, "z"), row(Some(1000.0), ""), row(None, "")]);
}

// Groups.

#[tokio::test]
async fn groups_are_rows_in_a_struct_and_a_subtotal_has_no_key() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Group {
        #[serde(rename = "Industry")]
        industry: Option<String>,
        #[serde(rename = "expr0")]
        sum: Option<f64>,
        rows: u64,
    }
    let body = r#"{"totalSize":3,"done":true,"records":[
        {"attributes":{"type":"AggregateResult"},"Industry":"Energy","expr0":300.0,"rows":2},
        {"attributes":{"type":"AggregateResult"},"Industry":"Law","expr0":null,"rows":1},
        {"attributes":{"type":"AggregateResult"},"Industry":null,"expr0":300,"rows":3}]}"#;
    let script = Script::default().answer(200, body);
    let client = script.client();
    let soql = "SELECT Industry, SUM(AnnualRevenue), COUNT(Id) rows FROM Account GROUP BY ROLLUP(Industry)";
    let groups: Vec<Group> = client.query(soql).all().await.unwrap();
    assert_eq!(groups[0], Group { industry: Some("Energy".into()), sum: Some(300.0), rows: 2 });
    assert_eq!(groups[1].sum, None);
    assert_eq!(groups[2], Group { industry: None, sum: Some(300.0), rows: 3 });
}

// Children.

const CHILD: &str = "/services/data/v68.0/query/0r8Qz00000ChildRows-1";
const GRANDCHILD: &str = "/services/data/v68.0/query/0r8Qz00000Grandchild-1";

fn family() -> String {
    format!(
        r#"{{"totalSize":2,"done":true,"records":[
            {{"Name":"x","Contacts":{{"totalSize":3,"done":false,"nextRecordsUrl":"{CHILD}","records":[
                {{"Name":"a","Cases":{{"done":false,"records":[],"totalSize":1,"nextRecordsUrl":"{GRANDCHILD}"}}}}]}}}},
            {{"Name":"y","Contacts":null}}]}}"#
    )
}

fn kin() -> Script {
    // The cases of the first contact come before the other contacts: the text is read from front to back.
    Script::default()
        .answer(200, family())
        .answer(200, page(&["case"], 1, None))
        .answer(200, page(&["b", "c"], 3, None))
}

#[tokio::test]
async fn all_children_are_fetched_for_every_kind_of_row() {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Contact {
        name: String,
        #[serde(default)]
        cases: ChildRows<Record>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Parent {
        contacts: ChildRows<Contact>,
    }
    let script = kin();
    let client = script.client();
    let soql = "SELECT Name, (SELECT Name, (SELECT Name FROM Cases) FROM Contacts) FROM Account";
    let parents: Vec<Parent> = client.query(soql).with_all_children().stream().try_collect().await.unwrap();
    let contacts = &parents[0].contacts;
    assert!(contacts.is_complete() && contacts.next.is_none());
    assert_eq!(contacts.records.iter().map(|contact| &*contact.name).collect::<String>(), "abc");
    assert_eq!(contacts.records[0].cases.records.len(), 1);
    assert!(parents[1].contacts.records.is_empty());
    assert_eq!(script.paths()[1..], [GRANDCHILD, CHILD]);

    let script = kin();
    let rows: Vec<Record> = script.client().query(soql).with_all_children().all().await.unwrap();
    let contacts = rows[0].get("Contacts").and_then(Value::as_rows).unwrap();
    assert_eq!((contacts.done, contacts.records.len(), contacts.next.as_deref()), (true, 3, None));
}

#[tokio::test]
async fn children_that_are_not_asked_for_are_left_and_say_so() {
    let script = Script::default().answer(200, family());
    let rows: Vec<Record> = script.client().query("SELECT Name FROM Account").all().await.unwrap();
    assert!(!rows[0].get("Contacts").and_then(Value::as_rows).unwrap().done);
}

#[tokio::test]
async fn children_that_nobody_knows_the_place_of_are_an_error() {
    let script = Script::default().answer(200, family().replace(&format!(r#""nextRecordsUrl":"{CHILD}","#), ""));
    let error =
        script.client().query::<Record>("SELECT Name FROM Account").with_all_children().all().await.unwrap_err();
    assert!(error.to_string().contains("more child rows"), "{error}");
}

/// Deep enough to overflow the stack, were it followed.
#[tokio::test]
async fn rows_that_nest_without_end_are_an_error_and_are_not_passed_over() {
    for depth in [33, 100_000] {
        let deep = format!(r#"{{"done":true,"records":[{{"A":{}{}}}]}}"#, "[".repeat(depth), "]".repeat(depth));
        let script = Script::default().answer(200, deep);
        let client = script.client();
        let error = client.query::<()>("SELECT A FROM A").with_all_children().raw_pages().next().await.unwrap();
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("too deep"), "{error}");
    }
}

// The plan.

#[tokio::test]
async fn a_plan_is_read_and_the_query_is_not_run() {
    let body = r#"{"plans":[{"cardinality":2843,"fields":["CreatedDate"],"leadingOperationType":"Index","notes":[
        {"description":"Not considering filter","fields":["IsDeleted"],"tableEnumOrId":"Contact"}],
        "relativeCost":0.8,"sobjectCardinality":5231,"sobjectType":"Contact"}],"sourceQuery":"SELECT Id FROM Contact"}"#;
    let script = Script::default().answer(200, body);
    let plans = script.client().query::<()>("SELECT Id FROM Contact").explain().await.unwrap();
    assert_eq!((plans.plans[0].cardinality, &*plans.plans[0].notes[0].fields[0]), (2843, "IsDeleted"));
    assert_eq!(script.paths(), ["/services/data/v68.0/query?explain=SELECT+Id+FROM+Contact"]);
}
