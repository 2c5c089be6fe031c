//! Several calls in one: what is sent, and what is made of answers.

use salesforce_http::Request;
use salesforce_rest::{
    AutoAssign, BatchRequest, Client, CompositeRequest, ErrorKind, Limits, Page, Record, RecordId, SObject, TreeRequest,
};
use serde_json::{Value as Json, json};

use crate::support::{ID, Script};

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
}

impl SObject for Account {
    const NAME: &'static str = "Account";

    fn fields() -> &'static [&'static str] {
        &["Name"]
    }
}

fn sent(script: &Script) -> Json {
    serde_json::from_str(&script.sent().last().unwrap().body).unwrap()
}

fn part(number: usize, status: u16, body: &str) -> String {
    format!(r#"{{"body":{body},"httpHeaders":{{}},"httpStatusCode":{status},"referenceId":"r{number}"}}"#)
}

fn answer(parts: &[String]) -> String {
    format!(r#"{{"compositeResponse":[{}]}}"#, parts.join(","))
}

fn created() -> String {
    format!(r#"{{"id":"{ID}","success":true,"errors":[]}}"#)
}

#[tokio::test]
async fn later_parts_use_what_earlier_ones_answer() {
    let mut request = CompositeRequest::new();
    let account = request.create("Account", &json!({"Name": "Acme"}));
    let read = request.get::<Account>(account.id());
    let contact = request
        .create("Contact", &Record::default().with("LastName", read.field("Name")).with("AccountId", account.id()));
    let renamed = request.update("Contact", contact.id(), &json!({"Title": "CEO"}));
    let upserted = request.upsert("Account", "Ext__c", "P/17", &json!({"ParentId": account.id()}));
    let found = request.query::<Record>("SELECT Id FROM Contact WHERE Name = 'A & B'");
    let gone = request.delete("Contact", found.field("records[0].Id"));

    let script = Script::default().answer(
        200,
        answer(&[
            part(0, 201, &created()),
            part(1, 200, r#"{"attributes":{"type":"Account"},"Name":"Acme"}"#),
            part(2, 201, &created()),
            part(3, 204, "null"),
            part(4, 200, &format!(r#"{{"id":"{ID}","success":true,"errors":[],"created":false}}"#)),
            part(5, 200, r#"{"totalSize":0,"done":true,"records":[]}"#),
            part(6, 204, "null"),
        ]),
    );
    let client = script.client();
    let answer = client.composite(&request).all_or_none().auto_assign(AutoAssign::Off).await.unwrap();

    let quiet = json!({"Sforce-Auto-Assign": "FALSE"});
    let at = |path: &str| format!("/services/data/v68.0/{path}");
    assert_eq!(
        sent(&script),
        json!({"allOrNone": true, "compositeRequest": [
            {"method": "POST", "url": at("sobjects/Account"), "referenceId": "r0", "httpHeaders": quiet,
             "body": {"Name": "Acme"}},
            {"method": "GET", "url": at("sobjects/Account/@{r0.id}?fields=Name"), "referenceId": "r1"},
            {"method": "POST", "url": at("sobjects/Contact"), "referenceId": "r2", "httpHeaders": quiet,
             "body": {"LastName": "@{r1.Name}", "AccountId": "@{r0.id}"}},
            {"method": "PATCH", "url": at("sobjects/Contact/@{r2.id}"), "referenceId": "r3", "httpHeaders": quiet,
             "body": {"Title": "CEO"}},
            {"method": "PATCH", "url": at("sobjects/Account/Ext__c/P%2F17"), "referenceId": "r4", "httpHeaders": quiet,
             "body": {"ParentId": "@{r0.id}"}},
            {"method": "GET", "url": at("query?q=SELECT+Id+FROM+Contact+WHERE+Name+%3D+%27A+%26+B%27"),
             "referenceId": "r5"},
            {"method": "DELETE", "url": at("sobjects/Contact/@{r5.records[0].Id}"), "referenceId": "r6",
             "httpHeaders": quiet},
        ]})
    );
    let id: RecordId = ID.parse().unwrap();
    assert_eq!((answer.get(&account).unwrap().id, answer.get(&contact).unwrap().id), (id, id));
    assert_eq!(answer.get(&read).unwrap().name, "Acme");
    answer.get(&renamed).unwrap();
    assert!(!answer.get(&upserted).unwrap().created);
    let page: Page<Record> = answer.get(&found).unwrap();
    assert!(page.done && answer.all_done());
    answer.get(&gone).unwrap();
}

#[tokio::test]
async fn a_part_that_is_refused_is_data_and_consequences_are_told_from_causes() {
    let mut request = CompositeRequest::new();
    let account = request.create("Account", &json!({}));
    let contact = request.create("Contact", &json!({"AccountId": account.id()}));
    let script = Script::default().answer(
        200,
        answer(&[
            part(0, 400, r#"[{"message":"m","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name"]}]"#),
            part(1, 400, r#"[{"errorCode":"PROCESSING_HALTED","message":"m"}]"#),
        ]),
    );
    let answer = script.client().composite(&request).await.unwrap();
    let error = answer.get(&account).unwrap_err();
    assert_eq!((error.kind(), error.call()), (ErrorKind::Invalid, Some("POST sobjects/Account")));
    assert!(!answer.part(&account).unwrap().is_halted() && answer.part(&contact).unwrap().is_halted());
    assert_eq!(answer.causes().count(), 1);
}

#[tokio::test]
async fn a_composite_call_is_repeated_only_if_every_part_may_be() {
    let lost = |request: CompositeRequest| async move {
        let ok: Vec<String> = (0..request.len()).map(|n| part(n, 204, "null")).collect();
        let script = Script::default().lost().answer(200, answer(&ok));
        let client = script.client();
        let answer = script.run(client.composite(&request)).await;
        (answer.map(drop).map_err(|error| error.kind()), script.sent().len())
    };
    let id: RecordId = ID.parse().unwrap();
    let mut harmless = CompositeRequest::new();
    harmless.update("Account", id, &json!({}));
    harmless.upsert("Account", "Ext__c", "1", &json!({}));
    harmless.get_named("Account", id, &[]);
    assert_eq!(lost(harmless).await, (Ok(()), 2));
    let mut with_create = CompositeRequest::new();
    with_create.update("Account", id, &json!({}));
    with_create.create("Account", &json!({}));
    assert_eq!(lost(with_create).await, (Err(ErrorKind::OutcomeUnknown), 1));
    // The second time, the org would refuse the delete and undo the update, which the first one did.
    let mut with_delete = CompositeRequest::new();
    with_delete.update("Account", id, &json!({}));
    with_delete.delete("Account", id);
    assert_eq!(lost(with_delete).await, (Err(ErrorKind::OutcomeUnknown), 1));
    let mut on_condition = CompositeRequest::new();
    on_condition
        .add::<()>(Request::patch(format!("sobjects/Account/{ID}")).header("If-Match", "\"x\"").json(&json!({})));
    assert_eq!(lost(on_condition).await, (Err(ErrorKind::OutcomeUnknown), 1));

    let mut batch = BatchRequest::new();
    batch.delete("Account", id);
    let script = Script::default().lost();
    let client = script.client();
    let error = script.run(client.batch(&batch)).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 1));
}

#[tokio::test]
async fn a_part_that_the_org_says_nothing_of_is_not_done() {
    let mut request = CompositeRequest::new();
    let (first, second) = (request.create("Account", &json!({})), request.create("Account", &json!({})));
    let read = request.get_named("Account", ID.parse::<RecordId>().unwrap(), &[]);
    let script = Script::default().answer(200, answer(&[part(0, 201, &created())]));
    let answer = script.client().composite(&request).await.unwrap();
    assert!(answer.get(&first).is_ok() && !answer.all_done());
    assert_eq!(answer.get(&second).unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(answer.get(&read).unwrap_err().kind(), ErrorKind::Decode);
    let stranger = CompositeRequest::new().create("Account", &json!({}));
    assert_eq!(answer.get(&stranger).unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_graph_that_the_org_says_nothing_of_may_be_done() {
    let (mut creates, mut reads) = (CompositeRequest::new(), CompositeRequest::new());
    creates.create("Account", &json!({}));
    reads.get_named("Account", ID.parse::<RecordId>().unwrap(), &[]);
    for (graph, kind) in [(creates, ErrorKind::OutcomeUnknown), (reads, ErrorKind::Decode)] {
        let script = Script::default().answer(200, r#"{"graphs":[]}"#);
        assert_eq!(script.client().graphs(&[graph]).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn parts_of_another_batch_or_tree_are_refused() {
    let (mut one, mut other) = (BatchRequest::new(), BatchRequest::new());
    one.add::<Limits>(Request::get("limits"));
    let stranger = other.add::<Limits>(Request::get("limits"));
    let script = Script::default()
        .answer(200, r#"{"hasErrors":false,"results":[{"statusCode":200,"result":{}}]}"#)
        .answer(201, format!(r#"{{"hasErrors":false,"results":[{{"referenceId":"n0","id":"{ID}"}}]}}"#));
    let client = script.client();
    assert_eq!(client.batch(&one).await.unwrap().get(&stranger).unwrap_err().kind(), ErrorKind::Invalid);

    let (mut tree, mut forest) = (TreeRequest::new("Account"), TreeRequest::new("Account"));
    let (root, stranger) = (tree.root(&json!({})), forest.root(&json!({})));
    let answer = client.tree(&tree).await.unwrap();
    assert_eq!(answer.id(&root).unwrap(), ID.parse().unwrap());
    assert_eq!(answer.id(&stranger).unwrap_err().kind(), ErrorKind::Invalid);
}

async fn refused(client: &Client, request: &CompositeRequest) {
    let error = client.composite(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("nothing was sent: "), "{error}");
}

#[tokio::test]
async fn what_an_org_would_refuse_or_misread_is_not_sent() {
    let script = Script::default();
    let client = script.client();
    refused(&client, &CompositeRequest::new()).await;
    let mut many = CompositeRequest::new();
    (0..26).for_each(|_| {
        many.create("Account", &json!({}));
    });
    refused(&client, &many).await;
    let mut queries = CompositeRequest::new();
    (0..6).for_each(|_| {
        queries.query::<Record>("SELECT Id FROM Account");
    });
    refused(&client, &queries).await;
    let mut named = CompositeRequest::new();
    named.create("Account/../x", &json!({}));
    refused(&client, &named).await;
    // A record whose name looks like a reference must not become one.
    let mut forged = CompositeRequest::new();
    forged.create("Account", &json!({"Name": "x"}));
    forged.create("Account", &json!({"Name": "@{r0.id}"}));
    refused(&client, &forged).await;
    let mut other = CompositeRequest::new();
    let stranger = other.create("Account", &json!({}));
    let mut foreign = CompositeRequest::new();
    foreign.create("Account", &json!({}));
    foreign.create("Contact", &json!({"AccountId": stranger.id()}));
    refused(&client, &foreign).await;
    // A row that is no JSON, and a header that is none, would be left out of a part.
    let no_json = std::collections::HashMap::from([((1, 2), 3)]);
    let mut without_body = CompositeRequest::new();
    without_body.create("Account", &no_json);
    refused(&client, &without_body).await;
    let mut without_header = CompositeRequest::new();
    without_header.add::<()>(Request::delete("sobjects/Account/001").header("If-Match", "a\nb"));
    refused(&client, &without_header).await;
    let mut batch = BatchRequest::new();
    batch.create("Account", &no_json);
    let error = client.batch(&batch).await.unwrap_err();
    assert!(error.to_string().contains("nothing was sent: the body cannot be written as JSON"), "{error}");
    assert!(script.sent().is_empty());
}

#[tokio::test]
async fn the_results_of_a_batch_are_in_the_order_of_its_parts() {
    let mut request = BatchRequest::new();
    let limits = request.add::<Limits>(Request::get("limits"));
    let account = request.get::<Account>(ID.parse().unwrap());
    let script = Script::default().answer(
        200,
        r#"{"hasErrors":true,"results":[{"statusCode":200,"result":{"A":{"Max":1,"Remaining":1}}},
            {"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"m"}]}]}"#,
    );
    let client = script.client();
    let answer = client.batch(&request).halt_on_error().await.unwrap();
    assert_eq!(answer.get(&limits).unwrap().len(), 1);
    assert_eq!(answer.get(&account).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(answer.has_errors);
    assert_eq!(
        sent(&script),
        json!({"haltOnError": true, "batchRequests": [
            {"method": "GET", "url": "v68.0/limits"},
            {"method": "GET", "url": format!("v68.0/sobjects/Account/{ID}?fields=Name")},
        ]})
    );
}

#[tokio::test]
async fn graphs_are_answered_in_their_order_whatever_the_orgs() {
    let graph = |name: &str| {
        let mut graph = CompositeRequest::new();
        let part = graph.create("Account", &json!({"Name": name}));
        (graph, part)
    };
    let ((one, first), (two, second)) = (graph("A"), graph("B"));
    let answered = |id: &str, good: bool, part: String| {
        format!(r#"{{"graphId":"{id}","graphResponse":{},"isSuccessful":{good}}}"#, answer(&[part]))
    };
    let halted = r#"[{"errorCode":"PROCESSING_HALTED","message":"m"}]"#;
    let script = Script::default().answer(
        200,
        format!(
            r#"{{"graphs":[{},{}]}}"#,
            answered("g1", false, part(0, 400, halted)),
            answered("g0", true, part(0, 201, &created()))
        ),
    );
    let client = script.client();
    let answer = client.graphs(&[one, two]).await.unwrap();
    assert_eq!(answer.graphs().iter().map(|graph| graph.is_successful).collect::<Vec<_>>(), [true, false]);
    assert!(!answer.all_done());
    assert_eq!(answer.graphs()[0].answer.get(&first).unwrap().id, ID.parse().unwrap());
    assert!(answer.graphs()[1].answer.part(&second).unwrap().is_halted());
    assert_eq!(sent(&script)["graphs"][1]["compositeRequest"][0]["body"], json!({"Name": "B"}));
    assert_eq!(script.paths(), ["/services/data/v68.0/composite/graph"]);
}

#[tokio::test]
async fn a_tree_that_is_refused_is_an_answer_with_reasons_and_one_that_is_lost_is_not_repeated() {
    let mut tree = TreeRequest::new("Account");
    let acme = tree.root(&json!({"Name": "Acme"}));
    let doe = tree.child(&acme, "Contacts", "Contact", &json!({"Email": "x"}));
    // Longer than an error keeps of other bodies.
    let message = "m".repeat(5000);
    let script = Script::default()
        .answer(
            400,
            format!(
                r#"{{"hasErrors":true,"results":[{{"referenceId":"n1","errors":[{{"statusCode":"INVALID_EMAIL_ADDRESS","message":"{message}","fields":["Email"]}}]}}]}}"#
            ),
        )
        .lost();
    let client = script.client();
    let answer = client.tree(&tree).await.unwrap();
    assert_eq!(answer.id(&doe).unwrap_err().api_errors()[0].fields, ["Email"]);
    assert!(answer.id(&acme).unwrap_err().to_string().contains("another record"));
    let error = script.run(client.tree(&tree)).await.unwrap_err();
    assert_eq!((error.kind(), script.sent().len()), (ErrorKind::OutcomeUnknown, 2));
    // A refusal of the call itself is one.
    let script = Script::default().answer(400, r#"[{"errorCode":"INVALID_TYPE","message":"m"}]"#);
    assert_eq!(script.client().tree(&tree).await.unwrap_err().kind(), ErrorKind::Invalid);
}
