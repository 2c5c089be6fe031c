use quick_xml::escape::{escape, partial_escape};

use super::{Content, Element, NAMESPACE, Node, XSD, XSI, XmlError, XmlErrorKind, read};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

impl Element<'_> {
    /// The text of a file: with a declaration, with metadata's namespace, and laid out as Salesforce lays files out.
    ///
    /// A character that XML cannot hold is left out of the text; [`check`](Self::check) finds it beforehand.
    #[must_use]
    pub fn to_file(&self) -> String {
        let mut out = String::with_capacity(1024);
        out.push_str(DECLARATION);
        let declared = |name: &str| self.attributes.iter().any(|(other, _)| other == name);
        let mut extra = Vec::new();
        let namespace = if self.prefix == 0 { "xmlns".to_owned() } else { format!("xmlns:{}", self.prefix()) };
        if !declared(&namespace) {
            extra.push((namespace, NAMESPACE));
        }
        for (prefix, uri) in [("xsi:", XSI), ("xsd:", XSD)] {
            let name = format!("xmlns:{}", prefix.trim_end_matches(':'));
            if !declared(&name) && self.mentions(prefix) {
                extra.push((name, uri));
            }
        }
        self.write(&mut out, &extra, Some(0));
        out.push('\n');
        out
    }

    /// Appends it as part of a message, on one line.
    pub(crate) fn write_inline(&self, out: &mut String) {
        self.write(out, &[], None);
    }

    /// Whether it can be written as it is.
    ///
    /// # Errors
    /// [`Value`](XmlErrorKind::Value) for a text with a character that XML cannot hold, such as a zero byte, and for a
    /// name that is none.
    pub fn check(&self) -> Result<(), XmlError> {
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit() || "-.".contains(c))
                && name.chars().all(|c| c.is_alphanumeric() || "-._:".contains(c))
        };
        let text = |text: &str| text.chars().all(read::is_text);
        let fits = is_name(&self.name)
            && self.attributes.iter().all(|(name, value)| is_name(name) && text(value))
            && match &self.content {
                Content::Text(content) => text(content),
                Content::Nodes(nodes) => nodes.iter().all(|node| match node {
                    Node::Text(content) => text(content),
                    Node::Comment(content) => text(content) && !content.contains("--") && !content.ends_with('-'),
                    Node::Element(_) => true,
                }),
            };
        if !fits {
            let message = format!("`{}` holds something that XML cannot hold", self.name.escape_debug());
            return Err(XmlError::new(XmlErrorKind::Value, message));
        }
        self.elements().try_for_each(Self::check)
    }

    /// Whether an attribute in it has this prefix, in its name or as a type.
    fn mentions(&self, prefix: &str) -> bool {
        self.attributes.iter().any(|(name, value)| name.starts_with(prefix) || value.starts_with(prefix))
            || self.elements().any(|child| child.mentions(prefix))
    }

    fn write(&self, out: &mut String, extra: &[(String, &str)], indent: Option<usize>) {
        out.push('<');
        out.push_str(&self.name);
        let own = self.attributes.iter().map(|(name, value)| (&**name, &**value));
        for (name, value) in extra.iter().map(|(name, value)| (&**name, *value)).chain(own) {
            [" ", name, "=\"", &attribute(value), "\""].iter().for_each(|part| out.push_str(part));
        }
        match &self.content {
            Content::Text(text) if text.is_empty() => return out.push_str("/>"),
            Content::Nodes(nodes) if nodes.is_empty() => return out.push_str("/>"),
            Content::Text(content) => {
                out.push('>');
                text(content, out);
            }
            Content::Nodes(nodes) => {
                out.push('>');
                let is_mixed = nodes.iter().any(|node| matches!(node, Node::Text(_)));
                let inner = indent.filter(|_| !is_mixed).map(|depth| depth + 1);
                for node in nodes {
                    line(out, inner);
                    match node {
                        Node::Element(child) => child.write(out, &[], inner),
                        Node::Text(content) => text(content, out),
                        Node::Comment(comment) => {
                            ["<!--", comment, "-->"].iter().for_each(|part| out.push_str(part));
                        }
                    }
                }
                if inner.is_some() {
                    line(out, indent);
                }
            }
        }
        ["</", &self.name, ">"].iter().for_each(|part| out.push_str(part));
    }
}

fn line(out: &mut String, indent: Option<usize>) {
    if let Some(depth) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    }
}

fn text(content: &str, out: &mut String) {
    match content.chars().all(read::is_text) {
        true => out.push_str(&partial_escape(content)),
        false => out.push_str(&partial_escape(content.chars().filter(|c| read::is_text(*c)).collect::<String>())),
    }
}

/// A reader makes blanks of line ends and tabs in an attribute, unless they are escaped.
fn attribute(value: &str) -> String {
    escape(value).replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_is_laid_out_as_salesforce_does() {
        let site = Element::new("RemoteSiteSetting").with("isActive", "true").with("url", "https://a?b=1&c=2");
        assert_eq!(
            site.to_file(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <RemoteSiteSetting xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
             <isActive>true</isActive>\n    <url>https://a?b=1&amp;c=2</url>\n</RemoteSiteSetting>\n"
        );
    }

    #[test]
    fn namespaces_are_declared_where_they_are_used() {
        let value = Element::of_text("value", "1").with_attribute("xsi:type", "xsd:double");
        let file = Element::new("CustomMetadata").with_child(value).to_file();
        assert!(file.contains(r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#), "{file}");
        assert!(file.contains(r#"xmlns:xsd="http://www.w3.org/2001/XMLSchema""#), "{file}");
        Element::parse_file(file.as_bytes()).unwrap();
    }

    #[test]
    fn what_xml_cannot_hold_is_found_before_it_is_written() {
        assert!(Element::new("a").with("b", "x\u{0}").check().is_err());
        assert!(Element::new("a b").check().is_err());
        assert!(Element::new("a").with("b", "tab\t and\r\n").check().is_ok());
    }

    fn text() -> impl Strategy<Value = String> {
        "[ -~\u{9}\u{a}\u{d}\u{e9}\u{1f600}]{0,12}"
            .prop_filter("blanks between elements are none", |text| text.is_empty() || !text.trim().is_empty())
    }

    fn tree() -> impl Strategy<Value = Element<'static>> {
        let leaf = ("[a-z]{1,6}", text()).prop_map(|(name, text)| Element::of_text(name, text));
        leaf.prop_recursive(4, 40, 6, |inner| {
            let part = prop_oneof![
                6 => inner.prop_map(Node::Element),
                1 => "[a-z ]{0,8}".prop_map(|text| Node::Comment(text.into())),
            ];
            ("[a-z:]{1,4}", prop::collection::vec(part, 1..6), prop::option::of(text())).prop_map(
                |(name, nodes, attribute)| {
                    let name = name.replace(':', "x");
                    let element = Element::of_nodes(name, nodes);
                    match attribute {
                        Some(value) => element.with_attribute("x:y", value),
                        None => element,
                    }
                },
            )
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(tree in tree()) {
            let tree = tree.with_attribute("xmlns", NAMESPACE);
            let file = tree.to_file();
            let read = Element::parse_file(file.as_bytes()).unwrap();
            prop_assert_eq!(&read, &tree);
            prop_assert_eq!(read.to_file(), file);
        }

        #[test]
        fn no_text_panics(text in "[<>&;a-z!\\[\\]#x0-9\"'=/ -]{0,60}") {
            let _ = Element::parse(text.as_bytes());
        }
    }
}
