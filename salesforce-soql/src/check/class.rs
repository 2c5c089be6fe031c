//! Which literals and operators go with which type.

use salesforce_types::describe::FieldType;

use crate::ast::Value;

/// Types that are alike in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Id,
    Bool,
    Number,
    Currency,
    Date,
    DateTime,
    Time,
    Place,
    /// What no rule is known of.
    Other,
}

impl Class {
    pub(super) fn of(field_type: &FieldType) -> Self {
        match field_type {
            FieldType::String
            | FieldType::Picklist
            | FieldType::MultiPicklist
            | FieldType::Combobox
            | FieldType::TextArea
            | FieldType::Phone
            | FieldType::Url
            | FieldType::Email
            | FieldType::EncryptedString
            | FieldType::DataCategoryGroupReference => Self::Text,
            FieldType::Id | FieldType::Reference => Self::Id,
            FieldType::Boolean => Self::Bool,
            FieldType::Int | FieldType::Long | FieldType::Double | FieldType::Percent => Self::Number,
            FieldType::Currency => Self::Currency,
            FieldType::Date => Self::Date,
            FieldType::DateTime => Self::DateTime,
            FieldType::Time => Self::Time,
            FieldType::Address | FieldType::Location => Self::Place,
            _ => Self::Other,
        }
    }

    /// Whether it can be compared with this literal. What the language's documentation leaves open is taken.
    pub(super) fn takes(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            // How a time is written, with quotes or without, is told in both ways.
            Value::Text(_) => matches!(self, Self::Text | Self::Id | Self::Time | Self::Place | Self::Other),
            Value::Bool(_) => matches!(self, Self::Bool | Self::Other),
            Value::Number(_) => matches!(self, Self::Number | Self::Currency | Self::Other),
            Value::Money(_) => matches!(self, Self::Currency | Self::Other),
            Value::Date(_) => matches!(self, Self::Date | Self::Other),
            Value::DateTime(_) => matches!(self, Self::DateTime | Self::Other),
            Value::DateLiteral(_) => matches!(self, Self::Date | Self::DateTime | Self::Other),
            Value::Time(_) => matches!(self, Self::Time | Self::Other),
        }
    }

    /// Whether it can be compared by `<` and its kin.
    pub(super) fn has_order(self) -> bool {
        !matches!(self, Self::Bool | Self::Place)
    }

    /// Whether it can be compared by `LIKE`.
    pub(super) fn has_patterns(self) -> bool {
        matches!(self, Self::Text | Self::Other)
    }

    /// Whether it can be summed up.
    pub(super) fn has_sums(self) -> bool {
        matches!(self, Self::Number | Self::Currency | Self::Other)
    }
}

/// What a literal is, in words.
pub(super) fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Text(_) => "a text in quotes",
        Value::Number(_) => "a number",
        Value::Date(_) => "a date",
        Value::DateTime(_) => "a date and time",
        Value::Time(_) => "a time",
        Value::DateLiteral(_) => "a date literal",
        Value::Money(_) => "an amount of a currency",
    }
}
