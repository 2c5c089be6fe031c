//! Calls of other kinds: Apex REST, tooling, GraphQL, reports, counts, recent items, and any call.

use std::error::Error as _;
use std::sync::Mutex;

use futures_util::TryStreamExt;
use salesforce_mock::{ApexAnswer, Fault, MockOrg, Org};
use salesforce_rest::{Effect, ErrorKind, GraphqlErrors, Page, Poll, Progress, Record, RecordId, Request};
use serde_json::{Value as Json, json};

use crate::support::{ID, Script, connect};

const REPORT: &str = "00OQz000000AbCd";

async fn greeting() -> MockOrg {
    let mut org = Org::demo();
    org.apex_rest("/greeting/*", |call| match call.method().as_str() {
        "GET" => ApexAnswer::json(&json!({ "hello": call.path().rsplit('/').next() })),
        "DELETE" => ApexAnswer::empty(),
        _ => ApexAnswer::exception("System.MathException: Divide by 0\n\nClass.Greeting.post: line 3, column 1"),
    });
    MockOrg::serve(org).await
}

#[tokio::test]
async fn a_class_of_the_org_is_called_by_any_verb() {
    #[derive(serde::Deserialize)]
    struct Greeting {
        hello: String,
    }
    let org = greeting().await;
    let client = connect(&org);
    let answer: Greeting = client.apex_rest(Request::get("greeting/ada")).await.unwrap().json().unwrap();
    assert_eq!(answer.hello, "ada");
    assert!(client.apex_rest(Request::delete("greeting/ada")).await.unwrap().bytes().is_empty());
    let error = client.apex_rest(Request::post("greeting/ada").json(&json!({}))).await.unwrap_err();
    assert_eq!((error.kind(), error.api_errors()[0].code.as_str()), (ErrorKind::Other, "APEX_ERROR"));
    assert!(error.to_string().contains("Divide by 0"), "{error}");
    assert_eq!(client.apex_rest(Request::get("nothing")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_a_class_does_is_not_done_twice() {
    let org = greeting().await;
    let client = connect(&org);
    for request in [Request::post("greeting/a"), Request::patch("greeting/a")] {
        org.fault(Fault::lost_answer().at("/services/apexrest"));
        assert_eq!(client.apex_rest(request).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    }
    assert_eq!(org.journal().count("/services/apexrest"), 2);
}

#[tokio::test]
async fn any_call_has_what_every_call_has() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    org.fault(Fault::status(503).at("limits"));
    let limits: Json = client.send(Request::get("limits")).await.unwrap().json().unwrap();
    assert!(limits["DailyApiRequests"]["Max"].is_number());
    let below_host = client.send(Request::get("/services/data")).await.unwrap();
    assert!(!below_host.json::<Vec<Json>>().unwrap().is_empty());
    let error = client.send(Request::get("nothing/here")).await.unwrap_err();
    assert_eq!(error.to_string(), "GET nothing/here failed with 404: NOT_FOUND: The requested resource does not exist");
    let long = Request::get("query").query("q", &"x".repeat(20_000));
    assert!(client.send(long).await.unwrap_err().source().unwrap().is::<salesforce_rest::UrlTooLong>());
}

#[tokio::test]
async fn tooling_pages_lead_on_and_rows_are_below_its_base() {
    let page = |name: &str, next: &str| {
        format!(
            r#"{{"size":2,"totalSize":2,"done":{},"queryLocator":null,"entityTypeName":"ApexClass"{next},
               "records":[{{"attributes":{{"type":"ApexClass"}},"Name":"{name}"}}]}}"#,
            next.is_empty()
        )
    };
    let next = r#","nextRecordsUrl":"/services/data/v68.0/tooling/query/01gQz-1""#;
    let script = Script::default()
        .answer(200, page("A", next))
        .answer(200, page("B", ""))
        .answer(200, page("A", next))
        .answer(200, r#"{"Name":"A"}"#)
        .answer(201, format!(r#"{{"id":"{ID}","success":true,"errors":[],"warnings":[],"infos":[]}}"#))
        .answer(204, "")
        .answer(204, "")
        .answer(200, r#"{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"taken"}]}"#);
    let client = script.client();
    let tooling = client.tooling();
    let rows: Vec<Record> = tooling.query("SELECT Name FROM ApexClass").try_collect().await.unwrap();
    assert_eq!(rows.len(), 2);
    let first: Page<Record> = tooling.page("SELECT Name FROM ApexClass").await.unwrap();
    assert!(first.next.is_some());
    let id: RecordId = ID.parse().unwrap();
    tooling.get::<Record>("ApexClass", id).await.unwrap();
    assert_eq!(tooling.create("ApexClass", &json!({"Name": "A"})).await.unwrap(), id);
    tooling.update("ApexClass", id, &json!({"Body": "x"})).await.unwrap();
    tooling.delete("ApexClass", id).await.unwrap();
    let error = tooling.create("ApexClass", &json!({"Name": "A"})).await.unwrap_err();
    assert!(error.to_string().contains("DUPLICATE_VALUE: taken"), "{error}");
    let row = format!("sobjects/ApexClass/{ID}");
    let expected = [
        "query/?q=SELECT+Name+FROM+ApexClass",
        "query/01gQz-1",
        "query/?q=SELECT+Name+FROM+ApexClass",
        &row,
        "sobjects/ApexClass",
        &row,
        &row,
        "sobjects/ApexClass",
    ];
    assert_eq!(script.paths(), expected.map(|path| format!("/services/data/v68.0/tooling/{path}")));
    assert!(tooling.get::<Record>("../x", id).await.is_err());
}

#[tokio::test]
async fn a_row_of_tooling_that_exists_is_never_said_not_to() {
    let create = async |answer: &str| {
        let script = Script::default().answer(201, answer);
        script.client().tooling().create("ApexClass", &json!({"Name": "A"})).await.unwrap_err()
    };
    for answer in [r#"{"id":"01p"#, r#"{"id":"some_id","success":true,"errors":[]}"#] {
        let error = create(answer).await;
        assert!(error.kind() == ErrorKind::OutcomeUnknown && error.outcome_unknown(), "{error}");
        assert!(!error.to_string().contains("did not say"), "{error}");
    }
    let error = create(r#"{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"taken"}]}"#).await;
    assert_eq!((error.kind(), error.api_errors()[0].code.as_str()), (ErrorKind::Conflict, "DUPLICATE_VALUE"));
    assert_eq!(error.call(), Some("POST tooling/sobjects/ApexClass"));
}

#[tokio::test]
async fn the_mock_orgs_objects_are_rows_of_tooling() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    let soql = "SELECT QualifiedApiName FROM EntityDefinition WHERE QualifiedApiName = 'Account'";
    let rows: Vec<Record> = client.tooling().query(soql).try_collect().await.unwrap();
    assert_eq!(rows[0].get("QualifiedApiName").unwrap().as_str(), Some("Account"));
}

#[tokio::test]
async fn graphql_data_is_typed_and_errors_are_errors_though_the_status_is_200() {
    let errors = r#"{"data":{"uiapi":null},"errors":[{"message":"Validation error of type FieldUndefined","locations":[{"line":1,"column":9}],
        "path":["uiapi"],"extensions":{"ErrorType":"ValidationError"}},{"message":"two"}]}"#;
    let script = Script::default()
        .answer(200, r#"{"data":{"n":7},"errors":[]}"#)
        .answer(200, errors)
        .answer(200, r#"{"errors":null}"#)
        .lost();
    let client = script.client();
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Data {
        n: u8,
    }
    let call = client.graphql::<Data>("query Q($name: String) { n }").variable("name", "A\"}").operation("Q");
    assert_eq!(call.await.unwrap(), Data { n: 7 });
    assert_eq!(
        script.sent()[0].body,
        r#"{"query":"query Q($name: String) { n }","operationName":"Q","variables":{"name":"A\"}"}}"#
    );
    let error = client.graphql::<Data>("{ m }").await.unwrap_err();
    let all = GraphqlErrors::of(&error).unwrap().all();
    assert_eq!((error.kind(), all.len(), all[0].error_type()), (ErrorKind::Invalid, 2, Some("ValidationError")));
    assert_eq!(
        error.to_string(),
        "POST graphql failed with 200: the GraphQL document was not answered in full: ValidationError: Validation \
         error of type FieldUndefined (and 1 more)"
    );
    assert_eq!(client.graphql::<Data>("{ n }").await.unwrap_err().kind(), ErrorKind::Decode);
    let error = client.graphql::<Data>("mutation { n }").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "a mutation is sent once");
}

#[tokio::test]
async fn a_mutation_that_may_have_run_is_no_plain_refusal() {
    let run = async |document: &'static str, answer: &str| {
        let script = Script::default().answer(200, answer);
        script.client().graphql::<Vec<u8>>(document).await.unwrap_err()
    };
    let in_part = r#"{"data":{"uiapi":{"AccountCreate":{"Record":{"Id":"001"}}}},"errors":[{"message":"no"}]}"#;
    let refused = r#"{"data":null,"errors":[{"message":"no"}]}"#;
    for (document, answer, kind) in [
        ("mutation { n }", in_part, ErrorKind::OutcomeUnknown),
        ("mutation { n }", refused, ErrorKind::Invalid),
        ("mutation { n }", r#"{"data":{"n":7},"errors":[]}"#, ErrorKind::OutcomeUnknown),
        ("mutation { n }", r#"{"data":{"n":"#, ErrorKind::OutcomeUnknown),
        ("mutation { n }", "{}", ErrorKind::OutcomeUnknown),
        ("{ n }", in_part, ErrorKind::Invalid),
        ("{ n }", r#"{"data":{"n":7},"errors":[]}"#, ErrorKind::Decode),
    ] {
        let error = run(document, answer).await;
        assert_eq!((error.kind(), error.outcome_unknown()), (kind, kind == ErrorKind::OutcomeUnknown), "{answer}");
    }
    let error = run("mutation { n }", in_part).await;
    let data = GraphqlErrors::of(&error).unwrap().data().unwrap();
    assert_eq!(data["uiapi"]["AccountCreate"]["Record"]["Id"], "001");
    assert!(error.to_string().contains("look before you repeat"), "{error}");
    assert_eq!(GraphqlErrors::of(&run("{ n }", refused).await).unwrap().data(), None);
}

#[tokio::test]
async fn the_mock_org_answers_graphql() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    let id = client.sobject_named("Account").create(&json!({ "Name": "A\"} {" })).await.unwrap();
    let document = "query Q($name: Picklist) { uiapi { query { Account(where: {Name: {eq: $name}}) { edges { node { Id } } } } } }";
    let data: Json = client.graphql(document).variable("name", "A\"} {").await.unwrap();
    assert_eq!(data["uiapi"]["query"]["Account"]["edges"][0]["node"]["Id"], id.to_string());
    let error =
        client.graphql::<Json>("{ uiapi { query { Nothing__c { edges { node { Id } } } } } }").await.unwrap_err();
    assert!(!GraphqlErrors::of(&error).unwrap().all().is_empty(), "{error}");
}

#[tokio::test]
async fn the_mock_org_runs_reports_and_says_when_rows_are_missing() {
    let mut org = Org::empty();
    for n in 0..2001 {
        org.insert("Account", &json!({ "Name": n.to_string() })).unwrap();
    }
    let id = org.add_report("All", "SELECT Name FROM Account");
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    let report = client.report(id).run().await.unwrap();
    assert_eq!((report.rows().count(), report.all_data), (2000, false));
    let background = client.report(id).run_in_background(Poll::new(), |_| ()).await.unwrap();
    assert_eq!(background.rows().count(), 2000);
}

fn report(status: &str) -> String {
    format!(
        r#"{{"attributes":{{"id":"0LGQz","status":"{status}","reportName":"Deals"}},"allData":true,"hasDetailRows":true,
           "factMap":{{"T!T":{{"aggregates":[{{"label":"1","value":1}}],
           "rows":[{{"dataCells":[{{"label":"Acme","value":"{ID}"}},{{"label":"-","value":null}}]}}]}}}},
           "reportMetadata":{{"name":"Deals"}},"groupingsDown":{{"groupings":[]}}}}"#
    )
}

#[tokio::test]
async fn a_report_is_run_at_once() {
    let script = Script::default().answer(200, report("Success"));
    let found = script.client().report(REPORT.parse().unwrap()).run().await.unwrap();
    let row = found.rows().next().unwrap();
    assert_eq!((row.data_cells[0].label.as_deref(), &row.data_cells[1].value), (Some("Acme"), &Json::Null));
    assert!(found.all_data && found.rest.contains_key("reportMetadata"));
    assert!(script.paths()[0].starts_with("/services/data/v68.0/analytics/reports/00OQz"));
    assert!(script.paths()[0].ends_with("?includeDetails=true"));
}

#[tokio::test]
async fn a_report_in_the_background_is_waited_for() {
    let started =
        r#"{"id":"0LGQz/x","status":"New","url":"/services/data/v68.0/analytics/reports/00O/instances/0LGQz"}"#;
    let running = r#"{"attributes":{"id":"0LGQz","status":"Running"}}"#;
    let script = Script::default()
        .answer(200, started)
        .answer(200, running)
        .answer(200, running)
        .answer(200, report("Success"))
        .answer(200, started)
        .answer(200, report("Error"));
    let client = script.client();
    let handle = client.report(REPORT.parse().unwrap());
    let seen = Mutex::new(0);
    let tell = |progress: Progress<'_, _>| {
        assert!(matches!(progress, Progress::Running { .. }));
        *seen.lock().unwrap() += 1;
    };
    let found = script.run(handle.run_in_background(Poll::new(), tell)).await.unwrap();
    assert_eq!((found.rows().count(), *seen.lock().unwrap()), (1, 2));
    assert!(script.paths()[1].ends_with("/instances/0LGQz%2Fx"));
    let error = script.run(handle.run_in_background(Poll::new(), |_| ())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Other);
}

#[tokio::test]
async fn a_run_of_a_report_in_no_known_state_is_not_waited_for() {
    let odd = r#"{"attributes":{"id":"0LGQz","status":"Gone"}}"#;
    let script = Script::default()
        .answer(200, r#"{"status":"New"}"#)
        .answer(200, r#"{"id":"0LGQz","status":"New"}"#)
        .answer(200, odd)
        .answer(200, r#"{"id":"0LGQz","status":"New"}"#)
        .answer(200, r#"{"attributes":{}}"#);
    let client = script.client();
    let handle = client.report(REPORT.parse().unwrap());
    for sent in [1, 3, 5] {
        let error = script.run(handle.run_in_background(Poll::new(), |_| ())).await.unwrap_err();
        assert_eq!((error.kind(), script.sent().len()), (ErrorKind::Decode, sent), "{error}");
    }
}

#[tokio::test]
async fn recent_items_and_counts() {
    let org = MockOrg::serve(Org::empty()).await;
    let client = connect(&org);
    let id = client.sobject_named("Account").create(&json!({ "Name": "Acme" })).await.unwrap();
    client.sobject_named("Account").get(id).await.unwrap();
    let recent: Vec<Record> = client.recent(10).await.unwrap();
    assert_eq!(recent[0].id(), Some(id));
    assert_eq!(client.recent::<Record>(201).await.unwrap_err().kind(), ErrorKind::Invalid);

    let counts = r#"{"sObjects":[{"count":48231,"name":"Contact"},{"count":0,"name":"Account"}]}"#;
    let script = Script::default().answer(200, counts).answer(200, r#"{"sObjects":[]}"#);
    let client = script.client();
    let found = client.record_counts(&["Account", "Contact", "Nothing__c"]).await.unwrap();
    assert_eq!((found["Contact"], found["Account"], found.get("Nothing__c")), (48_231, 0, None));
    assert!(client.record_counts(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_object_in_short_has_its_recent_items() {
    let org = MockOrg::serve(Org::demo()).await;
    let basic = connect(&org).describe_basic("Account").await.unwrap();
    assert_eq!(basic.object_describe.name, "Account");
}

#[tokio::test]
async fn what_may_be_said_of_a_call_is_said_by_its_effect() {
    let org = MockOrg::serve(Org::demo()).await;
    let client = connect(&org);
    org.fault(Fault::lost_answer().at("limits"));
    let post = Request::post("limits").with_effect(Effect::None);
    // Read again after the lost answer, and then refused for its verb.
    assert_eq!(client.send(post).await.unwrap_err().tries(), 2);
}
