//! Trouble on demand: an answer that fails, comes late, or does not come.

use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use salesforce_types::{ApiError, ErrorCode};

use crate::{Body, route};

/// The page that a pod under maintenance shows, on every path and to everybody.
const MAINTENANCE: &str = "<html><head><title>Maintenance</title></head><body><center><table><tr><td>\
<b>We are down for maintenance.</b><br>Sorry for the inconvenience. We'll be back shortly.\
</td></tr></table></center></body></html>";

/// What goes wrong, where, and how often.
///
/// A fault is given to an org; each request that it fits uses up one of its times. Of several faults that fit, the one
/// given first plays. The first function says what happens, the others where and when; without them it happens to the
/// next request, once.
///
/// ```
/// use salesforce_mock::{Fault, Org};
///
/// let mut org = Org::empty();
/// org.fault(Fault::status(503).at("query").times(2));
/// org.fault(Fault::lost_answer().at("sobjects/Account").method(http::Method::POST));
/// org.fault(Fault::reset().at("/services/data").every(7).forever());
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    headers: HeaderMap,
    place: Option<String>,
    method: Option<Method>,
    containing: Option<String>,
    skip: u32,
    every: u32,
    left: Option<u32>,
    seen: u32,
}

#[derive(Clone, Debug)]
enum Effect {
    Answer { status: StatusCode, content_type: HeaderValue, body: Bytes },
    Delay(Duration),
    Reset,
    LostAnswer,
    Truncated(usize),
    ResetAfter(usize),
    Slow(Duration),
    Rows(usize),
    Count(i64),
    ExpiredToken,
    GzipGarbage,
}

/// How an answer is to be brought: an extension of the [`http::Response`] that [`Org::handle`](crate::Org::handle)
/// gives. The server in front of the org acts on it; whoever calls `handle` without a server may look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// How long the answer waits. The org has done what it was asked by then.
    pub delay: Duration,
    /// What arrives of the answer.
    pub part: Part,
    /// How long each piece of the body waits.
    pub between: Duration,
}

/// How much of an answer arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// Nothing: the connection is reset.
    Nothing,
    /// The head and this many bytes of the body; then the connection ends.
    Bytes(usize),
    /// The same; then the connection is reset.
    BytesThenReset(usize),
}

