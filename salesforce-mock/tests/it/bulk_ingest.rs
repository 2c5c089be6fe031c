//! Rows written by jobs: states, the rules of CSV, outcomes, refusals.

use std::time::Duration;

use salesforce_mock::{Fate, Org};
use serde_json::{Value, json};

use crate::support::{Answer, Client, fixture, same_shape, with_demo_objects};

fn create(client: &mut Client, body: Value) -> String {
    let answer = client.post("jobs/ingest", body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn put(client: &mut Client, id: &str, csv: &str) -> Answer {
    client.call("PUT", &format!("jobs/ingest/{id}/batches"), &[("content-type", "text/csv")], csv)
}

fn close(client: &mut Client, id: &str) -> Answer {
    client.patch(&format!("jobs/ingest/{id}"), json!({"state": "UploadComplete"}))
}

fn status(client: &mut Client, id: &str) -> Value {
    client.get(&format!("jobs/ingest/{id}")).json()
}

fn results(client: &mut Client, id: &str, which: &str) -> Vec<String> {
    let answer = client.get(&format!("jobs/ingest/{id}/{which}/"));
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/csv"), "{}", answer.text);
    answer.text.lines().map(str::to_owned).collect()
}

/// Runs a whole job; its id.
fn run(client: &mut Client, job: Value, csv: &str) -> String {
    let id = create(client, job);
    let answer = put(client, &id, csv);
    assert_eq!((answer.status.as_u16(), &*answer.text), (201, ""));
    let closed = close(client, &id);
    assert_eq!((closed.status.as_u16(), &closed.json()["state"]), (200, &json!("UploadComplete")));
    id
}

#[test]
fn each_answer_has_the_recorded_keys() {
    let mut client = with_demo_objects();
    let job = json!({"object": "Invoice__c", "operation": "upsert", "externalIdFieldName": "External_Key__c"});
    let created = client.post("jobs/ingest", job).json();
    let id = created["id"].as_str().unwrap().to_owned();
    assert_eq!(created["contentUrl"], format!("services/data/v68.0/jobs/ingest/{id}/batches"));
    assert_eq!(put(&mut client, &id, "External_Key__c,Status__c\nE-1,Draft\n").status, 201);
    let changed = close(&mut client, &id).json();
    for key in ["contentUrl", "lineEnding", "columnDelimiter", "jobType"] {
        assert_eq!(changed.get(key), None);
    }
    let done = status(&mut client, &id);
    for (file, answer) in
        [("bulk/amp_bulk_write_launch-job-opportunity.json", created), ("bulk/bulk_info_success.json", done)]
    {
        if let Some(fixture) = fixture(file) {
            assert!(same_shape(&fixture, &answer), "{file}: {answer}");
        }
    }
    let created = client.post("jobs/ingest", json!({"object": "Opportunity", "operation": "delete"})).json();
    let id = created["id"].as_str().unwrap().to_owned();
    put(&mut client, &id, "Id\n");
    let changed = close(&mut client, &id).json();
    if let Some(fixture) = fixture("bulk/bulk_delete_update-job-opportunity.json") {
        assert!(same_shape(&fixture, &changed), "{changed}");
    }
}

#[test]
fn a_job_takes_one_upload() {
    let mut client = Client::empty();
    let id = create(&mut client, json!({"object": "Account", "operation": "insert"}));
    assert_eq!(put(&mut client, &id, "Name\nA\n").status, 201);
    let again = put(&mut client, &id, "Name\nB\n");
    assert_eq!((again.status.as_u16(), &*again.code()), (400, "INVALIDJOBSTATE"));
    close(&mut client, &id);
    let closed = close(&mut client, &id);
    assert_eq!((closed.status.as_u16(), &*closed.code()), (400, "INVALIDJOBSTATE"));
    assert_eq!(client.names("SELECT Name FROM Account"), ["A"]);
}

#[test]
fn good_rows_and_bad_rows_part_and_lose_their_order() {
    let mut client = Client::empty();
    let mut csv = "Name,AnnualRevenue,Description\n".to_owned();
    for row in 0..450 {
        csv += &if row % 100 == 7 { format!(",1,bad {row}\n") } else { format!("A{row:03},{row},\"x \"\"y\"\"\"\n") };
    }
    let id = run(&mut client, json!({"object": "Account", "operation": "insert"}), &csv);
    let done = status(&mut client, &id);
    assert_eq!(done["state"], "JobComplete");
    assert_eq!((&done["numberRecordsProcessed"], &done["numberRecordsFailed"]), (&json!(450), &json!(5)));
    let good = results(&mut client, &id, "successfulResults");
    assert_eq!((good.len(), &*good[0]), (446, "\"sf__Id\",\"sf__Created\",Name,AnnualRevenue,Description"));
    assert!(good[1..].iter().all(|line| line.starts_with("\"001") && line.contains("\",\"true\",\"A")), "{good:?}");
    assert!(good[1..].windows(2).any(|pair| pair[0].split(',').nth(2) > pair[1].split(',').nth(2)));
    let bad = results(&mut client, &id, "failedResults");
    assert_eq!((bad.len(), &*bad[0]), (6, "\"sf__Id\",\"sf__Error\",Name,AnnualRevenue,Description"));
    let error = "\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\",\"\",\"1\",\"bad 7\"";
    assert!(bad.iter().any(|line| line == error), "{bad:?}");
    assert_eq!(results(&mut client, &id, "unprocessedrecords"), ["Name,AnnualRevenue,Description"]);
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 445);
}

#[test]
fn an_empty_cell_says_nothing_and_na_empties() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A", "Phone": "1", "Site": "2"}));
    let job =
        run(&mut client, json!({"object": "Account", "operation": "update"}), &format!("ID,PHONE,SITE\n{id},,#N/A\n"));
    assert_eq!(status(&mut client, &job)["numberRecordsFailed"], 0);
    assert_eq!(client.rows("SELECT Phone, Site FROM Account"), [json!({"Phone": "1", "Site": null})]);
}

