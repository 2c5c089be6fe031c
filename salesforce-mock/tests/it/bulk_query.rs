//! Queries as jobs: states, pages, CSV, refusals.

use std::time::Duration;

use salesforce_mock::{Fate, Org};
use serde_json::{Value, json};

use crate::support::{Client, fixture, with_demo_objects};

fn create(client: &mut Client, soql: &str) -> String {
    let answer = client.post("jobs/query", json!({"operation": "query", "query": soql}));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn accounts(count: usize) -> Client {
    let mut client = Client::empty();
    for row in 0..count {
        client.insert("Account", json!({"Name": format!("A{row:04}")}));
    }
    client
}

/// Lets time pass, and logs in again.
fn later(client: &mut Client, by: Duration) {
    client.org.advance(by);
    client.token = client.org.issue_token();
}

fn status(client: &mut Client, id: &str) -> Value {
    client.get(&format!("jobs/query/{id}")).json()
}

/// The keys of a JSON object in the order of the text.
fn keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find("\":").or_else(|| rest.find("\" :")) {
        keys.push(rest[..end].rsplit('"').next().unwrap().to_owned());
        rest = &rest[end + 2..];
    }
    keys
}

#[test]
fn a_created_job_has_the_recorded_keys_in_their_order() {
    let mut client = Client::empty();
    let answer = client.post("jobs/query", json!({"operation": "query", "query": "SELECT Id FROM Account"}));
    let recorded = [
        "id",
        "operation",
        "object",
        "createdById",
        "createdDate",
        "systemModstamp",
        "state",
        "concurrencyMode",
        "contentType",
        "apiVersion",
        "lineEnding",
        "columnDelimiter",
    ];
    // Dates hold colons, but no quotation mark before them.
    assert_eq!(keys(&answer.text), recorded);
    assert!(answer.text.contains("\"apiVersion\":68.0"), "{}", answer.text);
    if let Some(fixture) = fixture("bulk/amp_bulk_read-launch-job-account.json") {
        assert!(crate::support::same_shape(&fixture, &answer.json()));
    }
}

#[test]
fn a_job_goes_from_state_to_state_by_the_orgs_clock() {
    let mut client = accounts(3);
    client.org.bulk_mut().queued = Duration::from_secs(3600);
    client.org.bulk_mut().running = Duration::from_secs(7200);
    let id = create(&mut client, "SELECT Id FROM Account");
    assert_eq!(status(&mut client, &id)["state"], "UploadComplete");
    later(&mut client, Duration::from_secs(3600));
    assert_eq!(status(&mut client, &id)["state"], "InProgress");
    let early = client.get(&format!("jobs/query/{id}/results"));
    assert_eq!((early.status.as_u16(), &*early.code()), (400, "INVALIDJOBSTATE"));
    later(&mut client, Duration::from_secs(7200));
    let done = status(&mut client, &id);
    assert_eq!((&done["state"], &done["jobType"]), (&json!("JobComplete"), &json!("V2Query")));
    assert_eq!((&done["numberRecordsProcessed"], &done["retries"]), (&json!(3), &json!(0)));
    later(&mut client, Duration::from_secs(7 * 24 * 3600));
    assert_eq!(client.get(&format!("jobs/query/{id}")).status, 404, "results live seven days");
}

#[test]
fn pages_follow_each_other_by_locators_until_null() {
    let mut client = accounts(25);
    client.org.bulk_mut().page_rows = 10;
    let id = create(&mut client, "SELECT Name FROM Account ORDER BY Name");
    let (mut names, mut path, mut counts) = (Vec::new(), format!("jobs/query/{id}/results"), Vec::new());
    loop {
        let page = client.get(&path);
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/csv"));
        counts.push(page.header("sforce-numberofrecords").to_owned());
        let mut lines = page.text.lines();
        assert_eq!(lines.next(), Some("\"Name\""), "each page has its header");
        names.extend(lines.map(str::to_owned));
        match page.header("sforce-locator") {
            "null" => break,
            locator => path = format!("jobs/query/{id}/results?locator={locator}"),
        }
    }
    assert_eq!(counts, ["10", "10", "5"]);
    assert_eq!(names, (0..25).map(|row| format!("\"A{row:04}\"")).collect::<Vec<_>>());
    assert_eq!(client.get(&path).text.lines().count(), 6, "a page can be read again");
    let small = client.get(&format!("jobs/query/{id}/results?maxRecords=4"));
    assert_eq!((small.header("sforce-numberofrecords"), small.text.lines().count()), ("4", 5));
    let wrong = client.get(&format!("jobs/query/{id}/results?locator=MTAw"));
    assert_eq!((wrong.status.as_u16(), &*wrong.code()), (400, "INVALID_QUERY_LOCATOR"));
}