/// What a fault does to the request at hand.
#[derive(Debug)]
pub(crate) enum Play {
    /// The org is not asked; this is the answer.
    Instead(Response<Body>),
    /// The org is asked with a token that has just expired.
    WithExpiredToken,
    /// The org is asked; its answer is brought like this.
    Deliver(Delivery),
    /// The org is asked; its answer says gzip and is none.
    GzipGarbage,
    /// The org is asked; only so many rows of its CSV are sent, and the body ends as if it were whole.
    Rows(usize),
    /// The org is asked; it announces so many rows more than it sends.
    Count(i64),
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            headers: HeaderMap::new(),
            place: None,
            method: None,
            containing: None,
            skip: 0,
            every: 1,
            left: Some(1),
            seen: 0,
        }
    }

    /// An answer of that status with the error list that Salesforce sends with it, instead of asking the org. A number
    /// that is no status counts as 500.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
            401 => ("INVALID_SESSION_ID", "Session expired or invalid"),
            403 => ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            404 => ("NOT_FOUND", "The requested resource does not exist"),
            503 => ("SERVER_UNAVAILABLE", "Server too busy"),
            _ => (
                "UNKNOWN_EXCEPTION",
                "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)",
            ),
        };
        Self::error(status, code, message)
    }

    /// An answer of that status with one entry in the error list, instead of asking the org.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let list = [ApiError::new(ErrorCode::from(code), message)];
        let body = serde_json::to_vec(&list).expect("an error list is JSON");
        Self::body(status, "application/json;charset=UTF-8", body)
    }

    /// Any answer, instead of asking the org.
    #[must_use]
    pub fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Effect::Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: HeaderValue::from_str(content_type)
                .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream")),
            body: body.into(),
        })
    }

    /// The HTML page of a pod under maintenance, with status 503.
    #[must_use]
    pub fn maintenance() -> Self {
        Self::body(503, "text/html;charset=UTF-8", MAINTENANCE)
    }

    /// The org does what it is asked; the answer comes that much later.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Delay(delay))
    }

    /// The connection is reset before the org is asked.
    #[must_use]
    pub fn reset() -> Self {
        Self::new(Effect::Reset)
    }

    /// The org does what it is asked, and the connection is reset before the answer.
    #[must_use]
    pub fn lost_answer() -> Self {
        Self::new(Effect::LostAnswer)
    }

    /// The connection ends after that many bytes of the answer's body.
    #[must_use]
    pub fn truncated(bytes: usize) -> Self {
        Self::new(Effect::Truncated(bytes))
    }

    /// The connection is reset after that many bytes of the answer's body.
    #[must_use]
    pub fn reset_after(bytes: usize) -> Self {
        Self::new(Effect::ResetAfter(bytes))
    }

    /// Each piece of the answer's body comes that much after the one before.
    #[must_use]
    pub fn slow(between: Duration) -> Self {
        Self::new(Effect::Slow(between))
    }

    /// The answer is CSV that ends between two rows, after that many of them, as if it were whole; what its head
    /// announces stays as it was.
    #[must_use]
    pub fn short(rows: usize) -> Self {
        Self::new(Effect::Rows(rows))
    }

    /// The head of a page of results announces so many rows more than it has, or fewer when the number is negative.
    #[must_use]
    pub fn wrong_count(by: i64) -> Self {
        Self::new(Effect::Count(by))
    }

    /// The token of the request expires, and every later use of it is refused, too.
    #[must_use]
    pub fn expired_token() -> Self {
        Self::new(Effect::ExpiredToken)
    }

    /// The answer says that it is compressed, and its bytes are no gzip after the first few.
    #[must_use]
    pub fn gzip_garbage() -> Self {
        Self::new(Effect::GzipGarbage)
    }

    /// Adds a header to an answer made instead of asking the org, such as `Retry-After`. One that cannot be sent is
    /// left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.append(name, value);
        }
        self
    }

    /// Only requests to this place: a path from its beginning (`/services/oauth2/token`), or one inside any version of
    /// the API (`query`, `sobjects/Account`). A place holds all that is below it.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Only requests of this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests whose path and query, without percent signs, contain this text, such as `FROM Contact`.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    /// Lets the first `count` fitting requests pass.
    #[must_use]
    pub fn skip(mut self, count: u32) -> Self {
        self.skip = count;
        self
    }

    /// After the skipped ones, plays on the first fitting request and lets `nth − 1` pass before the next.
    #[must_use]
    pub fn every(mut self, nth: u32) -> Self {
        self.every = nth.max(1);
        self
    }

    /// How many times it plays; once, if nothing is said.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    /// It plays as long as the org lives, or until [`Org::clear_faults`](crate::Org::clear_faults).
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.left = None;
        self
    }

    fn name(&self) -> &'static str {
        match self.effect {
            Effect::Answer { .. } => "answer",
            Effect::Delay(_) => "delay",
            Effect::Reset => "reset",
            Effect::LostAnswer => "lost answer",
            Effect::Truncated(_) => "truncated",
            Effect::ResetAfter(_) => "reset after",
            Effect::Slow(_) => "slow",
            Effect::Rows(_) => "short",
            Effect::Count(_) => "wrong count",
            Effect::ExpiredToken => "expired token",
            Effect::GzipGarbage => "gzip garbage",
        }
    }

    fn fits(&self, method: &Method, path: &str, decoded: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.place.as_deref().is_none_or(|place| route::is_at(path, place))
            && self.containing.as_deref().is_none_or(|text| decoded.contains(text))
    }

    /// Counts a fitting request, and says whether it is one to play on.
    fn turn(&mut self) -> bool {
        let turn = self.seen;
        self.seen = self.seen.saturating_add(1);
        let due = turn.checked_sub(self.skip).is_some_and(|turn| turn % self.every == 0);
        if due && let Some(left) = &mut self.left {
            *left -= 1;
        }
        due
    }

    fn play(&self) -> Play {
        match &self.effect {
            Effect::Answer { status, content_type, body } => {
                let mut response = Response::new(body.clone().into());
                *response.status_mut() = *status;
                response.headers_mut().insert(CONTENT_TYPE, content_type.clone());
                response.headers_mut().extend(self.headers.clone());
                Play::Instead(response)
            }
            Effect::Delay(delay) => Play::Deliver(Delivery { delay: *delay, ..Delivery::default() }),
            Effect::Reset => {
                let mut response = Response::new(Body::empty());
                // For a caller that takes no notice of how the answer is to be brought.
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                response.extensions_mut().insert(Delivery { part: Part::Nothing, ..Delivery::default() });
                Play::Instead(response)
            }
            Effect::LostAnswer => Play::Deliver(Delivery { part: Part::Nothing, ..Delivery::default() }),
            Effect::Truncated(bytes) => Play::Deliver(Delivery { part: Part::Bytes(*bytes), ..Delivery::default() }),
            Effect::ResetAfter(bytes) => {
                Play::Deliver(Delivery { part: Part::BytesThenReset(*bytes), ..Delivery::default() })
            }
            Effect::Slow(between) => Play::Deliver(Delivery { between: *between, ..Delivery::default() }),
            Effect::Rows(rows) => Play::Rows(*rows),
            Effect::Count(by) => Play::Count(*by),
            Effect::ExpiredToken => Play::WithExpiredToken,
            Effect::GzipGarbage => Play::GzipGarbage,
        }
    }
}

