use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode, header};
use salesforce_types::Timestamp;
use serde::de::DeserializeOwned;

use crate::body::BodyStream;
use crate::limits::Place;
use crate::transport::TransportError;
use crate::{Error, ErrorKind, Result};

/// The parts of an answer that come before its body.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) call: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn date(&self) -> Option<Timestamp> {
        let date = httpdate::parse_http_date(self.header(header::DATE.as_str())?).ok()?;
        Some(Timestamp::EPOCH.saturating_add(date.duration_since(UNIX_EPOCH).ok()?))
    }

    /// The server's name for the request, whatever the edge in front of it calls it.
    pub(crate) fn request_id(&self) -> Option<String> {
        let id = ["x-sfdc-request-id", "x-request-id", "request-id"].iter().find_map(|name| self.header(name))?;
        Some(crate::redact::cut(id, 128).to_owned())
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.about(Error::new(kind, message), 0)
    }

    /// The error with the call and what the server said of it.
    fn about(&self, error: Error, tries: u32) -> Error {
        error.with_call(self.call.clone()).with_status(self.status).with_request_id(self.request_id()).with_tries(tries)
    }
}

/// A whole answer with a status below 300, or 304.
#[derive(Clone)]
pub struct Response {
    head: Head,
    body: Bytes,
    tries: u32,
    lost: bool,
}

impl Response {
    pub(crate) fn new(head: Head, body: Bytes, tries: u32, lost: bool) -> Self {
        Self { head, body, tries, lost }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The call that it answers, as errors and logs name it.
    #[must_use]
    pub fn call(&self) -> &str {
        &self.head.call
    }

    /// A header's value, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The body, decompressed.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The body, decompressed.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.body
    }

    /// Takes the body out, so that it can be read in place; [`with_body`](Self::with_body) puts it back.
    #[must_use]
    pub fn take_body(&mut self) -> Bytes {
        std::mem::take(&mut self.body)
    }

    /// The same answer with another body: an error of [`json`](Self::json) then is about that body, and names the call.
    #[must_use]
    pub fn with_body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// An error about this answer, which names the call.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        self.head.error(kind, message).with_tries(self.tries)
    }

    /// An answer that came inside this one, as a composite call carries those of its parts.
    ///
    /// # Errors
    /// What a call of its own would have failed with, when the status says that it failed.
    pub fn inner(&self, status: StatusCode, body: Bytes) -> Result<Self> {
        let head = Head { status, ..self.head.clone() };
        match status.is_success() || status == StatusCode::NOT_MODIFIED {
            true => Ok(Self { head, body, ..*self }),
            false => Err(crate::classify::inner_refusal(&head, &body).with_tries(self.tries)),
        }
    }

    /// When the server answered, by its own clock, to the second.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.head.date()
    }

    /// The server's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<String> {
        self.head.request_id()
    }

    /// How often the call was sent before this answer came.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether the answer to an earlier try of this very call was lost, or the org broke that try off: it may have done
    /// then what it refuses here, and may still be at it.
    #[must_use]
    pub fn an_earlier_try_was_lost(&self) -> bool {
        self.lost
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) with the call and the place in the JSON, such as `records[3].Amount`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| self.head.about(unreadable::<T>(&self.body, error), self.tries))
    }
}

/// The JSON of an answer, or of a part of one, as a `T`.
///
/// # Errors
/// [`Decode`](ErrorKind::Decode) with the place in the JSON, such as `records[3].Amount`, and no word of what stands
/// there: see [`Response::json`], which names the call too.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| unreadable::<T>(body, error))
}

/// Reads again, slower, to learn where it went wrong.
#[cold]
fn unreadable<T: DeserializeOwned>(body: &[u8], error: serde_json::Error) -> Error {
    let decode = |message: String| Error::new(ErrorKind::Decode, message);
    if body.iter().all(u8::is_ascii_whitespace) {
        return decode("the answer is empty where JSON was expected".into());
    }
    let cut = if error.is_eof() { "the answer's JSON ends too early" } else { "the answer's JSON is not as expected" };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) if error.path().iter().next().is_some() => decode(format!("{cut}, at `{}`", error.path())),
        _ => decode(format!("{cut}, at line {} column {}", error.line(), error.column())),
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("call", &self.head.call)
            .field("status", &self.head.status)
            .field("bytes", &self.body.len())
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// An answer whose body is still on its way: a stream of [`Bytes`].
///
/// It holds one of the connection's places for concurrent calls until it is dropped. A body that breaks off is an
/// error of the stream, never an early end.
pub struct StreamingResponse {
    head: Head,
    body: BodyStream,
    tries: u32,
    _place: Place,
}

impl StreamingResponse {
    pub(crate) fn new(head: Head, body: BodyStream, tries: u32, place: Place) -> Self {
        Self { head, body, tries, _place: place }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// A header's value, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// When the server answered, by its own clock, to the second.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.head.date()
    }

    /// The rest of the body, at most `cap` bytes.
    ///
    /// # Errors
    /// The connection broke or the body is larger than `cap`.
    pub async fn collect_up_to(self, cap: usize) -> Result<Bytes> {
        let Self { head, body, tries, _place } = self;
        body.collect_up_to(cap).await.map_err(|error| broken_body(&head, error, cap).with_tries(tries))
    }
}

impl Stream for StreamingResponse {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(Pin::new(&mut self.body).poll_next(context));
        Poll::Ready(piece.map(|piece| piece.map_err(|error| broken_body(&self.head, error, usize::MAX))))
    }
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingResponse")
            .field("call", &self.head.call)
            .field("status", &self.head.status)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// The error of an answer that began well and did not end.
pub(crate) fn broken_body(head: &Head, error: TransportError, cap: usize) -> Error {
    let (kind, message) = crate::classify::transport_failure(&error, None, cap);
    head.error(kind, message).with_source(error)
}
