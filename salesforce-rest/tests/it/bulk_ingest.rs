//! Rows written by jobs of a mock org: each of them once, whatever happens to the answers.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_mock::{Fate, Fault, MockOrg, Org};
use salesforce_rest::bulk::{CountMismatch, IngestHandle, IngestJob, JobFailed, LineEnding, UnfitRow};
use salesforce_rest::{Client, ErrorKind, Outcome, Record, Written};
use serde_json::{Value, json};

use crate::support::connect;

async fn org(set: impl FnOnce(&mut Org)) -> (MockOrg, Client) {
    let mut org = Org::empty();
    set(&mut org);
    let org = MockOrg::serve(org).await;
    let client = connect(&org);
    (org, client)
}

fn row(n: usize) -> Value {
    json!({ "Name": format!("Account {n:04}"), "Description": "a, \"b\"\nc" })
}

fn rows(count: usize) -> Vec<Value> {
    (0..count).map(row).collect()
}

async fn outcomes(jobs: &[IngestJob]) -> Vec<Outcome> {
    let mut all = Vec::new();
    for job in jobs {
        job.wait().await.unwrap();
        all.extend(job.outcomes().try_collect::<Vec<_>>().await.unwrap());
    }
    all.sort_by_key(|outcome| outcome.position);
    all
}

async fn names(client: &Client) -> Vec<String> {
    let query = client.query::<Record>("SELECT Name FROM Account ORDER BY Name");
    let rows: Vec<Record> = query.stream().try_collect().await.unwrap();
    rows.iter().map(|row| row.get("Name").unwrap().as_str().unwrap().to_owned()).collect()
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("Account {n:04}")).collect()
}

/// How many calls with this method there were to what ends so.
fn calls(org: &MockOrg, method: &str, end: &str) -> usize {
    org.journal().entries().filter(|entry| entry.method.as_str() == method && entry.path.ends_with(end)).count()
}

type Stored = Arc<Mutex<BTreeMap<u64, String>>>;

/// Stores handles as text, by the position of their first row.
fn store(
    stored: &Stored,
) -> impl Fn(IngestHandle) -> std::future::Ready<Result<(), std::io::Error>> + Send + Sync + 'static {
    let stored = Arc::clone(stored);
    move |handle| {
        stored.lock().unwrap().insert(handle.positions().start, serde_json::to_string(&handle).unwrap());
        std::future::ready(Ok(()))
    }
}

#[tokio::test]
async fn rows_are_divided_into_jobs_and_each_has_its_own_outcome() {
    for ending in [LineEnding::Lf, LineEnding::CrLf] {
        let (org, client) = org(|_| ()).await;
        let load = client.bulk().insert("Account").line_ending(ending).most_rows(300).most_bytes(5_000);
        let jobs: Vec<_> = load.rows(stream::iter(rows(1000))).try_collect().await.unwrap();
        assert!(jobs.len() > 4, "{} jobs", jobs.len());
        let outcomes = outcomes(&jobs).await;
        assert!(outcomes.iter().enumerate().all(|(n, outcome)| outcome.position == n && outcome.is_done()));
        assert_eq!(names(&client).await, expected(1000));
        assert_eq!(calls(&org, "PUT", "/batches"), jobs.len());
        let of_seventh: Record = client.sobject_named("Account").get(outcomes[7].id().unwrap()).await.unwrap();
        assert_eq!(of_seventh.get("Name").unwrap().as_str(), Some("Account 0007"));
        assert_eq!(of_seventh.get("Description").unwrap().as_str(), Some("a, \"b\"\nc"));
    }
}

#[tokio::test]
async fn s_20_rows_that_are_refused_are_told_from_those_that_are_written() {
    let (_org, client) = org(|_| ()).await;
    let mut rows = rows(50);
    rows[3] = json!({ "Description": "it has no name" });
    rows[40] = json!({ "Name": null });
    let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows)).try_collect().await.unwrap();
    let outcomes = outcomes(&jobs).await;
    let refused: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_done()).collect();
    assert_eq!(refused.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), [3, 40]);
    assert_eq!(refused[0].error().unwrap().api_errors()[0].fields, ["Name"]);
    assert_eq!(names(&client).await.len(), 48);
}

