//! The describe answers (REST reference 4).

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salesforce_types::ApiVersion;
use salesforce_types::describe::{
    ChildRelationship, Field as FieldAnswer, FieldType, GlobalDescribe, PicklistValue, RecordTypeInfo, SObjectDescribe,
    SObjectSummary, Scope,
};

use super::Schema;
use super::field::{DefaultValue, Field, OnParentDelete};
use super::object::{Object, ObjectKind};

/// The id of the record type that every object has.
const MASTER_RECORD_TYPE: &str = "012000000000000AAA";

impl Schema {
    /// The answer of `/sobjects`.
    #[must_use]
    pub fn describe_global(&self, version: ApiVersion) -> GlobalDescribe {
        let mut answer = GlobalDescribe::default();
        answer.encoding = "UTF-8".into();
        answer.max_batch_size = 200;
        answer.sobjects = self.objects().iter().map(|object| object.summary(version)).collect();
        answer.sobjects.sort_by(|left, right| left.name.cmp(&right.name));
        answer
    }

    /// The answer of `/sobjects/X/describe`. `host` is the org's own address, such as `https://acme.my.salesforce.com`:
    /// four of the links in it are absolute.
    #[must_use]
    pub fn describe(&self, object: &Object, version: ApiVersion, host: &str) -> SObjectDescribe {
        let base = format!("/services/data/v{version}/sobjects/{}", object.name);
        let mut answer = SObjectDescribe::default();
        answer.associate_entity_type = object.associate.as_ref().map(|(kind, _)| (*kind).to_owned());
        answer.associate_parent_entity = object.associate.as_ref().map(|(_, parent)| parent.to_string());
        answer.child_relationships = object.children.iter().map(|child| self.child(child)).collect();
        answer.compact_layoutable = object.layoutable;
        answer.createable = object.createable;
        answer.custom = object.is_custom();
        answer.custom_setting = object.custom_setting;
        answer.deletable = object.deletable;
        answer.feed_enabled = object.feed_enabled;
        answer.fields = object.fields.iter().map(|field| field.describe(object)).collect();
        answer.key_prefix = object.shown_prefix();
        answer.label.clone_from(&object.label);
        answer.label_plural.clone_from(&object.plural);
        answer.layoutable = object.layoutable;
        answer.mergeable = object.mergeable;
        answer.mru_enabled = object.mru_enabled;
        answer.name = object.name.to_string();
        answer.queryable = object.queryable;
        answer.record_type_infos = object.record_type_infos(&base);
        answer.replicateable = object.replicateable;
        answer.retrieveable = object.retrieveable;
        answer.search_layoutable = object.searchable;
        answer.searchable = object.searchable;
        answer.sobject_describe_option = Some("FULL".into());
        answer.supported_scopes = object.scopes();
        answer.triggerable = object.triggerable;
        answer.undeletable = object.undeletable;
        answer.updateable = object.updateable;
        answer.urls = object.urls(&base, Some(host));
        answer
    }

    fn child(&self, child: &super::Child) -> ChildRelationship {
        let object = self.at(child.object);
        let mut answer = ChildRelationship::default();
        answer.cascade_delete = child.on_delete == OnParentDelete::Cascade;
        answer.child_sobject = object.name.to_string();
        answer.field = object.fields.get(child.field).map(|field| field.name.to_string()).unwrap_or_default();
        answer.relationship_name = child.relationship.as_ref().map(ToString::to_string);
        answer.restricted_delete = child.on_delete == OnParentDelete::Restrict;
        answer
    }
}

