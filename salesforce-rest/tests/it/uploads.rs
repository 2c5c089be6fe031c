//! Uploads: once, whole, or an error that says what the org has.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::Method;
use salesforce_http::Clock;
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{
    Client, Error, ErrorKind, FileError, FileKind, FileSource, LostUpload, NewFile, Record, RecordId, Soql, UploadWay,
    Uploaded,
};
use salesforce_types::Timestamp;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::files::{bytes, problem};
use crate::support::{Token, connect};

const AT: &str = "sobjects/ContentVersion";

async fn empty_org() -> (MockOrg, Client) {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    (org, client)
}

fn plan() -> NewFile {
    NewFile::content_version("folder/plan.pdf").with("Title", "Plan")
}

async fn versions(client: &Client) -> Vec<Record> {
    let soql = "SELECT Id, Title, ContentDocumentId, VersionNumber, ContentSize, Checksum FROM ContentVersion";
    client.query::<Record>(soql).all().await.unwrap()
}

async fn read_back(client: &Client, done: &Uploaded) -> Vec<u8> {
    let mut out = Vec::new();
    client.download(done.stored()).write_to(&mut out).await.unwrap();
    out
}

#[tokio::test]
async fn b4_08_both_ways_bring_the_same_bytes_and_multipart_is_chosen() {
    let (org, client) = empty_org().await;
    let sent_as = || {
        let journal = org.journal();
        let kind = journal.at(AT).rfind(|entry| entry.method == Method::POST).unwrap().headers["content-type"].clone();
        kind.to_str().unwrap().to_owned()
    };
    for size in [1, 2, 3, 1_000_000] {
        let content = bytes(size);
        let source = FileSource::bytes(content.clone());
        let parts = client.upload(plan(), source.clone()).await.unwrap();
        assert!(sent_as().starts_with("multipart/form-data; boundary="));
        let json = client.upload(plan(), source).base64().await.unwrap();
        assert_eq!(
            (sent_as().as_str(), parts.way, json.way),
            ("application/json", UploadWay::Multipart, UploadWay::Base64)
        );
        for done in [parts, json] {
            assert_eq!((done.kind, done.bytes, done.breaks), (FileKind::ContentVersion, size as u64, 0));
            assert_eq!(done.verify(&client).await.unwrap(), done.stored(), "the MD5 is compared, too");
            assert!(read_back(&client, &done).await == content, "{size} bytes, {:?}", done.way);
        }
    }
    let empty = client.upload(plan(), FileSource::bytes("")).await.unwrap();
    assert_eq!(empty.verify(&client).await.unwrap().length(), Some(0));
}

#[tokio::test]
async fn b4_07_a_document_is_made_by_its_first_version_and_gets_further_ones() {
    let (org, client) = empty_org().await;
    let account = org.with(|org| org.insert("Account", &json!({ "Name": "Acme" }))).unwrap();
    let first = plan().with("FirstPublishLocationId", account);
    let first = client.upload(first, FileSource::bytes("one")).await.unwrap();
    let row: Record = client.sobject_named("ContentVersion").get(first.id).await.unwrap();
    let document: RecordId = row.get("ContentDocumentId").unwrap().as_str().unwrap().parse().unwrap();
    let second = client.upload(NewFile::version_of(document, "plan.pdf"), FileSource::bytes("two")).await.unwrap();

    let row: Record = client.sobject_named("ContentVersion").get(second.id).await.unwrap();
    assert_eq!(row.get("VersionNumber").unwrap().as_str(), Some("2"));
    let links = Soql::new("SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId = :document");
    let links = client.query::<Record>(links.bind("document", document)).all().await.unwrap();
    assert!(links.iter().any(|link| link.get("LinkedEntityId").unwrap().as_str() == Some(&account.to_string())));
}

