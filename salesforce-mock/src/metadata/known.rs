//! The components that follow from objects and rows: an org has them although nobody deployed them.

use std::collections::BTreeSet;
use std::sync::Arc;

use salesforce_types::RecordId;
use salesforce_types::describe::FieldType;

use super::Metadata;
use super::component::{Component, Components};
use super::kind::Kind;
use crate::schema::{DefaultValue, Field, Object, ObjectKind, OnParentDelete, Schema, SummaryKind};
use crate::store::Store;
use crate::value::Value;
use crate::xml::Element;

/// Profiles whose names in files are others than in rows.
const PROFILES: [(&str, &str); 2] = [("System Administrator", "Admin"), ("Standard User", "Standard")];

/// Brings components into line with the schema and the rows, which other calls may have changed.
pub(crate) fn follow(metadata: &mut Metadata, store: &Store, classes: &[(String, String)]) {
    let schema = store.schema();
    if !metadata.followed.as_ref().is_some_and(|known| Arc::ptr_eq(known, schema)) {
        objects(&mut metadata.components, schema);
        metadata.followed = Some(Arc::clone(schema));
    }
    for (object, kind) in [("PermissionSet", "PermissionSet"), ("Profile", "Profile")] {
        rows(&mut metadata.components, store, object, known(kind));
    }
    let kind = known("ApexClass");
    for (name, text) in classes {
        if metadata.components.get(kind, name).is_none() {
            let version = Element::leaf("apiVersion", "68.0");
            let body = Element::new("ApexClass", vec![version, Element::leaf("status", "Active")]);
            let files = [(format!("classes/{name}.cls"), text.clone().into())].into();
            metadata.components.put(kind, name, Component { body, files, ..Component::default() });
        }
    }
}

/// A type that the table has.
pub(super) fn known(name: &str) -> &'static Kind {
    Kind::named(name).expect("the table has the type")
}

/// Whether an object is one that metadata speaks of.
fn is_metadata(object: &Object) -> bool {
    let kind = matches!(object.kind, ObjectKind::Data | ObjectKind::CustomMetadata | ObjectKind::PlatformEvent);
    kind && object.associate.is_none() && (object.is_custom() || object.layoutable)
}

fn objects(components: &mut Components, schema: &Schema) {
    let (object_kind, field_kind) = (known("CustomObject"), known("CustomField"));
    components.retain(|(kind, name), _| match *kind {
        "CustomObject" => schema.object(name).is_some(),
        "CustomField" => {
            let place = name.split_once('.').and_then(|(object, field)| Some((schema.object(object)?, field)));
            place.is_some_and(|(object, field)| !field.ends_with("__c") || object.field(field).is_some())
        }
        _ => true,
    });
    for object in schema.objects().iter().filter(|object| is_metadata(object)) {
        if components.get(object_kind, &object.name).is_none() {
            let body = object_element(object);
            components.put(object_kind, &object.name, Component { body, ..Component::default() });
        }
        for field in object.fields.iter().filter(|field| field.name.ends_with("__c") && field.compound.is_none()) {
            let name = format!("{}.{}", object.name, field.name);
            if components.get(field_kind, &name).is_none() {
                let body = field_element(field);
                components.put(field_kind, &name, Component { body, ..Component::default() });
            }
        }
    }
}

fn object_element(object: &Object) -> Element {
    let mut children = Vec::new();
    if object.is_custom() {
        let mut leaf = |name: &str, text: &str| children.push(Element::leaf(name, text));
        leaf("label", &object.label);
        leaf("pluralLabel", &object.plural);
        if object.kind == ObjectKind::Data {
            leaf("deploymentStatus", "Deployed");
            leaf("sharingModel", if object.known.owner.is_some() { "ReadWrite" } else { "ControlledByParent" });
            let name = object.known.name.and_then(|place| object.fields.get(place));
            let kind = if name.is_some_and(|name| name.auto_number.is_some()) { "AutoNumber" } else { "Text" };
            let label = name.map_or("Name", |name| &name.label);
            let name = vec![Element::leaf("label", label), Element::leaf("type", kind)];
            children.push(Element::new("nameField", name));
        }
    }
    Element::new("CustomObject", children)
}