#[test]
fn rows_are_updated_upserted_and_deleted() {
    let mut client = with_demo_objects();
    let job = |operation: &str| json!({"object": "Specimen__c", "operation": operation});
    let upsert = json!({"object": "Specimen__c", "operation": "upsert", "externalIdFieldName": "key__c"});
    let id = run(&mut client, upsert.clone(), "Key__c,Name\nK1,One\nK2,Two\nK2,Again\n");
    assert_eq!(results(&mut client, &id, "successfulResults").len(), 3);
    let failed = results(&mut client, &id, "failedResults");
    assert!(failed[1].contains("DUPLICATE_VALUE:Duplicate external id specified: K2:Key__c --"), "{failed:?}");
    let id = run(&mut client, upsert, "Key__c,Name\nK1,Uno\n");
    assert!(results(&mut client, &id, "successfulResults")[1].contains("\"false\",\"K1\",\"Uno\""));
    let row = client.rows("SELECT Id FROM Specimen__c WHERE Key__c = 'K1'")[0]["Id"].as_str().unwrap().to_owned();
    let id = run(&mut client, job("update"), &format!("Id,Name\n{row},Eins\n,Nobody\n"));
    assert!(
        results(&mut client, &id, "failedResults")[1]
            .contains("MISSING_ARGUMENT:Id not specified in an update call:--")
    );
    let id = run(&mut client, job("delete"), &format!("Id\n{row}\n{row}\n"));
    let failed = results(&mut client, &id, "failedResults");
    assert_eq!(failed[1], format!("\"{row}\",\"ENTITY_IS_DELETED:entity is deleted:--\",\"{row}\""));
    assert_eq!(client.org.query_all("SELECT Id FROM Specimen__c WHERE IsDeleted = true").unwrap().len(), 1);
}

#[test]
fn hard_deletes_need_a_permission_and_leave_no_row() {
    let mut client = Client::empty();
    let row = client.insert("Account", json!({"Name": "A"}));
    let job = json!({"object": "Account", "operation": "hardDelete"});
    let refused = client.post("jobs/ingest", job.clone());
    let text =
        "hardDelete operation requires special user profile permission, please contact your system administrator";
    assert_eq!(
        (refused.status.as_u16(), refused.json()),
        (400, json!([{"message": text, "errorCode": "FEATURENOTENABLED"}]))
    );
    client.org.bulk_mut().hard_delete = true;
    let id = run(&mut client, job, &format!("Id\n{row}\n"));
    assert_eq!(status(&mut client, &id)["numberRecordsFailed"], 0);
    assert!(client.org.query_all("SELECT Id FROM Account").unwrap().is_empty());
}

