use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use salesforce_types::ApiVersion;
#[cfg(feature = "soap")]
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use crate::body::Body;
use crate::token::AccessToken;
use crate::{Error, ErrorKind, Result};

/// What it does to the org to make the same call again. Decides what is resent when an answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It changes nothing: a read.
    None,
    /// It changes something, and doing it again changes nothing more: an update, a delete, an upsert by external id.
    Repeatable,
    /// It changes something each time: a create. Sent again only when the org surely did not do it.
    Once,
}

/// A call as a plain value. It knows no host and no token: the connection adds them.
///
/// ```
/// use salesforce_http::{Effect, Request};
///
/// let request = Request::get("query").query("q", "SELECT Id FROM Account WHERE Name = 'A & B'");
/// assert_eq!(request.path(), "query?q=SELECT+Id+FROM+Account+WHERE+Name+%3D+%27A+%26+B%27");
///
/// let request = Request::post("sobjects/Account").json(&serde_json::json!({"Name": "Acme"}));
/// assert_eq!(request.effect(), Effect::Once);
/// ```
#[derive(Clone)]
#[must_use = "nothing is sent until the request is given to a connection"]
pub struct Request {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Body,
    effect: Effect,
    label: Option<Cow<'static, str>>,
    response_cap: Option<usize>,
    time_limit: Option<Duration>,
    error_body: Option<usize>,
    /// Where in the body the session id goes.
    #[cfg(feature = "soap")]
    session_at: Option<usize>,
    problem: Option<String>,
}

