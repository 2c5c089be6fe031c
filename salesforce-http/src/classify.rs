//! What an answer means: its kind, and whether to send the call again.

mod code;

use std::time::Duration;

use http::{StatusCode, header};
use salesforce_types::{ApiError, ErrorCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use url::Url;

use self::code::{by_code, by_status};
use crate::clock::Clock;
use crate::redact;
use crate::request::EXCERPT;
use crate::response::Head;
use crate::transport::{TransportError, TransportErrorKind};
use crate::{Error, ErrorKind};

/// When the call may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It would fail again.
    Never,
    /// After a pause, if it does no harm to make the call twice.
    Repeatable,
    /// The same, three times at most: it may well be a fault that stays.
    Few,
    /// After a pause, whatever the call does: the org did not run it.
    NotRun,
    /// At once with a new token; the org did not run it.
    Renew,
}

/// A try that did not end well.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) retry: Retry,
    /// The org may have run the call and we do not know.
    pub(crate) lost: bool,
}

impl ErrorKind {
    /// What to think of one entry of the org's error list, such as that of one record among many.
    ///
    /// ```
    /// use salesforce_http::ErrorKind;
    /// use salesforce_types::{ApiError, ErrorCode};
    ///
    /// assert_eq!(ErrorKind::of(&ApiError::new(ErrorCode::UnableToLockRow, "")), ErrorKind::Busy);
    /// ```
    #[must_use]
    pub fn of(error: &ApiError) -> Self {
        by_code(error).map_or(Self::Other, |(kind, _)| kind)
    }
}

/// Whether the org gave the call or the record back before it did anything with it, so that it may be sent again
/// whatever it does: for a lock, or for the number of calls at once.
///
/// ```
/// use salesforce_http::was_given_back;
/// use salesforce_types::{ApiError, ErrorCode};
///
/// assert!(was_given_back(&ApiError::new(ErrorCode::UnableToLockRow, "")));
/// // Nobody says how far this one came.
/// assert!(!was_given_back(&ApiError::new(ErrorCode::RequestRunningTooLong, "")));
/// ```
#[must_use]
pub fn was_given_back(error: &ApiError) -> bool {
    matches!(by_code(error), Some((_, Retry::NotRun)))
}

/// The entries of an error body in any of the shapes it comes in, with the feature `soap` a SOAP fault too. Empty when
/// it is none.
///
/// ```
/// let body = br#"[{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]"#;
/// assert_eq!(salesforce_http::api_errors(body)[0].code.as_str(), "INVALID_SESSION_ID");
/// ```
#[must_use]
pub fn api_errors(body: &[u8]) -> Vec<ApiError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum One {
        Api(ApiError),
        OAuth { error: String, error_description: Option<String> },
    }
    let body = body.trim_ascii();
    match body.first() {
        Some(b'[') => serde_json::from_slice(body).unwrap_or_default(),
        Some(b'{') => match serde_json::from_slice(body) {
            Ok(One::Api(error)) => vec![error],
            Ok(One::OAuth { error, error_description }) => {
                vec![ApiError::new(ErrorCode::from(&*error), error_description.unwrap_or_default())]
            }
            Err(_) => Vec::new(),
        },
        #[cfg(feature = "soap")]
        Some(b'<') => crate::soap::fault(body).iter().map(crate::soap::Fault::api_error).collect(),
        // The answer of userinfo and of the identity URL to a stale token.
        _ if body == b"Bad_OAuth_Token" => vec![ApiError::new(ErrorCode::InvalidSessionId, "Bad_OAuth_Token")],
        _ => Vec::new(),
    }
}

impl Error {
    /// The error that these entries of an answer stand for: the refusal of one record among many, or of one part of a
    /// call, with that part's status.
    ///
    /// ```
    /// use salesforce_http::{Error, ErrorKind};
    /// use salesforce_types::{ApiError, ErrorCode};
    ///
    /// let error = Error::refusal(None, vec![ApiError::new(ErrorCode::DuplicateValue, "taken")]);
    /// assert_eq!((error.kind(), error.to_string()), (ErrorKind::Conflict, "DUPLICATE_VALUE: taken".into()));
    /// ```
    #[must_use]
    pub fn refusal(status: Option<StatusCode>, errors: Vec<ApiError>) -> Self {
        let errors: Vec<ApiError> = errors.into_iter().map(scrubbed).collect();
        let by_status = |by_api| status.map_or(UNKNOWN, |status| by_status(status, by_api));
        let (kind, _, message) = judged(&errors, || by_status(true))
            .unwrap_or_else(|| (by_status(false).0, Retry::Never, "it was refused without a reason".to_owned()));
        let error = Self::new(kind, message).with_api_errors(errors);
        match status {
            Some(status) => error.with_status(status),
            None => error,
        }
    }
}

