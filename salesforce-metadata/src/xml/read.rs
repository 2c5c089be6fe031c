use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Content, Element, NAMESPACE, Node, XmlError, XmlErrorKind};

const DEEPEST: usize = 64;
const MOST_ELEMENTS: usize = 2_000_000;

impl<'a> Element<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// It is no XML in UTF-8, ends too early, has a document type or an entity of its own, is nested deeper than 64
    /// levels or has more than two million elements; or it is a page in HTML.
    pub fn parse(document: &'a [u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(document)
            .map_err(|error| XmlError::syntax("it is not in UTF-8", error.valid_up_to() as u64))?;
        let text = text.trim_start_matches('\u{feff}');
        let start = text.trim_start().get(..14).unwrap_or_else(|| text.trim_start());
        if start.eq_ignore_ascii_case("<!doctype html")
            || start.get(..5).is_some_and(|s| s.eq_ignore_ascii_case("<html"))
        {
            return Err(XmlError::new(XmlErrorKind::Html, "a page in HTML stands where XML was expected"));
        }
        Self::parse_text(text)
    }

    fn parse_text(text: &'a str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = Vec::new();
        let mut root: Option<Self> = None;
        let mut elements = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| XmlError::syntax(error, reader.error_position()))?;
            let at = reader.buffer_position();
            let closed = match event {
                Event::Start(start) => {
                    let element = element(text, &start, &mut elements, at)?;
                    if open.len() == DEEPEST {
                        let message = format!("the XML is nested deeper than {DEEPEST} levels");
                        return Err(XmlError::new(XmlErrorKind::TooLarge, message));
                    }
                    open.push(element);
                    None
                }
                Event::Empty(start) => Some(element(text, &start, &mut elements, at)?),
                Event::End(_) => open.pop().map(closed),
                Event::Text(part) => append(&mut open, part.xml10_content(), at)?,
                Event::CData(part) => append(&mut open, part.xml10_content(), at)?,
                Event::GeneralRef(part) => {
                    let character = part.resolve_char_ref().map_err(|error| XmlError::syntax(error, at))?;
                    let text = match (character, resolve_predefined_entity(&part)) {
                        (Some(character), _) if is_text(character) => Cow::Owned(character.to_string()),
                        (None, Some(known)) => Cow::Borrowed(known),
                        (Some(_), _) => return Err(XmlError::syntax("a character that XML cannot hold", at)),
                        (None, None) => {
                            let message = "the XML uses an entity of its own, which is not read";
                            return Err(XmlError::new(XmlErrorKind::DocumentType, message));
                        }
                    };
                    append(&mut open, text, at)?
                }
                Event::Comment(part) => {
                    if let Some(parent) = open.last_mut() {
                        parent.nodes_mut_no_blanks().push(Node::Comment(part.xml10_content()));
                    }
                    None
                }
                Event::DocType(_) => {
                    let message = "the XML has a document type, which is not read";
                    return Err(XmlError::new(XmlErrorKind::DocumentType, message));
                }
                Event::Decl(_) | Event::PI(_) => None,
                Event::Eof => {
                    return match root {
                        Some(root) if open.is_empty() => Ok(root),
                        _ => Err(XmlError::syntax("it ends too early", at)),
                    };
                }
            };
            match (closed, open.last_mut()) {
                (Some(child), Some(parent)) => parent.nodes_mut_no_blanks().push(Node::Element(child)),
                (Some(child), None) if root.is_none() => root = Some(child),
                (Some(_), None) => return Err(XmlError::syntax("a second element stands behind the first one", at)),
                (None, _) => {}
            }
        }
    }

    /// Reads a file of metadata: as [`parse`](Self::parse), and its namespace is metadata's.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); [`Namespace`](XmlErrorKind::Namespace) for what is no metadata.
    pub fn parse_file(document: &'a [u8]) -> Result<Self, XmlError> {
        let root = Self::parse(document)?;
        let declaration = match root.prefix() {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        let namespace = root.attributes().find(|(name, _)| *name == declaration).map(|(_, value)| value);
        if namespace != Some(NAMESPACE) {
            let found = namespace.map_or("none".to_owned(), |found| format!("`{}`", found.escape_debug()));
            let message = format!("the namespace of `{}` is not metadata's `{NAMESPACE}` but {found}", root.name());
            return Err(XmlError::new(XmlErrorKind::Namespace, message));
        }
        Ok(root)
    }

    /// What is in it, without the blanks in front of what comes next.
    fn nodes_mut_no_blanks(&mut self) -> &mut Vec<Node<'a>> {
        match &mut self.content {
            Content::Text(text) if is_blank(text) => self.content = Content::Nodes(Vec::new()),
            Content::Nodes(nodes) => {
                if matches!(nodes.last(), Some(Node::Text(text)) if is_blank(text)) {
                    nodes.pop();
                }
            }
            Content::Text(_) => {}
        }
        self.nodes_mut()
    }
}

