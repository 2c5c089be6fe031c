//! Which way the rows of a query go, and that they are the same both ways.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use proptest::prelude::*;
use salesforce_mock::{Fate, Fault, MockOrg, Org};
use salesforce_rest::bulk::JobFailed;
use salesforce_rest::extract::{ExtractHandle, Extraction, Restriction, Route, WhyBulk, WhyRest};
use salesforce_rest::{Client, ErrorKind, Record, RecordId, Result, Soql};
use salesforce_types::{Date, TimeOfDay, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::support::connect;

const SOQL: &str = "SELECT Id, Name, CreatedBy.Name FROM Account";

async fn accounts(count: usize) -> (MockOrg, Client) {
    let mut org = Org::empty();
    org.bulk_mut().page_rows = 150;
    for n in 0..count {
        org.insert("Account", &json!({ "Name": format!("Account {n:05}") })).unwrap();
    }
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client)
}

fn jobs(org: &MockOrg) -> usize {
    org.journal().entries().filter(|entry| entry.method == "POST" && entry.path.ends_with("/jobs/query")).count()
}

async fn names(extraction: Extraction<'_>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut rows = extraction.rows::<Record>();
    while let Some(row) = rows.try_next().await? {
        names.push(row.get("Name").unwrap().as_str().unwrap().to_owned());
    }
    names.sort();
    Ok(names)
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("Account {n:05}")).collect()
}

#[tokio::test]
async fn few_rows_go_over_rest_and_deciding_costs_no_call() {
    let (org, client) = accounts(450).await;
    let extraction = client.extract(SOQL).start().await.unwrap();
    assert_eq!(extraction.route().to_string(), "over REST: 450 rows in 1 call, of at most 10");
    assert!(matches!(extraction.route(), Route::Rest(WhyRest::FewCalls { rows: Some(450), calls: 1, most: 10, .. })));
    assert_eq!(names(extraction).await.unwrap(), expected(450));
    assert_eq!((client.connection().calls(), jobs(&org)), (1, 0));
}

#[tokio::test]
async fn b3_04_many_rows_go_by_a_job_at_the_threshold_that_was_set() {
    let (org, client) = accounts(4100).await;
    let over_rest = client.extract(SOQL).rest_calls(3).start().await.unwrap();
    assert_eq!(over_rest.route().to_string(), "over REST: 4100 rows in 3 calls, of at most 3");
    assert_eq!((names(over_rest).await.unwrap(), jobs(&org)), (expected(4100), 0));
    let by_job = client.extract(SOQL).rest_calls(2).in_flight(3).start().await.unwrap();
    assert!(matches!(by_job.route(), Route::Bulk(WhyBulk::ManyCalls { rows: 4100, calls: 3, most: 2, .. })));
    assert_eq!(
        by_job.route().to_string(),
        "by a job of Bulk API 2.0: 4100 rows would take 3 calls over REST, and at most 2 are wanted"
    );
    assert_eq!((names(by_job.delete_when_done()).await.unwrap(), jobs(&org)), (expected(4100), 1));
    assert!(org.journal().entries().any(|entry| entry.method == "DELETE"), "the job is deleted");
}

#[tokio::test]
async fn what_a_job_does_not_give_goes_over_rest() {
    let (org, client) = accounts(3).await;
    for (soql, why) in [
        ("SELECT Id, BillingAddress FROM Account", Restriction::Compound("BillingAddress".into())),
        ("SELECT FIELDS(STANDARD) FROM Account", Restriction::Compound("BillingAddress".into())),
        ("SELECT Id, VersionData FROM ContentVersion", Restriction::Binary("VersionData".into())),
        ("SELECT Id, NewValue FROM AccountHistory", Restriction::Untyped("NewValue".into())),
        ("SELECT Id, Parent.Industry FROM Account", Restriction::UnclearParent("Parent".into())),
        ("SELECT Id, Parent.CreatedBy.Name FROM Account", Restriction::UnclearParent("Parent".into())),
        // What an owner may be has a describe of its own, `Name`, which the mock org has not.
        ("SELECT Id, Owner.Name FROM Account", Restriction::NotDescribed("Owner.Name".into())),
        ("SELECT Id, toLabel(Industry) FROM Account", Restriction::Function),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", Restriction::ChildQuery),
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY Name", Restriction::Aggregate),
    ] {
        let extraction = match client.extract(soql).rest_calls(0).start().await {
            Ok(extraction) => extraction,
            // Not every object of an org is in the mock's.
            Err(error) if error.api_errors()[0].code.as_str() == "INVALID_TYPE" => continue,
            Err(error) => panic!("{soql}: {error}"),
        };
        assert_eq!(extraction.route(), &Route::Rest(WhyRest::NotInBulk(why)), "{soql}");
        extraction.rows::<Record>().try_collect::<Vec<_>>().await.unwrap();
    }
    assert_eq!(jobs(&org), 0);
    let extraction = client.extract("SELECT Id, Parent.Id, Parent.Industry FROM Account").rest_calls(0).start().await;
    assert!(matches!(extraction.unwrap().route(), Route::Bulk(_)));
}

