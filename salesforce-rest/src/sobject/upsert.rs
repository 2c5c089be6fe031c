use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use http::StatusCode;
use salesforce_http::{Effect, Error, Request, Response, Result};
use salesforce_types::{IdText, RecordId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use super::SObjectHandle;
use super::create::answered;
use super::key::Key;
use crate::write::Write;
use crate::write_options::option_setters;
use crate::{AmbiguousExternalId, SaveResult};

impl<'c, T> SObjectHandle<'c, T> {
    /// Updates the record whose external id `field` has that value, or creates it. Neither `field` nor `Id` belongs in
    /// the row.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, row: serde_json::Value) -> salesforce_rest::Result<()> {
    /// let done = client.sobject_named("Account").upsert("Erp_Id__c", "P-17", &row).await?;
    /// println!("{}", if done.created { "created" } else { "updated" });
    /// # Ok(()) }
    /// ```
    ///
    /// May be sent again when an answer was lost: the second try finds what the first one made. That holds for a value
    /// that the org keeps as it is, in a field that is unique. Say [`send_once`](Upsert::send_once) for another kind of
    /// key, such as an auto-number, whose values the org makes itself, or a field that is not unique, where a first try
    /// still under way and a second may each create a record. A value with blanks at its ends, which the org cuts off
    /// when it saves, is sent once without that.
    ///
    /// A value that ends like a file name (`.com`) may be taken for a format by the org, which then finds no record
    /// (`NotFound`); [`upsert_many`](Self::upsert_many) has values in its body, where all are safe.
    ///
    /// # Errors
    ///
    /// `Conflict` when several records have the value, with [`AmbiguousExternalId`](crate::AmbiguousExternalId) as its
    /// source; nothing is written then. `NotFound` when the field is no external id. `OutcomeUnknown` when an answer was
    /// lost to a call that is sent once. Otherwise as for [`update`](Self::update).
    pub fn upsert<R: Serialize + ?Sized>(&self, field: &str, value: &str, row: &R) -> Upsert<'c> {
        Upsert { write: Write::new(self.client, request(self.object, field, value, row)) }
    }
}

/// Updates or creates one record; made by [`SObjectHandle::upsert`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Upsert<'c> {
    write: Write<'c>,
}

impl Upsert<'_> {
    option_setters!(write.options);

    /// Creates nothing: `NotFound` when no record has the value. An update by external id. May be sent again, whatever
    /// the key.
    pub fn update_only(mut self) -> Self {
        self.write.map(|request| request.query("updateOnly", "true").with_effect(Effect::Repeatable));
        self
    }

    /// Is not sent again when an answer was lost, since the key does not keep it from creating a second record.
    pub fn send_once(mut self) -> Self {
        self.write.once = true;
        self
    }

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

    /// Only if the record does not have this ETag; `*` is any, so that nothing is overwritten. Accounts only.
    pub fn if_none_match(mut self, etag: &str) -> Self {
        self.write.only_if("If-None-Match", etag);
        self
    }
}

impl<'c> IntoFuture for Upsert<'c> {
    type Output = Result<Upserted>;
    type IntoFuture = BoxFuture<'c, Result<Upserted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { upserted(&self.write.send().await.map_err(AmbiguousExternalId::told)?) })
    }
}

/// What an upsert did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upserted {
    /// The record. Not known of an update by an API version before 46, which answers without a body.
    pub id: Option<RecordId>,
    /// Whether it is new.
    pub created: bool,
}

impl<'de> Deserialize<'de> for Upserted {
    /// From a save result, or from the null of an old version's update.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(result) = Option::<SaveResult>::deserialize(deserializer)? else {
            return Ok(Self { id: None, created: false });
        };
        from_result(&result, result.created.unwrap_or(false)).map_err(serde::de::Error::custom)
    }
}

fn from_result(result: &SaveResult, created: bool) -> Result<Upserted> {
    match result.success {
        true => Ok(Upserted { id: result.id.as_ref().and_then(IdText::id), created }),
        false => Err(Error::refusal(None, result.errors.clone())),
    }
}

fn upserted(answer: &Response) -> Result<Upserted> {
    if answer.status() == StatusCode::NO_CONTENT {
        return Ok(Upserted { id: None, created: false });
    }
    let result: SaveResult = answered(answer)?;
    // Before version 46 the status alone says it.
    let created = result.created.unwrap_or(answer.status() == StatusCode::CREATED);
    from_result(&result, created).map_err(|error| error.with_call(answer.call()))
}

pub(crate) fn request<R: Serialize + ?Sized>(object: &str, field: &str, value: &str, row: &R) -> Result<Request> {
    let request = Key::external(field, value).at(object, Request::patch)?.json(row);
    Ok(request.with_effect(if is_firm(value) { Effect::Repeatable } else { Effect::Once }))
}

/// Whether the org keeps the value as it is, so that a second upsert finds what the first one made.
pub(crate) fn is_firm(value: &str) -> bool {
    !value.is_empty() && value.trim() == value
}

#[cfg(test)]
mod tests {
    use salesforce_types::Record;

    use super::*;

    fn effect(value: &str) -> Effect {
        request("Account", "Ext__c", value, &Record::default()).unwrap().effect()
    }

    #[test]
    fn an_upsert_may_be_repeated_if_the_org_keeps_the_value_as_it_is() {
        assert_eq!(effect("P-17"), Effect::Repeatable);
        for cut in [" P-17", "P-17 ", "\t", " "] {
            assert_eq!(effect(cut), Effect::Once, "{cut:?}");
        }
    }

    #[test]
    fn it_is_a_patch_at_the_value() {
        let request = request("Account", "Ext__c", "P/17", &Record::default().with("Name", "A")).unwrap();
        assert_eq!((request.method().as_str(), request.path()), ("PATCH", "sobjects/Account/Ext__c/P%2F17"));
        assert_eq!(&request.content().as_bytes().unwrap()[..], br#"{"Name":"A"}"#);
    }
}
