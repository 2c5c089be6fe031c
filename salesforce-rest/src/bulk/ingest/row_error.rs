use salesforce_http::Error;
use salesforce_types::{ApiError, ErrorCode};

/// What stands at the end of each error of a row.
const END: &str = "--";

/// The refusal that a cell `sf__Error` tells of: `CODE:message:Fields --`, several one after the other. A message may
/// hold colons.
pub(super) fn refusal(cell: &str) -> Error {
    let mut errors: Vec<ApiError> = Vec::new();
    for part in cell.split(END).map(str::trim).filter(|part| !part.is_empty()) {
        let is_code =
            |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        match (part.split_once(':').filter(|(code, _)| is_code(code)), errors.last_mut()) {
            (Some((code, rest)), _) => {
                let (message, fields) = rest.rsplit_once(':').unwrap_or((rest, ""));
                let mut error = ApiError::new(ErrorCode::from(code), message);
                error.fields =
                    fields.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Into::into).collect();
                errors.push(error);
            }
            // The message itself had the two dashes.
            (None, Some(error)) => error.message = format!("{}{END} {part}", error.message),
            (None, None) => errors.push(ApiError::new(ErrorCode::from("UNKNOWN_EXCEPTION"), part)),
        }
    }
    Error::refusal(None, errors)
}

#[cfg(test)]
mod tests {
    use salesforce_http::ErrorKind;

    use super::*;

    #[test]
    fn code_message_and_fields_are_told_apart() {
        let error = refusal("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --");
        assert_eq!(error.api_errors()[0].code, ErrorCode::RequiredFieldMissing);
        assert_eq!(error.api_errors()[0].message, "Required fields are missing: [Name]");
        assert_eq!(error.api_errors()[0].fields, ["Name"]);
        let error = refusal("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--");
        assert!(error.api_errors()[0].fields.is_empty() && error.is_retryable());
        let due = "INVALID_FIELD:Failed to deserialize field at col 3. Due to, '2003-04-98' is not a valid value for the \
                   type xsd:date:CloseDate --";
        assert_eq!(refusal(due).api_errors()[0].fields, ["CloseDate"]);
    }

    #[test]
    fn several_errors_of_a_row_are_several() {
        let error = refusal("DUPLICATE_VALUE:a:b:A, B -- ENTITY_IS_DELETED:entity is deleted:--");
        assert_eq!((error.api_errors().len(), error.kind()), (2, ErrorKind::Conflict));
        assert_eq!(refusal("nonsense").api_errors()[0].message, "nonsense");
        assert!(refusal("").api_errors().is_empty());
    }
}
