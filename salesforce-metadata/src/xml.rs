//! XML as a tree: every element of every type, read and written without a loss.
//!
//! Metadata has more than five hundred types, and a release adds to them. The tree takes all of them as they are;
//! [`component`](crate::component) has structs for the ones that programs work with, and keeps what a struct does not
//! know as elements of this tree.
//!
//! ```
//! use salesforce_metadata::xml::Element;
//!
//! let file = br#"<?xml version="1.0" encoding="UTF-8"?>
//! <RemoteSiteSetting xmlns="http://soap.sforce.com/2006/04/metadata">
//!     <isActive>true</isActive>
//!     <url>https://erp.acme.example</url>
//! </RemoteSiteSetting>"#;
//! let mut site = Element::parse(file)?;
//! assert_eq!(site.value("url").as_deref(), Some("https://erp.acme.example"));
//! site.set("isActive", "false");
//! assert!(site.to_file().contains("<isActive>false</isActive>"));
//! # Ok::<(), salesforce_metadata::XmlError>(())
//! ```
//!
//! What is read is not trusted: depth and number of elements are bounded, a document type is refused, entities are the
//! five that XML has, and nothing outside of the text is ever read.

mod error;
mod read;
mod write;

use std::borrow::Cow;
use std::fmt;

pub use self::error::{XmlError, XmlErrorKind};

/// The namespace of everything that is metadata.
pub const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
pub(crate) const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// An element: its name, its attributes, and what is in it.
///
/// What is read borrows from the text it was read from; [`into_owned`](Self::into_owned) unties it. Blanks between
/// elements and processing instructions are not kept, everything else is. `Debug` shows no text: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Element<'a> {
    name: Cow<'a, str>,
    /// How long the prefix is, with its colon.
    prefix: usize,
    attributes: Vec<Attribute<'a>>,
    content: Content<'a>,
}

type Attribute<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Most elements hold a text and nothing else; an empty one holds an empty text.
#[derive(Clone, PartialEq, Eq)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Nodes(Vec<Node<'a>>),
}

