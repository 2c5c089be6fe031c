//! Requirements that are about all calls, or about which ones are made.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt;
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_rest::{ApiVersion, Client, ErrorKind, Record, Request, Soql, VersionChoice, VersionNotThere};
use serde_json::json;

use crate::support::{Script, Token, connect};

fn named(org: &MockOrg) -> Client {
    Client::builder(Token::new(&org.access_token(), org.url())).client_name("acme-backup/1.2").build().unwrap()
}

#[tokio::test]
async fn g_05_every_request_says_who_makes_it() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = named(&org);
    client.identity().await.unwrap();
    client.versions().await.unwrap();
    client.limits().await.unwrap();
    client.describe("Account").await.unwrap();
    client.search::<Record>("FIND {acme}").await.unwrap();
    let id = client.sobject_named("Account").create(&json!({ "Name": "A" })).await.unwrap();
    client.sobject_named("Account").delete(id).await.unwrap();
    let rows = client.query::<Record>("SELECT Id FROM Contact").include_deleted().batch_size(200);
    rows.all().await.unwrap();
    client.send(Request::get("limits").header("Sforce-Call-Options", "defaultNamespace=ns")).await.unwrap();
    #[cfg(feature = "soap")]
    client.undelete(&[id]).await.unwrap();
    let journal = org.journal();
    assert!(journal.len() >= 10);
    for entry in journal.entries() {
        let header = |name| entry.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(header("sforce-call-options").starts_with("client=acme-backup/1.2"), "{} {}", entry.method, entry.path);
        assert!(header("user-agent").starts_with("acme-backup/1.2 salesforce-http/"), "{}", entry.path);
    }
    let last = journal.entries().rfind(|entry| entry.path.ends_with("limits")).unwrap();
    assert_eq!(last.headers["sforce-call-options"], "client=acme-backup/1.2; defaultNamespace=ns");

    org.fault(Fault::error(400, "INVALID_FIELD", "no").at("limits").header("x-sfdc-request-id", "TID:1"));
    assert_eq!(client.limits().await.unwrap_err().request_id(), Some("TID:1"));
}

#[tokio::test]
async fn k_11_each_capability_answers_for_itself() {
    // What a check asks of REST, one call each: a refusal of one says nothing of the others.
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    org.fault(Fault::error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled").at("jobs").forever());
    client.identity().await.unwrap();
    client.describe_global().await.unwrap();
    client.query::<Record>("SELECT Id FROM Account LIMIT 1").page().await.unwrap();
    let bulk = client.send(Request::get("jobs/query")).await.unwrap_err();
    assert_eq!(bulk.kind(), ErrorKind::Denied);
    assert_eq!(org.journal().count("jobs"), 1, "K-08: a missing permission causes no second try and no renewal");
}

#[tokio::test]
async fn a_02_a_query_by_rest_makes_no_bulk_job() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    client.query::<Record>("SELECT Id FROM Contact").all().await.unwrap();
    assert_eq!(org.journal().count("jobs"), 0);
    assert!(org.journal().count("query") > 0);
}

const VERSIONS: &str = r#"[{"version":"31.0"},{"version":"66.0"},{"version":"67.0"}]"#;

async fn choose(choice: &str, script: &Script) -> salesforce_rest::Result<Client> {
    let builder = Client::builder(Token::new("00Dx!token", "https://acme.my.salesforce.com"));
    builder.transport(Arc::new(script.clone())).connect(choice.parse().unwrap()).await
}

#[tokio::test]
async fn r_43_a_version_that_the_org_does_not_have_is_told_with_those_it_has() {
    let script =
        Script::default().answer(200, VERSIONS).answer(200, VERSIONS).answer(200, VERSIONS).answer(200, VERSIONS);
    let error = choose("v68.0", &script).await.unwrap_err();
    let missing = VersionNotThere::of(&error).unwrap();
    assert_eq!((error.kind(), missing.wanted(), missing.is_retired()), (ErrorKind::Config, ApiVersion::V68, false));
    assert_eq!(
        error.to_string(),
        "API version 68.0 is not there at this org, which has 31.0 to 67.0: choose one of these"
    );
    let error = choose("21.0", &script).await.unwrap_err();
    assert!(VersionNotThere::of(&error).unwrap().is_retired(), "{error}");
    assert_eq!(choose("67.0", &script).await.unwrap().api_version(), ApiVersion::V67);
    assert_eq!(choose("latest", &script).await.unwrap().api_version(), ApiVersion::V67);
    assert!(script.paths().iter().all(|path| path == "/services/data/"), "one call each, which costs nothing");
}

#[tokio::test]
async fn r_43_nobody_asks_for_the_latest_unless_told_to() {
    assert_eq!(VersionChoice::default(), VersionChoice::Pinned(ApiVersion::DEFAULT));
    assert!("68".parse::<VersionChoice>().is_err());
    let script = Script::default()
        .answer(410, r#"[{"errorCode":"GONE","message":"The requested resource is no longer available"}]"#);
    let error = script.client().limits().await.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Config, 410));
    assert!(error.to_string().ends_with("choose another API version"), "{error}");
    assert_eq!(script.paths().len(), 1);
}

