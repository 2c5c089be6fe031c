//! What an error of the org means for a run.

use connector_core::{Error, ErrorKind, Scope, StreamName};
use salesforce_http::{Error as HttpError, ErrorKind as Http};

/// An error that concerns the whole run.
pub(crate) fn run(error: HttpError) -> Error {
    let (kind, advice) = match error.kind() {
        Http::Config => (ErrorKind::Config, None),
        Http::Auth | Http::Denied | Http::NotFound | Http::Invalid | Http::Conflict => (ErrorKind::Refused, None),
        Http::Limit => (ErrorKind::Unavailable, Some("run again when the org allows calls again")),
        Http::Busy | Http::Connect | Http::Timeout => {
            (ErrorKind::Unavailable, Some("run again later; it goes on where it stopped"))
        }
        _ => (ErrorKind::Data, None),
    };
    let sentence = error.to_string();
    let mapped = Error::new(kind, sentence.trim_end_matches('.')).retelling(error);
    match advice {
        Some(advice) => mapped.advice(advice),
        None => mapped,
    }
}

/// An error met while a stream was read: of the stream where the others may still be read, of the run where they would
/// meet it too.
pub(crate) fn stream(error: HttpError, stream: &StreamName) -> Error {
    if is_by_design(&error) {
        let sentence = error.to_string();
        let unreadable = Error::new(ErrorKind::Unreadable, sentence).retelling(error);
        return unreadable.scope(Scope::Stream(stream.clone()));
    }
    let everywhere = matches!(
        error.kind(),
        Http::Config | Http::Auth | Http::Limit | Http::Busy | Http::Connect | Http::Timeout | Http::Other
    );
    if everywhere && !is_about_the_query(&error) {
        return run(error);
    }
    run(error).scope(Scope::Stream(stream.clone()))
}

/// A locator that is not known any more; reading goes on by key.
pub(crate) fn is_dead_locator(error: &HttpError) -> bool {
    error.api_errors().iter().any(|refusal| {
        let code = refusal.code.as_str();
        code.starts_with("INVALID_QUERY_LOCATOR")
            || code.starts_with("QUERY_LOCATOR_")
            || matches!(code, "INVALID_LOCATOR" | "LOCATOR_LOCATION_EXCEEDS_SIZE" | "UNAUTHORIZED_USER_FOR_CURSOR")
    })
}

/// The org does not let the object be read like this, whoever asks (REST reference 13).
fn is_by_design(error: &HttpError) -> bool {
    let by_code = |code: &str| {
        matches!(
            code,
            "INVALID_TYPE_FOR_OPERATION"
                | "ENTITY_NOT_QUERYABLE"
                | "UNSUPPORTED_QUERY"
                | "ID_REQUIRED"
                | "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION"
                | "EXTERNAL_OBJECT_EXCEPTION"
                | "DATACLOUD_API_DISABLED_EXCEPTION"
                | "BIG_OBJECT_UNSUPPORTED_OPERATION"
        )
    };
    let by_words = |message: &str| {
        ["Implementation restriction", "reified column", "you must filter", "must be specified in your query"]
            .iter()
            .any(|words| message.contains(words))
    };
    let too_long = error.status().is_some_and(|status| matches!(status.as_u16(), 414 | 431));
    too_long
        || error.api_errors().iter().any(|refusal| {
            let code = refusal.code.as_str();
            by_code(code) || (code == "MALFORMED_QUERY" && by_words(&refusal.message))
        })
}

/// The query was too much for the org; another one may not be.
fn is_about_the_query(error: &HttpError) -> bool {
    error.api_errors().iter().any(|refusal| {
        matches!(refusal.code.as_str(), "QUERY_TIMEOUT" | "QUERY_TOO_COMPLICATED" | "OPERATION_TOO_LARGE")
    })
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn an_error_is_told_once_and_can_still_be_looked_at() {
        let http = HttpError::new(Http::Busy, "the org is busy").with_source(std::io::Error::other("the reason"));
        let error = run(http);
        assert_eq!(error.to_string(), "the org is busy: run again later; it goes on where it stopped");
        assert_eq!(error.source().unwrap().to_string(), "the reason");
        assert!(error.origin().unwrap().is::<HttpError>());
        assert!(error.is_retryable());
    }

    #[test]
    fn what_the_others_would_meet_too_ends_the_run_and_what_they_would_not_does_not() {
        for (kind, everywhere) in [
            (Http::Auth, true),
            (Http::Busy, true),
            (Http::Limit, true),
            (Http::Invalid, false),
            (Http::Denied, false),
            (Http::NotFound, false),
            (Http::Decode, false),
            (Http::ForeignHost, false),
        ] {
            let error = stream(HttpError::new(kind, "no"), &"Account".into());
            assert_eq!(error.fault().scope == Scope::Run, everywhere, "{kind:?}");
        }
    }
}
