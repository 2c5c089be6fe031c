//! Many records in one call: what is sent, and what is made of answers.

use salesforce_rest::{ErrorKind, Outcome, Record, RecordId, Written};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::support::{ID, Script, states};

const PLACE: &str = "/services/data/v68.0/composite/sobjects";

#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
}

fn accounts(count: usize) -> Vec<Account> {
    (0..count).map(|n| Account { name: format!("A{n}") }).collect()
}

fn done(count: usize) -> String {
    let one = format!(r#"{{"id":"{ID}","success":true,"errors":[]}}"#);
    format!("[{}]", vec![one; count].join(","))
}

fn body(script: &Script, call: usize) -> Json {
    serde_json::from_str(&script.sent()[call].body).unwrap()
}

#[tokio::test]
async fn rows_go_in_order_two_hundred_a_call_and_each_has_its_outcome() {
    let script = Script::default().answer(200, done(200)).answer(200, done(200)).answer(200, done(1));
    let client = script.client();
    let outcomes = client.sobject_named("Account").create_many(accounts(401)).await.unwrap();
    assert_eq!(outcomes.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), (0..401).collect::<Vec<_>>());
    assert!(outcomes.iter().all(|outcome| outcome.is_done() && outcome.id() == ID.parse().ok()));
    assert_eq!(script.paths(), [PLACE; 3]);
    let third = body(&script, 2);
    assert_eq!(third, json!({"allOrNone": false, "records": [{"attributes": {"type": "Account"}, "Name": "A400"}]}));
    assert_eq!(client.sobject_named("Account").create_many(accounts(0)).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_refused_record_is_data_and_its_reasons_are_typed() {
    let script = Script::default().answer(
        200,
        format!(
            r#"[{{"id":"{ID}","success":true,"errors":[],"created":false}},
                {{"success":false,"errors":[{{"statusCode":"DUPLICATES_DETECTED","message":"m","fields":[]}}]}},
                {{"errors":[{{"statusCode":"A_NEW_CODE","message":"m","fields":null}}],"success":false}}]"#
        ),
    );
    let rows = (0..3).map(|n| json!({"Ext__c": n}));
    let client = script.client();
    let outcomes = client.sobject_named("Account").upsert_many("Ext__c", rows).await.unwrap();
    assert_eq!(states(&outcomes), "drr");
    assert!(matches!(outcomes[0].result, Written::Done { created: Some(false), .. }));
    let errors: Vec<_> = outcomes.iter().filter_map(Outcome::error).collect();
    assert_eq!((errors[0].kind(), errors[1].kind()), (ErrorKind::Conflict, ErrorKind::Other));
    assert_eq!(errors[1].api_errors()[0].code.as_str(), "A_NEW_CODE");
    assert_eq!(script.paths(), [format!("{PLACE}/Account/Ext__c")]);
    assert_eq!(script.sent()[0].method, "PATCH");
}

#[tokio::test]
async fn a_lost_create_is_unknown_and_is_sent_once_and_the_rest_is_not_sent() {
    let script = Script::default().answer(200, done(200)).lost();
    let client = script.client();
    let create = client.sobject_named("Account").create_many(accounts(450)).settle_by(["Name"]);
    let outcomes = script.run(create).await.unwrap();
    assert_eq!(states(&outcomes), format!("{}{}{}", "d".repeat(200), "u".repeat(200), "r".repeat(50)));
    assert_eq!(script.sent().len(), 2);
    let Written::Unknown(unknown) = &outcomes[200].result else { panic!("unknown") };
    assert_eq!(unknown.object(), Some("Account"));
    assert_eq!(unknown.query().unwrap().text().unwrap(), "SELECT Id FROM Account WHERE Name = 'A200'");
    let error = outcomes[400].error().unwrap();
    assert!(error.kind() == ErrorKind::Busy && error.to_string().contains("was not sent"), "{error}");
}

#[tokio::test]
async fn what_is_refused_after_a_lost_try_may_have_been_done_in_that() {
    let taken = r#"{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"m","fields":[]}]}"#;
    let answer = format!("[{taken},{}", &done(1)[1..]);
    let rows = || [json!({"Ext__c": "P-17"}), json!({"Ext__c": "P-18"})];
    let script = Script::default().lost().answer(200, answer.clone()).answer(200, answer);
    let client = script.client();
    let accounts = client.sobject_named("Account");
    let outcomes = script.run(accounts.upsert_many("Ext__c", rows())).await.unwrap();
    assert_eq!(states(&outcomes), "ud");
    let Written::Unknown(unknown) = &outcomes[0].result else { panic!("unknown") };
    assert_eq!(unknown.query().unwrap().text().unwrap(), "SELECT Id FROM Account WHERE Ext__c = 'P-17'");
    assert_eq!(unknown.error().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(unknown.error().api_errors()[0].code.as_str(), "DUPLICATE_VALUE");
    // Without a lost try, the same answer is a refusal.
    assert_eq!(states(&accounts.upsert_many("Ext__c", rows()).await.unwrap()), "rd");
}

#[tokio::test]
async fn of_a_call_that_the_org_broke_off_nobody_knows_how_far_it_came() {
    for (status, code) in [(400, "REQUEST_RUNNING_TOO_LONG"), (400, "QUERY_TIMEOUT"), (500, "A_NEW_CODE")] {
        let script = Script::default().answer(status, format!(r#"[{{"message":"m","errorCode":"{code}"}}]"#));
        let client = script.client();
        let create = client.sobject_named("Account").create_many(accounts(2)).settle_by(["Name"]);
        let outcomes = script.run(create).await.unwrap();
        assert_eq!((states(&outcomes), script.sent().len()), ("uu".into(), 1), "{code}");
    }
    let script = Script::default()
        .answer(400, r#"[{"message":"m","errorCode":"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"}]"#);
    let error = script.client().sobject_named("Account").create_many(accounts(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Busy, false));
}

#[tokio::test]
async fn a_lost_delete_of_one_objects_ids_can_be_asked_for() {
    let script = Script::default().lost();
    let client = script.client();
    let delete = client.sobject_named("Account").delete_many([ID.parse().unwrap()]).send_once();
    let outcomes = script.run(delete).await.unwrap();
    let Written::Unknown(unknown) = &outcomes[0].result else { panic!("unknown") };
    assert_eq!(unknown.query().unwrap().text().unwrap(), format!("SELECT Id FROM Account WHERE Id = '{ID}'"));
}

#[tokio::test]
async fn a_lost_update_delete_or_upsert_by_a_firm_key_is_repeated() {
    let id: RecordId = ID.parse().unwrap();
    let script = Script::default().lost().answer(200, done(1));
    let client = script.client();
    let contacts = client.sobject_named("Account");
    assert_eq!(states(&script.run(contacts.update_many([json!({"Id": id})])).await.unwrap()), "d");

    // A delete that was done is found done.
    let gone = r#"[{"success":false,"errors":[{"statusCode":"ENTITY_IS_DELETED","message":"entity is deleted","fields":[]}]}]"#;
    let script = Script::default().lost().answer(200, gone);
    let client = script.client();
    let outcomes = script.run(client.delete_many([id])).await.unwrap();
    assert_eq!((states(&outcomes), outcomes[0].id()), ("d".into(), Some(id)));
    assert_eq!(
        script.paths(),
        [format!("{PLACE}?ids={ID}&allOrNone=false"), format!("{PLACE}?ids={ID}&allOrNone=false")]
    );

    let upsert = |keys: [Json; 2]| {
        let script = Script::default().lost().answer(200, done(2));
        let client = script.client();
        async move {
            let rows = keys.map(|key| json!({"Ext__c": key}));
            let outcomes = script.run(client.sobject_named("Account").upsert_many("Ext__c", rows)).await.unwrap();
            (states(&outcomes), script.sent().len())
        }
    };
    assert_eq!(upsert([json!("1"), json!(2)]).await, ("dd".into(), 2));
    // A row without a key is created each time.
    assert_eq!(upsert([json!("1"), json!(null)]).await, ("uu".into(), 1));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_rows_leaves_them_unknown() {
    for answer in [done(1), done(3), "{}".into(), "[1,2]".into(), String::new()] {
        let script = Script::default().answer(200, &*answer);
        let client = script.client();
        let outcomes = client.sobject_named("Account").create_many(accounts(2)).await.unwrap();
        assert_eq!(states(&outcomes), "uu", "{answer}");
    }
}

#[tokio::test]
async fn a_call_that_fails_as_a_whole_costs_the_rows_before_it_nothing() {
    let refusal = r#"[{"message":"m","errorCode":"JSON_PARSER_ERROR"}]"#;
    let script = Script::default().answer(200, done(200)).answer(400, refusal);
    let client = script.client();
    let outcomes = client.sobject_named("Account").create_many(accounts(401)).await.unwrap();
    assert_eq!(states(&outcomes), format!("{}{}", "d".repeat(200), "r".repeat(201)));
    assert_eq!(outcomes[200].error().unwrap().api_errors()[0].code.as_str(), "JSON_PARSER_ERROR");
    assert_eq!(script.sent().len(), 2);

    // Nothing was done: the error is the call's.
    let script = Script::default().answer(400, refusal);
    let client = script.client();
    let error = client.sobject_named("Account").create_many(accounts(401)).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::Invalid, 1));
}

#[tokio::test]
async fn all_or_none_is_one_call_or_none() {
    let rolled_back = r#"[{"success":false,"errors":[{"statusCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK","message":"m","fields":[]}]},
        {"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"m","fields":["Name"]}]}]"#;
    let script = Script::default().answer(200, rolled_back);
    let client = script.client();
    let outcomes = client.sobject_named("Account").create_many(accounts(2)).all_or_none().await.unwrap();
    assert_eq!(outcomes.iter().map(Outcome::is_rolled_back).collect::<Vec<_>>(), [true, false]);
    assert_eq!(body(&script, 0)["allOrNone"], true);

    let error = client.sobject_named("Account").create_many(accounts(201)).all_or_none().await.unwrap_err();
    assert!(error.to_string().starts_with("nothing was sent: all or none"), "{error}");
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn rows_of_several_objects_say_whose_they_are() {
    let script = Script::default().answer(200, done(2)).answer(200, done(1));
    let client = script.client();
    let rows = [Record::new("Account").with("Name", "A"), Record::new("Contact").with("LastName", "B")];
    client.create_many(&rows).await.unwrap();
    let types: Vec<_> =
        body(&script, 0)["records"].as_array().unwrap().iter().map(|row| row["attributes"].clone()).collect();
    assert_eq!(types, [json!({"type": "Account"}), json!({"type": "Contact"})]);
    client.update_many([Record::new("Account").with("id", ID)]).await.unwrap();
    assert_eq!(script.sent()[1].method, "PATCH");
}

#[tokio::test]
async fn a_list_with_a_row_that_is_none_is_not_sent() {
    let script = Script::default();
    let client = script.client();
    let contacts = client.sobject_named("Contact");
    let id: RecordId = ID.parse().unwrap();
    let errors = [
        client.create_many([json!({"Name": "A"})]).await,
        contacts.create_many([Record::new("Account")]).await,
        contacts.create_many([json!([1])]).await,
        contacts.update_many([json!({"LastName": "A"})]).await,
        contacts.update_many([json!({"Id": ID})]).await,
        contacts.update_many([json!({"Id": "003Dn00000srto9IAB"})]).await,
        contacts.delete_many([id]).await,
        contacts.upsert_many("Ext__c?x", [json!({})]).await,
        client.sobject_named("Contact/x").create_many([json!({})]).await,
        contacts.create_many([json!({"Description": "x".repeat(50_000_001)})]).await,
        contacts.create_many([json!({})]).settle_by(["a b"]).await,
    ];
    for (n, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{n}");
        let text = error.to_string();
        assert!(text.starts_with("nothing was sent: ") && text.matches("nothing was sent").count() == 1, "{n}: {text}");
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert!(source.is_none_or(|source| !text.contains(&source)), "{n}: {text}");
    }
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn records_are_read_by_ids_in_order_and_a_hole_is_none() {
    let row = format!(r#"{{"attributes":{{"type":"Account"}},"Id":"{ID}"}}"#);
    let holes = format!("[{}]", vec!["null"; 2000].join(","));
    let script = Script::default().answer(200, holes).answer(200, format!("[{row}]")).answer(200, "[]");
    let client = script.client();
    let ids: Vec<RecordId> = vec![ID.parse().unwrap(); 2001];
    let rows = client.sobject_named("Account").get_many(ids.clone()).fields(&["Id"]).await.unwrap();
    assert_eq!((rows.len(), rows.iter().flatten().count()), (2001, 1));
    assert_eq!(rows[2000].as_ref().unwrap().id(), ID.parse().ok());
    assert_eq!(script.paths(), [format!("{PLACE}/Account"), format!("{PLACE}/Account")]);
    assert_eq!(body(&script, 1), json!({"ids": [ID], "fields": ["Id"]}));
    let short = client.sobject_named("Account").get_many([ids[0]]).fields(&["Id"]).await.unwrap_err();
    assert_eq!(short.kind(), ErrorKind::Decode);
    assert_eq!(client.sobject_named("Account").get_many([ids[0]]).await.unwrap_err().kind(), ErrorKind::Invalid);
}
