use std::collections::BTreeMap;
use std::sync::Arc;

use salesforce_types::describe::FieldType;

use super::picklist;
use crate::schema::{
    DefaultValue, Expression, Field, Formula, NumberFormat, OnParentDelete, Reference, Schema, Summary, SummaryKind,
};
use crate::value::Value;
use crate::xml::Element;

/// Parts of a field's file that change nothing about its values.
const WITHOUT_EFFECT: [&str; 22] = [
    "description",
    "trackHistory",
    "trackFeedHistory",
    "trackTrending",
    "visibleLines",
    "relationshipLabel",
    "writeRequiresMasterRead",
    "isFilteringDisabled",
    "isSortingDisabled",
    "isNameField",
    "externalDeveloperName",
    "businessOwnerGroup",
    "businessOwnerUser",
    "businessStatus",
    "complianceGroup",
    "securityClassification",
    "stripMarkup",
    "isConvertLeadDisabled",
    "encryptionScheme",
    "inlineHelpText",
    "startingNumber",
    "deprecated",
];

/// Parts that are read.
const READ: [&str; 29] = [
    "fullName",
    "label",
    "type",
    "length",
    "precision",
    "scale",
    "required",
    "unique",
    "externalId",
    "caseSensitive",
    "defaultValue",
    "formula",
    "formulaTreatBlanksAs",
    "referenceTo",
    "relationshipName",
    "relationshipOrder",
    "deleteConstraint",
    "reparentableMasterDetail",
    "valueSet",
    "displayFormat",
    "displayLocationInDecimal",
    "maskType",
    "maskChar",
    "summaryOperation",
    "summarizedField",
    "summaryForeignKey",
    "summaryFilterItems",
    "populateExistingRows",
    "metadataRelationshipControllingField",
];

/// A reference to these objects that says nothing about children.
pub(crate) fn points_to(objects: &[&str], parent: Option<Arc<str>>) -> Reference {
    Reference {
        to: objects.iter().map(|&name| name.into()).collect(),
        parent,
        children: None,
        on_delete: OnParentDelete::Keep,
        master_detail: None,
    }
}

/// The field that an element describes; nothing, and a problem, when it is of a kind that is not known.
pub(crate) fn read(
    object: &str,
    element: &Element,
    value_sets: &BTreeMap<String, Element>,
    problems: &mut Vec<String>,
) -> Option<Field> {
    let name = element.get("fullName").unwrap_or_default();
    let place = format!("{object}.{name}");
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        problems.push(format!("{place}: no name of a field"));
        return None;
    }
    for part in &element.children {
        if !WITHOUT_EFFECT.contains(&&*part.name) && !READ.contains(&&*part.name) {
            problems.push(format!("{place}: {} not taken over", part.name));
        }
    }
    let Some(kind) = element.get("type") else {
        // The files of standard fields name no type; what they change is about layouts.
        if name.ends_with("__c") {
            problems.push(format!("{place}: the field has no type"));
        }
        return None;
    };
    let Some(mut field) = of_type(name, kind, element) else {
        problems.push(format!("{place}: the type {kind} is not known"));
        return None;
    };
    if let Some(label) = element.get("label") {
        label.clone_into(&mut field.label);
    }
    field.help = element.get("inlineHelpText").map(ToOwned::to_owned);
    field.unique = element.is_true("unique");
    field.external_id = element.is_true("externalId");
    field.case_sensitive = element.is_true("caseSensitive");
    if element.is_true("required") {
        field.nillable = false;
    }
    if let Some(values) = element.child("valueSet") {
        picklist::choices(&mut field, values, value_sets, &place, problems);
    }
    if let Some(formula) = element.get("formula").filter(|_| element.get("type") != Some("Summary")) {
        if field.kind == FieldType::String {
            field = field.with_length(1300);
        }
        return Some(
            field.with_formula(Formula::new(formula, element.get("formulaTreatBlanksAs") == Some("BlankAsZero"))),
        );
    }
    if let Some(text) = element.get("defaultValue").filter(|text| !text.is_empty()) {
        default(&mut field, text, &place, problems);
    }
    Some(field)
}

fn of_type(name: &str, kind: &str, element: &Element) -> Option<Field> {
    use FieldType as T;
    let number = |name: &str, otherwise: u32| element.number(name).unwrap_or(otherwise);
    let text = |kind: T, length: u32| Field::new(name, kind).with_length(number("length", length));
    let decimal = |kind: T| {
        let mut field = Field::new(name, kind);
        (field.precision, field.scale) = (number("precision", 18).min(18), number("scale", 0).min(17));
        field
    };
    Some(match kind {
        "Text" => text(T::String, 255),
        "TextArea" => text(T::TextArea, 255),
        "LongTextArea" => long(text(T::TextArea, 32_768)),
        "Html" => {
            let mut field = long(text(T::TextArea, 32_768));
            field.extra_type = Some("richtextarea");
            field
        }
        "EncryptedText" => {
            let mut field = text(T::EncryptedString, 175);
            let kinds = ["all", "lastFour", "creditCard", "ssn", "nino", "sin"];
            let mask = kinds.into_iter().find(|kind| Some(*kind) == element.get("maskType")).unwrap_or("all");
            field.mask = Some((mask, if element.get("maskChar") == Some("X") { "X" } else { "asterisk" }));
            field
        }
        "Url" => Field::new(name, T::Url),
        "Phone" => Field::new(name, T::Phone),
        "Email" => Field::new(name, T::Email),
        "Checkbox" => Field::new(name, T::Boolean),
        "Date" => Field::new(name, T::Date),
        "DateTime" => Field::new(name, T::DateTime),
        "Time" => Field::new(name, T::Time),
        "Number" => decimal(T::Double),
        "Currency" => decimal(T::Currency),
        "Percent" => decimal(T::Percent),
        "Picklist" => Field::new(name, T::Picklist),
        "MultiselectPicklist" => Field::new(name, T::MultiPicklist),
        "Address" => Field::new(name, T::Address),
        "Location" => {
            let mut field = Field::new(name, T::Location);
            field.scale = number("scale", 7).min(15);
            field.decimal_location = element.is_true("displayLocationInDecimal");
            field
        }
        "AutoNumber" => {
            let mut field = Field::new(name, T::String).with_length(30).read_only();
            field.auto_number = Some(NumberFormat::parse(element.get("displayFormat").unwrap_or("{0}")));
            field.defaulted_on_create = true;
            field
        }
        "Lookup" | "MasterDetail" | "Hierarchy" | "MetadataRelationship" => reference(name, kind, element),
        // Their parents lie in another system: what is stored is its key.
        "ExternalLookup" | "IndirectLookup" => text(T::String, 255),
        "Summary" => summary(name, element)?,
        _ => return None,
    })
}

