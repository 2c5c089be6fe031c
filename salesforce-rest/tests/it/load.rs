//! Loading any number of records: what is sent, sent again, and reported.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_rest::{Client, ErrorKind, Outcome, RecordId, Written};
use serde_json::{Value as Json, json};

use crate::support::{ID, Script, states};

const LOCKED: &str = r#"{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"unable to obtain exclusive access","fields":[]}]}"#;
const BAD: &str =
    r#"{"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"m","fields":["Name"]}]}"#;

fn done() -> String {
    format!(r#"{{"id":"{ID}","success":true,"errors":[]}}"#)
}

fn results(rows: &[&str]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| if row.is_empty() { done() } else { (*row).to_owned() }).collect();
    format!("[{}]", rows.join(","))
}

fn rows(count: usize) -> Vec<Json> {
    (0..count).map(|n| json!({"Name": format!("A{n}")})).collect()
}

async fn create(script: &Script, client: &Client, rows: Vec<Json>) -> Vec<Outcome> {
    let accounts = client.sobject_named("Account");
    let load = accounts.loader().concurrency(1).settle_by(["Name"]).create(stream::iter(rows));
    script.run(load.try_collect::<Vec<_>>()).await.unwrap()
}

fn names(script: &Script, call: usize) -> Vec<String> {
    let body: Json = serde_json::from_str(&script.sent()[call].body).unwrap();
    body["records"].as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn only_rows_that_were_locked_are_sent_again_and_every_row_is_reported_in_its_place() {
    let script = Script::default()
        .answer(200, results(&["", LOCKED, BAD, LOCKED]))
        .answer(200, results(&[LOCKED, ""]))
        .answer(200, results(&[""]));
    let client = script.client();
    let outcomes = create(&script, &client, rows(4)).await;
    assert_eq!(outcomes.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(states(&outcomes), "ddrd");
    assert_eq!(names(&script, 1), ["A1", "A3"]);
    assert_eq!(names(&script, 2), ["A1"]);
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test]
async fn a_row_that_stays_locked_is_refused_in_the_end() {
    let mut script = Script::default();
    for _ in 0..3 {
        script = script.answer(200, results(&[LOCKED]));
    }
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let load = accounts.loader().max_tries(3).create(stream::iter(rows(1)));
    let outcomes = script.run(load.try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!(outcomes[0].error().unwrap().kind(), ErrorKind::Busy);
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test]
async fn locked_rows_come_again_in_smaller_calls() {
    let all = |count: usize, row: &str| results(&vec![row; count]);
    let script = Script::default().answer(200, all(60, LOCKED)).answer(200, all(50, "")).answer(200, all(10, ""));
    let client = script.client();
    let outcomes = create(&script, &client, rows(60)).await;
    assert!(outcomes.iter().all(Outcome::is_done));
    assert_eq!([1, 2].map(|call| names(&script, call).len()), [50, 10]);
}

#[tokio::test]
async fn a_lost_create_is_unknown_and_the_load_goes_on() {
    let script = Script::default().lost().answer(200, results(&[""; 50]));
    let client = script.client();
    let outcomes = create(&script, &client, rows(250)).await;
    assert_eq!(states(&outcomes), format!("{}{}", "u".repeat(200), "d".repeat(50)));
    let Written::Unknown(unknown) = &outcomes[7].result else { panic!("unknown") };
    assert_eq!(unknown.query().unwrap().text().unwrap(), "SELECT Id FROM Account WHERE Name = 'A7'");
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn a_create_that_failed_within_the_org_is_not_sent_again_and_an_update_is() {
    let trouble = r#"[{"message":"m","errorCode":"REQUEST_RUNNING_TOO_LONG"}]"#;
    let script = Script::default().answer(400, trouble);
    let client = script.client();
    let outcomes = create(&script, &client, rows(2)).await;
    assert_eq!((states(&outcomes), script.sent().len()), ("uu".into(), 1));
    assert_eq!(outcomes[0].error().unwrap().kind(), ErrorKind::OutcomeUnknown);

    // The connection tries five times, and then the load once more.
    let mut script = Script::default();
    for _ in 0..5 {
        script = script.answer(400, trouble);
    }
    let script = script.answer(200, results(&[""]));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let load = accounts.loader().update(stream::iter([json!({"Id": ID, "Name": "A"})]));
    let outcomes = script.run(load.try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!((states(&outcomes), script.sent().len()), ("d".into(), 6));
}

#[tokio::test]
async fn a_row_that_is_locked_by_its_own_lost_try_is_sent_again_and_never_called_refused() {
    let row = || stream::iter([json!({"Id": ID, "Name": "A"})]);
    let script = Script::default().lost().answer(200, results(&[LOCKED])).answer(200, results(&[""]));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let outcomes = script.run(accounts.loader().update(row()).try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!((states(&outcomes), script.sent().len()), ("d".into(), 3));

    let script = Script::default().lost().answer(200, results(&[LOCKED])).answer(200, results(&[BAD]));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let outcomes = script.run(accounts.loader().update(row()).try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!((states(&outcomes), script.sent().len()), ("u".into(), 3));
}

#[tokio::test]
async fn rows_refused_for_load_come_again_in_full_calls() {
    const LOAD: &str =
        r#"{"success":false,"errors":[{"statusCode":"TOO_MANY_APEX_REQUESTS","message":"m","fields":[]}]}"#;
    let mixed = [vec![LOAD; 100], vec![LOCKED; 60]].concat();
    let script = Script::default()
        .answer(200, results(&mixed))
        .answer(200, results(&[""; 50]))
        .answer(200, results(&[""; 10]))
        .answer(200, results(&[""; 100]));
    let client = script.client();
    let outcomes = create(&script, &client, rows(160)).await;
    assert!(outcomes.iter().all(Outcome::is_done));
    assert_eq!([1, 2, 3].map(|call| names(&script, call).len()), [50, 10, 100]);
}

#[tokio::test]
async fn bad_rows_side_by_side_in_several_lanes_are_all_found() {
    let script = Script::default().by_body(|body| match body.contains("bad") {
        true => (400, r#"[{"message":"m","errorCode":"JSON_PARSER_ERROR"}]"#.into()),
        false => (200, results(&vec![""; body.matches("attributes").count()])),
    });
    let client = script.client();
    let accounts = client.sobject_named("Account");
    // Six in each call of each lane.
    let row = |n: usize| json!({"Name": format!("{}{n}", if (97..103).contains(&(n % 200)) { "bad" } else { "A" })});
    let load = accounts.loader().concurrency(4).create(stream::iter((0..3200).map(row)));
    let outcomes: Vec<_> = load.try_collect().await.unwrap();
    let bad = "r".repeat(6);
    assert_eq!(states(&outcomes), format!("{}{bad}{}", "d".repeat(97), "d".repeat(97)).repeat(16));
}

#[tokio::test]
async fn calls_that_are_lost_one_after_another_end_the_load_whatever_it_holds_in_memory() {
    let mut script = Script::default();
    for _ in 0..16 {
        script = script.lost();
    }
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let load = accounts.loader().concurrency(1).create(stream::iter(rows(5000)));
    let items: Vec<_> = script.run(load.collect::<Vec<_>>()).await;
    assert_eq!((script.sent().len(), items.len()), (16, 3201));
    assert_eq!(items[3200].as_ref().unwrap_err().kind(), ErrorKind::OutcomeUnknown);
}

#[tokio::test]
async fn a_create_that_the_org_gave_back_is_sent_again() {
    let mut script = Script::default();
    for _ in 0..5 {
        script = script.answer(503, r#"[{"message":"Server too busy","errorCode":"SERVER_UNAVAILABLE"}]"#);
    }
    let script = script.answer(200, results(&["", ""]));
    let client = script.client();
    let outcomes = create(&script, &client, rows(2)).await;
    assert_eq!((states(&outcomes), script.sent().len()), ("dd".into(), 6));
}

#[tokio::test]
async fn one_row_that_makes_the_whole_call_wrong_is_found_and_the_others_are_done() {
    let wrong = r#"[{"message":"Cannot deserialize instance of datetime","errorCode":"JSON_PARSER_ERROR"}]"#;
    // Of four rows the third is wrong: 4, then 2 and 2, then 1 and 1.
    let script = Script::default()
        .answer(400, wrong)
        .answer(200, results(&["", ""]))
        .answer(400, wrong)
        .answer(400, wrong)
        .answer(200, results(&[""]));
    let client = script.client();
    let outcomes = create(&script, &client, rows(4)).await;
    assert_eq!(states(&outcomes), "ddrd");
    assert_eq!(outcomes[2].error().unwrap().api_errors()[0].code.as_str(), "JSON_PARSER_ERROR");
}

#[tokio::test]
async fn a_load_that_cannot_work_ends_before_it_burns_the_quota() {
    let script = Script::default().by_body(|_| (400, r#"[{"message":"m","errorCode":"INVALID_FIELD"}]"#.into()));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let items: Vec<_> =
        script.run(accounts.loader().concurrency(1).create(stream::iter(rows(1000))).collect::<Vec<_>>()).await;
    // Sixteen rows alone, and the calls that they were in before.
    assert_eq!((0..script.sent().len()).filter(|call| names(&script, *call).len() == 1).count(), 16);
    assert!(script.sent().len() < 40, "{}", script.sent().len());
    let (reported, end): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
    // What was read is reported, and then why it ended.
    let positions: Vec<_> = reported.into_iter().map(|outcome| outcome.unwrap().position).collect();
    assert_eq!(positions, (0..800).collect::<Vec<_>>());
    assert_eq!(end.into_iter().map(|end| end.unwrap_err().kind()).collect::<Vec<_>>(), [ErrorKind::Invalid]);
}

#[tokio::test]
async fn a_spent_allowance_ends_the_load_at_once_and_no_row_goes_missing() {
    let limit = r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
    let script = Script::default().answer(200, results(&[""; 200])).answer(403, limit);
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let items: Vec<_> =
        script.run(accounts.loader().concurrency(1).create(stream::iter(rows(700))).collect::<Vec<_>>()).await;
    assert_eq!((script.sent().len(), items.len()), (2, 701));
    let outcomes: Vec<_> = items.iter().take(700).map(|item| item.as_ref().unwrap().clone()).collect();
    assert_eq!(states(&outcomes), format!("{}{}", "d".repeat(200), "r".repeat(500)));
    assert!(outcomes[400].error().unwrap().to_string().contains("was not sent"));
    assert_eq!(items[700].as_ref().unwrap_err().kind(), ErrorKind::Limit);
}

#[tokio::test]
async fn two_rows_of_one_record_are_never_in_one_call_and_keep_their_order() {
    let row = |name: &str| json!({"Ext__c": "k", "Name": name});
    let script =
        Script::default().answer(200, results(&[LOCKED])).answer(200, results(&[""])).answer(200, results(&[""]));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let load = accounts.loader().upsert("Ext__c", stream::iter([row("old"), row("new")]));
    let outcomes = script.run(load.try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!(states(&outcomes), "dd");
    // The newer one waited for the older one, which was locked.
    assert_eq!((0..3).map(|call| names(&script, call)).collect::<Vec<_>>(), [["old"], ["old"], ["new"]]);
}

#[tokio::test]
async fn rows_are_read_as_outcomes_are_taken() {
    let taken = AtomicUsize::new(0);
    let mut script = Script::default();
    for _ in 0..4 {
        script = script.answer(200, results(&[""; 200]));
    }
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let source = stream::iter(rows(5000)).inspect(|_| {
        taken.fetch_add(1, Ordering::Relaxed);
    });
    let mut load = accounts.loader().concurrency(1).create(source);
    assert_eq!(taken.load(Ordering::Relaxed), 0);
    assert!(load.next().await.unwrap().unwrap().is_done());
    assert_eq!((taken.load(Ordering::Relaxed), script.sent().len()), (800, 4));
}

#[tokio::test]
async fn a_row_that_is_none_is_refused_in_its_place_and_not_sent() {
    let script = Script::default().answer(200, results(&[""]));
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let rows = [json!({"Name": "no id"}), json!({"Id": ID}), json!({"Id": "003Dn00000srto9IAA"}), json!("x")];
    let outcomes: Vec<_> = accounts.loader().update(stream::iter(rows)).try_collect().await.unwrap();
    assert_eq!(states(&outcomes), "rdrr");
    assert!(outcomes[0].error().unwrap().to_string().contains("has no `Id`"));

    let contact: RecordId = "003Dn00000srto9IAA".parse().unwrap();
    let outcomes: Vec<_> = accounts.loader().delete(stream::iter([contact])).try_collect().await.unwrap();
    assert_eq!((states(&outcomes), script.sent().len()), ("r".into(), 1));
}

#[tokio::test]
async fn a_load_that_is_set_up_wrongly_sends_nothing() {
    let script = Script::default();
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let mut errors = [
        accounts.loader().group_by(["a b"]).create(stream::iter(rows(1))),
        accounts.loader().default_namespace("a; b").create(stream::iter(rows(1))),
        accounts.loader().upsert("a/b", stream::iter(rows(1))),
        client.loader().upsert("Ext__c", stream::iter(rows(1))),
    ];
    for (n, load) in errors.iter_mut().enumerate() {
        assert_eq!(load.next().await.unwrap().unwrap_err().kind(), ErrorKind::Invalid, "{n}");
        assert!(load.next().await.is_none(), "{n}");
    }
    assert!(script.sent().is_empty());
}
