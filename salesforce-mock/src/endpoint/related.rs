//! `/sobjects/X/ID/Parent…` and `/sobjects/X/ID/Children`: rows by the names of their relations.

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;

use super::object;
use super::query::batch_size;
use super::row::{by_id, present};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::schema::{Child, Object};
use crate::soql::{self, Ask};
use crate::{Body, Org};

/// The most parents on a way (REST reference 5.5).
const MOST_PARENTS: usize = 5;

/// Follows the names from a row. At the end is a parent, which can be read, changed and deleted, or are children, which
/// can be read.
pub(crate) fn related(
    org: &mut Org,
    call: Call,
    name: &str,
    id: &str,
    path: &[String],
) -> Result<Response<Body>, Refusal> {
    let schema = Arc::clone(org.store.schema());
    let mut object = object(&schema, name)?;
    let mut id: RecordId = super::sobject::id_of(object, id)?;
    for (hop, name) in path.iter().enumerate() {
        let row = present(org, object, id)?;
        if let Some(field) = object.parent(name) {
            let parent = row.get(field.index).as_id().filter(|_| hop < MOST_PARENTS);
            let (parent_object, parent) =
                parent.and_then(|id| org.store.find_live(id)).ok_or_else(Refusal::not_found)?;
            (object, id) = (schema.at(parent_object.index), parent.id());
            continue;
        }
        let child = object.child(name).filter(|_| hop + 1 == path.len()).ok_or_else(Refusal::not_found)?;
        return children(org, &call, schema.at(child.object), child, id);
    }
    by_id(org, call, object, id)
}

fn children(
    org: &mut Org,
    call: &Call,
    object: &Object,
    child: &Child,
    parent: RecordId,
) -> Result<Response<Body>, Refusal> {
    const READ: &[Method] = &[Method::GET, Method::HEAD];
    if !READ.contains(&call.method) {
        return Err(Refusal::method(&call.method, READ));
    }
    let fields = match call.parameter("fields") {
        Some(fields) => {
            soql::check_fields(&org.store, object, fields, call.version)?;
            fields.to_owned()
        }
        None => object.fields.iter().map(|field| &*field.name).collect::<Vec<_>>().join(","),
    };
    let key = object.fields.get(child.field).ok_or_else(Refusal::not_found)?;
    let text = format!("SELECT {fields} FROM {} WHERE {} = '{parent}'", object.name, key.name);
    let ask = Ask { text: &text, all_rows: false, batch: Some(batch_size(call)?), version: call.version };
    let page = soql::first_page(&org.store, &mut org.cursors, &ask)?;
    Ok(answer::json_bytes(StatusCode::OK, page))
}
