//! Why a component is refused, and what permissions overlay.

use super::kind::Kind;
use super::known::known;
use super::work::{Problem, Work};
use crate::schema::Object;
use crate::xml::Element;

/// The entries of profiles and permission sets: the element, what names one of them, and the type of what it is about.
pub(crate) const GRANTS: [(&str, &str, &str); 14] = [
    ("applicationVisibilities", "application", "CustomApplication"),
    ("classAccesses", "apexClass", "ApexClass"),
    ("customMetadataTypeAccesses", "name", "CustomObject"),
    ("customPermissions", "name", "CustomPermission"),
    ("customSettingAccesses", "name", "CustomObject"),
    ("externalDataSourceAccesses", "externalDataSource", "ExternalDataSource"),
    ("fieldPermissions", "field", "CustomField"),
    ("flowAccesses", "flow", "Flow"),
    ("layoutAssignments", "layout", "Layout"),
    ("objectPermissions", "object", "CustomObject"),
    ("pageAccesses", "apexPage", "ApexPage"),
    ("recordTypeVisibilities", "recordType", "RecordType"),
    ("tabVisibilities", "tab", "CustomTab"),
    ("userPermissions", "name", ""),
];

const FIELD_TYPES: &str = "AutoNumber Lookup MasterDetail Checkbox Currency Date DateTime Email Number Percent Phone \
                           Picklist MultiselectPicklist Text TextArea LongTextArea Html Url EncryptedText Summary \
                           Hierarchy File MetadataRelationship Location ExternalLookup IndirectLookup Time Address";

fn invalid(text: impl Into<String>) -> Problem {
    Problem::new("FIELD_INTEGRITY_EXCEPTION", text)
}

fn missing(field: &str) -> Problem {
    Problem::new("REQUIRED_FIELD_MISSING", format!("Required field is missing: {field}"))
}

pub(super) fn no_object(name: &str) -> Problem {
    Problem::new("INVALID_CROSS_REFERENCE_KEY", format!("Entity of type 'CustomObject' named '{name}' cannot be found"))
}

/// The object and the own name of a part of an object.
pub(super) fn in_object(name: &str) -> Result<(&str, &str), Problem> {
    let parts = name.split_once('.').filter(|(object, own)| !object.is_empty() && !own.is_empty());
    parts.ok_or_else(|| invalid(format!("Must specify a fullName of the form Object.Name, not: {name}")))
}

/// Whether a component can be taken over as it is.
pub(super) fn component(work: &Work, kind: &'static Kind, name: &str, body: &Element) -> Result<(), Problem> {
    if name.trim().is_empty() {
        return Err(missing("fullName"));
    }
    if name.chars().any(char::is_control) || name.len() > 400 {
        return Err(invalid(format!("The name of a {} cannot be read", kind.name)));
    }
    let managed = work.components.get(kind, name).is_some_and(|known| known.namespace.is_some());
    if managed && work.namespace.is_none() {
        let text = format!("Cannot modify managed object: {name}");
        return Err(Problem::new("CANNOT_MODIFY_MANAGED_OBJECT", text));
    }
    if kind.parent.is_some_and(|(parent, _)| parent == "CustomObject") {
        let (object, _) = in_object(name)?;
        work.schema.object(object).ok_or_else(|| no_object(object))?;
    }
    match kind.name {
        "CustomObject" => object(work, name, body),
        "CustomField" => field(work, name, body),
        "PermissionSet" | "Profile" => grants(work, kind, body),
        "CustomMetadata" => {
            let kind = name.split_once('.').map(|(kind, _)| format!("{kind}__mdt"));
            let kind =
                kind.ok_or_else(|| invalid(format!("Must specify a fullName of the form Type.Record: {name}")))?;
            work.schema.object(&kind).map(|_| ()).ok_or_else(|| no_object(&kind))
        }
        _ => Ok(()),
    }
}

