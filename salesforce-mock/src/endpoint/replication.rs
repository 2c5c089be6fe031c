//! `/sobjects/X/updated` and `/sobjects/X/deleted`: what changed in a window of time (REST reference 10).

use std::time::Duration;

use http::{Response, StatusCode};
use salesforce_types::{RecordId, Timestamp};
use serde_json::json;

use super::object;
use crate::answer::Refusal;
use crate::call::Call;
use crate::schema::{Object, ObjectKind};
use crate::value::Value;
use crate::{Body, Org, answer};

const MINUTE: i64 = 60_000;
const DAY: u64 = 86_400;

/// How far back a window may begin, in days.
const UPDATED_DAYS: u64 = 30;
const DELETED_DAYS: u64 = 15;

/// Files: their deletions are in no log.
const NOT_LOGGED: [&str; 3] = ["ContentDocument", "ContentVersion", "ContentDocumentLink"];

/// The rows that were made or changed in a window.
pub(crate) fn updated(org: &Org, call: &Call, name: &str) -> Result<Response<Body>, Refusal> {
    let object = replicated(org, name)?;
    let window = Window::of(org, call, UPDATED_DAYS)?;
    let stamp = object.known.stamp.or(object.known.modified_date).or(object.known.created_date);
    let stamp_of = |row: &crate::store::Row| match row.get(stamp?) {
        Value::DateTime(stamp) => Some(*stamp),
        _ => None,
    };
    let rows = org.store.table(object).rows().filter(|row| !row.is_deleted());
    let ids: Vec<RecordId> =
        rows.filter(|row| stamp_of(row).is_some_and(|stamp| window.holds(stamp))).map(crate::store::Row::id).collect();
    within_limit(org, ids.len())?;
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let covered = window.covered(org).to_string();
    Ok(answer::json(StatusCode::OK, &json!({"ids": ids, "latestDateCovered": covered})))
}

/// The rows that were deleted in a window, also those that left the recycle bin since then.
pub(crate) fn deleted(org: &Org, call: &Call, name: &str) -> Result<Response<Body>, Refusal> {
    let object = replicated(org, name)?;
    let window = Window::of(org, call, DELETED_DAYS)?;
    let schema = org.store.schema();
    let meant = |other: usize| asked_for(object, schema.at(other));
    let entries: Vec<_> = (org.store.deletions().iter())
        .filter(|entry| meant(entry.object) && window.holds(entry.at))
        .map(|entry| json!({"id": entry.id.to_string(), "deletedDate": entry.at.to_string()}))
        .collect();
    within_limit(org, entries.len())?;
    let oldest = minute(org.now().saturating_sub(Duration::from_secs(DELETED_DAYS * DAY)));
    let trimmed = org.store.deletions_trimmed().map_or(oldest, |trimmed| {
        // The first whole minute of which every entry is there.
        minute(trimmed).saturating_add(Duration::from_secs(60))
    });
    Ok(answer::json(
        StatusCode::OK,
        &json!({
            "deletedRecords": entries,
            "earliestDateAvailable": oldest.max(trimmed).to_string(),
            "latestDateCovered": window.covered(org).to_string(),
        }),
    ))
}

/// Whether a deletion of a row of `other` is told to who asks for `object`: history is told together.
fn asked_for(object: &Object, other: &Object) -> bool {
    if NOT_LOGGED.iter().any(|name| name.eq_ignore_ascii_case(&object.name)) {
        return false;
    }
    let together = |object: &Object| object.kind == ObjectKind::History && &*object.name != "OpportunityHistory";
    object.index == other.index || together(object) && together(other)
}

fn replicated<'o>(org: &'o Org, name: &str) -> Result<&'o Object, Refusal> {
    let object = object(org.store.schema(), name)?;
    if object.replicateable {
        return Ok(object);
    }
    let text = format!("entity type {} does not support replication", object.name);
    Err(Refusal::bad("INVALID_TYPE_FOR_OPERATION", text))
}

fn within_limit(org: &Org, ids: usize) -> Result<(), Refusal> {
    if ids <= org.replication_limit {
        return Ok(());
    }
    let text = format!("the window holds more than {} ids; ask for a shorter one", org.replication_limit);
    Err(Refusal::bad("EXCEEDED_ID_LIMIT", text))
}

/// From a whole minute on up to another one, which is no longer in it.
struct Window {
    start: Timestamp,
    end: Timestamp,
}

impl Window {
    fn of(org: &Org, call: &Call, days: u64) -> Result<Self, Refusal> {
        let refused = |text: String| Refusal::bad("INVALID_REPLICATION_DATE", text);
        let read = |name: &str| {
            let text = call.parameter(name).unwrap_or_default();
            let moment =
                text.parse::<Timestamp>().map_err(|_| refused(format!("{name} is no date and time: {text}")))?;
            Ok::<_, Refusal>(minute(moment))
        };
        let (start, end) = (read("start")?, read("end")?);
        if end.since(start) < Duration::from_secs(60) {
            // The server's own words, though they have the two the wrong way round.
            return Err(refused("startDate must be at least one minute greater than endDate".into()));
        }
        if start < minute(org.now().saturating_sub(Duration::from_secs(days * DAY))) {
            return Err(refused(format!("startDate cannot be more than {days} days ago")));
        }
        if org.created().is_some_and(|created| start < minute(created)) {
            return Err(refused("startDate before org replication enabled date".into()));
        }
        Ok(Self { start, end })
    }

    fn holds(&self, stamp: Timestamp) -> bool {
        (self.start..self.end).contains(&stamp)
    }

    /// Up to when nothing can be missing: writes that are stamped and not yet committed hold it back.
    fn covered(&self, org: &Org) -> Timestamp {
        let settled = org.store.earliest_pending().unwrap_or_else(|| org.now()).min(org.now());
        self.end.min(minute(settled))
    }
}

/// The minute a moment lies in: seconds do not count.
fn minute(moment: Timestamp) -> Timestamp {
    let millis = moment.as_millis();
    Timestamp::from_millis(millis.saturating_sub(millis.rem_euclid(MINUTE)))
}
