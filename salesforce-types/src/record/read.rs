//! Text of JSON to a [`Record`], in one pass.
//!
//! `serde_json` checks the syntax (as a `RawValue`) before this reads it, and would lose the digits of numbers. This
//! reader trusts nothing all the same: any text gives a value or an error, at any depth.

use super::{Json, Number, Record, Rows, Value};

/// Deeper than this, parents are kept as text: the server allows five, and each level takes stack.
const DEPTH: usize = 32;

type Result<T> = std::result::Result<T, &'static str>;

pub(super) fn record(text: &str) -> Result<Record> {
    whole(text, |reader| {
        if reader.peek() != Some(b'{') {
            return Err("expected an object, a row of a result");
        }
        reader.record(DEPTH)
    })
}

pub(super) fn value(text: &str) -> Result<Value> {
    // Numbers and literals are checked here, since this also reads what no parser has seen.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| "expected a JSON value")?;
    whole(text, |reader| reader.value(DEPTH))
}

fn whole<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> Result<T>) -> Result<T> {
    let mut reader = Reader { text, at: 0 };
    let value = read(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err("expected nothing after the value"),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err("expected a JSON value that is whole");
        }
        self.at += 1;
        Ok(())
    }

    fn since(&self, start: usize) -> Result<&'t str> {
        self.text.get(start..self.at).ok_or("expected UTF-8")
    }

    /// A string with its quotes, escapes as they are.
    fn quoted(&mut self) -> Result<&'t str> {
        self.expect(b'"')?;
        let start = self.at - 1;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                None => return Err("expected the end of a string"),
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        self.since(start)
    }

    fn string(&mut self) -> Result<Box<str>> {
        let quoted = self.quoted()?;
        if quoted.contains('\\') {
            return serde_json::from_str(quoted).map_err(|_| "expected a string with valid escapes");
        }
        Ok(quoted[1..quoted.len() - 1].into())
    }

    /// A number or a literal: all up to the next mark.
    fn bare(&mut self) -> Result<&'t str> {
        let start = self.at;
        let end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':' | b'"');
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at += rest.iter().position(end).unwrap_or(rest.len());
        if self.at == start {
            return Err("expected a value");
        }
        self.since(start)
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        match self.peek().ok_or("expected a value")? {
            b'"' => Ok(Value::Text(self.string()?)),
            b'[' => Ok(Value::Json(Json::from_json(self.skip()?))),
            b'{' => self.object(depth),
            _ => match self.bare()? {
                "null" => Ok(Value::Null),
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                number => Ok(Value::Number(Number::from_json(number))),
            },
        }
    }

    /// A parent has `attributes`, child rows have `records`; anything else is a compound value.
    fn object(&mut self, depth: usize) -> Result<Value> {
        let start = self.at;
        let (mut is_record, mut is_rows) = (false, false);
        self.members(|reader, name| {
            is_record |= name == "\"attributes\"";
            is_rows |= name == "\"records\"" && reader.peek() == Some(b'[');
            reader.skip().map(drop)
        })?;
        if depth == 0 || !(is_record || is_rows) {
            return Ok(Value::Json(Json::from_json(self.since(start)?)));
        }
        self.at = start;
        match is_record {
            true => Ok(Value::Record(Box::new(self.record(depth - 1)?))),
            false => Ok(Value::Rows(Box::new(self.rows(depth - 1)?))),
        }
    }

    fn members(&mut self, mut member: impl FnMut(&mut Self, &'t str) -> Result<()>) -> Result<()> {
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek();
            let name = self.quoted()?;
            self.expect(b':')?;
            member(self, name)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.expect(b'}'),
            }
        }
    }

    fn record(&mut self, depth: usize) -> Result<Record> {
        let mut record = Record::default();
        self.members(|reader, name| {
            if name == "\"attributes\"" && reader.peek() == Some(b'{') {
                return reader.attributes(&mut record);
            }
            let name = match name.contains('\\') {
                true => serde_json::from_str(name).map_err(|_| "expected a name with valid escapes")?,
                false => name[1..name.len() - 1].into(),
            };
            record.fields.push((name, reader.value(depth)?));
            Ok(())
        })?;
        Ok(record)
    }

    fn attributes(&mut self, record: &mut Record) -> Result<()> {
        self.members(|reader, name| {
            let slot = match name {
                "\"type\"" => &mut record.object,
                "\"url\"" => &mut record.url,
                _ => return reader.skip().map(drop),
            };
            match reader.peek() {
                Some(b'"') => *slot = Some(reader.string()?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })
    }

    fn rows(&mut self, depth: usize) -> Result<Rows> {
        let mut rows = Rows::default();
        self.members(|reader, name| {
            match (name, reader.peek()) {
                ("\"records\"", Some(b'[')) => {
                    reader.at += 1;
                    while reader.peek() != Some(b']') {
                        if reader.peek() == Some(b'{') {
                            rows.records.push(reader.record(depth)?);
                        } else {
                            return Err("expected rows in `records`");
                        }
                        if reader.peek() == Some(b',') {
                            reader.at += 1;
                        }
                    }
                    reader.at += 1;
                }
                ("\"done\"", _) => rows.done = reader.skip()? == "true",
                ("\"totalSize\"", _) => rows.total_size = reader.skip()?.parse().ok(),
                ("\"nextRecordsUrl\"", Some(b'"')) => rows.next = Some(reader.string()?),
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Passes over one value without recursion and returns its text.
    fn skip(&mut self) -> Result<&'t str> {
        self.peek();
        let start = self.at;
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or("expected a value")? {
                b'"' => drop(self.quoted()?),
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    open = open.checked_sub(1).ok_or("expected a value")?;
                    self.at += 1;
                }
                b',' | b':' if open > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => drop(self.bare()?),
            }
            if open == 0 {
                return self.since(start);
            }
        }
    }
}
