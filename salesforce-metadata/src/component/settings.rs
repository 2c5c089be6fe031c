use crate::xml::{Element, XmlError, XmlErrorKind};

/// Settings of one feature of an org. There are almost two hundred of them, each with elements of its own, so they are
/// kept as a tree.
///
/// A file of them has the feature in the name of its root (`SecuritySettings`), and a manifest names the feature
/// (`Security`) as a member of the type `Settings`.
///
/// ```
/// use salesforce_metadata::component::Settings;
///
/// let file = br#"<SecuritySettings xmlns="http://soap.sforce.com/2006/04/metadata">
///     <enableAdminLoginAsAnyUser>false</enableAdminLoginAsAnyUser></SecuritySettings>"#;
/// let mut settings = Settings::from_settings_file(file)?;
/// assert_eq!(settings.feature, "Security");
/// settings.values.set("enableAdminLoginAsAnyUser", "true");
/// assert!(settings.to_settings_file().contains("<SecuritySettings "));
/// # Ok::<(), salesforce_metadata::XmlError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The feature, such as `Security`.
    pub feature: String,
    /// The settings themselves.
    pub values: Element<'static>,
}

impl Settings {
    /// Reads a file, whatever the feature is.
    ///
    /// # Errors
    /// As [`Element::parse_file`]; [`OtherElement`](XmlErrorKind::OtherElement) for a root whose name does not end in
    /// `Settings`.
    pub fn from_settings_file(file: &[u8]) -> Result<Self, XmlError> {
        let root = Element::parse_file(file)?;
        let Some(feature) = root.name().strip_suffix("Settings").filter(|feature| !feature.is_empty()) else {
            let message = format!("the file holds a `{}`, which is no settings", root.name().escape_debug());
            return Err(XmlError::new(XmlErrorKind::OtherElement, message));
        };
        let feature = feature.to_owned();
        let values = root.into_owned();
        Ok(Self { feature, values })
    }

    /// The text of its file.
    #[must_use]
    pub fn to_settings_file(&self) -> String {
        self.values.clone().renamed(format!("{}Settings", self.feature)).to_file()
    }
}
