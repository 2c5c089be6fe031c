//! Rows on their way into an upload.

use std::fmt;
use std::io::Write as _;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

/// What `serde_json` calls a value that is JSON text already: numbers that keep their digits come so.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// What a cell holds that sets a field to null.
const NULL: &str = "#N/A";

/// The most characters of a cell, characters of a row, columns, and characters of the header line (Bulk reference 2).
const CELL: usize = 131_072;
const ROW: usize = 400_000;
const COLUMNS: usize = 5_000;
const HEADER: usize = 32_000;

/// How the lines of an upload end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineEnding {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    CrLf,
}

impl LineEnding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
        }
    }

    fn text(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
        }
    }
}

/// Why a row cannot be a line of an upload. No value is in it.
#[derive(Debug)]
pub(crate) struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(format!("cannot be written: {message}"))
    }
}

/// Writes rows as lines that have the same columns. Those of the first row are it, unless they are declared.
#[derive(Debug)]
pub(crate) struct Writer {
    columns: Vec<Box<str>>,
    /// Whether columns are still learned.
    learns: bool,
    ending: LineEnding,
    /// Whether an empty text may be an empty cell: where a record is created, nothing is what either becomes.
    empty_is_unset: bool,
    cells: Vec<u8>,
    /// Where in `cells` the cell of each column is.
    places: Vec<Option<(usize, usize)>>,
    /// The column that is likely to come next.
    next: usize,
    /// The parents around a field, each with a dot.
    path: String,
}

impl Writer {
    pub(crate) fn new(columns: Option<Vec<Box<str>>>, ending: LineEnding, empty_is_unset: bool) -> Self {
        let learns = columns.is_none();
        let columns = columns.unwrap_or_default();
        let places = vec![None; columns.len()];
        Self { columns, learns, ending, empty_is_unset, cells: Vec::new(), places, next: 0, path: String::new() }
    }

