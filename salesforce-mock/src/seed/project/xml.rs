//! Metadata files as small trees. The text is not trusted: its size, depth and number of elements are bounded, and
//! nothing outside of it is ever read.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

const DEEPEST: usize = 40;
const MOST_ELEMENTS: usize = 500_000;

/// An element without its namespace and, but for `xsi:nil`, without its attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) nil: bool,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name, without blanks around.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// The children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Whether the first child of that name says true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A number in the first child of that name.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    let mut root: Option<Element> = None;
    loop {
        let event = reader.read_event().map_err(|error| format!("no readable XML: {error}"))?;
        let closed = match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() >= DEEPEST || elements > MOST_ELEMENTS {
                    return Err(format!("the XML has more than {DEEPEST} levels or {MOST_ELEMENTS} elements"));
                }
                open.push(element(&start));
                None
            }
            Event::Empty(start) => {
                elements += 1;
                Some(element(&start))
            }
            Event::End(_) => open.pop(),
            Event::Text(part) => {
                append(&mut open, &part.xml10_content());
                None
            }
            Event::CData(part) => {
                append(&mut open, &part.xml10_content());
                None
            }
            Event::GeneralRef(part) => {
                let character = part.resolve_char_ref().map_err(|error| format!("no readable XML: {error}"))?;
                match (character, resolve_predefined_entity(&part.xml10_content())) {
                    (Some(character), _) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                    (None, Some(known)) => append(&mut open, known),
                    (None, None) => return Err("the XML uses an entity of its own, which is not read".into()),
                }
                None
            }
            Event::DocType(_) => return Err("the XML has a document type, which is not read".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            Event::Eof if !open.is_empty() => return Err("the XML ends too early".into()),
            Event::Eof => return root.ok_or_else(|| "the XML has no element".into()),
        };
        if let Some(closed) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if root.is_none() => root = Some(closed),
                None => return Err("the XML has more than one root".into()),
            }
        }
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let nil = start
        .attributes()
        .flatten()
        .any(|attribute| attribute.key.local_name().into_inner() == "nil" && &*attribute.value == "true");
    Element { name: start.local_name().into_inner().to_owned(), nil, ..Element::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_entities_and_empty_elements_are_read() {
        let root = parse("<?xml version=\"1.0\"?><x:a xmlns:x='u'><b>1 &lt; 2 &amp; &#65;<!-- no --></b><c/><d><![CDATA[<e>]]></d><v xsi:nil=\"true\"/></x:a>").unwrap();
        assert_eq!(
            (root.name.as_str(), root.get("b"), root.get("c"), root.get("d")),
            ("a", Some("1 < 2 & A"), Some(""), Some("<e>"))
        );
        assert!(root.child("v").unwrap().nil);
    }

    #[test]
    fn hostile_xml_is_refused_in_a_sentence() {
        let deep = "<a>".repeat(100_000);
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
        for bad in [&*deep, bomb, "<a>&b;</a>", "<a>", "", "text", "<a></b>", "<a/><b/>", "<a", "<a>&#xFFFFFFFF;</a>"] {
            assert!(parse(bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[<>/a&;#x!\\[\\]\"'= -]{0,60}") {
            let _ = parse(&text);
        }
    }
}
