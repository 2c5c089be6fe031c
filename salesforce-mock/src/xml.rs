//! XML as small trees: metadata files and the envelopes of SOAP. The text is not trusted: its depth and number of
//! elements are bounded, and nothing outside of it is ever read.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};

const DEEPEST: usize = 40;
const MOST_ELEMENTS: usize = 500_000;

/// An element without its namespace and, but for `xsi:nil` and `xsi:type`, without its attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) nil: bool,
    /// `xsi:type` as it is written, with its prefix.
    pub(crate) kind: Option<String>,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// An element with other elements in it.
    pub(crate) fn new(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), children, ..Self::default() }
    }

    /// An element with text in it.
    pub(crate) fn leaf(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), ..Self::default() }
    }

    /// An element with text in it, or one that says that there is none.
    pub(crate) fn maybe(name: &str, text: Option<String>) -> Self {
        Self { nil: text.is_none(), ..Self::leaf(name, text.unwrap_or_default()) }
    }

    /// Writes the element. The prefix `xsi` has to be declared around it.
    pub(crate) fn write(&self, out: &mut String) {
        let name = &self.name;
        out.extend(["<", name]);
        if let Some(kind) = &self.kind {
            out.extend([" xsi:type=\"", &escape(kind), "\""]);
        }
        match (self.nil, self.text.is_empty() && self.children.is_empty()) {
            (true, _) => out.push_str(" xsi:nil=\"true\"/>"),
            (false, true) => out.push_str("/>"),
            (false, false) => {
                out.extend([">", &escape(&self.text)]);
                self.children.iter().for_each(|child| child.write(out));
                out.extend(["</", name, ">"]);
            }
        }
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of that name, without blanks around.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// The children of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Whether the first child of that name says true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A number in the first child of that name.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }
}

/// Reads a document.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut elements = 0;
    let mut root: Option<Element> = None;
    loop {
        let event = reader.read_event().map_err(|error| format!("no readable XML: {error}"))?;
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            elements += 1;
            if open.len() >= DEEPEST || elements > MOST_ELEMENTS {
                return Err(format!("the XML has more than {DEEPEST} levels or {MOST_ELEMENTS} elements"));
            }
        }
        let closed = match event {
            Event::Start(start) => {
                open.push(element(&start));
                None
            }
            Event::Empty(start) => Some(element(&start)),
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

/// The namespace of a document's root, as it is declared there; nothing where it is not.
pub(crate) fn root_namespace(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    loop {
        let (Event::Start(start) | Event::Empty(start)) = (match reader.read_event().ok()? {
            Event::Eof => return None,
            event => event,
        }) else {
            continue;
        };
        let prefix = start.name().prefix().map(|prefix| prefix.into_inner().to_owned());
        let declares = |name: &str| match &prefix {
            Some(prefix) => name.strip_prefix("xmlns:") == Some(prefix),
            None => name == "xmlns",
        };
        let mut attributes = start.attributes().flatten();
        return attributes.find(|own| declares(own.key.into_inner())).map(|own| own.value.to_string());
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut element = Element { name: start.local_name().into_inner().to_owned(), ..Element::default() };
    for attribute in start.attributes().flatten() {
        match attribute.key.local_name().into_inner() {
            "nil" => element.nil = &*attribute.value == "true",
            // `type` alone is an attribute of some other kind of document.
            "type" if attribute.key.prefix().is_some() => element.kind = Some(attribute.value.to_string()),
            _ => {}
        }
    }
    element
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
    fn what_is_written_is_read_again() {
        let tree = Element::new(
            "a",
            vec![
                Element::leaf("b", "1 < 2 & \"A\""),
                Element::maybe("c", None),
                Element::maybe("d", Some("]]>".into())),
                Element { kind: Some("xsd:string".into()), ..Element::leaf("e", "f") },
            ],
        );
        let mut text = String::new();
        tree.write(&mut text);
        assert_eq!(parse(&text.replacen("<a>", "<a xmlns:xsi='u'>", 1)).unwrap(), tree);
    }

    #[test]
    fn hostile_xml_is_refused_in_a_sentence() {
        let deep = "<a>".repeat(100_000);
        let wide = format!("<a>{}</a>", "<b/>".repeat(MOST_ELEMENTS));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
        for bad in
            [&*deep, &*wide, bomb, "<a>&b;</a>", "<a>", "", "text", "<a></b>", "<a/><b/>", "<a", "<a>&#xFFFFFFFF;</a>"]
        {
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
