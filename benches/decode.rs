//! A page of 2,000 rows of 20 fields with a parent: typed rows and dynamic ones, against `serde_json::Value`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use salesforce_benches::{Contact, ROWS, page};
use salesforce_rest::Page;
use salesforce_types::Record;

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
