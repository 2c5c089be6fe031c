use salesforce_http::{Effect, Error, Request, Result};
use salesforce_types::{ErrorCode, RecordId};

use super::{SObjectHandle, object_name};

impl<T> SObjectHandle<'_, T> {
    /// Moves a record to the recycle bin, and with it the children that cannot be without it.
    ///
    /// A record that is there already is what was asked for: the org's `ENTITY_IS_DELETED` is no error. So the call
    /// may be sent again when an answer was lost. A record that the org does not know (`NOT_FOUND`) is an error: the
    /// id is wrong, or the user does not see the record, or it was purged.
    ///
    /// # Errors
    ///
    /// `NotFound` as said; when [`outcome_unknown`](salesforce_http::Error::outcome_unknown) is true as well, an earlier
    /// try of this very call may have done it, for an object whose records go past the recycle bin. `Denied` or
    /// `Invalid` when the org does not delete the record.
    pub async fn delete(&self, id: RecordId) -> Result<()> {
        match self.client.send(request(self.object, id)?).await {
            Err(error) if is_done(&error) => Ok(()),
            answer => answer.map(drop),
        }
    }
}

fn request(object: &str, id: RecordId) -> Result<Request> {
    Ok(Request::delete(format!("sobjects/{}/{id}", object_name(object)?)).with_effect(Effect::Repeatable))
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
        let request = request("Account", "001D000000IqhSLIAZ".parse().unwrap()).unwrap();
        assert_eq!((request.method().as_str(), request.effect()), ("DELETE", Effect::Repeatable));
        assert_eq!(request.path(), "sobjects/Account/001D000000IqhSLIAZ");
    }
}
