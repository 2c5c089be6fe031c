//! Ids and queries, against the least that could be done with the text.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use salesforce_types::RecordId;

const QUERY: &str = "SELECT Id, Name, Account.Name, (SELECT Id, Subject FROM Cases WHERE IsClosed = false ORDER BY \
    CreatedDate DESC NULLS LAST LIMIT 10) FROM Contact WHERE (LastName LIKE 'O\\'%' OR Email = 'a@example.com') AND \
    CreatedDate >= LAST_N_DAYS:30 AND AccountId IN (SELECT Id FROM Account WHERE Industry = 'Energy') ORDER BY Id \
    LIMIT 2000";

fn text(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record id");
    group.bench_function("baseline: copy 18 characters", |bench| {
        bench.iter(|| black_box("001Qz00000Ab1CdIAJ").to_owned());
    });
    group.bench_function("15 characters to 18", |bench| {
        bench.iter(|| black_box("001Qz00000Ab1Cd").parse::<RecordId>().expect("an id").to_18());
    });
    group.bench_function("18 characters, checked", |bench| {
        bench.iter(|| black_box("001Qz00000Ab1CdIAJ").parse::<RecordId>().expect("an id"));
    });
    group.finish();

    let mut group = criterion.benchmark_group("soql");
    group.bench_function("baseline: split at white space", |bench| {
        bench.iter(|| black_box(QUERY).split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    });
    group.bench_function("parse", |bench| bench.iter(|| salesforce_soql::parse(black_box(QUERY)).expect("a query")));
    group.finish();
}

criterion_group!(benches, text);
criterion_main!(benches);
