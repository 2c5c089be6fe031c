//! CSV as the org writes and reads it.

use std::fmt::Write as _;

use crate::soql::Text;
use crate::value::Value;

/// The delimiters by their names in a job.
const DELIMITERS: [(&str, u8); 6] =
    [("COMMA", b','), ("BACKQUOTE", b'`'), ("CARET", b'^'), ("PIPE", b'|'), ("SEMICOLON", b';'), ("TAB", b'\t')];

/// What stands between cells and at the end of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: &'static str,
    byte: u8,
    crlf: bool,
}

impl Dialect {
    /// The dialect of a job; nothing when one of the names is unknown.
    pub(crate) fn of(delimiter: Option<&str>, ending: Option<&str>) -> Option<Self> {
        let wanted = delimiter.unwrap_or("COMMA");
        let (delimiter, byte) = *DELIMITERS.iter().find(|(name, _)| *name == wanted)?;
        match ending.unwrap_or("LF") {
            "LF" => Some(Self { delimiter, byte, crlf: false }),
            "CRLF" => Some(Self { delimiter, byte, crlf: true }),
            _ => None,
        }
    }

    /// The name of the line ending.
    pub(crate) fn ending(self) -> &'static str {
        if self.crlf { "CRLF" } else { "LF" }
    }

    /// Writes a line.
    pub(crate) fn line<T>(
        self,
        out: &mut Vec<u8>,
        cells: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Vec<u8>, T),
    ) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                out.push(self.byte);
            }
            write(out, cell);
        }
        out.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
    }

    /// Writes a text in quotation marks; those inside are doubled.
    pub(crate) fn quoted(self, out: &mut Vec<u8>, text: &str) {
        out.push(b'"');
        if text.contains('"') {
            out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        } else {
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b'"');
    }

    /// Writes a value. Nothing is an empty cell, as an empty text is.
    pub(crate) fn value(self, out: &mut Vec<u8>, value: &Value) {
        match value {
            Value::Text(text) => self.quoted(out, text),
            Value::Null | Value::Blob(_) | Value::Compound(_) => out.extend_from_slice(b"\"\""),
            Value::DateTime(_) => {
                crate::soql::write_value(out, value);
                // `+0000"` of JSON is `Z"` here.
                out.truncate(out.len().saturating_sub(6));
                out.extend_from_slice(b"Z\"");
            }
            Value::Date(_) | Value::Time(_) | Value::Id(_) => value.write_json(out),
            Value::Bool(value) => {
                let _ = write!(Text(out), "\"{value}\"");
            }
            Value::Int(_) | Value::Decimal(_) => {
                out.push(b'"');
                value.write_json(out);
                out.push(b'"');
            }
        }
    }
}
