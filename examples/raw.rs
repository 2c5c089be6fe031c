//! Every other call: search, changes, tooling, GraphQL, Apex REST, and any path there is.
//!
//! You learn: words and values that are bound, describes that are kept, the delete log, calls below other bases, and the
//! door for what the SDK has no method for. Needs nothing; talks to your org when `SF_LOGIN_URL`, `SF_CLIENT_ID` and
//! `SF_CLIENT_SECRET` are set; it only reads there, and calls no Apex class.
//! Goes on in the documentation of `salesforce-rest`: its table names every resource.

use std::process::ExitCode;
use std::time::Duration;

use futures_util::TryStreamExt;
use salesforce_examples::{Result, connect, exit};
use salesforce_mock::{ApexAnswer, Org};
use salesforce_rest::{DescribeCache, Freshness, Record, Request, SearchObject, Sosl};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

fn org() -> Result<Org> {
    let mut org = Org::demo();
    org.apex_rest("/greeting/*", |call| ApexAnswer::json(&json!({ "hello": call.path().rsplit('/').next() })));
    Ok(org)
}

async fn run() -> Result<()> {
    let target = connect(org).await?;
    let client = &target.client;
    let name = "Raw & Co (example)";

    // A row to be found and to be deleted; at the mock only, since nothing is written to an org of yours.
    let began = client.server_time().await?;
    let accounts = client.sobject_named("Account");
    let id = match target.mock.is_some() {
        true => Some(accounts.create(&json!({ "Name": name })).await?),
        false => None,
    };

    // Words are bound, whatever they hold.
    let sosl = Sosl::new("FIND :words IN NAME FIELDS RETURNING Account(Id, Name)").bind("words", name);
    let found = client.search::<Record>(sosl).await?;
    let object = SearchObject::new("Account").fields(&["Id", "Name"]);
    let by_parameters = client.parameterized_search::<Record>("raw").object(object).await?;
    println!("search    {} by SOSL, {} by parameters", found.len(), by_parameters.len());
    if id.is_some() && !found.iter().any(|row| row.id() == id) {
        return Err("the account was not found by its name".into());
    }

    // A describe is fetched once, and asked for with If-Modified-Since after that.
    let cache = DescribeCache::new(client.clone()).keep_for(Duration::from_secs(60));
    cache.describe("Account").await?;
    let again = cache.describe("Account").await?;
    println!("describe  {} fields, the second time {:?}", again.describe.fields.len(), again.freshness);
    if !matches!(again.freshness, Freshness::Held(_)) {
        return Err("a describe that is kept was asked for again".into());
    }

    // The Tooling API, GraphQL and the counts have the same road.
    let soql = "SELECT QualifiedApiName, Label FROM EntityDefinition WHERE QualifiedApiName = 'Account'";
    let entities: Vec<Record> = client.tooling().query(soql).try_collect().await?;
    let document = "{ uiapi { query { Account(first: 2) { edges { node { Id } } } } } }";
    let data: Value = client.graphql(document).await?;
    let edges = data["uiapi"]["query"]["Account"]["edges"].as_array().map_or(0, Vec::len);
    println!("tooling   {} entity; GraphQL {edges} accounts", entities.len());
    if entities.len() != 1 || (id.is_some() && edges == 0) {
        return Err("tooling or GraphQL does not show the accounts".into());
    }

    // What was deleted is in the delete log, bin or no bin.
    if let Some(id) = id {
        accounts.delete(id).await?;
    }
    let deleted = accounts.deleted(began, client.server_time().await?).await?;
    println!(
        "deleted   {} accounts since {began}, covered to {}",
        deleted.deleted_records.len(),
        deleted.latest_date_covered
    );

    // A class of the org's own; and any path, with any verb.
    if target.mock.is_some() {
        let answer: Value = client.apex_rest(Request::get("greeting/ada")).await?.json()?;
        println!("apex      {answer}");
        if answer["hello"] != "ada" {
            return Err("the class did not answer".into());
        }
    }
    let recent: Vec<Record> = client.recent(5).await?;
    let response = client.send(Request::get("limits")).await?;
    let limits: Value = response.json()?;
    println!(
        "any path  {} limits with status {}, {} recent items",
        limits.as_object().map_or(0, |limits| limits.len()),
        response.status(),
        recent.len()
    );
    if limits["DailyApiRequests"]["Max"].as_u64().is_none() {
        return Err("the limits do not say how many calls a day there are".into());
    }
    println!("raw: {} found, {} entity, {} calls: ok", found.len(), entities.len(), client.connection().calls());
    Ok(())
}
