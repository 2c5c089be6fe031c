use connector_core::{Evidence, Mode, Operation, testing::MemorySink};
use salesforce_mock::MockOrg;
use salesforce_types::RecordId;
use serde_json::json;

use crate::support::{MINUTE, backup, empty, live, source};

async fn hundred() -> (MockOrg, Vec<RecordId>) {
    let mut org = empty();
    let ids = (0..100).map(|n| org.insert("Account", &json!({"Name": format!("A{n}")})).unwrap()).collect();
    // Long before the first window ends, so that no overlap reads them again.
    org.advance(MINUTE * 60);
    (MockOrg::serve(org).await, ids)
}

#[tokio::test]
async fn b1_01_rows_in_the_recycle_bin_are_read_too() {
    let (mock, ids) = hundred().await;
    mock.with(|org| ids[..10].iter().for_each(|id| org.delete(*id).unwrap()));
    let sink = MemorySink::new();
    let report = backup(&mock, &source(&mock, ["Account"]), &sink, Mode::Complete).await;
    assert_eq!((report.total().rows, report.total().deleted, live(&sink)), (100, 10, 90));
}

#[tokio::test]
async fn b1_09_a_deletion_is_a_tombstone_with_the_last_state_of_the_row() {
    let (mock, ids) = hundred().await;
    let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    mock.with(|org| {
        org.advance(MINUTE * 60);
        org.update(ids[0], &json!({"Name": "last words"})).unwrap();
        ids[..7].iter().for_each(|id| org.delete(*id).unwrap());
    });
    let report = backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!((report.total().rows, report.total().deleted, live(&sink)), (7, 7, 93));
    let folded = sink.folded();
    let Some(Operation::Delete { record, evidence, .. }) = folded.get(&("Account".into(), ids[0].to_string().into()))
    else {
        panic!("no tombstone")
    };
    assert_eq!(*evidence, Evidence::Flag);
    assert_eq!(record.fields.decode::<serde_json::Value>().unwrap()["Name"], "last words");
}

#[tokio::test]
async fn b1_14_a_row_that_is_taken_out_of_the_bin_is_live_again_under_one_identity() {
    let (mock, ids) = hundred().await;
    let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    for (alive, lives) in [(false, 99), (true, 100)] {
        mock.with(|org| {
            org.advance(MINUTE * 60);
            match alive {
                false => org.delete(ids[0]).unwrap(),
                true => org.store_mut().undelete(ids[0]).unwrap(),
            }
        });
        backup(&mock, &source, &sink, Mode::Incremental).await;
        assert_eq!((sink.folded().len(), live(&sink)), (100, lives));
    }
}
