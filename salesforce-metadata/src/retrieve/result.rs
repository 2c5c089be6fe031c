use std::fmt;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{ApiError, ErrorCode, IdText};

use crate::FileProperties;
use crate::answer::words;
use crate::component::shape::xml_struct;

xml_struct! {
    /// How far a retrieve is, and what came of it.
    pub struct RetrieveResult {
        /// Whether it has ended; see [`is_done`](Self::is_done).
        done: Option<bool> = "done",
        /// Why it failed. The real code stands in front of it.
        error_message: Option<String> = "errorMessage",
        /// The code of the failure, mostly `UNKNOWN_EXCEPTION`.
        error_status_code: Option<String> = "errorStatusCode",
        /// The files, and what the org says of each.
        files: Vec<FileProperties> = "fileProperties",
        /// Its id.
        id: Option<IdText> = "id",
        /// What could not be retrieved.
        messages: Vec<RetrieveMessage> = "messages",
        /// How far it is; old versions do not say.
        status: Option<RetrieveStatus> = "status",
        /// Whether it went well; old versions do not say.
        success: Option<bool> = "success",
        /// The zip in base64, in an answer that was asked for it.
        zip_file: Option<String> = "zipFile",
    }
}

xml_struct! {
    /// A component that could not be retrieved, or another remark.
    pub struct RetrieveMessage {
        /// The file that it is about, mostly the manifest.
        file_name: String = "fileName",
        /// What there is to say.
        problem: String = "problem",
    }
}

words! {
    /// How far a retrieve is.
    pub enum RetrieveStatus {
        /// It waits for its turn.
        Pending,
        /// It runs.
        InProgress,
        /// It went well.
        Succeeded,
        /// It did not.
        Failed,
    }
}

/// A retrieve that the org could not do; the [source](std::error::Error::source) of its error.
#[derive(Clone, Debug)]
pub struct RetrieveFailed {
    code: ErrorCode,
    message: String,
}

impl RetrieveFailed {
    /// What an error says of a failed retrieve, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// The code that stands in front of the org's message, such as `LIMIT_EXCEEDED`.
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.code
    }
}

impl fmt::Display for RetrieveFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RetrieveFailed {}

impl RetrieveResult {
    /// Whether it has ended. Versions that do not say have ended when there are files or a zip.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done.unwrap_or_else(|| self.zip_file.is_some() || !self.files.is_empty())
    }

    /// The same if it went well.
    pub(super) fn checked(self) -> Result<Self> {
        let failed = self.success == Some(false) || self.status == Some(RetrieveStatus::Failed);
        if !failed {
            return Ok(self);
        }
        let message = self.error_message.unwrap_or_else(|| "the org does not say why".to_owned());
        // `UNKNOWN_EXCEPTION` stands there for everything; the real code is in the text.
        let said = message.split_once(':').filter(|(code, _)| {
            code.contains('_')
                && code.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
        });
        let (code, text) = match said {
            Some((code, text)) => (code, text.trim()),
            None => (self.error_status_code.as_deref().unwrap_or("UNKNOWN_EXCEPTION"), &*message),
        };
        let error = Error::refusal(None, vec![ApiError::new(ErrorCode::from(code), text)]);
        let kind = match (code, error.kind()) {
            ("LIMIT_EXCEEDED", _) => ErrorKind::Limit,
            // Said of a call it would pass; a retrieve that ended so has ended.
            (_, ErrorKind::Busy) => ErrorKind::Other,
            (_, kind) => kind,
        };
        let failed = RetrieveFailed { code: ErrorCode::from(code), message: message.clone() };
        Err(Error::new(kind, format!("the retrieve failed: {error}")).with_source(failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::shape::Xml;
    use crate::xml::Element;

    fn result(inner: &str) -> RetrieveResult {
        let text = format!("<result>{inner}</result>");
        RetrieveResult::read(Element::parse(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn the_code_of_a_failure_is_the_one_in_its_text() {
        let error = result("<done>true</done><status>Failed</status><success>false</success><errorStatusCode>UNKNOWN_EXCEPTION</errorStatusCode><errorMessage>LIMIT_EXCEEDED: Too many files in retrieve call, limit is: 10000</errorMessage>")
            .checked()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(RetrieveFailed::of(&error).unwrap().code().as_str(), "LIMIT_EXCEEDED");
        let error = result("<done>true</done><success>false</success><errorMessage>something: odd</errorMessage>")
            .checked()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{error}");
    }

    #[test]
    fn an_old_answer_that_says_nothing_but_has_a_zip_is_a_success() {
        let old = result("<id>04sU0000000WkdIIAS</id><zipFile>UEs=</zipFile>");
        assert!(old.is_done() && old.checked().is_ok());
        assert!(!result("<id>04sU0000000WkdIIAS</id>").is_done());
        let running =
            result(r#"<done>false</done><status>InProgress</status><success>false</success><zipFile xsi:nil="true"/>"#);
        assert!(!running.is_done() && running.zip_file.is_none());
    }
}
