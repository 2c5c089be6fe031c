//! The Bulk API 1.0: jobs, batches and results in CSV, JSON and XML.

use std::time::Duration;

use http::Request;
use salesforce_mock::{Body, Org};
use serde_json::{Value, json};

use crate::support::{Answer, Client, with_demo_objects};

const XML: &str = "application/xml; charset=UTF-8";
const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=UTF-8";

/// A call with the token in the header that only this API has.
fn call(client: &mut Client, method: &str, path: &str, kind: &str, body: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/services/async/60.0/{path}"))
        .header("X-SFDC-Session", &client.token)
        .header("Content-Type", kind);
    client.send(request.body(Body::from(body.to_owned())).unwrap())
}

fn get(client: &mut Client, path: &str) -> Answer {
    let answer = call(client, "GET", path, CSV, "");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

/// The text of an element that comes once.
#[track_caller]
fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}")).1;
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn xml_job(client: &mut Client, inner: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\"?>\n<jobInfo xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">{inner}</jobInfo>"
    );
    let made = call(client, "POST", "job", XML, &body);
    assert_eq!((made.status.as_u16(), made.header("content-type")), (201, "application/xml"), "{}", made.text);
    element(&made.text, "id").to_owned()
}

fn csv_job(client: &mut Client, operation: &str, object: &str) -> String {
    let inner = format!("<operation>{operation}</operation><object>{object}</object><contentType>CSV</contentType>");
    xml_job(client, &inner)
}

fn json_job(client: &mut Client, job: Value) -> String {
    let made = call(client, "POST", "job", JSON, &job.to_string());
    assert_eq!((made.status.as_u16(), made.header("content-type")), (201, JSON), "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Adds a batch; its path.
fn batch(client: &mut Client, job: &str, kind: &str, body: &str) -> String {
    let added = call(client, "POST", &format!("job/{job}/batch"), kind, body);
    assert_eq!(added.status, 201, "{}", added.text);
    let id = if added.text.starts_with('{') {
        added.json()["id"].as_str().unwrap().to_owned()
    } else {
        element(&added.text, "id").to_owned()
    };
    format!("job/{job}/batch/{id}")
}

/// The first result of a query.
fn result(client: &mut Client, batch: &str) -> Answer {
    let list = get(client, &format!("{batch}/result"));
    let id = if list.text.starts_with('[') {
        list.json()[0].as_str().unwrap().to_owned()
    } else {
        element(&list.text, "result").to_owned()
    };
    assert_eq!(id.len(), 15);
    get(client, &format!("{batch}/result/{id}"))
}

/// The code of an exception in XML.
fn exception(answer: &Answer) -> &str {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (400, "application/xml"), "{}", answer.text);
    element(&answer.text, "exceptionCode")
}

#[test]
fn jobs_and_batches_are_told_in_the_recorded_order() {
    let mut client = Client::empty();
    let job = csv_job(&mut client, "insert", "Account");
    let batch = batch(&mut client, &job, CSV, "Name\nA\n");
    let names = |text: &str| -> Vec<String> {
        text.split('<')
            .filter_map(|part| part.split_once('>'))
            .map(|(name, _)| name.to_owned())
            .skip(2)
            .filter(|name| !name.starts_with('/'))
            .collect()
    };
    let info = get(&mut client, &format!("job/{job}")).text;
    assert!(
        info.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><jobInfo xmlns=\"http://www.force.com/2009/06/")
    );
    let job_names = "id operation object createdById createdDate systemModstamp state concurrencyMode contentType \
                     numberBatchesQueued numberBatchesInProgress numberBatchesCompleted numberBatchesFailed \
                     numberBatchesTotal numberRecordsProcessed numberRetries apiVersion numberRecordsFailed \
                     totalProcessingTime apiActiveProcessingTime apexProcessingTime";
    assert_eq!(names(&info)[..], job_names.split_whitespace().collect::<Vec<_>>());
    assert_eq!((element(&info, "apiVersion"), element(&info, "numberRecordsProcessed")), ("60.0", "1"));
    assert!(element(&info, "createdDate").ends_with(".000Z") || element(&info, "createdDate").ends_with('Z'));
    let batch_names = "id jobId state createdDate systemModstamp numberRecordsProcessed numberRecordsFailed \
                       totalProcessingTime apiActiveProcessingTime apexProcessingTime";
    assert_eq!(names(&get(&mut client, &batch).text)[..], batch_names.split_whitespace().collect::<Vec<_>>());
    let empty = csv_job(&mut client, "insert", "Account");
    assert!(get(&mut client, &format!("job/{empty}/batch")).text.contains("<batchInfoList xmlns="));
}