#[tokio::test]
async fn files_of_old_are_uploaded_too_and_their_length_is_compared() {
    let (org, client) = empty_org().await;
    let account = org.with(|org| org.insert("Account", &json!({ "Name": "Acme" }))).unwrap();
    let folder = "00lQz00000AbCdE".parse().unwrap();
    for file in [
        NewFile::attachment(account, "a b.txt"),
        NewFile::document(folder, "logo.png"),
        NewFile::static_resource("Logo", "image/png"),
        NewFile::of(Record::new("Attachment").with("ParentId", account).with("Name", "x")).unwrap(),
    ] {
        let done = client.upload(file, FileSource::bytes("abc")).await.unwrap();
        let stated = done.verify(&client).await.unwrap();
        assert_eq!((stated.length(), stated.md5()), (Some(3), None), "{}", done.kind);
        assert_eq!(read_back(&client, &done).await, b"abc");
    }
    assert!(NewFile::of(Record::new("Account")).is_err() && NewFile::of(Record::new("EventLogFile")).is_err());
}

/// A source that must not be opened.
fn large(length: u64) -> FileSource {
    FileSource::made(length, || async { panic!("nothing of it is sent") as io::Result<io::Cursor<Bytes>> })
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let (_org, client) = empty_org().await;
    let account: RecordId = "001D000000IqhSL".parse().unwrap();
    for (upload, bytes, most) in [
        (client.upload(plan(), large((2 << 30) + 1)), (2 << 30) + 1, 2 << 30),
        (client.upload(plan(), large(28_125_001)).base64(), 28_125_001, 28_125_000),
        (client.upload(plan(), large(100)).most_bytes(99), 100, 99),
        (client.upload(NewFile::attachment(account, "a"), large((25 << 20) + 1)), (25 << 20) + 1, 25 << 20),
        (client.upload(NewFile::static_resource("a", "b"), large(6 << 20)), 6 << 20, 5 << 20),
    ] {
        let error = upload.await.unwrap_err();
        assert!(
            matches!(problem(&error), FileError::TooLarge { bytes: b, most: m, .. } if (b, m) == (bytes, most)),
            "{error}"
        );
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert_eq!(client.connection().calls(), 0);
}

#[tokio::test]
async fn a_file_that_changes_or_goes_between_look_and_read_leaves_nothing_in_the_org() {
    let (_org, client) = empty_org().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.pdf");
    for (before, after) in [(1_000_000, 999_999), (1_000_000, 1_000_001), (1000, 0), (0, 1)] {
        std::fs::write(&path, bytes(before)).unwrap();
        let source = FileSource::path(&path).await.unwrap();
        std::fs::write(&path, bytes(after)).unwrap();
        let error = client.upload(plan(), source).await.unwrap_err();
        let FileError::Source { stated, read, .. } = problem(&error) else { panic!("{error}") };
        assert_eq!((stated, read, error.kind()), (before as u64, after as u64, ErrorKind::Conflict));
    }
    let source = FileSource::path(&path).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = client.upload(plan(), source).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Read { read: 0, cause: io::ErrorKind::NotFound, .. }), "{error}");
    assert_eq!(client.connection().calls(), 5, "none is sent again");
    assert!(versions(&client).await.is_empty());
    assert!(FileSource::path(&path).await.is_err() && FileSource::path(folder.path()).await.is_err());
}

#[tokio::test]
async fn a_reader_that_fails_in_the_middle_leaves_nothing_in_the_org() {
    let (_org, client) = empty_org().await;
    let source = FileSource::made(1000, || async {
        Ok(io::Cursor::new(vec![0; 400]).chain(tokio_test_reader::Failing(io::ErrorKind::PermissionDenied)))
    });
    let error = client.upload(plan(), source).await.unwrap_err();
    assert!(matches!(problem(&error), FileError::Read { cause: io::ErrorKind::PermissionDenied, .. }), "{error}");
    assert!(versions(&client).await.is_empty());
}

mod tokio_test_reader {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    pub(super) struct Failing(pub(super) io::ErrorKind);

