use super::shape::{component, xml_struct};

component! {
    /// A field of an object: a custom one, or what may be changed of a standard one.
    ///
    /// A new field is seen by nobody, not even by an administrator, until a permission set or a profile names it in its
    /// field permissions; only required fields need none. Until then describes leave it out.
    ///
    /// ```
    /// use salesforce_metadata::component::CustomField;
    ///
    /// let key = CustomField {
    ///     full_name: Some("Invoice__c.External_Key__c".into()),
    ///     label: Some("External Key".into()),
    ///     r#type: Some("Text".into()),
    ///     length: Some(64),
    ///     external_id: Some(true),
    ///     unique: Some(true),
    ///     ..CustomField::default()
    /// };
    /// ```
    pub struct CustomField {
        /// Whether its uniqueness tells `a` from `A`.
        case_sensitive: Option<bool> = "caseSensitive",
        /// What it holds unless said, as a formula.
        default_value: Option<String> = "defaultValue",
        /// What happens when the record is deleted that it points to: `Cascade`, `Restrict`, `SetNull`.
        delete_constraint: Option<String> = "deleteConstraint",
        /// What it is for.
        description: Option<String> = "description",
        /// How numbers of an auto-number are written.
        display_format: Option<String> = "displayFormat",
        /// Whether it is an external id.
        external_id: Option<bool> = "externalId",
        /// What it is computed from.
        formula: Option<String> = "formula",
        /// What an empty field counts for in the formula: `BlankAsBlank`, `BlankAsZero`.
        formula_treat_blanks_as: Option<String> = "formulaTreatBlanksAs",
        /// What users are told beside it.
        inline_help_text: Option<String> = "inlineHelpText",
        /// Its label.
        label: Option<String> = "label",
        /// How many characters it may have.
        length: Option<i32> = "length",
        /// How many digits a number may have.
        precision: Option<i32> = "precision",
        /// The objects that it points to.
        reference_to: Vec<String> = "referenceTo",
        /// How the other side calls its records, for people.
        relationship_label: Option<String> = "relationshipLabel",
        /// How the other side calls its records, in queries.
        relationship_name: Option<String> = "relationshipName",
        /// Whether it is the first (0) or the second (1) master.
        relationship_order: Option<i32> = "relationshipOrder",
        /// Whether a record may be given another master.
        reparentable_master_detail: Option<bool> = "reparentableMasterDetail",
        /// Whether it must have a value.
        required: Option<bool> = "required",
        /// How many digits of a number stand behind the point.
        scale: Option<i32> = "scale",
        /// The field that a roll-up takes together.
        summarized_field: Option<String> = "summarizedField",
        /// The field of the detail that leads to the master of a roll-up.
        summary_foreign_key: Option<String> = "summaryForeignKey",
        /// `Count`, `Sum`, `Min`, `Max`.
        summary_operation: Option<String> = "summaryOperation",
        /// Whether changes are kept in the history.
        track_history: Option<bool> = "trackHistory",
        /// Its type, such as `Text`, `Lookup`, `MasterDetail`, `Picklist`.
        r#type: Option<String> = "type",
        /// Whether no two records may have the same value.
        unique: Option<bool> = "unique",
        /// The values of a picklist.
        value_set: Option<ValueSet> = "valueSet",
        /// How many lines of it a page shows.
        visible_lines: Option<i32> = "visibleLines",
        /// Whether reading the master is enough to change the detail.
        write_requires_master_read: Option<bool> = "writeRequiresMasterRead",
    }
}

xml_struct! {
    /// Which values a picklist has.
    pub struct ValueSet {
        /// The field that decides which values are offered.
        controlling_field: Option<String> = "controllingField",
        /// Whether other values are refused.
        restricted: Option<bool> = "restricted",
        /// The values, if the field has its own.
        definition: Option<ValueSetDefinition> = "valueSetDefinition",
        /// The global value set, if the field has one of these.
        name: Option<String> = "valueSetName",
        /// Which values go with which of the controlling field.
        settings: Vec<ValueSetting> = "valueSettings",
    }
}

xml_struct! {
    /// The values of a picklist that has its own.
    pub struct ValueSetDefinition {
        /// Whether they are shown by the alphabet.
        sorted: Option<bool> = "sorted",
        /// The values, in their order. A deploy takes the list as a whole.
        values: Vec<PicklistValue> = "value",
    }
}

xml_struct! {
    /// A value of a picklist.
    pub struct PicklistValue {
        /// What records hold.
        full_name: String = "fullName",
        /// Whether new records get it.
        default: bool = "default",
        /// Whether it is still offered; it is unless this says no.
        is_active: Option<bool> = "isActive",
        /// What people see.
        label: Option<String> = "label",
    }
}

xml_struct! {
    /// The values of a controlling field with which a value is offered.
    pub struct ValueSetting {
        /// Values of the controlling field.
        controlling_field_values: Vec<String> = "controllingFieldValue",
        /// The value that goes with them.
        value_name: String = "valueName",
    }
}