/// A part of what an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// An element.
    Element(Element<'a>),
    /// Text beside elements or comments.
    Text(Cow<'a, str>),
    /// A comment.
    Comment(Cow<'a, str>),
}

impl<'a> Element<'a> {
    /// An empty element of this name.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>) -> Self {
        let name = name.into();
        let prefix = name.find(':').map_or(0, |colon| colon + 1);
        Self { name, prefix, attributes: Vec::new(), content: Content::Text(Cow::Borrowed("")) }
    }

    /// An element that holds this text.
    #[must_use]
    pub fn of_text(name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) -> Self {
        Self { content: Content::Text(text.into()), ..Self::new(name) }
    }

    /// The same with one more child, which holds this text. It is escaped when it is written.
    #[must_use]
    pub fn with(self, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) -> Self {
        self.with_child(Self::of_text(name, text))
    }

    /// The same with one more child.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.push(child);
        self
    }

    /// The same with this attribute, such as `xsi:type`.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The name, without a prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name[self.prefix..]
    }

    /// The prefix of the name; empty for most.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.name[..self.prefix].trim_end_matches(':')
    }

    /// The attributes, as they were written: names with their prefixes, `xmlns` among them.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of the attribute of that name, whatever its prefix.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let local = |full: &str| full.rsplit(':').next().is_some_and(|local| local == name);
        self.attributes().find(|(full, _)| local(full) && !full.starts_with("xmlns")).map(|(_, value)| value)
    }

    /// Whether it says `xsi:nil="true"`, which is null.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        !self.attributes.is_empty() && matches!(self.attribute("nil"), Some("true" | "1"))
    }

    /// The text of it, comments and children left out.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.content {
            Content::Text(text) => Cow::Borrowed(text),
            Content::Nodes(nodes) => nodes.iter().filter_map(Node::as_text).collect(),
        }
    }

    /// What it holds, in order; an element with nothing but text has no nodes.
    pub fn nodes(&self) -> &[Node<'a>] {
        match &self.content {
            Content::Text(_) => &[],
            Content::Nodes(nodes) => nodes,
        }
    }

    /// The elements in it, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.nodes().iter().filter_map(Node::as_element)
    }

    /// The first child of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|child| child.name() == name)
    }

    /// All children of that name, in order. XML does not tell a list of one from a single value: who reads knows.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.elements().filter(move |child| child.name() == name)
    }

    /// The text of the first child of that name; `None` when there is none, or it is nil.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.child(name).filter(|child| !child.is_nil()).map(Self::text)
    }

    /// Adds a child behind the last one of its name, or at the end: the org refuses groups that are torn apart.
    pub fn push(&mut self, child: Self) {
        let nodes = self.nodes_mut();
        let is_same = |node: &Node<'_>| node.as_element().is_some_and(|other| other.name() == child.name());
        let at = match nodes.last() {
            Some(last) if !is_same(last) => nodes.iter().rposition(is_same).map_or(nodes.len(), |last| last + 1),
            _ => nodes.len(),
        };
        nodes.insert(at, Node::Element(child));
    }

    /// Sets the text of the first child of that name, and adds the child where there is none.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        let child = Self::of_text(name, text);
        let same = self.nodes_mut().iter_mut().find_map(|node| match node {
            Node::Element(other) if other.name() == child.name() => Some(other),
            _ => None,
        });
        match same {
            Some(other) => (other.content, other.attributes) = (child.content, child.attributes),
            None => self.push(child),
        }
    }

    /// Keeps the children for which this is true, and everything that is no element.
    pub fn retain(&mut self, mut keep: impl FnMut(&Self) -> bool) {
        self.nodes_mut().retain(|node| node.as_element().is_none_or(&mut keep));
    }

    /// The children, to be changed.
    pub fn elements_mut(&mut self) -> impl Iterator<Item = &mut Self> {
        self.nodes_mut().iter_mut().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// The same, tied to no text.
    #[must_use]
    pub fn into_owned(self) -> Element<'static> {
        let content = match self.content {
            Content::Text(text) => Content::Text(owned(text)),
            Content::Nodes(nodes) => Content::Nodes(nodes.into_iter().map(Node::into_owned).collect()),
        };
        let attributes = self.attributes.into_iter().map(|(name, value)| (owned(name), owned(value))).collect();
        Element { name: owned(self.name), prefix: self.prefix, attributes, content }
    }

    /// The same under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<Cow<'a, str>>) -> Self {
        Self { attributes: self.attributes, content: self.content, ..Self::new(name) }
    }

    /// Adds whatever it is at the end.
    pub(crate) fn push_node(&mut self, node: Node<'a>) {
        self.nodes_mut().push(node);
    }

    /// Sorts what it holds by a key of the elements; what is no element comes first.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(&Self) -> K) {
        self.nodes_mut().sort_by_cached_key(|node| node.as_element().map(&key));
    }

    pub(crate) fn into_text(self) -> Cow<'a, str> {
        match self.content {
            Content::Text(text) => text,
            Content::Nodes(nodes) => nodes.iter().filter_map(Node::as_text).collect::<String>().into(),
        }
    }

    pub(crate) fn into_nodes(self) -> Vec<Node<'a>> {
        match self.content {
            Content::Text(text) if text.is_empty() => Vec::new(),
            Content::Text(text) => vec![Node::Text(text)],
            Content::Nodes(nodes) => nodes,
        }
    }

    pub(crate) fn into_child(self, name: &str) -> Option<Self> {
        self.into_nodes().into_iter().filter_map(Node::into_element).find(|child| child.name() == name)
    }

    pub(crate) fn of_nodes(name: impl Into<Cow<'a, str>>, nodes: Vec<Node<'a>>) -> Self {
        Self { content: Content::Nodes(nodes), ..Self::new(name) }
    }

    fn nodes_mut(&mut self) -> &mut Vec<Node<'a>> {
        if let Content::Text(text) = &mut self.content {
            let text = std::mem::take(text);
            let nodes = if text.is_empty() { Vec::new() } else { vec![Node::Text(text)] };
            self.content = Content::Nodes(nodes);
        }
        match &mut self.content {
            Content::Nodes(nodes) => nodes,
            Content::Text(_) => unreachable!("a text was made nodes above"),
        }
    }
}

impl<'a> Node<'a> {
    /// The element, if it is one.
    #[must_use]
    pub fn as_element(&self) -> Option<&Element<'a>> {
        match self {
            Self::Element(element) => Some(element),
            _ => None,
        }
    }

    pub(crate) fn into_element(self) -> Option<Element<'a>> {
        match self {
            Self::Element(element) => Some(element),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn into_owned(self) -> Node<'static> {
        match self {
            Self::Element(element) => Node::Element(element.into_owned()),
            Self::Text(text) => Node::Text(owned(text)),
            Self::Comment(text) => Node::Comment(owned(text)),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children: Vec<_> = self.elements().collect();
        f.debug_struct("Element").field("name", &self.name).field("children", &children).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_goes_to_its_group() {
        let mut set = Element::new("PermissionSet").with("a", "1").with("b", "2").with("a", "3");
        set.push(Element::of_text("a", "4"));
        let order: Vec<_> = set.elements().map(|child| child.text().into_owned()).collect();
        assert_eq!(order, ["1", "3", "4", "2"]);
    }

    #[test]
    fn a_value_is_set_in_its_place_and_added_where_there_is_none() {
        let mut site = Element::new("x").with("a", "1").with("b", "2");
        site.set("a", "9");
        site.set("c", "3");
        let values: Vec<_> = site.elements().map(|child| child.text().into_owned()).collect();
        assert_eq!(values, ["9", "2", "3"]);
        site.retain(|child| child.name() != "b");
        assert_eq!(site.elements().count(), 2);
    }

    #[test]
    fn debug_shows_no_text() {
        let app = Element::new("ConnectedApp").with("consumerSecret", "canary");
        assert!(!format!("{app:?}").contains("canary"));
    }
}
