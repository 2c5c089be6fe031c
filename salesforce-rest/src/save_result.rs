use salesforce_types::{ApiError, IdText};
use serde::{Deserialize, Deserializer, Serialize};

/// What an org answers to the write of one record: done, or refused and why.
///
/// ```
/// use salesforce_rest::SaveResult;
///
/// let result: SaveResult = serde_json::from_str(r#"{"id": "some_id", "errors": [], "success": true}"#)?;
/// assert_eq!(result.id.unwrap().id(), None); // no id, but no reason to read nothing
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaveResult {
    /// The record. Refused ones have none in most answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<IdText>,
    /// Whether it was done.
    pub success: bool,
    /// Whether the record is new, where the call could have found an old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<bool>,
    /// Why it was refused.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub errors: Vec<ApiError>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ApiError>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use salesforce_types::ErrorCode;

    use super::*;

    #[test]
    fn a_refusal_has_no_id_and_says_why() {
        let result: SaveResult = serde_json::from_str(
            r#"{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"m","fields":null}]}"#,
        )
        .unwrap();
        assert_eq!((result.id, result.errors[0].code.clone()), (None, ErrorCode::DuplicateValue));
    }

    #[test]
    fn what_does_not_say_whether_it_was_done_is_no_save_result() {
        assert!(serde_json::from_str::<SaveResult>(r#"{"id":"001D000000IqhSLIAZ"}"#).is_err());
    }
}
