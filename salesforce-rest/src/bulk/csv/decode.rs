//! A row of CSV as serde reads it: it gives what the same row of a query's JSON gives.
//!
//! A struct takes its fields straight from the cells. Whatever else may be asked for (maps, enums with content, raw
//! JSON, and with it `Record`) reads the row as the JSON that it stands for.

use std::slice;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Error;

use super::rows::TextRow;
use super::shape::{Kind, Node, Part, Shape};
use super::{CsvRow, json};

/// How `serde_json` asks for the text of a value.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Decodes a row, or says where it is not as expected. What stands there is left out: it may be a secret.
pub(crate) fn decode<T: DeserializeOwned>(shape: &Shape, row: CsvRow<'_>) -> Result<T, String> {
    let row = row.text().map_err(|error| error.to_string())?;
    T::deserialize(Object { shape, row }).map_err(|_| misfit::<T>(Object { shape, row }))
}

/// Reads again, slower, to learn where it went wrong.
#[cold]
fn misfit<T: DeserializeOwned>(row: Object<'_>) -> String {
    match serde_path_to_error::deserialize::<_, T>(row) {
        Err(error) if error.path().iter().next().is_some() => format!("look at the column `{}`", error.path()),
        _ => "a column may be missing that it is to be read into".into(),
    }
}

/// A row, or a parent in it.
#[derive(Clone, Copy)]
struct Object<'r> {
    shape: &'r Shape,
    row: TextRow<'r>,
}

impl Object<'_> {
    fn json(&self) -> String {
        let mut text = String::new();
        json::object(self.shape, &self.row, &mut text);
        text
    }
}

impl<'de> Deserializer<'de> for Object<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_reader(self.json().as_bytes()).deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match fields.contains(&"attributes") {
            true => self.deserialize_any(visitor),
            false => visitor.visit_map(Fields { nodes: self.shape.nodes.iter(), row: self.row, value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match name {
            RAW_VALUE => raw(&self.json(), visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_reader(self.json().as_bytes()).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

fn raw<'de, V: Visitor<'de>>(json: &str, visitor: V) -> Result<V::Value, Error> {
    serde_json::Deserializer::from_reader(json.as_bytes()).deserialize_newtype_struct(RAW_VALUE, visitor)
}

struct Fields<'r> {
    nodes: slice::Iter<'r, Node>,
    row: TextRow<'r>,
    value: Option<&'r Part>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(node) = self.nodes.next() else { return Ok(None) };
        self.value = Some(&node.part);
        let name: &str = &node.name;
        seed.deserialize(IntoDeserializer::<Error>::into_deserializer(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(&Part::Cell { column, kind }) => self.row.with(column, |text| seed.deserialize(Value::of(text, kind))),
            Some(Part::Parent(shape)) if shape.is_empty_in(&self.row) => seed.deserialize(Value::Null),
            Some(Part::Parent(shape)) => seed.deserialize(Object { shape, row: self.row }),
            None => Err(Error::custom("a value was asked for before its name")),
        }
    }
}

/// What a cell stands for.
pub(super) enum Value<'r> {
    Null,
    Bool(bool),
    Number(&'r str),
    Text(&'r str),
    DateTime(&'r str),
    /// Not what the column's cells should be.
    Wrong(&'static str),
}

impl<'r> Value<'r> {
    #[inline]
    pub(super) fn of(text: &'r str, kind: Kind) -> Self {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        match kind {
            Kind::FullText => Self::Text(text),
            _ if text.is_empty() => Self::Null,
            Kind::Text => Self::Text(text),
            Kind::Number if text.bytes().all(is_digit) => Self::Number(text),
            Kind::Number => Self::Wrong("expected a number"),
            Kind::DateTime => Self::DateTime(text),
            Kind::Bool if text == "true" => Self::Bool(true),
            Kind::Bool if text == "false" => Self::Bool(false),
            Kind::Bool => Self::Wrong("expected `true` or `false`"),
        }
    }
}

/// A date with a time as JSON has it, `+0000` in place of `Z`. The longest one has 28 bytes.
pub(super) fn with_offset<T>(text: &str, then: impl FnOnce(&str) -> T) -> T {
    let mut buffer = [0; 40];
    match text.strip_suffix('Z') {
        Some(front) if front.len() + 5 <= buffer.len() => {
            let (start, rest) = buffer.split_at_mut(front.len());
            start.copy_from_slice(front.as_bytes());
            rest[..5].copy_from_slice(b"+0000");
            let length = front.len() + 5;
            then(std::str::from_utf8(&buffer[..length]).unwrap_or(text))
        }
        _ => then(text),
    }
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(text) => number(text, visitor),
            Self::Text(text) => visitor.visit_str(text),
            Self::DateTime(text) => with_offset(text, |text| visitor.visit_str(text)),
            Self::Wrong(why) => Err(Error::custom(why)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        match name {
            RAW_VALUE => {
                let mut text = String::new();
                json::value(&self, &mut text);
                raw(&text, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(text)),
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// What `serde_json` makes of the same digits.
fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    let is_whole = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if let Some(digits) = text.strip_prefix('-') {
        if is_whole(digits)
            && let Ok(value) = text.parse::<i64>()
        {
            return visitor.visit_i64(value);
        }
    } else if (is_whole(text) || text == "0")
        && let Ok(value) = text.parse::<u64>()
    {
        return visitor.visit_u64(value);
    }
    visitor.visit_f64(serde_json::from_str(text)?)
}