fn field_element(field: &Field) -> Element {
    let mut children = Vec::new();
    let mut leaf = |name: &str, text: &str| children.push(Element::leaf(name, text));
    leaf("label", &field.label);
    let kind = kind_of(field);
    leaf("type", kind);
    match kind {
        _ if field.formula.is_some() => {}
        "Text" | "LongTextArea" | "Html" | "EncryptedText" => leaf("length", &field.length.to_string()),
        "Number" | "Currency" | "Percent" => {
            leaf("precision", &field.precision.to_string());
            leaf("scale", &field.scale.to_string());
        }
        _ => {}
    }
    if let (Some(DefaultValue::Value(Value::Bool(value))), "Checkbox") = (&field.default, kind) {
        leaf("defaultValue", &value.to_string());
    }
    if !field.is_calculated() && !matches!(kind, "Checkbox" | "AutoNumber" | "MasterDetail") {
        leaf("required", &(!field.nillable).to_string());
    }
    if !field.is_calculated() && matches!(kind, "Text" | "Number" | "Email") {
        leaf("externalId", &field.external_id.to_string());
        leaf("unique", &field.unique.to_string());
    }
    if let Some(formula) = &field.formula {
        leaf("formula", &formula.text);
    }
    if let Some(summary) = &field.summary {
        leaf("summaryForeignKey", &format!("{}.{}", summary.child, summary.foreign_key));
        leaf(
            "summaryOperation",
            match summary.kind {
                SummaryKind::Count => "count",
                SummaryKind::Sum => "sum",
                SummaryKind::Min => "min",
                SummaryKind::Max => "max",
            },
        );
        if let Some(of) = &summary.field {
            leaf("summarizedField", &format!("{}.{of}", summary.child));
        }
    }
    if let Some(reference) = &field.reference {
        reference.to.iter().for_each(|to| leaf("referenceTo", to));
        if let Some(children) = &reference.children {
            leaf("relationshipName", children.strip_suffix("__r").unwrap_or(children));
        }
        if let (OnParentDelete::Restrict, "Lookup") = (reference.on_delete, kind) {
            leaf("deleteConstraint", "Restrict");
        }
    }
    if !field.choices.is_empty() {
        let value = |choice: &crate::schema::Choice| {
            let parts = [
                ("fullName", choice.value.to_string()),
                ("default", choice.default.to_string()),
                ("label", choice.label.clone()),
            ];
            Element::new("value", parts.into_iter().map(|(name, text)| Element::leaf(name, text)).collect())
        };
        let mut definition = vec![Element::leaf("sorted", "false")];
        definition.extend(field.choices.iter().map(value));
        let set = vec![
            Element::leaf("restricted", field.restricted.to_string()),
            Element::new("valueSetDefinition", definition),
        ];
        children.push(Element::new("valueSet", set));
    }
    Element::new("CustomField", children)
}

/// The type as metadata calls it.
fn kind_of(field: &Field) -> &'static str {
    use FieldType as T;
    if field.summary.is_some() {
        return "Summary";
    }
    if field.auto_number.is_some() {
        return "AutoNumber";
    }
    match &field.kind {
        T::TextArea if field.extra_type == Some("richtextarea") => "Html",
        T::TextArea if field.length > 255 => "LongTextArea",
        T::TextArea => "TextArea",
        T::Boolean => "Checkbox",
        T::Reference if field.reference.as_ref().is_some_and(|to| to.master_detail.is_some()) => "MasterDetail",
        T::Reference => "Lookup",
        T::Int | T::Long | T::Double => "Number",
        T::Currency => "Currency",
        T::Percent => "Percent",
        T::Picklist => "Picklist",
        T::MultiPicklist => "MultiselectPicklist",
        T::Date => "Date",
        T::DateTime => "DateTime",
        T::Time => "Time",
        T::Email => "Email",
        T::Phone => "Phone",
        T::Url => "Url",
        T::EncryptedString => "EncryptedText",
        T::Address => "Address",
        T::Location => "Location",
        _ => "Text",
    }
}

/// The rows of permission sets and profiles.
fn rows(components: &mut Components, store: &Store, object: &str, kind: &'static Kind) {
    let Some(object) = store.schema().object(object) else { return };
    let mut names = BTreeSet::new();
    for row in store.table(object).rows().filter(|row| !row.is_deleted()) {
        let text = |field: &str| Some(row.get(object.field(field)?.index).as_text()?.to_owned());
        let Some(name) = text("Name") else { continue };
        let name = file_name(kind, &name);
        if components.get(kind, &name).is_none() {
            let mut children: Vec<Element> = object
                .fields
                .iter()
                .filter(|field| row.get(field.index).is_true())
                .filter_map(|field| field.name.strip_prefix("Permissions"))
                .map(|permission| {
                    let parts = vec![Element::leaf("enabled", "true"), Element::leaf("name", permission)];
                    Element::new("userPermissions", parts)
                })
                .collect();
            let mut leaf = |name: &str, text: Option<String>| {
                children.extend(text.map(|text| Element::leaf(name, text)));
            };
            leaf("description", text("Description").filter(|text| !text.is_empty()));
            if kind.name == "Profile" {
                leaf("custom", Some("false".into()));
                leaf("userLicense", Some("Salesforce".into()));
            } else {
                leaf("hasActivationRequired", Some("false".into()));
                leaf("label", text("Label"));
            }
            children.sort_by(|left, right| left.name.cmp(&right.name));
            let body = Element::new(kind.name, children);
            components.put(kind, &name, Component { body, id: Some(row.id()), ..Component::default() });
        }
        names.insert(name);
    }
    components.retain(|(of, name), _| *of != kind.name || names.contains(name));
}

/// The name in files of the row of that name.
fn file_name(kind: &Kind, row: &str) -> String {
    let profile = PROFILES.iter().find(|(name, _)| kind.name == "Profile" && *name == row);
    profile.map_or(row, |(_, file)| file).to_owned()
}

/// The row of a permission set or profile, by its name in files.
pub(super) fn row_of(store: &Store, kind: &Kind, name: &str) -> Option<RecordId> {
    let object = store.schema().object(kind.name)?;
    let field = object.field("Name")?.index;
    let mut rows = store.table(object).rows().filter(|row| !row.is_deleted());
    rows.find(|row| row.get(field).as_text().is_some_and(|row| file_name(kind, row) == name)).map(crate::store::Row::id)
}