#[test]
fn result_pages_come_five_at_a_time() {
    let mut client = accounts(25);
    client.org.bulk_mut().page_rows = 2;
    let id = create(&mut client, "SELECT Id FROM Account");
    let (mut path, mut sizes, mut rows) = (format!("jobs/query/{id}/resultPages"), Vec::new(), 0);
    loop {
        let answer = client.get(&path).json();
        let pages = answer["resultPages"].as_array().unwrap().clone();
        sizes.push(pages.len());
        for page in pages {
            let page = client.get(page["resultUrl"].as_str().unwrap());
            rows += page.header("sforce-numberofrecords").parse::<usize>().unwrap();
        }
        let Some(next) = answer["nextRecordsUrl"].as_str() else {
            assert_eq!(answer["done"], true);
            break;
        };
        assert!(answer["done"] == false && next.contains("/resultpages?locator="), "{next}");
        path = next.to_owned();
    }
    assert_eq!((sizes, rows), (vec![5, 5, 3], 25));
    assert_eq!(client.get(&format!("/services/data/v57.0/jobs/query/{id}/resultPages")).status, 404);
}

#[test]
fn rows_are_those_of_the_moment_the_job_ran() {
    let mut client = accounts(2);
    let contact = {
        let account = client.rows("SELECT Id FROM Account")[0]["Id"].clone();
        client.insert("Contact", json!({"LastName": "Old", "AccountId": account}))
    };
    let id = create(&mut client, "SELECT LastName, Account.Name FROM Contact");
    assert_eq!(status(&mut client, &id)["state"], "JobComplete");
    client.org.update(contact.parse().unwrap(), &json!({"LastName": "New"})).unwrap();
    let accounts = client.org.query("SELECT Id FROM Account").unwrap();
    for account in accounts {
        client.org.delete(account.id().unwrap()).unwrap();
    }
    client.insert("Contact", json!({"LastName": "Late"}));
    let page = client.get(&format!("jobs/query/{id}/results"));
    assert_eq!(page.text, "\"LastName\",\"Account.Name\"\n\"Old\",\"A0000\"\n");
}

#[test]
fn values_have_the_form_of_csv() {
    let mut client = with_demo_objects();
    client.insert(
        "Specimen__c",
        json!({
            "Name": "a \"b\", c", "Text__c": "x\u{0}y", "Long_Text__c": "one\r\ntwo\nthree", "Number__c": 1234.5,
            "Whole__c": 12, "Checkbox__c": true, "Date__c": "2026-03-01", "Moment__c": "2026-03-01T17:49:01+01:00",
            "Time__c": "17:49:01.000Z", "Choices__c": "Sweet;Sour"
        }),
    );
    let fields = "Name, Text__c, Long_Text__c, Number__c, Whole__c, Checkbox__c, Date__c, Moment__c, Time__c, \
                  Choices__c, Email__c, owner.username";
    let soql = format!("SELECT {fields} FROM Specimen__c");
    for (delimiter, byte) in
        [("COMMA", ","), ("BACKQUOTE", "`"), ("CARET", "^"), ("PIPE", "|"), ("SEMICOLON", ";"), ("TAB", "\t")]
    {
        for (ending, end) in [("LF", "\n"), ("CRLF", "\r\n")] {
            let body = json!({"operation": "query", "query": soql, "columnDelimiter": delimiter, "lineEnding": ending});
            let id = client.post("jobs/query", body).json()["id"].as_str().unwrap().to_owned();
            let text = client.get(&format!("jobs/query/{id}/results")).text;
            let header = fields.replace("owner.username", "Owner.Username");
            let header: Vec<String> = header.split(", ").map(|name| format!("\"{name}\"")).collect();
            let row = [
                "\"a \"\"b\"\", c\"",
                "\"x\u{0}y\"",
                "\"one\r\ntwo\nthree\"",
                "\"1234.5\"",
                "\"12.0\"",
                "\"true\"",
                "\"2026-03-01\"",
                "\"2026-03-01T16:49:01.000Z\"",
                "\"17:49:01.000Z\"",
                "\"Sweet;Sour\"",
                "\"\"",
                "\"admin@acme-mock.example\"",
            ];
            assert_eq!(text, format!("{}{end}{}{end}", header.join(byte), row.join(byte)));
        }
    }
    let old = client.call(
        "POST",
        "/services/data/v49.0/jobs/query",
        &[],
        &json!({"operation": "query",
        "query": "SELECT Text__c, Name FROM Specimen__c"})
        .to_string(),
    );
    let id = old.json()["id"].as_str().unwrap().to_owned();
    let text = client.get(&format!("/services/data/v49.0/jobs/query/{id}/results")).text;
    assert!(text.starts_with("\"Name\",\"Text__c\"\n"), "old versions sort the columns: {text}");
}

