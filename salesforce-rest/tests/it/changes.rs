//! What changed and what was deleted, asked of a mock org with a clock of its own.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use salesforce_http::ManualClock;
use salesforce_mock::{MockOrg, Org};
use salesforce_rest::{Client, DeleteLogPurged, ErrorKind, RecordId, Timestamp};
use serde_json::json;

use crate::support::{Script, Token, connect};

const MINUTE: Duration = Duration::from_secs(60);

/// An org with so many accounts, one a second, all deleted and purged; half an hour later.
async fn purged(count: u64) -> (MockOrg, Client, HashSet<RecordId>) {
    let org = MockOrg::serve(Org::empty()).await;
    let ids = org.with(|org| {
        let ids: HashSet<_> = (0..count)
            .map(|n| {
                org.advance(Duration::from_secs(1));
                let id = org.insert("Account", &json!({ "Name": format!("A{n}") })).unwrap();
                org.delete(id).unwrap();
                org.store_mut().purge(id).unwrap();
                id
            })
            .collect();
        org.advance(30 * MINUTE);
        ids
    });
    let client = connect(&org);
    (org, client, ids)
}

fn now(org: &MockOrg) -> Timestamp {
    org.with(|org| org.now())
}

#[tokio::test]
async fn b1_10_hard_deletes_are_told_and_windows_that_hold_too_many_are_parted() {
    let (org, client, ids) = purged(500).await;
    let now = now(&org);
    let start = now.saturating_sub(60 * MINUTE);
    let accounts = client.sobject_named("Account");
    let found: HashSet<_> =
        accounts.deleted(start, now).await.unwrap().deleted_records.iter().filter_map(|row| row.id.id()).collect();
    assert_eq!(found, ids);

    let calls = client.connection().calls();
    org.with(|org| org.set_replication_limit(150));
    let deleted = accounts.deleted(start, now).await.unwrap();
    assert_eq!(deleted.deleted_records.len(), 500, "each once");
    assert!(client.connection().calls() - calls > 5);
    // In one minute there are 60: what cannot be parted any more is the org's refusal.
    org.with(|org| org.set_replication_limit(10));
    assert_eq!(accounts.deleted(start, now).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn b1_10_the_end_of_a_window_is_the_start_of_the_next_and_nothing_is_between() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    let mut covered = now(&org);
    let (mut made, mut told) = (HashSet::new(), HashSet::new());
    for n in 0..20_u64 {
        made.insert(org.with(|org| {
            org.advance(Duration::from_secs(7 + 13 * n % 90));
            org.insert("Account", &json!({ "Name": format!("A{n}") })).unwrap()
        }));
        // Half a minute is widened, not refused.
        let end = now(&org).saturating_add(Duration::from_secs(30));
        let updated = accounts.updated(covered, end).await.unwrap();
        told.extend(updated.ids.iter().filter_map(|id| id.id()));
        assert!(updated.latest_date_covered <= end);
        covered = updated.latest_date_covered.max(covered.saturating_sub(MINUTE));
    }
    org.with(|org| org.advance(2 * MINUTE));
    told.extend(accounts.updated(covered, now(&org)).await.unwrap().ids.iter().filter_map(|id| id.id()));
    assert_eq!(told, made);
}

#[tokio::test]
async fn b1_11_a_purged_delete_log_is_an_error_that_says_so() {
    let (org, client, _) = purged(3).await;
    let now = now(&org);
    let accounts = client.sobject_named("Account");
    org.with(|org| org.trim_delete_log(now.saturating_sub(10 * MINUTE)));
    let start = now.saturating_sub(60 * MINUTE);
    let error = accounts.deleted(start, now).await.unwrap_err();
    let purged = DeleteLogPurged::of(&error).unwrap();
    assert!(purged.asked() == start && purged.available().unwrap() > start, "{error}");
    assert!(error.to_string().contains("compare all ids"), "{error}");
    assert!(accounts.deleted(now.saturating_sub(5 * MINUTE), now).await.is_ok());
}

#[tokio::test]
async fn b1_10_what_is_too_long_ago_is_the_orgs_to_say() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    let accounts = client.sobject_named("Account");
    let now = now(&org);
    let days = |days: u64| now.saturating_sub(Duration::from_secs(days * 86_400));
    for error in
        [accounts.deleted(days(16), now).await.unwrap_err(), accounts.updated(days(31), now).await.unwrap_err()]
    {
        assert!(DeleteLogPurged::of(&error).is_some(), "{error}");
    }
    // By the org's clock, whatever this machine's says.
    let fast = Client::builder(Token::new(&org.access_token(), org.url()))
        .clock(Arc::new(ManualClock::new(now.saturating_add(Duration::from_secs(100 * 86_400)))))
        .build()
        .unwrap();
    assert!(fast.sobject_named("Account").updated(days(1), now).await.is_ok());
    let calls = client.connection().calls();
    assert_eq!(accounts.updated(now, days(1)).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(client.connection().calls(), calls);
}

#[tokio::test]
async fn b1_11_the_orgs_refusal_of_a_window_is_the_same_error() {
    let refusal =
        r#"[{"errorCode":"INVALID_REPLICATION_DATE","message":"startDate before org replication enabled date"}]"#;
    let script = Script::default().answer(400, refusal).answer(400, refusal);
    let client = script.client();
    let (start, end) = (Timestamp::from_millis(3_600_000), Timestamp::from_millis(7_200_000));
    let accounts = client.sobject_named("Account");
    for error in [accounts.deleted(start, end).await.unwrap_err(), accounts.updated(start, end).await.unwrap_err()] {
        assert_eq!(DeleteLogPurged::of(&error).unwrap().asked(), start);
        assert_eq!(error.api_errors().len(), 1);
    }
    assert_eq!(
        script.paths()[0],
        "/services/data/v68.0/sobjects/Account/deleted/?start=1970-01-01T01:00:00.000Z&end=1970-01-01T02:00:00.000Z"
    );
}

#[tokio::test]
async fn a_part_that_lags_ends_what_is_covered() {
    let answer = |ids: &str, covered: &str| format!(r#"{{"ids":[{ids}],"latestDateCovered":"{covered}"}}"#);
    let too_many = r#"[{"errorCode":"EXCEEDED_ID_LIMIT","message":"too many"}]"#;
    let script = Script::default()
        .answer(400, too_many)
        .answer(200, answer(r#""001D000000IqhSLIAZ""#, "1970-01-01T01:20:00.000+0000"));
    let (start, end) = (Timestamp::from_millis(3_600_000), Timestamp::from_millis(7_200_000));
    let updated = script.client().sobject_named("Account").updated(start, end).await.unwrap();
    assert_eq!(
        (updated.ids.len(), updated.latest_date_covered.to_string()),
        (1, "1970-01-01T01:20:00.000+0000".into())
    );
    assert_eq!(script.paths().len(), 2, "the second half would leave a gap before it");

    let beyond = Script::default().answer(200, answer("", "1970-01-01T03:00:00.000+0000"));
    let error = beyond.client().sobject_named("Account").updated(start, end).await.unwrap_err();
    assert!(DeleteLogPurged::of(&error).is_some(), "covered beyond the end is the org's sign for a gap");
}
