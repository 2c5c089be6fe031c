use connector_core::{
    FolderSink, Mode, Outcome, Source,
    folder::Backup,
    testing::{Folded, MemorySink},
};
use salesforce_connector::SalesforceSource;
use salesforce_mock::{MockOrg, Org};
use salesforce_types::RecordId;
use serde_json::json;

use crate::support::{assert_same, backup, connect, empty, rows_of, source};

fn folded(backup: &Backup) -> Folded {
    let mut folded = Folded::new();
    for stream in backup.streams() {
        for operation in backup.fold(&stream).unwrap() {
            let operation = operation.unwrap();
            folded.insert((stream.clone(), operation.record().id.clone()), operation);
        }
    }
    folded
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_01_a_complete_backup_and_an_increment_equal_the_org_field_by_field() {
    let mock = MockOrg::serve(Org::demo()).await;
    let source = SalesforceSource::new(connect(&mock));
    let dir = tempfile::tempdir().unwrap();
    let sink = FolderSink::new(dir.path());
    let first = backup(&mock, &source, &sink, Mode::Complete).await;
    let catalog = source.discover().await.unwrap();
    assert_eq!(first.outcome, Outcome::Succeeded, "{:?}", first.failed().collect::<Vec<_>>());
    assert_same(&folded(&Backup::open(dir.path()).unwrap()), &rows_of(&connect(&mock), &catalog).await);
    assert!(first.total().deleted > 0, "the demo org has rows in the recycle bin");
    assert_eq!(first.org.id, mock.org_id());
    assert!(first.streams.values().all(|s| s.announced == Some(s.counts.rows)), "counts agree with the org's");
    assert!(first.calls() >= first.streams.len() as u64);

    let ids: Vec<RecordId> = mock.with(|org| {
        let rows = org.query("SELECT Id FROM Contact ORDER BY Id LIMIT 30").unwrap();
        rows.iter().filter_map(salesforce_types::Record::id).collect()
    });
    mock.with(|org| {
        org.advance(std::time::Duration::from_secs(3600));
        for id in &ids[..20] {
            org.update(*id, &json!({"LastName": "Müller\nof many lines"})).unwrap();
        }
        ids[20..].iter().for_each(|id| drop(org.delete(*id)));
        org.insert("Contact", &json!({"LastName": "New"})).unwrap();
    });
    let second = backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!(second.outcome, Outcome::Succeeded);
    assert!(second.streams["Contact"].counts.rows >= 21);
    assert!(second.total().rows < first.total().rows / 4, "an increment is not a complete reading");
    assert_same(&folded(&Backup::open(dir.path()).unwrap()), &rows_of(&connect(&mock), &catalog).await);
}

#[tokio::test]
async fn an_increment_is_read_page_by_page_as_a_complete_reading_is() {
    let mut org = empty();
    for number in 0..450 {
        org.insert("Account", &json!({"Name": format!("A{number}")})).unwrap();
    }
    let mock = MockOrg::serve(org).await;
    let (source, sink) = (source(&mock, ["Account"]).page_size(1), MemorySink::new());
    let first = backup(&mock, &source, &sink, Mode::Complete).await;
    assert_eq!(first.streams["Account"].calls, 3, "a page size below 200 is 200");
    let second = backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!((second.streams["Account"].calls, second.total().rows), (3, 450), "the overlap reads them again");
    assert_eq!(sink.folded().len(), 450);
}

#[tokio::test]
async fn a_new_field_makes_its_object_complete_and_no_other() {
    let mut org = empty();
    org.insert("Account", &json!({"Name": "x"})).unwrap();
    let mock = MockOrg::serve(org).await;
    let (source, sink) = (source(&mock, ["Account", "Contact"]), MemorySink::new());
    backup(&mock, &source, &sink, Mode::Complete).await;
    mock.with(|org| {
        let mut schema = (**org.store().schema()).clone();
        schema.add_table("extend Account\n  Late__c string(20)").unwrap();
        org.store_mut().set_schema(schema);
    });
    let report = backup(&mock, &source, &sink, Mode::Incremental).await;
    assert_eq!(report.streams["Account"].mode, Mode::Complete);
    assert_eq!(report.streams["Contact"].mode, Mode::Incremental);
    let row: serde_json::Value = sink.folded().values().next().unwrap().record().fields.decode().unwrap();
    assert!(row.get("Late__c").is_some());
}

#[tokio::test]
async fn check_says_who_and_which_org() {
    let mock = MockOrg::serve(Org::demo()).await;
    let report = SalesforceSource::new(connect(&mock)).check().await.unwrap();
    assert_eq!((report.org.id.as_str(), report.org.id.len()), (mock.org_id().as_str(), 18));
    assert_eq!(report.org.user.as_deref(), Some(mock.username().as_str()));
    assert!(report.org.name.is_some() && report.calls_left.is_some() && report.warnings.is_empty());
}