/// The faults that are still to play.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if fault.left != Some(0) {
            self.0.push(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether there is none, so that nothing has to be looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Finds the fault that plays on this request. Every fitting one before it counts the request, too.
    pub(crate) fn next(&mut self, method: &Method, path: &str, decoded: &str) -> Option<(&'static str, Play)> {
        let fitting = self.0.iter_mut().filter(|fault| fault.fits(method, path, decoded));
        let found = fitting.into_iter().find_map(|fault| fault.turn().then(|| (fault.name(), fault.play())));
        self.0.retain(|fault| fault.left != Some(0));
        found
    }
}

/// Makes the body of an answer into something that begins like gzip and goes on as nonsense.
pub(crate) fn spoil(response: &mut Response<Body>) {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    let written = packed.write_all(b"{\"totalSize\":");
    let mut bytes = written.and_then(|()| packed.finish()).expect("a vector takes every byte");
    for byte in bytes.iter_mut().skip(10) {
        *byte = !*byte;
    }
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = bytes.into();
}

/// Cuts the CSV of an answer behind so many rows.
pub(crate) fn shorten(response: &mut Response<Body>, rows: usize) {
    let body = std::mem::take(response.body_mut());
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = Body::pieces(Short { body, quoted: false, left: rows.saturating_add(1) });
}

/// A body of CSV that ends when no line is left. Lines inside of quotation marks do not count.
struct Short {
    body: Body,
    quoted: bool,
    left: usize,
}

impl Iterator for Short {
    type Item = std::io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let mut piece = match self.body.next_piece()? {
            Ok(piece) => piece,
            error => return Some(error),
        };
        for place in 0..piece.len() {
            match piece[place] {
                b'"' => self.quoted = !self.quoted,
                b'\n' if !self.quoted => self.left -= 1,
                _ => {}
            }
            if self.left == 0 {
                piece.truncate(place + 1);
                break;
            }
        }
        Some(Ok(piece))
    }
}

/// Changes the number of rows that the head of an answer announces.
pub(crate) fn miscount(response: &mut Response<Body>, by: i64) {
    if let Some(count) = response.headers_mut().get_mut("sforce-numberofrecords") {
        let announced = count.to_str().ok().and_then(|count| count.parse().ok()).unwrap_or(0_i64);
        *count = HeaderValue::from(announced.saturating_add(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(fault: Fault, requests: usize) -> Vec<bool> {
        let mut faults = Faults::default();
        faults.add(fault);
        (0..requests).map(|_| faults.next(&Method::GET, "/services/data/v68.0/query", "").is_some()).collect()
    }

    #[test]
    fn a_fault_plays_once_unless_told_otherwise() {
        assert_eq!(turns(Fault::status(503), 3), [true, false, false]);
        assert_eq!(turns(Fault::status(503).times(2), 3), [true, true, false]);
        assert_eq!(turns(Fault::status(503).times(0), 2), [false, false]);
        assert_eq!(turns(Fault::status(503).skip(1), 3), [false, true, false]);
        assert_eq!(turns(Fault::status(503).skip(1).every(2).forever(), 6), [false, true, false, true, false, true]);
    }

    #[test]
    fn a_fault_fits_by_method_place_and_text() {
        let fault = Fault::reset().at("query").method(Method::GET).containing("FROM Contact");
        let path = "/services/data/v68.0/query";
        assert!(fault.fits(&Method::GET, path, "…?q=SELECT Id FROM Contact"));
        assert!(!fault.fits(&Method::POST, path, "…?q=SELECT Id FROM Contact"));
        assert!(!fault.fits(&Method::GET, path, "…?q=SELECT Id FROM Account"));
        assert!(!fault.fits(&Method::GET, "/services/data/v68.0/limits", "FROM Contact"));
    }

    #[test]
    fn the_first_of_two_faults_plays_first() {
        let mut faults = Faults::default();
        faults.add(Fault::reset());
        faults.add(Fault::lost_answer());
        let names: Vec<_> = (0..3).map(|_| faults.next(&Method::GET, "/", "/").map(|(name, _)| name)).collect();
        assert_eq!(names, [Some("reset"), Some("lost answer"), None]);
        assert!(faults.is_empty());
    }
}
