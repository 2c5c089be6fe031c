use bytes::BytesMut;
use futures_util::TryStreamExt;
use salesforce_rest::{ErrorKind, Record, RecordId, SObject, Value};

use crate::support::{ID, Script};

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: RecordId,
    name: String,
}

impl SObject for Account {
    const NAME: &'static str = "Account";

    fn fields() -> &'static [&'static str] {
        &["Id", "Name"]
    }
}

const ROW: &str = r#"{"attributes":{"type":"Account"},"Name":"Acme","Id":"001D000000IqhSLIAZ"}"#;

fn id() -> RecordId {
    ID.parse().unwrap()
}

fn refusal(code: &str) -> String {
    format!(r#"[{{"errorCode":"{code}","message":"m","fields":[]}}]"#)
}

#[tokio::test]
async fn a_struct_is_asked_for_by_its_fields_and_a_name_by_all() {
    let script = Script::default().answer(200, ROW).answer(200, ROW).answer(200, ROW);
    let client = script.client();
    let typed: Account = client.sobject().get(id()).await.unwrap();
    assert_eq!(typed, Account { id: id(), name: "Acme".into() });
    let dynamic = client.sobject_named("Account").get(id()).await.unwrap();
    assert_eq!(dynamic.get("Name").and_then(Value::as_str), Some("Acme"));
    client.sobject_named("Account").find(id()).fields(&["Name"]).await.unwrap().unwrap();
    assert_eq!(
        script.paths(),
        [
            format!("/services/data/v68.0/sobjects/Account/{ID}?fields=Id,Name"),
            format!("/services/data/v68.0/sobjects/Account/{ID}"),
            format!("/services/data/v68.0/sobjects/Account/{ID}?fields=Name"),
        ]
    );
}

#[tokio::test]
async fn absence_is_an_answer_and_every_other_refusal_is_an_error() {
    for code in ["NOT_FOUND", "ENTITY_IS_DELETED"] {
        let script = Script::default().answer(404, refusal(code));
        assert_eq!(script.client().sobject::<Account>().find(id()).await.unwrap(), None, "{code}");
        let script = Script::default().answer(404, refusal(code));
        let error = script.client().sobject::<Account>().get(id()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    for (status, body) in [
        (404, refusal("INVALID_TYPE")),
        (404, "<html>no such page</html>".into()),
        (404, String::new()),
        (400, refusal("NOT_FOUND")),
        (403, refusal("INSUFFICIENT_ACCESS")),
    ] {
        let script = Script::default().answer(status, &*body);
        assert!(script.client().sobject::<Account>().find(id()).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn a_create_answers_the_id() {
    let script = Script::default().answer(201, format!(r#"{{"id":"{ID}","success":true,"errors":[]}}"#));
    let row = Record::default().with("Name", "Acme");
    assert_eq!(script.client().sobject::<Account>().create(&row).await.unwrap(), id());
    let sent = script.sent().remove(0);
    assert_eq!((&*sent.method, &*sent.path), ("POST", "/services/data/v68.0/sobjects/Account"));
    assert_eq!(sent.body, r#"{"Name":"Acme"}"#);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_sent_again() {
    let script = Script::default().lost();
    let error = script.client().sobject::<Account>().create(&Record::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn an_update_is_a_patch_of_what_the_row_has() {
    let script = Script::default().answer(204, "");
    let row = Record::default().with("Name", "Acme & Co").with("Phone", Value::Null);
    script.client().sobject::<Account>().update(id(), &row).await.unwrap();
    let sent = script.sent().remove(0);
    assert_eq!((&*sent.method, sent.path), ("PATCH", format!("/services/data/v68.0/sobjects/Account/{ID}")));
    assert_eq!(sent.body, r#"{"Name":"Acme & Co","Phone":null}"#);
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_done_when_the_org_says_it_is() {
    let script = Script::default().lost().answer(404, refusal("ENTITY_IS_DELETED"));
    script.run(script.client().sobject::<Account>().delete(id())).await.unwrap();
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn a_delete_of_what_the_org_does_not_know_is_an_error() {
    let script = Script::default().answer(404, refusal("NOT_FOUND"));
    let error = script.client().sobject::<Account>().delete(id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_name_that_could_lead_elsewhere_is_refused_and_nothing_is_sent() {
    let script = Script::default();
    let client = script.client();
    let odd = client.sobject_named("Account/../../oauth2");
    let errors = [
        odd.get(id()).await.map(drop),
        odd.find(id()).await.map(drop),
        odd.create(&Record::default()).await.map(drop),
        odd.update(id(), &Record::default()).await,
        odd.delete(id()).await,
        odd.describe().await.map(drop),
        odd.blob(id(), "Body").await.map(drop),
        client.sobject_named("Attachment").blob(id(), "Body?x=").await.map(drop),
    ];
    assert!(errors.iter().all(|error| error.as_ref().unwrap_err().kind() == ErrorKind::Invalid));
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn the_bytes_of_a_file_come_as_they_are() {
    let script = Script::default().answer(200, "%PDF-1.7 …");
    let bytes: BytesMut = script
        .client()
        .sobject_named("ContentVersion")
        .blob(id(), "VersionData")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(bytes, "%PDF-1.7 …");
    assert_eq!(script.paths(), [format!("/services/data/v68.0/sobjects/ContentVersion/{ID}/VersionData")]);
}