/// Whether a name of the API is well formed.
fn is_name(name: &str) -> bool {
    let stem = name.rsplit_once("__").map_or(name, |(stem, _)| stem);
    let first = stem.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    first && !stem.ends_with('_') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn object(work: &Work, name: &str, body: &Element) -> Result<(), Problem> {
    if work.schema.object(name).is_some() {
        return Ok(());
    }
    if !name.contains("__") {
        return Err(no_object(name));
    }
    if !is_name(name) {
        let text = "Object Name: The object name can only contain alphanumeric characters, must begin with a letter, \
                    and must be unique";
        return Err(invalid(text));
    }
    for part in ["label", "pluralLabel"] {
        if body.get(part).is_none_or(str::is_empty) {
            return Err(missing(part));
        }
    }
    let plain = name.ends_with("__c") && body.child("customSettingsType").is_none();
    if plain && body.child("nameField").is_none() {
        return Err(Problem::new("REQUIRED_FIELD_MISSING", "Must specify a nameField of type Text or AutoNumber"));
    }
    Ok(())
}

fn field(work: &Work, name: &str, body: &Element) -> Result<(), Problem> {
    let (object, own) = in_object(name)?;
    if !own.ends_with("__c") {
        let known = work.schema.object(object).and_then(|object| object.field(own)).is_some();
        return if known || !own.contains("__") { Ok(()) } else { Err(invalid(format!("No such field: {name}"))) };
    }
    if !is_name(own) {
        let text = "Field Name: The field name can only contain alphanumeric characters, must begin with a letter, and \
                    must be unique";
        return Err(invalid(text));
    }
    let kind = body.get("type").ok_or_else(|| missing("type"))?;
    if !FIELD_TYPES.split(' ').any(|known| known == kind) {
        return Err(invalid(format!("'{kind}' is not a valid value for the enum 'FieldType'")));
    }
    if body.get("label").is_none_or(str::is_empty) {
        return Err(missing("label"));
    }
    if kind == "Checkbox" && body.is_true("required") {
        return Err(invalid("Can not specify 'required' for a CustomField of type Checkbox"));
    }
    let formula = body.child("formula").is_some();
    let needs: &[&str] = match kind {
        _ if formula => &[],
        "Text" | "EncryptedText" => &["length"],
        "LongTextArea" | "Html" => &["length", "visibleLines"],
        "Number" | "Currency" | "Percent" => &["precision", "scale"],
        "Lookup" | "MasterDetail" => &["referenceTo"],
        "Summary" => &["summaryForeignKey", "summaryOperation"],
        _ => &[],
    };
    if let Some(part) = needs.iter().find(|part| body.get(part).is_none_or(str::is_empty)) {
        return Err(invalid(format!("Must specify '{part}' for a CustomField of type {kind}")));
    }
    if kind == "Text" && !formula && !body.number("length").is_some_and(|length| (1..=255).contains(&length)) {
        return Err(invalid("Invalid text length: it has to be between 1 and 255"));
    }
    for target in body.all("referenceTo") {
        let target = target.text.trim();
        if work.schema.object(target).is_none() {
            let text = format!("referenceTo value of '{target}' does not resolve to a valid sObject type");
            return Err(invalid(text));
        }
    }
    Ok(())
}

/// A roll-up holds the field that it sums up, or that leads to its parent.
pub(super) fn not_summed(work: &Work, object: &str, field: &str) -> Result<(), Problem> {
    let uses = |of: &Object| {
        let summaries = of.fields.iter().filter_map(|field| Some((field, field.summary.as_ref()?)));
        let mut summaries = summaries.filter(|(_, summary)| summary.child.eq_ignore_ascii_case(object));
        let found = summaries.find(|(_, summary)| {
            let summed = summary.field.iter().chain([&summary.foreign_key]);
            summed.into_iter().any(|name| name.eq_ignore_ascii_case(field))
        });
        found.map(|(by, _)| format!("{}.{}", of.name, by.name))
    };
    match work.schema.objects().iter().find_map(uses) {
        Some(by) => Err(Problem::new("DEPENDENCY_EXISTS", format!("This custom field is referenced elsewhere: {by}"))),
        None => Ok(()),
    }
}

fn grants(work: &Work, kind: &Kind, body: &Element) -> Result<(), Problem> {
    if kind.name == "PermissionSet" && body.get("label").is_none_or(str::is_empty) {
        return Err(missing("label"));
    }
    for given in body.all("objectPermissions") {
        let name = given.get("object").unwrap_or_default();
        if name.contains("__") && work.schema.object(name).is_none() {
            return Err(no("object", "CustomObject", name));
        }
        let granted = |name: &str| given.is_true(name);
        if !granted("allowRead") && (granted("allowEdit") || granted("allowCreate") || granted("allowDelete")) {
            let text = format!("Permission Edit {name} depends on permission(s): Read {name}");
            return Err(invalid(text));
        }
    }
    for given in body.all("fieldPermissions") {
        let name = given.get("field").unwrap_or_default();
        let (object, own) = in_object(name)?;
        let found = work.schema.object(object).and_then(|object| object.field(own));
        match found {
            None if name.contains("__") => return Err(no("field", "CustomField", name)),
            Some(field) if field.custom && !field.nillable && !field.defaulted_on_create => {
                return Err(invalid(format!("You cannot deploy to a required field: {name}")));
            }
            _ => {}
        }
    }
    for (element, key, of) in GRANTS {
        if !matches!(of, "ApexClass" | "ApexPage" | "CustomPermission" | "Flow") {
            continue;
        }
        for given in body.all(element) {
            let name = given.get(key).unwrap_or_default();
            if work.components.get(known(of), name).is_none() {
                return Err(no(key, of, name));
            }
        }
    }
    Ok(())
}

fn no(field: &str, kind: &str, name: &str) -> Problem {
    invalid(format!("In field: {field} - no {kind} named {name} found"))
}

/// A profile over what it was before: entries that are named replace those about the same thing, the rest stays.
pub(super) fn overlaid_profile(before: &Element, mut body: Element) -> Element {
    let key = |element: &Element| {
        let key = GRANTS.iter().find(|(name, ..)| *name == element.name)?.1;
        let record_type = element.get("recordType").filter(|_| key == "layout");
        Some((element.name.clone(), element.get(key)?.to_owned(), record_type.map(str::to_owned)))
    };
    let named: Vec<_> = body.children.iter().map(|child| key(child).ok_or_else(|| child.name.clone())).collect();
    let kept = before.children.iter().filter(|child| !named.contains(&key(child).ok_or_else(|| child.name.clone())));
    let kept: Vec<_> = kept.cloned().collect();
    body.children.extend(kept);
    body.children.sort_by(|left, right| left.name.cmp(&right.name));
    body
}
