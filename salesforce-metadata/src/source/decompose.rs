//! Objects and their translations, which are one file there and many here.

use super::place::Place;
use crate::xml::{Element, XmlError, XmlErrorKind};

/// A list in an object whose elements have files of their own.
struct PartType {
    /// The element of the list.
    element: &'static str,
    /// The type, which is the root of such a file.
    root: &'static str,
    /// How such a file ends.
    suffix: &'static str,
}

const fn part(element: &'static str, root: &'static str, suffix: &'static str) -> PartType {
    PartType { element, root, suffix }
}

/// The folders have the names of the elements.
const OF_OBJECT: [PartType; 10] = [
    part("businessProcesses", "BusinessProcess", "businessProcess"),
    part("compactLayouts", "CompactLayout", "compactLayout"),
    part("fields", "CustomField", "field"),
    part("fieldSets", "FieldSet", "fieldSet"),
    part("indexes", "Index", "index"),
    part("listViews", "ListView", "listView"),
    part("recordTypes", "RecordType", "recordType"),
    part("sharingReasons", "SharingReason", "sharingReason"),
    part("validationRules", "ValidationRule", "validationRule"),
    part("webLinks", "WebLink", "webLink"),
];

/// These have no folder of their own.
const OF_TRANSLATION: [PartType; 1] = [part("fields", "CustomFieldTranslation", "fieldTranslation")];

struct Kind {
    root: &'static str,
    suffix: &'static str,
    /// What tells parts apart.
    key: &'static str,
    parts: &'static [PartType],
    has_folders: bool,
}

const OBJECT: Kind =
    Kind { root: "CustomObject", suffix: "object", key: "fullName", parts: &OF_OBJECT, has_folders: true };
const TRANSLATION: Kind = Kind {
    root: "CustomObjectTranslation",
    suffix: "objectTranslation",
    key: "name",
    parts: &OF_TRANSLATION,
    has_folders: false,
};

fn kind(place: &Place<'_>) -> Option<&'static Kind> {
    match place.directory {
        "objects" => Some(&OBJECT),
        "objectTranslations" => Some(&TRANSLATION),
        _ => None,
    }
}

/// Whether a file of the metadata format is taken apart.
pub(super) fn is_whole(place: &Place<'_>) -> bool {
    kind(place).is_some_and(|kind| place.below.strip_suffix(kind.suffix).is_some_and(|name| name.ends_with('.')))
}

/// What a file of the source format is of the whole that it belongs to.
pub(super) enum PartOf {
    /// All that has no file of its own.
    Rest,
    /// An element of this list.
    List(&'static str),
}

/// The file of the metadata format that a file of the source format becomes a part of.
pub(super) fn part_of(place: &Place<'_>) -> Option<(String, PartOf)> {
    let kind = kind(place)?;
    let (folder, rest) = place.below.split_once('/')?;
    let plain = rest.strip_suffix("-meta.xml")?;
    let is_of = |suffix: &str| plain.strip_suffix(suffix).is_some_and(|name| name.ends_with('.'));
    let list = |part: &&PartType| {
        let is_in_its_folder = match plain.split_once('/') {
            Some((below, name)) => kind.has_folders && below == part.element && !name.contains('/'),
            None => !kind.has_folders,
        };
        is_in_its_folder && is_of(part.suffix)
    };
    let part = match kind.parts.iter().find(list) {
        Some(part) => PartOf::List(part.element),
        None if is_of(kind.suffix) && !plain.contains('/') => PartOf::Rest,
        None => return None,
    };
    Some((format!("{}/{folder}.{}", place.directory, kind.suffix), part))
}

/// An object, put together from its files.
pub(super) struct Whole {
    kind: &'static Kind,
    element: Element<'static>,
}

impl Whole {
    pub(super) fn new(place: &Place<'_>) -> Self {
        let kind = kind(place).unwrap_or(&OBJECT);
        Self { kind, element: Element::new(kind.root) }
    }

    pub(super) fn add(&mut self, part: PartOf, element: Element<'static>) -> Result<(), XmlError> {
        let root = match part {
            PartOf::Rest => self.kind.root,
            PartOf::List(list) => {
                self.kind.parts.iter().find(|known| known.element == list).map_or("", |known| known.root)
            }
        };
        if element.name() != root {
            let message = format!("it holds a `{}`, not a `{root}`", element.name().escape_debug());
            return Err(XmlError::new(XmlErrorKind::OtherElement, message));
        }
        match part {
            PartOf::Rest => element.into_nodes().into_iter().for_each(|node| self.element.push_node(node)),
            // The declarations of a root are the whole's.
            PartOf::List(list) => self.element.push(Element::of_nodes(list, element.into_nodes())),
        }
        Ok(())
    }

    /// In the order of files: by the names of the elements, and by the names of the parts.
    pub(super) fn to_file(&self) -> String {
        let mut element = self.element.clone();
        let key = self.kind.key;
        element.sort_by_key(|child| (child.name().to_owned(), child.value(key).map(|name| name.into_owned())));
        element.to_file()
    }
}

/// The files of the source format that a file of the metadata format becomes, with their texts.
pub(super) fn take_apart(place: &Place<'_>, whole: Element<'static>) -> Result<Vec<(String, String)>, XmlError> {
    let kind = kind(place).unwrap_or(&OBJECT);
    if whole.name() != kind.root {
        let message = format!("it holds a `{}`, not a `{}`", whole.name().escape_debug(), kind.root);
        return Err(XmlError::new(XmlErrorKind::OtherElement, message));
    }
    let name = place.below.strip_suffix(kind.suffix).unwrap_or(place.below).trim_end_matches('.');
    let folder = format!("{}/{name}", place.directory);
    let mut files = Vec::new();
    let mut rest = Element::new(kind.root);
    for node in whole.into_nodes() {
        let part = node.as_element().and_then(|child| kind.parts.iter().find(|part| part.element == child.name()));
        let Some((part, child)) = part.zip(node.as_element()) else {
            rest.push_node(node);
            continue;
        };
        let Some(full_name) = child.value(kind.key).filter(|name| !name.is_empty()) else {
            let message = format!("an element of `{}` has no `{}`", part.element, kind.key);
            return Err(XmlError::new(XmlErrorKind::Value, message));
        };
        let below = if kind.has_folders { format!("{}/", part.element) } else { String::new() };
        let path = format!("{folder}/{below}{full_name}.{}-meta.xml", part.suffix);
        let file = Element::of_nodes(part.root, child.clone().into_nodes()).to_file();
        files.push((path, file));
    }
    // An object of which only parts were retrieved has no file of its own.
    if !rest.nodes().is_empty() || files.is_empty() {
        files.push((format!("{folder}/{name}.{}-meta.xml", kind.suffix), rest.to_file()));
    }
    Ok(files)
}
