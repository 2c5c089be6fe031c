//! Which type a field has.

use salesforce_types::describe::{Field, FieldType};

use crate::picklist::Picklist;

/// The type of a field's value: as code, and the name to import for it.
pub(crate) struct FieldCode {
    pub(crate) code: String,
    pub(crate) imports: &'static [&'static str],
    /// Whether the type itself can be empty, or the value never is.
    pub(crate) is_never_null: bool,
}

impl FieldCode {
    /// Numbers with a fraction keep their digits (`Number`), since a double has fewer than the 18 of a currency. What is
    /// an open type, or none that is known, is a `Value`.
    pub(crate) fn new(field: &Field, picklist: Option<&Picklist>) -> Self {
        let (code, imports): (&str, &'static [&'static str]) = match &field.field_type {
            FieldType::Id => ("RecordId", &["RecordId"]),
            // An indirect lookup holds what the field of its parent holds (REST reference 4.3).
            FieldType::Reference if field.reference_target_field.is_some() => ("String", &[]),
            FieldType::Reference => ("RecordId", &["RecordId"]),
            FieldType::Boolean => ("bool", &[]),
            FieldType::Int => ("i32", &[]),
            FieldType::Long => ("i64", &[]),
            FieldType::Double | FieldType::Currency | FieldType::Percent => ("Number", &["Number"]),
            FieldType::Date => ("Date", &["Date"]),
            FieldType::DateTime => ("Timestamp", &["Timestamp"]),
            FieldType::Time => ("TimeOfDay", &["TimeOfDay"]),
            FieldType::Address => ("Address", &["Address"]),
            FieldType::Location => ("Location", &["Location"]),
            FieldType::MultiPicklist => {
                let of = picklist.map_or("String", |picklist| &picklist.name);
                let code = format!("MultiPicklist<{of}>");
                return Self { code, imports: &["MultiPicklist"], is_never_null: !field.nillable };
            }
            FieldType::Picklist | FieldType::Combobox => {
                (picklist.map_or("String", |picklist| picklist.name.as_str()), &[])
            }
            FieldType::String
            | FieldType::TextArea
            | FieldType::Phone
            | FieldType::Url
            | FieldType::Email
            | FieldType::EncryptedString
            | FieldType::DataCategoryGroupReference
            | FieldType::Base64 => ("String", &[]),
            _ => ("Value", &["Value"]),
        };
        let is_never_null = match &field.field_type {
            FieldType::Boolean | FieldType::Id => true,
            FieldType::Address | FieldType::Location => false,
            _ => code == "Value" || !field.nillable,
        };
        Self { code: code.to_owned(), imports, is_never_null }
    }
}
