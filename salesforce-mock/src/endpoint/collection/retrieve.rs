use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;
use serde::Deserialize;

use super::records::too_many;
use super::{malformed, object};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::endpoint::envelope::parse;
use crate::{Body, Org, soql};

/// The most rows that are asked for by a body (REST reference 11.5).
const MOST_IDS: usize = 2000;

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
}

/// `composite/sobjects/X`: rows by their ids, in their order, with null for one that is not there.
pub(crate) fn rows(org: &Org, mut call: Call, name: &str) -> Result<Response<Body>, Refusal> {
    let object = object(org.store.schema(), name)?;
    let wanted = if call.method == Method::POST {
        let body = call.json_bytes()?;
        parse(&body)?
    } else {
        let list = |name: &str| {
            let parts = call.parameter(name).unwrap_or_default().split(',').map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        Wanted { ids: list("ids"), fields: list("fields") }
    };
    for (name, list) in [("ids", &wanted.ids), ("fields", &wanted.fields)] {
        if list.is_empty() {
            return Err(Refusal::bad("MISSING_ARGUMENT", format!("At least one of {name} is required")));
        }
    }
    too_many(wanted.ids.len(), MOST_IDS)?;
    let fields = wanted.fields.join(",");
    let table = org.store.table(object);
    let mut body = b"[".to_vec();
    // Fields that are not there are refused also when no row is.
    soql::check_fields(&org.store, object, &fields, call.version)?;
    for (position, text) in wanted.ids.iter().enumerate() {
        let id: RecordId = text.parse().map_err(|_| Refusal::from(malformed(text)))?;
        if position > 0 {
            body.push(b',');
        }
        match table.get(id).filter(|row| !row.is_deleted()) {
            Some(row) => body.extend(soql::record(&org.store, object, row, Some(&fields), call.version)?),
            None => body.extend_from_slice(b"null"),
        }
    }
    body.push(b']');
    Ok(answer::json_bytes(StatusCode::OK, body))
}
