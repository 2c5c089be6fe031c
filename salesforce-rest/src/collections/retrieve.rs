use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_types::RecordId;
use serde::de::DeserializeOwned;

use super::nothing_sent;
use crate::SObjectHandle;
use crate::sobject::{belongs, fields_only, object_name};

/// The most ids that an org takes in one call, when they are in its body.
const MOST: usize = 2000;

impl<'c, T> SObjectHandle<'c, T> {
    /// Reads any number of records by their ids, 2,000 a call. The answer has one entry for each id, in order: `None`
    /// for a record that is not there, is deleted, or that the user may not see.
    ///
    /// Asks for the fields of [`SObject::fields`](salesforce_types::SObject::fields); of an object known by name only,
    /// say [`fields`](GetMany::fields).
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, ids: Vec<salesforce_rest::RecordId>) -> salesforce_rest::Result<()> {
    /// let found = client.sobject_named("Account").get_many(ids).fields(&["Id", "Name"]).await?;
    /// println!("{} of {} are there", found.iter().flatten().count(), found.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid` when no field is named, or one does not exist; what was read before is lost.
    pub fn get_many(&self, ids: impl IntoIterator<Item = RecordId>) -> GetMany<'c, T> {
        GetMany { handle: *self, ids: ids.into_iter().collect() }
    }
}

/// Reads any number of records; made by [`SObjectHandle::get_many`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct GetMany<'c, T> {
    handle: SObjectHandle<'c, T>,
    ids: Vec<RecordId>,
}

impl<'c, T> GetMany<'c, T> {
    /// Asks for these fields only.
    pub fn fields(mut self, fields: &'c [&'c str]) -> Self {
        self.handle.fields = fields;
        self
    }
}

fn request(object: &str, ids: &[RecordId], fields: &[&str]) -> Result<Request> {
    #[derive(serde::Serialize)]
    struct Body<'b> {
        ids: &'b [RecordId],
        fields: &'b [&'b str],
    }
    let object = object_name(object)?;
    fields_only(fields)?;
    if fields.is_empty() {
        return Err(nothing_sent("name the fields to read with `fields`: this call has no way to ask for all of them"));
    }
    ids.iter().try_for_each(|id| belongs(&object, *id)).map_err(|error| error.at("nothing was sent"))?;
    // A POST only since ids would not fit into a URL.
    Ok(Request::post(format!("composite/sobjects/{object}")).with_effect(Effect::None).json(&Body { ids, fields }))
}

impl<'c, T: DeserializeOwned + Send + 'c> IntoFuture for GetMany<'c, T> {
    type Output = Result<Vec<Option<T>>>;
    type IntoFuture = BoxFuture<'c, Result<Vec<Option<T>>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let SObjectHandle { client, object, fields, .. } = self.handle;
            let mut all = Vec::with_capacity(self.ids.len());
            for ids in self.ids.chunks(MOST) {
                let answer = client.send(request(object, ids, fields)?).await?;
                let rows: Vec<Option<T>> = answer.json()?;
                if rows.len() != ids.len() {
                    let message =
                        format!("the org answered for {} records, and {} were asked for", rows.len(), ids.len());
                    return Err(Error::new(ErrorKind::Decode, message).with_call(answer.call()));
                }
                all.extend(rows);
            }
            Ok(all)
        })
    }
}

impl<T> fmt::Debug for GetMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetMany").field("handle", &self.handle).field("ids", &self.ids.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_query_can_ask_for_is_refused_before_it_is_sent() {
        let error = request("Account", &[], &["Id", "(SELECT Id FROM Contacts)"]).unwrap_err();
        assert!(error.to_string().contains("client.select::<Row>()"), "{error}");
    }

    #[test]
    fn ids_are_in_the_body_and_the_call_changes_nothing() {
        let id = "001D000000IqhSLIAZ".parse().unwrap();
        let request = request("Account", &[id], &["Id", "Name"]).unwrap();
        assert_eq!((request.method().as_str(), request.path()), ("POST", "composite/sobjects/Account"));
        assert_eq!(request.effect(), Effect::None);
        assert_eq!(
            &request.content().as_bytes().unwrap()[..],
            br#"{"ids":["001D000000IqhSLIAZ"],"fields":["Id","Name"]}"#
        );
        assert!(super::request("Account", &[id], &[]).is_err() && super::request("Contact", &[id], &["Id"]).is_err());
    }
}