#[test]
fn parents_are_found_by_their_keys() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "A"}));
    client.insert("Invoice__c", json!({"External_Key__c": "E-1", "Account__c": account}));
    client.insert("Lead", json!({"LastName": "L", "Company": "C", "Email": "l@example.com"}));
    let csv = "Invoice__r.External_Key__c,Quantity__c,Unit_Price__c\nE-1,1,2\nE-9,1,2\n";
    let id = run(&mut client, json!({"object": "Invoice_Line__c", "operation": "insert"}), csv);
    let failed = results(&mut client, &id, "failedResults");
    assert!(failed.len() == 2 && failed[1].contains("Foreign key external ID: E-9 not found"), "{failed:?}");
    let id = run(
        &mut client,
        json!({"object": "Task", "operation": "insert"}),
        "Subject,Lead:Who.Email\nCall,l@example.com\n",
    );
    assert_eq!(status(&mut client, &id)["numberRecordsFailed"], 0, "{:?}", results(&mut client, &id, "failedResults"));
    let id =
        run(&mut client, json!({"object": "Contact", "operation": "insert"}), "LastName,Account:Account.Name\nX,A\n");
    let text = status(&mut client, &id)["errorMessage"].as_str().unwrap().to_owned();
    assert!(text.contains("type is not needed for non polymorphic foreign key references"), "{text}");
}