    /// The header line, once the columns are known.
    pub(crate) fn header(&self) -> Result<Vec<u8>, Unfit> {
        let mut line = Vec::new();
        for (place, name) in self.columns.iter().enumerate() {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':');
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(Unfit(format!("has the column `{}`, which is no field's name", name.escape_debug())));
            }
            if self.columns[..place].iter().any(|other| other.eq_ignore_ascii_case(name)) {
                return Err(Unfit(format!("has the column `{name}` twice")));
            }
            if place > 0 {
                line.push(b',');
            }
            line.extend_from_slice(name.as_bytes());
        }
        if line.is_empty() || self.columns.len() > COLUMNS || line.len() > HEADER {
            let why = format!("has to have 1 to {COLUMNS} columns whose names are at most {HEADER} characters");
            return Err(Unfit(why));
        }
        line.extend_from_slice(self.ending.text());
        Ok(line)
    }

    /// Writes a row; when it is unfit, nothing is written.
    pub(crate) fn row<R: Serialize + ?Sized>(&mut self, row: &R, out: &mut Vec<u8>) -> Result<(), Unfit> {
        self.begin();
        row.serialize(Row(self))?;
        self.end(out)
    }

    fn begin(&mut self) {
        self.cells.clear();
        self.places.fill(None);
        self.next = 0;
        self.path.clear();
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Unfit> {
        self.learns = false;
        if self.cells.is_empty() {
            return Err(Unfit("has no value at all".into()));
        }
        if self.cells.len() > ROW && String::from_utf8_lossy(&self.cells).chars().count() > ROW {
            return Err(Unfit(format!("is longer than the {ROW} characters that a row may have")));
        }
        for (column, place) in self.places.iter().enumerate() {
            if column > 0 {
                out.push(b',');
            }
            if let Some((start, end)) = *place {
                out.extend_from_slice(&self.cells[start..end]);
            }
        }
        out.extend_from_slice(self.ending.text());
        Ok(())
    }

    /// The column of a field.
    #[inline]
    fn column(&mut self, name: &str) -> Result<usize, Unfit> {
        if self.path.is_empty() && self.columns.get(self.next).is_some_and(|column| **column == *name) {
            let column = self.next;
            self.next += 1;
            return Ok(column);
        }
        self.find(name)
    }

    fn find(&mut self, name: &str) -> Result<usize, Unfit> {
        let path = format!("{}{name}", self.path);
        let found = self.columns.iter().position(|column| column.eq_ignore_ascii_case(&path));
        let column = match found {
            Some(column) => column,
            None if self.learns => {
                self.columns.push(path.into());
                self.places.push(None);
                self.columns.len() - 1
            }
            None => {
                let name = path.escape_debug();
                return Err(Unfit(format!("has the field `{name}`, which is none of the columns of this load")));
            }
        };
        self.next = column + 1;
        Ok(column)
    }

    #[inline]
    fn cell(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Unfit> {
        let column = self.column(name)?;
        let start = self.cells.len();
        write(&mut self.cells);
        let end = self.cells.len();
        match self.places[column].replace((start, end)) {
            None => Ok(()),
            Some(_) => Err(Unfit(format!("has the field `{}` twice", self.columns[column]))),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), Unfit> {
        if text.is_empty() {
            if !self.empty_is_unset {
                let path = format!("{}{name}", self.path);
                let why = "which a job would leave as it is: null clears a field";
                return Err(Unfit(format!("has an empty text in `{}`, {why}", path.escape_debug())));
            }
            return self.column(name).map(|_| ());
        }
        if text == NULL {
            let path = format!("{}{name}", self.path);
            return Err(Unfit(format!(
                "has the text `{NULL}` in `{}`, which means null to a job",
                path.escape_debug()
            )));
        }
        if text.len() > CELL && text.chars().count() > CELL {
            let path = format!("{}{name}", self.path);
            return Err(Unfit(format!("has more than {CELL} characters in `{}`", path.escape_debug())));
        }
        self.cell(name, |out| quote(text, out))
    }

    /// Null of a field, or of a parent some of whose fields are columns.
    fn null(&mut self, name: &str) -> Result<(), Unfit> {
        let parent = format!("{}{name}.", self.path);
        let below = |column: &str| column.get(..parent.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(&parent));
        let columns: Vec<Box<str>> = self.columns.iter().filter(|column| below(column)).cloned().collect();
        if columns.is_empty() {
            return self.cell(name, |out| out.extend_from_slice(NULL.as_bytes()));
        }
        let path = std::mem::take(&mut self.path);
        let done = columns.iter().try_for_each(|name| self.cell(name, |out| out.extend_from_slice(NULL.as_bytes())));
        self.path = path;
        done
    }
}

/// Writes a text, in quotes where it needs them.
#[inline]
fn quote(text: &str, out: &mut Vec<u8>) {
    let special = |byte: u8| (byte == b'"') | (byte == b',') | (byte == b'\n') | (byte == b'\r');
    if !text.bytes().fold(false, |found, byte| found | special(byte)) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        out.push(b'"');
        rest = &rest[quote + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn no_object<T>() -> Result<T, Unfit> {
    Err(Unfit("is no object with fields".into()))
}

/// Refuses what has no cells: `no_object!` of a row, or of a cell.
macro_rules! refuse {
    ($refuse:expr; $($method:ident($($type:ty),*);)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<(), Unfit> { $refuse(&self) })*
    };
}

/// A row, which is an object.
struct Row<'w>(&'w mut Writer);

impl<'w> Serializer for Row<'w> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Impossible<(), Unfit>;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Fields<'w>;
    type SerializeStruct = Fields<'w>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    refuse! { |_: &Self| no_object();
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]); serialize_none();
        serialize_unit(); serialize_unit_struct(&'static str); serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        no_object()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        no_object()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        no_object()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        no_object()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        no_object()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'w>, Unfit> {
        Ok(Fields { writer: self.0, key: String::new(), depth: 0, raw: None })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'w>, Unfit> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        no_object()
    }
}

/// The fields of a row, or of a parent in it.
struct Fields<'w> {
    writer: &'w mut Writer,
    key: String,
    /// How long the path was before this parent.
    depth: usize,
    /// The field whose value is JSON text.
    raw: Option<Box<str>>,
}