const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'*')
    .remove(b',')
    .remove(b':')
    .remove(b'(')
    .remove(b')')
    .remove(b' ');

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Text as one segment of a path, such as the value of an external id.
///
/// ```
/// use salesforce_http::path_segment;
///
/// assert_eq!(path_segment("a/b c"), "a%2Fb%20c");
/// assert_eq!(path_segment(".."), "%2E%2E");
/// ```
#[must_use]
pub fn path_segment(text: &str) -> String {
    match text {
        "." | ".." => "%2E".repeat(text.len()),
        text => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

impl Request {
    /// A call. `path` is relative to `/services/data/vXX.X/`; with a leading `/` it is a path of the host as is.
    ///
    /// The effect follows the method: none for GET and HEAD, once for POST, repeatable for the others.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let effect = match method {
            Method::GET | Method::HEAD | Method::OPTIONS => Effect::None,
            Method::POST => Effect::Once,
            _ => Effect::Repeatable,
        };
        Self {
            method,
            target: path.into(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            effect,
            label: None,
            response_cap: None,
            time_limit: None,
            error_body: None,
            #[cfg(feature = "soap")]
            session_at: None,
            problem: None,
        }
    }

    /// Reads something.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Asks for the headers only.
    pub fn head(path: impl Into<String>) -> Self {
        Self::new(Method::HEAD, path)
    }

    /// Creates something, or has something done.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// Changes something.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// Replaces something.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// Deletes something.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Reads what a server's answer points to: `nextRecordsUrl`, an entry of `urls`. A path or an absolute URL.
    ///
    /// An absolute URL of another host than the token's is refused when it is sent
    /// ([`ForeignHost`](ErrorKind::ForeignHost)); the token does not leave.
    pub fn follow(url: impl Into<String>) -> Self {
        Self::get(url)
    }

    /// The same call below another base than `/services/data/vXX.X/`, such as `/services/apexrest/` or `tooling/`. A
    /// path that says where it is, with a leading `/` or a host, is left alone.
    ///
    /// ```
    /// use salesforce_http::Request;
    ///
    /// assert_eq!(Request::get("widgets/7").below("/services/apexrest/").path(), "/services/apexrest/widgets/7");
    /// ```
    pub fn below(mut self, base: &str) -> Self {
        if !self.target.starts_with('/') && !is_absolute(&self.target) {
            self.target.insert_str(0, base);
        }
        self
    }

    /// Adds a value to the query, encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        for (text, end) in [(name, "="), (value, "")] {
            // A space is `+` here and a plus sign is `%2B`: a long SOQL text grows less, and URLs are limited.
            for (index, word) in text.split(' ').enumerate() {
                if index > 0 {
                    self.target.push('+');
                }
                self.target.extend(utf8_percent_encode(word, QUERY));
            }
            self.target.push_str(end);
        }
        self
    }

    /// Sets a header. Those that belong to the connection (`Authorization`, `Host`, `User-Agent` and the like) are
    /// refused when the request is sent; `Sforce-Call-Options` is added to the connection's own.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(_)) if OURS.contains(&name) => {
                self.problem = Some(format!("the header `{name}` is set by the connection"));
            }
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
            }
            _ => self.problem = Some(format!("`{}` is no header, or its value cannot be one", name.escape_debug())),
        }
        self
    }

    /// Sends this as JSON. What cannot be serialized is an error when the request is sent.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.body("application/json", bytes),
            Err(error) => {
                self.problem = Some(format!("the body cannot be written as JSON: {error}"));
                self
            }
        }
    }

    /// Sends this body.
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self.header(header::CONTENT_TYPE.as_str(), content_type)
    }

    /// Says what it does to make this call twice, where the method does not say it.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// What errors and logs call it, instead of method and path.
    pub fn label(mut self, label: impl Into<Cow<'static, str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The most bytes its answer may have, instead of the connection's cap.
    pub fn response_cap(mut self, bytes: usize) -> Self {
        self.response_cap = Some(bytes);
        self
    }

    /// How long this call may take, one try as well as all together, instead of the connection's
    /// [`timeout`](crate::ConnectionBuilder::timeout) and [`deadline`](crate::ConnectionBuilder::deadline): an upload
    /// of gigabytes takes longer than any other call. Silence on the wire still ends it.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// How much of the body of a refusal its [error](crate::Error::body) keeps, instead of 2 KB: for calls whose refusal
    /// is an answer with parts, such as the records that share an external id. Bodies over 1 MB are not kept.
    pub fn error_body(mut self, bytes: usize) -> Self {
        self.error_body = Some(bytes);
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its query, as it will stand in the URL.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.target
    }

    /// The headers set so far.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What it carries.
    #[must_use]
    pub fn content(&self) -> &Body {
        &self.body
    }

    /// What it does to make it twice.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What errors and logs call it: `GET sobjects/Account/describe`.
    #[must_use]
    pub fn call(&self) -> String {
        match &self.label {
            Some(label) => label.clone().into_owned(),
            None => format!("{} {}", self.method, crate::redact::url(&self.target)),
        }
    }

    /// Whether it can be sent at all, at any org. The connection asks this of each call; ask it of a call that goes out
    /// as a part of another one, which the connection does not see.
    ///
    /// ```
    /// use salesforce_http::Request;
    ///
    /// assert!(Request::get("limits").check().is_ok());
    /// assert!(Request::get("limits").header("Host", "elsewhere.example").check().is_err());
    /// ```
    ///
    /// # Errors
    /// `Invalid`: a header that is none or is the connection's, a body that cannot be serialized, a path that leads
    /// elsewhere.
    pub fn check(&self) -> Result<()> {
        if let Some(problem) = &self.problem {
            return invalid(problem);
        }
        if self.target.chars().any(|char| char.is_control()) || self.target.contains('#') {
            return invalid("its path holds a control character or `#`: encode values with `path_segment`");
        }
        no_dots(&self.target)
    }

    pub(crate) fn limit(&self) -> Option<Duration> {
        self.time_limit
    }

    /// Has the session id put in here when it is sent.
    #[cfg(feature = "soap")]
    pub(crate) fn with_session_at(mut self, offset: usize) -> Self {
        self.session_at = Some(offset);
        self
    }

    /// The body as it goes out with this token.
    #[cfg(feature = "soap")]
    pub(crate) fn body_with(&self, token: &AccessToken, version: ApiVersion) -> Result<Body> {
        let Some((before, after)) = self.session_at.and_then(|at| self.body.as_bytes()?.split_at_checked(at)) else {
            return Ok(self.body.clone());
        };
        let session = token.for_soap(version)?.expose_secret();
        Ok([before, crate::soap::escaped(session).as_bytes(), after].concat().into())
    }

    /// The body as it goes out.
    #[cfg(not(feature = "soap"))]
    pub(crate) fn body_with(&self, _token: &AccessToken, _version: ApiVersion) -> Result<Body> {
        Ok(self.body.clone())
    }

    pub(crate) fn cap(&self) -> Option<usize> {
        self.response_cap
    }

    pub(crate) fn kept_error_body(&self) -> usize {
        self.error_body.unwrap_or(EXCERPT)
    }

    /// Its URL at this org, or why it must not be sent.
    pub(crate) fn url(&self, instance: &Url, version: ApiVersion) -> Result<Url> {
        self.check()?;
        let origin = instance.as_str().trim_end_matches('/');
        let url = if is_absolute(&self.target) {
            let scheme = if self.target.starts_with('/') { "https:" } else { "" };
            let Ok(url) = Url::parse(&format!("{scheme}{}", self.target)) else {
                return invalid("its URL cannot be read");
            };
            if url.origin() != instance.origin() || !url.username().is_empty() || url.password().is_some() {
                return Err(foreign(&url, instance));
            }
            return Ok(url);
        } else if self.target.starts_with('/') {
            Url::parse(&format!("{origin}{}", self.target))
        } else {
            Url::parse(&format!("{origin}/services/data/v{version}/{}", self.target))
        };
        match url {
            Ok(url) if url.origin() == instance.origin() => Ok(url),
            Ok(url) => Err(foreign(&url, instance)),
            Err(_) => invalid("its path cannot be part of a URL"),
        }
    }
}

