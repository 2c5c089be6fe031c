//! What an org says about its objects and fields.
//!
//! A describe is the caller's view: only objects and fields that the user may see are listed (REST reference 4.3).
//! Older versions and test servers leave keys out or send null; every key but the names is optional here, and unknown
//! keys are ignored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A struct of an answer: every key may be missing or null.
macro_rules! answer {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_meta])* #[serde(deserialize_with = "null_is_default")] pub $field: $type,)*
        }
    };
}

answer! {
    /// The answer of `/sobjects`: every object the user may see, in short.
    GlobalDescribe {
        /// The org's encoding, `UTF-8`.
        encoding: String,
        /// The most rows a call may carry.
        max_batch_size: u32,
        /// The objects.
        sobjects: Vec<SObjectSummary>,
    }
}

answer! {
    /// One object in the list of all.
    SObjectSummary {
        /// Whether it can be activated and deactivated.
        activateable: bool,
        /// `History`, `Share`, `Feed`, `ChangeEvent`, … for an object that belongs to another.
        associate_entity_type: Option<String>,
        /// The object it belongs to.
        associate_parent_entity: Option<String>,
        /// Whether rows can be created.
        createable: bool,
        /// Whether it is a custom object.
        custom: bool,
        /// Whether it is a custom setting.
        custom_setting: bool,
        /// Whether it takes part in deep clones.
        deep_cloneable: bool,
        /// Whether rows can be deleted.
        deletable: bool,
        /// Not for use any more.
        deprecated_and_hidden: bool,
        /// Whether it has feeds.
        feed_enabled: bool,
        /// Whether it has subtypes.
        has_subtypes: bool,
        /// Whether it is an interface.
        is_interface: bool,
        /// Whether it is a subtype.
        is_subtype: bool,
        /// The first three characters of its ids, if it has ids of its own. Not always unique.
        key_prefix: Option<String>,
        /// Its name for people.
        label: String,
        /// Its name for people, for several.
        label_plural: String,
        /// Whether it has layouts.
        layoutable: bool,
        /// Whether rows can be merged.
        mergeable: bool,
        /// Whether it keeps recently used rows.
        mru_enabled: bool,
        /// Its API name.
        name: String,
        /// Whether SOQL can read it.
        queryable: bool,
        /// Whether `getUpdated` and `getDeleted` work.
        replicateable: bool,
        /// Whether a row can be read by id.
        retrieveable: bool,
        /// Whether SOSL can find it.
        searchable: bool,
        /// Whether it may have triggers.
        triggerable: bool,
        /// Whether rows can be undeleted.
        undeletable: bool,
        /// Whether rows can be updated.
        updateable: bool,
        /// Paths of its resources; some hold placeholders such as `{ID}`.
        urls: BTreeMap<String, String>,
    }
}

answer! {
    /// The answer of `/sobjects/X/describe`: one object whole.
    SObjectDescribe {
        /// Buttons and links that are replaced.
        action_overrides: Vec<serde_json::Value>,
        /// Whether it can be activated and deactivated.
        activateable: bool,
        /// `History`, `Share`, `Feed`, `ChangeEvent`, … for an object that belongs to another.
        associate_entity_type: Option<String>,
        /// The object it belongs to.
        associate_parent_entity: Option<String>,
        /// The relations in which it is the parent.
        child_relationships: Vec<ChildRelationship>,
        /// Whether it has compact layouts.
        compact_layoutable: bool,
        /// Whether rows can be created.
        createable: bool,
        /// Whether it is a custom object.
        custom: bool,
        /// Whether it is a custom setting.
        custom_setting: bool,
        /// Whether it takes part in deep clones.
        deep_cloneable: bool,
        /// The default implementation of an interface.
        default_implementation: Option<String>,
        /// Whether rows can be deleted.
        deletable: bool,
        /// Not for use any more.
        deprecated_and_hidden: bool,
        /// What extends it.
        extended_by: Option<String>,
        /// What it extends.
        extends_interfaces: Option<String>,
        /// Whether it has feeds.
        feed_enabled: bool,
        /// The fields, in the server's order.
        fields: Vec<Field>,
        /// Whether it has subtypes.
        has_subtypes: bool,
        /// What implements it.
        implemented_by: Option<String>,
        /// What it implements.
        implements_interfaces: Option<String>,
        /// Whether it is an interface.
        is_interface: bool,
        /// Whether it is a subtype.
        is_subtype: bool,
        /// The first three characters of its ids.
        key_prefix: Option<String>,
        /// Its name for people.
        label: String,
        /// Its name for people, for several.
        label_plural: String,
        /// Whether it has layouts.
        layoutable: bool,
        /// Null in every recorded answer.
        listviewable: Option<bool>,
        /// Null in every recorded answer.
        lookup_layoutable: Option<bool>,
        /// Whether rows can be merged.
        mergeable: bool,
        /// Whether it keeps recently used rows.
        mru_enabled: bool,
        /// Its API name.
        name: String,
        /// Named layouts.
        named_layout_infos: Vec<serde_json::Value>,
        /// The field that holds the site a row belongs to.
        network_scope_field_name: Option<String>,
        /// Whether SOQL can read it.
        queryable: bool,
        /// The record types, the master type last.
        record_type_infos: Vec<RecordTypeInfo>,
        /// Whether `getUpdated` and `getDeleted` work.
        replicateable: bool,
        /// Whether a row can be read by id.
        retrieveable: bool,
        /// Whether it has search layouts.
        search_layoutable: bool,
        /// Whether SOSL can find it.
        searchable: bool,
        /// How much this describe tells, `FULL`.
        sobject_describe_option: Option<String>,
        /// What `USING SCOPE` takes.
        supported_scopes: Vec<Scope>,
        /// Whether it may have triggers.
        triggerable: bool,
        /// Whether rows can be undeleted.
        undeletable: bool,
        /// Whether rows can be updated.
        updateable: bool,
        /// Paths of its resources; some are absolute, some hold placeholders.
        urls: BTreeMap<String, String>,
    }
}

