//! A SOAP call of the Metadata API: out as a tree, back as a tree.

use std::borrow::Cow;

use salesforce_http::soap::{self, Answer, Call};
use salesforce_http::{Effect, Error, ErrorKind, Response, Result};
use salesforce_types::{ApiError, ErrorCode};

use crate::Client;
use crate::component::shape::Xml;
use crate::xml::{Element, XmlError, XmlErrorKind};

/// The whole answer to a call, not read yet.
pub(crate) struct Reply {
    response: Response,
    effect: Effect,
}

impl Client {
    /// Makes a call. `effect` says what it does to make it twice.
    pub(crate) async fn call(&self, operation: Element<'static>, effect: Effect) -> Result<Reply> {
        self.call_with(operation, effect, None).await
    }

    pub(crate) async fn call_with(
        &self,
        operation: Element<'static>,
        effect: Effect,
        header: Option<soap::Element>,
    ) -> Result<Reply> {
        let call = written(operation, effect)?;
        let call = header.into_iter().fold(call, Call::header);
        let response = self.connection().send(self.connection().soap_request(&call)?).await?;
        Ok(Reply { response, effect })
    }
}

/// A call as it goes out.
pub(crate) fn written(operation: Element<'static>, effect: Effect) -> Result<Call> {
    check(&operation)?;
    let mut xml = String::with_capacity(256);
    operation.write_inline(&mut xml);
    let call = Call::metadata_written(operation.name().to_owned(), xml);
    Ok(match effect {
        Effect::None => call.read_only(),
        Effect::Repeatable => call.repeatable(),
        Effect::Once => call,
    })
}

/// Whether a call can go out.
pub(crate) fn check(operation: &Element<'_>) -> Result<()> {
    operation.check().map_err(|error| {
        let call = format!("SOAP {}", operation.name());
        Error::new(ErrorKind::Invalid, format!("nothing was sent: {error}")).with_call(call).with_source(error)
    })
}

impl Reply {
    /// The element of the answer, `…Response`.
    pub(crate) fn element(&self) -> Result<Element<'_>> {
        match read(self.response.bytes()) {
            Ok(Read::Response(element)) => Ok(element),
            Ok(Read::Fault(error)) => Err(error.with_call(self.response.call()).with_status(self.response.status())),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    /// The results in it, in order.
    pub(crate) fn results<T: Xml>(&self) -> Result<Vec<T>> {
        let results = self.element()?.into_nodes().into_iter().filter_map(crate::xml::Node::into_element);
        let results = results.filter(|element| element.name() == "result" && !element.is_nil());
        results.map(|element| T::read(element).map_err(|error| self.unreadable(error))).collect()
    }

    /// The one result in it.
    pub(crate) fn result<T: Xml>(&self) -> Result<T> {
        let mut results = self.results()?;
        match (results.pop(), results.is_empty()) {
            (Some(result), true) => Ok(result),
            (None, _) => Err(self.unreadable(XmlError::new(XmlErrorKind::Value, "it has no result"))),
            (Some(_), false) => Err(self.unreadable(XmlError::duplicate("result"))),
        }
    }

    /// An error about this answer. Of a call that changed something, only what came of it is not known.
    pub(crate) fn unreadable(&self, error: XmlError) -> Error {
        let kind = if self.effect == Effect::Once { ErrorKind::OutcomeUnknown } else { ErrorKind::Decode };
        self.response.error(kind, format!("the answer cannot be read: {error}")).with_source(error)
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: String) -> Error {
        self.response.error(kind, message)
    }
}

pub(crate) enum Read<'a> {
    Response(Element<'a>),
    Fault(Error),
}

/// Reads an answer, wherever it comes from.
pub(crate) fn read(body: &[u8]) -> Result<Read<'_>, XmlError> {
    let other = |message: &'static str| XmlError::new(XmlErrorKind::OtherElement, message);
    let envelope = Element::parse(body)?;
    if envelope.name() != "Envelope" {
        return Err(other("it is no SOAP envelope"));
    }
    let body_of = envelope.into_child("Body").ok_or_else(|| other("the SOAP envelope has no body"))?;
    let first = body_of.into_nodes().into_iter().find_map(crate::xml::Node::into_element);
    let answer = first.ok_or_else(|| other("the SOAP envelope has an empty body"))?;
    if answer.name() != "Fault" {
        return Ok(Read::Response(answer));
    }
    match soap::read(body) {
        Ok(Answer::Fault(fault)) => Ok(Read::Fault(Error::refusal(None, vec![fault.api_error()]))),
        _ => Err(other("the fault in it cannot be read")),
    }
}

/// The refusal of one component among many.
pub(crate) fn refusal(errors: &[Element<'static>]) -> Error {
    let errors = errors.iter().map(|error| {
        let text = |name| error.value(name).unwrap_or(Cow::Borrowed(""));
        let fields = error.children("fields").map(|field| field.text().into_owned()).collect();
        ApiError { fields, ..ApiError::new(ErrorCode::from(&*text("statusCode")), text("message")) }
    });
    Error::refusal(None, errors.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(body: &str) -> String {
        format!(
            r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>"#
        )
    }

    #[test]
    fn a_fault_is_a_fault_wherever_it_stands_and_with_any_prefix() {
        for code in ["sf:INVALID_TYPE", "INVALID_TYPE"] {
            let body = envelope(&format!(
                "<e:Fault><faultcode>{code}</faultcode><faultstring>INVALID_TYPE: no</faultstring></e:Fault>"
            ));
            let Ok(Read::Fault(error)) = read(body.as_bytes()) else { panic!("{code}") };
            assert_eq!(error.api_errors()[0].code, ErrorCode::InvalidType);
        }
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let kind = |body: &str| read(body.as_bytes()).err().map(|error| error.kind());
        assert_eq!(kind("<!DOCTYPE html><html>"), Some(XmlErrorKind::Html));
        assert_eq!(kind("{}"), Some(XmlErrorKind::Syntax));
        assert_eq!(kind("<a/>"), Some(XmlErrorKind::OtherElement));
        assert_eq!(kind(&envelope("")), Some(XmlErrorKind::OtherElement));
    }
}
