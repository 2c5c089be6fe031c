use salesforce_http::{Effect, Request, Result};
use salesforce_types::RecordId;
use serde::Serialize;

use super::{SObjectHandle, object_name};

impl<T> SObjectHandle<'_, T> {
    /// Sets fields of a record. What the row does not have is left as it is; null clears a field. `Id` and fields that
    /// the org computes do not belong in it.
    ///
    /// May be sent again when an answer was lost: the same values set twice are the same values. Automation of the org
    /// may then run twice, and a change that somebody made to the same fields in between is overwritten, as it would
    /// be if this call came a moment later.
    ///
    /// # Errors
    ///
    /// `NotFound` when the record is not there or is in the recycle bin; `Invalid`, `Conflict`, `Denied` or `Limit`
    /// when the org refuses the values; its reasons are in [`api_errors`](salesforce_http::Error::api_errors).
    pub async fn update<R: Serialize + ?Sized>(&self, id: RecordId, row: &R) -> Result<()> {
        self.client.send(request(self.object, id, row)?).await?;
        Ok(())
    }
}

fn request<R: Serialize + ?Sized>(object: &str, id: RecordId, row: &R) -> Result<Request> {
    Ok(Request::patch(format!("sobjects/{}/{id}", object_name(object)?)).with_effect(Effect::Repeatable).json(row))
}

#[cfg(test)]
mod tests {
    use salesforce_types::{Record, Value};

    use super::*;

    #[test]
    fn null_is_sent_and_what_is_not_there_is_not() {
        let id = "001D000000IqhSLIAZ".parse().unwrap();
        let request = request("Account", id, &Record::default().with("Phone", Value::Null)).unwrap();
        assert_eq!((request.method().as_str(), request.effect()), ("PATCH", Effect::Repeatable));
        assert_eq!(request.path(), "sobjects/Account/001D000000IqhSLIAZ");
        assert_eq!(&request.content().as_bytes().unwrap()[..], br#"{"Phone":null}"#);
    }
}
