//! Files: whole, or an error that says how much of them is good.

use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::{StreamExt, stream};
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{Client, Error, ErrorKind, FileError, FileKind, Record, RecordId, StoredFile};
use serde_json::json;

use crate::support::connect;

/// Bytes that differ everywhere, so that a doubled or lost piece shows.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    (0..count as u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).take(count).collect()
}

fn version(org: &mut Org, bytes: &[u8]) -> RecordId {
    let row = json!({ "Title": "t", "PathOnClient": "t.bin", "VersionData": BASE64.encode(bytes) });
    org.insert("ContentVersion", &row).unwrap()
}

async fn org_with(bytes: &[u8]) -> (MockOrg, Client, StoredFile) {
    let mut org = Org::empty();
    let id = version(&mut org, bytes);
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client, StoredFile::new(FileKind::ContentVersion, id))
}

pub(crate) fn problem(error: &Error) -> FileError {
    *error.source().unwrap_or_else(|| panic!("{error}")).downcast_ref().unwrap()
}

const AT: &str = "sobjects/ContentVersion";

fn broken(after: usize) -> Fault {
    Fault::truncated(after).at(AT).containing("VersionData")
}

#[tokio::test]
async fn r_86_bodies_of_0_1_and_25_mb_are_equal() {
    let mut org = Org::empty();
    let account = org.insert("Account", &json!({ "Name": "Acme" })).unwrap();
    let mut made = Vec::new();
    for size in [1, 25 << 20] {
        let bytes = bytes(size);
        let row = json!({ "Name": "a", "ParentId": account.to_string(), "Body": BASE64.encode(&bytes) });
        made.push((org.insert("Attachment", &row).unwrap(), bytes));
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    for (id, bytes) in made {
        let mut out = Vec::new();
        let done = client.download(StoredFile::new(FileKind::Attachment, id)).write_to(&mut out).await.unwrap();
        assert_eq!((done.bytes, done.md5), (bytes.len() as u64, None));
        assert!(out == bytes, "{} bytes", bytes.len());
    }

    // The mock takes no attachment without bytes.
    org.fault(Fault::body(200, "application/octet-stream", Vec::new()));
    let empty = StoredFile::new(FileKind::Attachment, "00PQz00000AbCdEMAV".parse().unwrap()).with_length(0);
    assert_eq!(client.download(empty).write_to(&mut Vec::new()).await.unwrap().bytes, 0);
}

#[tokio::test]
async fn a_row_that_is_at_hand_costs_no_call_and_one_that_is_not_costs_one() {
    let (_org, client, file) = org_with(b"abc").await;
    client.download(file.clone()).write_to(&mut Vec::new()).await.unwrap();
    assert_eq!(client.connection().calls(), 2);
    let soql = "SELECT Id, ContentSize, Checksum, ContentLocation FROM ContentVersion";
    let row = client.query::<Record>(soql).all().await.unwrap().remove(0);
    let done = client.download(StoredFile::of(&row).unwrap()).sha256().write_to(&mut Vec::new()).await.unwrap();
    assert_eq!(client.connection().calls(), 4);
    assert_eq!((done.md5.unwrap()[0], done.sha256.unwrap()[0]), (0x90, 0xba), "the digests of abc");
}

#[tokio::test]
async fn b4_02_a_break_in_the_middle_is_taken_up_again_and_no_byte_is_doubled() {
    let content = bytes(300_000);
    let (org, client, file) = org_with(&content).await;
    org.fault(broken(100_000));
    org.fault(broken(50_000));
    let mut out = Vec::new();
    let done = client.download(file).write_to(&mut out).await.unwrap();
    assert_eq!(done.breaks, 2);
    assert!(out == content);
}

#[tokio::test]
async fn tries_are_bounded_and_what_was_written_is_the_beginning() {
    let content = bytes(300_000);
    let (org, client, file) = org_with(&content).await;
    org.fault(broken(100_000).forever());
    let mut out = Vec::new();
    let error = client.download(file.clone()).tries(3).write_to(&mut out).await.unwrap_err();
    assert_eq!((error.kind(), client.connection().calls()), (ErrorKind::Connect, 4));
    assert!(!out.is_empty() && content.starts_with(&out));

    org.with(Org::clear_faults);
    let mut rest = Vec::new();
    client.download(file).resume(&mut &out[..], &mut rest).await.unwrap();
    assert!([out, rest].concat() == content);
}

#[tokio::test]
async fn b4_03_a_flipped_byte_is_found_by_the_checksum_and_passes_without_it() {
    let content = bytes(1000);
    let (org, client, file) = org_with(&content).await;
    let mut flipped = content.clone();
    flipped[500] ^= 1;
    org.fault(Fault::body(200, "application/octet-stream", flipped.clone()).containing("VersionData").times(3));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let error = client.download(file.clone()).to_file(&path).await.unwrap_err();
    assert_eq!((problem(&error), error.kind()), (FileError::Checksum, ErrorKind::Decode));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing of it is stored");

    let mut out = Vec::new();
    client.download(file.clone()).unverified().write_to(&mut out).await.unwrap();
    assert!(out == flipped);
    let mut out = Vec::new();
    client.download(file.with_length(1000)).write_to(&mut out).await.unwrap();
    assert!(out == flipped);
}

#[tokio::test]
async fn a_file_that_grew_or_shrank_is_an_error() {
    let (_org, client, file) = org_with(&bytes(1000)).await;
    let mut out = Vec::new();
    let error = client.download(file.clone().with_length(999)).write_to(&mut out).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Length { stated: 999, .. }), "{error}");
    let error = client.download(file.with_length(1001)).tries(2).write_to(&mut out).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Length { stated: 1001, received: 1000, .. }), "{error}");
    assert_eq!((error.kind(), out.len()), (ErrorKind::Conflict, 1000));
}