#[tokio::test]
async fn b3_07_an_object_with_three_long_texts_comes_in_pages_of_two_hundred_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let fields = folder.path().join("force-app/main/default/objects/Essay__c/fields");
    std::fs::create_dir_all(&fields).unwrap();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let object = r#"<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata"><label>Essay</label>
        <nameField><label>Name</label><type>Text</type></nameField></CustomObject>"#;
    std::fs::write(fields.with_file_name("Essay__c.object-meta.xml"), format!("{head}{object}")).unwrap();
    let texts = ["One__c", "Two__c", "Three__c"];
    for name in texts {
        let field = format!(
            r#"<CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>{name}</fullName>
            <label>{name}</label><length>32768</length><type>LongTextArea</type></CustomField>"#
        );
        std::fs::write(fields.join(format!("{name}.field-meta.xml")), format!("{head}{field}")).unwrap();
    }
    let mut org = Org::from_project([folder.path()]).unwrap();
    for n in 0..450 {
        org.insert("Essay__c", &json!({ "Name": n.to_string(), "One__c": "x".repeat(n), "Two__c": "y" })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    let sizes = |soql: &'static str| {
        let pages = client.query::<Record>(soql).batch_size(2000).pages();
        pages.map_ok(|page| page.records.len()).try_collect::<Vec<_>>()
    };
    assert_eq!(sizes("SELECT Id, One__c FROM Essay__c").await.unwrap(), [450]);
    assert_eq!(sizes("SELECT Id, One__c, Two__c, Three__c FROM Essay__c").await.unwrap(), [200, 200, 50]);
    let rows: Vec<Record> = client.query("SELECT Name, One__c, Two__c, Three__c FROM Essay__c").all().await.unwrap();
    let lengths = rows.iter().map(|row| row.get("One__c").and_then(|text| text.as_str()).map_or(0, str::len));
    assert_eq!(lengths.collect::<std::collections::BTreeSet<_>>(), (0..450).collect(), "each row once");
}

#[test]
fn r_43_a_version_that_was_not_tested_is_warned_of() {
    let warned = |version| {
        let builder = Client::builder(Token::new("00Dx!token", "https://acme.my.salesforce.com"));
        builder.api_version(version).build().unwrap().untested_version()
    };
    assert_eq!(warned(ApiVersion::OLDEST_TESTED), None);
    assert_eq!(warned(ApiVersion::DEFAULT), None);
    let below = ApiVersion::new(ApiVersion::OLDEST_TESTED.major() - 1);
    assert_eq!(warned(below).map(|warning| warning.version), Some(below));
    let above = ApiVersion::new(ApiVersion::DEFAULT.major() + 1);
    assert!(warned(above).unwrap().to_string().contains("69.0 is newer than any that was tested"));
}

#[tokio::test]
async fn r_43_every_version_from_the_tested_floor_on_reads_and_writes() {
    let org = MockOrg::serve(Org::demo()).await;
    for major in ApiVersion::OLDEST_TESTED.major()..=ApiVersion::DEFAULT.major() {
        let token = Token::new(&org.access_token(), org.url());
        let client = Client::builder(token).api_version(ApiVersion::new(major)).build().unwrap();
        let name = format!("Acme {major}");
        let id = client.sobject_named("Account").create(&json!({ "Name": name })).await.unwrap();
        client.sobject_named("Account").update(id, &json!({ "Site": "North" })).await.unwrap();
        let soql = Soql::new("SELECT Id, Site FROM Account WHERE Name = :name").bind("name", name.as_str());
        let rows: Vec<Record> = client.query(soql).all().await.unwrap();
        assert_eq!((rows.len(), rows[0].get("Site").and_then(|site| site.as_str())), (1, Some("North")), "{major}");
        assert!(client.describe("Account").await.unwrap().field("Name").is_some(), "{major}");
        let made = client.sobject_named("Account").create_many([json!({ "Name": "Two" })]).await.unwrap();
        assert!(made[0].is_done(), "{major}");
        client.sobject_named("Account").delete(id).await.unwrap();
    }
}

#[tokio::test]
async fn r_86_bodies_of_no_byte_one_byte_and_25_mb_come_whole_and_in_pieces() {
    let mut org = Org::empty();
    let parent = org.insert("Account", &json!({ "Name": "Acme" })).unwrap();
    let sizes = [0, 1, 25 * 1024 * 1024];
    let pattern: Vec<u8> = (0..251).collect();
    let body = |size: usize| [pattern.repeat(size / 251), pattern[..size % 251].to_vec()].concat();
    let ids = sizes.map(|size| {
        use base64::Engine;
        let size = size.max(1); // the org takes none without a byte; its body is played below
        let text = base64::engine::general_purpose::STANDARD.encode(body(size));
        org.insert("Attachment", &json!({ "Name": "a.bin", "ParentId": parent, "Body": text })).unwrap()
    });
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    org.fault(Fault::body(200, "application/octet-stream", "").at(format!("sobjects/Attachment/{}", ids[0])));
    for (id, size) in ids.into_iter().zip(sizes) {
        let stream = client.sobject_named("Attachment").blob(id, "Body").await.unwrap();
        let expected = body(size);
        let (mut at, mut largest) = (0, 0);
        let mut stream = std::pin::pin!(stream);
        while let Some(piece) = stream.try_next().await.unwrap() {
            let piece: Bytes = piece;
            assert_eq!(piece, expected[at..at + piece.len()]);
            (at, largest) = (at + piece.len(), largest.max(piece.len()));
        }
        assert_eq!(at, size);
        assert!(largest <= 1024 * 1024, "pieces of {largest} bytes are no stream");
    }
}