impl Fields<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unfit> {
        match &self.raw {
            Some(field) => value.serialize(Raw(Cell { writer: &mut *self.writer, name: field })),
            // Where the row was read, and what it is: a job has one object.
            None if name == "attributes" => Ok(()),
            None => value.serialize(Cell { writer: &mut *self.writer, name }),
        }
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        self.writer.path.truncate(self.depth);
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Unfit> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = Unfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unfit> {
        self.key = match serde_json::to_value(key) {
            Ok(serde_json::Value::String(name)) => name,
            _ => return Err(Unfit("has a field whose name is no text".into())),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        let name = std::mem::take(&mut self.key);
        self.field(&name, value)
    }

    fn end(self) -> Result<(), Unfit> {
        Ok(())
    }
}

/// One value of a field.
struct Cell<'w, 'n> {
    writer: &'w mut Writer,
    name: &'n str,
}

impl Cell<'_, '_> {
    fn show(self, value: impl fmt::Display) -> Result<(), Unfit> {
        self.writer.cell(self.name, |out| write!(out, "{value}").expect("a vector takes all"))
    }

    fn refused<T>(&self) -> Result<T, Unfit> {
        let path = format!("{}{}", self.writer.path, self.name);
        Err(Unfit(format!("has a value in `{}` that is no cell of a CSV", path.escape_debug())))
    }

    fn parent<'w>(writer: &'w mut Writer, name: &str) -> Fields<'w> {
        let depth = writer.path.len();
        writer.path.push_str(name);
        writer.path.push('.');
        Fields { writer, key: String::new(), depth, raw: None }
    }
}

