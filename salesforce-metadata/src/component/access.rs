//! What permission sets and profiles grant; both have these.

use super::shape::xml_struct;

xml_struct! {
    /// Whether an app is seen.
    pub struct ApplicationVisibility {
        /// The app's name.
        application: String = "application",
        /// Whether it is where a user starts; of profiles only.
        default: Option<bool> = "default",
        /// Whether it is seen.
        visible: bool = "visible",
    }
}

xml_struct! {
    /// Whether an Apex class may be called.
    pub struct ClassAccess {
        /// The class.
        apex_class: String = "apexClass",
        /// Whether it may be called.
        enabled: bool = "enabled",
    }
}

xml_struct! {
    /// Whether something that has but a name is granted: a permission, a custom permission, a custom setting.
    pub struct NamedAccess {
        /// Whether it is granted. Named with false, a profile takes it away.
        enabled: bool = "enabled",
        /// Its name.
        name: String = "name",
    }
}

xml_struct! {
    /// Whether a named principal of an external credential may be used.
    pub struct ExternalCredentialPrincipalAccess {
        /// Whether it may.
        enabled: bool = "enabled",
        /// `Credential-Principal`.
        principal: String = "externalCredentialPrincipal",
    }
}

xml_struct! {
    /// Whether an external data source may be used.
    pub struct ExternalDataSourceAccess {
        /// Whether it may.
        enabled: bool = "enabled",
        /// The data source.
        external_data_source: String = "externalDataSource",
    }
}

xml_struct! {
    /// What may be done with a field.
    pub struct FieldPermissions {
        /// Whether it may be changed; it is readable then.
        editable: bool = "editable",
        /// The field, such as `Account.Region__c`.
        field: String = "field",
        /// Whether it may be read.
        readable: bool = "readable",
    }
}

xml_struct! {
    /// Whether a flow may be run.
    pub struct FlowAccess {
        /// Whether it may.
        enabled: bool = "enabled",
        /// The flow.
        flow: String = "flow",
    }
}

xml_struct! {
    /// What may be done with the records of an object.
    pub struct ObjectPermissions {
        /// Whether records may be created.
        allow_create: bool = "allowCreate",
        /// Whether records may be deleted.
        allow_delete: bool = "allowDelete",
        /// Whether records may be changed.
        allow_edit: bool = "allowEdit",
        /// Whether records may be read.
        allow_read: bool = "allowRead",
        /// Whether all records may be changed, whoever owns them.
        modify_all_records: bool = "modifyAllRecords",
        /// The object.
        object: String = "object",
        /// Whether all fields may be read; it hides the field permissions of the object.
        view_all_fields: Option<bool> = "viewAllFields",
        /// Whether all records may be read, whoever owns them.
        view_all_records: bool = "viewAllRecords",
    }
}

xml_struct! {
    /// Whether a Visualforce page may be opened.
    pub struct PageAccess {
        /// The page.
        apex_page: String = "apexPage",
        /// Whether it may.
        enabled: bool = "enabled",
    }
}

xml_struct! {
    /// Whether records of a record type may be made.
    pub struct RecordTypeVisibility {
        /// Whether it is the one that is offered first; of profiles only.
        default: Option<bool> = "default",
        /// The same for person accounts.
        person_account_default: Option<bool> = "personAccountDefault",
        /// The record type, such as `Account.Partner`.
        record_type: String = "recordType",
        /// Whether it may be used.
        visible: bool = "visible",
    }
}

xml_struct! {
    /// How a tab is shown.
    pub struct TabSetting {
        /// The tab, such as `standard-Account` or `Invoice__c`.
        tab: String = "tab",
        /// `Available`, `Visible` or `None` in a permission set; `DefaultOn`, `DefaultOff` or `Hidden` in a profile.
        visibility: String = "visibility",
    }
}
