//! `package.xml`, and the manifests of what is to be deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::component::{NAMESPACE, document};
use crate::xml::{self, Element};

/// What a manifest names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Manifest {
    /// The members of each type, in the order in which they stand.
    pub(crate) types: Vec<(String, Vec<String>)>,
    pub(crate) version: Option<String>,
}

/// What of a file a manifest names.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Whether it names the whole.
    pub(crate) all: bool,
    /// The parts it names, with their types.
    pub(crate) parts: BTreeSet<(&'static str, String)>,
}

impl Manifest {
    /// Reads a file. Why it cannot be read is one sentence.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let root = root(bytes)?;
        if root.name != "Package" {
            return Err(format!("Element {{{NAMESPACE}}}{} invalid at this location in type Package", root.name));
        }
        Ok(Self::of(&root))
    }

    /// What an element names.
    pub(crate) fn of(root: &Element) -> Self {
        let members = |kind: &Element| kind.all("members").map(|member| member.text.trim().to_owned()).collect();
        let types = root.all("types").map(|kind| (kind.get("name").unwrap_or_default().to_owned(), members(kind)));
        Self { types: types.collect(), version: root.get("version").map(str::to_owned) }
    }

    /// The text of a manifest of these members.
    pub(crate) fn text(types: &BTreeMap<&str, Vec<String>>, version: &str) -> String {
        let kind = |(name, members): (&&str, &Vec<String>)| {
            let mut parts: Vec<_> = members.iter().map(|member| Element::leaf("members", member.as_str())).collect();
            parts.push(Element::leaf("name", *name));
            Element::new("types", parts)
        };
        let mut parts: Vec<_> = types.iter().map(kind).collect();
        parts.push(Element::leaf("version", version));
        document(&Element::new("Package", parts))
    }
}

/// The root of a file of metadata, which has to be in the namespace of metadata.
pub(crate) fn root(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
    let root = xml::parse(text)?;
    match xml::root_namespace(text) {
        Some(namespace) if namespace == NAMESPACE => Ok(root),
        other => {
            let namespace = other.unwrap_or_default();
            Err(format!("Element {{{namespace}}}{} is not in the namespace {NAMESPACE}", root.name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read_and_written() {
        let types =
            BTreeMap::from([("ApexClass", vec!["A".to_owned(), "B & C".to_owned()]), ("Flow", vec!["*".into()])]);
        let text = Manifest::text(&types, "68.0");
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        let expected = types.into_iter().map(|(kind, members)| (kind.to_owned(), members)).collect::<Vec<_>>();
        assert_eq!((manifest.types, manifest.version.as_deref()), (expected, Some("68.0")));
        for wrong in [
            "",
            "<Package/>",
            "<Package xmlns='urn:other'/>",
            "<p:Other xmlns:p='http://soap.sforce.com/2006/04/metadata'/>",
            "<!DOCTYPE a><Package/>",
        ] {
            assert!(Manifest::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(Manifest::parse(&[0xff]).is_err());
    }
}
