//! One 2,000-row page of 20 fields out of the mock org, against the page's bare copy.
//!
//! The org is called without sockets: this is the time to run the query and to write the JSON.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use salesforce_benches::page;
use salesforce_mock::{Body, Org};

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

criterion_group!(benches, mock);
criterion_main!(benches);
