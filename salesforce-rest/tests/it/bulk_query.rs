//! Query jobs against a script: every row once, or an error.

use futures_util::{StreamExt, TryStreamExt};
use salesforce_rest::bulk::{Batch, CountMismatch, CsvRows, JobFailed, QueryHandle, QueryJob, Results};
use salesforce_rest::{ErrorKind, Record, Result};
use serde::Deserialize;

use crate::support::Script;

const JOB: &str = "750ak000009AVi5AAG";

fn job(state: &str, rows: u64) -> String {
    format!(
        r#"{{"id":"{JOB}","operation":"query","object":"Account","state":"{state}","apiVersion":68.0,"numberRecordsProcessed":{rows}}}"#
    )
}

/// A page with these rows that says it has so many, and where the next one is.
fn page(script: Script, rows: &[&str], announced: &'static str, next: &'static str) -> Script {
    let rows: String = rows.iter().map(|row| format!("\"{row}\",\"\"\n")).collect();
    script.answer_with(
        200,
        &[("Sforce-NumberOfRecords", announced), ("Sforce-Locator", next)],
        format!("\"Id\",\"Name\"\n{rows}"),
    )
}

fn created() -> Script {
    Script::default().answer(200, job("UploadComplete", 0))
}

async fn create(script: &Script) -> QueryJob {
    script.client().bulk().query("SELECT Id, Name FROM Account").create().await.unwrap()
}

async fn ids(script: &Script, results: Results) -> Result<Vec<String>> {
    let batches: Vec<Batch<CsvRows>> = script.run(results.csv().try_collect::<Vec<_>>()).await?;
    Ok(batches.iter().flat_map(of).collect())
}

fn of(batch: &Batch<CsvRows>) -> Vec<String> {
    batch.rows.iter().map(|row| row.get("Id").unwrap().unwrap().into_owned()).collect()
}

fn mismatch(error: &salesforce_rest::Error) -> (u64, u64) {
    let source = std::error::Error::source(error).expect("it has a source");
    let mismatch = source.downcast_ref::<CountMismatch>().expect("it is about a count");
    (mismatch.announced(), mismatch.found())
}

