use std::time::Duration;

use connector_core::{Mode, testing::MemorySink};
use salesforce_mock::{MockOrg, Org, rules::Draft};
use serde_json::json;

use crate::support::{MINUTE, backup, empty, live, source};

/// Small numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn write_late(org: &mut Org, name: &str, after: Duration) {
    let schema = std::sync::Arc::clone(org.store().schema());
    let at = org.now().saturating_add(after);
    let draft = Draft::new().with("Name", name);
    org.store_mut().create_late(schema.object("Account").unwrap(), &draft, at).unwrap();
}

/// Transactions that stay open for up to 9 minutes, and a run every 10 minutes. How many rows are lost in the end.
async fn lost(seed: u64, overlap: Duration) -> usize {
    let mock = MockOrg::serve(empty()).await;
    let (source, sink) = (source(&mock, ["Account"]).overlap(overlap), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    let mut dice = Dice(seed);
    let mut written = 0;
    for tick in 0..24 {
        mock.with(|org| org.advance(MINUTE * 6));
        for _ in 0..dice.roll(4) {
            let open = Duration::from_secs(dice.roll(9 * 60));
            mock.with(|org| {
                org.advance(Duration::from_secs(dice.roll(150)));
                write_late(org, &format!("{tick}"), open);
            });
            written += 1;
        }
        backup(&mock, &source, &sink, Mode::Incremental).await;
    }
    mock.with(|org| org.advance(MINUTE * 10));
    backup(&mock, &source, &sink, Mode::Incremental).await;
    written - live(&sink)
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_03_s_02_rows_that_become_visible_late_are_not_lost_and_without_the_overlap_they_are() {
    let mut lost_without = 0;
    for seed in 0..5 {
        assert_eq!(lost(seed, MINUTE * 15).await, 0, "seed {seed}");
        lost_without += lost(seed, Duration::ZERO).await;
    }
    assert!(lost_without > 0, "the test has to show what the overlap is for");
}

#[tokio::test]
async fn b1_03_what_is_younger_than_the_safety_lag_is_left_to_the_next_run() {
    let mock = MockOrg::serve(empty()).await;
    let (source, sink) = (source(&mock, ["Account"]).safety_lag(MINUTE), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    mock.with(|org| {
        org.advance(MINUTE * 5);
        org.insert("Account", &json!({"Name": "just now"})).unwrap();
    });
    let report = connector_core::run(&source, &sink, Mode::Incremental).await.unwrap();
    assert_eq!(report.total().rows, 0);
    backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!(live(&sink), 1);
}

#[tokio::test]
async fn b1_04_a_run_without_rows_moves_the_window_and_a_late_row_in_the_overlap_is_read() {
    let mock = MockOrg::serve(empty()).await;
    let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    mock.with(|org| write_late(org, "late", MINUTE * 9));
    mock.with(|org| org.advance(MINUTE * 5));
    let empty = backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!(empty.total().rows, 0, "it cannot be seen yet, and the window has passed it");
    mock.with(|org| org.advance(MINUTE * 5));
    backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!(live(&sink), 1);
}

#[tokio::test]
async fn s_03_the_window_is_of_the_orgs_clock_however_wrong_the_machines_is() {
    // The org lives in March 2026, whatever day it is here.
    let mock = MockOrg::serve(empty()).await;
    let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    for number in 0..5 {
        mock.with(|org| {
            org.advance(MINUTE * 10);
            org.insert("Account", &json!({"Name": format!("{number}")})).unwrap();
        });
        let report = backup(&mock, &source, &sink, Mode::Incremental).await;
        assert!((1..=3).contains(&report.total().rows), "{}", report.total().rows);
        assert_eq!(live(&sink), number + 1);
    }
}
