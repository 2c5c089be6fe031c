use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::shape::{Xml, leaf};
use crate::xml::{Element, XmlError};

/// A text that no log shows: a consumer secret, a package's password.
///
/// ```
/// use salesforce_metadata::component::Secret;
///
/// let secret = Secret::from("s3cr3t");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "s3cr3t");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<SecretString> for Secret {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Xml for Secret {
    fn read(element: Element<'_>) -> Result<Self, XmlError> {
        leaf(element).map(|text| Self::from(&*text))
    }

    fn write(&self, name: &'static str) -> Element<'static> {
        Element::of_text(name, self.expose().to_owned())
    }
}