#[tokio::test]
async fn a_job_is_waited_for_and_one_that_fails_says_why() {
    let failed = format!(r#"{{"id":"{JOB}","state":"Failed","errorMessage":"InvalidBatch : no such thing"}}"#);
    let script = created().answer(200, job("InProgress", 0)).answer(200, failed);
    let job = create(&script).await;
    let error = script.run(job.wait()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the job {JOB} failed: InvalidBatch : no such thing"));
    let source = std::error::Error::source(&error).unwrap().downcast_ref::<JobFailed>().unwrap();
    assert_eq!(source.job().state.as_str(), "Failed");
}

#[tokio::test]
async fn rows_of_a_job_that_still_runs_are_not_read() {
    let script = created().answer(200, self::job("InProgress", 2));
    let job = create(&script).await;
    let error = ids(&script, job.results()).await.unwrap_err();
    assert!(error.to_string().contains("wait for it first"), "{error}");
    assert!(std::error::Error::source(&error).is_none(), "it is no job that failed");
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn pages_are_found_one_from_the_other_where_the_org_does_not_list_them() {
    let script =
        created().answer(200, self::job("JobComplete", 3)).answer(404, r#"[{"errorCode":"NOT_FOUND","message":"m"}]"#);
    let script = page(page(script, &["a", "b"], "2", "x=="), &["c"], "1", "null");
    let job = create(&script).await;
    assert_eq!(ids(&script, job.results()).await.unwrap(), ["a", "b", "c"]);
    let path = format!("/services/data/v68.0/jobs/query/{JOB}");
    assert_eq!(
        script.paths()[1..],
        [
            path.clone(),
            format!("{path}/resultPages"),
            format!("{path}/results"),
            format!("{path}/results?locator=x%3D%3D")
        ]
    );
}

#[tokio::test]
async fn listed_pages_are_asked_for_at_once_and_keep_their_order() {
    let list = |locators: &[&str], next: &str| {
        let pages: Vec<_> = locators.iter().map(|l| format!(r#"{{"resultUrl":"/r/results?locator={l}"}}"#)).collect();
        format!(r#"{{"resultPages":[{}],{next}}}"#, pages.join(","))
    };
    let script = created()
        .answer(200, self::job("JobComplete", 3))
        .answer(200, list(&["p", "q"], r#""nextRecordsUrl":"/services/data/v68.0/more","done":false"#))
        .answer(200, list(&["r"], r#""done":true"#));
    let script = page(page(page(script, &["a"], "1", "q"), &["b"], "1", "r"), &["c"], "1", "null");
    let job = create(&script).await;
    assert_eq!(ids(&script, job.results()).await.unwrap(), ["a", "b", "c"]);
    assert!(script.paths()[3].ends_with("/more"));
}

/// The first page and the second list are asked for at once; the page comes last.
#[tokio::test]
async fn a_list_that_cannot_be_had_is_the_error_and_no_count() {
    let list = r#"{"resultPages":[{"resultUrl":"/r/results?locator=p"}],"nextRecordsUrl":"/services/data/v68.0/more","done":false}"#;
    let script = created()
        .answer(200, self::job("JobComplete", 2))
        .answer(200, list)
        .answer(404, r#"[{"errorCode":"NOT_FOUND","message":"m"}]"#)
        .answer(503, "");
    let script = page(script, &["a"], "1", "q");
    let job = create(&script).await;
    assert_eq!(ids(&script, job.results()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_job_goes_on_with_the_pages_it_was_begun_with() {
    for (begun, list, rows) in
        [(Some(2), None, "2"), (None, Some(r#"{"resultPages":[{"resultUrl":"/r?locator=p"}],"done":true}"#), "")]
    {
        let script = created().answer(200, self::job("JobComplete", 3));
        let script = list.into_iter().fold(script, |script, list| script.answer(200, list));
        let script = page(script, &["a"], "3", "x");
        let job = create(&script).await;
        let results = begun.into_iter().fold(job.results().in_flight(1), Results::page_rows);
        let handle = results.csv().next().await.unwrap().unwrap().handle;

        let script = Script::default().answer(200, self::job("JobComplete", 3));
        let script = list.into_iter().fold(script, |script, list| script.answer(200, list));
        let script = page(script, &["a", "b", "c"], "3", "null");
        let job = script.client().bulk().resume_query(handle);
        assert_eq!(ids(&script, job.results().page_rows(7)).await.unwrap(), ["b", "c"]);
        let path = script.paths().pop().unwrap();
        assert_eq!(path.split("maxRecords=").nth(1).unwrap_or_default(), rows, "{path}");
    }
}

#[tokio::test]
async fn a_page_with_fewer_rows_than_announced_is_read_again_and_no_row_is_given_twice() {
    let script = created().answer(200, self::job("JobComplete", 3));
    let script = page(page(script, &["a", "b"], "3", "null"), &["a", "b", "c"], "3", "null");
    let job = create(&script).await;
    assert_eq!(ids(&script, job.results().chained()).await.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_page_that_stays_short_is_an_error_and_never_an_end() {
    let mut script = created().answer(200, self::job("JobComplete", 3));
    for _ in 0..5 {
        script = page(script, &["a", "b"], "3", "null");
    }
    let job = create(&script).await;
    let error = ids(&script, job.results().chained()).await.unwrap_err();
    assert_eq!((error.kind(), mismatch(&error)), (ErrorKind::Decode, (3, 2)));
}

#[tokio::test]
async fn a_result_with_fewer_rows_than_the_job_read_is_an_error() {
    let script = page(created().answer(200, self::job("JobComplete", 3)), &["a", "b"], "2", "null");
    let job = create(&script).await;
    assert_eq!(mismatch(&ids(&script, job.results().chained()).await.unwrap_err()), (3, 2));
}

#[tokio::test]
async fn a_page_that_does_not_say_how_many_rows_it_has_is_an_error() {
    let script = created().answer(200, self::job("JobComplete", 1)).answer(200, "\"Id\",\"Name\"\n\"a\",\"\"\n");
    let job = create(&script).await;
    assert!(ids(&script, job.results().chained()).await.unwrap_err().to_string().contains("how many rows"));
}

#[tokio::test]
async fn a_page_that_changed_between_two_reads_is_an_error() {
    let script = created().answer(200, self::job("JobComplete", 3));
    let script = page(page(script, &["a", "b"], "3", "null"), &["b", "a", "c"], "3", "null");
    let job = create(&script).await;
    let error = ids(&script, job.results().chained()).await.unwrap_err();
    assert!(error.to_string().contains("not what it was"), "{error}");
}

#[tokio::test]
async fn another_header_on_a_later_page_is_an_error() {
    let script = page(created().answer(200, self::job("JobComplete", 2)), &["a"], "1", "x");
    let script = script.answer_with(
        200,
        &[("Sforce-NumberOfRecords", "1"), ("Sforce-Locator", "null")],
        "\"Name\",\"Id\"\n\"b\",\"\"\n",
    );
    let job = create(&script).await;
    assert!(ids(&script, job.results().chained()).await.unwrap_err().to_string().contains("other columns"));
}

#[tokio::test]
async fn no_rows_are_an_empty_answer_or_a_header_alone() {
    let empty = created().answer(200, self::job("JobComplete", 0)).answer(204, "");
    for script in [empty, page(created().answer(200, self::job("JobComplete", 0)), &[], "0", "null")] {
        let job = create(&script).await;
        assert_eq!(ids(&script, job.results().chained()).await.unwrap(), Vec::<String>::new());
    }
}

/// One process reads some rows and dies; another goes on by the handle it stored last.
#[tokio::test]
async fn another_process_goes_on_behind_the_last_row_that_was_stored() {
    let script = created().answer(200, self::job("JobComplete", 3));
    let script = page(page(script, &["a"], "1", "x"), &["b"], "2", "null");
    let job = create(&script).await;
    let mut rows = job.results().chained().in_flight(1).csv();
    let mut read = Vec::new();
    let mut stored = String::new();
    for _ in 0..2 {
        let batch = rows.next().await.unwrap().unwrap();
        read.extend(of(&batch));
        stored = serde_json::to_string(&batch.handle).unwrap();
    }
    drop(rows);
    assert!(!stored.contains("\"a\""), "it holds no row");

    let handle: QueryHandle = serde_json::from_str(&stored).unwrap();
    assert_eq!(handle.rows(), 2);
    let script = page(Script::default().answer(200, self::job("JobComplete", 3)), &["b", "c"], "2", "null");
    let job = script.client().bulk().resume_query(handle);
    read.extend(ids(&script, job.results()).await.unwrap());
    assert_eq!(read, ["a", "b", "c"]);
    assert!(script.paths()[1].ends_with("/results?locator=x"), "the first page is not read again");
}

#[tokio::test]
async fn rows_are_what_the_describe_says_and_the_job_is_deleted_behind_the_last_one() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Account {
        id: String,
        name: Option<String>,
    }
    let describe =
        r#"{"name":"Account","fields":[{"name":"Id","type":"id"},{"name":"Name","type":"string","nillable":true}]}"#;
    let results = || {
        let script = created().answer(200, self::job("JobComplete", 1));
        page(script, &["a"], "1", "null").answer(200, describe).answer(204, "")
    };
    let script = results();
    let job = create(&script).await;
    let rows = job.results().chained().delete_when_done().rows::<Account>();
    let rows: Vec<Account> = script.run(rows.try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!(rows, [Account { id: "a".into(), name: None }]);
    assert_eq!(script.sent().last().unwrap().method, "DELETE");

    let script = results();
    let job = create(&script).await;
    let rows: Vec<Record> = script.run(job.results().chained().rows::<Record>().try_collect::<Vec<_>>()).await.unwrap();
    assert_eq!(rows[0].object(), Some("Account"));
    assert!(rows[0].get("Name").unwrap().is_null());
}

#[tokio::test]
async fn a_cell_that_does_not_fit_is_named_by_its_column_and_not_printed() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "the fields are there to be decoded")]
    struct Account {
        #[serde(rename = "Id")]
        id: u8,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "the fields are there to be decoded")]
    struct Other {
        #[serde(rename = "Nowhere")]
        nowhere: u8,
    }
    async fn error<T: serde::de::DeserializeOwned + Send + 'static>() -> String {
        let describe = r#"{"name":"Account","fields":[{"name":"Id","type":"id"},{"name":"Name","type":"string","nillable":true}]}"#;
        let script = page(created().answer(200, self::job("JobComplete", 1)), &["canary"], "1", "null");
        let script = script.answer(200, describe);
        let job = create(&script).await;
        let error = job.results().chained().rows::<T>().next().await.unwrap().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(std::error::Error::source(&error).is_none());
        format!("{error} {error:?}")
    }
    for (error, told) in [(error::<Account>().await, "`Id`"), (error::<Other>().await, "missing")] {
        assert!(error.contains("row 1 of the job's result") && error.contains(told), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn the_bytes_are_one_csv_text_with_one_header() {
    let script = page(page(created().answer(200, self::job("JobComplete", 2)), &["a"], "1", "x"), &["b"], "1", "null");
    let job = create(&script).await;
    let bytes = script.run(job.results().chained().bytes().try_collect::<Vec<_>>()).await.unwrap().concat();
    assert_eq!(String::from_utf8(bytes).unwrap(), "\"Id\",\"Name\"\n\"a\",\"\"\n\"b\",\"\"\n");
}