#[tokio::test]
async fn a_full_disk_says_how_many_bytes_are_good() {
    let content = bytes(300_000);
    let (_org, client, file) = org_with(&content).await;
    let mut disk = vec![0; 1234];
    let mut out = std::io::Cursor::new(&mut disk[..]);
    let error = client.download(file.clone()).write_to(&mut out).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Write { written: 1234, .. }), "{error}");
    assert!(content.starts_with(&disk));

    // There is room again.
    let mut rest = Vec::new();
    client.download(file).resume(&mut &disk[..], &mut rest).await.unwrap();
    assert!([disk, rest].concat() == content);
}

#[tokio::test]
async fn a_page_instead_of_the_file_is_no_part_of_it() {
    let content = bytes(300_000);
    let (org, client, file) = org_with(&content).await;
    let page = || Fault::body(200, "text/html;charset=UTF-8", "<html><body>We are down for maintenance").at(AT);
    org.fault(page().containing("VersionData"));
    let mut out = Vec::new();
    let done = client.download(file.clone()).write_to(&mut out).await.unwrap();
    assert!(out == content && done.breaks == 1);

    org.fault(page().containing("VersionData").forever());
    let mut out = Vec::new();
    let error = client.download(file).tries(1).write_to(&mut out).await.unwrap_err();
    assert_eq!((problem(&error), error.kind(), out.len()), (FileError::Page, ErrorKind::Busy, 0));
}

