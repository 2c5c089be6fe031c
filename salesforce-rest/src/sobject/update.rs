use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Request, Result};
use salesforce_types::{RecordId, Timestamp};
use serde::Serialize;

use super::SObjectHandle;
use super::key::Key;
use crate::write::Write;
use crate::write_options::option_setters;

impl<'c, T> SObjectHandle<'c, T> {
    /// Sets fields of a record. What the row does not have is left as it is; null clears a field. `Id` and fields that
    /// the org computes do not belong in it. By external id: [`upsert`](Self::upsert) with
    /// [`update_only`](super::Upsert::update_only).
    ///
    /// May be sent again when an answer was lost: the same values set twice are the same values. Automation of the org
    /// may then run twice, and a change that somebody made to the same fields in between is overwritten, as it would
    /// be if this call came a moment later. With a condition it is sent once.
    ///
    /// # Errors
    ///
    /// `NotFound` when the record is not there or is in the recycle bin; `Invalid`, `Conflict`, `Denied` or `Limit`
    /// when the org refuses the values; its reasons are in [`api_errors`](salesforce_http::Error::api_errors).
    /// `Conflict` with [`PreconditionFailed`](crate::PreconditionFailed) as its source when a condition does not hold.
    pub fn update<R: Serialize + ?Sized>(&self, id: RecordId, row: &R) -> Update<'c> {
        Update { write: Write::new(self.client, request(self.object, &Key::Id(id), row)) }
    }
}

/// Sets fields of one record; made by [`SObjectHandle::update`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Update<'c> {
    pub(super) write: Write<'c>,
}

impl Update<'_> {
    option_setters!(write.options);

    /// Only if nobody changed the record since then, to the second.
    pub fn if_unmodified_since(mut self, time: Timestamp) -> Self {
        self.write.only_if_unmodified_since(time);
        self
    }

    /// Only if the record still has this ETag; see [`Fetched`](crate::Fetched). Accounts only.
    pub fn if_match(mut self, etag: &str) -> Self {
        self.write.only_if("If-Match", etag);
        self
    }
}

impl<'c> IntoFuture for Update<'c> {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'c, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        self.write.boxed(|_| Ok(()))
    }
}

pub(crate) fn request<R: Serialize + ?Sized>(object: &str, key: &Key, row: &R) -> Result<Request> {
    Ok(key.at(object, Request::patch)?.with_effect(Effect::Repeatable).json(row))
}

#[cfg(test)]
mod tests {
    use salesforce_types::{Record, Value};

    use super::*;

    #[test]
    fn null_is_sent_and_what_is_not_there_is_not() {
        let key = Key::Id("001D000000IqhSLIAZ".parse().unwrap());
        let request = request("Account", &key, &Record::default().with("Phone", Value::Null)).unwrap();
        assert_eq!((request.method().as_str(), request.effect()), ("PATCH", Effect::Repeatable));
        assert_eq!(request.path(), "sobjects/Account/001D000000IqhSLIAZ");
        assert_eq!(&request.content().as_bytes().unwrap()[..], br#"{"Phone":null}"#);
    }
}