#[tokio::test]
async fn updates_upserts_and_deletes_find_their_rows_by_their_key() {
    let (_org, client) = org(|_| ()).await;
    let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows(3))).try_collect().await.unwrap();
    let ids: Vec<_> = outcomes(&jobs).await.iter().map(|outcome| outcome.id().unwrap()).collect();
    let updates: Vec<_> = ids.iter().map(|id| json!({ "Id": id.to_string(), "Description": null })).collect();
    let jobs: Vec<_> = client.bulk().update("Account").rows(stream::iter(updates)).try_collect().await.unwrap();
    assert_eq!(outcomes(&jobs).await.iter().map(|outcome| outcome.id().unwrap()).collect::<Vec<_>>(), ids);
    let account: Record = client.sobject_named("Account").get(ids[1]).await.unwrap();
    assert!(account.get("Description").unwrap().is_null(), "null clears");
    let upserts = [json!({ "Id": ids[0].to_string(), "Name": "New" })];
    let jobs: Vec<_> = client.bulk().upsert("Account", "Id").rows(stream::iter(upserts)).try_collect().await.unwrap();
    assert!(matches!(outcomes(&jobs).await[0].result, Written::Done { created: Some(false), .. }));
    let jobs: Vec<_> = client.bulk().delete("Account").ids(stream::iter(ids)).try_collect().await.unwrap();
    assert_eq!(outcomes(&jobs).await.len(), 3);
    assert!(names(&client).await.is_empty());
    jobs[0].delete().await.unwrap();
    assert_eq!(jobs[0].status().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn r_29_a_hard_delete_needs_its_permission() {
    let (_org, client) = org(|_| ()).await;
    let made = client.bulk().insert("Account").rows(stream::iter(rows(1))).try_collect::<Vec<_>>().await.unwrap();
    let id = outcomes(&made).await[0].id().unwrap();
    let jobs = client.bulk().hard_delete("Account").ids(stream::iter([id]));
    let error = jobs.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.to_string().contains("FEATURENOTENABLED"), "{error}");
    assert_eq!(names(&client).await.len(), 1);

    let (_org, client) = org(|org| org.bulk_mut().hard_delete = true).await;
    let made = client.bulk().insert("Account").rows(stream::iter(rows(1))).try_collect::<Vec<_>>().await.unwrap();
    let id = outcomes(&made).await[0].id().unwrap();
    let jobs: Vec<_> = client.bulk().hard_delete("Account").ids(stream::iter([id])).try_collect().await.unwrap();
    assert!(outcomes(&jobs).await[0].is_done());
    let bin = client.query::<Record>("SELECT Id FROM Account").include_deleted().all().await.unwrap();
    assert!(bin.is_empty(), "it is not in the recycle bin");
}

#[tokio::test]
async fn what_a_job_wrote_before_it_failed_is_written_and_the_rest_is_not() {
    let (_org, client) = org(|org| org.bulk_mut().next_job(Fate::FailsAfter(400, "TooManyLockFailure".into()))).await;
    let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows(1000))).try_collect().await.unwrap();
    let outcomes = outcomes(&jobs).await;
    assert_eq!(outcomes.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), (0..1000).collect::<Vec<_>>());
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_done()).count(), 400);
    assert_eq!(names(&client).await, expected(400));
    let source = outcomes[999].error().unwrap().source().unwrap().downcast_ref::<JobFailed>().unwrap();
    assert_eq!(source.job().error_message.as_deref(), Some("TooManyLockFailure"));
}

#[tokio::test]
async fn a_row_that_is_unfit_ends_the_load_and_says_which_it_is() {
    let (org, client) = org(|_| ()).await;
    let bad = [json!({ "Name": "#N/A" }), json!({ "Phone": "1" })];
    for bad in bad {
        let rows: Vec<_> = rows(5).into_iter().chain([bad]).collect();
        let error = client.bulk().insert("Account").rows(stream::iter(rows)).try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(error.source().unwrap().downcast_ref::<UnfitRow>().unwrap().position(), 5);
    }
    assert_eq!(calls(&org, "POST", "/jobs/ingest"), 0);
    // The twin: without the unfit row the same load is sent.
    client.bulk().insert("Account").rows(stream::iter(rows(5))).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(calls(&org, "POST", "/jobs/ingest"), 1);
}

#[tokio::test]
async fn a_creation_an_upload_and_a_close_whose_answer_is_lost_double_no_row() {
    for (lost, jobs_made) in [("PATCH", 1), ("PUT", 2), ("POST", 2)] {
        let (org, client) = org(|_| ()).await;
        org.fault(Fault::lost_answer().method(lost.parse().unwrap()).containing("/jobs/ingest"));
        let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows(20))).try_collect().await.unwrap();
        assert!(outcomes(&jobs).await.iter().all(Outcome::is_done));
        assert_eq!(names(&client).await, expected(20), "{lost}");
        assert_eq!(calls(&org, "POST", "/jobs/ingest"), jobs_made, "{lost}");
    }
}

