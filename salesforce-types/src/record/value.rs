use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Record, Rows, read};
use crate::json::Unreadable;
use crate::{Date, Invalid, RecordId, TimeOfDay, Timestamp};

/// The value of one field of a [`Record`].
///
/// Dates, ids and picklist values are text on the wire and stay text here; parse them with the types of this crate.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Empty.
    #[default]
    Null,
    /// A checkbox.
    Bool(bool),
    /// A number, with its digits as they were sent.
    Number(Number),
    /// Text, an id, a date, a picklist value.
    Text(Box<str>),
    /// A parent.
    Record(Box<Record>),
    /// Child rows.
    Rows(Box<Rows>),
    /// Anything else: an address, a location, a list, metadata.
    Json(Json),
}

impl Value {
    /// Whether the field is empty.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The parent, if it is one.
    #[must_use]
    pub fn as_record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The child rows, if it is a child result.
    #[must_use]
    pub fn as_rows(&self) -> Option<&Rows> {
        match self {
            Self::Rows(rows) => Some(rows),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
            Self::Record(record) => record.serialize(serializer),
            Self::Rows(rows) => rows.serialize(serializer),
            Self::Json(json) => json.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    /// From JSON, by `serde_json`: other formats cannot keep the digits of numbers.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text(deserializer, read::value, "expected a JSON value")
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $make:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        })*
    };
}

from! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Number(value.into());
    i64 => |value| Self::Number(value.into());
    u32 => |value| Self::Number(value.into());
    Number => |value| Self::Number(value);
    &str => |value| Self::Text(value.into());
    String => |value| Self::Text(value.into());
    RecordId => |value| Self::Text(value.to_string().into());
    Timestamp => |value| Self::Text(value.to_string().into());
    Date => |value| Self::Text(value.to_string().into());
    TimeOfDay => |value| Self::Text(value.to_string().into());
    Record => |value| Self::Record(Box::new(value));
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A number as the digits that were sent: `12.50` stays `12.50`, and eighteen digits stay eighteen.
///
/// Equal means equal text; compare [`as_f64`](Self::as_f64) where `12.5` and `12.50` should be equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As an integer, if it is written as one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// As the nearest floating-point number; infinite for what is out of range.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// From a floating-point number; `None` for infinities and NaN, which JSON does not have.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(format!("{value:?}").into()))
    }

    pub(super) fn from_json(text: &str) -> Self {
        Self(text.into())
    }
}

impl FromStr for Number {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        read::whole(text, read::number)
            .map_err(|Unreadable| Invalid::new("number", text, "expected digits as JSON writes them"))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        i64::from(value).into()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({})", self.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        raw(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text(deserializer, read::number, "expected a number")
    }
}

/// A piece of JSON as it was sent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes it.
    ///
    /// # Errors
    ///
    /// When it is not what `T` expects.
    pub fn to<'t, T: Deserialize<'t>>(&'t self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }

    pub(super) fn from_json(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        raw(&self.0, serializer)
    }
}

fn raw<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_nothing_else_is_one() {
        for text in ["0", "-0.0", "12.50", "1E9", "1.0e-7", "123456789012345678901234567890.123"] {
            assert_eq!(text.parse::<Number>().unwrap().to_string(), text);
        }
        for text in ["", "1,5", "0x1", "NaN", "\"1\"", "true", "1 2", "01", "1.", ".5", "--1"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_no_number() {
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert_eq!(Number::from_f64(1e300).map(|number| number.as_f64()), Some(1e300));
    }
}