/// A long text can be neither filtered nor sorted, however short its length is.
fn long(mut field: Field) -> Field {
    (field.filterable, field.sortable, field.groupable, field.aggregatable) = (false, false, false, false);
    field
}

fn reference(name: &str, kind: &str, element: &Element) -> Field {
    let stem = name.strip_suffix("__c");
    let mut to: Vec<Arc<str>> = element.all("referenceTo").map(|to| to.text.trim().into()).collect();
    if to.is_empty() && kind == "Hierarchy" {
        to.push("User".into());
    }
    let custom_children = |children: &str| if stem.is_some() { format!("{children}__r") } else { children.to_owned() };
    let children = element.get("relationshipName").filter(|name| !name.is_empty()).map(custom_children);
    let master = kind == "MasterDetail";
    let mut field = Field::new(name, FieldType::Reference).with_reference(Reference {
        to,
        parent: stem.map(|stem| format!("{stem}__r").into()),
        children: children.map(Into::into),
        on_delete: match element.get("deleteConstraint") {
            _ if master => OnParentDelete::Cascade,
            Some("Restrict") => OnParentDelete::Restrict,
            Some("Cascade") => OnParentDelete::Cascade,
            _ => OnParentDelete::Clear,
        },
        master_detail: master.then(|| u8::try_from(element.number("relationshipOrder").unwrap_or(0)).unwrap_or(0)),
    });
    if master {
        field.nillable = false;
        field.updateable = element.is_true("reparentableMasterDetail");
    }
    field
}

fn summary(name: &str, element: &Element) -> Option<Field> {
    let kind = match element.get("summaryOperation")? {
        "count" => SummaryKind::Count,
        "sum" => SummaryKind::Sum,
        "min" => SummaryKind::Min,
        "max" => SummaryKind::Max,
        _ => return None,
    };
    let (child, foreign_key) = element.get("summaryForeignKey")?.split_once('.')?;
    let field = element.get("summarizedField").and_then(|field| field.split_once('.')).map(|(_, field)| field.into());
    let mut rolled_up = Field::new(name, FieldType::Double);
    rolled_up.scale = 0;
    Some(rolled_up.with_summary(Summary {
        kind,
        child: child.into(),
        foreign_key: foreign_key.into(),
        field,
        filtered: element.child("summaryFilterItems").is_some(),
    }))
}

fn default(field: &mut Field, text: &str, place: &str, problems: &mut Vec<String>) {
    let formula = Formula::new(text, true);
    let value = match (&field.kind, &formula.expression) {
        (FieldType::Boolean, Ok(Expression::Bool(value))) => Some(Value::Bool(*value)),
        (FieldType::Double | FieldType::Currency | FieldType::Percent, Ok(Expression::Number(number))) => {
            Some(Value::Decimal(*number))
        }
        (_, Ok(Expression::Text(text))) => Some(Value::text(text)),
        (_, Err(reason)) => {
            problems.push(format!("{place}: default not evaluated: {reason}"));
            None
        }
        _ => None,
    };
    field.default = Some(value.map_or_else(|| DefaultValue::Formula(Arc::new(formula)), DefaultValue::Value));
    field.defaulted_on_create = true;
}

/// What needs all objects to be known: the types of roll-ups, and targets that are missing.
pub(crate) fn settle(schema: &mut Schema, problems: &mut Vec<String>) {
    let names: Vec<Arc<str>> = schema.objects().iter().map(|object| Arc::clone(&object.name)).collect();
    for name in names {
        let Some(mut object) = schema.object(&name).cloned() else { continue };
        for index in 0..object.fields.len() {
            let field = &object.fields[index];
            let place = format!("{name}.{}", field.name);
            for target in field.reference.iter().flat_map(|reference| &reference.to) {
                if schema.object(target).is_none() {
                    problems.push(format!("{place}: points to {target}, which is not in the org"));
                }
            }
            let summed = field.summary.as_ref().and_then(|summary| {
                let of = schema.object(&summary.child)?.field(summary.field.as_ref()?)?;
                Some((of.kind.clone(), of.precision, of.scale))
            });
            if field.summary.as_ref().is_some_and(|summary| summary.kind != SummaryKind::Count) && summed.is_none() {
                problems.push(format!("{place}: the field it sums up is not in the org"));
            }
            let field = &mut object.fields[index];
            if let Some((kind, _, scale)) = summed {
                (field.kind, field.precision, field.scale) = (kind, 18, scale);
            }
        }
        schema.add(object);
    }
}