impl Object {
    /// The object's item in the answer of `/sobjects`, also the `objectDescribe` of `/sobjects/X`.
    #[must_use]
    pub fn summary(&self, version: ApiVersion) -> SObjectSummary {
        let base = format!("/services/data/v{version}/sobjects/{}", self.name);
        let mut answer = SObjectSummary::default();
        answer.associate_entity_type = self.associate.as_ref().map(|(kind, _)| (*kind).to_owned());
        answer.associate_parent_entity = self.associate.as_ref().map(|(_, parent)| parent.to_string());
        answer.createable = self.createable;
        answer.custom = self.is_custom();
        answer.custom_setting = self.custom_setting;
        answer.deletable = self.deletable;
        answer.feed_enabled = self.feed_enabled;
        answer.key_prefix = self.shown_prefix();
        answer.label.clone_from(&self.label);
        answer.label_plural.clone_from(&self.plural);
        answer.layoutable = self.layoutable;
        answer.mergeable = self.mergeable;
        answer.mru_enabled = self.mru_enabled;
        answer.name = self.name.to_string();
        answer.queryable = self.queryable;
        answer.replicateable = self.replicateable;
        answer.retrieveable = self.retrieveable;
        answer.searchable = self.searchable;
        answer.triggerable = self.triggerable;
        answer.undeletable = self.undeletable;
        answer.updateable = self.updateable;
        answer.urls = self.urls(&base, None);
        answer
    }

    fn shown_prefix(&self) -> Option<String> {
        self.prefix.filter(|_| self.prefix_shown).map(|prefix| prefix.to_string())
    }

    fn urls(&self, base: &str, host: Option<&str>) -> BTreeMap<String, String> {
        let mut urls: BTreeMap<String, String> = BTreeMap::new();
        let mut put = |key: &str, url: String| urls.insert(key.into(), url);
        put("sobject", base.to_owned());
        put("describe", format!("{base}/describe"));
        put("rowTemplate", format!("{base}/{{ID}}"));
        if matches!(self.kind, ObjectKind::ChangeEvent | ObjectKind::PlatformEvent) {
            put("eventSchema", format!("{base}/eventSchema"));
        }
        if self.layoutable {
            put("approvalLayouts", format!("{base}/describe/approvalLayouts"));
            put("compactLayouts", format!("{base}/describe/compactLayouts"));
            put("layouts", format!("{base}/describe/layouts"));
            put("listviews", format!("{base}/listviews"));
            put("quickActions", format!("{base}/quickActions"));
            if let (Some(host), Some(prefix)) = (host, self.prefix) {
                put("uiDetailTemplate", format!("{host}/{{ID}}"));
                put("uiEditTemplate", format!("{host}/{{ID}}/e"));
                put("uiNewRecord", format!("{host}/{prefix}/e"));
            }
            if host.is_some() {
                put("defaultValues", format!("{base}/defaultValues?recordTypeId&fields"));
            }
        }
        urls
    }

    fn record_type_infos(&self, base: &str) -> Vec<RecordTypeInfo> {
        if !self.layoutable {
            return Vec::new();
        }
        let info = |id: &str, name: &str, label: &str, active: bool, master: bool| {
            let mut info = RecordTypeInfo::default();
            info.active = active;
            info.available = active;
            info.default_record_type_mapping = master;
            info.developer_name = name.into();
            info.master = master;
            info.name = label.into();
            info.record_type_id = id.into();
            info.urls = [("layout".to_owned(), format!("{base}/describe/layouts/{id}"))].into();
            info
        };
        let own = self.record_types.iter();
        own.map(|own| info(&own.id.to_string(), &own.developer_name, &own.label, own.active, false))
            .chain([info(MASTER_RECORD_TYPE, "Master", "Master", true, true)])
            .collect()
    }

    fn scopes(&self) -> Vec<Scope> {
        let plural = self.plural.to_lowercase();
        let scope = |label: String, name: &str| {
            let mut scope = Scope::default();
            (scope.label, scope.name) = (label, name.into());
            scope
        };
        let mut scopes = vec![scope(format!("All {plural}"), "everything")];
        if self.known.owner.is_some() {
            scopes.push(scope(format!("My {plural}"), "mine"));
        }
        scopes
    }
}