#[tokio::test]
async fn a_job_that_is_refused_goes_over_rest_with_the_orgs_words() {
    let (org, client) = accounts(300).await;
    let refusals = [
        (400, "INVALIDENTITY", "Entity 'Account' is not supported by the Bulk API."),
        (400, "FEATURENOTENABLED", "query operation requires the org permission BulkApiQuery"),
        (400, "FUNCTIONALITY_NOT_ENABLED", "Selecting compound data not supported in Bulk Query"),
        (400, "EXCEEDEDQUOTA", "ExceededQuota : Max query jobs per 24 hours exceeded: 10000"),
        (403, "LIMIT_EXCEEDED", "no more"),
        (404, "NOT_FOUND", "The requested resource does not exist"),
    ];
    for (status, code, message) in refusals {
        org.fault(Fault::error(status, code, message).at("jobs/query"));
        let extraction = client.extract(SOQL).rest_calls(0).start().await.unwrap();
        let said = format!("over REST: the org refused a job ({code}: {message})");
        assert_eq!(extraction.route().to_string(), said);
        assert_eq!(names(extraction).await.unwrap(), expected(300));
    }
    org.with(|org| org.bulk_mut().refused_objects.insert("Account".into()));
    let extraction = client.extract(SOQL).rest_calls(0).start().await.unwrap();
    assert!(matches!(extraction.route(), Route::Rest(WhyRest::Refused(said)) if said.starts_with("INVALIDENTITY")));
}

#[tokio::test]
async fn what_is_no_refusal_of_jobs_is_an_error() {
    let (org, client) = accounts(3).await;
    org.fault(Fault::error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").at("jobs/query"));
    assert_eq!(client.extract(SOQL).rest_calls(0).start().await.unwrap_err().kind(), ErrorKind::Limit);
    let error = client.extract("SELECT Nam FROM Account").start().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_job_that_fails_before_any_row_goes_over_rest_and_one_that_is_aborted_is_an_error() {
    let (org, client) = accounts(300).await;
    org.with(|org| org.bulk_mut().next_job(Fate::Fails("InvalidBatch : no luck".into())));
    let mut extraction = client.extract(SOQL).rest_calls(0).start().await.unwrap();
    assert!(matches!(extraction.route(), Route::Bulk(_)));
    extraction.wait().await.unwrap();
    assert!(matches!(extraction.route(), Route::Rest(WhyRest::JobFailed(said)) if said.contains("no luck")));
    assert_eq!(names(extraction).await.unwrap(), expected(300));

    org.with(|org| org.bulk_mut().next_job(Fate::Stays));
    let extraction = client.extract(SOQL).rest_calls(0).start().await.unwrap();
    client.bulk().resume_query(extraction.handle().job().unwrap().clone()).abort().await.unwrap();
    let error = names(extraction).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.downcast_ref::<JobFailed>().unwrap().job().state.as_str(), "Aborted");

    org.with(|org| org.bulk_mut().next_job(Fate::Vanishes));
    let extraction = client.extract(SOQL).rest_calls(0).start().await.unwrap();
    assert_eq!(names(extraction).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_query_that_the_org_breaks_off_over_rest_goes_by_a_job() {
    let (org, client) = accounts(300).await;
    let timeout =
        || Fault::error(400, "QUERY_TIMEOUT", "Your query request was running for too long.").containing("q=SELECT");
    org.fault(timeout());
    let extraction = client.extract(SOQL).start().await.unwrap();
    assert_eq!(extraction.route(), &Route::Bulk(WhyBulk::TimedOut));
    assert_eq!(names(extraction).await.unwrap(), expected(300));
    // Over REST it would be broken off again.
    org.fault(timeout());
    org.with(|org| org.bulk_mut().next_job(Fate::Fails("InvalidBatch : no luck".into())));
    let extraction = client.extract(SOQL).start().await.unwrap();
    assert!(names(extraction).await.unwrap_err().to_string().contains("no luck"));
}

/// After each batch the process dies; the next one has only what was stored with it.
#[tokio::test]
async fn an_extraction_goes_on_behind_what_was_stored_on_both_ways() {
    let (org, client) = accounts(4100).await;
    for calls in [u64::MAX, 0] {
        let started = client.extract(SOQL).rest_calls(calls).start().await.unwrap();
        let route = started.route().clone();
        let mut stored = serde_json::to_string(started.handle()).unwrap();
        let mut read = Vec::new();
        drop(started);
        loop {
            let client = connect(&org);
            let handle: ExtractHandle = serde_json::from_str(&stored).unwrap();
            assert_eq!((handle.rows(), handle.route()), (read.len() as u64, &route));
            let Some(batch) = client.resume_extract(handle).batches::<Record>().next().await else { break };
            let batch = batch.unwrap();
            read.extend(batch.rows.iter().map(|row| row.get("Name").unwrap().as_str().unwrap().to_owned()));
            stored = serde_json::to_string(&batch.handle).unwrap();
        }
        read.sort();
        assert_eq!(read, expected(4100));
    }
}

#[tokio::test]
async fn s_22_over_rest_it_goes_on_by_key_when_its_place_is_too_old() {
    let (org, client) = accounts(4100).await;
    let mut batches = client.extract(SOQL).start().await.unwrap().batches::<Record>();
    let first = batches.next().await.unwrap().unwrap();
    org.with(|org| org.advance(Duration::from_secs(49 * 3600)));
    let client = connect(&org);
    let rest: Vec<Record> = client.resume_extract(first.handle).rows().try_collect().await.unwrap();
    assert_eq!(first.rows.len() + rest.len(), 4100);
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_named_and_not_printed() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "the field is there to be decoded")]
    struct Account {
        #[serde(rename = "Name")]
        name: u8,
    }
    let (_org, client) = accounts(3).await;
    for calls in [10, 0] {
        let extraction = client.extract(SOQL).rest_calls(calls).start().await.unwrap();
        let error = extraction.rows::<Account>().next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("row 1") && error.to_string().contains("`Name`"), "{error}");
        assert!(!error.to_string().contains("00000"), "{error}");
    }
}

