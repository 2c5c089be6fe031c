//! What a cell of a row holds.

mod decimal;

use std::sync::Arc;

use salesforce_types::{Date, RecordId, TimeOfDay, Timestamp};

use crate::Blob;

pub use decimal::Decimal;

/// The value of one field of one row.
///
/// Texts and files are shared, so that a copy is cheap and repeated texts cost nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing. An empty text is stored as nothing, as the server does.
    #[default]
    Null,
    /// A checkbox.
    Bool(bool),
    /// A whole number: fields of type `int` and `long`.
    Int(i64),
    /// A number with decimals, exact: `double`, `currency`, `percent`.
    Decimal(Decimal),
    /// Text of any text type; a multi-select picklist is one text with `;`.
    Text(Arc<str>),
    /// The id of this row or of another one.
    Id(RecordId),
    /// A day.
    Date(Date),
    /// A moment.
    DateTime(Timestamp),
    /// A time of day.
    Time(TimeOfDay),
    /// The bytes of a file. An answer holds a path in their place.
    Blob(Arc<Blob>),
    /// An address or a location, put together from its parts.
    Compound(Arc<Compound>),
}

/// An address or a location: the parts under the names of the answer, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct Compound {
    /// Keys and values, such as `city` and its text.
    pub parts: Vec<(&'static str, Value)>,
}

/// Capitals: text is compared and sorted by them.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.to_uppercase() }
}

impl Value {
    /// Text, or nothing when it is empty.
    #[must_use]
    pub fn text(text: &str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(text.into()) }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The id, if it is one.
    #[must_use]
    pub fn as_id(&self) -> Option<RecordId> {
        match self {
            Self::Id(id) => Some(*id),
            _ => None,
        }
    }

    /// The checkbox; nothing counts as not checked.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The number, whole or not.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    /// The bytes, if it is a file.
    #[must_use]
    pub fn as_blob(&self) -> Option<&Blob> {
        match self {
            Self::Blob(blob) => Some(blob),
            _ => None,
        }
    }

    /// Writes the value as it stands in an answer.
    ///
    /// A blob has no text of its own (an answer names the path of its bytes, which only the endpoint knows) and is
    /// written as null.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null | Self::Blob(_) => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(number) => write_text(out, format_args!("{number}")),
            Self::Decimal(number) => write_text(out, format_args!("{number}")),
            Self::Text(text) => write_json_text(out, text),
            Self::Id(id) => {
                out.push(b'"');
                out.extend_from_slice(&id.to_18());
                out.push(b'"');
            }
            Self::Date(date) => write_text(out, format_args!("\"{date}\"")),
            Self::DateTime(moment) => write_moment(out, *moment),
            Self::Time(time) => write_text(out, format_args!("\"{time}\"")),
            Self::Compound(compound) => {
                out.push(b'{');
                for (position, (key, value)) in compound.parts.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    write_json_text(out, key);
                    out.push(b':');
                    value.write_json(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The value as a JSON value, with its digits cut to what a `f64` holds. For tests and helpers, not for answers.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut text = Vec::new();
        self.write_json(&mut text);
        serde_json::from_slice(&text).expect("what is written is JSON")
    }
}

/// Writes a JSON string with quotes and escapes.
pub(crate) fn write_json_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a vector takes every byte");
}

fn write_text(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    out.write_fmt(text).expect("a vector takes every byte");
}

/// Writes `"2026-03-01T17:49:01.000+0000"`. Every row has three of these, so the text is put together by hand.
fn write_moment(out: &mut Vec<u8>, moment: Timestamp) {
    let millis = moment.as_millis();
    let date = moment.date();
    let Ok(year) = u16::try_from(date.year()) else {
        return write_text(out, format_args!("\"{moment}\""));
    };
    let in_day = u32::try_from(millis.rem_euclid(86_400_000)).expect("a day has fewer than 2^32 milliseconds");
    let mut text = *b"\"0000-00-00T00:00:00.000+0000\"";
    let mut put = |at: usize, digits: usize, mut number: u32| {
        for place in text[at..at + digits].iter_mut().rev() {
            *place = b'0' + u8::try_from(number % 10).expect("a remainder of 10 fits");
            number /= 10;
        }
    };
    put(1, 4, year.into());
    put(6, 2, date.month().unsigned_abs().into());
    put(9, 2, date.day().unsigned_abs().into());
    put(12, 2, in_day / 3_600_000);
    put(15, 2, in_day / 60_000 % 60);
    put(18, 2, in_day / 1000 % 60);
    put(21, 3, in_day % 1000);
    out.extend_from_slice(&text);
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<RecordId> for Value {
    fn from(id: RecordId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(Arc::clone(text))
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Decimal(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &Value) -> String {
        let mut out = Vec::new();
        value.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_cell_stays_small() {
        assert!(size_of::<Value>() <= 24);
    }

    #[test]
    fn values_are_written_as_the_server_writes_them() {
        assert_eq!(json(&Value::Decimal("12".parse().unwrap())), "12.0");
        assert_eq!(json(&Value::Int(12)), "12");
        assert_eq!(json(&"a \"b\"\r\n\u{1F600}".into()), "\"a \\\"b\\\"\\r\\n\u{1F600}\"");
        let moment: Timestamp = "2026-03-01T17:49:01Z".parse().unwrap();
        assert_eq!(json(&Value::DateTime(moment)), "\"2026-03-01T17:49:01.000+0000\"");
        let location =
            Compound { parts: vec![("latitude", Value::Decimal("12.5".parse().unwrap())), ("longitude", Value::Null)] };
        assert_eq!(json(&Value::Compound(Arc::new(location))), "{\"latitude\":12.5,\"longitude\":null}");
    }

    #[test]
    fn moments_are_written_as_their_type_prints_them() {
        for millis in [0, -1, 951_782_399_999, 1_772_387_341_007, -60_000_000_000_000, 253_402_300_799_000] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!(json(&Value::DateTime(moment)), format!("\"{moment}\""));
        }
    }

    #[test]
    fn an_empty_text_is_nothing() {
        assert!(Value::text("").is_null());
    }
}
