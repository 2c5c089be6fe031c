//! What the benchmarks share: a page of 2,000 rows with 20 fields and a parent, as the server writes it.
//!
//! Run all with `cargo bench -p salesforce-benches`. Each group holds its baseline (the cheapest thing that could work),
//! so that its figures can be read as ratios on any machine.

use std::fmt::Write;

use salesforce_types::{Date, Timestamp};
use serde::Deserialize;

/// Rows on a full page.
pub const ROWS: usize = 2_000;

/// The page, as JSON.
#[must_use]
pub fn page() -> String {
    let mut json = String::from(
        r#"{"totalSize":250000,"done":false,"nextRecordsUrl":"/services/data/v68.0/query/0r8Qz00000FgHiJkLm-2000","records":["#,
    );
    for n in 0..ROWS {
        let comma = if n == 0 { "" } else { "," };
        let id = format!("003Qz000{n:07}");
        write!(
            json,
            r#"{comma}{{"attributes":{{"type":"Contact","url":"/services/data/v68.0/sobjects/Contact/{id}"}},"Id":"{id}","LastName":"Doe {n}","FirstName":"Zoë","Email":"zoe.{n}@example.com","Phone":null,"Title":"Head of \"things\"","Department":"Research","MailingStreet":"1 Main St\nFloor {n}","MailingCity":"Zürich","MailingCountry":"Switzerland","Description":null,"LeadSource":"Web","DoNotCall":false,"HasOptedOutOfEmail":true,"Score__c":{n}.5,"Balance__c":1234567.89,"Birthdate":"1990-03-01","CreatedDate":"2026-03-01T17:49:01.000+0000","SystemModstamp":"2026-03-01T17:49:01.000+0000","IsDeleted":false,"Account":{{"attributes":{{"type":"Account","url":"/services/data/v68.0/sobjects/Account/001Qz00000Ab1CdIAJ"}},"Name":"Sample & Co"}}}}"#
        )
        .expect("a String takes any text");
    }
    json.push_str("]}");
    json
}

/// A row of the page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be decoded")]
pub struct Contact {
    id: String,
    last_name: String,
    first_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    title: Option<String>,
    department: Option<String>,
    mailing_street: Option<String>,
    mailing_city: Option<String>,
    mailing_country: Option<String>,
    description: Option<String>,
    lead_source: Option<String>,
    do_not_call: bool,
    has_opted_out_of_email: bool,
    #[serde(rename = "Score__c")]
    score: Option<f64>,
    #[serde(rename = "Balance__c")]
    balance: Option<f64>,
    birthdate: Option<Date>,
    created_date: Timestamp,
    system_modstamp: Timestamp,
    /// Whether it is in the recycle bin.
    pub is_deleted: bool,
    account: Option<Account>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be decoded")]
struct Account {
    name: String,
}
