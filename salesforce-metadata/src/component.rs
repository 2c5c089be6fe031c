//! Components as structs: the types that programs read and change most.
//!
//! A struct has the elements of its type as fields, under their names in Rust's spelling, and keeps what it does not
//! know in `others`: reading and writing loses nothing that an org said. A flag that is missing is false, as it is for
//! Salesforce; an element that is there twice and may be there once is an error, never a guess.
//!
//! ```
//! use salesforce_metadata::component::{Component, FieldPermissions, PermissionSet};
//!
//! let file = br#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
//!     <fieldPermissions><editable>false</editable><field>Account.Region__c</field><readable>true</readable></fieldPermissions>
//!     <label>Acme</label>
//!     <newInTheNextRelease>kept</newInTheNextRelease>
//! </PermissionSet>"#;
//! let mut set = PermissionSet::from_file(file)?;
//! set.field_permissions.push(FieldPermissions {
//!     field: "Account.Score__c".into(),
//!     readable: true,
//!     ..FieldPermissions::default()
//! });
//! let text = set.to_file();
//! assert!(text.contains("Account.Score__c") && text.contains("<newInTheNextRelease>kept"));
//! # Ok::<(), salesforce_metadata::XmlError>(())
//! ```
//!
//! What has no struct is an [`Element`].

mod access;
mod app;
mod automation;
mod custom_metadata;
mod external_client_app;
mod field;
mod installed_package;
mod object;
mod permission_set;
mod profile;
mod secret;
mod settings;
pub(crate) mod shape;
mod trusted;

pub use self::access::{
    ApplicationVisibility, ClassAccess, ExternalCredentialPrincipalAccess, ExternalDataSourceAccess, FieldPermissions,
    FlowAccess, NamedAccess, ObjectPermissions, PageAccess, RecordTypeVisibility, TabSetting,
};
pub use self::app::{
    ConnectedApp, ConnectedAppAttribute, ConnectedAppIpRange, ConnectedAppOauthConfig, ConnectedAppOauthPolicy,
    ConnectedAppSessionPolicy,
};
pub use self::automation::{Flow, FlowDefinition, ValidationRule};
pub use self::custom_metadata::{CustomMetadata, CustomMetadataValue, CustomValue};
pub use self::external_client_app::{
    ExternalClientApplication, ExtlClntAppConfigurablePolicies, ExtlClntAppGlobalOauthSettings,
    ExtlClntAppOauthConfigurablePolicies, ExtlClntAppOauthSecuritySettings, ExtlClntAppOauthSettings, IdTokenConfig,
    IpRange,
};
pub use self::field::{CustomField, PicklistValue, ValueSet, ValueSetDefinition, ValueSetting};
pub use self::installed_package::InstalledPackage;
pub use self::object::{CustomObject, NameField, RecordType};
pub use self::permission_set::{PermissionSet, PermissionSetGroup};
pub use self::profile::{LayoutAssignment, LoginIpRange, Profile};
pub use self::secret::Secret;
pub use self::settings::Settings;
pub use self::trusted::{CorsWhitelistOrigin, CspTrustedSite, RemoteSiteSetting};
use crate::types;
use crate::xml::{Element, XmlError, XmlErrorKind};

/// A component that has a struct.
pub trait Component: Sized {
    /// The name of its type, such as `PermissionSet`.
    const TYPE: &'static str;

    /// Its name in the org, such as `Invoice__c.Total__c`. Files of most types do not hold it: their path does.
    fn full_name(&self) -> Option<&str>;

    /// Reads it out of an element, whatever that is called: a file's root, an entry of `readMetadata`.
    ///
    /// # Errors
    /// [`Duplicate`](XmlErrorKind::Duplicate), [`Value`](XmlErrorKind::Value).
    fn from_element(element: Element<'_>) -> Result<Self, XmlError>;

    /// Writes it as an element called by its [`TYPE`](Self::TYPE), with its full name in front.
    fn to_element(&self) -> Element<'static>;

    /// Reads a file.
    ///
    /// # Errors
    /// As [`Element::parse_file`] and [`from_element`](Self::from_element);
    /// [`OtherElement`](XmlErrorKind::OtherElement) for a file of another type.
    fn from_file(file: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_file(file)?;
        if root.name() != Self::TYPE {
            let message = format!("the file holds a `{}`, not a `{}`", root.name().escape_debug(), Self::TYPE);
            return Err(XmlError::new(XmlErrorKind::OtherElement, message));
        }
        Self::from_element(root)
    }

    /// The text of its file. The full name is part of it only where a file needs it: for the children of an object.
    fn to_file(&self) -> String {
        let mut element = self.to_element();
        if types::find(Self::TYPE).is_some() {
            element.retain(|child| child.name() != "fullName");
        }
        element.to_file()
    }
}
