use super::automation::ValidationRule;
use super::field::CustomField;
use super::shape::{component, xml_struct};

component! {
    /// An object with all that is its own: fields, record types, rules. In the source format each of these has a file
    /// of its own; see [`source`](crate::source).
    pub struct CustomObject {
        /// The compact layout that is used where no other is.
        compact_layout_assignment: Option<String> = "compactLayoutAssignment",
        /// `List` or `Hierarchy`, for a custom setting.
        custom_settings_type: Option<String> = "customSettingsType",
        /// `Deployed`, or `InDevelopment`: hidden from most users.
        deployment_status: Option<String> = "deploymentStatus",
        /// What it is for.
        description: Option<String> = "description",
        /// Whether tasks and events go with its records.
        enable_activities: Option<bool> = "enableActivities",
        /// Whether it is in the Bulk API.
        enable_bulk_api: Option<bool> = "enableBulkApi",
        /// Whether records have feeds.
        enable_feeds: Option<bool> = "enableFeeds",
        /// Whether changes are kept in a history.
        enable_history: Option<bool> = "enableHistory",
        /// Whether reports show it.
        enable_reports: Option<bool> = "enableReports",
        /// Whether it is searched.
        enable_search: Option<bool> = "enableSearch",
        /// Whether records are shared.
        enable_sharing: Option<bool> = "enableSharing",
        /// Whether it is in the Streaming API.
        enable_streaming_api: Option<bool> = "enableStreamingApi",
        /// How records are shared with users from outside.
        external_sharing_model: Option<String> = "externalSharingModel",
        /// Its fields: custom ones, and standard ones that can be changed.
        fields: Vec<CustomField> = "fields",
        /// Its label.
        label: Option<String> = "label",
        /// The field with the name of its records.
        name_field: Option<NameField> = "nameField",
        /// Its label for many.
        plural_label: Option<String> = "pluralLabel",
        /// Its record types.
        record_types: Vec<RecordType> = "recordTypes",
        /// How records are shared: `Private`, `Read`, `ReadWrite`, `ControlledByParent` and others.
        sharing_model: Option<String> = "sharingModel",
        /// Its validation rules.
        validation_rules: Vec<ValidationRule> = "validationRules",
        /// `Public` or `Protected`, for custom settings and custom metadata.
        visibility: Option<String> = "visibility",
    }
}

xml_struct! {
    /// The field with the name of an object's records.
    pub struct NameField {
        /// How numbers are written, such as `INV-{0000}`.
        display_format: Option<String> = "displayFormat",
        /// Its label.
        label: Option<String> = "label",
        /// The first number.
        starting_number: Option<i32> = "startingNumber",
        /// Whether changes are kept in the history.
        track_history: Option<bool> = "trackHistory",
        /// `Text` or `AutoNumber`.
        r#type: Option<String> = "type",
    }
}

component! {
    /// A record type of an object.
    pub struct RecordType {
        /// Whether records of it may be made.
        active: bool = "active",
        /// The stages its records go through.
        business_process: Option<String> = "businessProcess",
        /// The compact layout of its records.
        compact_layout_assignment: Option<String> = "compactLayoutAssignment",
        /// What it is for.
        description: Option<String> = "description",
        /// Its label.
        label: Option<String> = "label",
    }
}
