use connector_core::{ErrorKind, Mode, Outcome, Replication, Source, testing::MemorySink};
use salesforce_connector::SalesforceSource;
use salesforce_mock::{Fault, MockOrg, Org};
use serde_json::json;

use crate::support::{backup, connect, empty, live, source};

#[tokio::test]
async fn b1_25_every_object_of_the_org_is_in_the_catalog_exactly_once() {
    let mock = MockOrg::serve(Org::demo()).await;
    let client = connect(&mock);
    let mut objects: Vec<_> =
        client.describe_global().await.unwrap().sobjects.into_iter().map(|object| object.name).collect();
    for chosen in [&[][..], &["Account"]] {
        let source = SalesforceSource::new(client.clone()).objects(chosen).unwrap();
        let catalog = source.discover().await.unwrap();
        let mut names: Vec<_> = catalog.streams.iter().map(|stream| stream.name.to_string()).collect();
        names.sort();
        objects.sort();
        assert_eq!(names, objects);
        if !chosen.is_empty() {
            assert_eq!(catalog.selected().count(), 1);
        }
        let read_or_reason =
            |s: &connector_core::StreamInfo| s.skipped.is_some() != s.fields.contains(&"Id".to_owned());
        assert!(catalog.streams.iter().all(read_or_reason));
    }
}

#[tokio::test]
async fn b1_02_an_object_whose_stamp_cannot_be_asked_for_is_read_whole_by_every_run() {
    let mut org = empty();
    let mut schema = (**org.store().schema()).clone();
    for field in &mut schema.object_mut("Account").unwrap().fields {
        if ["SystemModstamp", "LastModifiedDate", "CreatedDate"].contains(&&*field.name) {
            field.filterable = false;
        }
    }
    org.store_mut().set_schema(schema);
    for number in 0..5 {
        org.insert("Account", &json!({"Name": format!("{number}")})).unwrap();
    }
    let mock = MockOrg::serve(org).await;
    let (source, sink) = (source(&mock, ["Account"]), MemorySink::new());
    assert_eq!(source.discover().await.unwrap().get("Account").unwrap().replication, Replication::FullOnly);
    for mode in [Mode::Complete, Mode::Incremental] {
        let report = backup(&mock, &source, &sink, mode).await;
        assert_eq!((report.streams["Account"].mode, report.total().rows), (Mode::Complete, 5));
    }
    assert_eq!(live(&sink), 5);
}

#[tokio::test]
async fn b1_24_an_object_that_turns_out_to_need_a_filter_is_skipped_with_the_orgs_words() {
    let mut org = empty();
    let mut schema = (**org.store().schema()).clone();
    schema.object_mut("Contact").unwrap().requires_filter = vec!["AccountId".into()];
    org.store_mut().set_schema(schema);
    org.insert("Account", &json!({"Name": "x"})).unwrap();
    let mock = MockOrg::serve(org).await;
    let (source, sink) = (source(&mock, ["Account", "Contact"]), MemorySink::new());
    let report = backup(&mock, &source, &sink, Mode::Complete).await;
    assert_eq!(report.outcome, Outcome::Succeeded);
    assert!(report.skipped["Contact"].contains("MALFORMED_QUERY"), "{:?}", report.skipped);
    assert_eq!(live(&sink), 1);
    let catalog = source.discover().await.unwrap();
    assert!(catalog.get("Contact").unwrap().skipped.is_some(), "it has learned");
}

#[tokio::test]
async fn an_object_that_was_taken_away_is_a_failure_and_not_a_silence() {
    let mut org = empty();
    org.insert("Account", &json!({"Name": "x"})).unwrap();
    let mock = MockOrg::serve(org).await;
    let (source, sink) = (source(&mock, ["Account", "Contact"]), MemorySink::new());
    let gone = Fault::error(400, "INVALID_TYPE", "sObject type 'Contact' is not supported.");
    mock.fault(gone.at("queryAll").containing("FROM Contact"));
    let report = backup(&mock, &source, &sink, Mode::Complete).await;
    assert_eq!(report.outcome, Outcome::Partial);
    let failed: Vec<_> = report.failed().map(|(name, why)| (name.to_string(), why.contains("INVALID_TYPE"))).collect();
    assert_eq!(failed, [("Contact".to_owned(), true)]);
    assert_eq!(live(&sink), 1);
}

#[tokio::test]
async fn b1_08_an_object_too_wide_for_a_url_is_skipped_with_the_reason() {
    let mut org = empty();
    let mut schema = (**org.store().schema()).clone();
    let fields: String = (0..800).map(|n| format!("  A_Field_With_A_Long_Name_{n}__c string(20)\n")).collect();
    schema.add_table(&format!("extend Account\n{fields}")).unwrap();
    org.store_mut().set_schema(schema);
    let mock = MockOrg::serve(org).await;
    let catalog = source(&mock, ["Account"]).discover().await.unwrap();
    let reason = catalog.get("Account").unwrap().skipped.clone().unwrap();
    assert!(reason.contains("16384"), "{reason}");
}

#[tokio::test]
async fn an_object_that_is_not_there_is_a_wrong_setting() {
    let mock = MockOrg::serve(empty()).await;
    let error = source(&mock, ["Acount"]).discover().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("Acount"), "{error}");
    let error = SalesforceSource::new(connect(&mock)).objects(["Account; DROP"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn contents_of_files_and_compound_fields_are_named_as_left_out() {
    let mock = MockOrg::serve(Org::demo()).await;
    let catalog = source(&mock, ["Account", "ContentVersion"]).discover().await.unwrap();
    let left_out =
        |object: &str| -> Vec<_> { catalog.get(object).unwrap().left_out.iter().map(|l| l.field.clone()).collect() };
    assert!(left_out("Account").contains(&"BillingAddress".to_owned()));
    assert!(catalog.get("Account").unwrap().fields.contains(&"BillingCity".to_owned()));
    assert_eq!(left_out("ContentVersion"), ["VersionData"]);
}
