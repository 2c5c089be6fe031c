//! Text of JSON to a [`Record`], in one pass: `serde_json` would lose the digits of numbers.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, EnumAccess, Error, IgnoredAny, VariantAccess, Visitor};
use serde_json::value::RawValue;

use super::{Json, Number, Record, Rows, Value};
use crate::json::{Layout, Members, Scanner, Unreadable};

/// Asks a [`Scanner`] to lend its text; other formats take it for the name of a struct.
pub(crate) const LEND_TEXT: &str = "$salesforce_types::text";

/// Deeper than this, parents are kept as text: the server allows five, and each level takes stack.
const DEPTH: usize = 32;

type Result<T> = std::result::Result<T, Unreadable>;

thread_local! {
    /// What the rows look like that this thread reads: the next one mostly looks the same.
    static LAYOUT: Cell<Option<Layout>> = const { Cell::new(None) };
}

/// The row at the front of a text, and where it ends.
pub(super) fn record(text: &str) -> Result<(Record, usize)> {
    let mut layout = LAYOUT.take().unwrap_or_default();
    let mut reader = Reader(Scanner::new(text));
    let record = reader.record(Some(&layout), DEPTH);
    let (end, strange) = (reader.0.place(), reader.0.is_strange());
    if strange && record.is_ok() {
        layout.note(&text[..end]);
    }
    LAYOUT.set(Some(layout));
    Ok((record?, end))
}

/// The value at the front of a text, and where it ends.
pub(super) fn value(text: &str) -> Result<(Value, usize)> {
    let mut reader = Reader(Scanner::new(text));
    Ok((reader.value(None, DEPTH)?, reader.0.place()))
}

/// The number at the front of a text, and where it ends.
pub(super) fn number(text: &str) -> Result<(Number, usize)> {
    match value(text)? {
        (Value::Number(number), end) => Ok((number, end)),
        _ => Err(Unreadable),
    }
}

/// Nothing but one value.
pub(super) fn whole<T>(text: &str, read: impl FnOnce(&str) -> Result<(T, usize)>) -> Result<T> {
    let (value, end) = read(text)?;
    if Scanner::at(text, end).is_at_end() { Ok(value) } else { Err(Unreadable) }
}

/// Reads the next value from its text, which a [`Scanner`] lends and `serde_json` copies.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<(T, usize)>,
    expected: &'static str,
) -> std::result::Result<T, D::Error> {
    struct Text<R>(R, &'static str);

    impl<'de, T, R: FnOnce(&str) -> Result<(T, usize)>> Visitor<'de> for Text<R> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }

        fn visit_enum<A: EnumAccess<'de>>(self, lent: A) -> std::result::Result<T, A::Error> {
            let (text, lender) = lent.variant::<&str>()?;
            let (value, length) = (self.0)(text).map_err(|Unreadable| A::Error::custom(self.1))?;
            lender.tuple_variant(length, IgnoredAny)?;
            Ok(value)
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> std::result::Result<T, D::Error> {
            let text = Box::<RawValue>::deserialize(json)?;
            whole(text.get(), self.0).map_err(|Unreadable| D::Error::custom(self.1))
        }
    }

    deserializer.deserialize_newtype_struct(LEND_TEXT, Text(read, expected))
}

/// The names of a row's fields: those of its layout, as long as they are the same.
struct Names<'t> {
    expected: Option<&'t Arc<Vec<Box<str>>>>,
    others: Vec<Box<str>>,
    count: usize,
}

impl<'t> Names<'t> {
    fn new(layout: Option<&'t Layout>) -> Self {
        Self { expected: layout.map(Layout::fields), others: Vec::new(), count: 0 }
    }

    fn push(&mut self, name: &str) {
        match self.expected {
            Some(expected) if expected.get(self.count).is_some_and(|expected| **expected == *name) => self.count += 1,
            Some(expected) => {
                self.others = [&expected[..self.count], &[name.into()]].concat();
                self.expected = None;
            }
            None => self.others.push(name.into()),
        }
    }