#[tokio::test]
async fn results_that_end_too_early_are_an_error() {
    let (org, client) = org(|_| ()).await;
    let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows(20))).try_collect().await.unwrap();
    jobs[0].wait().await.unwrap();
    org.fault(Fault::short(5).containing("/successfulResults"));
    let error = jobs[0].outcomes().try_collect::<Vec<_>>().await.unwrap_err();
    let mismatch = error.source().unwrap().downcast_ref::<CountMismatch>().unwrap();
    assert_eq!((mismatch.announced(), mismatch.found()), (20, 5));
    // The twin: whole results are joined.
    assert_eq!(outcomes(&jobs).await.len(), 20);
}

#[tokio::test]
async fn a_result_that_breaks_off_is_fetched_again() {
    let (org, client) = org(|_| ()).await;
    let jobs: Vec<_> = client.bulk().insert("Account").rows(stream::iter(rows(200))).try_collect().await.unwrap();
    jobs[0].wait().await.unwrap();
    org.fault(Fault::truncated(500).containing("/successfulResults"));
    assert_eq!(outcomes(&jobs).await.len(), 200);
    assert_eq!(calls(&org, "GET", "/successfulResults/"), 2);
}

#[tokio::test]
async fn a_job_is_taken_up_by_another_process_and_uploaded_once() {
    let (org, client) = org(|_| ()).await;
    let (folder, stored) = (tempfile::tempdir().unwrap(), Stored::default());
    let load = client.bulk().insert("Account").most_rows(10).folder(folder.path()).keep(store(&stored));
    let mut jobs = load.rows(stream::iter(rows(30)));
    drop(jobs.next().await.unwrap().unwrap());
    drop(jobs);

    let handles: Vec<IngestHandle> =
        stored.lock().unwrap().values().map(|text| serde_json::from_str(text).unwrap()).collect();
    let mut taken = Vec::new();
    for handle in &handles {
        taken.push(client.bulk().resume_ingest(handle.clone(), store(&stored)).await.unwrap());
    }
    let next = handles.last().unwrap().positions().end;
    let rest = client.bulk().insert("Account").first_position(next).folder(folder.path()).keep(store(&stored));
    let rest = rest.rows(stream::iter(rows(30).into_iter().skip(usize::try_from(next).unwrap())));
    taken.extend(rest.try_collect::<Vec<_>>().await.unwrap());
    let outcomes = outcomes(&taken).await;
    assert_eq!(outcomes.iter().map(|outcome| outcome.position).collect::<Vec<_>>(), (0..30).collect::<Vec<_>>());
    assert_eq!(names(&client).await, expected(30));
    assert!(calls(&org, "PUT", "/batches") <= taken.len() + 1, "what was closed is not uploaded again");
    // The twin: a file that is not what was uploaded is not joined to results, nor sent.
    std::fs::write(taken[0].handle().file(), "Name\nOther\n").unwrap();
    assert_eq!(taken[0].outcomes().next().await.unwrap().unwrap_err().kind(), ErrorKind::Invalid);
    for job in &taken[1..] {
        job.delete().await.unwrap();
        assert!(!job.handle().file().exists());
    }
}

#[tokio::test]
async fn a_job_that_was_aborted_is_taken_as_it_is() {
    let (org, client) = org(|org| org.bulk_mut().next_job(Fate::Stays)).await;
    let (folder, stored) = (tempfile::tempdir().unwrap(), Stored::default());
    let load = client.bulk().insert("Account").folder(folder.path()).keep(store(&stored));
    let jobs: Vec<_> = load.rows(stream::iter(rows(10))).try_collect().await.unwrap();
    jobs[0].abort().await.unwrap();
    let job = client.bulk().resume_ingest(jobs[0].handle().clone(), store(&stored)).await.unwrap();
    assert_eq!((job.id(), calls(&org, "PUT", "/batches")), (jobs[0].id(), 1), "nothing is uploaded again");
    let outcomes = outcomes(&[job]).await;
    assert!(outcomes.iter().all(|outcome| !outcome.is_done()) && outcomes.len() == 10);
    assert!(names(&client).await.is_empty());
}
