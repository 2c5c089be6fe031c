use super::access::{
    ApplicationVisibility, ClassAccess, ExternalCredentialPrincipalAccess, ExternalDataSourceAccess, FieldPermissions,
    FlowAccess, NamedAccess, ObjectPermissions, PageAccess, RecordTypeVisibility, TabSetting,
};
use super::shape::component;

component! {
    /// A permission set.
    ///
    /// From API version 40.0 on, deploying one replaces it: what it does not name is taken away. Read it whole, change
    /// it, and deploy it whole.
    pub struct PermissionSet {
        /// Apps.
        application_visibilities: Vec<ApplicationVisibility> = "applicationVisibilities",
        /// Apex classes.
        class_accesses: Vec<ClassAccess> = "classAccesses",
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
        /// Whether it works only in a session that was activated for it.
        has_activation_required: Option<bool> = "hasActivationRequired",
        /// Its label.
        label: Option<String> = "label",
        /// The licence that it is bound to.
        license: Option<String> = "license",
        /// Objects.
        object_permissions: Vec<ObjectPermissions> = "objectPermissions",
        /// Visualforce pages.
        page_accesses: Vec<PageAccess> = "pageAccesses",
        /// Record types.
        record_type_visibilities: Vec<RecordTypeVisibility> = "recordTypeVisibilities",
        /// Tabs.
        tab_settings: Vec<TabSetting> = "tabSettings",
        /// The licence, in versions below 38.0.
        user_license: Option<String> = "userLicense",
        /// System permissions, such as `ApiEnabled`.
        user_permissions: Vec<NamedAccess> = "userPermissions",
    }
}

component! {
    /// A group of permission sets.
    pub struct PermissionSetGroup {
        /// What it is for.
        description: Option<String> = "description",
        /// Whether it works only in a session that was activated for it.
        has_activation_required: Option<bool> = "hasActivationRequired",
        /// Its label.
        label: Option<String> = "label",
        /// The sets that take away again, by name.
        muting_permission_sets: Vec<String> = "mutingPermissionSets",
        /// The sets in it, by name.
        permission_sets: Vec<String> = "permissionSets",
        /// How far the org is with putting it together: `Updated`, `Outdated`, `Updating`, `Failed`.
        status: Option<String> = "status",
    }
}
