use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Fields;
use crate::RowRef;

/// A parent of one of several objects, before it is known which; `attributes` may come last.
#[derive(Debug)]
pub struct OneOf {
    json: Box<RawValue>,
    object: Box<str>,
}

impl OneOf {
    /// Takes the parent, from JSON by `serde_json`.
    ///
    /// # Errors
    ///
    /// When it does not say of which object it is.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        // Not a `Record`: the parent is decoded once, when it is known what it is.
        let object = RowRef::from(&*json).object().ok_or_else(|| {
            D::Error::custom("the parent does not say of which object it is: it has no `attributes` with a `type`")
        })?;
        let object = object.into();
        Ok(Self { json, object })
    }

    /// Whether it is of this object.
    #[must_use]
    pub fn is(&self, object: &str) -> bool {
        self.object.eq_ignore_ascii_case(object)
    }

    /// Decodes it.
    ///
    /// # Errors
    ///
    /// When it is not what `T` expects.
    pub fn to<T: DeserializeOwned, E: Error>(&self) -> Result<T, E> {
        serde_json::from_str(self.json.get())
            .map_err(|error| E::custom(format!("a parent of {}: {error}", self.object)))
    }

    /// What is asked of a parent of any other object when its fields do not matter: without it, such a parent would look
    /// like none.
    #[must_use]
    pub fn any_other() -> Fields {
        &["Id"]
    }
}
