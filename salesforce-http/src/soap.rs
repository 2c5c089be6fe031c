//! SOAP over the same pipeline: for the few calls that REST does not have.
//!
//! A call is an [`Element`] on its way in and an [`Element`] on its way out; token, retries, limits and errors are the
//! connection's. Names are local names: the prefixes of an answer mean nothing here.
//!
//! ```no_run
//! use salesforce_http::soap::{Call, Element};
//!
//! # async fn example(connection: salesforce_http::Connection) -> salesforce_http::Result<()> {
//! let answer = connection.soap(Call::partner(Element::new("getServerTimestamp")).read_only()).await?;
//! println!("{:?}", answer.child("result").and_then(|result| result.value("timestamp")));
//! # Ok(()) }
//! ```

mod element;
mod fault;

use std::borrow::Cow;
use std::fmt;

use quick_xml::escape::partial_escape;
use salesforce_types::ApiVersion;

pub use self::element::{BrokenXml, Element};
pub use self::fault::Fault;
use crate::request::Effect;
use crate::{Connection, Error, ErrorKind, Request, Result};

/// So soon a fault says that it is one; a body that is longer and does not holds results.
const FAULT: usize = 64 * 1024;

/// A SOAP call: an operation with what it takes.
#[derive(Clone)]
#[must_use = "nothing is sent until the call is given to a connection"]
pub struct Call {
    service: Service,
    operation: Operation,
    headers: Vec<Element>,
    effect: Effect,
}

#[derive(Clone)]
enum Operation {
    Element(Element),
    Written { name: Cow<'static, str>, xml: String },
}

impl Operation {
    fn name(&self) -> &str {
        match self {
            Self::Element(element) => element.name(),
            Self::Written { name, .. } => name,
        }
    }

    fn write(&self, out: &mut String) -> Result<()> {
        match self {
            Self::Element(element) => element.write(out),
            Self::Written { xml, .. } => {
                out.push_str(xml);
                Ok(())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Partner,
    Metadata,
}

impl Service {
    fn path(self, version: ApiVersion) -> String {
        let letter = match self {
            Self::Partner => 'u',
            Self::Metadata => 'm',
        };
        format!("/services/Soap/{letter}/{version}")
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::Metadata => "http://soap.sforce.com/2006/04/metadata",
        }
    }
}

impl Call {
    /// A call of the Partner API: data, as in REST.
    pub fn partner(operation: Element) -> Self {
        Self::new(Service::Partner, Operation::Element(operation))
    }

    fn new(service: Service, operation: Operation) -> Self {
        Self { service, operation, headers: Vec::new(), effect: Effect::Once }
    }

    /// A call of the Metadata API.
    pub fn metadata(operation: Element) -> Self {
        Self::new(Service::Metadata, Operation::Element(operation))
    }

    /// A call of the Metadata API whose element is written already, for those that need attributes such as `xsi:type`.
    /// In front of it stand metadata's namespace as the default one, and the prefix `xsi`.
    pub fn metadata_written(name: impl Into<Cow<'static, str>>, xml: String) -> Self {
        Self::new(Service::Metadata, Operation::Written { name: name.into(), xml })
    }

    /// Adds a header, such as `AllOrNoneHeader`. Session and client name are the connection's.
    pub fn header(mut self, header: Element) -> Self {
        self.headers.push(header);
        self
    }

    /// It changes nothing, so it may be sent again when an answer is lost. Otherwise it is sent once.
    pub fn read_only(mut self) -> Self {
        self.effect = Effect::None;
        self
    }

    /// Doing it again changes nothing more, so it may be sent again when an answer is lost.
    pub fn repeatable(mut self) -> Self {
        self.effect = Effect::Repeatable;
        self
    }

    fn request(&self, version: ApiVersion, client_name: &str) -> Result<Request> {
        let mut before = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="{}"><env:Header><SessionHeader><sessionId>"#,
            self.service.namespace()
        );
        let session_at = before.len();
        before.push_str("</sessionId></SessionHeader>");
        let client = Element::new("CallOptions").with("client", client_name);
        for header in std::iter::once(&client).chain(&self.headers) {
            header.write(&mut before)?;
        }
        before.push_str("</env:Header><env:Body>");
        self.operation.write(&mut before)?;
        before.push_str("</env:Body></env:Envelope>");
        Ok(Request::post(self.service.path(version))
            .label(format!("SOAP {}", self.operation.name()))
            .header("Accept", "text/xml")
            .header("SOAPAction", "\"\"")
            .body("text/xml; charset=UTF-8", before)
            .with_effect(self.effect)
            .with_session_at(session_at))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("service", &self.service).field("operation", &self.operation.name()).finish()
    }
}

/// What a SOAP answer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `…Response`, with a `result` child for each result.
    Response(Element),
    /// The call failed as a whole.
    Fault(Fault),
}

/// Reads a SOAP answer, wherever it comes from.
///
/// ```
/// use salesforce_http::soap::{Answer, read};
///
/// let body = br#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
///     <getServerTimestampResponse><result><timestamp>2026-03-01T17:49:01.000Z</timestamp></result>
///     </getServerTimestampResponse></e:Body></e:Envelope>"#;
/// let Answer::Response(response) = read(body)? else { panic!("a fault") };
/// assert_eq!(response.child("result").unwrap().value("timestamp"), Some("2026-03-01T17:49:01.000Z"));
/// # Ok::<(), salesforce_http::soap::BrokenXml>(())
/// ```
///
/// # Errors
/// The text is no XML, or no SOAP envelope; it has a document type, which is never read; it is nested deeper than 64
/// levels or has more than a million elements.
pub fn read(body: &[u8]) -> Result<Answer, BrokenXml> {
    let envelope = Element::parse(body)?;
    if envelope.name() != "Envelope" {
        return Err(BrokenXml::new("the XML is no SOAP envelope"));
    }
    let answer = envelope.into_child("Body").and_then(Element::into_first_child);
    match answer {
        Some(element) if element.name() == "Fault" => Ok(Answer::Fault(Fault::of(&element))),
        Some(element) => Ok(Answer::Response(element)),
        None => Err(BrokenXml::new("the SOAP envelope has an empty body")),
    }
}

/// The fault that a body holds, if it says soon that it is one: results are not read for it.
pub(crate) fn early_fault(body: &[u8]) -> Option<Fault> {
    let says_so = |start: &[u8]| start.windows(6).any(|window| window == b"Fault>" || window == b"Fault ");
    match body.get(..FAULT) {
        Some(start) if !says_so(start) => None,
        _ => fault(body),
    }
}

/// The fault that a body holds, if it is one.
pub(crate) fn fault(body: &[u8]) -> Option<Fault> {
    if !body.trim_ascii_start().starts_with(b"<") {
        return None;
    }
    match read(body).ok()? {
        Answer::Fault(fault) => Some(fault),
        Answer::Response(_) => None,
    }
}

/// A session id as text of an element.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    partial_escape(text)
}

