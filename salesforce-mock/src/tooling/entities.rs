use std::sync::Arc;

use salesforce_types::describe::FieldType;
use salesforce_types::{RecordId, Timestamp};

use crate::Org;
use crate::schema::{Field, Object, ObjectKind};
use crate::seed::Fill;
use crate::store::Store;
use crate::value::{Decimal, Value};

/// The version in which classes are said to be written.
const CLASS_VERSION: i64 = 68;

pub(super) fn fill(store: &mut Store, org: &Org) {
    let stamp = org.described();
    for object in org.store.schema().objects() {
        let row = entity(store, object, stamp);
        for field in &object.fields {
            definition(store, object, field, row, stamp);
        }
    }
    for (name, body) in &org.classes {
        let length = i64::try_from(body.chars().count()).unwrap_or(i64::MAX);
        Fill::new(&Arc::clone(store.schema()), "ApexClass")
            .set("Name", name.as_str())
            .set("ApiVersion", Decimal::from(CLASS_VERSION))
            .set("Status", "Active")
            .set("IsValid", true)
            .set("Body", body.as_str())
            .set("LengthWithoutComments", length)
            .load(store, stamp);
    }
}

fn entity(store: &mut Store, object: &Object, stamp: Timestamp) -> RecordId {
    let prefix = object.prefix.filter(|_| object.prefix_shown).map(|prefix| prefix.to_string());
    Fill::new(&Arc::clone(store.schema()), "EntityDefinition")
        .set("DurableId", &*object.name)
        .set("QualifiedApiName", &*object.name)
        .set("DeveloperName", developer_name(&object.name))
        .set("MasterLabel", &*object.label)
        .set("Label", &*object.label)
        .set("PluralLabel", &*object.plural)
        .set("KeyPrefix", prefix.as_deref().unwrap_or_default())
        .set("IsCustomizable", object.kind == ObjectKind::Data && object.layoutable)
        .set("IsCustomSetting", object.custom_setting)
        .set("IsApexTriggerable", object.triggerable)
        .set("IsQueryable", object.queryable)
        .set("IsRetrieveable", object.retrieveable)
        .set("IsSearchable", object.searchable)
        .set("IsReplicateable", object.replicateable)
        .set("IsLayoutable", object.layoutable)
        .set("IsFeedEnabled", object.feed_enabled)
        .set("IsDeprecatedAndHidden", false)
        .load(store, stamp)
}

fn definition(store: &mut Store, object: &Object, field: &Field, entity: RecordId, stamp: Timestamp) {
    let reference = field.reference.as_ref();
    let parent = reference.and_then(|reference| reference.parent.as_deref()).unwrap_or_default();
    let number = |number: u32| Value::Int(number.into());
    Fill::new(&Arc::clone(store.schema()), "FieldDefinition")
        .set("DurableId", &*format!("{}.{}", object.name, field.name))
        .set("QualifiedApiName", &*field.name)
        .set("DeveloperName", developer_name(&field.name))
        .set("EntityDefinitionId", &*object.name)
        .set("EntityDefinitionRow", entity)
        .set("MasterLabel", &*field.label)
        .set("Label", &*field.label)
        .set("DataType", &*data_type(field))
        .set("Length", number(field.length))
        .set("Precision", number(field.precision))
        .set("Scale", number(field.scale))
        .set("RelationshipName", parent)
        .set("ExtraTypeInfo", field.extra_type.unwrap_or_default())
        .set("IsCalculated", field.is_calculated())
        .set("IsCompound", !field.parts.is_empty())
        .set("IsIndexed", field.unique || field.external_id || reference.is_some() || field.name_field)
        .set("IsNillable", field.nillable)
        .set("IsNameField", field.name_field)
        .set("IsPolymorphicForeignKey", reference.is_some_and(|reference| reference.to.len() > 1))
        .set("IsApiFilterable", field.filterable)
        .set("IsApiSortable", field.sortable)
        .set("IsApiGroupable", field.groupable)
        .load(store, stamp);
}

/// A name without its suffix.
fn developer_name(name: &str) -> &str {
    name.rsplit_once("__").map_or(name, |(name, _)| name)
}

/// The type as Setup shows it: `Text(80)`, `Lookup(Account)`.
fn data_type(field: &Field) -> String {
    if field.summary.is_some() {
        return "Roll-Up Summary".into();
    }
    if field.auto_number.is_some() {
        return "Auto Number".into();
    }
    let plain = match &field.kind {
        FieldType::String => format!("Text({})", field.length),
        FieldType::TextArea if field.length > 255 => format!("Long Text Area({})", field.length),
        FieldType::TextArea => "Text Area".into(),
        FieldType::Reference => {
            let reference = field.reference.as_ref();
            let to = reference.map(|reference| reference.to.join(",")).unwrap_or_default();
            let master = reference.is_some_and(|reference| reference.master_detail.is_some());
            format!("{}({to})", if master { "Master-Detail" } else { "Lookup" })
        }
        FieldType::Boolean => "Checkbox".into(),
        FieldType::Int | FieldType::Long => format!("Number({}, 0)", field.precision),
        FieldType::Double => format!("Number({}, {})", field.precision, field.scale),
        FieldType::Currency => format!("Currency({}, {})", field.precision, field.scale),
        FieldType::Percent => format!("Percent({}, {})", field.precision, field.scale),
        FieldType::Picklist => "Picklist".into(),
        FieldType::MultiPicklist => "Picklist (Multi-Select)".into(),
        FieldType::DateTime => "Date/Time".into(),
        FieldType::Date => "Date".into(),
        FieldType::Time => "Time".into(),
        FieldType::Email => "Email".into(),
        FieldType::Phone => "Phone".into(),
        FieldType::Url => format!("URL({})", field.length),
        FieldType::Address => "Address".into(),
        FieldType::Location => "Geolocation".into(),
        other => other.as_str().to_owned(),
    };
    if field.is_calculated() { format!("Formula ({plain})") } else { plain }
}
