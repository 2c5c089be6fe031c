//! `/limits` and `/limits/recordCount`.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::{Body, Org, answer};

/// Limits that the mock does not count: the figures of a recorded answer.
const FIXED: &[(&str, u64)] = &[
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentSyncReportRuns", 20),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyWorkflowEmails", 390),
    ("DataStorageMB", 1_073),
    ("FileStorageMB", 1_073),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlySyncReportRuns", 500),
    ("MassEmail", 10),
    ("SingleEmail", 15),
];

/// What the org allows, and what is left of it; `bulk` is the most and what is left of batches and of query jobs.
pub(crate) fn limits(used: u64, allowed: u64, bulk: [(usize, usize); 2]) -> Response<Body> {
    let mut limits: Map<String, Value> =
        FIXED.iter().map(|(name, max)| ((*name).to_owned(), json!({"Max": max, "Remaining": max}))).collect();
    let daily = json!({"Max": allowed, "Remaining": allowed.saturating_sub(used)});
    limits.insert("DailyApiRequests".into(), daily);
    for (name, (max, left)) in ["DailyBulkApiBatches", "DailyBulkV2QueryJobs"].into_iter().zip(bulk) {
        limits.insert(name.into(), json!({"Max": max, "Remaining": left}));
    }
    let sets = json!({"Max": 1500, "Remaining": 1500, "CreateCustom": {"Max": 1000, "Remaining": 1000}});
    limits.insert("PermissionSets".into(), sets);
    answer::json(StatusCode::OK, &limits)
}

/// How many rows objects have, without those in the recycle bin. Objects that are not known are left out, and so are
/// those without rows when no object is named.
pub(crate) fn record_count(org: &Org, call: &Call) -> Response<Body> {
    let count = |object: &crate::schema::Object| org.store.table(object).live();
    let schema = org.store.schema();
    let counts: Vec<_> = match call.parameter("sObjects") {
        Some(names) => names
            .split(',')
            .filter_map(|name| schema.object(name.trim()))
            .map(|object| json!({"count": count(object), "name": &*object.name}))
            .collect(),
        None => (schema.objects().iter())
            .filter(|object| object.queryable && count(object) > 0)
            .map(|object| json!({"count": count(object), "name": &*object.name}))
            .collect(),
    };
    answer::json(StatusCode::OK, &json!({"sObjects": counts}))
}