#[tokio::test]
async fn a_file_that_is_a_page_is_a_file() {
    let mut org = Org::empty();
    let account = org.insert("Account", &json!({ "Name": "Acme" })).unwrap().to_string();
    let mut made = Vec::new();
    for size in [0, 100, 70_000, 200_000] {
        let page = [b"<html>".to_vec(), bytes(size)].concat();
        let row = json!({ "Name": "a", "ParentId": account, "ContentType": "text/html", "Body": BASE64.encode(&page) });
        made.push((org.insert("Attachment", &row).unwrap(), page));
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    for (id, page) in made {
        let mut out = Vec::new();
        client.download(StoredFile::new(FileKind::Attachment, id)).write_to(&mut out).await.unwrap();
        assert!(out == page);
    }
}

#[tokio::test]
async fn one_broken_file_of_many_stops_no_other() {
    let mut org = Org::empty();
    let mut files: Vec<_> =
        (0..12).map(|n| bytes(10_000 + n)).map(|bytes| (version(&mut org, &bytes), bytes)).collect();
    let gone = "068Qz00000Vv1AaIAJ".parse().unwrap();
    files.insert(3, (gone, Vec::new()));
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    let (cut, flipped) = (files[5].0, files[7].0);
    org.fault(Fault::truncated(500).at(format!("{AT}/{cut}/VersionData")).forever());
    org.fault(
        Fault::body(200, "application/octet-stream", vec![0; files[7].1.len()])
            .at(format!("{AT}/{flipped}/VersionData")),
    );

    let folder = tempfile::tempdir().unwrap();
    let taken = AtomicUsize::new(0);
    let path = |id: RecordId| folder.path().join(id.to_string());
    let handles = stream::iter(&files).map(|(id, _)| {
        taken.fetch_add(1, Ordering::Relaxed);
        (StoredFile::new(FileKind::ContentVersion, *id), path(*id))
    });
    let mut outcomes =
        client.download_many(handles).concurrency(3).each(|download| download.tries(1).sha256()).stream();
    let (mut seen, mut failed) = (0, Vec::new());
    while let Some(outcome) = outcomes.next().await {
        seen += 1;
        assert!(taken.load(Ordering::Relaxed) <= seen + 3, "no more are taken than may be under way");
        let (id, content) = &files[outcome.position];
        assert_eq!((outcome.file.id(), &outcome.path), (*id, &path(*id)));
        match outcome.result {
            Ok(done) => assert!(done.sha256.is_some() && std::fs::read(&outcome.path).unwrap() == *content),
            Err(error) => failed.push((outcome.position, error.kind())),
        }
    }
    failed.sort_unstable_by_key(|(position, _)| *position);
    assert_eq!(seen, 13);
    assert_eq!(failed, [(3, ErrorKind::NotFound), (5, ErrorKind::Connect), (7, ErrorKind::Decode)]);
    // The files, and the part of the one that was cut.
    assert_eq!(folder.path().read_dir().unwrap().count(), 11);
}

#[tokio::test]
async fn two_files_are_never_written_to_one_path_at_once() {
    let (_org, client, file) = org_with(&bytes(1000)).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let twice = || stream::iter([(file.clone(), path.clone()), (file.clone(), path.clone())]);
    let outcomes: Vec<_> = client.download_many(twice()).stream().collect().await;
    let mut done: Vec<_> = outcomes.iter().map(|outcome| outcome.result.as_ref().map_err(Error::kind)).collect();
    done.sort_by_key(|result| result.is_err());
    assert!(matches!(done[..], [Ok(_), Err(ErrorKind::Invalid)]), "{done:?}");
    // One after the other they may.
    let outcomes: Vec<_> = client.download_many(twice()).concurrency(1).stream().collect().await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
}

#[tokio::test]
async fn a_part_is_gone_on_with_if_it_is_the_beginning_and_begun_anew_if_not() {
    let content = bytes(300_000);
    let (org, client, file) = org_with(&content).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    org.fault(broken(100_000));
    client.download(file.clone()).tries(1).to_file(&path).await.unwrap_err();
    assert!(!path.exists(), "half a file has no name");
    client.download(file.clone()).to_file(&path).await.unwrap();
    assert!(std::fs::read(&path).unwrap() == content);

    for stale in [vec![7; 1000], vec![7; 400_000]] {
        std::fs::write(folder.path().join("file.part"), stale).unwrap();
        client.download(file.clone()).to_file(&path).await.unwrap();
        assert!(std::fs::read(&path).unwrap() == content);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

/// To fetch it again would give the same.
#[tokio::test]
async fn a_file_that_grew_is_fetched_once_when_there_was_no_part_of_it() {
    let (_org, client, file) = org_with(&bytes(1000)).await;
    let folder = tempfile::tempdir().unwrap();
    let error = client.download(file.with_length(999)).to_file(folder.path().join("file")).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Length { stated: 999, .. }), "{error}");
    assert_eq!((client.connection().calls(), folder.path().read_dir().unwrap().count()), (1, 0));
}

#[tokio::test]
async fn s_28_ten_truncated_downloads_of_many_leave_every_file_whole() {
    let mut org = Org::empty();
    let files: Vec<_> = (0..40).map(|n| bytes(100_000 + n)).map(|bytes| (version(&mut org, &bytes), bytes)).collect();
    let org = MockOrg::serve(org).await;
    let client = &connect(&org);
    org.fault(broken(70_000).every(3).times(10));
    let breaks = stream::iter(&files)
        .map(|(id, bytes)| async move {
            let mut out = Vec::new();
            let file = StoredFile::new(FileKind::ContentVersion, *id);
            let done = client.download(file).tries(11).write_to(&mut out).await.unwrap();
            assert!(out == *bytes && done.md5.is_some());
            done.breaks
        })
        .buffer_unordered(4)
        .fold(0, async |sum, breaks| sum + breaks)
        .await;
    assert_eq!(breaks, 10);
}
