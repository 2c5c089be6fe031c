use std::{
    fs,
    path::{Path, PathBuf},
};

use connector_core::{
    ErrorKind, FolderSink, Mode, Sink,
    folder::Backup,
    run,
    testing::{MemorySource, suite::Subject},
};

use crate::support::Place;

async fn backup() -> (MemorySource, Place) {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    for number in 0..7 {
        source.put("A", &format!("a{number}"), r#"{"n":1}"#);
    }
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    source.put("A", "a3", r#"{"n":2}"#);
    run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    (source, place)
}

fn first_file(dir: &Path) -> PathBuf {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let first = paths.into_iter().next().unwrap();
    if first.is_dir() { first_file(&first) } else { first }
}

/// Every way to damage a file by one piece.
fn damaged(text: &[u8]) -> Vec<Vec<u8>> {
    let mut flipped = text.to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    vec![flipped, text[..text.len() - 1].to_vec(), [text, b"x"].concat(), Vec::new()]
}

#[tokio::test]
async fn a_damaged_segment_is_one_clear_error_and_the_other_streams_stay_readable() {
    let (source, place) = backup().await;
    source.put("B", "b1", "{}");
    run(&source, &place.folder(), Mode::Incremental).await.unwrap();
    let path = first_file(&place.path().join("seg"));
    let whole = fs::read(&path).unwrap();
    let backup = Backup::open(place.path()).unwrap();
    for text in damaged(&whole) {
        fs::write(&path, text).unwrap();
        let error = backup.fold("A").map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(backup.verify().unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(backup.fold("B").unwrap().count(), 1);
        assert!(backup.versions("A").any(|v| v.is_err()));
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(backup.fold("A").map(|_| ()).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn a_damaged_manifest_stops_the_next_run_and_nothing_is_overwritten() {
    let (source, place) = backup().await;
    let path = place.path().join("manifest/0000000002.json");
    let whole = fs::read(&path).unwrap();
    for text in damaged(&whole) {
        fs::write(&path, &text).unwrap();
        let error = Backup::open(place.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("0000000002.json"), "{error}");
        let error = run(&source, &place.folder(), Mode::Incremental).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert_eq!(fs::read(&path).unwrap(), text);
        assert_eq!(fs::read_dir(place.path().join("manifest")).unwrap().count(), 2);
    }
    fs::write(&path, whole).unwrap();
    assert_eq!(place.folded(), source.folded());
}

#[tokio::test]
async fn a_manifest_that_is_missing_or_exchanged_is_noticed() {
    let (_, place) = backup().await;
    let first = place.path().join("manifest/0000000001.json");
    let whole = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    let error = Backup::open(place.path()).unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains("missing"), "{error}");

    let (_, other) = backup().await;
    fs::copy(other.path().join("manifest/0000000001.json"), &first).unwrap();
    let error = Backup::open(place.path()).unwrap_err();
    assert!(error.kind() == ErrorKind::Corrupt && error.to_string().contains("does not follow"), "{error}");
    fs::write(&first, whole).unwrap();
    Backup::open(place.path()).unwrap();
}

#[tokio::test]
async fn a_folder_that_holds_something_else_is_left_as_it_is() {
    let source = MemorySource::new("o1");
    source.put("A", "a1", "{}");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "my only copy").unwrap();
    let file = dir.path().join("thesis.txt");
    for place in [dir.path(), &file, &file.join("below")] {
        let error = run(&source, &FolderSink::new(place), Mode::Complete).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Foreign | ErrorKind::Storage), "{error}");
        assert!(error.to_string().contains(place.to_str().unwrap()), "{error}");
        assert!(error.fault().advice.is_some(), "{error}");
        assert_eq!(Backup::open(place).unwrap_err().kind(), ErrorKind::Foreign);
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

    fs::write(dir.path().join("backup.json"), r#"{"format":"another program"}"#).unwrap();
    let error = run(&source, &FolderSink::new(dir.path()), Mode::Complete).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Foreign);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn a_folder_of_a_later_format_is_not_touched() {
    let place = Place::new();
    fs::write(place.path().join("backup.json"), r#"{"format":"connector-core folder","version":2}"#).unwrap();
    let error = place.folder().begin().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Foreign && error.to_string().contains("later version"), "{error}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_a_crash_of_the_machine_tore_is_read_again() {
    for keep in [0.0, 0.3, 0.6, 0.9, 1.0] {
        let (source, place) = (MemorySource::new("o1"), Place::new());
        for number in 0..9 {
            source.put("A", &format!("a{number}"), r#"{"n":1}"#);
        }
        source.fail_after("A", 3, ErrorKind::Unavailable, true);
        run(&source, &place.folder(), Mode::Complete).flush_every(2, u64::MAX).await.unwrap_err();
        let journal = first_file(&place.path().join("journal"));
        let text = fs::read(&journal).unwrap();
        #[expect(
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "a part of a small file"
        )]
        let keep = (text.len() as f64 * keep) as usize;
        fs::write(&journal, &text[..keep]).unwrap();
        let report = run(&source, &place.folder(), Mode::Complete).await.unwrap();
        assert_eq!(report.resumed, keep > 900 || keep == text.len(), "{keep} of {}", text.len());
        assert_eq!(place.folded(), source.folded(), "{keep} of {}", text.len());
        assert_eq!(fs::read_dir(place.path().join("journal")).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_journal_that_names_a_segment_that_is_not_there_is_believed_up_to_it() {
    let (source, place) = (MemorySource::new("o1"), Place::new());
    for number in 0..9 {
        source.put("A", &format!("a{number}"), r#"{"n":1}"#);
    }
    source.fail_after("A", 3, ErrorKind::Unavailable, true);
    run(&source, &place.folder(), Mode::Complete).flush_every(2, u64::MAX).await.unwrap_err();
    fs::write(first_file(&place.path().join("seg")), "torn").unwrap();
    run(&source, &place.folder(), Mode::Complete).await.unwrap();
    assert_eq!(place.folded(), source.folded());
    Backup::open(place.path()).unwrap().verify().unwrap();
}