#[test]
fn a_job_in_json_is_told_in_json_with_all_of_its_keys() {
    let mut client = Client::empty();
    let job = json_job(&mut client, json!({"operation": "insert", "object": "account", "concurrencyMode": 1}));
    let info = get(&mut client, &format!("job/{job}")).json();
    assert_eq!(
        (&info["object"], &info["concurrencyMode"], &info["contentType"]),
        (&json!("Account"), &json!("Serial"), &json!("JSON"))
    );
    assert_eq!((&info["apiVersion"], &info["externalIdFieldName"]), (&json!(60.0), &Value::Null));
    let batch = batch(&mut client, &job, JSON, r#"[{"Name":"A"}]"#);
    let info = get(&mut client, &batch);
    assert_eq!(info.header("content-type"), JSON);
    assert_eq!((&info.json()["state"], &info.json()["stateMessage"]), (&json!("Completed"), &Value::Null));
    assert!(info.json()["createdDate"].as_str().unwrap().ends_with("+0000"));
    assert_eq!(get(&mut client, &format!("job/{job}/batch")).json()["batchInfo"].as_array().unwrap().len(), 1);
    assert_eq!(get(&mut client, &format!("{batch}/request")).text, r#"[{"Name":"A"}]"#);
}

#[test]
fn outcomes_come_in_the_order_of_the_upload_and_a_refused_row_stops_no_other() {
    let mut client = Client::empty();
    let job = csv_job(&mut client, "insert", "Contact");
    let rows = batch(&mut client, &job, CSV, "FirstName,LastName\r\nA,One\r\nB,\r\nC,Three\r\n");
    let text = get(&mut client, &format!("{rows}/result")).text;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "\"Id\",\"Success\",\"Created\",\"Error\"");
    assert!(lines[1].starts_with("\"003") && lines[1].ends_with("\",\"true\",\"true\",\"\""));
    assert_eq!(
        lines[2],
        "\"\",\"false\",\"false\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --\""
    );
    let first = lines[1].split('"').nth(1).unwrap();
    assert_eq!(
        client.rows(&format!("SELECT LastName FROM Contact WHERE Id = '{first}'")),
        [json!({"LastName": "One"})]
    );

    let job = json_job(&mut client, json!({"operation": "insert", "object": "Contact", "contentType": "JSON"}));
    let rows = batch(&mut client, &job, JSON, r#"[{"FirstName":"D"},{"LastName":"Five"}]"#);
    let outcomes = get(&mut client, &format!("{rows}/result")).json();
    assert_eq!(outcomes[0]["errors"][0]["statusCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(
        (&outcomes[0]["id"], &outcomes[1]["success"], &outcomes[1]["errors"]),
        (&Value::Null, &json!(true), &json!([]))
    );
    assert_eq!(client.rows("SELECT Id FROM Contact").len(), 3);
}

#[test]
fn rows_in_xml_may_name_parents_and_say_that_there_is_nothing() {
    let mut client = with_demo_objects();
    client.insert("Specimen__c", json!({"Name": "Parent", "Key__c": "P-1"}));
    let old = client.insert("Specimen__c", json!({"Name": "Old", "Key__c": "O-1", "Text__c": "x"}));
    let job = xml_job(
        &mut client,
        "<operation>upsert</operation><object>Specimen__c</object>\
        <externalIdFieldName>Key__c</externalIdFieldName>",
    );
    let rows = batch(
        &mut client,
        &job,
        XML,
        "<sObjects xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
        <sObject><Key__c>O-1</Key__c><Text__c xsi:nil=\"true\"/><Parent__r><sObject><Key__c>P-1</Key__c></sObject>\
        </Parent__r></sObject><sObject><Key__c>N-1</Key__c><Name>New &amp; other</Name></sObject></sObjects>",
    );
    let text = get(&mut client, &format!("{rows}/result")).text;
    assert!(text.contains(&format!("<result><id>{old}</id><success>true</success><created>false</created></result>")));
    assert_eq!(
        client.rows("SELECT Text__c, Parent__r.Key__c FROM Specimen__c WHERE Key__c = 'O-1'")[0]["Text__c"],
        Value::Null
    );
    assert_eq!(
        client.names("SELECT Name FROM Specimen__c WHERE Parent__r.Key__c = 'P-1' OR Key__c = 'N-1' ORDER BY Name"),
        ["New & other", "Old"]
    );
}

#[test]
fn a_batch_that_cannot_be_read_fails_as_a_whole() {
    let mut client = Client::empty();
    let csv = csv_job(&mut client, "insert", "Account");
    let json = json_job(&mut client, json!({"operation": "insert", "object": "Account"}));
    let xml = xml_job(&mut client, "<operation>insert</operation><object>Account</object>");
    for (job, kind, body, why) in [
        (&csv, CSV, "Name,Nothing__c\nA,1\n", "Field name not found : Nothing__c"),
        (&csv, CSV, "", "no header line"),
        (&json, JSON, r#"[{"Name":"A"},{"Nothing__c":1}]"#, "Field name not found : Nothing__c"),
        (&json, JSON, r#"{"Name":"A"}"#, "Failed to parse"),
        (&xml, XML, "<sObjects><sObject><Nothing__c>1</Nothing__c></sObject></sObjects>", "Nothing__c"),
        (&xml, XML, "<sObjects>", "InvalidBatch"),
    ] {
        let batch = batch(&mut client, job, kind, body);
        let info = get(&mut client, &batch).text;
        assert!(info.contains("Failed") && info.contains(why), "{info}");
        assert_eq!(call(&mut client, "GET", &format!("{batch}/result"), CSV, "").status, 400);
    }
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn queries_answer_in_the_form_of_their_job() {
    let mut client = Client::empty();
    let account = client.insert("Account", json!({"Name": "A \"1\" & Co"}));
    client.insert("Contact", json!({"LastName": "L", "AccountId": account}));
    client.insert("Contact", json!({"LastName": "Alone"}));
    let soql = "SELECT LastName, CreatedDate, Account.Name FROM Contact ORDER BY LastName";

    let job = csv_job(&mut client, "query", "Contact");
    let query = batch(&mut client, &job, CSV, soql);
    let found = result(&mut client, &query);
    assert_eq!(found.header("content-type"), "text/csv");
    assert!(found.text.starts_with("\"LastName\",\"CreatedDate\",\"Account.Name\"\n\"Alone\",\"20"), "{}", found.text);
    assert!(found.text.contains("000Z\",\"A \"\"1\"\" & Co\"\n"));

    let job = json_job(&mut client, json!({"operation": "query", "object": "Contact"}));
    let query = batch(&mut client, &job, JSON, soql);
    let rows = result(&mut client, &query).json();
    assert!(rows[0]["CreatedDate"].as_i64().unwrap() > 1_500_000_000_000);
    assert_eq!((&rows[0]["Account"], &rows[1]["Account"]["Name"]), (&Value::Null, &json!("A \"1\" & Co")));
    assert_eq!(rows[1]["attributes"]["type"], "Contact");

    let job = xml_job(&mut client, "<operation>query</operation><object>Contact</object>");
    let query = batch(&mut client, &job, XML, soql);
    let text = result(&mut client, &query).text;
    assert!(text.contains("<records><type>Contact</type><LastName>Alone</LastName>"), "{text}");
    assert!(text.contains("<Account xsi:nil=\"true\"/>"), "{text}");
}

#[test]
fn a_query_reads_the_rows_as_they_were_when_its_batch_ran() {
    for form in ["CSV", "JSON", "XML"] {
        let mut client = Client::empty();
        client.insert("Account", json!({"Name": "Before"}));
        let job = json_job(&mut client, json!({"operation": "query", "object": "Account", "contentType": form}));
        let kind = match form {
            "CSV" => CSV,
            "JSON" => JSON,
            _ => XML,
        };
        let query = batch(&mut client, &job, kind, "SELECT Name FROM Account");
        get(&mut client, &query);
        client.insert("Account", json!({"Name": "After"}));
        let found = result(&mut client, &query).text;
        assert!(found.contains("Before") && !found.contains("After"), "{found}");
    }
}

#[test]
fn query_all_sees_the_recycle_bin_and_query_does_not() {
    let mut client = Client::empty();
    let gone = client.insert("Account", json!({"Name": "Gone"}));
    client.org.delete(gone.parse().unwrap()).unwrap();
    for (operation, rows) in [("query", 0), ("queryAll", 1)] {
        let job = json_job(&mut client, json!({"operation": operation, "object": "Account"}));
        let query = batch(&mut client, &job, JSON, "SELECT Id FROM Account");
        assert_eq!(result(&mut client, &query).json().as_array().unwrap().len(), rows);
    }
}

#[test]
fn what_a_query_job_cannot_run_fails_its_batch_and_typeof_is_for_json_only() {
    let mut client = Client::empty();
    let csv = csv_job(&mut client, "query", "Task");
    let json = json_job(&mut client, json!({"operation": "query", "object": "Task"}));
    let typeof_ = "SELECT TYPEOF What WHEN Account THEN Phone END FROM Task";
    for (job, kind, soql, fails) in [
        (&csv, CSV, typeof_, true),
        (&json, JSON, typeof_, false),
        (&json, JSON, "SELECT COUNT() FROM Task", true),
        (&csv, CSV, "SELECT Id FROM Task OFFSET 1", true),
        (&json, JSON, "SELECT Id FROM Account", true),
        (&csv, CSV, "SELECT Nothing__c FROM Task", true),
        (&csv, CSV, "nothing", true),
    ] {
        let batch = batch(&mut client, job, kind, soql);
        let info = get(&mut client, &batch).text;
        assert_eq!(info.contains("InvalidBatch : Failed to process query: "), fails, "{soql}: {info}");
    }
}

#[test]
fn a_session_that_is_over_is_a_400_in_the_form_of_the_request() {
    let mut client = Client::empty();
    let job = csv_job(&mut client, "insert", "Account");
    let bearer = client.call("GET", &format!("/services/async/60.0/job/{job}"), &[], "");
    assert_eq!(bearer.status, 200);
    let token = client.token.clone();
    assert!(!format!("{:?}", client.org.journal()).contains(&token));
    client.org.expire_tokens();
    assert_eq!(exception(&call(&mut client, "GET", &format!("job/{job}"), XML, "")), "InvalidSessionId");
    let refused = call(&mut client, "GET", &format!("job/{job}"), JSON, "");
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (400, JSON));
    assert_eq!(refused.json(), json!({"exceptionCode": "InvalidSessionId", "exceptionMessage": "Invalid session id"}));
}

#[test]
fn the_header_of_this_api_opens_no_other() {
    let mut client = Client::empty();
    let request = Request::get("/services/data/v60.0/limits").header("X-SFDC-Session", &client.token);
    let answer = client.send(request.body(Body::empty()).unwrap());
    assert_eq!(answer.status, 401);
}

#[test]
fn a_job_is_closed_or_aborted_once_and_takes_no_batches_then() {
    let mut client = Client::empty();
    client.org.bulk_mut().queued = Duration::from_secs(10);
    let job = csv_job(&mut client, "insert", "Account");
    let waiting = batch(&mut client, &job, CSV, "Name\nA\n");
    let closed = call(&mut client, "POST", &format!("job/{job}"), XML, " \n<jobInfo><state>Closed</state></jobInfo>");
    assert_eq!((closed.status.as_u16(), element(&closed.text, "state")), (200, "Closed"));
    let late = call(&mut client, "POST", &format!("job/{job}/batch"), CSV, "Name\nB\n");
    assert_eq!(exception(&late), "InvalidJobState");
    let again = call(&mut client, "POST", &format!("job/{job}"), XML, "<jobInfo><state>Closed</state></jobInfo>");
    assert_eq!(exception(&again), "InvalidJobState");
    let aborted = call(&mut client, "POST", &format!("job/{job}"), JSON, r#"{"state":"Aborted"}"#);
    assert_eq!(aborted.json()["state"], "Aborted");
    client.org.advance(Duration::from_secs(20));
    assert_eq!(element(&get(&mut client, &waiting).text, "state"), "NotProcessed");
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn batches_wait_and_run_by_the_orgs_clock() {
    let mut client = Client::empty();
    (client.org.bulk_mut().queued, client.org.bulk_mut().running) = (Duration::from_secs(10), Duration::from_secs(20));
    let job = csv_job(&mut client, "query", "User");
    let query = batch(&mut client, &job, CSV, "SELECT Id FROM User");
    for (wait, state) in [(0, "Queued"), (10, "InProgress"), (20, "Completed")] {
        client.org.advance(Duration::from_secs(wait));
        assert_eq!(element(&get(&mut client, &query).text, "state"), state);
        let results = call(&mut client, "GET", &format!("{query}/result"), CSV, "").status;
        assert_eq!(results == 200, state == "Completed");
    }
    client.org.advance(Duration::from_secs(7 * 24 * 60 * 60));
    client.token = client.org.issue_token();
    assert_eq!(exception(&call(&mut client, "GET", &format!("job/{job}"), CSV, "")), "InvalidJob");
}

#[test]
fn chunks_of_a_query_hold_each_row_once() {
    let mut client = Client::empty();
    for number in 0..25 {
        client.insert("Account", json!({"Name": format!("A{number}")}));
    }
    let body = json!({"operation": "queryAll", "object": "Account", "contentType": "CSV"}).to_string();
    let token = client.token.clone();
    let headers = [("Sforce-Enable-PKChunking", "true; chunkSize=10"), ("X-SFDC-Session", token.as_str())];
    let job =
        client.call("POST", "/services/async/60.0/job", &headers, &body).json()["id"].as_str().unwrap().to_owned();
    let first = batch(&mut client, &job, CSV, "SELECT Id FROM Account");
    assert_eq!(element(&get(&mut client, &first).text, "state"), "NotProcessed");
    let list = get(&mut client, &format!("job/{job}/batch")).text;
    let mut ids = Vec::new();
    for info in list.split("<batchInfo>").skip(2) {
        assert_eq!(element(info, "state"), "Completed");
        let found = result(&mut client, &format!("job/{job}/batch/{}", element(info, "id")));
        ids.extend(found.text.lines().skip(1).map(str::to_owned));
    }
    let rows = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((rows, ids.len()), (25, 25));
}

#[test]
fn what_cannot_be_a_job_or_a_batch_is_refused() {
    let mut client = Client::new(Org::demo());
    for (job, code) in [
        (json!({"object": "Account"}), "InvalidJob"),
        (json!({"operation": "merge", "object": "Account"}), "InvalidJob"),
        (json!({"operation": "insert"}), "InvalidJob"),
        (json!({"operation": "insert", "object": "Nothing__c"}), "InvalidEntity"),
        (json!({"operation": "upsert", "object": "Account"}), "InvalidJob"),
        (json!({"operation": "upsert", "object": "Account", "externalIdFieldName": "Name"}), "InvalidJob"),
        (json!({"operation": "hardDelete", "object": "Account"}), "FeatureNotEnabled"),
        (json!({"operation": "insert", "object": "Account", "contentType": "PDF"}), "InvalidJob"),
        (json!([]), "InvalidJob"),
    ] {
        let refused = call(&mut client, "POST", "job", JSON, &job.to_string());
        assert_eq!((refused.status.as_u16(), &refused.json()["exceptionCode"]), (400, &json!(code)), "{job}");
    }
    assert_eq!(exception(&call(&mut client, "POST", "job", XML, "<jobInfo>")), "InvalidXML");
    assert_eq!(exception(&call(&mut client, "POST", "job", XML, "<other/>")), "InvalidXML");
    assert_eq!(exception(&call(&mut client, "GET", "job/750Qz00000000001", XML, "")), "InvalidJob");
    let job = csv_job(&mut client, "insert", "Account");
    let wrong = call(&mut client, "POST", &format!("job/{job}/batch"), JSON, "[]");
    assert_eq!(wrong.json()["exceptionCode"], "InvalidBatch");
    let large = "x".repeat(10_000_001);
    let refused = call(&mut client, "POST", &format!("job/{job}/batch"), CSV, &large);
    assert_eq!(exception(&refused), "ClientInputError");
}
