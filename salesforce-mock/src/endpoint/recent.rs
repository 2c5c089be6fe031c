//! `/recent`: the rows that calls touched last.

use std::collections::VecDeque;

use http::header::LOCATION;
use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;
use serde_json::{Value, json};

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::route::Resource;
use crate::schema::Object;
use crate::{Body, Org};

/// The most rows that are kept, and the most that are told.
const MOST: usize = 200;

/// The first version in which a call may say that it leaves no trace.
const MRU_HEADER_SINCE: u16 = 60;

/// The rows that calls touched last, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Recent(VecDeque<RecordId>);

/// What a call is about to touch.
pub(crate) enum Touched {
    Row(RecordId),
    /// The row that its answer will name.
    Created,
}

impl Recent {
    /// What a call touches if it succeeds; nothing when it says so itself: `Sforce-Mru: updateMru=false`.
    pub(crate) fn touched_by(&self, resource: &Resource, call: &Call) -> Option<Touched> {
        let header = call.header("sforce-mru").unwrap_or_default();
        let silent = header.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("updateMru") && value.trim().eq_ignore_ascii_case("false")
        });
        if silent && call.version.major() >= MRU_HEADER_SINCE {
            return None;
        }
        match (resource, &call.method) {
            (Resource::Row { id, .. }, &Method::GET | &Method::PATCH) => id.parse().ok().map(Touched::Row),
            (Resource::Sobject(_) | Resource::Row { .. }, &Method::POST) | (Resource::Keyed { .. }, &Method::PATCH) => {
                Some(Touched::Created)
            }
            _ => None,
        }
    }

    pub(crate) fn note(&mut self, touched: Touched, answer: &Response<Body>) {
        let created = || answer.headers().get(LOCATION)?.to_str().ok()?.rsplit('/').next()?.parse().ok();
        let id = match touched {
            Touched::Row(id) if answer.status().is_success() => Some(id),
            Touched::Created if answer.status() == StatusCode::CREATED => created(),
            _ => None,
        };
        if let Some(id) = id {
            self.0.retain(|other| *other != id);
            self.0.push_front(id);
            self.0.truncate(MOST);
        }
    }

    /// The rows that are still there, of one object or of all, as an answer shows them.
    pub(crate) fn items(&self, org: &Org, call: &Call, of: Option<&Object>) -> Vec<Value> {
        let rows = self.0.iter().filter_map(|id| org.store.find_live(*id));
        let rows = rows.filter(|(object, _)| object.mru_enabled && of.is_none_or(|of| of.index == object.index));
        rows.map(|(object, row)| {
            let id = row.id().to_string();
            let name = object.known.name.and_then(|place| object.fields.get(place));
            let name = name.map(|field| org.store.read(object, row, field).to_json());
            let url = format!("/services/data/v{}/sobjects/{}/{id}", call.version, object.name);
            json!({"attributes": {"type": &*object.name, "url": url}, "Id": id, "Name": name})
        })
        .collect()
    }
}

/// `recent?limit=N`
pub(crate) fn recent(org: &Org, call: &Call) -> Result<Response<Body>, Refusal> {
    let limit = match call.parameter("limit") {
        None => MOST,
        Some(text) => text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
            let text = format!("limit must be between 1 and {MOST} but was {text}");
            Refusal::bad("NUMBER_OUTSIDE_VALID_RANGE", text)
        })?,
    };
    let mut items = org.recent.items(org, call, None);
    items.truncate(limit);
    Ok(answer::json(StatusCode::OK, &items))
}
