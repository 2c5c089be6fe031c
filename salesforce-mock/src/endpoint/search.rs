//! `/search`, `/parameterizedSearch` and what belongs to them (REST reference 8).

mod parameterized;

use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) use parameterized::parameterized;

use super::object;
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::schema::Object;
use crate::sosl::{Found, Search};
use crate::{Body, Org};

/// Up to this version the answer is a bare list.
const LAST_BARE_LIST: u16 = 36;

/// The rows that a layout of results shows.
const LAYOUT_ROWS: u32 = 25;

/// `search?q=FIND…`
pub(crate) fn search(org: &Org, call: &Call) -> Result<Response<Body>, Refusal> {
    let search = Search::parse(call.parameter("q").unwrap_or_default())?;
    answered(org, call, &search)
}

fn answered(org: &Org, call: &Call, search: &Search) -> Result<Response<Body>, Refusal> {
    #[derive(Serialize)]
    struct Answer<'a> {
        #[serde(rename = "searchRecords")]
        records: &'a [Box<RawValue>],
        #[serde(skip_serializing_if = "Option::is_none")]
        metadata: Option<Value>,
    }
    let found = search.run(&org.store, call.version)?;
    if call.version.major() <= LAST_BARE_LIST {
        return Ok(answer::json(StatusCode::OK, &found.records));
    }
    let metadata = search.labels.then(|| labels(org, &found));
    Ok(answer::json(StatusCode::OK, &Answer { records: &found.records, metadata }))
}

/// The labels of the objects and fields of an answer.
fn labels(org: &Org, found: &Found) -> Value {
    let entities = found.searched.iter().filter_map(|(name, fields)| {
        let object = org.store.schema().object(name)?;
        let fields: Vec<_> = fields.iter().filter_map(|name| object.field(name)).collect();
        let fields: Vec<_> = fields.iter().map(|field| json!({"label": field.label, "name": &*field.name})).collect();
        Some(json!({"name": &*object.name, "label": object.label, "fields": fields}))
    });
    json!({"entityDetails": entities.collect::<Vec<_>>()})
}

/// `search/scopeOrder`: the objects that the user searches, in order.
pub(crate) fn scope_order(org: &Org, call: &Call) -> Response<Body> {
    let objects = org.store.schema().objects().iter().filter(|object| object.searchable && object.layoutable);
    let url = |object: &Object| format!("/services/data/v{}/sobjects/{}/describe", call.version, object.name);
    let list: Vec<_> = objects.map(|object| json!({"type": &*object.name, "url": url(object)})).collect();
    answer::json(StatusCode::OK, &list)
}

/// `search/layout?q=Account,Contact`: how results are shown; the mock shows the name of a row.
pub(crate) fn search_layout(org: &Org, call: &Call) -> Result<Response<Body>, Refusal> {
    let names = call.parameter("q").filter(|names| !names.trim().is_empty());
    let names = names.ok_or_else(|| Refusal::bad("MISSING_ARGUMENT", "q is required: names of objects"))?;
    let layout = |name: &str| -> Result<Value, Refusal> {
        let object = object(org.store.schema(), name.trim())?;
        let columns: Vec<_> = (object.known.name.and_then(|place| object.fields.get(place)).into_iter())
            .map(|field| {
                let path = format!("{}.{}", object.name, field.name);
                json!({"field": path, "format": null, "label": field.label, "name": &*field.name})
            })
            .collect();
        Ok(json!({
            "label": "Search Results", "limitRows": LAYOUT_ROWS, "objectType": &*object.name, "searchColumns": columns,
        }))
    };
    let layouts = names.split(',').map(layout).collect::<Result<Vec<_>, _>>()?;
    Ok(answer::json(StatusCode::OK, &layouts))
}
