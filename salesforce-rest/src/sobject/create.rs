use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Request, Response, Result};
use salesforce_types::RecordId;
use serde::{Deserialize, Deserializer, Serialize};

use super::{SObjectHandle, object_name};
use crate::SaveResult;
use crate::write::Write;
use crate::write_options::option_setters;

impl<'c, T> SObjectHandle<'c, T> {
    /// Creates a record and answers its id. What the row does not have is not sent; null is.
    ///
    /// A create is never sent twice unless the org surely did not run it, since two would make two records.
    ///
    /// ```no_run
    /// use salesforce_rest::{AutoAssign, Client, Record};
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let draft = Record::new("Lead").with("LastName", "Doe").with("Company", "Acme");
    /// let id = client.sobject_named("Lead").create(&draft).auto_assign(AutoAssign::Off).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `OutcomeUnknown` when the answer was lost: the record may exist, so look before you repeat. `Invalid`,
    /// `Conflict`, `Denied` or `Limit` when the org refuses the row; its reasons are in
    /// [`api_errors`](salesforce_http::Error::api_errors).
    pub fn create<R: Serialize + ?Sized>(&self, row: &R) -> Create<'c> {
        Create { write: Write::new(self.client, request(self.object, row)) }
    }
}

/// Creates one record; made by [`SObjectHandle::create`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Create<'c> {
    write: Write<'c>,
}

impl Create<'_> {
    option_setters!(write.options);
}

impl<'c> IntoFuture for Create<'c> {
    type Output = Result<RecordId>;
    type IntoFuture = BoxFuture<'c, Result<RecordId>>;

    fn into_future(self) -> Self::IntoFuture {
        self.write.boxed(|answer| {
            let result: SaveResult = answered(&answer)?;
            created(&result).map_err(|error| error.with_call(answer.call()))
        })
    }
}

pub(crate) fn request<R: Serialize + ?Sized>(object: &str, row: &R) -> Result<Request> {
    Ok(Request::post(format!("sobjects/{}", object_name(object)?)).with_effect(Effect::Once).json(row))
}

/// What a good answer to a write says. One that cannot be read was given after the org had done it.
pub(crate) fn answered<T: for<'de> Deserialize<'de>>(answer: &Response) -> Result<T> {
    answer.json().map_err(Error::into_outcome_unknown)
}

/// A record that was created, as the answer to its create says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Created {
    /// The new record.
    pub id: RecordId,
}

impl<'de> Deserialize<'de> for Created {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        created(&SaveResult::deserialize(deserializer)?).map(|id| Self { id }).map_err(serde::de::Error::custom)
    }
}

pub(crate) fn created(result: &SaveResult) -> Result<RecordId> {
    if !result.success {
        return Err(Error::refusal(None, result.errors.clone()));
    }
    result.id.as_ref().and_then(|id| id.id()).ok_or_else(|| {
        let id = result.id.as_ref().map(|id| id.as_str().into_owned()).unwrap_or_default();
        let message =
            format!("the record was created, but what the org calls its id, `{}`, is none", id.escape_debug());
        Error::new(ErrorKind::Decode, message).into_outcome_unknown()
    })
}

#[cfg(test)]
mod tests {
    use salesforce_types::Record;

    use super::*;

    #[test]
    fn a_create_is_sent_once() {
        let request = request("Account", &Record::new("Account").with("Name", "Acme")).unwrap();
        assert_eq!(
            (request.method().as_str(), request.path(), request.effect()),
            ("POST", "sobjects/Account", Effect::Once)
        );
        let body = request.content().as_bytes().unwrap();
        assert_eq!(&body[..], br#"{"attributes":{"type":"Account"},"Name":"Acme"}"#);
    }

    #[test]
    fn an_id_that_is_none_does_not_hide_that_the_record_exists() {
        let read = |json: &str| created(&serde_json::from_str(json).unwrap());
        let error = read(r#"{"id":"some_id","success":true,"errors":[]}"#).unwrap_err();
        assert_eq!(error.to_string(), "the record was created, but what the org calls its id, `some_id`, is none");
        assert!(read(r#"{"id":"001D000000IqhSL","success":true,"errors":[]}"#).is_ok());
    }
    #[test]
    fn a_refusal_in_a_good_answer_is_an_error() {
        let json = r#"{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"taken","fields":[]}]}"#;
        let error = created(&serde_json::from_str(json).unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Conflict, "DUPLICATE_VALUE: taken".into()));
    }
}