/// An answer with status 300 or more, but 304. The error keeps at most `kept` bytes of a body that is no error list.
pub(crate) fn refusal(head: &Head, url: &Url, body: &[u8], kept: usize, clock: &dyn Clock) -> Failure {
    let errors: Vec<ApiError> = api_errors(body).into_iter().map(scrubbed).collect();
    let after = retry_after(head, clock);
    let by_api = !errors.is_empty();
    // A fault says 500 whatever it is about.
    let is_fault = body.trim_ascii_start().starts_with(b"<");
    let (kind, retry, message) = judged(&errors, || if is_fault { UNKNOWN } else { by_status(head.status, true) })
        .unwrap_or_else(|| {
            let (kind, retry) = by_status(head.status, false);
            let (kind, message) = match head.status.is_redirection() {
                true => redirect(head, url, body),
                false => (kind, without_errors(head, body)),
            };
            (kind, retry, message)
        });
    let retry = match (kind, retry) {
        // The org says when to come back, so it has not done it and will take it then.
        (ErrorKind::Limit, Retry::Never) if after.is_some() && is_call_limit(&errors) => Retry::NotRun,
        (_, retry) => retry,
    };
    let retry = match retry {
        // The class ran: what it did before it said so, nobody knows.
        Retry::NotRun if is_by_a_class(url) => Retry::Repeatable,
        retry => retry,
    };
    let excerpt = (!by_api && !body.is_empty()).then(|| excerpt(body, kept));
    let error = head.error(kind, message).with_api_errors(errors).with_retry_after(after).with_body(excerpt);
    Failure {
        error,
        retry,
        lost: !by_api && (head.status.is_server_error() || head.status == StatusCode::REQUEST_TIMEOUT),
    }
}

/// A part of an answer that says no, in the words that it would have as an answer of its own.
pub(crate) fn inner_refusal(head: &Head, body: &[u8]) -> Error {
    let errors: Vec<ApiError> = api_errors(body).into_iter().map(scrubbed).collect();
    match judged(&errors, || by_status(head.status, true)) {
        Some((kind, _, message)) => head.error(kind, message).with_api_errors(errors),
        None => {
            let (kind, _) = by_status(head.status, false);
            head.error(kind, without_errors(head, body)).with_body(Some(excerpt(body, EXCERPT)))
        }
    }
}

/// What is said with a code that is not known, and no status that tells more.
const UNKNOWN: (ErrorKind, Retry) = (ErrorKind::Other, Retry::Never);

/// What to think of an error list: its first entry decides.
fn judged(errors: &[ApiError], unknown: impl FnOnce() -> (ErrorKind, Retry)) -> Option<(ErrorKind, Retry, String)> {
    let first = errors.first()?;
    let (kind, retry) = by_code(first).unwrap_or_else(unknown);
    Some((kind, retry, sentence(first, errors.len(), kind)))
}

/// Whether a class of the org's own answers there (Apex REST): its words are not Salesforce's.
fn is_by_a_class(url: &Url) -> bool {
    const BASE: &str = "/services/apexrest/";
    url.path().get(..BASE.len()).is_some_and(|base| base.eq_ignore_ascii_case(BASE))
}

/// A refusal in an answer that says 200: an error list, or a page for people.
pub(crate) fn disguised(head: &Head, url: &Url, body: &[u8]) -> Option<Failure> {
    if is_by_a_class(url) {
        return None;
    }
    if is_html(head, body) {
        let message = without_errors(head, body);
        let error = head.error(ErrorKind::Busy, message).with_body(Some(excerpt(body, EXCERPT)));
        return Some(Failure { error, retry: Retry::Repeatable, lost: true });
    }
    #[cfg(feature = "soap")]
    let list = error_list(body).or_else(|| crate::soap::early_fault(body).map(|fault| vec![fault.api_error()]));
    #[cfg(not(feature = "soap"))]
    let list = error_list(body);
    let errors: Vec<ApiError> = list?.into_iter().map(scrubbed).collect();
    let (kind, retry, message) = judged(&errors, || UNKNOWN)?;
    Some(Failure { error: head.error(kind, message).with_api_errors(errors), retry, lost: false })
}

