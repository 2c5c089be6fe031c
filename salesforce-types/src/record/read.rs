//! Text of JSON to a [`Record`], in one pass: `serde_json` would lose the digits of numbers.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

use super::{Json, Number, Record, Rows, Value};
use crate::json::{Scanner, Unreadable};

/// Asks a [`Scanner`] for the text of a value; other formats take it for the name of a struct.
pub(crate) const WHOLE_TEXT: &str = "$salesforce_types::text";

/// Deeper than this, parents are kept as text: the server allows five, and each level takes stack.
const DEPTH: usize = 32;

type Result<T> = std::result::Result<T, Unreadable>;

pub(super) fn record(text: &str) -> Result<Record> {
    whole(text, |reader| reader.record(DEPTH))
}

pub(super) fn value(text: &str) -> Result<Value> {
    whole(text, |reader| reader.value(DEPTH))
}

/// Reads the text of the next value, which a [`Scanner`] lends and `serde_json` copies.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<T>,
    expected: &'static str,
) -> std::result::Result<T, D::Error> {
    struct Text;

    impl<'de> Visitor<'de> for Text {
        type Value = Cow<'de, str>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_borrowed_str<E: Error>(self, text: &'de str) -> std::result::Result<Cow<'de, str>, E> {
            Ok(Cow::Borrowed(text))
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Cow<'de, str>, D::Error> {
            Ok(Cow::Owned(String::from(Box::<str>::from(Box::<RawValue>::deserialize(json)?))))
        }
    }

    let text = deserializer.deserialize_newtype_struct(WHOLE_TEXT, Text)?;
    read(&text).map_err(|Unreadable| D::Error::custom(expected))
}

fn whole<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> Result<T>) -> Result<T> {
    let mut reader = Reader(Scanner::new(text), Names { last: NAMES.take(), at: 0 });
    let value = read(&mut reader)?;
    let Names { mut last, at } = reader.1;
    last.truncate(at);
    NAMES.set(last);
    if reader.0.is_at_end() { Ok(value) } else { Err(Unreadable) }
}

thread_local! {
    /// The names of the row that this thread read last: those of the next one are mostly the same.
    static NAMES: Cell<Vec<Arc<str>>> = const { Cell::new(Vec::new()) };
}

/// More names than this are not kept.
const KEPT: usize = 1000;

/// The names of the last row, in the order they were met, parents' among them.
struct Names {
    last: Vec<Arc<str>>,
    at: usize,
}

impl Names {
    /// The name, as the last row had it at this place, or anew.
    fn get(&mut self, name: &str) -> Arc<str> {
        let at = self.at;
        self.at += 1;
        match self.last.get_mut(at) {
            Some(last) if **last == *name => last.clone(),
            Some(last) => {
                *last = name.into();
                last.clone()
            }
            None => {
                let name = Arc::<str>::from(name);
                if at < KEPT {
                    self.last.push(name.clone());
                }
                name
            }
        }
    }
}

struct Reader<'t>(Scanner<'t>, Names);

impl<'t> Reader<'t> {
    fn string(&mut self) -> Result<Box<str>> {
        Ok(self.0.quoted()?.decode()?.into())
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        Ok(match self.0.peek().ok_or(Unreadable)? {
            b'"' => Value::Text(self.string()?),
            b'{' => return self.object(depth),
            b'[' => Value::Json(Json::from_json(self.0.skip()?)),
            _ => match self.0.skip()? {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                number => Value::Number(Number::from_json(number)),
            },
        })
    }

    /// A parent has `attributes`, child rows have `records`; anything else is a compound value.
    fn object(&mut self, depth: usize) -> Result<Value> {
        let start = self.0.clone();
        let (mut is_record, mut is_rows) = (self.begins_with_attributes()?, false);
        if is_record && depth > 0 {
            self.0 = start;
            return Ok(Value::Record(Box::new(self.record(depth - 1)?)));
        }
        self.0 = start.clone();
        self.members(|reader, name| {
            is_record |= name == "attributes";
            is_rows |= name == "records" && reader.0.peek() == Some(b'[');
            reader.0.skip().map(drop)
        })?;
        if depth == 0 || !(is_record || is_rows) {
            let mut object = start;
            return Ok(Value::Json(Json::from_json(object.skip()?)));
        }
        self.0 = start;
        match is_record {
            true => Ok(Value::Record(Box::new(self.record(depth - 1)?))),
            false => Ok(Value::Rows(Box::new(self.rows(depth - 1)?))),
        }
    }

    /// As parents do; what does not has to be seen whole.
    fn begins_with_attributes(&mut self) -> Result<bool> {
        self.0.eat(b'{')?;
        Ok(self.0.name(&mut true)?.is_some_and(|name| name.plain() == Some("attributes")))
    }

    fn members(&mut self, mut member: impl FnMut(&mut Self, &str) -> Result<()>) -> Result<()> {
        self.0.eat(b'{')?;
        let mut first = true;
        while let Some(name) = self.0.name(&mut first)? {
            member(self, &name.decode()?)?;
        }
        Ok(())
    }

    fn record(&mut self, depth: usize) -> Result<Record> {
        let mut record = Record::default();
        record.fields.reserve(if depth == DEPTH { self.1.last.len() } else { 0 });
        self.members(|reader, name| {
            if name == "attributes" && reader.0.peek() == Some(b'{') {
                return reader.attributes(&mut record);
            }
            let name = reader.1.get(name);
            record.fields.push((name, reader.value(depth)?));
            Ok(())
        })?;
        Ok(record)
    }

    fn attributes(&mut self, record: &mut Record) -> Result<()> {
        self.members(|reader, name| {
            let slot = match name {
                "type" => &mut record.object,
                "url" => &mut record.url,
                _ => return reader.0.skip().map(drop),
            };
            match reader.0.peek() {
                Some(b'"') => *slot = Some(reader.string()?),
                _ => drop(reader.0.skip()?),
            }
            Ok(())
        })
    }

    fn rows(&mut self, depth: usize) -> Result<Rows> {
        let mut rows = Rows::default();
        self.members(|reader, name| {
            match (name, reader.0.peek()) {
                ("records", Some(b'[')) => {
                    reader.0.eat(b'[')?;
                    let mut first = true;
                    while reader.0.element(&mut first)? {
                        rows.records.push(reader.record(depth)?);
                    }
                }
                ("done", _) => rows.done = reader.0.skip()? == "true",
                ("totalSize", _) => rows.total_size = reader.0.skip()?.parse().ok(),
                ("nextRecordsUrl", Some(b'"')) => rows.next = Some(reader.string()?),
                _ => drop(reader.0.skip()?),
            }
            Ok(())
        })?;
        Ok(rows)
    }
}
