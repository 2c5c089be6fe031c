use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use salesforce_types::ApiError;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// Prints one sentence: the call, the status, the org's first code and message, or what else happened. What lies
/// below, such as a broken connection, is in [`source`](StdError::source) and is not printed twice.
///
/// ```
/// use salesforce_http::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Auth, "the token store is empty: log in again");
/// assert_eq!(error.to_string(), "the token store is empty: log in again");
/// assert!(!error.is_retryable());
/// ```
#[derive(Clone)]
pub struct Error(Box<Repr>);

/// What to think of an [`Error`], in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client is set up wrongly: a setting, an API version the org does not have. Change the set-up.
    Config,
    /// The org does not accept the login or the token. Log in again, or look at the app's policies.
    Auth,
    /// What the call names is not there, or not visible to this user.
    NotFound,
    /// The user, the app or the edition may not do this. An administrator has to grant it.
    Denied,
    /// The call itself is wrong, or asks for too much at once. Change it.
    Invalid,
    /// It collides with what the org holds: a duplicate, a locked record, a changed one.
    Conflict,
    /// An allowance is used up: the org's daily calls or storage, or this connection's cap on the size of an answer.
    Limit,
    /// The org cannot answer now. Try later.
    Busy,
    /// There was no connection, or it broke. Look at host name, network and proxy, or try later.
    Connect,
    /// No answer in time. Try later, or ask for less.
    Timeout,
    /// The answer cannot be read: broken JSON, broken compression, another shape than expected.
    Decode,
    /// A URL from the server, or a redirect, leads to another host. The token was not sent there.
    ForeignHost,
    /// The answer to a call that must not be made twice was lost: the org may have done it. Look before you repeat.
    OutcomeUnknown,
    /// None of these.
    Other,
}

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    message: String,
    call: Option<String>,
    status: Option<StatusCode>,
    api_errors: Vec<ApiError>,
    retry_after: Option<Duration>,
    tries: u32,
    request_id: Option<String>,
    body: Option<String>,
    outcome_unknown: bool,
    broke_off: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind. `message` is one sentence for the person who has to act.
    ///
    /// For those who implement [`TokenProvider`](crate::TokenProvider) or wrap a [`Connection`](crate::Connection).
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Repr {
            kind,
            message: message.into(),
            call: None,
            status: None,
            api_errors: Vec::new(),
            retry_after: None,
            tries: 0,
            request_id: None,
            body: None,
            outcome_unknown: kind == ErrorKind::OutcomeUnknown,
            broke_off: false,
            source: None,
        }))
    }

    /// The same with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// The same with the call it happened to, such as `GET limits`; a call already known is kept.
    #[must_use]
    pub fn with_call(mut self, call: impl Into<String>) -> Self {
        self.0.call.get_or_insert_with(|| call.into());
        self
    }

    /// The same with the status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The same with how long the server asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// The same error under another kind and sentence; its cause and what the server said stay.
    pub(crate) fn recast(mut self, kind: ErrorKind, message: String) -> Self {
        (self.0.kind, self.0.message) = (kind, message);
        self
    }

    /// The same of a call that was not sent again, with what its last try ended with.
    pub(crate) fn after(mut self, before: Self) -> Self {
        let Repr { message, status, api_errors, request_id, body, .. } = *before.0;
        let said = match self.0.message.strip_prefix("nothing was sent: ") {
            Some(said) => &format!("not sent again: {said}"),
            None => &self.0.message,
        };
        self.0.message = format!("{said}; before that: {message}");
        // A login that failed in between has said something itself.
        if self.0.status.is_none() {
            (self.0.status, self.0.api_errors) = (status, api_errors);
            (self.0.request_id, self.0.body) = (request_id, body);
        }
        self
    }

    /// The same with where it happened before its sentence, such as `row 3`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.message = format!("{place}: {}", self.0.message);
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    pub(crate) fn with_api_errors(mut self, errors: Vec<ApiError>) -> Self {
        self.0.api_errors = errors;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Self {
        self.0.body = body;
        self
    }

    /// The same, said of a call that the org may have run although no answer tells so: its kind becomes
    /// [`OutcomeUnknown`](ErrorKind::OutcomeUnknown).
    #[must_use]
    pub fn into_outcome_unknown(mut self) -> Self {
        (self.0.kind, self.0.outcome_unknown) = (ErrorKind::OutcomeUnknown, true);
        self
    }

    pub(crate) fn with_tries(mut self, tries: u32) -> Self {
        self.0.tries = tries;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self, unknown: bool) -> Self {
        self.0.outcome_unknown |= unknown;
        self
    }

    pub(crate) fn with_broke_off(mut self, broke_off: bool) -> Self {
        self.0.broke_off = broke_off;
        self
    }

    /// What to think of it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The same call may work later without anybody changing anything, and repeating it does no harm.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Busy | ErrorKind::Connect | ErrorKind::Timeout)
    }

    /// An answer to a call that changes something was lost: the org may have done what it was asked.
    ///
    /// Always so for [`ErrorKind::OutcomeUnknown`]; also for a repeatable call of which a try went missing.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// The org answered that it broke the call off, such as with `QUERY_TIMEOUT`, and did not say that it gave
    /// it back before it ran. What a call does at one stroke was not done then; of one that does many things, nobody
    /// knows how far it came.
    #[must_use]
    pub fn broke_off(&self) -> bool {
        self.0.broke_off
    }

    /// The call, such as `GET sobjects/Account/001…`. Values of the query are left out.
    #[must_use]
    pub fn call(&self) -> Option<&str> {
        self.0.call.as_deref()
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The org's own codes, messages and fields.
    #[must_use]
    pub fn api_errors(&self) -> &[ApiError] {
        &self.0.api_errors
    }

    /// How long the server asks to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the call was sent.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.0.tries
    }

    /// The server's id of the request, for a support case.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The first 2 KB of an answer that is no error list, such as a maintenance page, with tokens blotted out; more of it
    /// where the call [asked for that](crate::Request::error_body).
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr { message, call, status, tries, .. } = &*self.0;
        match (call, status) {
            (Some(call), Some(status)) => write!(f, "{call} failed with {}: {message}", status.as_u16())?,
            (Some(call), None) => write!(f, "{call} failed: {message}")?,
            (None, _) => f.write_str(message)?,
        }
        if *tries > 1 {
            write!(f, " (after {tries} tries)")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repr = &*self.0;
        f.debug_struct("Error")
            .field("kind", &repr.kind)
            .field("message", &repr.message)
            .field("call", &repr.call)
            .field("status", &repr.status)
            .field("api_errors", &repr.api_errors)
            .field("retry_after", &repr.retry_after)
            .field("tries", &repr.tries)
            .field("request_id", &repr.request_id)
            .field("outcome_unknown", &repr.outcome_unknown)
            .field("broke_off", &repr.broke_off)
            .field("source", &repr.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_in_the_source_and_not_printed_twice() {
        let error = Error::new(ErrorKind::Connect, "cannot reach acme.my.salesforce.com")
            .with_source(std::io::Error::other("the-cause"))
            .with_call("GET limits")
            .with_call("GET other")
            .with_tries(3);
        assert_eq!(error.to_string(), "GET limits failed: cannot reach acme.my.salesforce.com (after 3 tries)");
        assert_eq!(error.source().unwrap().to_string(), "the-cause");
    }

    #[test]
    fn only_what_heals_by_itself_is_retryable() {
        let retryable = |kind| Error::new(kind, "").is_retryable();
        assert!([ErrorKind::Busy, ErrorKind::Connect, ErrorKind::Timeout].into_iter().all(retryable));
        assert!(!retryable(ErrorKind::OutcomeUnknown) && !retryable(ErrorKind::Limit) && !retryable(ErrorKind::Auth));
    }

    #[test]
    fn errors_stay_small_in_results() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