/// An error list and nothing else: a list of results, or rows that happen to hold a code, is none.
fn error_list(body: &[u8]) -> Option<Vec<ApiError>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        #[serde(rename = "errorCode")]
        _code: String,
        #[serde(rename = "message")]
        _message: String,
        #[serde(rename = "fields")]
        _fields: Option<IgnoredAny>,
        #[serde(rename = "extendedErrorDetails")]
        _details: Option<IgnoredAny>,
    }
    let start = body.trim_ascii_start();
    if start.len() > 64 * 1024 || !start.starts_with(b"[") {
        return None;
    }
    let entries: Vec<Entry> = serde_json::from_slice(start).ok()?;
    if entries.is_empty() { None } else { serde_json::from_slice(start).ok() }
}

/// What went wrong below HTTP, as a kind and a sentence.
pub(crate) fn transport_failure(error: &TransportError, host: Option<&str>, cap: usize) -> (ErrorKind, String) {
    let to = host.map(|host| format!(" to {host}")).unwrap_or_default();
    match error.kind() {
        TransportErrorKind::Connect => (
            ErrorKind::Connect,
            format!(
                "no connection{to} could be made: check the host name, the network, the proxy and its certificates"
            ),
        ),
        TransportErrorKind::ConnectTimeout => {
            (ErrorKind::Connect, format!("no connection{to} in time: check the host name, the network and the proxy"))
        }
        TransportErrorKind::ReadTimeout => (
            ErrorKind::Timeout,
            "the org was silent for longer than the read time-out: try later or ask for less".into(),
        ),
        TransportErrorKind::Broken => {
            (ErrorKind::Connect, format!("the connection{to} broke before the whole answer had come: try again"))
        }
        TransportErrorKind::Compression => (
            ErrorKind::Decode,
            "the compression of the answer is broken: try again, and look for a proxy in between".into(),
        ),
        TransportErrorKind::TooLarge => (
            ErrorKind::Limit,
            format!("the answer is larger than the cap of {cap} bytes: raise `response_cap` or stream it with `open`"),
        ),
        TransportErrorKind::Request => (ErrorKind::Invalid, "the request cannot be put on the wire".into()),
    }
}

/// When to send again what got no whole answer.
pub(crate) fn retry_of(error: &TransportError) -> Retry {
    match error.kind() {
        TransportErrorKind::Connect | TransportErrorKind::ConnectTimeout => Retry::NotRun,
        TransportErrorKind::ReadTimeout | TransportErrorKind::Broken => Retry::Repeatable,
        TransportErrorKind::Compression => Retry::Few,
        TransportErrorKind::TooLarge | TransportErrorKind::Request => Retry::Never,
    }
}

/// `Retry-After` in either of its forms.
fn retry_after(head: &Head, clock: &dyn Clock) -> Option<Duration> {
    let text = head.header(header::RETRY_AFTER.as_str())?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = head.date().unwrap_or_else(|| clock.now());
    Some(salesforce_types::Timestamp::EPOCH.saturating_add(at).since(now))
}

fn is_call_limit(errors: &[ApiError]) -> bool {
    errors.first().is_none_or(|first| first.code == ErrorCode::RequestLimitExceeded)
}

fn scrubbed(mut error: ApiError) -> ApiError {
    error.message = redact::secrets(&error.message).into_owned();
    error
}

/// The org's words on one line, and what to do where they do not say it.
fn sentence(first: &ApiError, count: usize, kind: ErrorKind) -> String {
    let text = first.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = redact::cut(&text, 1000).to_owned();
    if count > 1 {
        text.push_str(&format!(" (and {} more)", count - 1));
    }
    if let Some(advice) = advice(first, kind) {
        text.push_str(": ");
        text.push_str(advice);
    }
    text
}

