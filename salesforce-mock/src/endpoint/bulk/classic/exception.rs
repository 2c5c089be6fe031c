use http::{Response, StatusCode};

use super::{json, xml};
use crate::Body;
use crate::answer::Refusal;
use crate::xml::Element;

/// Why a call is refused. It travels with status 400, a session that is over as well.
#[derive(Debug)]
pub(super) struct Exception {
    code: &'static str,
    message: String,
}

impl Exception {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn into_response(self, as_json: bool) -> Response<Body> {
        let Self { code, message } = self;
        let mut response = if as_json {
            json(&serde_json::json!({"exceptionCode": code, "exceptionMessage": message}))
        } else {
            let texts = vec![Element::leaf("exceptionCode", code), Element::leaf("exceptionMessage", message)];
            xml(&Element::new("error", texts))
        };
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }
}

/// What any call may be refused for, in the words of this API.
impl From<Refusal> for Exception {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = refusal.first();
        match code {
            "INVALID_SESSION_ID" | "INVALID_AUTH_HEADER" => Self::new("InvalidSessionId", "Invalid session id"),
            "REQUEST_LIMIT_EXCEEDED" => Self::new("ExceededQuota", message),
            "API_DISABLED_FOR_ORG" => Self::new("FeatureNotEnabled", "Async API is not enabled for this user"),
            _ => Self::new("ClientInputError", message),
        }
    }
}
