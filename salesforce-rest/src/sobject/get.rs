use std::fmt;
use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use salesforce_http::{Request, Response, Result};
use salesforce_types::RecordId;
use serde::de::DeserializeOwned;

use super::key::Key;
use super::{GetIf, SObjectHandle, fields_only};
use crate::AmbiguousExternalId;

impl<'c, T> SObjectHandle<'c, T> {
    /// Reads one record that must exist; [`find`](Self::find) if it may not.
    ///
    /// Asks for the fields of [`SObject::fields`](salesforce_types::SObject::fields), or for all that the user may see
    /// when the object is known by name only. Fields of parents are among them; child rows and polymorphic parents
    /// cannot be asked for in this way, and a row that has some is refused: [`Client::select`](crate::Client::select)
    /// reads it.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, id: salesforce_rest::RecordId) -> salesforce_rest::Result<()> {
    /// let account = client.sobject_named("Account").get(id).fields(&["Id", "Name"]).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `NotFound` when the org has no such record, or it is in the recycle bin, or the user does not see it; `Invalid`
    /// when a field does not exist or the user does not see it.
    pub fn get(&self, id: RecordId) -> Get<'c, T> {
        Get { handle: *self, key: Key::Id(id) }
    }

    /// Reads the one record whose external id `field` has that value, and which must exist.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
    /// let account = client.sobject_named("Account").get_by("Erp_Id__c", "P-17").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get). `Conflict` when several records have the value, with
    /// [`AmbiguousExternalId`](crate::AmbiguousExternalId) as its source.
    pub fn get_by(&self, field: &str, value: &str) -> Get<'c, T> {
        Get { handle: *self, key: Key::external(field, value) }
    }
}

/// Reads one record; made by [`SObjectHandle::get`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct Get<'c, T> {
    handle: SObjectHandle<'c, T>,
    pub(super) key: Key,
}

impl<'c, T> Get<'c, T> {
    /// Asks for these fields only. None means all that the user may see.
    pub fn fields(mut self, fields: &'c [&'c str]) -> Self {
        self.handle.fields = fields;
        self
    }

    /// Asks on a condition, and for what a later condition needs; see [`GetIf`].
    pub fn conditional(self) -> GetIf<'c, T> {
        GetIf::new(self)
    }

    pub(super) fn request(&self) -> Result<Request> {
        request(self.handle.object, &self.key, self.handle.fields)
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response> {
        self.handle.client.send(request).await.map_err(AmbiguousExternalId::told)
    }
}

pub(crate) fn request(object: &str, key: &Key, fields: &[&str]) -> Result<Request> {
    fields_only(fields)?;
    let request = key.at(object, Request::get)?;
    Ok(match fields {
        [] => request,
        fields => request.query("fields", &fields.join(",")),
    })
}

impl<'c, T: DeserializeOwned + 'c> IntoFuture for Get<'c, T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'c, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        async move { self.send(self.request()?).await?.json() }.boxed()
    }
}

impl<T> fmt::Debug for Get<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Get").field("handle", &self.handle).field("key", &self.key).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "001D000000IqhSLIAZ";

    fn by_id(object: &str, fields: &[&str]) -> Result<Request> {
        request(object, &Key::Id(ID.parse().unwrap()), fields)
    }

    #[test]
    fn fields_are_asked_for_by_name_and_all_without_names() {
        let path = |fields: &[&str]| by_id("Account", fields).unwrap().path().to_owned();
        assert_eq!(path(&[]), format!("sobjects/Account/{ID}"));
        assert_eq!(path(&["Id", "Name"]), format!("sobjects/Account/{ID}?fields=Id,Name"));
        assert_eq!(path(&["Name&x=1"]), format!("sobjects/Account/{ID}?fields=Name%26x%3D1"));
    }

    #[test]
    fn what_only_a_query_can_ask_for_is_refused_before_it_is_sent() {
        for item in ["(SELECT Id FROM Contacts)", "TYPEOF Owner WHEN User THEN Id ELSE Id END"] {
            let error = by_id("Account", &["Id", item]).unwrap_err();
            assert!(error.to_string().contains("client.select::<Row>()"), "{error}");
        }
        assert!(by_id("Account", &["Id", "Owner.Name"]).is_ok());
    }

    #[test]
    fn a_name_that_could_lead_elsewhere_is_refused() {
        for bad in ["", "../query", "Account/x", "Account?x", "Acc%6Funt"] {
            let error = by_id(bad, &[]).unwrap_err();
            assert_eq!(error.kind(), salesforce_http::ErrorKind::Invalid, "{bad}");
        }
    }
}