    fn finish(self) -> Arc<Vec<Box<str>>> {
        match self.expected {
            Some(expected) if expected.len() == self.count => expected.clone(),
            Some(expected) => Arc::new(expected[..self.count].to_vec()),
            None => Arc::new(self.others),
        }
    }
}

struct Reader<'t>(Scanner<'t>);

impl<'t> Reader<'t> {
    fn string(&mut self) -> Result<Box<str>> {
        Ok(self.0.quoted()?.decode()?.into())
    }

    fn value(&mut self, layout: Option<&'t Layout>, depth: usize) -> Result<Value> {
        Ok(match self.0.peek().ok_or(Unreadable)? {
            b'"' => Value::Text(self.string()?),
            b'{' => return self.object(layout, depth),
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
    fn object(&mut self, layout: Option<&'t Layout>, depth: usize) -> Result<Value> {
        let (start, mut members) = (self.0.clone(), Members::new(layout));
        let (mut is_record, mut is_rows) = (false, false);
        self.0.eat(b'{')?;
        while let Some(member) = members.next(&mut self.0)? {
            let name = member.name()?;
            is_record |= name == "attributes";
            is_rows |= name == "records" && self.0.peek() == Some(b'[');
            // Parents say so at once; what does not has to be seen whole.
            if is_record && depth > 0 {
                break;
            }
            self.0.skip()?;
        }
        if depth == 0 || !(is_record || is_rows) {
            return Ok(Value::Json(Json::from_json(start.until(&self.0)?)));
        }
        self.0 = start;
        match is_record {
            true => Ok(Value::Record(Box::new(self.record(layout, depth - 1)?))),
            false => Ok(Value::Rows(Box::new(self.rows(layout, depth - 1)?))),
        }
    }

    fn record(&mut self, layout: Option<&'t Layout>, depth: usize) -> Result<Record> {
        let mut record = Record::default();
        let (mut names, mut members) = (Names::new(layout), Members::new(layout));
        record.values.reserve_exact(layout.map_or(0, |layout| layout.fields().len()));
        self.0.eat(b'{')?;
        while let Some(member) = members.next(&mut self.0)? {
            let name = member.name()?;
            if name == "attributes" && self.0.peek() == Some(b'{') {
                self.attributes(&mut record, member.layout())?;
                continue;
            }
            names.push(&name);
            record.values.push(self.value(member.layout(), depth)?);
        }
        record.names = names.finish();
        Ok(record)
    }

    fn attributes(&mut self, record: &mut Record, layout: Option<&'t Layout>) -> Result<()> {
        let mut members = Members::new(layout);
        self.0.eat(b'{')?;
        while let Some(member) = members.next(&mut self.0)? {
            let slot = match &*member.name()? {
                "type" => &mut record.object,
                "url" => &mut record.url,
                _ => {
                    self.0.skip()?;
                    continue;
                }
            };
            match self.0.peek() {
                Some(b'"') => *slot = Some(self.string()?),
                _ => drop(self.0.skip()?),
            }
        }
        Ok(())
    }

    fn rows(&mut self, layout: Option<&'t Layout>, depth: usize) -> Result<Rows> {
        let (mut rows, mut members) = (Rows::default(), Members::new(layout));
        self.0.eat(b'{')?;
        while let Some(member) = members.next(&mut self.0)? {
            match (&*member.name()?, self.0.peek()) {
                ("records", Some(b'[')) => {
                    self.0.eat(b'[')?;
                    let mut first = true;
                    while self.0.element(&mut first)? {
                        rows.records.push(self.record(member.layout(), depth)?);
                    }
                }
                ("done", _) => rows.done = self.0.skip()? == "true",
                ("totalSize", _) => rows.total_size = self.0.skip()?.parse().ok(),
                ("nextRecordsUrl", Some(b'"')) => rows.next = Some(self.string()?),
                _ => drop(self.0.skip()?),
            }
        }
        Ok(rows)
    }
}
