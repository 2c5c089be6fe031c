//! Values of answers: codes that are open, times, ids, and JSON as the tree that its XML twin is.

use salesforce_types::{IdText, Timestamp};
use serde_json::Value;

use crate::component::shape::{Xml, leaf, value};
use crate::xml::{Element, Node, XmlError};

impl Xml for Timestamp {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        let text = leaf(element)?;
        text.trim().parse().map_err(|_| value(&text, "no time"))
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, self.to_string())
    }
}

impl Xml for IdText {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        leaf(element).map(|text| Self::from(text.trim()))
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, self.to_string())
    }
}

impl Xml for Element<'static> {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        Ok(element.into_owned())
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        self.clone().renamed(name)
    }
}

/// The elements that JSON of this name is in XML: a list is as many elements, null is none.
pub(crate) fn elements_of_json(name: &str, json: &Value, out: &mut Vec<Node<'static>>) {
    match json {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| elements_of_json(name, item, out)),
        Value::Object(fields) => {
            let mut nodes = Vec::new();
            fields.iter().for_each(|(field, value)| elements_of_json(field, value, &mut nodes));
            out.push(Node::Element(Element::of_nodes(name.to_owned(), nodes)));
        }
        Value::String(text) => out.push(Node::Element(Element::of_text(name.to_owned(), text.clone()))),
        Value::Bool(_) | Value::Number(_) => {
            out.push(Node::Element(Element::of_text(name.to_owned(), json.to_string())));
        }
    }
}

/// An enum of words that the server may add to.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $word:ident $(= $also:literal)?,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $word,)*
            /// Another word.
            Other(Box<str>),
        }

        impl $name {
            /// The word as the org has it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => stringify!($word),)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $(stringify!($word) $(| $also)? => Self::$word,)*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::component::shape::Xml for $name {
            fn read(element: $crate::xml::Element<'_>) -> Result<Self, $crate::xml::XmlError> {
                $crate::component::shape::leaf(element).map(|text| Self::from(text.trim()))
            }

            fn write(&self, name: &'static str) -> $crate::xml::Element<'static> {
                $crate::xml::Element::of_text(name, self.as_str().to_owned())
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_tree_that_xml_would_be() {
        let json: Value = serde_json::from_str(r#"{"a":[{"b":1},{"b":true}],"c":null,"d":"x","e":[]}"#).unwrap();
        let mut nodes = Vec::new();
        elements_of_json("r", &json, &mut nodes);
        let tree = Element::parse(b"<r><a><b>1</b></a><a><b>true</b></a><d>x</d></r>").unwrap();
        assert_eq!(nodes, [Node::Element(tree.into_owned())]);
    }
}