impl Field {
    /// The field of that object in the answer of a describe.
    #[must_use]
    pub fn describe(&self, object: &Object) -> FieldAnswer {
        let reference = self.reference.as_ref();
        let mut answer = FieldAnswer::default();
        answer.aggregatable = self.aggregatable;
        answer.auto_number = self.auto_number.is_some();
        answer.byte_length = match self.kind {
            FieldType::Id | FieldType::Reference => self.length,
            _ => self.length.saturating_mul(3),
        };
        answer.calculated = self.is_calculated();
        answer.calculated_formula = self.formula.as_ref().map(|formula| formula.text.to_string());
        answer.cascade_delete = reference.is_some_and(|reference| reference.on_delete == OnParentDelete::Cascade);
        answer.case_sensitive = self.case_sensitive;
        answer.compound_field_name = self.compound.as_ref().map(ToString::to_string);
        answer.createable = self.createable;
        answer.custom = self.custom;
        match &self.default {
            Some(DefaultValue::Value(value)) => answer.default_value = Some(value.to_json()),
            Some(DefaultValue::Formula(formula)) => answer.default_value_formula = Some(formula.text.to_string()),
            None => {}
        }
        answer.defaulted_on_create = self.defaulted_on_create;
        answer.dependent_picklist = self.controller.is_some();
        answer.controller_name = self.controller.as_ref().map(ToString::to_string);
        answer.digits = if self.kind == FieldType::Int { 9 } else { 0 };
        answer.display_location_in_decimal = self.decimal_location;
        answer.external_id = self.external_id;
        answer.extra_type_info = self.extra_type.map(Into::into);
        answer.filterable = self.filterable;
        answer.formula_treat_null_number_as_zero = self.formula.as_ref().is_some_and(|formula| formula.blank_as_zero);
        answer.groupable = self.groupable;
        answer.html_formatted = self.extra_type == Some("richtextarea");
        answer.id_lookup = self.id_lookup || self.external_id;
        answer.inline_help_text.clone_from(&self.help);
        answer.label.clone_from(&self.label);
        answer.length = self.length;
        answer.mask = self.mask.map(|(_, character)| character.into());
        answer.mask_type = self.mask.map(|(kind, _)| kind.into());
        answer.name = self.name.to_string();
        answer.name_field = self.name_field;
        answer.name_pointing = self.is_polymorphic();
        answer.nillable = self.nillable;
        answer.permissionable = self.nillable && !self.name_field && &*self.name != "Id";
        answer.picklist_values = self.picklist_values(object);
        answer.polymorphic_foreign_key = self.is_polymorphic();
        answer.precision = self.precision;
        answer.query_by_distance = self.kind == FieldType::Location;
        answer.reference_to = reference.map(|to| to.to.iter().map(ToString::to_string).collect()).unwrap_or_default();
        answer.relationship_name = reference.and_then(|to| to.parent.as_ref()).map(ToString::to_string);
        answer.relationship_order = reference.and_then(|to| to.master_detail).map(i32::from);
        answer.restricted_delete = reference.is_some_and(|to| to.on_delete == OnParentDelete::Restrict);
        answer.restricted_picklist = self.restricted;
        answer.scale = self.scale;
        answer.search_prefilterable = reference.is_some() && self.nillable;
        answer.soap_type = self.kind.soap_type().to_owned();
        answer.sortable = self.sortable;
        answer.field_type = self.kind.clone();
        answer.unique = self.unique;
        answer.updateable = self.updateable;
        answer
    }

    fn picklist_values(&self, object: &Object) -> Vec<PicklistValue> {
        let controlling = self.controller.as_ref().and_then(|name| object.field(name)).map(Self::controlling);
        self.choices
            .iter()
            .map(|choice| {
                let mut value = PicklistValue::default();
                value.active = choice.active;
                value.default_value = choice.default;
                value.label.clone_from(&choice.label);
                value.valid_for = controlling.as_ref().map(|values| BASE64.encode(bits(&choice.valid_for, values)));
                value.value = choice.value.to_string();
                value
            })
            .collect()
    }

    /// The values by which this field decides what is valid in another one.
    fn controlling(&self) -> Vec<&str> {
        if self.kind == FieldType::Boolean {
            return vec!["unchecked", "checked"];
        }
        self.choices.iter().map(|choice| &*choice.value).collect()
    }
}

/// A bit for each controlling value, the first the highest of the first byte.
fn bits(valid_for: &[Arc<str>], controlling: &[&str]) -> Vec<u8> {
    let mut bits = vec![0_u8; controlling.len().div_ceil(8)];
    for (place, value) in controlling.iter().enumerate() {
        if valid_for.iter().any(|valid| **valid == **value) {
            bits[place / 8] |= 0x80 >> (place % 8);
        }
    }
    bits
}

#[cfg(test)]
mod tests;