#[test]
fn a_job_whose_upload_cannot_be_read_fails_as_a_whole() {
    let mut client = Client::empty();
    let ending = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is";
    for (line_ending, csv, text) in [
        ("LF", "Nope,Name\n1,A\n", "InvalidBatch : Field name not found : Nope".to_owned()),
        ("LF", "\u{feff}Name\nA\n", "InvalidBatch : Field name not found : \u{feff}Name".to_owned()),
        ("LF", "Name\r\nA\r\n", format!("{ending} LF")),
        ("CRLF", "Name\nA\n", format!("{ending} CRLF")),
        ("LF", "Name\nA\r\n", format!("{ending} LF")),
        (
            "LF",
            &format!("Name\n{}\n", "A".repeat(131_073)),
            "InvalidBatch : A field has more than 131072 characters".into(),
        ),
    ] {
        let id = run(&mut client, json!({"object": "Account", "operation": "insert", "lineEnding": line_ending}), csv);
        let failed = status(&mut client, &id);
        assert_eq!((&failed["state"], &failed["errorMessage"]), (&json!("Failed"), &json!(text)));
        assert_eq!((&failed["numberRecordsProcessed"], &failed["numberRecordsFailed"]), (&json!(0), &json!(0)));
        assert_eq!(client.get(&format!("jobs/ingest/{id}/unprocessedrecords")).text, csv);
    }
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn each_uploaded_row_is_in_one_of_the_three_files() {
    let csv = "Name\nA\nB\n";
    let job = || json!({"object": "Account", "operation": "insert"});
    let files = ["successfulResults", "failedResults", "unprocessedrecords"];
    let count = |client: &mut Client, id: &str| files.map(|file| results(client, id, file).len() - 1);

    let mut client = Client::empty();
    client.org.bulk_mut().next_job(Fate::Fails("InvalidBatch : no luck".into()));
    let id = run(&mut client, job(), csv);
    assert_eq!(status(&mut client, &id)["state"], "Failed");
    assert_eq!(count(&mut client, &id), [0, 0, 2]);

    client.org.bulk_mut().queued = Duration::from_secs(60);
    let id = run(&mut client, job(), csv);
    assert_eq!(client.patch(&format!("jobs/ingest/{id}"), json!({"state": "Aborted"})).json()["state"], "Aborted");
    assert_eq!(count(&mut client, &id), [0, 0, 2]);

    client.org.bulk_mut().queued = Duration::ZERO;
    client.org.bulk_mut().most_batches = 0;
    let id = run(&mut client, job(), csv);
    assert_eq!(status(&mut client, &id)["state"], "Failed");
    assert_eq!(count(&mut client, &id), [0, 0, 2]);
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn an_upload_that_is_no_utf_8_fails_and_comes_back_byte_for_byte() {
    let mut client = Client::empty();
    let id = create(&mut client, json!({"object": "Account", "operation": "insert"}));
    let put = |token: &str, body: &'static [u8]| {
        http::Request::put(format!("/services/data/v68.0/jobs/ingest/{id}/batches"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "text/csv")
            .body(salesforce_mock::Body::from(bytes::Bytes::from_static(body)))
            .unwrap()
    };
    let request = put(&client.token, b"Name\nA\nB\xff\n");
    assert_eq!(client.send(request).status, 201);
    close(&mut client, &id);
    assert_eq!(status(&mut client, &id)["errorMessage"], "ClientInputError : The upload is not UTF-8 at byte 8");
    let request = http::Request::get(format!("/services/data/v68.0/jobs/ingest/{id}/unprocessedrecords"))
        .header("authorization", format!("Bearer {}", client.token))
        .body(salesforce_mock::Body::empty());
    let back = client.org.handle(request.unwrap()).into_body().into_bytes(100).unwrap();
    assert_eq!(&*back, b"Name\nA\nB\xff\n");
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn columns_that_a_job_cannot_have_fail_it_as_a_whole() {
    let mut client = Client::empty();
    let row = client.insert("Account", json!({"Name": "A"}));
    for (object, operation, csv, text) in [
        (
            "ContentVersion",
            "insert",
            "PathOnClient,VersionData\na.txt,AAAA\n".to_owned(),
            "InvalidBatch : Binary data is not supported in Bulk API 2.0 : VersionData",
        ),
        (
            "Account",
            "delete",
            format!("Id,Name\n{row},A\n"),
            "InvalidBatch : The only column of a delete is Id, not Id",
        ),
        ("Account", "delete", "Name\nA\n".to_owned(), "InvalidBatch : The only column of a delete is Id, not Name"),
    ] {
        let id = run(&mut client, json!({"object": object, "operation": operation}), &csv);
        assert_eq!(status(&mut client, &id)["errorMessage"], text);
        assert_eq!(client.get(&format!("jobs/ingest/{id}/unprocessedrecords")).text, csv);
    }
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 1);
    assert!(client.rows("SELECT Id FROM ContentVersion").is_empty());
}

#[test]
fn a_failed_upsert_names_the_row_that_its_key_means() {
    let mut client = with_demo_objects();
    let row = client.insert("Specimen__c", json!({"Key__c": "K1", "Name": "One"}));
    client.org.store_mut().automation.before_save("Specimen__c", |row| match row.get("Name").as_str() {
        Some("No") => Err("No.".into()),
        _ => Ok(()),
    });
    let upsert = json!({"object": "Specimen__c", "operation": "upsert", "externalIdFieldName": "Key__c"});
    let id = run(&mut client, upsert, "Key__c,Name\nK1,No\nK2,No\n");
    let mut failed = results(&mut client, &id, "failedResults").split_off(1);
    failed.sort();
    assert!(failed[0].starts_with("\"\",") && failed[0].contains("\"K2\""), "{failed:?}");
    assert!(failed[1].starts_with(&format!("\"{row}\",")) && failed[1].contains("\"K1\""), "{failed:?}");
}

#[test]
fn how_often_a_job_is_looked_at_does_not_change_what_it_does() {
    let outcome = |step: u64| {
        let mut client = with_demo_objects();
        client.org.bulk_mut().running = Duration::from_secs(600);
        // The key stands twice within the first transaction, and once more in the second.
        let csv: String = (0..300)
            .map(|row| if [0, 150, 250].contains(&row) { "K,N\n".into() } else { format!("K{row},N\n") })
            .collect();
        let job = json!({"object": "Specimen__c", "operation": "upsert", "externalIdFieldName": "Key__c"});
        let id = run(&mut client, job, &format!("Key__c,Name\n{csv}"));
        for _ in 0..600 / step {
            let processed = status(&mut client, &id)["numberRecordsProcessed"].as_u64().unwrap();
            assert!([0, 200].contains(&processed), "{processed}");
            client.org.advance(Duration::from_secs(step));
        }
        assert_eq!(status(&mut client, &id)["state"], "JobComplete");
        (results(&mut client, &id, "successfulResults").len(), results(&mut client, &id, "failedResults"))
    };
    let at_once = outcome(600);
    assert_eq!((at_once.0, at_once.1.len()), (300, 2));
    assert_eq!(outcome(75), at_once);
}

#[test]
fn an_assignment_rule_gives_the_rows_of_a_job_their_owner() {
    let mut client = Client::empty();
    let owner = client.rows("SELECT Id FROM User")[0]["Id"].as_str().unwrap().parse().unwrap();
    let other = client.org.insert("Account", &json!({"Name": "A"})).unwrap();
    let rule = client.org.store_mut().automation.assign("Lead", other);
    client.org.store_mut().automation.assign("Lead", owner);
    let job = |rule: &str| json!({"object": "Lead", "operation": "insert", "assignmentRuleId": rule});
    let id = run(&mut client, job(&rule.to_string()), "LastName,Company\nL,C\n");
    assert_eq!(status(&mut client, &id)["numberRecordsFailed"], 0);
    assert_eq!(client.rows("SELECT OwnerId FROM Lead"), [json!({"OwnerId": other.to_string()})]);
    for body in [
        job("01Q000000000099AAA"),
        job("x"),
        json!({"object": "Case", "operation": "insert", "assignmentRuleId": rule.to_string()}),
    ] {
        let refused = client.post("jobs/ingest", body);
        assert_eq!((refused.status.as_u16(), &*refused.code()), (400, "INVALIDJOB"));
    }
}

#[test]
fn jobs_that_are_due_together_run_in_the_order_in_which_they_were_closed() {
    let mut client = Client::empty();
    let row = client.insert("Account", json!({"Name": "A"}));
    client.org.bulk_mut().queued = Duration::from_secs(60);
    let update = json!({"object": "Account", "operation": "update"});
    let ids: Vec<_> = (0..3).map(|_| create(&mut client, update.clone())).collect();
    for (place, name) in [(2, "first"), (0, "second"), (1, "third")] {
        put(&mut client, &ids[place], &format!("Id,Name\n{row},{name}\n"));
    }
    for place in [2, 0, 1] {
        close(&mut client, &ids[place]);
        client.org.advance(Duration::from_secs(1));
    }
    client.org.advance(Duration::from_secs(120));
    assert_eq!(client.names("SELECT Name FROM Account"), ["third"]);
}

#[test]
fn values_of_the_wrong_type_and_broken_lines_fail_their_row() {
    let mut client = Client::empty();
    let csv = "Name,StageName,Amount,CloseDate\nA,Prospecting,1,2003-04-98\nB,Prospecting,9.12260031E8,2026-03-01\n\"C\", \
               \"Prospecting\",1,2026-03-01\nD\n";
    let id = run(&mut client, json!({"object": "Opportunity", "operation": "insert"}), csv);
    let failed = results(&mut client, &id, "failedResults").join("\n");
    let date = "INVALID_FIELD:Failed to deserialize field at col 3. Due to, '2003-04-98' is not a valid value for the type \
                xsd:date:CloseDate --";
    assert!(failed.contains(date), "{failed}");
    assert_eq!(failed.lines().count(), 4, "{failed}");
    assert_eq!(client.names("SELECT Name FROM Opportunity"), ["B"]);
}

#[test]
fn a_locked_row_fails_alone() {
    let mut client = Client::empty();
    let rows: Vec<String> = (0..3).map(|row| client.insert("Account", json!({"Name": format!("A{row}")}))).collect();
    client.org.store_mut().automation.lock(rows[1].parse().unwrap(), 1);
    let csv = format!("Id,Phone\n{}\n", rows.iter().map(|id| format!("{id},1")).collect::<Vec<_>>().join("\n"));
    let id = run(&mut client, json!({"object": "Account", "operation": "update"}), &csv);
    let failed = results(&mut client, &id, "failedResults");
    assert!(
        failed.len() == 2 && failed[1].contains(&rows[1]) && failed[1].contains("UNABLE_TO_LOCK_ROW:"),
        "{failed:?}"
    );
}

#[test]
fn a_job_that_stops_half_way_says_what_it_did_not_do() {
    let mut client = Client::empty();
    let csv = format!("Name\n{}\n", (0..600).map(|row| format!("A{row}")).collect::<Vec<_>>().join("\n"));
    client.org.bulk_mut().next_job(Fate::FailsAfter(200, "TooManyLockFailure".into()));
    let id = run(&mut client, json!({"object": "Account", "operation": "insert"}), &csv);
    assert_eq!(status(&mut client, &id)["state"], "Failed");
    assert_eq!(results(&mut client, &id, "successfulResults").len(), 201);
    assert_eq!(results(&mut client, &id, "unprocessedrecords").len(), 401);

    client.org.bulk_mut().running = Duration::from_secs(600);
    let id = run(&mut client, json!({"object": "Account", "operation": "insert"}), &csv);
    status(&mut client, &id);
    client.org.advance(Duration::from_secs(200));
    let half = status(&mut client, &id);
    assert_eq!((&half["state"], &half["numberRecordsProcessed"]), (&json!("InProgress"), &json!(200)));
    assert_eq!(client.patch(&format!("jobs/ingest/{id}"), json!({"state": "Aborted"})).status, 200);
    client.org.advance(Duration::from_secs(600));
    assert_eq!(results(&mut client, &id, "unprocessedrecords").len(), 401);
}

#[test]
fn one_call_makes_and_closes_a_small_job() {
    let mut client = Client::empty();
    let body = |csv: &str| {
        format!(
            "--B\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n\
             {{\"object\":\"Account\",\"operation\":\"insert\"}}\r\n--B\r\nContent-Type: text/csv\r\n\
             Content-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n{csv}\r\n--B--\r\n"
        )
    };
    let kind = [("content-type", "multipart/form-data; boundary=B")];
    let answer = client.call("POST", "jobs/ingest", &kind, &body("Name\nA\nB"));
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!("UploadComplete")), "{}", answer.text);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&mut client, &id)["numberRecordsProcessed"], 2);
    let large = client.call("POST", "jobs/ingest", &kind, &body(&format!("Name\n{}", "A\n".repeat(50_000))));
    assert_eq!((large.status.as_u16(), &*large.code()), (400, "INVALIDJOB"));
    // The boundary is one only at the beginning of a line, and the type may begin with a capital.
    let kind = [("content-type", "Multipart/Form-Data; Boundary=\"B\"")];
    let answer = client.call("POST", "jobs/ingest", &kind, &body("Name\nx--B y\nC"));
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&mut client, &id)["numberRecordsProcessed"], 2);
    assert_eq!(client.rows("SELECT Id FROM Account WHERE Name = 'x--B y'").len(), 1);
    let again = "\r\n--B\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nName\r\n--B--";
    let twice = body("Name\nD").replace("\r\n--B--", again);
    assert_eq!(client.call("POST", "jobs/ingest", &kind, &twice).code(), "INVALIDJOB");
    for broken in ["", "--B", "--B\r\n\r\n--B--", "--B--"] {
        assert_eq!(client.call("POST", "jobs/ingest", &kind, broken).status, 400, "{broken}");
    }
}