    impl tokio::io::AsyncRead for Failing {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Err(self.0.into()))
        }
    }
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_not_sent_again_and_can_be_looked_for() {
    let (org, client) = empty_org().await;
    org.fault(Fault::lost_answer().at(AT).method(Method::POST));
    let error = client.upload(plan(), FileSource::bytes("abc")).await.unwrap_err();
    assert_eq!((error.kind(), client.connection().calls()), (ErrorKind::OutcomeUnknown, 1));
    let lost: &LostUpload = error.source().unwrap().downcast_ref().unwrap();
    let query = lost.query().unwrap();
    assert_eq!(
        query.text().unwrap(),
        "SELECT Id FROM ContentVersion WHERE Checksum = '900150983cd24fb0d6963f7d28e17f72' AND PathOnClient = \
         'folder/plan.pdf' AND Title = 'Plan'"
    );
    assert_eq!(
        lost.to_string(),
        "all of the file was sent; look for a ContentVersion with the same Checksum, PathOnClient, Title"
    );
    assert_eq!(client.query::<Record>(query).all().await.unwrap().len(), 1);

    // The org trims text.
    org.fault(Fault::lost_answer().at(AT).method(Method::POST));
    let spaced = NewFile::content_version(" spaced.txt ").with("Title", " Spaced ");
    let error = client.upload(spaced, FileSource::bytes("abc")).await.unwrap_err();
    let lost: &LostUpload = error.source().unwrap().downcast_ref().unwrap();
    assert_eq!(client.query::<Record>(lost.query().unwrap()).all().await.unwrap().len(), 1);

    // An answer that cannot be read was given after the org had done it.
    org.fault(Fault::body(201, "application/json", "{").at(AT).method(Method::POST));
    let error = client.upload(plan(), FileSource::bytes("x")).settle_by(["Key__c"]).await.unwrap_err();
    let lost: &LostUpload = error.source().unwrap().downcast_ref().unwrap();
    assert!(lost.query().is_none(), "a key that the row does not have cannot be asked for");
    assert_eq!(lost.unknown().keys().len(), 4);
}

#[tokio::test]
async fn what_the_org_refuses_is_its_word_and_what_it_did_not_run_is_sent_again() {
    let (org, client) = empty_org().await;
    let nameless = NewFile::of(Record::new("ContentVersion")).unwrap();
    let error = client.upload(nameless, FileSource::bytes("abc")).await.unwrap_err();
    assert_eq!((error.kind(), client.connection().calls()), (ErrorKind::Invalid, 1));
    assert_eq!(error.api_errors()[0].code.as_str(), "REQUIRED_FIELD_MISSING");

    org.fault(Fault::status(503).at(AT).method(Method::POST));
    client.upload(plan(), FileSource::bytes("abc")).await.unwrap();
    assert_eq!(client.connection().calls(), 3);
}

#[tokio::test]
async fn one_of_many_uploads_that_fails_stops_no_other() {
    let (_org, client) = empty_org().await;
    let files = (0..10).map(|n| match n {
        3 => (plan(), FileSource::made(4, || async { Ok(io::Cursor::new("abc")) })),
        n => (NewFile::content_version(format!("{n}.txt")), FileSource::bytes(n.to_string())),
    });
    let uploads = client.upload_many(stream::iter(files)).concurrency(3).each(|upload| upload.tries(1));
    let mut outcomes: Vec<_> = uploads.stream().collect().await;
    outcomes.sort_by_key(|outcome| outcome.position);
    assert!((0..10).eq(outcomes.iter().map(|outcome| outcome.position)));
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok() == (outcome.position != 3)));
    assert_eq!(versions(&client).await.len(), 9);
}

#[tokio::test]
async fn b4_07_two_versions_of_one_document_are_never_under_way_at_once() {
    let (_org, client) = empty_org().await;
    client.upload(plan(), FileSource::bytes("one")).await.unwrap();
    let document = versions(&client).await[0].get("ContentDocumentId").unwrap().as_str().unwrap().parse().unwrap();
    let two =
        || stream::iter(["a", "b"]).map(move |name| (NewFile::version_of(document, name), FileSource::bytes(name)));
    let outcomes: Vec<_> = client.upload_many(two()).stream().collect().await;
    let refused = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err());
    assert_eq!(refused.map(Error::kind).collect::<Vec<_>>(), [ErrorKind::Invalid]);
    let outcomes: Vec<_> = client.upload_many(two()).concurrency(1).stream().collect().await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!(versions(&client).await.len(), 4);
}