fn invalid<T>(why: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Invalid, why))
}

/// How much of a body that is no error list an error keeps, unless the request says more.
pub(crate) const EXCERPT: usize = 2048;

/// What the connection and the transport set themselves.
const OURS: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::HOST,
    header::USER_AGENT,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
];

/// Whether it begins with a scheme, or with `//` and thereby a host.
fn is_absolute(target: &str) -> bool {
    let scheme = target.split(['/', '?', '\\']).next().unwrap_or_default();
    target.starts_with("//") || target.starts_with("/\\") || scheme.contains(':')
}

/// `..` would lead out of the API to the rest of the host.
fn no_dots(target: &str) -> Result<()> {
    let path = target.split('?').next().unwrap_or_default();
    let dots = |segment: &str| matches!(segment.replace("%2e", ".").replace("%2E", ".").as_str(), "." | "..");
    match path.split(['/', '\\']).any(dots) {
        true => invalid("its path holds `.` or `..` as a segment"),
        false => Ok(()),
    }
}

pub(crate) fn foreign(url: &Url, instance: &Url) -> Error {
    let host = |url: &Url| url.origin().ascii_serialization();
    Error::new(
        ErrorKind::ForeignHost,
        format!("it leads to {} and the token is for {} only; nothing was sent there", host(url), host(instance)),
    )
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("call", &self.call())
            .field("effect", &self.effect)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(request: &Request) -> Result<String> {
        let instance = Url::parse("https://acme.my.salesforce.com").unwrap();
        request.url(&instance, ApiVersion::V66).map(Into::into)
    }

    #[test]
    fn relative_paths_are_below_the_version_and_others_below_the_host() {
        let at = |request| url(&request).unwrap();
        assert_eq!(at(Request::get("limits")), "https://acme.my.salesforce.com/services/data/v66.0/limits");
        assert_eq!(at(Request::get("/services/data")), "https://acme.my.salesforce.com/services/data");
        assert_eq!(
            at(Request::follow("https://ACME.my.salesforce.com:443/services/data/v66.0/query/0r8-2000")),
            "https://acme.my.salesforce.com/services/data/v66.0/query/0r8-2000"
        );
        assert_eq!(
            at(Request::get("limits/recordCount?x=1").query("sObjects", "Account,Contact")),
            "https://acme.my.salesforce.com/services/data/v66.0/limits/recordCount?x=1&sObjects=Account,Contact"
        );
    }

    #[test]
    fn other_hosts_schemes_and_ports_are_refused() {
        for foreign in [
            "https://attacker.test/services/data/v66.0/query/0r8-2000",
            "https://acme.my.salesforce.com.attacker.test/x",
            "https://acme.my.salesforce.com@attacker.test/x",
            "https://ada@acme.my.salesforce.com/x",
            "http://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com:8443/x",
            "https:\\\\attacker.test/x",
            "ftp://acme.my.salesforce.com/x",
            "//attacker.test/x",
            "/\\attacker.test/x",
            "data:x",
        ] {
            assert_eq!(url(&Request::follow(foreign)).unwrap_err().kind(), ErrorKind::ForeignHost, "{foreign}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for bad in ["../oauth2/revoke", "sobjects/..\\..", "sobjects/%2E%2e/x", "a#b", "a\nb", "/services/./data"] {
            assert_eq!(url(&Request::get(bad)).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
        assert!(url(&Request::get(format!("sobjects/A/X__c/{}", path_segment("..")))).is_err());
        assert!(url(&Request::get("query?q=a/../b")).is_ok());
    }

    #[test]
    fn headers_of_the_connection_cannot_be_set() {
        let refused = |name, value| url(&Request::get("limits").header(name, value)).is_err();
        assert!(refused("authorization", "Bearer x") && refused("Host", "attacker.test") && refused("a", "b\r\nc"));
        assert!(!refused("Sforce-Query-Options", "batchSize=200"));
    }

    #[test]
    fn what_cannot_be_serialized_is_told_before_it_is_sent() {
        let keys = std::collections::HashMap::from([((1, 2), 3)]);
        let request = Request::post("sobjects/Account").json(&keys);
        assert_eq!(request.check().unwrap_err().kind(), ErrorKind::Invalid);
        assert!(url(&request).is_err());
    }

    #[test]
    fn debug_and_call_hide_values() {
        let request = Request::get("query").query("q", "SELECT canary").header("X-Secret", "canary");
        assert_eq!(request.call(), "GET query?q=…");
        assert!(!format!("{request:?}").contains("canary"));
    }
}
