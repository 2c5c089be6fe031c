use std::fmt;

use salesforce_types::{ApiError, ErrorCode};

use super::Element;

/// A SOAP call that failed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    code: String,
    message: String,
}

impl Fault {
    pub(super) fn of(element: &Element) -> Self {
        let text = |name| element.value(name).unwrap_or_default().trim().to_owned();
        Self { code: text("faultcode"), message: text("faultstring") }
    }

    /// The code as it was sent, such as `sf:INVALID_SESSION_ID`, or `soapenv:Client` for a call that cannot be read.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What was sent as text, which mostly begins with the code.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same as an entry of REST's error list: the code without its prefix (some faults have none), and the text
    /// without the code.
    #[must_use]
    pub fn api_error(&self) -> ApiError {
        let local = self.code.rsplit(':').next().unwrap_or_default();
        let said = self.message.split_once(':').filter(|(code, _)| is_code(code));
        let code = match said {
            Some((code, _)) if !is_code(local) => code,
            _ => local,
        };
        let message = match said {
            Some((said, text)) if said == code => text.trim_start(),
            _ => &self.message,
        };
        ApiError::new(ErrorCode::from(code), message)
    }
}

/// `INVALID_SESSION_ID` and not `Client`.
fn is_code(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        || matches!(text, "GONE" | "CONFLICT" | "MODIFIED")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.api_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: &str, text: &str) -> ApiError {
        Fault { code: code.into(), message: text.into() }.api_error()
    }

    #[test]
    fn the_code_is_found_with_any_prefix_or_in_the_text() {
        let session = |code| fault(code, "INVALID_SESSION_ID: Illegal Session: x");
        for code in ["sf:INVALID_SESSION_ID", "INVALID_SESSION_ID", "soapenv:Server", ""] {
            assert_eq!(session(code), ApiError::new(ErrorCode::InvalidSessionId, "Illegal Session: x"), "{code}");
        }
        assert_eq!(fault("soapenv:Client", "Element {}x invalid: y").code.as_str(), "Client");
        assert_eq!(fault("sf:NEW_CODE", "some text").message, "some text");
    }
}
