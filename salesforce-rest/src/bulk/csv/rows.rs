use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::MalformedCsv;
use super::scan::Cell;

/// The names in the header line of a CSV answer, in order. A clone is cheap.
#[derive(Clone, PartialEq, Eq)]
pub struct Columns(Arc<[Box<str>]>);

impl Columns {
    pub(super) fn none() -> Self {
        Self(Arc::default())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }

    /// Where a column is. The name's case does not matter.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// Rows of a CSV answer as they came, a piece of the answer at a time: the quickest way to have them.
///
/// ```no_run
/// # fn example(rows: salesforce_rest::bulk::CsvRows) -> Result<(), salesforce_rest::bulk::MalformedCsv> {
/// for row in rows.iter() {
///     println!("{:?}", row.get("Name")?);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct CsvRows {
    columns: Columns,
    text: Bytes,
    cells: Vec<Cell>,
    place: Place,
}

/// Where rows are in an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// How many rows come before them.
    pub(super) rows: u64,
    /// How many bytes.
    pub(super) bytes: u64,
}

impl CsvRows {
    pub(super) fn new(columns: Columns, text: Bytes, cells: Vec<Cell>, place: Place) -> Self {
        Self { columns, text, cells, place }
    }

    /// The columns, which are the same for all rows of an answer.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The rows in the order of the answer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = CsvRow<'_>> {
        let cells = self.cells.chunks_exact(self.columns.len().max(1));
        cells.enumerate().map(|(index, cells)| CsvRow {
            columns: &self.columns,
            text: &self.text,
            cells,
            place: Place { rows: self.place.rows + index as u64, ..self.place },
        })
    }

    /// The rows without the first ones.
    pub(crate) fn skip(mut self, rows: usize) -> Self {
        self.cells.drain(..(rows * self.columns.len()).min(self.cells.len()));
        self.place.rows += rows as u64;
        self
    }

    /// The text of the rows as it was sent, without the last line end.
    pub(crate) fn text(&self) -> Bytes {
        match (self.cells.first(), self.cells.last()) {
            (Some(first), Some(last)) => self.text.slice(first.start()..last.end()),
            _ => Bytes::new(),
        }
    }

    /// The columns, when these cells are a header line.
    pub(super) fn header(&self) -> Result<Columns, MalformedCsv> {
        let row = CsvRow { columns: &self.columns, text: &self.text, cells: &self.cells, place: self.place };
        let row = row.text()?;
        let mut names: Vec<Box<str>> = Vec::new();
        for column in 0..self.cells.len() {
            let name = row.at(column);
            if names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                let why = format!("the column `{}` is there twice", name.escape_debug());
                return Err(MalformedCsv::new(0, 0, why));
            }
            names.push(name.into());
        }
        Ok(Columns(names.into()))
    }
}

impl fmt::Debug for CsvRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvRows").field("columns", &self.columns).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// One row of a CSV answer: text and nothing but text. An empty cell may mean null or an empty text; CSV cannot say.
#[derive(Clone, Copy)]
pub struct CsvRow<'r> {
    columns: &'r Columns,
    text: &'r [u8],
    cells: &'r [Cell],
    place: Place,
}

impl<'r> CsvRow<'r> {
    /// The cell of a column, its quotes undone; `None` if there is no such column. The name's case does not matter.
    ///
    /// # Errors
    ///
    /// The row is no UTF-8.
    pub fn get(&self, column: &str) -> Result<Option<Cow<'r, str>>, MalformedCsv> {
        match self.columns.position(column) {
            Some(column) => Ok(Some(self.text()?.at(column))),
            None => Ok(None),
        }
    }

    /// The cells in the order of the columns.
    ///
    /// # Errors
    ///
    /// The row is no UTF-8.
    pub fn cells(&self) -> Result<impl ExactSizeIterator<Item = Cow<'r, str>>, MalformedCsv> {
        let row = self.text()?;
        Ok((0..row.cells.len()).map(move |column| row.at(column)))
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &'r Columns {
        self.columns
    }

    /// The row as it was sent, with quotes and delimiters and without its line end.
    #[must_use]
    pub fn as_bytes(&self) -> &'r [u8] {
        self.text.get(self.start()..self.end()).unwrap_or_default()
    }

    pub(super) fn text(&self) -> Result<TextRow<'r>, MalformedCsv> {
        let bytes = self.as_bytes();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| MalformedCsv::new(self.number(), self.place.bytes + self.start() as u64, "it is no UTF-8"))?;
        Ok(TextRow { text, start: self.start(), cells: self.cells })
    }

    /// Its number in the answer, as [`MalformedCsv::row`] counts.
    fn number(&self) -> u64 {
        if self.columns.is_empty() { 0 } else { self.place.rows + 1 }
    }

    fn start(&self) -> usize {
        self.cells.first().map_or(0, |cell| cell.start())
    }

    fn end(&self) -> usize {
        self.cells.last().map_or(0, |cell| cell.end())
    }
}

impl fmt::Debug for CsvRow<'_> {
    /// Names and number only: cells are people's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvRow").field("columns", &self.columns).field("number", &self.number()).finish_non_exhaustive()
    }
}

/// A row whose bytes are known to be text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRow<'r> {
    text: &'r str,
    start: usize,
    cells: &'r [Cell],
}

impl<'r> TextRow<'r> {
    /// The cell at a place, its quotes undone. A place that is none is empty.
    pub(super) fn at(&self, column: usize) -> Cow<'r, str> {
        match self.cells.get(column) {
            Some(cell) if cell.has_doubled_quotes() => single_quotes(self.inner(*cell)).into(),
            Some(cell) => self.inner(*cell).into(),
            None => "".into(),
        }
    }

    /// What is made of the cell at a place. No memory is taken for it unless it holds quotes.
    #[inline]
    pub(super) fn with<T>(&self, column: usize, make: impl FnOnce(&str) -> T) -> T {
        match self.cells.get(column) {
            Some(cell) if !cell.has_doubled_quotes() => make(self.inner(*cell)),
            _ => make(&self.at(column)),
        }
    }

    /// Whether the cell at a place has no text.
    pub(super) fn is_empty_at(&self, column: usize) -> bool {
        self.cells.get(column).is_none_or(|cell| self.inner(*cell).is_empty())
    }

    /// The text of a cell without the quotes around it.
    #[inline]
    fn inner(&self, cell: Cell) -> &'r str {
        let (mut start, mut end) = (cell.start() - self.start, cell.end() - self.start);
        if self.text.as_bytes().get(start) == Some(&b'"') {
            (start, end) = (start + 1, end - 1);
        }
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Text in which each pair of quotes is one: `str::replace` costs ten times as much on a short text.
fn single_quotes(text: &str) -> String {
    let mut single = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(quote) = memchr::memchr(b'"', &text.as_bytes()[from..]) {
        single.push_str(&text[from..=from + quote]);
        from = (from + quote + 2).min(text.len());
    }
    single.push_str(&text[from..]);
    single
}