#[test]
fn no_rows_are_a_header_and_a_count_of_nothing() {
    let mut client = Client::empty();
    let id = create(&mut client, "SELECT Id FROM Account");
    let page = client.get(&format!("jobs/query/{id}/results"));
    assert_eq!((&*page.text, page.header("sforce-numberofrecords")), ("\"Id\"\n", "0"));
    assert_eq!(page.header("sforce-locator"), "null");
}

#[test]
fn query_all_sees_the_recycle_bin() {
    let mut client = accounts(2);
    let id = client.org.query("SELECT Id FROM Account").unwrap()[0].id().unwrap();
    client.org.delete(id).unwrap();
    for (operation, rows) in [("query", "1"), ("queryAll", "2")] {
        let body = json!({"operation": operation, "query": "SELECT Id, IsDeleted FROM Account"});
        let id = client.post("jobs/query", body).json()["id"].as_str().unwrap().to_owned();
        assert_eq!(client.get(&format!("jobs/query/{id}/results")).header("sforce-numberofrecords"), rows);
    }
}

#[test]
fn what_jobs_cannot_query_is_refused_at_create_or_fails_later() {
    let mut client = with_demo_objects();
    for (soql, code, text) in [
        (
            "SELECT BillingAddress FROM Account",
            "FUNCTIONALITY_NOT_ENABLED",
            "Selecting compound data not supported in Bulk Query",
        ),
        (
            "SELECT VersionData FROM ContentVersion",
            "FUNCTIONALITY_NOT_ENABLED",
            "Selecting binary data not supported in Bulk Query",
        ),
        (
            "SELECT COUNT() FROM Account",
            "FUNCTIONALITY_NOT_ENABLED",
            "Aggregate functions and GROUP BY not supported in Bulk Query",
        ),
        (
            "SELECT Type FROM Account GROUP BY Type",
            "FUNCTIONALITY_NOT_ENABLED",
            "Aggregate functions and GROUP BY not supported in Bulk Query",
        ),
        ("SELECT Id FROM Account LIMIT 5 OFFSET 5", "FUNCTIONALITY_NOT_ENABLED", "OFFSET not supported in Bulk Query"),
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "FUNCTIONALITY_NOT_ENABLED",
            "Aggregate Relationships not supported in Bulk Query",
        ),
        (
            "SELECT FIELDS(ALL) FROM Account LIMIT 5",
            "FUNCTIONALITY_NOT_ENABLED",
            "FIELDS(ALL) and FIELDS(CUSTOM) not supported in Bulk Query",
        ),
        (
            "SELECT TYPEOF Owner WHEN User THEN Email END FROM Case",
            "FUNCTIONALITY_NOT_ENABLED",
            "TYPEOF not supported in Bulk Query",
        ),
        ("SELECT Id FROM CaseStatus", "INVALIDENTITY", "Entity 'CaseStatus' is not supported by the Bulk API."),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
    ] {
        let answer = client.post("jobs/query", json!({"operation": "query", "query": soql}));
        assert_eq!(answer.status, 400, "{soql}: {}", answer.text);
        assert_eq!(answer.json(), json!([{"message": text, "errorCode": code}]), "{soql}");
    }
    let unknown = client.post("jobs/query", json!({"operation": "query", "query": "SELECT Nope FROM Account"}));
    assert_eq!((unknown.status.as_u16(), &*unknown.code()), (400, "INVALID_FIELD"));
    client.org.bulk_mut().refuses_late = true;
    let id = create(&mut client, "SELECT BillingAddress FROM Account");
    let failed = status(&mut client, &id);
    assert_eq!(failed["state"], "Failed");
    let text = "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported \
                in Bulk Query";
    assert_eq!(failed["errorMessage"], text);
    client.org.bulk_mut().refused_objects.insert("Account".into());
    let answer = client.post("jobs/query", json!({"operation": "query", "query": "SELECT Id FROM account"}));
    assert_eq!(answer.code(), "INVALIDENTITY");
}

