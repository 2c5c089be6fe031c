use bytes::{Bytes, BytesMut};

use super::MalformedCsv;
use super::rows::{Columns, CsvRows, Place};
use super::scan::{self, scan};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Cuts a CSV answer into rows, a piece of the answer at a time: [`push`](Self::push) a piece, take what it gives by
/// [`next`](Self::next), and [`finish`](Self::finish) when the answer has ended.
///
/// In memory are one piece and one row that has begun. What is no CSV is an error and never a guess: see
/// [`scan`](scan()) for the rules.
#[derive(Debug)]
pub(crate) struct Reader {
    delimiter: u8,
    /// The most bytes a row may have.
    cap: usize,
    columns: Option<Columns>,
    piece: Bytes,
    /// A row that began in an earlier piece.
    begun: BytesMut,
    /// Whether its quotes are open.
    inside: bool,
    begins: bool,
    ended: bool,
    rows: u64,
    bytes: u64,
}

impl Reader {
    pub(crate) fn new(delimiter: u8, cap: usize) -> Self {
        Self {
            delimiter,
            cap,
            columns: None,
            piece: Bytes::new(),
            begun: BytesMut::new(),
            inside: false,
            begins: true,
            ended: false,
            rows: 0,
            bytes: 0,
        }
    }

    /// How many rows were read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns, once the header line was read.
    pub(crate) fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// Takes the next piece of the answer, when [`next`](Self::next) has nothing more to give.
    pub(crate) fn push(&mut self, piece: Bytes) {
        self.piece = piece;
    }

    /// The answer has ended: what is left is its last row.
    pub(crate) fn finish(&mut self) {
        self.ended = true;
    }

    /// Some rows, or `None` when the next piece is wanted, or nothing is left.
    pub(crate) fn next(&mut self) -> Result<Option<CsvRows>, MalformedCsv> {
        if self.begins && !self.begin() {
            return Ok(None);
        }
        loop {
            let (text, last) = if self.begun.is_empty() {
                if self.piece.is_empty() {
                    return Ok(None);
                }
                (std::mem::take(&mut self.piece), self.ended)
            } else {
                let whole = self.take_rest_of_row();
                if self.begun.len() > self.cap {
                    return Err(self.too_long());
                }
                if !whole && !self.ended {
                    return Ok(None);
                }
                (self.begun.split().freeze(), true)
            };
            if let Some(rows) = self.cut(text, last)? {
                return Ok(Some(rows));
            }
        }
    }

    /// Passes over a byte order mark; false as long as there may be one that is not whole.
    fn begin(&mut self) -> bool {
        self.begun.extend_from_slice(&std::mem::take(&mut self.piece));
        if self.begun.len() < BOM.len() && !self.ended {
            return false;
        }
        self.begins = false;
        self.piece = self.begun.split().freeze();
        if self.piece.starts_with(BOM) {
            self.bytes = BOM.len() as u64;
            self.piece = self.piece.slice(BOM.len()..);
        }
        true
    }

    /// Moves the rest of the begun row out of the piece; false if the row goes on behind it.
    fn take_rest_of_row(&mut self) -> bool {
        for (at, byte) in self.piece.iter().enumerate() {
            match byte {
                b'"' => self.inside = !self.inside,
                b'\n' | b'\r' if !self.inside => {
                    self.begun.extend_from_slice(&self.piece.split_to(at + 1));
                    return true;
                }
                _ => {}
            }
        }
        self.begun.extend_from_slice(&std::mem::take(&mut self.piece));
        false
    }

    /// The whole rows of a text that begins with one; what follows them is kept.
    fn cut(&mut self, mut text: Bytes, last: bool) -> Result<Option<CsvRows>, MalformedCsv> {
        if text.len() > scan::MOST {
            return Err(self.too_long());
        }
        let scanned = scan(&text, self.delimiter, self.columns.as_ref().map(Columns::len), last).map_err(|stray| {
            let row = if self.columns.is_some() { self.rows + stray.rows as u64 + 1 } else { 0 };
            MalformedCsv::new(row, self.bytes + stray.start as u64, stray.why)
        })?;
        let place = Place { rows: self.rows, bytes: self.bytes };
        let rest = text.split_off(scanned.end.min(text.len()));
        self.bytes += text.len() as u64;
        if self.columns.is_none() && scanned.rows > 0 {
            // The scan ended with the header line; more may follow in the same piece.
            if !rest.is_empty() {
                self.piece = rest;
            }
        } else {
            self.inside = memchr::memchr_iter(b'"', &rest).count() % 2 == 1;
            self.begun.extend_from_slice(&rest);
            if self.begun.len() > self.cap {
                return Err(self.too_long());
            }
        }
        match &self.columns {
            _ if scanned.rows == 0 => Ok(None),
            None => {
                let row = CsvRows::new(Columns::none(), text, scanned.cells, place);
                self.columns = Some(row.header()?);
                Ok(None)
            }
            Some(columns) => {
                let rows = CsvRows::new(columns.clone(), text, scanned.cells, place);
                self.rows += scanned.rows as u64;
                Ok(Some(rows))
            }
        }
    }

    fn too_long(&self) -> MalformedCsv {
        let why = format!("it is longer than the {} bytes that a row may have", self.cap);
        let row = if self.columns.is_some() { self.rows + 1 } else { 0 };
        MalformedCsv::new(row, self.bytes, why)
    }
}
