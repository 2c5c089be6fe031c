use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, Request, Result};
use salesforce_types::{ErrorCode, RecordId};

use super::SObjectHandle;
use super::key::Key;
use crate::AmbiguousExternalId;
use crate::write::Write;
use crate::write_options::option_setters;

impl<'c, T> SObjectHandle<'c, T> {
    /// Moves a record to the recycle bin, and with it the children that cannot be without it.
    ///
    /// A record that is there already is what was asked for: the org's `ENTITY_IS_DELETED` is no error. So the call
    /// may be sent again when an answer was lost. A record that the org does not know (`NOT_FOUND`) is an error: the
    /// id is wrong, or the user does not see the record, or it was purged. The org takes no condition on a delete.
    ///
    /// # Errors
    ///
    /// `NotFound` as said; when [`outcome_unknown`](salesforce_http::Error::outcome_unknown) is true as well, an earlier
    /// try of this very call may have done it, for an object whose records go past the recycle bin. `Denied` or
    /// `Invalid` when the org does not delete the record.
    pub fn delete(&self, id: RecordId) -> Delete<'c> {
        Delete { write: Write::new(self.client, request(self.object, &Key::Id(id))) }
    }

    /// Moves the record to the recycle bin whose external id `field` has that value.
    ///
    /// # Errors
    ///
    /// As for [`delete`](Self::delete); `NotFound` also when the record is in the recycle bin already, since it cannot
    /// be found there. `Conflict` when several records have the value, with
    /// [`AmbiguousExternalId`](crate::AmbiguousExternalId) as its source; none is deleted then.
    pub fn delete_by(&self, field: &str, value: &str) -> Delete<'c> {
        Delete { write: Write::new(self.client, request(self.object, &Key::external(field, value))) }
    }
}

/// Deletes one record; made by [`SObjectHandle::delete`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Delete<'c> {
    pub(super) write: Write<'c>,
}

impl Delete<'_> {
    option_setters!(write.options);
}

impl<'c> IntoFuture for Delete<'c> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'c, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match self.write.send().await {
                Err(error) if is_done(&error) => Ok(()),
                Err(error) => Err(AmbiguousExternalId::told(error)),
                Ok(_) => Ok(()),
            }
        })
    }
}

pub(crate) fn request(object: &str, key: &Key) -> Result<Request> {
    Ok(key.at(object, Request::delete)?.with_effect(Effect::Repeatable))
}

fn is_done(error: &Error) -> bool {
    error.status().is_some_and(|status| status == 404)
        && error.api_errors().first().is_some_and(|error| error.code == ErrorCode::EntityIsDeleted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_may_be_repeated() {
        let request = request("Account", &Key::Id("001D000000IqhSLIAZ".parse().unwrap())).unwrap();
        assert_eq!((request.method().as_str(), request.effect()), ("DELETE", Effect::Repeatable));
        assert_eq!(request.path(), "sobjects/Account/001D000000IqhSLIAZ");
    }
}