/// A field of every type that a job gives.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Specimen {
    id: RecordId,
    name: String,
    #[serde(rename = "Text__c")]
    text: Option<String>,
    #[serde(rename = "Long_Text__c")]
    long_text: Option<String>,
    #[serde(rename = "Rich_Text__c")]
    rich_text: Option<String>,
    #[serde(rename = "Text_Area__c")]
    text_area: Option<String>,
    #[serde(rename = "Secret__c")]
    secret: Option<String>,
    #[serde(rename = "Number__c")]
    number: Option<f64>,
    #[serde(rename = "Whole__c")]
    whole: Option<f64>,
    #[serde(rename = "Currency__c")]
    currency: Option<f64>,
    #[serde(rename = "Percent__c")]
    percent: Option<f64>,
    #[serde(rename = "Checkbox__c")]
    checkbox: bool,
    #[serde(rename = "Date__c")]
    date: Option<Date>,
    #[serde(rename = "Moment__c")]
    moment: Option<Timestamp>,
    #[serde(rename = "Time__c")]
    time: Option<TimeOfDay>,
    #[serde(rename = "Phone__c")]
    phone: Option<String>,
    #[serde(rename = "Email__c")]
    email: Option<String>,
    #[serde(rename = "Url__c")]
    url: Option<String>,
    #[serde(rename = "Choice__c")]
    choice: Option<String>,
    #[serde(rename = "Choices__c")]
    choices: Option<String>,
    #[serde(rename = "Lookup__c")]
    lookup: Option<RecordId>,
    #[serde(rename = "Lookup__r")]
    parent: Option<Parent>,
    #[serde(rename = "Serial__c")]
    serial: Option<String>,
    #[serde(rename = "Shout__c")]
    shout: Option<String>,
    #[serde(rename = "Area__c")]
    area: Option<f64>,
    created_date: Timestamp,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Parent {
    id: RecordId,
    name: String,
    industry: Option<String>,
    number_of_employees: Option<i32>,
}

const COLUMNS: &str = "Id, Name, Text__c, Long_Text__c, Rich_Text__c, Text_Area__c, Secret__c, Number__c, Whole__c, \
     Currency__c, Percent__c, Checkbox__c, Date__c, Moment__c, Time__c, Phone__c, Email__c, Url__c, Choice__c, Choices__c, \
     Lookup__c, Lookup__r.Id, Lookup__r.Name, Lookup__r.Industry, Lookup__r.NumberOfEmployees, Serial__c, Shout__c, \
     Area__c, CreatedDate";

