//! Extract rows by the way that suits their number, die in the middle, and go on.
//!
//! You learn: REST for few rows and a job of Bulk API 2.0 for many, the reason in a sentence, a handle to store with the
//! rows, and that the rows are the same both ways. Needs nothing; talks to your org when `SF_LOGIN_URL`, `SF_CLIENT_ID`
//! and `SF_CLIENT_SECRET` are set.
//! Goes on in the documentation of `salesforce_rest::extract` and `salesforce_rest::bulk`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use futures_util::TryStreamExt;
use salesforce_examples::{Result, connect, exit};
use salesforce_mock::Org;
use salesforce_rest::extract::{ExtractHandle, Route};
use salesforce_types::RecordId;
use serde::Deserialize;

const QUERY: &str = "SELECT Id, LastName, Account.Name FROM Contact";

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    id: RecordId,
    last_name: String,
    account: Option<Parent>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Parent {
    name: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let target = connect(|| Ok(Org::demo())).await?;
    let client = &target.client;

    // The first page says how many rows there are: few go over REST, and that page is the first of them.
    let extraction = client.extract(QUERY).start().await?;
    println!("{}", extraction.route());
    let over_rest = by_id(extraction.rows::<Contact>().try_collect().await?);

    // No call over REST is wanted here, so it is a job, unless the org refuses one: then the sentence says so.
    let extraction = client.extract(QUERY).rest_calls(0).start().await?;
    println!("{}", extraction.route());
    let is_job = matches!(extraction.route(), Route::Bulk(_));
    if target.mock.is_some() && !is_job {
        return Err("the mock org refused the job".into());
    }

    // Store the handle with the rows of its batch. Here the program forgets all but these two...
    let mut stored = serde_json::to_string(extraction.handle())?;
    let mut kept = Vec::new();
    if let Some(batch) = extraction.batches::<Contact>().try_next().await? {
        stored = serde_json::to_string(&batch.handle)?;
        kept.extend(batch.rows);
    }
    // ...and goes on behind them.
    let handle: ExtractHandle = serde_json::from_str(&stored)?;
    println!("{} rows are kept, going on behind them", handle.rows());
    let rest = client.resume_extract(handle).delete_when_done().rows::<Contact>();
    kept.extend(rest.try_collect::<Vec<_>>().await?);
    let count = kept.len();
    let by_job = by_id(kept);
    if by_job.len() != count {
        return Err("a row came twice".into());
    }
    if target.mock.is_some() && by_job != over_rest {
        return Err("the rows are not the same both ways".into());
    }
    println!("bulk_extract: {count} contacts both ways, {} calls: ok", client.connection().calls());
    Ok(())
}

fn by_id(rows: Vec<Contact>) -> BTreeMap<String, Contact> {
    rows.into_iter().map(|row| (row.id.to_string(), row)).collect()
}
