//! Describes that are kept.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{DescribeCache, ErrorKind, Freshness};

use crate::support::{Script, Sent, connect};

const MODIFIED: (&str, &str) = ("Last-Modified", "Tue, 03 Feb 2026 10:00:00 GMT");

fn describe(label: &str) -> String {
    format!(r#"{{"name":"Account","label":"{label}","fields":[{{"name":"Id","type":"id"}}]}}"#)
}

fn since(sent: &Sent) -> Option<&str> {
    sent.headers.get("If-Modified-Since")?.to_str().ok()
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let script = Script::default().answer_with(200, &[MODIFIED], describe("old")).answer(304, "").answer_with(
        200,
        &[MODIFIED],
        describe("new"),
    );
    let cache = DescribeCache::new(script.client());
    let mut seen = Vec::new();
    for _ in 0..3 {
        let cached = cache.describe("Account").await.unwrap();
        seen.push((cached.describe.label.clone(), cached.freshness));
    }
    let expected = [("old", Freshness::Fetched), ("old", Freshness::Confirmed), ("new", Freshness::Fetched)]
        .map(|(l, f)| (l.into(), f));
    assert_eq!(seen, expected);
    assert_eq!(script.sent().iter().map(since).collect::<Vec<_>>(), [None, Some(MODIFIED.1), Some(MODIFIED.1)]);
}

#[tokio::test]
async fn what_is_kept_costs_no_call_until_its_time_is_over_or_it_is_forgotten() {
    let script = Script::default().answer_with(200, &[MODIFIED], describe("a")).answer(304, "").answer_with(
        200,
        &[MODIFIED],
        describe("b"),
    );
    let cache = DescribeCache::new(script.client()).keep_for(Duration::from_secs(60));
    cache.describe("Account").await.unwrap();
    script.advance(Duration::from_secs(59));
    let held = cache.describe("ACCOUNT").await.unwrap();
    assert_eq!((held.freshness, script.paths().len()), (Freshness::Held(Duration::from_secs(59)), 1));
    script.advance(Duration::from_secs(1));
    assert_eq!(cache.describe("Account").await.unwrap().freshness, Freshness::Confirmed);
    cache.invalidate("account");
    assert_eq!(cache.describe("Account").await.unwrap().freshness, Freshness::Fetched);
    assert_eq!(since(&script.sent()[2]), None);
}

#[tokio::test]
async fn a_crowd_that_asks_at_once_causes_one_call() {
    let org = MockOrg::serve(Org::demo()).await;
    let cache = DescribeCache::new(connect(&org));
    let all = join_all((0..20).map(|_| cache.describe("Account"))).await;
    assert!(all.into_iter().all(|cached| cached.unwrap().freshness == Freshness::Fetched));
    assert_eq!(org.journal().count("sobjects/Account/describe"), 1);
    assert_eq!(cache.describe("Account").await.unwrap().freshness, Freshness::Confirmed, "the mock knows 304");
}

#[tokio::test]
async fn a_failure_is_not_kept_and_what_was_held_is() {
    let org = MockOrg::serve(Org::demo()).await;
    let cache = DescribeCache::new(connect(&org));
    assert_eq!(cache.describe("Nothing__c").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(cache.is_empty(), "nothing is held of it");
    cache.describe("Account").await.unwrap();
    org.fault(Fault::error(400, "INVALID_FIELD", "no").at("sobjects/Account/describe"));
    assert!(cache.describe("Account").await.is_err());
    assert_eq!(cache.describe("Account").await.unwrap().freshness, Freshness::Confirmed);
}

#[tokio::test]
async fn memory_is_bounded_and_what_is_used_stays() {
    let mut script = Script::default();
    for _ in 0..5 {
        script = script.answer_with(200, &[], describe("x"));
    }
    let cache = DescribeCache::new(script.client()).capacity(2).keep_for(Duration::from_secs(9));
    for object in ["A", "B", "A", "C", "A"] {
        cache.describe(object).await.unwrap();
    }
    assert_eq!((cache.len(), script.paths().len()), (2, 3), "B went, A stayed");
    cache.clear();
    assert!(cache.is_empty());
}

#[tokio::test]
async fn names_that_are_none_push_nothing_out() {
    let org = MockOrg::serve(Org::demo()).await;
    let cache = DescribeCache::new(connect(&org)).capacity(1).keep_for(Duration::from_secs(600));
    cache.describe("Account").await.unwrap();
    join_all((0..5).map(|n| cache.describe(["Acount", "Contcat"][n % 2]))).await;
    // Given up before it was answered.
    assert!(cache.describe("Contact").now_or_never().is_none());
    assert_eq!(cache.len(), 1);
    assert!(matches!(cache.describe("Account").await.unwrap().freshness, Freshness::Held(_)));
    cache.describe("Contact").await.unwrap();
    assert_eq!((cache.len(), org.journal().count("sobjects/Account/describe")), (1, 1));
    assert!(matches!(cache.describe("Contact").await.unwrap().freshness, Freshness::Held(_)));
}

#[tokio::test]
async fn r_65_a_raw_describe_is_byte_for_byte_what_the_org_sent() {
    let text = "{ \"name\" : \"Case\",\n\t\"fields\":[], \"x\": 1.50, \"ü\":\"\\u00e4\" }";
    let script = Script::default().answer(200, text);
    assert_eq!(script.client().describe_raw("Case").await.unwrap(), text);

    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    let raw = client.describe_raw("Account").await.unwrap();
    let sent = client.send(salesforce_rest::Request::get("sobjects/Account/describe")).await.unwrap();
    assert_eq!(raw, sent.into_bytes());
    assert_eq!(client.describe_raw("../x").await.unwrap_err().kind(), ErrorKind::Invalid);
}
