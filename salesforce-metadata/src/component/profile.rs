use super::access::{
    ApplicationVisibility, ClassAccess, ExternalCredentialPrincipalAccess, ExternalDataSourceAccess, FieldPermissions,
    FlowAccess, NamedAccess, ObjectPermissions, PageAccess, RecordTypeVisibility, TabSetting,
};
use super::shape::{component, xml_struct};

component! {
    /// A profile.
    ///
    /// What a retrieve gives of it depends on what else is retrieved: only permissions for components of the same
    /// retrieve are in it. Deploying one lays it over what the org has: to take something away, name it with `false`.
    pub struct Profile {
        /// Apps.
        application_visibilities: Vec<ApplicationVisibility> = "applicationVisibilities",
        /// Apex classes.
        class_accesses: Vec<ClassAccess> = "classAccesses",
        /// Whether it was made in the org, and does not come with it.
        custom: Option<bool> = "custom",
        /// Custom metadata types.
        custom_metadata_type_accesses: Vec<NamedAccess> = "customMetadataTypeAccesses",
        /// Custom permissions.
        custom_permissions: Vec<NamedAccess> = "customPermissions",
        /// Custom settings.
        custom_setting_accesses: Vec<NamedAccess> = "customSettingAccesses",
        /// What it is for.
        description: Option<String> = "description",
        /// Principals of external credentials.
        external_credential_principal_accesses: Vec<ExternalCredentialPrincipalAccess> =
            "externalCredentialPrincipalAccesses",
        /// External data sources.
        external_data_source_accesses: Vec<ExternalDataSourceAccess> = "externalDataSourceAccesses",
        /// Fields.
        field_permissions: Vec<FieldPermissions> = "fieldPermissions",
        /// Flows.
        flow_accesses: Vec<FlowAccess> = "flowAccesses",
        /// Layouts.
        layout_assignments: Vec<LayoutAssignment> = "layoutAssignments",
        /// Where its users may log in from.
        login_ip_ranges: Vec<LoginIpRange> = "loginIpRanges",
        /// Objects.
        object_permissions: Vec<ObjectPermissions> = "objectPermissions",
        /// Visualforce pages.
        page_accesses: Vec<PageAccess> = "pageAccesses",
        /// Record types.
        record_type_visibilities: Vec<RecordTypeVisibility> = "recordTypeVisibilities",
        /// Tabs.
        tab_visibilities: Vec<TabSetting> = "tabVisibilities",
        /// The licence of its users.
        user_license: Option<String> = "userLicense",
        /// System permissions, such as `ApiEnabled`.
        user_permissions: Vec<NamedAccess> = "userPermissions",
    }
}

xml_struct! {
    /// The layout that users of a profile see.
    pub struct LayoutAssignment {
        /// The layout, such as `Account-Account Layout`.
        layout: String = "layout",
        /// For which record type; for all that have no other where there is none.
        record_type: Option<String> = "recordType",
    }
}

xml_struct! {
    /// Addresses that users of a profile may log in from.
    pub struct LoginIpRange {
        /// What they are.
        description: Option<String> = "description",
        /// The last one.
        end_address: String = "endAddress",
        /// The first one.
        start_address: String = "startAddress",
    }
}
