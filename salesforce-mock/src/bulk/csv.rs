//! CSV as the org writes and reads it.

use std::fmt::Write as _;

use crate::soql::Text;
use crate::value::Value;

/// The delimiters by their names in a job.
const DELIMITERS: [(&str, u8); 6] =
    [("COMMA", b','), ("BACKQUOTE", b'`'), ("CARET", b'^'), ("PIPE", b'|'), ("SEMICOLON", b';'), ("TAB", b'\t')];

/// The most characters of a cell and of the cells of a line, and the most cells of a line (Bulk reference 2).
const MOST_IN_CELL: usize = 131_072;
const MOST_IN_LINE: usize = 400_000;
const MOST_CELLS: usize = 5_000;

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
pub(crate) enum Unreadable {
    WrongEnding,
    LongCell,
    LongLine,
    ManyCells,
}

impl Unreadable {
    /// What the job says that fails on it.
    pub(crate) fn sentence(self, dialect: Dialect) -> String {
        match self {
            Self::WrongEnding => {
                let ending = dialect.ending();
                format!("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}")
            }
            Self::LongCell => format!("InvalidBatch : A field has more than {MOST_IN_CELL} characters"),
            Self::LongLine => format!("InvalidBatch : A record has more than {MOST_IN_LINE} characters"),
            Self::ManyCells => format!("InvalidBatch : A record has more than {MOST_CELLS} fields"),
        }
    }
}

/// Reads an upload, a line at a time.
#[derive(Debug)]
pub(crate) struct Lines<'d> {
    text: &'d str,
    at: usize,
    dialect: Dialect,
}

impl<'d> Lines<'d> {
    pub(crate) fn new(text: &'d str, dialect: Dialect) -> Self {
        Self { text, at: 0, dialect }
    }

    /// Where the next line begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes past what means nothing by itself, up to a byte of ASCII that does.
    fn plain(&mut self, ends: impl Fn(u8) -> bool) -> &'d str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn line(&mut self) -> Result<Line, Unreadable> {
        let (bytes, dialect) = (self.text.as_bytes(), self.dialect);
        let mut line = Line { cells: Vec::new(), malformed: false };
        let (mut cell, mut length) = (String::new(), 0);
        // Whether the cell is inside of its quotation marks, and whether they were closed.
        let (mut quoted, mut closed) = (false, false);
        let mut push = |line: &mut Line, cell: &mut String| {
            let letters = cell.chars().count();
            length += letters;
            line.cells.push(std::mem::take(cell));
            match () {
                () if letters > MOST_IN_CELL => Err(Unreadable::LongCell),
                () if length > MOST_IN_LINE => Err(Unreadable::LongLine),
                () if line.cells.len() > MOST_CELLS => Err(Unreadable::ManyCells),
                () => Ok(()),
            }
        };
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'"' if quoted && bytes.get(self.at + 1) == Some(&b'"') => {
                    self.at += 2;
                    cell.push('"');
                }
                b'"' if quoted => {
                    self.at += 1;
                    (quoted, closed) = (false, true);
                }
                _ if quoted => cell.push_str(self.plain(|byte| byte == b'"')),
                b'"' if cell.is_empty() && !closed => {
                    self.at += 1;
                    quoted = true;
                }
                b'"' => {
                    self.at += 1;
                    line.malformed = true;
                    cell.push('"');
                }
                b'\r' | b'\n' => {
                    let ending: &[u8] = if dialect.crlf { b"\r\n" } else { b"\n" };
                    if !bytes.get(self.at..).is_some_and(|rest| rest.starts_with(ending)) {
                        return Err(Unreadable::WrongEnding);
                    }
                    self.at += ending.len();
                    push(&mut line, &mut cell)?;
                    return Ok(line);
                }
                _ if byte == dialect.byte => {
                    self.at += 1;
                    push(&mut line, &mut cell)?;
                    closed = false;
                }
                _ => {
                    line.malformed |= closed;
                    let ends = |byte| byte == dialect.byte || matches!(byte, b'"' | b'\r' | b'\n');
                    cell.push_str(self.plain(ends));
                }
            }
        }
        line.malformed |= quoted;
        push(&mut line, &mut cell)?;
        Ok(line)
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let line = self.line();
        if line.is_err() {
            // Nothing more is read behind it.
            self.at = self.text.len();
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, crlf: bool) -> Vec<Result<Line, Unreadable>> {
        let dialect = Dialect::of(None, Some(if crlf { "CRLF" } else { "LF" })).unwrap();
        Lines::new(text, dialect).collect()
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
        assert_eq!(lines("a\r\n", false), [Err(Unreadable::WrongEnding)]);
        assert_eq!(lines("a\n", true)[0], Err(Unreadable::WrongEnding));
        assert!(lines("a\r\nb\r\n", true).iter().all(Result::is_ok));
    }

    #[test]
    fn cells_and_lines_have_a_longest() {
        let long = "é".repeat(MOST_IN_CELL);
        assert!(lines(&long, false)[0].is_ok());
        assert_eq!(lines(&format!("{long}é\n1"), false), [Err(Unreadable::LongCell)]);
        assert_eq!(lines(&format!("\"{long}\"\"\"\n1"), false), [Err(Unreadable::LongCell)]);
        assert!(lines(&format!("{long},{long},{long}\n"), false)[0].is_ok());
        assert_eq!(lines(&format!("{long},{long},{long},{long}\n"), false), [Err(Unreadable::LongLine)]);
        assert!(lines(&",".repeat(MOST_CELLS - 1), false)[0].is_ok());
        assert_eq!(lines(&",".repeat(MOST_CELLS), false), [Err(Unreadable::ManyCells)]);
    }

    proptest::proptest! {
        #[test]
        fn no_upload_panics_or_hangs(data in "[a,\"\r\n é]{0,60}", crlf: bool) {
            let dialect = Dialect::of(None, Some(if crlf { "CRLF" } else { "LF" })).unwrap();
            let read = Lines::new(&data, dialect).take(100).count();
            proptest::prop_assert!(read <= data.len());
        }

        #[test]
        fn what_is_written_is_read(cells in proptest::collection::vec("[a\",\n\r é]{0,6}", 1..5)) {
            let dialect = Dialect::of(None, None).unwrap();
            let mut out = Vec::new();
            dialect.line(&mut out, cells.iter(), |out, cell| dialect.quoted(out, cell));
            let line = Lines::new(std::str::from_utf8(&out).unwrap(), dialect).next().unwrap().unwrap();
            proptest::prop_assert_eq!((line.cells, line.malformed), (cells, false));
        }
    }
}
