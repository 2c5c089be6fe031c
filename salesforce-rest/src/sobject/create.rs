use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_types::RecordId;
use serde::Serialize;

use super::{SObjectHandle, object_name};
use crate::SaveResult;

impl<T> SObjectHandle<'_, T> {
    /// Creates a record and answers its id. What the row does not have is not sent; null is.
    ///
    /// A create is never sent twice unless the org surely did not run it, since two would make two records.
    ///
    /// # Errors
    ///
    /// `OutcomeUnknown` when the answer was lost: the record may exist, so look before you repeat. `Invalid`,
    /// `Conflict`, `Denied` or `Limit` when the org refuses the row; its reasons are in
    /// [`api_errors`](salesforce_http::Error::api_errors).
    pub async fn create<R: Serialize + ?Sized>(&self, row: &R) -> Result<RecordId> {
        let result: SaveResult = self.client.send(request(self.object, row)?).await?.json()?;
        created(&result).map_err(|error| error.with_call(format!("POST sobjects/{}", self.object)))
    }
}

fn request<R: Serialize + ?Sized>(object: &str, row: &R) -> Result<Request> {
    Ok(Request::post(format!("sobjects/{}", object_name(object)?)).with_effect(Effect::Once).json(row))
}

fn created(result: &SaveResult) -> Result<RecordId> {
    if !result.success {
        let reasons: Vec<_> = result.errors.iter().map(ToString::to_string).collect();
        return Err(Error::new(ErrorKind::Invalid, format!("the record was refused: {}", reasons.join("; "))));
    }
    result.id.as_ref().and_then(|id| id.id()).ok_or_else(|| {
        let id = result.id.as_ref().map(|id| id.as_str().into_owned()).unwrap_or_default();
        let message =
            format!("the record was created, but what the org calls its id, `{}`, is none", id.escape_debug());
        Error::new(ErrorKind::Decode, message)
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
        assert_eq!(error.to_string(), "the record was refused: DUPLICATE_VALUE: taken");
    }
}