#[tokio::test]
async fn a_record_that_states_other_bytes_is_found_out() {
    let (org, client) = empty_org().await;
    let done = client.upload(plan(), FileSource::bytes("abc")).await.unwrap();
    for (size, checksum) in [(4, "900150983cd24fb0d6963f7d28e17f72"), (3, "d41d8cd98f00b204e9800998ecf8427e")] {
        let row = json!({ "attributes": { "type": "ContentVersion" }, "ContentSize": size, "Checksum": checksum });
        org.fault(Fault::body(200, "application/json", row.to_string()).at(AT));
        let error = done.verify(&client).await.unwrap_err();
        assert!(matches!(problem(&error), FileError::NotAsSent { sent: 3, .. }), "{error}");
    }
    done.verify(&client).await.unwrap();
}

/// Pauses take no time, and no time-out is ever reached.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < Duration::from_secs(60) { std::future::ready(()).boxed() } else { std::future::pending().boxed() }
    }
}

/// A client of an org that is behind a wire which breaks, in each connection but the last, when so many bytes of the
/// request have passed.
async fn behind_a_wire(org: &MockOrg, breaks: Vec<usize>) -> (Client, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (to, connections) = (org.address(), Arc::new(AtomicU32::new(0)));
    let counted = connections.clone();
    tokio::spawn(async move {
        let mut breaks = breaks.into_iter();
        while let Ok((mut client, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let mut server = TcpStream::connect(to).await.unwrap();
            let left = breaks.next();
            tokio::spawn(async move {
                match left {
                    None => drop(tokio::io::copy_bidirectional(&mut client, &mut server).await),
                    Some(left) => {
                        let mut part = (&mut client).take(left as u64);
                        let _ = tokio::io::copy(&mut part, &mut server).await;
                        let _ = server.shutdown().await;
                    }
                }
            });
        }
    });
    let builder = Client::builder(Token::new(&org.access_token(), &url)).clock(Arc::new(Hasty));
    (builder.build().unwrap(), connections)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_before_its_end_begins_anew_and_is_there_once() {
    let (org, direct) = empty_org().await;
    let content = bytes(8_000_000);
    let source = FileSource::bytes(content.clone());
    let (client, connections) = behind_a_wire(&org, vec![100, 300_000, 2_000_000]).await;
    let done = client.upload(plan(), source.clone()).await.unwrap();
    assert_eq!((done.breaks, connections.load(Ordering::Relaxed)), (3, 4));
    assert!(read_back(&direct, &done).await == content);
    assert_eq!(versions(&direct).await.len(), 1);

    // Tries are bounded, and the error says that the org has nothing of it.
    let (client, _) = behind_a_wire(&org, vec![300_000; 9]).await;
    let error: Error = client.upload(plan(), source).tries(2).await.unwrap_err();
    assert_eq!((error.kind(), client.connection().calls(), error.is_retryable()), (ErrorKind::Connect, 2, true));
    assert!(!error.outcome_unknown() && error.to_string().contains("the org has none of it"), "{error}");
    assert_eq!(versions(&direct).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_wire_breaks_there_is_one_record_at_most_and_no_wrong_word_about_it() {
    let (org, direct) = empty_org().await;
    let (mut known, mut unknown) = (0, 0);
    for n in 0..40 {
        // The whole request has some 1,500 bytes.
        let (client, _) = behind_a_wire(&org, vec![n * 40]).await;
        let file = NewFile::content_version(format!("{n}.bin"));
        let result = client.upload(file, FileSource::bytes(bytes(600))).await;
        let found = Soql::new("SELECT Id FROM ContentVersion WHERE PathOnClient = :name");
        let found = direct.query::<Record>(found.bind("name", format!("{n}.bin"))).all().await.unwrap();
        match result {
            Ok(done) => {
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].id(), Some(done.id));
                known += 1;
            }
            Err(error) => {
                let lost = error.source().unwrap().downcast_ref::<LostUpload>().unwrap();
                let asked = direct.query::<Record>(lost.query().unwrap()).all().await.unwrap();
                assert!(found.len() <= 1);
                assert_eq!(asked, found);
                unknown += 1;
            }
        }
    }
    assert!(known + unknown == 40 && unknown > 0, "{known} known, {unknown} unknown");
}