impl<'w> Serializer for Cell<'w, '_> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Impossible<(), Unfit>;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Fields<'w>;
    type SerializeStruct = Fields<'w>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    fn serialize_bool(self, value: bool) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_i8(self, value: i8) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unfit> {
        self.show(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unfit> {
        if value.is_finite() { self.show(value) } else { self.refused() }
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unfit> {
        match value.abs() {
            size if !size.is_finite() => self.refused(),
            size if size >= 1e21 || (size > 0.0 && size < 1e-7) => self.show(format_args!("{value:E}")),
            _ => self.show(value),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Unfit> {
        self.writer.text(self.name, value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Unfit> {
        self.writer.text(self.name, text)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unfit> {
        self.refused()
    }

    fn serialize_none(self) -> Result<(), Unfit> {
        self.writer.null(self.name)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unfit> {
        self.writer.null(self.name)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unfit> {
        self.writer.null(self.name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Unfit> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        self.refused()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        self.refused()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        self.refused()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        self.refused()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        self.refused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'w>, Unfit> {
        Ok(Self::parent(self.writer, self.name))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'w>, Unfit> {
        if name == RAW_VALUE {
            let depth = self.writer.path.len();
            return Ok(Fields { writer: self.writer, key: String::new(), depth, raw: Some(self.name.into()) });
        }
        Ok(Self::parent(self.writer, self.name))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        self.refused()
    }
}

/// A value that is JSON text: a number's digits, or another plain value.
struct Raw<'w, 'n>(Cell<'w, 'n>);

impl Raw<'_, '_> {
    fn json(self, text: &str) -> Result<(), Unfit> {
        match serde_json::from_str(text) {
            Ok(serde_json::Value::Null) => self.0.serialize_unit(),
            Ok(serde_json::Value::Bool(value)) => self.0.serialize_bool(value),
            Ok(serde_json::Value::Number(_)) => self.0.show(text),
            Ok(serde_json::Value::String(value)) => self.0.serialize_str(&value),
            _ => self.0.refused(),
        }
    }
}

impl Serializer for Raw<'_, '_> {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Impossible<(), Unfit>;
    type SerializeTuple = Impossible<(), Unfit>;
    type SerializeTupleStruct = Impossible<(), Unfit>;
    type SerializeTupleVariant = Impossible<(), Unfit>;
    type SerializeMap = Impossible<(), Unfit>;
    type SerializeStruct = Impossible<(), Unfit>;
    type SerializeStructVariant = Impossible<(), Unfit>;

    refuse! { |raw: &Self| raw.0.refused();
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_bytes(&[u8]); serialize_none();
        serialize_unit(); serialize_unit_struct(&'static str); serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_str(self, text: &str) -> Result<(), Unfit> {
        self.json(text)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unfit> {
        self.0.refused()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unfit> {
        self.0.refused()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unfit> {
        self.0.refused()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Unfit> {
        self.0.refused()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        self.0.refused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unfit> {
        self.0.refused()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unfit> {
        self.0.refused()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        self.0.refused()
    }
}

#[cfg(test)]
mod tests {
    use salesforce_types::{Number, Record};
    use serde_json::json;

    use super::*;

    fn lines(rows: &[serde_json::Value]) -> Result<String, Unfit> {
        let mut writer = Writer::new(None, LineEnding::Lf, true);
        let mut out = Vec::new();
        rows.iter().try_for_each(|row| writer.row(row, &mut out))?;
        let mut text = String::from_utf8(writer.header()?).unwrap();
        text.push_str(std::str::from_utf8(&out).unwrap());
        Ok(text)
    }

    #[test]
    fn null_is_written_and_what_is_not_set_is_empty() {
        let text = lines(&[json!({"A": "x", "B": null, "C": true}), json!({"c": 1, "A": -2.5})]).unwrap();
        assert_eq!(text, "A,B,C\nx,#N/A,true\n-2.5,,1\n");
    }

    #[test]
    fn what_csv_means_is_quoted() {
        let text = lines(&[json!({"A": "a,b", "B": "say \"x\"", "C": "1\r\n2"}), json!({"A": " a "})]).unwrap();
        assert_eq!(text, "A,B,C\n\"a,b\",\"say \"\"x\"\"\",\"1\r\n2\"\n a ,,\n");
        let mut writer = Writer::new(None, LineEnding::CrLf, true);
        let mut out = Vec::new();
        writer.row(&json!({"A": 1}), &mut out).unwrap();
        assert_eq!((&*out, &*writer.header().unwrap()), (&b"1\r\n"[..], &b"A\r\n"[..]));
    }

    #[test]
    fn parents_are_columns_with_a_dot_and_one_that_is_null_clears_them() {
        let text =
            lines(&[json!({"A": 1, "Parent__r": {"attributes": {}, "Key__c": "k"}}), json!({"Parent__r": null})]);
        assert_eq!(text.unwrap(), "A,Parent__r.Key__c\n1,k\n,#N/A\n");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let number: Number = "12.500".parse().unwrap();
        let mut writer = Writer::new(None, LineEnding::Lf, true);
        let mut out = Vec::new();
        writer.row(&Record::new("Account").with("N__c", number).with("T", "x"), &mut out).unwrap();
        assert_eq!(out, b"12.500,x\n");
        assert_eq!(lines(&[json!({"A": 1e300})]).unwrap(), "A\n1E300\n");
    }

    #[test]
    fn what_a_job_would_misunderstand_is_refused() {
        let why = |rows: &[serde_json::Value]| lines(rows).unwrap_err().0;
        assert!(why(&[json!({"A": "#N/A"})]).contains("means null"));
        assert!(why(&[json!({"A": 1}), json!({"B": 1})]).contains("`B`"));
        assert!(why(&[json!({"A": [1]})]).contains("`A`"));
        assert!(why(&[json!({"A": 1, "a": 2})]).contains("twice"));
        assert!(why(&[json!({})]).contains("no value"));
        assert!(why(&[json!([])]).contains("no object"));
        assert!(lines(&[json!({"A": "x".repeat(CELL + 1)})]).is_err());
        assert!(lines(&[json!({"A": "é".repeat(CELL)})]).is_ok());
        let mut update = Writer::new(None, LineEnding::Lf, false);
        assert!(update.row(&json!({"A": ""}), &mut Vec::new()).unwrap_err().0.contains("null clears"));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_what_another_reader_reads(
            rows in proptest::collection::vec(proptest::array::uniform3("[a\",\r\n é#]{1,6}"), 1..6),
        ) {
            let mut writer = Writer::new(None, LineEnding::Lf, true);
            let mut out = Vec::new();
            for [a, b, c] in &rows {
                writer.row(&json!({"A": a, "B": b, "C": c}), &mut out).unwrap();
            }
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*out);
            let read: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            proptest::prop_assert_eq!(read, rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
        }
    }
}
