//! One row, however its place was written.

use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;

use super::condition::State;
use super::options::{touch, write_options};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::rules;
use crate::schema::Object;
use crate::store::Row;
use crate::{Body, Org, soql};

/// Reads, changes or deletes a row.
pub(super) fn by_id(org: &mut Org, mut call: Call, object: &Object, id: RecordId) -> Result<Response<Body>, Refusal> {
    let state = State::of(object, present(org, object, id)?);
    match call.method {
        Method::PATCH => {
            let options = write_options(org, &call)?;
            let draft = call.draft(org.store.files.keep)?;
            state.check(&call)?;
            org.store.update_with(id, &draft, &options)?;
            touch(org, &call, id);
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        Method::DELETE => {
            org.store.delete(id)?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        _ => {
            if let Some(unchanged) = state.check(&call)? {
                return Ok(unchanged);
            }
            let row = present(org, object, id)?;
            let body = soql::record(&org.store, object, row, call.parameter("fields"), call.version)?;
            touch(org, &call, id);
            Ok(state.mark(answer::json_bytes(StatusCode::OK, body)))
        }
    }
}

/// The row, if it is there and not in the recycle bin.
pub(super) fn present<'o>(org: &'o Org, object: &Object, id: RecordId) -> Result<&'o Row, Refusal> {
    match org.store.table(object).get(id) {
        None => Err(Refusal::not_found()),
        Some(row) if row.is_deleted() => Err(rules::Refusal::is_deleted().into()),
        Some(row) => Ok(row),
    }
}
