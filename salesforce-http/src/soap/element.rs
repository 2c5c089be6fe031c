//! XML as a small tree. An answer is not trusted: depth and number of elements are bounded, a document type is
//! refused, and nothing outside of the text is ever read.

use std::borrow::Cow;
use std::fmt;

use quick_xml::Reader;
use quick_xml::escape::{partial_escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};

use crate::{Error, ErrorKind, Result};

const DEEPEST: usize = 64;
const MOST_ELEMENTS: usize = 1_000_000;

/// An element: its local name, its text, its children. Of attributes only `xsi:nil` is kept.
///
/// ```
/// use salesforce_http::soap::Element;
///
/// let result = Element::parse(b"<result><id>001D000000IqhSLIAZ</id><success>true</success></result>")?;
/// assert_eq!(result.value("id"), Some("001D000000IqhSLIAZ"));
/// assert_eq!(result.value("errors"), None);
/// # Ok::<(), salesforce_http::soap::BrokenXml>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    name: Cow<'static, str>,
    text: String,
    nil: bool,
    children: Vec<Self>,
}

impl Element {
    /// An element of this name, to be sent.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name: name.into(), text: String::new(), nil: false, children: Vec::new() }
    }

    /// The same with a child that holds this text; it is escaped when it is sent.
    #[must_use]
    pub fn with(self, name: &'static str, text: impl Into<String>) -> Self {
        let child = Self { text: text.into(), ..Self::new(name) };
        self.with_child(child)
    }

    /// The same with this child.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The name without a prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text; empty for an element that has children.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says `xsi:nil="true"`, which is null.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of that name, in order. XML does not tell a list of one from a single value: who reads knows.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name; `None` when there is none, or it is nil.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name).filter(|child| !child.nil).map(Self::text)
    }

    pub(super) fn into_child(self, name: &str) -> Option<Self> {
        self.children.into_iter().find(|child| child.name == name)
    }

    pub(super) fn into_first_child(self) -> Option<Self> {
        self.children.into_iter().next()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It is no XML in UTF-8, ends too early, has a document type or entities of its own, or is larger than allowed.
    pub fn parse(body: &[u8]) -> Result<Self, BrokenXml> {
        let text = std::str::from_utf8(body).map_err(|_| BrokenXml::new("the XML is not in UTF-8"))?;
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = Vec::new();
        let mut elements = 0;
        loop {
            let closed = match reader.read_event().map_err(BrokenXml::at)? {
                Event::Start(start) => {
                    open.push(element(&start, &mut elements)?);
                    if open.len() > DEEPEST {
                        return Err(BrokenXml::new(format!("the XML is nested deeper than {DEEPEST} levels")));
                    }
                    None
                }
                Event::Empty(start) => Some(element(&start, &mut elements)?),
                Event::End(_) => open.pop(),
                Event::Text(part) => append(&mut open, &part.xml10_content()),
                Event::CData(part) => append(&mut open, &part.xml10_content()),
                Event::GeneralRef(part) => {
                    let character = part.resolve_char_ref().map_err(BrokenXml::at)?;
                    match (character, resolve_predefined_entity(&part)) {
                        (Some(character), _) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                        (None, Some(known)) => append(&mut open, known),
                        (None, None) => return Err(BrokenXml::new("the XML uses an entity of its own")),
                    }
                }
                Event::DocType(_) => return Err(BrokenXml::new("the XML has a document type")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
                Event::Eof => return Err(BrokenXml::new("the XML ends too early")),
            };
            match (closed, open.last_mut()) {
                (Some(child), Some(parent)) => {
                    parent.text.clear(); // blanks between elements
                    parent.children.push(child);
                }
                (Some(root), None) => return Ok(root),
                (None, _) => {}
            }
        }
    }

    /// Appends it to a text.
    pub(super) fn write(&self, out: &mut String) -> Result<()> {
        let fits =
            |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r');
        if !self.text.chars().all(|c| fits(c) || ('\u{7f}'..='\u{9f}').contains(&c)) {
            let message = format!("nothing was sent: the text of `{}` has a character that XML cannot hold", self.name);
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let open = |out: &mut String, slash: &str| [slash, &self.name, ">"].iter().for_each(|part| out.push_str(part));
        open(out, "<");
        // A reader would turn a carriage return into a line feed.
        out.push_str(&partial_escape(&*self.text).replace('\r', "&#13;"));
        for child in &self.children {
            child.write(out)?;
        }
        open(out, "</");
        Ok(())
    }
}

/// Text may hold what nobody should read in a log.
impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element").field("name", &self.name).field("children", &self.children).finish_non_exhaustive()
    }
}

fn element(start: &BytesStart<'_>, elements: &mut usize) -> Result<Element, BrokenXml> {
    *elements += 1;
    if *elements > MOST_ELEMENTS {
        return Err(BrokenXml::new(format!("the XML has more than {MOST_ELEMENTS} elements")));
    }
    let mut nil = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| BrokenXml::at(error.into()))?;
        nil |= attribute.key.local_name().as_ref() == "nil" && matches!(&*attribute.value, "true" | "1");
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element { name: name.into(), text: String::new(), nil, children: Vec::new() })
}

fn append(open: &mut [Element], text: &str) -> Option<Element> {
    if let Some(element) = open.last_mut().filter(|element| element.children.is_empty()) {
        element.text.push_str(text);
    }
    None
}

/// XML that is not read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenXml(Cow<'static, str>);

impl BrokenXml {
    pub(super) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }

    fn at(error: quick_xml::Error) -> Self {
        Self(format!("no readable XML: {error}").into())
    }
}

impl fmt::Display for BrokenXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrokenXml {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Element, BrokenXml> {
        Element::parse(text.as_bytes())
    }

    #[test]
    fn text_is_put_together_from_its_pieces_and_blanks_between_elements_are_none() {
        let root =
            parse("\u{feff}<?xml version='1.0'?><!-- c --><a>\n <b>x &amp; <![CDATA[<y>]]>&#x41;\r\n</b>\n <c/> </a>")
                .unwrap();
        assert_eq!(root.text(), "");
        assert_eq!(root.value("b"), Some("x & <y>A\n"));
        assert_eq!(root.value("c"), Some(""));
    }

    #[test]
    fn nil_is_no_text_and_prefixes_are_dropped() {
        let root = parse(r#"<s:a><x:id xsi:nil="true"/><x:id>1</x:id></s:a>"#).unwrap();
        assert_eq!((root.name(), root.value("id"), root.children("id").count()), ("a", None, 2));
        assert!(root.child("id").unwrap().is_nil());
    }

    #[test]
    fn nothing_of_outside_is_read_and_nothing_grows() {
        for bad in [
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            "<a>&e;</a>",
            "<a>&#0;</a>",
            "<a><b></a></b>",
            "<a",
            "<a>",
            "",
            "text",
            "<a x='1' x='2'/>",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(Element::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| parse(&format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)));
        assert!(nested(DEEPEST).is_ok());
        assert!(nested(DEEPEST + 1).unwrap_err().to_string().contains("64 levels"));
    }

    #[test]
    fn the_number_of_elements_is_bounded() {
        let wide = |count: usize| parse(&format!("<a>{}</a>", "<b/>".repeat(count - 1)));
        assert!(wide(1000).is_ok());
        assert!(wide(MOST_ELEMENTS + 1).unwrap_err().to_string().contains("elements"));
    }

    #[test]
    fn debug_shows_no_text() {
        let call = Element::new("login").with("password", "canary");
        assert!(!format!("{call:?}").contains("canary"));
    }
}