impl Connection {
    /// The request that a SOAP call is, for who reads the answer in another way than as a tree of [`Element`]s. It is
    /// sent as any other: a fault of an answer that is read whole is an error then as well.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for text that XML cannot hold.
    pub fn soap_request(&self, call: &Call) -> Result<Request> {
        call.request(self.api_version(), self.client_name())
    }

    /// Makes a SOAP call and hands back the element of its answer, `…Response`.
    ///
    /// # Errors
    /// As [`send`](Self::send). A fault is an error like one of REST: its code decides on kind and retries, and a
    /// refused session is renewed once. [`Config`](ErrorKind::Config), with [`JwtInSoap`](crate::JwtInSoap) as its
    /// source, for a token that SOAP does not take in this version; [`Invalid`](ErrorKind::Invalid) for text that XML
    /// cannot hold. Nothing was sent then.
    pub async fn soap(&self, call: Call) -> Result<Element> {
        let response = self.send(self.soap_request(&call)?).await?;
        let unreadable = |error: BrokenXml| {
            let message = format!("the answer cannot be read: {error}");
            // The org did what it was asked; only what came of it is not known.
            let kind = if call.effect == Effect::Once { ErrorKind::OutcomeUnknown } else { ErrorKind::Decode };
            response.error(kind, message).with_source(error)
        };
        match read(response.bytes()).map_err(unreadable)? {
            Answer::Response(element) => Ok(element),
            // The rest of the faults, which say so late, were taken for results until here.
            Answer::Fault(fault) => Err(Error::refusal(None, vec![fault.api_error()])
                .with_call(response.call())
                .with_status(response.status())
                .with_request_id(response.request_id())
                .with_tries(response.tries())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_an_envelope_with_a_hole_for_the_session() {
        let undelete = Element::new("undelete").with("ids", "001D000000IqhSLIAZ").with("ids", "a<b&\"c\"]]>\r");
        let all_or_none = Element::new("AllOrNoneHeader").with("allOrNone", "false");
        let request = Call::partner(undelete).header(all_or_none).request(ApiVersion::V68, "acme-backup/1.2").unwrap();
        assert_eq!(
            (request.path(), request.call(), request.effect()),
            ("/services/Soap/u/68.0", "SOAP undelete".to_owned(), Effect::Once)
        );
        assert_eq!(request.headers()["SOAPAction"], "\"\"");
        let text = String::from_utf8(request.content().as_bytes().unwrap().to_vec()).unwrap();
        assert!(
            text.contains("<sessionId></sessionId>") && text.contains("<client>acme-backup/1.2</client>"),
            "{text}"
        );
        let body = Element::parse(text.as_bytes()).unwrap().into_child("Body").unwrap();
        let ids: Vec<_> = body.child("undelete").unwrap().children("ids").map(Element::text).collect();
        assert_eq!(ids, ["001D000000IqhSLIAZ", "a<b&\"c\"]]>\r"]);
    }

    #[test]
    fn an_operation_that_is_written_already_goes_out_as_it_is() {
        let xml = r#"<createMetadata><metadata xsi:type="CustomField"/></createMetadata>"#;
        let call = Call::metadata_written("createMetadata", xml.into());
        let request = call.clone().request(ApiVersion::V68, "x").unwrap();
        assert_eq!((request.call(), request.effect()), ("SOAP createMetadata".to_owned(), Effect::Once));
        let text = String::from_utf8(request.content().as_bytes().unwrap().to_vec()).unwrap();
        assert!(text.contains(&format!("<env:Body>{xml}</env:Body>")), "{text}");
        assert_eq!(call.repeatable().request(ApiVersion::V68, "x").unwrap().effect(), Effect::Repeatable);
    }

    #[test]
    fn text_that_xml_cannot_hold_is_not_sent() {
        let call = Call::metadata(Element::new("deploy").with("name", "a\0b"));
        assert_eq!(call.request(ApiVersion::V68, "x").unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn what_is_no_envelope_is_no_answer() {
        for body in ["", "{}", "<html></html>", "<e:Envelope/>", "<Envelope><Body/></Envelope>", "<Envelope><Body><a>"]
        {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