fn text() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        "[ -~äöü€\"',;]{0,40}".prop_map(Json::from),
        Just(json!("a\r\nb\n\"c\"\t,")),
        Just("".into())
    ]
}

fn number(digits: i64, scale: f64) -> impl Strategy<Value = Json> {
    prop_oneof![Just(Json::Null), (-digits..digits).prop_map(move |n| json!(n as f64 / scale))]
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = Json> {
    prop::option::of(prop::sample::select(values)).prop_map(|value| json!(value))
}

fn specimen() -> impl Strategy<Value = Json> {
    let texts = prop::collection::vec(text(), 5);
    let numbers = (number(1 << 40, 1e6), number(1 << 50, 1.0), number(1 << 40, 100.0), number(900_000, 1000.0));
    let days = (1..=28_u32, 1..=12_u32, 1900..2100_u32, 0..24_u32, 0..1000_u32, any::<[bool; 4]>());
    let others =
        (one_of(&["Red", "Blue"]), one_of(&["Sweet", "Sweet;Salty", "Umami"]), one_of(&["030 1", "+49 (1) 2"]));
    (texts, numbers, days, others).prop_map(|(texts, numbers, (day, month, year, hour, milli, set), others)| {
        let date = set[0].then(|| format!("{year}-{month:02}-{day:02}"));
        let moment = set[1].then(|| format!("{year}-{month:02}-{day:02}T{hour:02}:59:01.{milli:03}Z"));
        let time = set[2].then(|| format!("{hour:02}:00:01.{milli:03}Z"));
        json!({
            "Name": "Specimen", "Text__c": texts[0], "Long_Text__c": texts[1], "Rich_Text__c": texts[2],
            "Text_Area__c": texts[3], "Secret__c": texts[4],
            "Number__c": numbers.0, "Whole__c": numbers.1, "Currency__c": numbers.2, "Percent__c": numbers.3,
            "Checkbox__c": set[3], "Date__c": date, "Moment__c": moment, "Time__c": time,
            "Phone__c": others.2, "Email__c": set[0].then_some("a@b.example"), "Url__c": set[1].then_some("https://x.example/?a=1"),
            "Choice__c": others.0, "Choices__c": others.1,
        })
    })
}

async fn both<T: serde::de::DeserializeOwned + Send + 'static>(client: &Client, calls: u64) -> Vec<T> {
    let soql = Soql::trusted(format!("SELECT {COLUMNS} FROM Specimen__c ORDER BY Id"));
    let extraction = client.extract(soql).rest_calls(calls).start().await.unwrap();
    assert_eq!(matches!(extraction.route(), Route::Bulk(_)), calls == 0, "{}", extraction.route());
    extraction.rows().try_collect().await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_row_of_every_type_of_field_is_the_same_both_ways(rows in prop::collection::vec(specimen(), 1..12), parents: [bool; 3]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut org = Org::demo();
            for row in org.query("SELECT Id FROM Specimen__c").unwrap() {
                org.delete(row.id().unwrap()).unwrap();
            }
            let bare = org.insert("Account", &json!({ "Name": "Bare" })).unwrap();
            let full = org.insert("Account", &json!({ "Name": "Full \"Co\"", "Industry": "Energy", "NumberOfEmployees": 7 }));
            let accounts = [bare.to_string(), full.unwrap().to_string()];
            for (n, mut row) in rows.iter().cloned().enumerate() {
                row["Lookup__c"] = if parents[n % 3] { json!(accounts[n % 2]) } else { Json::Null };
                org.insert("Specimen__c", &row).unwrap();
            }
            let org = MockOrg::serve(org).await;
            let client = connect(&org);
            let (over_rest, by_job) = (both::<Specimen>(&client, 10).await, both::<Specimen>(&client, 0).await);
            assert_eq!(over_rest.len(), rows.len());
            assert_eq!(by_job, over_rest);
            let (over_rest, by_job) = (both::<Record>(&client, 10).await, both::<Record>(&client, 0).await);
            for (job, rest) in by_job.iter().zip(&over_rest) {
                assert_eq!(job.fields().map(|(name, _)| name).collect::<Vec<_>>(), rest.fields().map(|(name, _)| name).collect::<Vec<_>>());
                for column in COLUMNS.split(", ") {
                    assert_eq!(job.get_path(column), rest.get_path(column), "{column}");
                }
                assert_eq!((job.object(), job.id()), (rest.object(), rest.id()));
            }
            assert_eq!(by_job.len(), rows.len());
        });
    }
}
