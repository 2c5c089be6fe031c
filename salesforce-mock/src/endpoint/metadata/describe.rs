use super::{Fault, Kind, kind};
use crate::Org;
use crate::xml::Element;

/// All types that have files of their own.
pub(super) fn metadata(org: &Org) -> Element {
    let leaf = |name: &str, text: &str| Element::leaf(name, text);
    let truth = |name: &str, is: bool| Element::leaf(name, is.to_string());
    let object = |kind: &'static Kind| {
        let mut parts: Vec<_> = kind.children.iter().map(|child| leaf("childXmlNames", child)).collect();
        parts.extend([
            leaf("directoryName", kind.folder),
            truth("inFolder", kind.in_folder),
            truth("metaFile", kind.has_content),
        ]);
        if !kind.suffix.is_empty() && !kind.is_bundle {
            parts.push(leaf("suffix", kind.suffix));
        }
        parts.push(leaf("xmlName", kind.name));
        Element::new("metadataObjects", parts)
    };
    let mut parts: Vec<_> = Kind::all().filter(|kind| !kind.is_folder).map(object).collect();
    parts.push(leaf("organizationNamespace", ""));
    parts.push(truth("partialSaveAllowed", !org.metadata.production));
    parts.push(truth("testRequired", org.metadata.production));
    Element::new("result", parts)
}

/// What is known of the fields of a type: its name only. The mock keeps components as they come.
pub(super) fn value_type(asked: &Element) -> Result<Element, Fault> {
    let name = asked.get("type").unwrap_or_default();
    let kind = kind(name.rsplit('}').next().unwrap_or(name))?;
    let leaf = |name: &str, text: &str| Element::leaf(name, text);
    let whole = !(kind.has_content || kind.is_bundle);
    let may = if whole { "true" } else { "false" };
    let field = vec![
        leaf("isForeignKey", "false"),
        leaf("isNameField", "true"),
        leaf("minOccurs", "1"),
        leaf("name", "fullName"),
        leaf("soapType", "string"),
        leaf("valueRequired", "true"),
    ];
    let mut parts =
        ["apiCreatable", "apiDeletable", "apiReadable", "apiUpdatable"].map(|name| leaf(name, may)).to_vec();
    parts.push(Element::new("valueTypeFields", field));
    Ok(Element::new("result", parts))
}