/// An element at its end: blanks behind its last child are gone.
fn closed(mut element: Element<'_>) -> Element<'_> {
    if let Content::Nodes(nodes) = &mut element.content
        && matches!(nodes.last(), Some(Node::Text(text)) if nodes.len() > 1 && is_blank(text))
    {
        nodes.pop();
    }
    element
}

fn element<'a>(text: &'a str, start: &BytesStart<'a>, elements: &mut usize, at: u64) -> Result<Element<'a>, XmlError> {
    *elements += 1;
    if *elements > MOST_ELEMENTS {
        let message = format!("the XML has more than {MOST_ELEMENTS} elements");
        return Err(XmlError::new(XmlErrorKind::TooLarge, message));
    }
    let mut element = Element::new(borrowed(text, start.name().into_inner()));
    // Most have none, and looking for them takes its time.
    if start.attributes_raw().is_empty() {
        return Ok(element);
    }
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| XmlError::syntax(error, at))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| XmlError::syntax(error, at))?;
        element.attributes.push((borrowed(text, attribute.key.into_inner()), borrowed(text, &value)));
    }
    Ok(element)
}

/// A part of the text that was lent for a shorter time than the text is.
fn borrowed<'a>(text: &'a str, part: &str) -> Cow<'a, str> {
    let at = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    match text.get(at..at.wrapping_add(part.len())) {
        Some(same) if same == part => Cow::Borrowed(same),
        _ => Cow::Owned(part.to_owned()),
    }
}

fn append<'a>(open: &mut [Element<'a>], text: Cow<'a, str>, at: u64) -> Result<Option<Element<'a>>, XmlError> {
    let Some(element) = open.last_mut() else {
        return if is_blank(&text) {
            Ok(None)
        } else {
            Err(XmlError::syntax("text stands outside of any element", at))
        };
    };
    let last = match &mut element.content {
        Content::Text(before) => before,
        Content::Nodes(nodes) => match nodes.last_mut() {
            Some(Node::Text(before)) => before,
            _ => {
                nodes.push(Node::Text(text));
                return Ok(None);
            }
        },
    };
    if last.is_empty() {
        *last = text;
    } else {
        last.to_mut().push_str(&text);
    }
    Ok(None)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Whether XML 1.0 has that character.
pub(super) fn is_text(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Element<'_>, XmlError> {
        Element::parse(text.as_bytes())
    }

    fn kind(text: &str) -> XmlErrorKind {
        parse(text).unwrap_err().kind()
    }

    #[test]
    fn text_is_put_together_from_its_pieces_and_blanks_between_elements_are_none() {
        let root = parse(
            "\u{feff}<?xml version='1.0'?><!-- c --><a>\n <b>x &amp; <![CDATA[<y>]]>&#x41;\r\n</b>\n <c/> </a>\n",
        )
        .unwrap();
        assert_eq!(root.value("b").unwrap(), "x & <y>A\n");
        assert_eq!(root.value("c").unwrap(), "");
        assert_eq!(root.nodes().len(), 2);
        assert_eq!(parse("<a> </a>").unwrap().text(), " ", "a text of blanks is a text");
        assert_eq!(parse("<a>x<!-- c -->y</a>").unwrap().text(), "xy");
    }

    #[test]
    fn nil_is_null_and_prefixes_are_apart() {
        let root = parse(r#"<s:a xmlns:s="x"><x:id xsi:nil="true"/><x:id>1</x:id></s:a>"#).unwrap();
        assert_eq!((root.name(), root.prefix(), root.value("id")), ("a", "s", None));
        assert!(root.child("id").unwrap().is_nil() && !root.is_nil());
    }

    #[test]
    fn nothing_of_outside_is_read_and_nothing_grows() {
        let bomb = "<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><a>&b;</a>";
        assert_eq!(kind(bomb), XmlErrorKind::DocumentType);
        assert_eq!(kind("<a>&e;</a>"), XmlErrorKind::DocumentType);
        for bad in [
            "",
            "text",
            "<a",
            "<a>",
            "<a><b></a></b>",
            "<a x='1' x='2'/>",
            "<a/><b/>",
            "<a/>text",
            "<a>&#0;</a>",
            "<a x='&e;'/>",
        ] {
            assert_eq!(kind(bad), XmlErrorKind::Syntax, "{bad}");
        }
        assert!(Element::parse(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn a_page_for_people_is_told_from_broken_xml() {
        for page in ["<!DOCTYPE HTML PUBLIC><html>", " <html><body>down</html>", "\u{feff}<HTML>"] {
            assert_eq!(kind(page), XmlErrorKind::Html, "{page}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&nested(DEEPEST)).is_ok());
        assert_eq!(kind(&nested(DEEPEST + 1)), XmlErrorKind::TooLarge);
        let wide = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count - 1));
        assert!(parse(&wide(1000)).is_ok());
        assert_eq!(kind(&wide(MOST_ELEMENTS + 1)), XmlErrorKind::TooLarge);
    }

    #[test]
    fn a_file_of_another_namespace_is_no_metadata() {
        let file = |text: &str| Element::parse_file(text.as_bytes()).map(drop).map_err(|error| error.kind());
        assert_eq!(file(r#"<Profile xmlns="http://soap.sforce.com/2006/04/metadata"/>"#), Ok(()));
        assert_eq!(file(r#"<m:Profile xmlns:m="http://soap.sforce.com/2006/04/metadata"/>"#), Ok(()));
        for other in [
            r#"<Profile/>"#,
            r#"<Profile xmlns="urn:partner.soap.sforce.com"/>"#,
            r#"<m:Profile xmlns="http://soap.sforce.com/2006/04/metadata"/>"#,
        ] {
            assert_eq!(file(other), Err(XmlErrorKind::Namespace), "{other}");
        }
    }
}
