//! Single writes: what is sent, and what is made of answers.

use std::error::Error as _;

use salesforce_rest::{
    AmbiguousExternalId, AutoAssign, DuplicateRule, ErrorKind, Fetched, PreconditionFailed, Record, RecordId,
    Timestamp, Upserted, WriteOptions,
};
use serde_json::json;

use crate::support::{ID, Script};

const BASE: &str = "/services/data/v68.0/sobjects";

fn id() -> RecordId {
    ID.parse().unwrap()
}

fn saved(created: &str) -> String {
    format!(r#"{{"id":"{ID}","success":true,"errors":[]{created}}}"#)
}

fn refusal(code: &str) -> String {
    format!(r#"[{{"errorCode":"{code}","message":"m","fields":[]}}]"#)
}

#[tokio::test]
async fn an_upsert_says_whether_it_created() {
    for (status, body, created, named) in [
        (201, saved(r#","created":true"#), true, true),
        (200, saved(r#","created":false"#), false, true),
        // Before version 46: no `created`, or no body.
        (201, saved(""), true, true),
        (204, String::new(), false, false),
    ] {
        let script = Script::default().answer(status, body);
        let client = script.client();
        let upserted: Upserted =
            client.sobject_named("Account").upsert("Ext__c", "P/17", &json!({"Name": "A"})).await.unwrap();
        assert_eq!((upserted.created, upserted.id), (created, named.then(id)), "{status}");
        let sent = script.sent().remove(0);
        assert_eq!((&*sent.method, sent.path), ("PATCH", format!("{BASE}/Account/Ext__c/P%2F17")));
        assert_eq!(sent.body, r#"{"Name":"A"}"#);
    }
}

#[tokio::test]
async fn an_update_by_external_id_creates_nothing() {
    let script = Script::default().answer(404, refusal("NOT_FOUND"));
    let error = script.client().sobject_named("Account").upsert("Ext__c", "1", &json!({})).update_only().await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(script.paths(), [format!("{BASE}/Account/Ext__c/1?updateOnly=true")]);
}

#[tokio::test]
async fn b6_10_several_records_of_one_external_id_are_told_with_all_their_ids() {
    // More than an error keeps of other bodies.
    let urls: Vec<String> = (0..300).map(|n| format!("{BASE}/Account/001D000000Iq{n:03}")).collect();
    let body = serde_json::to_string(&urls).unwrap();
    let script = || Script::default().answer(300, &*body);
    let several = |error: salesforce_rest::Error| {
        assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Conflict, Some(300)));
        let several = error.source().and_then(|source| source.downcast_ref::<AmbiguousExternalId>()).unwrap();
        assert_eq!((several.urls(), several.ids().count()), (&*urls, 300));
    };
    let client = script().client();
    several(client.sobject_named("Account").get_by("Ext__c", "1").await.unwrap_err());
    let client = script().client();
    several(client.sobject_named("Account").find_by("Ext__c", "1").await.unwrap_err());
    let client = script().client();
    several(client.sobject_named("Account").upsert("Ext__c", "1", &json!({})).await.unwrap_err());
    let client = script().client();
    several(client.sobject_named("Account").delete_by("Ext__c", "1").await.unwrap_err());
}

#[tokio::test]
async fn absence_by_external_id_is_an_answer_only_if_it_is_sure() {
    let find = |value: &'static str, message: &str| {
        let body = format!(r#"[{{"errorCode":"NOT_FOUND","message":"{message}"}}]"#);
        let client = Script::default().answer(404, body).client();
        async move { client.sobject_named("Account").find_by("Ext__c", value).await }
    };
    let absent = "The requested resource does not exist";
    assert_eq!(find("P-17", absent).await.unwrap(), None);
    // A field that is no key has no records either, and that is another matter.
    let no_key = find("P-17", "Provided external ID field does not exist or is not accessible: Ext__c").await;
    assert_eq!(no_key.unwrap_err().kind(), ErrorKind::NotFound);
    // The org may have taken the end of the value for a format.
    let doubtful = find("ada@acme.example", absent).await.unwrap_err();
    assert_eq!(doubtful.kind(), ErrorKind::NotFound);
    assert!(doubtful.to_string().contains("look for it with a query"), "{doubtful}");
}

#[tokio::test]
async fn an_upsert_whose_answer_is_lost_is_repeated_unless_its_key_holds_no_record_to_one() {
    let lost = || Script::default().lost().answer(200, saved(r#","created":false"#));
    let script = lost();
    let client = script.client();
    script.run(client.sobject_named("Account").upsert("Ext__c", "1", &json!({}))).await.unwrap();
    assert_eq!(script.sent().len(), 2);

    let script = lost();
    let client = script.client();
    let auto_number = client.sobject_named("Account").upsert("Number__c", "1", &json!({})).send_once();
    assert_eq!(script.run(auto_number).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(script.sent().len(), 1);

    // The org cuts blanks off when it saves, so a second try may not find what the first one made.
    let script = lost();
    let client = script.client();
    let blank = client.sobject_named("Account").upsert("Ext__c", " 1", &json!({}));
    assert_eq!(script.run(blank).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn b6_23_a_write_on_condition_is_sent_once_and_a_condition_that_fails_is_told() {
    let seen: Timestamp = "2026-03-01T17:49:01.000+0000".parse().unwrap();
    let script = Script::default().answer(412, refusal("PRECONDITION_FAILED"));
    let client = script.client();
    let update = client.sobject_named("Account").update(id(), &json!({})).if_unmodified_since(seen);
    let error = update.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.source().unwrap().is::<PreconditionFailed>());
    assert_eq!(script.sent()[0].headers["If-Unmodified-Since"], "Sun, 01 Mar 2026 17:49:01 GMT");

    // A second try would fail on the change that the first one made.
    let script = Script::default().lost();
    let client = script.client();
    let upsert = client.sobject_named("Account").upsert("Ext__c", "1", &json!({})).if_match("\"x\"").update_only();
    assert_eq!(script.run(upsert).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!((script.sent().len(), script.sent()[0].headers["If-Match"].to_str().unwrap()), (1, "\"x\""));
}

#[tokio::test]
async fn not_modified_is_an_answer() {
    let row = format!(r#"{{"attributes":{{"type":"Account"}},"Id":"{ID}"}}"#);
    let script = Script::default().answer(304, "").answer(200, row).answer(412, refusal("PRECONDITION_FAILED"));
    let client = script.client();
    let get = || client.sobject_named("Account").get(id()).fields(&["Id"]).conditional();
    let seen: Timestamp = "2026-03-01T17:49:01.000+0000".parse().unwrap();
    assert_eq!(get().if_modified_since(seen).await.unwrap(), Fetched::NotModified);
    assert_eq!(get().if_none_match("\"x\"").await.unwrap().into_row().unwrap().id(), Some(id()));
    assert!(get().if_match("\"x\"").await.unwrap_err().source().unwrap().is::<PreconditionFailed>());
    let sent = script.sent();
    assert_eq!(sent[0].headers["If-Modified-Since"], "Sun, 01 Mar 2026 17:49:01 GMT");
    assert_eq!(sent[1].headers["If-None-Match"], "\"x\"");
    assert_eq!(sent[0].path, format!("{BASE}/Account/{ID}?fields=Id"));
}

#[tokio::test]
async fn options_are_headers_of_each_write_and_the_connections_own_stay() {
    let script = Script::default().answer(201, saved("")).answer(204, "").answer(204, "");
    let client = script.client();
    let leads = client.sobject_named("Lead");
    let quiet = WriteOptions::new().auto_assign(AutoAssign::Off).default_namespace("acme");
    leads.create(&json!({})).options(quiet.clone()).await.unwrap();
    let lead: RecordId = "00QD000000IqhSL".parse().unwrap();
    let rule = DuplicateRule::new().allow_save().run_as_current_user();
    leads.update(lead, &json!({})).duplicate_rule(rule).update_mru(false).await.unwrap();
    leads.delete(lead).package_version("acme", "1.20").await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].headers["Sforce-Auto-Assign"], "FALSE");
    let call_options = sent[0].headers["Sforce-Call-Options"].to_str().unwrap();
    assert!(call_options.starts_with("client=") && call_options.ends_with("; defaultNamespace=acme"), "{call_options}");
    assert_eq!(
        sent[1].headers["Sforce-Duplicate-Rule-Header"],
        "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"
    );
    assert_eq!(sent[1].headers["Sforce-Mru"], "updateMru=false");
    assert_eq!(sent[2].headers["x-sfdc-packageversion-acme"], "1.20");
    assert!(!sent[1].headers.contains_key("Sforce-Auto-Assign"));

    let bad = leads.create(&json!({})).default_namespace("acme; client=other").await.unwrap_err();
    assert_eq!((bad.kind(), script.sent().len()), (ErrorKind::Invalid, 3));
}

#[tokio::test]
async fn g_05_every_write_names_the_program() {
    let script = Script::default().answer(201, saved("")).answer(200, "[]").answer(200, r#"{"compositeResponse":[]}"#);
    let client = script.client();
    client.sobject_named("Account").create(&json!({})).await.unwrap();
    client.sobject_named("Account").delete_many([id()]).await.unwrap();
    let mut composite = salesforce_rest::CompositeRequest::new();
    composite.create("Account", &json!({}));
    client.composite(&composite).await.unwrap();
    for sent in script.sent() {
        assert!(sent.headers["Sforce-Call-Options"].to_str().unwrap().starts_with("client="), "{}", sent.path);
        assert!(sent.headers.contains_key("User-Agent"), "{}", sent.path);
    }
}

#[tokio::test]
async fn what_is_related_is_below_the_record() {
    let page = r#"{"totalSize":0,"done":true,"records":[]}"#;
    let row = r#"{"attributes":{"type":"User"},"Name":"Ada"}"#;
    let script = Script::default().answer(200, row).answer(200, page).answer(204, "").lost();
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let owner: Record = accounts.related(id(), "Parent.Owner").fields(&["Name"]).get().await.unwrap();
    assert_eq!(owner.object(), Some("User"));
    assert!(accounts.related(id(), "Contacts").children::<Record>().await.unwrap().done);
    accounts.related(id(), "Parent").update(&json!({"Name": "A"})).await.unwrap();
    // Done twice, it might delete another one.
    let error = script.run(accounts.related(id(), "Parent").delete()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    let place = format!("{BASE}/Account/{ID}");
    assert_eq!(
        script.paths(),
        [
            format!("{place}/Parent/Owner?fields=Name"),
            format!("{place}/Contacts"),
            format!("{place}/Parent"),
            format!("{place}/Parent")
        ]
    );
}

#[tokio::test]
async fn what_is_surely_wrong_is_not_sent() {
    let script = Script::default();
    let client = script.client();
    let (accounts, contacts) = (client.sobject_named("Account"), client.sobject_named("Contact"));
    let huge = json!({"Description": "x".repeat(50_000_001)});
    let errors = [
        contacts.get(id()).await.map(drop),
        contacts.update(id(), &json!({})).await,
        contacts.delete(id()).await,
        accounts.get_by("Ext__c/../x", "1").await.map(drop),
        accounts.find_by("Ext__c", "").await.map(drop),
        accounts.upsert("Id", ID, &json!({})).await.map(drop),
        accounts.upsert("Ext__c", "..", &json!({})).await.map(drop),
        accounts.related(id(), "a.b.c.d.e.f.g").get::<Record>().await.map(drop),
        accounts.create(&huge).await.map(drop),
        accounts.create(&f64_keys()).await.map(drop),
    ];
    for (n, error) in errors.into_iter().enumerate() {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid, "{n}");
    }
    assert!(script.sent().is_empty());
}

/// A map that JSON cannot write.
fn f64_keys() -> std::collections::BTreeMap<Option<u8>, u8> {
    [(None, 1)].into()
}

#[tokio::test]
async fn an_answer_to_a_create_that_cannot_be_read_came_after_it_was_done() {
    for body in ["", "{", r#"{"id":"001D000000IqhSLIAZ"}"#, r#"{"id":"odd","success":true,"errors":[]}"#] {
        let script = Script::default().answer(201, body);
        let error = script.client().sobject_named("Account").create(&json!({})).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::OutcomeUnknown, true), "{body}: {error}");
    }
}
