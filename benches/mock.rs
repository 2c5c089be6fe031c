//! One 2,000-row page of 20 fields out of the mock org, against the page's bare copy; and a few rows that are looked up
//! among a million, against a look at each of them.
//!
//! The org is called without sockets: this is the time to run the query and to write the JSON.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use salesforce_benches::page;
use salesforce_mock::{Body, Org};
use salesforce_types::Timestamp;

/// All 20 fields of the main object of a generated org.
const QUERY: &str = "/services/data/v68.0/query?q=SELECT+Id,+Name,+IsDeleted,+OwnerId,+CreatedDate,+CreatedById,+LastModifiedDate,+LastModifiedById,+SystemModstamp,+Meter__c,+Contact__c,+Before__c,+State__c,+Region__c,+Value__c,+Cost__c,+Day__c,+Taken__c,+Final__c,+Remark__c+FROM+Reading__c";

fn mock(criterion: &mut Criterion) {
    let ready = page();
    let mut group = criterion.benchmark_group("a page of 2,000 rows of 20 fields");
    group.bench_function("baseline: copy the page", |bench| bench.iter(|| black_box(&ready).clone()));

    let mut org = Org::generated(10_000, 42);
    let token = org.issue_token();
    group.bench_function("query and render", |bench| {
        bench.iter(|| {
            let request = Request::get(QUERY)
                .header("authorization", format!("Bearer {token}"))
                .body(Body::empty())
                .expect("a request");
            let answer = org.handle(request);
            assert_eq!(answer.status(), 200);
            answer.into_body().into_bytes(usize::MAX).expect("a page")
        });
    });
    group.finish();
}

fn look_up(criterion: &mut Criterion) {
    let org = Org::generated(1_430_000, 42);
    let readings = org.store().schema().object("Reading__c").expect("a generated org has readings");
    let count = org.store().table(readings).len();
    assert!(count >= 1_000_000, "{count}");
    let row = org.query("SELECT Id, Meter__c, SystemModstamp FROM Reading__c LIMIT 1 OFFSET 1000").expect("a query");
    let field = |name: &str| row[0].get(name).and_then(|value| value.as_str()).expect("a value");
    let (id, meter, stamp) = (field("Id"), field("Meter__c"), field("SystemModstamp"));
    let stamp: Timestamp = stamp.parse().expect("a time");
    let (from, to) = (stamp.to_soql(), Timestamp::from_millis(stamp.as_millis() + 2000).to_soql());
    let mut group = criterion.benchmark_group("among 1,000,000 rows of 20 fields");
    group.sample_size(10);
    for (name, filter) in [
        ("baseline: look at each row", "Remark__c = 'nobody'".to_owned()),
        ("by id", format!("Id = '{id}'")),
        ("by parent", format!("Meter__c = '{meter}'")),
        ("by a window of stamps", format!("SystemModstamp >= {from} AND SystemModstamp < {to}")),
        (
            "behind a stamp and an id",
            format!("((SystemModstamp = {from} AND Id > '{id}') OR SystemModstamp > {from}) AND SystemModstamp < {to}"),
        ),
    ] {
        let soql = format!("SELECT Id FROM Reading__c WHERE {filter} ORDER BY SystemModstamp, Id");
        println!("{name}: {} rows", org.query(&soql).expect("a query").len());
        group.bench_function(name, |bench| bench.iter(|| org.query(black_box(&soql)).expect("a query").len()));
    }
    group.finish();
}

criterion_group!(benches, mock, look_up);
criterion_main!(benches);