#[test]
fn a_test_decides_what_becomes_of_a_job() {
    let mut client = accounts(1);
    let bulk = client.org.bulk_mut();
    bulk.next_job(Fate::Fails("no luck".into()));
    bulk.next_job(Fate::Stays);
    bulk.next_job(Fate::Vanishes);
    let ids: Vec<String> = (0..4).map(|_| create(&mut client, "SELECT Id FROM Account")).collect();
    let failed = status(&mut client, &ids[0]);
    assert_eq!((&failed["state"], &failed["errorMessage"]), (&json!("Failed"), &json!("no luck")));
    later(&mut client, Duration::from_secs(3600));
    assert_eq!(status(&mut client, &ids[1])["state"], "InProgress");
    assert_eq!(client.get(&format!("jobs/query/{}", ids[2])).code(), "NOT_FOUND");
    assert_eq!(status(&mut client, &ids[3])["state"], "JobComplete");
}

#[test]
fn aborting_and_deleting_ask_for_the_state() {
    let mut client = accounts(1);
    client.org.bulk_mut().queued = Duration::from_secs(60);
    let id = create(&mut client, "SELECT Id FROM Account");
    let path = format!("jobs/query/{id}");
    let early = client.call("DELETE", &path, &[], "");
    let text = "Error encountered when deleting the job because the job is not terminated";
    assert_eq!((early.status.as_u16(), early.json()), (400, json!([{"message": text, "errorCode": "API_ERROR"}])));
    let aborted = client.patch(&path, json!({"state": "Aborted"}));
    assert_eq!((aborted.status.as_u16(), &aborted.json()["state"]), (200, &json!("Aborted")));
    let again = client.patch(&path, json!({"state": "Aborted"}));
    let text = "Aborting already Completed Job not allowed";
    assert_eq!(
        (again.status.as_u16(), again.json()),
        (400, json!([{"message": text, "errorCode": "INVALIDJOBSTATE"}]))
    );
    assert_eq!(client.call("DELETE", &path, &[], "").status, 204);
    assert_eq!(
        client.get(&path).json(),
        json!([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}])
    );
}

#[test]
fn results_are_refused_to_another_version() {
    let mut client = accounts(1);
    let id = create(&mut client, "SELECT Id FROM Account");
    for part in ["results", "resultPages"] {
        let answer = client.get(&format!("/services/data/v60.0/jobs/query/{id}/{part}"));
        assert_eq!((answer.status.as_u16(), &*answer.code()), (409, "API_ERROR"));
    }
}

#[test]
fn the_list_has_a_thousand_jobs_a_page() {
    let mut client = Client::empty();
    for _ in 0..1001 {
        create(&mut client, "SELECT Id FROM Account");
    }
    let first = client.get("jobs/query?jobType=V2Query").json();
    assert_eq!((first["records"].as_array().unwrap().len(), &first["done"]), (1000, &json!(false)));
    let second = client.get(first["nextRecordsUrl"].as_str().unwrap()).json();
    assert_eq!((second["records"].as_array().unwrap().len(), &second["nextRecordsUrl"]), (1, &Value::Null));
    assert_eq!(second["records"][0]["jobType"], "V2Query");
}

#[test]
fn the_days_query_jobs_can_be_used_up() {
    let mut client = Client::empty();
    client.org.bulk_mut().most_query_jobs = 2;
    for _ in 0..2 {
        create(&mut client, "SELECT Id FROM Account");
    }
    let refused = client.post("jobs/query", json!({"operation": "query", "query": "SELECT Id FROM Account"}));
    assert_eq!((refused.status.as_u16(), &*refused.code()), (400, "EXCEEDEDQUOTA"));
    assert_eq!(client.get("limits").json()["DailyBulkV2QueryJobs"], json!({"Max": 2, "Remaining": 0}));
    later(&mut client, Duration::from_secs(24 * 3600));
    create(&mut client, "SELECT Id FROM Account");
}

#[test]
fn a_malformed_job_is_refused() {
    let mut client = Client::new(Org::empty());
    for (body, code) in [
        (json!({"operation": "insert", "query": "SELECT Id FROM Account"}), "INVALIDJOB"),
        (json!({"operation": "query"}), "INVALIDJOB"),
        (json!({"operation": "query", "query": "SELECT Id FROM Account", "columnDelimiter": "DOT"}), "INVALIDJOB"),
        (json!({"operation": "query", "query": "SELECT Id FROM Account", "lineEnding": "CR"}), "INVALIDJOB"),
        (json!({"operation": "query", "query": "SELECT Id FROM Account", "contentType": "XML"}), "INVALIDJOB"),
        (json!({"operation": "query", "query": "SELECT Id FROM"}), "MALFORMED_QUERY"),
        (json!({"operation": "query", "query": "SELECT Id FROM Nope"}), "INVALID_TYPE"),
        (json!([1]), "JSON_PARSER_ERROR"),
    ] {
        let answer = client.post("jobs/query", body.clone());
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{body}");
    }
}
