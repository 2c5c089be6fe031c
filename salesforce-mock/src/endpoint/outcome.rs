//! What became of one row among many.

use salesforce_types::RecordId;
use serde::Serialize;

use crate::rules::Refusal;

/// The outcome of one row. Its errors have a `statusCode`, where those of a call have an `errorCode`.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<RecordId>,
    pub(super) success: bool,
    errors: Vec<RowError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct RowError {
    #[serde(rename = "statusCode")]
    code: &'static str,
    message: String,
    fields: Vec<String>,
}

impl Outcome {
    pub(super) fn done(id: RecordId) -> Self {
        Self { id: Some(id), success: true, errors: Vec::new(), created: None }
    }

    pub(super) fn refused(errors: impl IntoIterator<Item = Refusal>) -> Self {
        let errors = errors.into_iter().map(RowError::from).collect();
        Self { id: None, success: false, errors, created: None }
    }

    /// A row that was well by itself and went with the others.
    pub(super) fn rolled_back() -> Self {
        let text = "Record rolled back because not all records were valid and the request was using AllOrNone header";
        Self::refused([Refusal::new("ALL_OR_NONE_OPERATION_ROLLED_BACK", text)])
    }

    /// The same as the outcome of an upsert.
    pub(super) fn upserted(self, created: bool) -> Self {
        Self { created: Some(created), ..self }
    }
}

impl From<Refusal> for RowError {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code, message: refusal.message, fields: refusal.fields.unwrap_or_default() }
    }
}