fn advice(error: &ApiError, kind: ErrorKind) -> Option<&'static str> {
    match &error.code {
        ErrorCode::InvalidSessionId if not_for_rest(error) => Some(
            "a new token would not help; the app needs the scope `api`, and the org's API Access Control and session policy must admit it",
        ),
        ErrorCode::ApiDisabledForOrg => Some("the user needs the permission API Enabled, or the edition has no API"),
        ErrorCode::ApiCurrentlyDisabled if kind == ErrorKind::Denied => {
            Some("the user needs the permission API Enabled")
        }
        ErrorCode::RequestLimitExceeded if kind == ErrorKind::Limit => {
            Some("the org's calls of the last 24 hours are used up; go on when some of them are older")
        }
        ErrorCode::InvalidReplicationDate => Some("the log of changes does not reach there; read the object anew"),
        ErrorCode::Gone | ErrorCode::UnsupportedApiVersion | ErrorCode::InvalidVersion => {
            Some("choose another API version")
        }
        ErrorCode::Other(code) if &**code == "URL_NOT_RESET" => {
            Some("the token's instance URL must be the org's My Domain, not the login host")
        }
        _ => None,
    }
}

/// Signs on a 401 that a new token would be refused just the same.
fn not_for_rest(error: &ApiError) -> bool {
    let message = error.message.to_ascii_lowercase();
    message.contains("not valid for use with the rest api") || message.contains("not attached to agent")
}

fn without_errors(head: &Head, body: &[u8]) -> String {
    let what = if is_html(head, body) {
        let text = String::from_utf8_lossy(body.get(..16 * 1024).unwrap_or(body)).to_ascii_lowercase();
        return if text.contains("maintenance") || text.contains("be back shortly") {
            "Salesforce is down for maintenance (a page for people came instead of an answer): try later, see status.salesforce.com"
        } else {
            "an HTML page came instead of an answer: the host is wrong or Salesforce is not available now; check the URL, or try later"
        }
        .into();
    } else if body.trim_ascii().is_empty() {
        "the answer has no body"
    } else {
        "the answer is no error list of the API"
    };
    match head.status {
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "the URL and the headers are longer than the 16,384 bytes an org takes: name fewer fields, or split the query".into()
        }
        status if status.is_server_error() || status.as_u16() == 420 || status.as_u16() == 429 => {
            format!("Salesforce is not available now ({what}): try later")
        }
        status => format!("{what} ({})", status.canonical_reason().unwrap_or("unknown status")),
    }
}

/// Redirects are not followed: they may leave the host, and the token must not. A 300 is no redirect but a list of
/// records.
fn redirect(head: &Head, url: &Url, body: &[u8]) -> (ErrorKind, String) {
    if head.status == StatusCode::MULTIPLE_CHOICES {
        let records: Vec<String> = serde_json::from_slice(body).unwrap_or_default();
        let shown: Vec<&str> = records.iter().take(5).map(|record| record.as_str()).collect();
        let message =
            format!("the external id belongs to {} records: {}", records.len(), redact::secrets(&shown.join(", ")));
        return (ErrorKind::Conflict, message);
    }
    let target = head.header(header::LOCATION.as_str()).and_then(|location| url.join(location).ok());
    match target {
        Some(target) if target.origin() == url.origin() => (
            ErrorKind::Other,
            format!(
                "it is redirected to {}, which is not followed: call that path instead",
                redact::url(target.path())
            ),
        ),
        Some(target) => (
            ErrorKind::ForeignHost,
            format!(
                "it is redirected to {} and the token was not sent there: is the instance URL still the org's My Domain?",
                target.origin().ascii_serialization()
            ),
        ),
        None => (ErrorKind::Other, "it is redirected without saying where to".into()),
    }
}

fn is_html(head: &Head, body: &[u8]) -> bool {
    let starts = |prefix: &[u8]| {
        body.trim_ascii_start().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let says = head
        .header(header::CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.get(..9).is_some_and(|kind| kind.eq_ignore_ascii_case("text/html")));
    (says && body.trim_ascii_start().starts_with(b"<")) || starts(b"<!doctype html") || starts(b"<html")
}

fn excerpt(body: &[u8], kept: usize) -> String {
    let text = String::from_utf8_lossy(body.get(..kept.saturating_mul(2)).unwrap_or(body));
    redact::cut(&redact::secrets(&text), kept).to_owned()
}

#[cfg(test)]
mod tests;
