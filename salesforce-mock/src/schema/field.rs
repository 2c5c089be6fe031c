use std::sync::Arc;

use salesforce_types::describe::FieldType;

use super::{Formula, NumberFormat};
use crate::value::Value;

/// One field of an object: what the describe says of it, and what the rules need to know.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its position in the object and in every row.
    pub index: usize,
    /// The API name.
    pub name: Arc<str>,
    /// The name for people; error texts use it.
    pub label: String,
    /// The type.
    pub kind: FieldType,
    /// The most characters of a text.
    pub length: u32,
    /// All digits of a number.
    pub precision: u32,
    /// Digits after the point.
    pub scale: u32,
    /// Whether it is a custom field.
    pub custom: bool,
    /// Whether it may be empty.
    pub nillable: bool,
    /// Whether it may be set on create.
    pub createable: bool,
    /// Whether it may be set on update.
    pub updateable: bool,
    /// Whether it may stand in `WHERE`.
    pub filterable: bool,
    /// Whether it may stand in `ORDER BY`.
    pub sortable: bool,
    /// Whether it may stand in `GROUP BY`.
    pub groupable: bool,
    /// Whether it may stand in an aggregate function.
    pub aggregatable: bool,
    /// Whether it is the name of a row.
    pub name_field: bool,
    /// Whether it is an external id.
    pub external_id: bool,
    /// Whether it can be the key of an upsert without being an external id: `Id`, some names and e-mail fields.
    pub id_lookup: bool,
    /// Whether no two rows may hold the same value.
    pub unique: bool,
    /// Whether its values are compared with their case.
    pub case_sensitive: bool,
    /// Whether the server fills it when nothing is given.
    pub defaulted_on_create: bool,
    /// The default.
    pub default: Option<DefaultValue>,
    /// The values of a picklist.
    pub choices: Vec<Choice>,
    /// Whether other values are refused.
    pub restricted: bool,
    /// The field that decides which values are valid.
    pub controller: Option<Arc<str>>,
    /// Where an id points.
    pub reference: Option<Reference>,
    /// The formula of a calculated field.
    pub formula: Option<Arc<Formula>>,
    /// The roll-up of a calculated field.
    pub summary: Option<Summary>,
    /// How the server numbers rows.
    pub auto_number: Option<NumberFormat>,
    /// The compound field it is a part of.
    pub compound: Option<Arc<str>>,
    /// The parts of an address or a location: their keys in an answer, in its order, and the positions of the fields.
    pub parts: Vec<(&'static str, usize)>,
    /// More on the type, such as `richtextarea`.
    pub extra_type: Option<&'static str>,
    /// The help text.
    pub help: Option<String>,
    /// The mask of encrypted text: its kind, and the character.
    pub mask: Option<(&'static str, &'static str)>,
    /// Whether a location is shown in decimal.
    pub decimal_location: bool,
}

/// What a field gets when nothing is given.
#[derive(Clone, Debug)]
pub enum DefaultValue {
    /// Always the same value.
    Value(Value),
    /// The outcome of a formula when the row is made.
    Formula(Arc<Formula>),
}

/// One value of a picklist.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What a row holds.
    pub value: Arc<str>,
    /// What people see.
    pub label: String,
    /// Whether it is offered.
    pub active: bool,
    /// Whether it is the default.
    pub default: bool,
    /// For a dependent picklist: the controlling values it is valid for.
    pub valid_for: Vec<Arc<str>>,
}

impl Choice {
    /// A value that is offered and has no label of its own.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self { value: value.into(), label: value.to_owned(), active: true, default: false, valid_for: Vec::new() }
    }
}

/// Where an id points.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The objects it may point to; several make it polymorphic.
    pub to: Vec<Arc<str>>,
    /// The parent's name in SOQL: `Account` of `Contact.Account.Name`.
    pub parent: Option<Arc<str>>,
    /// The children's name in a subquery: `Contacts`.
    pub children: Option<Arc<str>>,
    /// What happens to the row when the parent is deleted.
    pub on_delete: OnParentDelete,
    /// 0 or 1 for a master-detail relation.
    pub master_detail: Option<u8>,
}

/// What happens to a row when the row it points to is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnParentDelete {
    /// It keeps the id.
    Keep,
    /// The id is taken out; an undelete of the parent puts it back.
    Clear,
    /// It is deleted too.
    Cascade,
    /// The parent cannot be deleted.
    Restrict,
}

/// A roll-up over children.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What is computed.
    pub kind: SummaryKind,
    /// The child object.
    pub child: Arc<str>,
    /// The child's field that points here.
    pub foreign_key: Arc<str>,
    /// The child's field that is summed up; none for a count.
    pub field: Option<Arc<str>>,
    /// Whether only some children count. Such filters are not evaluated: the field reads as nothing.
    pub filtered: bool,
}

/// The function of a roll-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SummaryKind {
    /// How many children.
    Count,
    /// The sum of a field.
    Sum,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
}