#[test]
fn sizes_and_days_have_an_end() {
    let mut client = Client::empty();
    client.org.bulk_mut().most_upload = 40;
    let id = create(&mut client, json!({"object": "Account", "operation": "insert"}));
    let large = put(&mut client, &id, &format!("Name\n{}", "A".repeat(26)));
    assert_eq!((large.status.as_u16(), &*large.code()), (413, "EXCEEDED_MAX_SIZE_REQUEST"));
    client.org.bulk_mut().most_upload = 150_000_000;
    client.org.bulk_mut().most_batches = 1;
    for state in ["JobComplete", "Failed"] {
        let id = run(&mut client, json!({"object": "Account", "operation": "insert"}), "Name\nA\n");
        assert_eq!(status(&mut client, &id)["state"], state);
    }
    assert_eq!(client.get("limits").json()["DailyBulkApiBatches"], json!({"Max": 1, "Remaining": 0}));
    client.org.advance(Duration::from_secs(24 * 3600));
    client.token = client.org.issue_token();
    assert_eq!(client.get(&format!("jobs/ingest/{id}")).status, 404, "an open job lives a day");
}

#[test]
fn a_malformed_job_is_refused() {
    let mut client = Client::new(Org::empty());
    for (body, code) in [
        (json!({"operation": "insert"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "query"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "upsert"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "upsert", "externalIdFieldName": "Phone"}), "INVALIDJOB"),
        (json!({"object": "Account", "operation": "insert", "externalIdFieldName": "Id"}), "INVALIDJOB"),
        (json!({"object": "Nope", "operation": "insert"}), "INVALIDENTITY"),
        (json!({"object": "CaseStatus", "operation": "insert"}), "INVALIDENTITY"),
    ] {
        let answer = client.post("jobs/ingest", body.clone());
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, code), "{body}");
    }
    let id = create(&mut client, json!({"object": "Account", "operation": "insert"}));
    assert_eq!(client.call("DELETE", &format!("jobs/ingest/{id}"), &[], "").code(), "API_ERROR");
    assert_eq!(client.get(&format!("jobs/ingest/{id}/failedResults")).code(), "INVALIDJOBSTATE");
    assert_eq!(client.get(&format!("jobs/query/{id}")).code(), "NOT_FOUND");
    for locator in ["", "x", "01gQz00000MockList-", "01gQz00000MockList-x", "other-0"] {
        let answer = client.get(&format!("jobs/ingest?queryLocator={locator}"));
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "INVALID_QUERY_LOCATOR"), "{locator}");
    }
}
