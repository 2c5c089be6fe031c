//! Read rows: typed and dynamic, page by page, deleted ones too.
//!
//! You learn: a bound value, a stream with one page in memory, relationship fields, `query` and `queryAll`, how many
//! rows there are, the text of rows with a checkpoint by key, pages fetched ahead. Needs nothing; talks to your org when
//! `SF_LOGIN_URL`, `SF_CLIENT_ID` and `SF_CLIENT_SECRET` are set.
//! Goes on in the documentation of `salesforce-rest` and `salesforce-soql`.

use std::process::ExitCode;

use futures_util::TryStreamExt;
use salesforce_examples::{Result, connect, exit};
use salesforce_mock::Org;
use salesforce_rest::{Keyset, Soql};
use salesforce_types::{Record, RecordId, Value};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    id: RecordId,
    last_name: String,
    account: Option<Parent>,
}

#[derive(Deserialize)]
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

    // A stream holds one page; the count comes from the server.
    let expected = client.query::<Record>("SELECT COUNT() FROM Contact").count().await?;
    let mut contacts = client.query::<Contact>("SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id").stream();
    let (mut live, mut with_account, mut someone) = (0, 0, None);
    while let Some(contact) = contacts.try_next().await? {
        live += 1;
        if let Some(account) = &contact.account {
            with_account += 1;
            someone.get_or_insert_with(|| (contact.id, contact.last_name, account.name.clone()));
        }
    }
    println!("contacts  {live}, of them {with_account} with an account");
    if live != expected {
        return Err(format!("the org counts {expected} contacts, {live} were read").into());
    }

    // A value is bound, never pasted: quotes in it stay text.
    let (id, name, account) = someone.ok_or("no contact has an account")?;
    let query =
        Soql::new("SELECT Id, LastName, Account.Name FROM Contact WHERE LastName = :name AND Account.Name = :account")
            .bind("name", name.as_str())
            .bind("account", account.as_str());
    let found = client.query::<Contact>(query).all().await?;
    println!("by name   {} called {name} at {account}", found.len());
    if !found.iter().any(|contact| contact.id == id) {
        return Err(format!("contact {id} was not found by its name").into());
    }

    // queryAll: what lies in the recycle bin as well. Rows without a struct are `Record`s.
    let query = client.query::<Record>("SELECT Id, IsDeleted FROM Contact").include_deleted();
    let all: Vec<Record> = query.stream().try_collect().await?;
    let deleted = all.iter().filter(|row| row.get("IsDeleted").and_then(Value::as_bool) == Some(true)).count();
    println!("queryAll  {}, of them {deleted} deleted", all.len());
    if all.len() as u64 != live + deleted as u64 {
        return Err("queryAll does not hold just the live rows and the deleted ones".into());
    }

    // For a backup: the text of each row, of which only the asked fields are decoded, and a key to go on from later.
    let query = client.query::<()>("SELECT Id, LastName FROM Contact").keyset(Keyset::by_id());
    let (mut pages, mut rows, mut bytes, mut key) = (query.raw_pages(), 0, 0, None);
    while let Some(page) = pages.try_next().await? {
        rows += page.rows().filter(|row| row.id().is_some()).count() as u64;
        bytes += page.rows().map(|row| row.as_json().len()).sum::<usize>();
        key = page.key.or(key);
    }
    println!("text      {rows} rows, {bytes} bytes");
    let key = key.ok_or("no page had a key")?;
    let query = client.query::<Record>("SELECT Id FROM Contact").keyset(Keyset::by_id().after(key));
    if rows != live || !query.all().await?.is_empty() {
        return Err(format!("{rows} rows were read by key, or some are behind the last").into());
    }

    // Pages may be fetched before their turn; they come in order all the same.
    let query = client.query::<Record>("SELECT Id FROM Contact").batch_size(200).look_ahead(4);
    let ahead = query.stream().try_fold(0, async |rows, _| Ok(rows + 1)).await?;
    println!("ahead     {ahead}");
    if ahead != live {
        return Err(format!("{ahead} rows came of pages fetched ahead, not {live}").into());
    }
    println!("query: {live} contacts, {deleted} deleted, {} calls: ok", client.connection().calls());
    Ok(())
}
