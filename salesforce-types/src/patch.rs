use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The three states of a field on write: left as it is, cleared, or set.
///
/// `Option` has only two of them, and whoever takes it for all three clears fields by accident. A draft is a struct of
/// these, and what is not set is not sent:
///
/// ```
/// use salesforce_types::Patch;
///
/// #[derive(Default, serde::Serialize)]
/// #[serde(rename_all = "PascalCase")]
/// struct AccountDraft {
///     #[serde(skip_serializing_if = "Patch::is_unset")]
///     name: Patch<String>,
///     #[serde(skip_serializing_if = "Patch::is_unset")]
///     phone: Patch<String>,
///     #[serde(skip_serializing_if = "Patch::is_unset")]
///     website: Patch<String>,
/// }
///
/// let draft = AccountDraft { name: Patch::set("Acme"), phone: Patch::Null, ..AccountDraft::default() };
/// assert_eq!(serde_json::to_string(&draft)?, r#"{"Name":"Acme","Phone":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Without `skip_serializing_if` an unset field is an error when the draft is written, never a null. It reads too (a
/// missing field is an error, or `Unset` with `#[serde(default)]`), so a row can be read, changed and written:
///
/// ```
/// # use salesforce_types::Patch;
/// # #[derive(serde::Deserialize, serde::Serialize)]
/// # struct Row {
/// #[serde(default, skip_serializing_if = "Patch::is_unset")]
/// phone: Patch<String>,
/// # }
/// # for json in [r#"{}"#, r#"{"phone":null}"#, r#"{"phone":"1"}"#] {
/// #     assert_eq!(serde_json::to_string(&serde_json::from_str::<Row>(json)?)?, json);
/// # }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// The field is not sent, and stays as it is.
    #[default]
    Unset,
    /// The field is cleared.
    Null,
    /// The field gets this value.
    Set(T),
}

impl<T> Patch<T> {
    /// The field gets this value.
    pub fn set(value: impl Into<T>) -> Self {
        Self::Set(value.into())
    }

    /// Whether the field is left as it is: for `skip_serializing_if`.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        matches!(self, Self::Unset)
    }

    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            _ => None,
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unset => Err(serde::ser::Error::custom(
                "a field that is not set would be written; put `skip_serializing_if = \"Patch::is_unset\"` on it",
            )),
            Self::Null => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct State<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for State<T> {
            type Value = Patch<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Patch<T>, D::Error> {
                Ok(Option::deserialize(deserializer)?.map_or(Patch::Null, Patch::Set))
            }
        }
        // Not as an option: serde reads an option that is missing as one that is null, and the field would be cleared
        // when the row is written.
        deserializer.deserialize_newtype_struct("Patch", State(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Number;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Careless {
        phone: Patch<String>,
    }

    #[test]
    fn a_field_that_is_not_set_is_never_written_as_null() {
        let error = serde_json::to_string(&Careless { phone: Patch::Unset }).unwrap_err();
        assert!(error.to_string().contains("skip_serializing_if"), "{error}");
    }

    #[test]
    fn a_field_that_was_not_read_is_not_null() {
        let error = serde_json::from_str::<Careless>("{}").unwrap_err();
        assert!(error.to_string().starts_with("missing field `phone`"), "{error}");
        assert_eq!(serde_json::from_str::<Careless>(r#"{"phone":null}"#).unwrap().phone, Patch::Null);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        let value: Patch<Number> = serde_json::from_str("12345678901234567.10").unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), "12345678901234567.10");
    }
}
