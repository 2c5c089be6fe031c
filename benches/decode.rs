//! A page of 2,000 rows of 20 fields with a parent: typed rows and dynamic ones, against `serde_json::Value`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use salesforce_benches::{ROWS, page};
use salesforce_rest::Page;
use salesforce_types::{Date, Record, Timestamp};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be decoded")]
struct Contact {
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
    is_deleted: bool,
    account: Option<Account>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the fields are there to be decoded")]
struct Account {
    name: String,
}

fn decode(criterion: &mut Criterion) {
    let json = page();
    let mut group = criterion.benchmark_group("decode a page of 2,000 rows");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("baseline: serde_json::Value", |bench| {
        bench.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(json.as_bytes())).expect("valid JSON"));
    });
    group.bench_function("typed rows", |bench| {
        bench.iter(|| serde_json::from_slice::<Page<Contact>>(black_box(json.as_bytes())).expect("a page"));
    });
    group.bench_function("Record", |bench| {
        bench.iter(|| serde_json::from_slice::<Page<Record>>(black_box(json.as_bytes())).expect("a page"));
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
