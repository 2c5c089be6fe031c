use std::fmt;
use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ErrorCode, RecordId};
use serde::de::DeserializeOwned;

use super::key::Key;
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

    /// Reads the one record whose external id `field` has that value, if there is one.
    ///
    /// A value that ends like a file name, such as an e-mail address, may be taken for a format by the org, which then
    /// says `NOT_FOUND` although the record is there. Of such a value, that answer is an error and not an absence: look
    /// with a query.
    ///
    /// # Errors
    ///
    /// As for [`get_by`](Self::get_by), but for records that are not there. A field that is no external id, or that the
    /// user does not see, is `NotFound`.
    pub fn find_by(&self, field: &str, value: &str) -> Find<'c, T> {
        Find { get: self.get_by(field, value) }
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
            let doubtful = matches!(&self.get.key, Key::External { value, .. } if ends_like_a_file(value));
            match self.get.await {
                Ok(row) => Ok(Some(row)),
                Err(error) if is_absence(&error) && doubtful => Err(doubt(error)),
                Err(error) if is_absence(&error) => Ok(None),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }
}

/// The org itself says that the record is not there. A 404 of something else, such as a proxy, has no such code, and
/// that of a field which is no key has another text.
pub(super) fn is_absence(error: &Error) -> bool {
    let absent = |code: &ErrorCode| matches!(code, ErrorCode::NotFound | ErrorCode::EntityIsDeleted);
    error.status().is_some_and(|status| status == 404)
        && error.api_errors().first().is_some_and(|error| absent(&error.code) && !is_about_the_field(&error.message))
}

fn is_about_the_field(message: &str) -> bool {
    message.starts_with("Provided external ID field")
}

fn ends_like_a_file(value: &str) -> bool {
    value
        .rsplit_once('.')
        .is_some_and(|(_, end)| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn doubt(error: Error) -> Error {
    let message = "no record has this external id, or the org took the end of its value for a format such as `.json`: \
                   look for it with a query";
    let call = error.call().unwrap_or_default().to_owned();
    Error::new(ErrorKind::NotFound, message).with_call(call).with_source(error)
}

impl<T> fmt::Debug for Find<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find").field("get", &self.get).finish()
    }
}
