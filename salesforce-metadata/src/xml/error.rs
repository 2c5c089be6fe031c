use std::borrow::Cow;
use std::fmt;

use salesforce_http::{Error, ErrorKind};

/// XML that is not read, or does not hold what it should.
///
/// ```
/// use salesforce_metadata::XmlErrorKind;
/// use salesforce_metadata::xml::Element;
///
/// let error = Element::parse(b"<!DOCTYPE html><html></html>").unwrap_err();
/// assert_eq!(error.kind(), XmlErrorKind::Html);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError {
    kind: XmlErrorKind,
    message: Cow<'static, str>,
}

/// What is wrong with a piece of XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// It is no XML, or it ends too early.
    Syntax,
    /// It is a page for people: a login, an error, a proxy's.
    Html,
    /// It declares a document type or uses an entity of its own; both are refused unread.
    DocumentType,
    /// It is nested too deep, or has too many elements.
    TooLarge,
    /// It is of another namespace than metadata's.
    Namespace,
    /// It is another element than the one that is expected.
    OtherElement,
    /// An element stands there twice that may stand there once.
    Duplicate,
    /// A value is not of its type.
    Value,
}

impl XmlError {
    pub(crate) fn new(kind: XmlErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn syntax(error: impl fmt::Display, at: u64) -> Self {
        Self::new(XmlErrorKind::Syntax, format!("no readable XML, at byte {at}: {error}"))
    }

    pub(crate) fn syntax_of(what: &str, why: &dyn fmt::Display) -> Self {
        Self::new(XmlErrorKind::Syntax, format!("{what}: {why}"))
    }

    pub(crate) fn too_large(message: &'static str) -> Self {
        Self::new(XmlErrorKind::TooLarge, message)
    }

    pub(crate) fn duplicate(name: &str) -> Self {
        Self::new(XmlErrorKind::Duplicate, format!("`{name}` stands there twice where only one is allowed"))
    }

    /// What is wrong with it, in one word.
    #[must_use]
    pub fn kind(&self) -> XmlErrorKind {
        self.kind
    }

    /// The same, said of what is in this element.
    pub(crate) fn inside(self, name: &str) -> Self {
        Self { message: format!("in `{name}`: {}", self.message).into(), ..self }
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for XmlError {}

/// An answer, or a file out of one, that cannot be read.
impl From<XmlError> for Error {
    fn from(error: XmlError) -> Self {
        Self::new(ErrorKind::Decode, error.to_string()).with_source(error)
    }
}
