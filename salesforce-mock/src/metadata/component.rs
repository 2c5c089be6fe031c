//! What an org holds as metadata: every component as a tree, and the bytes of those that are files.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use quick_xml::escape::escape;
use salesforce_types::{RecordId, Timestamp};

use super::kind::Kind;
use crate::xml::Element;

/// The namespace of everything.
pub(crate) const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";

/// A component. Parts of it that are components of their own are not in its tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    /// Its element, without `fullName`.
    pub(crate) body: Element,
    /// Its files by their paths, without those that hold the element.
    pub(crate) files: BTreeMap<String, Bytes>,
    pub(crate) id: Option<RecordId>,
    /// The package it came with.
    pub(crate) namespace: Option<Arc<str>>,
    /// When it was made and changed; nothing for what every org has.
    pub(crate) stamps: Option<(Timestamp, Timestamp)>,
}

/// Where a component lies: its type and its full name.
pub(crate) type Key = (&'static str, String);

/// All components of an org. A copy costs little: components are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Components(BTreeMap<Key, Arc<Component>>);

impl Components {
    pub(crate) fn get(&self, kind: &Kind, name: &str) -> Option<&Arc<Component>> {
        self.0.get(&(kind.name, name.to_owned()))
    }

    pub(crate) fn put(&mut self, kind: &Kind, name: &str, component: Component) {
        self.0.insert((kind.name, name.to_owned()), Arc::new(component));
    }

    pub(crate) fn remove(&mut self, kind: &Kind, name: &str) -> Option<Arc<Component>> {
        self.0.remove(&(kind.name, name.to_owned()))
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Key, &Component) -> bool) {
        self.0.retain(|key, component| keep(key, component));
    }

    /// The components of a type, by name.
    pub(crate) fn of<'c>(&'c self, kind: &Kind) -> impl Iterator<Item = (&'c str, &'c Arc<Component>)> {
        let name = kind.name;
        let from = (name, String::new());
        self.0.range(from..).take_while(move |((kind, _), _)| *kind == name).map(|((_, name), it)| (name.as_str(), it))
    }

    /// The parts of a file that are components of their own, with their types: those of one type together.
    pub(crate) fn parts<'c>(
        &'c self,
        kind: &Kind,
        file: &str,
    ) -> impl Iterator<Item = (&'static Kind, &'c str, &'c Arc<Component>)> {
        let kinds = kind.children.clone().into_iter().filter_map(Kind::named);
        let file = file.to_owned();
        kinds.flat_map(move |kind| {
            let file = file.clone();
            self.of(kind).filter(move |(name, _)| kind.file_name(name) == file).map(move |(name, it)| (kind, name, it))
        })
    }

    /// Whether there is something in that file: a component or a part of it.
    pub(crate) fn has_file(&self, kind: &Kind, file: &str) -> bool {
        self.get(kind, file).is_some() || self.parts(kind, file).next().is_some()
    }
}

/// A component out of an element: it, and the parts that are components of their own. Blanks between elements go, and
/// so do names, which are kept beside.
pub(crate) fn split(kind: &'static Kind, name: &str, root: Element) -> Vec<(&'static Kind, String, Element)> {
    let mut root = Element { kind: None, ..tidy(root) };
    let mut parts = Vec::new();
    root.children.retain_mut(|child| match kind.child(&child.name) {
        Some(part) => {
            let own = child.get("fullName").unwrap_or_default();
            // In calls the name of a part may be whole.
            let own = own.strip_prefix(&format!("{name}.")).unwrap_or(own).to_owned();
            let mut body = std::mem::take(child);
            part.name.clone_into(&mut body.name);
            body.children.retain(|child| child.name != "fullName");
            parts.push((part, part.part_name(name, &own), body));
            false
        }
        None => child.name != "fullName",
    });
    parts.insert(0, (kind, name.to_owned(), root));
    parts
}

/// An element without the blanks between its children.
fn tidy(mut element: Element) -> Element {
    if !element.children.is_empty() {
        element.text.clear();
        element.children = element.children.into_iter().map(tidy).collect();
    }
    element
}

/// A component with its parts, as they stand in a file or in an answer. `take` says which parts.
pub(crate) fn whole(
    components: &Components,
    kind: &Kind,
    name: &str,
    take: impl Fn(&Kind, &str) -> bool,
) -> Option<Element> {
    let own = components.get(kind, name);
    let mut root = own.map(|own| own.body.clone()).unwrap_or_default();
    kind.element(name).clone_into(&mut root.name);
    let mut found = own.is_some();
    for (part, full, component) in components.parts(kind, name).filter(|(part, full, _)| take(part, full)) {
        found = true;
        let Some((_, tag)) = part.parent else { continue };
        let local = full.strip_prefix(&format!("{name}.")).unwrap_or(full);
        root.children.push(named(&component.body, tag, local));
    }
    if !kind.children.is_empty() {
        root.children.sort_by(|left, right| left.name.cmp(&right.name));
    }
    found.then_some(root)
}

/// An element of another name, with the name of its component in front.
pub(crate) fn named(body: &Element, tag: &str, name: &str) -> Element {
    let mut element = Element { name: tag.to_owned(), ..body.clone() };
    element.children.insert(0, Element::leaf("fullName", name));
    element
}

/// The text of a file.
pub(crate) fn document(root: &Element) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut body = String::new();
    write(root, 0, &mut body);
    let mut spaces = format!(" xmlns=\"{NAMESPACE}\"");
    if body.contains(" xsi:") {
        spaces.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
    }
    if body.contains("=\"xsd:") {
        spaces.push_str(" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"");
    }
    text.push_str(&body.replacen(&root.name, &format!("{}{spaces}", root.name), 1));
    text
}

fn write(element: &Element, depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("    ", depth));
    if element.children.is_empty() {
        element.write(out);
    } else {
        out.extend(["<", &element.name]);
        if let Some(kind) = &element.kind {
            out.extend([" xsi:type=\"", &escape(kind), "\""]);
        }
        out.push_str(">\n");
        element.children.iter().for_each(|child| write(child, depth + 1, out));
        out.extend(std::iter::repeat_n("    ", depth));
        out.extend(["</", &element.name, ">"]);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml;

    #[test]
    fn parts_go_out_of_a_file_and_come_back_into_it() {
        let object = Kind::named("CustomObject").unwrap();
        let text = "<CustomObject><fields>\n<fullName>B__c</fullName><label>B</label></fields><label>A &amp; B</label>\
                    <listViews><fullName>All</fullName></listViews></CustomObject>";
        let mut components = Components::default();
        let parts = split(object, "A__c", xml::parse(text).unwrap());
        let names: Vec<_> = parts.iter().map(|(kind, name, _)| format!("{} {name}", kind.name)).collect();
        assert_eq!(names, ["CustomObject A__c", "CustomField A__c.B__c", "ListView A__c.All"]);
        for (kind, name, body) in parts {
            components.put(kind, &name, Component { body, ..Component::default() });
        }
        let again = whole(&components, object, "A__c", |_, _| true).unwrap();
        assert_eq!(again, tidy(xml::parse(text).unwrap()));
        assert_eq!(whole(&components, object, "A__c", |kind, _| kind.name == "ListView").unwrap().children.len(), 2);
        assert_eq!(tidy(xml::parse(&document(&again)).unwrap()), again);
        assert!(whole(&components, object, "B__c", |_, _| true).is_none());
    }
}
