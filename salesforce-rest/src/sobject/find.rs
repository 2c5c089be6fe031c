use std::fmt;
use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use salesforce_http::{Error, Result};
use salesforce_types::{ErrorCode, RecordId};
use serde::de::DeserializeOwned;

use super::{Get, SObjectHandle};

impl<'c, T> SObjectHandle<'c, T> {
    /// Reads one record that may not exist: absence is an answer, `None`.
    ///
    /// `None` means that the org said `NOT_FOUND` or `ENTITY_IS_DELETED`. It says the same of a record that the user
    /// may not see, and of an object that it does not have: where that matters, describe the object first. Any other
    /// refusal is an error.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get), but for records that are not there.
    pub fn find(&self, id: RecordId) -> Find<'c, T> {
        Find { get: self.get(id) }
    }
}

/// Reads one record if it is there; made by [`SObjectHandle::find`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct Find<'c, T> {
    get: Get<'c, T>,
}

impl<'c, T> Find<'c, T> {
    /// Asks for these fields only. None means all that the user may see.
    pub fn fields(self, fields: &'c [&'c str]) -> Self {
        Self { get: self.get.fields(fields) }
    }
}

impl<'c, T: DeserializeOwned + 'c> IntoFuture for Find<'c, T> {
    type Output = Result<Option<T>>;
    type IntoFuture = BoxFuture<'c, Result<Option<T>>>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            match self.get.await {
                Ok(row) => Ok(Some(row)),
                Err(error) if is_absence(&error) => Ok(None),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}

/// The org itself says that the record is not there. A 404 of something else, such as a proxy, has no such code.
fn is_absence(error: &Error) -> bool {
    let absent = |code: &ErrorCode| matches!(code, ErrorCode::NotFound | ErrorCode::EntityIsDeleted);
    error.status().is_some_and(|status| status == 404)
        && error.api_errors().first().is_some_and(|error| absent(&error.code))
}

impl<T> fmt::Debug for Find<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find").field("get", &self.get).finish()
    }
}
