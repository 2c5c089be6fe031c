//! `/recent`: the rows that calls touched last.

use http::{Response, StatusCode};
use serde_json::value::RawValue;

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::{Body, Org, soql};

/// The most rows that are told.
const MOST: usize = 200;

/// `recent?limit=N`
pub(crate) fn recent(org: &Org, call: &Call) -> Result<Response<Body>, Refusal> {
    let limit = match call.parameter("limit") {
        None => MOST,
        Some(text) => text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
            let text = format!("limit must be between 1 and {MOST} but was {text}");
            Refusal::bad("NUMBER_OUTSIDE_VALID_RANGE", text)
        })?,
    };
    let rows = org.store.recent().take(limit).map(|(object, row)| {
        let name = object.known.name.and_then(|place| object.fields.get(place)).map_or("Id", |field| &field.name);
        let row = soql::record(&org.store, object, row, Some(name), call.version)?;
        Ok(serde_json::from_slice(&row).expect("the row was written here"))
    });
    let rows: Vec<Box<RawValue>> = rows.collect::<Result<_, Refusal>>()?;
    Ok(answer::json(StatusCode::OK, &rows))
}
