//! Rows as types: derived by hand, and generated from what an org says of its objects.
//!
//! You learn: a struct that writes its own `SELECT` list, parents, child rows, a parent of several kinds, a generated
//! row with open picklists, and a draft whose fields have three states. Needs nothing and always talks to its own mock
//! org, since it writes. Goes on in the documentation of `salesforce-derive` and `salesforce-codegen`.

use std::process::ExitCode;

use futures_util::TryStreamExt;
use salesforce_auth::{Cached, ClientCredentials};
use salesforce_examples::{Result, exit};
use salesforce_mock::{MockOrg, Org};
use salesforce_rest::{ChildRows, Client, Patch, RecordId, SObject, Soql};
use salesforce_soql::builder::field;
use serde::Deserialize;
use serde_json::json;

// At a mock org, by `salesforce-codegen --objects Account --out examples/typed/sobjects.rs --fields
// Account=Id,AnnualRevenue,BillingAddress,BillingCity,CreatedDate,Industry,Name,NumberOfEmployees,OwnerId,Phone`.
mod sobjects;

use sobjects::{Account as GeneratedAccount, AccountDraft, AccountIndustry};

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Account {
    name: String,
    owner: User,
    contacts: ChildRows<Contact>,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct User {
    username: String,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Contact {
    last_name: String,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Task {
    what: Option<What>,
}

/// What a task is about: one of several objects.
#[derive(SObject)]
enum What {
    Account(Named),
    Opportunity(Named),
    Other,
}

#[derive(Deserialize, SObject)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let mut org = Org::empty();
    let acme = org.insert("Account", &json!({"Name": "Acme", "Phone": "030 1234", "Industry": "Banking"}))?;
    for name in ["Doe", "Roe"] {
        org.insert("Contact", &json!({"LastName": name, "AccountId": acme.to_string()}))?;
    }
    let case = org.insert("Case", &json!({"Subject": "It broke"}))?;
    for what in [Some(acme), Some(case), None] {
        org.insert("Task", &json!({"Subject": "Call", "WhatId": what.map(|id| id.to_string())}))?;
    }
    let mock = MockOrg::serve(org).await;
    let login = ClientCredentials::new(mock.login_url(), mock.client_id(), mock.client_secret().into()).build()?;
    let client = Client::builder(Cached::new(login)).client_name("salesforce-examples").build()?;

    // SELECT Name, Owner.Username, (SELECT LastName FROM Contacts) FROM Account WHERE Name = 'Acme'
    let accounts = client.select::<Account>().filter(field("Name").eq("Acme")).all().await?;
    let account = accounts.into_iter().next().ok_or("Acme is not there")?;
    let (name, owner) = (account.name, account.owner.username);
    // An org may cut child rows into pages: this gives those that came and fetches the others.
    let contacts: Vec<Contact> = client.child_rows(account.contacts).try_collect().await?;
    let names: Vec<_> = contacts.iter().map(|contact| &*contact.last_name).collect();
    println!("rows      {name} of {owner} has {}", names.join(", "));

    // TYPEOF What WHEN Account THEN Name WHEN Opportunity THEN Name ELSE Id END
    let tasks = client.select::<Task>().all().await?;
    let about = |is: fn(&Option<What>) -> bool| tasks.iter().filter(|task| is(&task.what)).count();
    let named = about(
        |what| matches!(what, Some(What::Account(Named { name }) | What::Opportunity(Named { name })) if name == "Acme"),
    );
    let (other, nothing) = (about(|what| matches!(what, Some(What::Other))), about(Option::is_none));
    println!("kinds     {named} task about Acme, {other} about something else, {nothing} about nothing");
    if (contacts.len(), named, other, nothing) != (2, 1, 1, 1) {
        return Err("the rows are not those of the org".into());
    }

    // The generated row, by a condition that is written as SOQL.
    let soql = Soql::select::<GeneratedAccount>("WHERE Industry = :industry")
        .bind("industry", AccountIndustry::Banking.as_str());
    let banks = client.query::<GeneratedAccount>(soql).all().await?;
    let [account] = banks.as_slice() else { return Err("there is not one bank".into()) };
    println!("generated {} {:?} {:?}", account.id, account.phone.as_deref(), account.industry);

    // Three states: the industry is set, the phone is cleared, the rest stays as it is.
    let industry = Patch::Set(AccountIndustry::from("Chocolate"));
    let draft = AccountDraft { industry, phone: Patch::Null, ..AccountDraft::default() };
    println!("sends     {}", serde_json::to_string(&draft)?);
    let handle = client.sobject::<GeneratedAccount>();
    handle.update(account.id, &draft).await?;
    let after = handle.get(account.id).await?;
    check(&after, acme)?;
    println!("typed: {} fields of a generated row, {} contacts: ok", GeneratedAccount::fields().len(), contacts.len());
    Ok(())
}

fn check(account: &GeneratedAccount, id: RecordId) -> Result<()> {
    let industry = account.industry.as_ref().map(AccountIndustry::as_str);
    let found = (account.id, &*account.name, account.phone.as_deref(), industry);
    if found != (id, "Acme", None, Some("Chocolate")) {
        return Err(format!("the draft was not written as it is: {found:?}").into());
    }
    Ok(())
}