impl SObjectDescribe {
    /// The field of that name; its case does not matter.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

answer! {
    /// One field.
    Field {
        /// Whether it may stand in an aggregate function.
        aggregatable: bool,
        /// Whether it is a prediction.
        ai_prediction_field: bool,
        /// Whether the server numbers it.
        auto_number: bool,
        /// Its length in bytes, three for a character of text; 0 for numbers.
        byte_length: u32,
        /// Whether it is a formula or a roll-up: its value changes without its row being touched.
        calculated: bool,
        /// The formula, if it is one and the user may see it.
        calculated_formula: Option<String>,
        /// Whether deleting the parent deletes the row.
        cascade_delete: bool,
        /// Whether its values are compared with their case.
        case_sensitive: bool,
        /// The compound field it is a part of: `BillingAddress` for `BillingCity`.
        compound_field_name: Option<String>,
        /// The field that decides which values of this picklist are valid.
        controller_name: Option<String>,
        /// Whether it can be set on create.
        createable: bool,
        /// Whether it is a custom field.
        custom: bool,
        /// The default: a boolean, a text or a number.
        default_value: Option<serde_json::Value>,
        /// The formula of the default.
        default_value_formula: Option<String>,
        /// Whether the server fills it on create.
        defaulted_on_create: bool,
        /// Whether its values depend on another field.
        dependent_picklist: bool,
        /// Not for use any more.
        deprecated_and_hidden: bool,
        /// Digits of an `int`; else 0.
        digits: u32,
        /// Whether a location is shown in decimal.
        display_location_in_decimal: bool,
        /// Whether it is encrypted at rest.
        encrypted: bool,
        /// Whether it is an external id.
        external_id: bool,
        /// More about the type: `richtextarea`, `imageurl`, `personname`, ….
        extra_type_info: Option<String>,
        /// Whether it may stand in `WHERE`.
        filterable: bool,
        /// The filter of a lookup.
        filtered_lookup_info: Option<serde_json::Value>,
        /// How a formula takes empty numbers.
        formula_treat_null_number_as_zero: bool,
        /// Whether it may stand in `GROUP BY`.
        groupable: bool,
        /// Whether it has more decimals than usual.
        high_scale_number: bool,
        /// Whether it is rich text or a hyperlink formula.
        html_formatted: bool,
        /// Whether it can be the key of an upsert or of a parent.
        id_lookup: bool,
        /// The help text.
        inline_help_text: Option<String>,
        /// Its name for people.
        label: String,
        /// The most characters; 0 for what is no text.
        length: u32,
        /// The mask of encrypted text.
        mask: Option<String>,
        /// The kind of mask.
        mask_type: Option<String>,
        /// Its API name.
        name: String,
        /// Whether it is the object's name.
        name_field: bool,
        /// Whether it points to any object that has a name.
        name_pointing: bool,
        /// Whether it may be empty.
        nillable: bool,
        /// Whether field-level security can be set.
        permissionable: bool,
        /// The values of a picklist.
        picklist_values: Vec<PicklistValue>,
        /// Whether it points to one of several objects.
        polymorphic_foreign_key: bool,
        /// Digits of a number in all.
        precision: u32,
        /// Whether it can be queried by distance.
        query_by_distance: bool,
        /// The field of the parent that an indirect lookup points to.
        reference_target_field: Option<String>,
        /// The objects it points to; empty for what is no reference.
        reference_to: Vec<String>,
        /// The name of the parent in SOQL.
        relationship_name: Option<String>,
        /// 0 or 1 for a master-detail relation.
        relationship_order: Option<i32>,
        /// Whether a row holds its parent back from deletion.
        restricted_delete: bool,
        /// Whether only listed values are accepted.
        restricted_picklist: bool,
        /// Digits after the point.
        scale: u32,
        /// Whether a search can be narrowed by it.
        search_prefilterable: bool,
        /// Its type in SOAP, such as `xsd:string`.
        soap_type: String,
        /// Whether it may stand in `ORDER BY`.
        sortable: bool,
        /// Its type.
        #[serde(rename = "type")]
        field_type: FieldType,
        /// Whether no two rows may have the same value.
        unique: bool,
        /// Whether it can be set on update.
        updateable: bool,
        /// Whether writing a detail needs only read access to the master.
        write_requires_master_read: bool,
    }
}

answer! {
    /// One value of a picklist.
    PicklistValue {
        /// Whether it is offered for new rows.
        active: bool,
        /// Whether it is the default.
        default_value: bool,
        /// Its text for people.
        label: String,
        /// The controlling values it is valid for: a base64 bit set, the first value the highest bit of the first byte.
        valid_for: Option<String>,
        /// Its API value: what a row holds.
        value: String,
    }
}

answer! {
    /// A relation in which the object is the parent.
    ChildRelationship {
        /// Whether deleting the parent deletes the children.
        cascade_delete: bool,
        /// The child object.
        #[serde(rename = "childSObject")]
        child_sobject: String,
        /// Not for use any more.
        deprecated_and_hidden: bool,
        /// The child's field.
        field: String,
        /// Junction lists.
        junction_id_list_names: Vec<String>,
        /// What a junction points to.
        junction_reference_to: Vec<String>,
        /// Its name in a child subquery; none means that it cannot stand in one.
        relationship_name: Option<String>,
        /// Whether children hold their parent back from deletion.
        restricted_delete: bool,
    }
}

answer! {
    /// A record type.
    RecordTypeInfo {
        /// Whether it is active.
        active: bool,
        /// Whether the user may choose it.
        available: bool,
        /// Whether it is the user's default.
        default_record_type_mapping: bool,
        /// Its API name.
        developer_name: String,
        /// Whether it is the master type, `012000000000000AAA`.
        master: bool,
        /// Its name for people.
        name: String,
        /// Its id.
        record_type_id: String,
        /// Paths of its resources.
        urls: BTreeMap<String, String>,
    }
}

answer! {
    /// A scope that `USING SCOPE` takes.
    Scope {
        /// Its name for people.
        label: String,
        /// Its name in SOQL.
        name: String,
    }
}

macro_rules! field_types {
    ($($name:ident $text:literal $soap:literal,)*) => {
        /// The type of a field. Open: a type that is not listed is kept in [`FieldType::Other`].
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FieldType {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// A type this version of the crate has no name for.
            Other(Box<str>),
        }

        impl FieldType {
            /// The type as the server writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }

            /// The type's name in SOAP, as `soapType` holds it.
            #[must_use]
            pub fn soap_type(&self) -> &str {
                match self {
                    $(Self::$name => $soap,)*
                    Self::Other(_) => "xsd:anyType",
                }
            }
        }

        impl From<&str> for FieldType {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

field_types! {
    String "string" "xsd:string",
    Picklist "picklist" "xsd:string",
    MultiPicklist "multipicklist" "xsd:string",
    Combobox "combobox" "xsd:string",
    TextArea "textarea" "xsd:string",
    Phone "phone" "xsd:string",
    Url "url" "xsd:string",
    Email "email" "xsd:string",
    EncryptedString "encryptedstring" "xsd:string",
    DataCategoryGroupReference "datacategorygroupreference" "xsd:string",
    Id "id" "tns:ID",
    Reference "reference" "tns:ID",
    Boolean "boolean" "xsd:boolean",
    Int "int" "xsd:int",
    Long "long" "xsd:long",
    Double "double" "xsd:double",
    Currency "currency" "xsd:double",
    Percent "percent" "xsd:double",
    Date "date" "xsd:date",
    DateTime "datetime" "xsd:dateTime",
    Time "time" "xsd:time",
    Base64 "base64" "xsd:base64Binary",
    Address "address" "urn:address",
    Location "location" "urn:location",
    AnyType "anyType" "xsd:anyType",
    ComplexValue "complexvalue" "urn:complexvalue",
    Json "json" "xsd:string",
}

#[expect(clippy::derivable_impls, reason = "a macro writes the variants, so none can be marked as the default")]
impl Default for FieldType {
    fn default() -> Self {
        Self::AnyType
    }
}

impl Serialize for FieldType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FieldType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*Cow::<str>::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_missing_and_unknown_keys_are_no_error() {
        let field: Field =
            serde_json::from_str(r#"{"name":"X","type":"vector","label":null,"picklistValues":null,"new":[1]}"#)
                .unwrap();
        assert_eq!((&*field.name, &*field.label, field.picklist_values.len()), ("X", "", 0));
        assert_eq!(field.field_type, FieldType::Other("vector".into()));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let field = Field {
            name: "Amount".into(),
            field_type: FieldType::Currency,
            default_value: Some(5.into()),
            ..Field::default()
        };
        let json = serde_json::to_string(&field).unwrap();
        assert!(json.contains(r#""type":"currency""#) && json.contains(r#""defaultValue":5"#), "{json}");
        assert_eq!(serde_json::from_str::<Field>(&json).unwrap(), field);
    }
}
