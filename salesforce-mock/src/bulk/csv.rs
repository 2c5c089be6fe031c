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

/// A line of an upload, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) cells: Vec<String>,
    /// Whether quotation marks stand where none may: a cell that goes on behind them, or that never ends.
    pub(crate) malformed: bool,
}

/// Why an upload cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongEnding;

/// Reads an upload, a line at a time.
#[derive(Debug)]
pub(crate) struct Lines<'d> {
    data: &'d [u8],
    at: usize,
    dialect: Dialect,
}

impl<'d> Lines<'d> {
    pub(crate) fn new(data: &'d [u8], dialect: Dialect) -> Self {
        Self { data, at: 0, dialect }
    }

    /// Nothing more is read behind it.
    fn wrong_ending(&mut self) -> WrongEnding {
        self.at = self.data.len();
        WrongEnding
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, WrongEnding>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.data.len() {
            return None;
        }
        let mut line = Line { cells: Vec::new(), malformed: false };
        let mut cell = Vec::new();
        // Whether the cell is inside of its quotation marks, and whether they were closed.
        let (mut quoted, mut closed) = (false, false);
        let push = |cell: &mut Vec<u8>| {
            let text = String::from_utf8_lossy(cell).into_owned();
            cell.clear();
            text
        };
        loop {
            let Some(&byte) = self.data.get(self.at) else {
                line.malformed |= quoted;
                line.cells.push(push(&mut cell));
                return Some(Ok(line));
            };
            self.at += 1;
            match byte {
                b'"' if quoted && self.data.get(self.at) == Some(&b'"') => {
                    self.at += 1;
                    cell.push(b'"');
                }
                b'"' if quoted => (quoted, closed) = (false, true),
                _ if quoted => cell.push(byte),
                b'"' if cell.is_empty() && !closed => quoted = true,
                b'\n' if self.dialect.crlf => return Some(Err(self.wrong_ending())),
                b'\r' if self.data.get(self.at) == Some(&b'\n') => {
                    if !self.dialect.crlf {
                        return Some(Err(self.wrong_ending()));
                    }
                    self.at += 1;
                    line.cells.push(push(&mut cell));
                    return Some(Ok(line));
                }
                b'\r' => return Some(Err(self.wrong_ending())),
                b'\n' => {
                    line.cells.push(push(&mut cell));
                    return Some(Ok(line));
                }
                _ if byte == self.dialect.byte => {
                    line.cells.push(push(&mut cell));
                    closed = false;
                }
                _ => {
                    line.malformed |= closed || byte == b'"';
                    cell.push(byte);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, crlf: bool) -> Vec<Result<Line, WrongEnding>> {
        let dialect = Dialect::of(None, Some(if crlf { "CRLF" } else { "LF" })).unwrap();
        Lines::new(text.as_bytes(), dialect).collect()
    }

    #[test]
    fn cells_are_read_with_and_without_quotation_marks() {
        let read = lines("a,\"b\"\"c\",\"d\ne\"\n1,,3", false);
        assert_eq!(read[0].as_ref().unwrap().cells, ["a", "b\"c", "d\ne"]);
        assert_eq!(read[1].as_ref().unwrap().cells, ["1", "", "3"]);
        assert!(lines("\"a\", \"b\"\n", false)[0].as_ref().unwrap().malformed);
        assert!(lines("\"a", false)[0].as_ref().unwrap().malformed);
    }

    #[test]
    fn the_ending_has_to_be_that_of_the_job() {
        assert_eq!(lines("a\r\n", false), [Err(WrongEnding)]);
        assert_eq!(lines("a\n", true)[0], Err(WrongEnding));
        assert!(lines("a\r\nb\r\n", true).iter().all(Result::is_ok));
    }

    proptest::proptest! {
        #[test]
        fn no_upload_panics_or_hangs(data in proptest::collection::vec(proptest::sample::select(b"a,\"\r\n \xff".to_vec()), 0..60), crlf: bool) {
            let dialect = Dialect::of(None, Some(if crlf { "CRLF" } else { "LF" })).unwrap();
            let read = Lines::new(&data, dialect).take(100).count();
            proptest::prop_assert!(read <= data.len());
        }

        #[test]
        fn what_is_written_is_read(cells in proptest::collection::vec("[a\",\n\r é]{0,6}", 1..5)) {
            let dialect = Dialect::of(None, None).unwrap();
            let mut out = Vec::new();
            dialect.line(&mut out, cells.iter(), |out, cell| dialect.quoted(out, cell));
            let line = Lines::new(&out, dialect).next().unwrap().unwrap();
            proptest::prop_assert_eq!((line.cells, line.malformed), (cells, false));
        }
    }
}
