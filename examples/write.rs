//! Writes every way there is: one record, by external id, many, tied together, and a load of a thousand rows of which
//! one is bad.
//!
//! ```sh
//! cargo run --release --example write
//! ```
//!
//! It writes to a mock org of its own and to no other, whatever the environment says.

use std::process::ExitCode;

use futures_util::{TryStreamExt, stream};
use salesforce_examples::{Result, mock};
use salesforce_mock::Org;
use salesforce_rest::{AutoAssign, Client, CompositeRequest, Outcome, Record, RecordId, Value, Written};

#[tokio::main]
async fn main() -> ExitCode {
    salesforce_examples::exit(run().await)
}

async fn run() -> Result<()> {
    let (client, _org) = mock(Org::demo()).await?;
    let before = count(&client).await?;

    let id = one(&client).await?;
    println!("one       {id}: created, updated, deleted");

    let many = many(&client).await?;
    println!("many      {many} created in one call, and one that has no name refused");

    let (account, contact) = together(&client).await?;
    println!("together  contact {contact} at account {account}, both or none");

    let (done, refused) = load(&client, account).await?;
    println!("load      {done} done, row {} refused: {}", refused.position, refused.error().ok_or("no reason")?);

    let after = count(&client).await?;
    if after != before + many + 1 {
        return Err(format!("the org had {before} accounts and has {after}").into());
    }
    println!("write: {} records, {} calls: ok", many + 2 + done, client.connection().calls());
    Ok(())
}

/// One record, from its creation to the recycle bin.
async fn one(client: &Client) -> Result<RecordId> {
    let accounts = client.sobject_named("Account");
    let draft = Record::new("Account").with("Name", "Acme").with("Phone", "030 1234");
    let id = accounts.create(&draft).auto_assign(AutoAssign::Off).await?; // options, then await
    accounts.update(id, &Record::default().with("Phone", Value::Null)).await?; // null clears a field

    // By external id: created the first time, updated the second.
    let named = Record::default().with("Name", "Acme & Co");
    let first = accounts.upsert("External_Key__c", "ERP/17", &named).await?;
    let second = accounts.upsert("External_Key__c", "ERP/17", &named).await?;
    if !first.created || second.created || first.id != second.id {
        return Err("an upsert did not find what it had created".into());
    }
    accounts.delete_by("External_Key__c", "ERP/17").await?;
    accounts.delete(id).await?;
    match accounts.find(id).await? {
        None => Ok(id),
        Some(row) => Err(format!("{row} was deleted and is still there").into()),
    }
}

/// Many records in one call. One that is refused is data, not an error.
async fn many(client: &Client) -> Result<u64> {
    let mut rows: Vec<Record> = (0..150).map(|n| Record::new("Account").with("Name", format!("Branch {n}"))).collect();
    rows.push(Record::new("Account"));
    let outcomes = client.sobject_named("Account").create_many(&rows).await?;
    let refused: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.is_done()).collect();
    match refused.as_slice() {
        [one] if one.position == 150 => Ok(outcomes.len() as u64 - 1),
        _ => Err(format!("{} rows were refused, and one is bad", refused.len()).into()),
    }
}

/// Two records, of which the second needs the id of the first.
async fn together(client: &Client) -> Result<(RecordId, RecordId)> {
    let mut request = CompositeRequest::new();
    let account = request.create("Account", &Record::default().with("Name", "Globex"));
    let contact = request.create("Contact", &Record::default().with("LastName", "Doe").with("AccountId", account.id()));
    let read = request.get_named("Contact", contact.id(), &["AccountId"]);
    let answer = client.composite(&request).all_or_none().await?;
    let id = answer.get(&account)?.id;
    match answer.get(&read)?.get("AccountId") {
        Some(parent) if *parent == Value::from(id) => Ok((id, answer.get(&contact)?.id)),
        parent => Err(format!("the contact is at {parent:?}").into()),
    }
}

/// A thousand rows from a stream: several calls at once, each row reported.
async fn load(client: &Client, account: RecordId) -> Result<(u64, Outcome)> {
    let rows = (0..1000).map(move |n| {
        let row = Record::new("Contact").with("AccountId", account);
        if n == 617 { row } else { row.with("LastName", format!("Contact {n}")) }
    });
    let contacts = client.sobject_named("Contact");
    let mut outcomes = contacts.loader().group_by(["AccountId"]).create(stream::iter(rows));
    let (mut done, mut refused) = (0, Vec::new());
    while let Some(outcome) = outcomes.try_next().await? {
        match outcome.result {
            Written::Done { .. } => done += 1,
            Written::Refused(_) => refused.push(outcome),
            Written::Unknown(unknown) => return Err(format!("look before you repeat: {:?}", unknown.query()).into()),
        }
    }
    match (done, refused.pop()) {
        (999, Some(bad)) if bad.position == 617 => Ok((done, bad)),
        (done, _) => Err(format!("{done} rows of 1000 are done, and one is bad").into()),
    }
}

async fn count(client: &Client) -> Result<u64> {
    Ok(client.query::<Record>("SELECT COUNT() FROM Account").count().await?)
}
