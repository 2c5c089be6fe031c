use salesforce_http::{Error, ErrorKind, Request, Result, StreamingResponse};
use salesforce_types::{FieldName, RecordId};

use super::{SObjectHandle, object_name};

impl<T> SObjectHandle<'_, T> {
    /// The bytes of a file, as they come: the base64 field of a record, which a query shows only as a path, such as
    /// `VersionData` of ContentVersion or `Body` of Attachment. One piece is in memory at a time.
    ///
    /// A stream that breaks ends with an error and is not taken up again: begin anew, and compare the length or the
    /// checksum that the record states.
    ///
    /// # Errors
    ///
    /// `NotFound` when the record is not there; `Invalid` for names that cannot be one.
    pub async fn blob(&self, id: RecordId, field: &str) -> Result<StreamingResponse> {
        self.client.connection().open(request(self.object, id, field)?).await
    }
}

fn request(object: &str, id: RecordId, field: &str) -> Result<Request> {
    let invalid = |invalid| Error::new(ErrorKind::Invalid, format!("nothing was sent: {invalid}"));
    let field: FieldName = field.parse().map_err(invalid)?;
    Ok(Request::get(format!("sobjects/{}/{id}/{field}", object_name(object)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_segment_of_the_path_and_nothing_else() {
        let path =
            |field| request("ContentVersion", "068Qz00000Vv1Aa".parse().unwrap(), field).map(|r| r.path().to_owned());
        assert!(path("VersionData").unwrap().ends_with("/VersionData"));
        assert!(path("../x").is_err());
        assert!(path("").is_err());
    }
}
