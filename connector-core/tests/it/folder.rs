use std::collections::BTreeSet;

use connector_core::{
    Mode, Operation, Outcome,
    folder::Backup,
    run,
    testing::{MemorySink, MemorySource, suite},
};

use crate::support::Place;

struct Memory(MemorySink);

impl suite::Subject for Memory {
    fn sink(&self) -> Box<dyn connector_core::Sink> {
        Box::new(self.0.clone())
    }

    fn folded(&self) -> connector_core::testing::Folded {
        self.0.folded()
    }
}

#[tokio::test]
async fn the_memory_sink_keeps_the_contract() {
    suite::sink(&|| Box::new(Memory(MemorySink::new()))).await;
}

#[tokio::test]
async fn s_38_the_folder_keeps_the_contract() {
    suite::sink(&|| Box::new(Place::new())).await;
}

#[tokio::test]
async fn a_complete_run_is_a_new_base_and_increments_add_to_it() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    for number in 0..5 {
        source.put("A", &format!("a{number}"), r#"{"n":1}"#);
    }
    let first = run(&source, &place.folder(), Mode::Complete).await.unwrap();
    source.put("A", "a1", r#"{"n":2}"#);
    source.delete("A", "a2");
    source.put("B", "b1", r#"{"n":1}"#);
    let second = run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    assert_eq!(suite::Subject::folded(&place), source.folded());
    assert_eq!((first.total().rows, first.snapshot.as_deref()), (5, Some("0000000001")));
    assert_eq!(second.streams["A"].mode, Mode::Incremental);
    assert_eq!(second.streams["B"].mode, Mode::Complete, "a stream without a state is read completely");
    assert!(second.streams["A"].counts.rows < 5);

    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    assert_eq!(suite::Subject::folded(&place), source.folded());
    let backup = Backup::open(place.path()).unwrap();
    backup.verify().unwrap();
    assert_eq!(backup.manifests().len(), 3);
    assert_eq!(backup.versions("A").count(), 5, "what the complete run superseded does not count any more");
    assert_eq!(backup.manifests()[2].report.outcome, Outcome::Succeeded);
    assert!(backup.manifests()[2].catalog.get("A").is_some());
}

#[tokio::test]
async fn b1_04_a_run_without_rows_is_published_and_moves_the_watermark() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    source.put("A", "a1", "{}");
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    source.put("Other", "x", "{}");
    source.put("Other", "x", "{}");
    run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    let before = Backup::open(place.path()).unwrap().state();
    source.put("Other", "x", "{}");
    let report = run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    assert_eq!(report.streams["A"].counts.rows, 0);
    assert_ne!(Backup::open(place.path()).unwrap().state().get("A"), before.get("A"));
}

#[tokio::test]
async fn every_line_of_a_segment_is_one_operation_whatever_white_space_the_source_sent() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    source.put("A", "a1", "{\n  \"Text\": \"one\\ntwo\",\r\n  \"N\": 12345678901234567890.10\n}");
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    let backup = Backup::open(place.path()).unwrap();
    let operation = backup.fold("A").unwrap().next().unwrap().unwrap();
    let text = std::str::from_utf8(operation.record().fields.as_bytes()).unwrap();
    assert!(text.contains("12345678901234567890.10") && !text.contains('\n'), "{text}");
    assert_eq!(operation.record().fields.decode::<serde_json::Value>().unwrap()["Text"], "one\ntwo");
}

#[tokio::test]
async fn a_published_segment_or_manifest_is_never_touched_again() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    source.put("A", "a1", "{}");
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    let first = files(&place);
    source.put("A", "a1", r#"{"n":2}"#);
    run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    let second = files(&place);
    let kept = |(path, _): &&(String, Vec<u8>)| path.starts_with("seg/") || path.starts_with("manifest/");
    assert!(first.iter().filter(kept).all(|file| second.contains(file)));
    assert!(second.len() > first.len());
    assert!(!second.iter().any(|(path, _)| path.starts_with("journal/")), "a published run leaves no journal");
}

fn files(place: &Place) -> BTreeSet<(String, Vec<u8>)> {
    let (mut found, mut dirs) = (BTreeSet::new(), vec![place.path().to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(place.path()).unwrap().to_str().unwrap().to_owned();
                found.insert((name, std::fs::read(path).unwrap()));
            }
        }
    }
    found
}

#[tokio::test]
async fn an_id_that_was_deleted_keeps_its_last_state_and_its_evidence() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    source.put("A", "a1", r#"{"Name":"x"}"#);
    source.delete("A", "a1");
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    let operation = Backup::open(place.path()).unwrap().fold("A").unwrap().next().unwrap().unwrap();
    let Operation::Delete { record, evidence, .. } = operation else { panic!("not deleted") };
    assert_eq!(evidence, connector_core::Evidence::Flag);
    assert_eq!(record.fields.as_bytes(), br#"{"Name":"x"}"#);
}
