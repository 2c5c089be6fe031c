use connector_core::{Cancel, ErrorKind, Event, Mode, run, testing::MemorySink};
use salesforce_mock::{Fault, MockOrg};
use serde_json::json;

use crate::support::{MINUTE, backup, empty, live, source};

/// An org in which one second holds so many rows.
async fn flood(rows: usize) -> MockOrg {
    let mut org = empty();
    org.insert("Account", &json!({"Name": "before"})).unwrap();
    let mock = MockOrg::serve(org).await;
    mock.with(|org| {
        org.advance(MINUTE * 30);
        for number in 0..rows {
            org.insert("Account", &json!({"Name": format!("{number}")})).unwrap();
        }
    });
    mock
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_05_s_04_rows_of_one_second_survive_a_stop_after_every_page() {
    for by_locator in [true, false] {
        let mock = flood(0).await;
        let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
        backup(&mock, &source, &sink, Mode::Complete).await;
        let mock_rows = 5_000;
        mock.with(|org| {
            org.advance(MINUTE * 30);
            for number in 0..mock_rows {
                org.insert("Account", &json!({"Name": format!("{number}")})).unwrap();
            }
            org.advance(MINUTE * 2);
        });
        let (mut runs, mut read) = (0, 0);
        let report = loop {
            runs += 1;
            assert!(runs < 20, "an endless loop");
            if !by_locator {
                let dead = Fault::error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
                mock.fault(dead.containing("0r8"));
            }
            let cancel = Cancel::new();
            let observer = |event: &Event<'_>| {
                if matches!(event, Event::Batch { rows, .. } if *rows > 0) {
                    cancel.cancel();
                }
            };
            match run(&source, &sink, Mode::Incremental).observer(&observer).cancel(&cancel).await {
                Ok(report) => break report,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}"),
            }
            read += 1;
        };
        assert!(read >= 2, "it was stopped between pages");
        assert!(report.resumed);
        assert_eq!(live(&sink), mock_rows + 1);
        assert_eq!(report.streams["Account"].counts.rows, mock_rows as u64, "no row was read twice");
    }
}

#[tokio::test]
async fn b1_07_a_locator_that_died_between_two_pages_is_replaced_by_the_key() {
    for mode in [Mode::Complete, Mode::Incremental] {
        let mock = flood(900).await;
        let (source, sink) = (source(&mock, ["Account"]).page_size(200), MemorySink::new());
        if mode == Mode::Incremental {
            backup(&mock, &source, &sink, Mode::Complete).await;
        }
        let dead = Fault::error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
        mock.fault(dead.containing("0r8").skip(1).times(2));
        let report = backup(&mock, &source, &sink, mode).await;
        assert_eq!(live(&sink), 901);
        let read = &report.streams["Account"];
        assert!(read.failed.is_none() && read.counts.rows <= 901, "{read:?}");
        assert_eq!(read.announced, Some(read.counts.rows));
    }
}

#[tokio::test]
async fn a_row_that_moves_on_while_it_is_read_by_key_is_read_by_the_next_window() {
    let mock = flood(450).await;
    let (source, sink) = (source(&mock, ["Account"]).page_size(200), MemorySink::new());
    let changed = std::sync::atomic::AtomicBool::new(false);
    let observer = |event: &Event<'_>| {
        if matches!(event, Event::Batch { .. }) && !changed.swap(true, std::sync::atomic::Ordering::Relaxed) {
            mock.with(|org| {
                org.advance(MINUTE * 3);
                let rows = org.query("SELECT Id FROM Account").unwrap();
                for id in rows.iter().filter_map(salesforce_types::Record::id) {
                    org.update(id, &json!({"Name": "changed"})).unwrap();
                }
            });
        }
    };
    mock.with(|org| org.advance(MINUTE * 2));
    run(&source, &sink, Mode::Complete).observer(&observer).await.unwrap();
    backup(&mock, &source, &sink, Mode::Incremental).await;
    let folded = sink.folded();
    assert_eq!(folded.len(), 451);
    for operation in folded.values() {
        let row: serde_json::Value = operation.record().fields.decode().unwrap();
        assert_eq!(row["Name"], "changed");
    }
}