impl Field {
    /// A field of that type with what the server gives most fields of it.
    #[must_use]
    pub fn new(name: &str, kind: FieldType) -> Self {
        use FieldType as T;
        let text = !matches!(
            kind,
            T::Boolean | T::Int | T::Long | T::Double | T::Currency | T::Percent | T::Date | T::DateTime | T::Time
        );
        let opaque = matches!(kind, T::Base64 | T::Address | T::Location | T::AnyType | T::EncryptedString);
        let number = matches!(kind, T::Double | T::Currency | T::Percent | T::DateTime | T::Time);
        let compound = matches!(kind, T::Address | T::Location);
        let (length, precision, scale) = match kind {
            T::Id | T::Reference => (18, 0, 0),
            T::Picklist | T::TextArea | T::Url | T::String | T::Combobox => (255, 0, 0),
            T::MultiPicklist => (4099, 0, 0),
            T::Phone => (40, 0, 0),
            T::Email => (80, 0, 0),
            T::EncryptedString => (175, 0, 0),
            T::Double | T::Currency | T::Percent => (0, 18, 2),
            _ => (0, 0, 0),
        };
        Self {
            index: 0,
            name: name.into(),
            label: label_of(name),
            length: if text { length } else { 0 },
            precision,
            scale,
            custom: name.ends_with("__c") || name.ends_with("__s"),
            nillable: kind != T::Boolean,
            createable: !compound,
            updateable: !compound,
            filterable: !matches!(kind, T::Base64 | T::AnyType | T::EncryptedString | T::Address),
            sortable: !opaque && kind != T::MultiPicklist,
            groupable: !opaque && !number && kind != T::MultiPicklist,
            aggregatable: !opaque && kind != T::Boolean && kind != T::MultiPicklist,
            name_field: false,
            external_id: false,
            id_lookup: false,
            unique: false,
            case_sensitive: false,
            defaulted_on_create: kind == T::Boolean,
            default: (kind == T::Boolean).then_some(DefaultValue::Value(Value::Bool(false))),
            choices: Vec::new(),
            restricted: false,
            controller: None,
            reference: None,
            formula: None,
            summary: None,
            auto_number: None,
            compound: None,
            parts: Vec::new(),
            extra_type: (kind == T::TextArea).then_some("plaintextarea"),
            help: None,
            mask: (kind == T::EncryptedString).then_some(("all", "asterisk")),
            decimal_location: false,
            kind,
        }
    }

    /// A field that only the server writes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        (self.createable, self.updateable) = (false, false);
        self
    }

    /// Sets the length of a text; a long text can be neither filtered nor sorted.
    #[must_use]
    pub fn with_length(mut self, length: u32) -> Self {
        self.length = length;
        if length > 255 && matches!(self.kind, FieldType::TextArea) {
            (self.filterable, self.sortable, self.groupable, self.aggregatable) = (false, false, false, false);
        }
        self
    }

    /// Makes it an id that points to other objects.
    #[must_use]
    pub fn with_reference(mut self, reference: Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Makes it a formula.
    #[must_use]
    pub fn with_formula(mut self, formula: Formula) -> Self {
        self.formula = Some(Arc::new(formula));
        self.calculated_flags()
    }

    /// Makes it a roll-up.
    #[must_use]
    pub fn with_summary(mut self, summary: Summary) -> Self {
        self.summary = Some(summary);
        self.calculated_flags()
    }

    fn calculated_flags(mut self) -> Self {
        (self.defaulted_on_create, self.default, self.groupable) = (false, None, false);
        self.read_only()
    }

    /// Whether it is a formula or a roll-up.
    #[must_use]
    pub fn is_calculated(&self) -> bool {
        self.formula.is_some() || self.summary.is_some()
    }

    /// Whether a row holds its value; others are computed when they are read.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        !self.is_calculated() && !matches!(self.kind, FieldType::Address | FieldType::Location)
    }

    /// Whether it points to several objects.
    #[must_use]
    pub fn is_polymorphic(&self) -> bool {
        self.reference.as_ref().is_some_and(|reference| reference.to.len() > 1)
    }
}

/// A label out of an API name: `BillingCity` is `Billing City`, `OwnerId` is `Owner ID`, `Due_Date__c` is `Due Date`.
pub(super) fn label_of(name: &str) -> String {
    let name = name.trim_end_matches("__c").trim_end_matches("__s").trim_end_matches("__e").trim_end_matches("__mdt");
    let mut label = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter == '_' {
            if before != ' ' {
                label.push(' ');
            }
            before = ' ';
            continue;
        }
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            label.push(' ');
        }
        label.push(letter);
        before = letter;
    }
    if label.ends_with(" Id") || label == "Id" {
        label.truncate(label.len() - 2);
        label.push_str("ID");
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_out_of_names() {
        for (name, label) in [
            ("BillingCity", "Billing City"),
            ("OwnerId", "Owner ID"),
            ("Due_Date__c", "Due Date"),
            ("Id", "ID"),
            ("URL", "URL"),
        ] {
            assert_eq!(label_of(name), label);
        }
    }
}
