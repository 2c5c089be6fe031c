use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An enum of a picklist's values that stays open: a value that is not listed is kept in `Other`.
///
/// An org may store values that its picklist does not list (any more), and its administrator adds one without asking.
///
/// ```
/// salesforce_types::picklist! {
///     /// Where a lead came from.
///     pub enum LeadSource {
///         /// From the web.
///         Web = "Web",
///         /// By phone.
///         Phone = "Phone Inquiry",
///     }
/// }
///
/// let source: LeadSource = serde_json::from_str(r#""Phone Inquiry""#)?;
/// assert_eq!(source, LeadSource::Phone);
/// assert_eq!(source.as_str(), "Phone Inquiry");
/// assert_eq!(LeadSource::from("Fair"), LeadSource::Other("Fair".into()));
/// assert_eq!(serde_json::to_string(&LeadSource::from("Fair"))?, r#""Fair""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Compare what came from outside by `as_str`, or make it by `from`: `Other("Web".into())` written by hand is not `Web`.
#[macro_export]
macro_rules! picklist {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$value_meta:meta])* $variant:ident = $value:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$value_meta])* $variant,)*
            /// A value that is not listed.
            Other(::std::boxed::Box<str>),
        }

        impl $name {
            /// The API value: what a row holds.
            #[must_use]
            $vis fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Other(value) => value,
                }
            }
        }

        impl ::core::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl ::core::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::__derive::serde::Serialize for $name {
            fn serialize<S: $crate::__derive::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::__derive::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__derive::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::__derive::picklist_value(deserializer)
            }
        }
    };
}

pub(crate) fn value<'de, D: Deserializer<'de>, T: for<'v> From<&'v str>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "a picklist value", |text| T::from(text))
}

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    make: impl Fn(&str) -> T,
) -> Result<T, D::Error> {
    struct Text<F, T>(&'static str, F, PhantomData<T>);
    impl<F: Fn(&str) -> T, T> serde::de::Visitor<'_> for Text<F, T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            Ok(self.1(text))
        }
    }
    deserializer.deserialize_str(Text(expected, make, PhantomData))
}

/// The values of a multi-select picklist, which travel as one text with semicolons: `A;B`. A value that holds one
/// itself cannot be written, and is an error.
///
/// ```
/// use salesforce_types::MultiPicklist;
///
/// let colours: MultiPicklist<String> = serde_json::from_str(r#""red;blue""#)?;
/// assert_eq!(colours.0, ["red", "blue"]);
/// assert_eq!(serde_json::to_string(&colours)?, r#""red;blue""#);
/// assert!(serde_json::to_string(&MultiPicklist(vec!["red;blue"])).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MultiPicklist<T>(pub Vec<T>);

impl<T: AsRef<str>> Serialize for MultiPicklist<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values: Vec<&str> = self.0.iter().map(AsRef::as_ref).collect();
        if let Some(value) = values.iter().find(|value| value.contains(';')) {
            let why = "a semicolon stands between values of a multi-select picklist, and none can hold one";
            return Err(serde::ser::Error::custom(format_args!("`{value}` would be written as several values: {why}")));
        }
        serializer.serialize_str(&values.join(";"))
    }
}

impl<'de, T: for<'v> From<&'v str>> Deserialize<'de> for MultiPicklist<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, "picklist values with semicolons between them", |text| {
            Self(text.split(';').filter(|value| !value.is_empty()).map(T::from).collect())
        })
    }
}
