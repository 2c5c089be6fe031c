//! Where the cells of a CSV text are: 64 bytes at a time, by masks with a bit per byte.

use wide::{CmpEq, i8x16};

/// A cell with its quotes, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What is known of the text up to a place.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) cells: Vec<Cell>,
    pub(super) rows: usize,
    /// Where the first row begins that is not whole.
    pub(super) end: usize,
}

/// Why the row that begins at `start` cannot be read, `rows` rows after the beginning.
#[derive(Debug)]
pub(super) struct Stray {
    pub(super) rows: usize,
    pub(super) start: usize,
    pub(super) why: String,
}

const STRAY_QUOTE: &str = "a quote stands in the middle of a cell";

/// Finds the cells of all whole rows of `width` cells; of the first row only, and of any width, when that is `None`.
///
/// The rules are those of RFC 4180: cells with and without quotes, a quote within quotes doubled, lines that end in LF,
/// CRLF or CR, empty lines passed over. The last row needs no line end when the text is the `last`. The text begins
/// with a row and is shorter than 4 GiB.
pub(super) fn scan(text: &[u8], delimiter: u8, width: Option<usize>, last: bool) -> Result<Scanned, Stray> {
    let mut rows = Rows { scanned: Scanned::default(), width, start: 0, first: 0 };
    let mut state = State { inside: 0, may_open: 1, after_close: 0 };
    let delimiter = i8x16::splat(delimiter.cast_signed());
    for (number, block) in text.chunks(64).enumerate() {
        let at = number * 64;
        let marks = match block.first_chunk::<64>() {
            Some(block) => state.marks(masks(block, delimiter), u64::MAX),
            None => {
                let mut padded = [0; 64];
                padded[..block.len()].copy_from_slice(block);
                state.marks(masks(&padded, delimiter), !(u64::MAX << block.len()))
            }
        };
        let before_stray = marks.stray.wrapping_sub(1) & !marks.stray;
        let mut ends = (marks.delimiters | marks.line_ends) & before_stray;
        while ends != 0 {
            let bit = ends & ends.wrapping_neg();
            ends ^= bit;
            let place = at + bit.trailing_zeros() as usize;
            if rows.cell(place, marks.line_ends & bit != 0)? {
                return Ok(rows.scanned);
            }
        }
        if marks.stray != 0 {
            return Err(rows.stray(STRAY_QUOTE));
        }
    }
    let begun = rows.start < text.len() || rows.scanned.cells.len() > rows.first;
    if last && begun {
        if state.inside != 0 {
            return Err(rows.stray("it ends within quotes"));
        }
        rows.cell(text.len(), true)?;
    }
    rows.scanned.cells.truncate(rows.first);
    Ok(rows.scanned)
}

/// Cells gathered into rows.
struct Rows {
    scanned: Scanned,
    width: Option<usize>,
    /// Where the next cell begins.
    start: usize,
    /// The index of the first cell of the row.
    first: usize,
}

impl Rows {
    /// Takes the cell that ends at a place; says whether that was all that was wanted.
    fn cell(&mut self, place: usize, ends_row: bool) -> Result<bool, Stray> {
        let cells = &mut self.scanned.cells;
        // Places are below 4 GiB: the caller's promise.
        let cell = Cell { start: self.start as u32, end: place as u32 };
        self.start = place + 1;
        if !ends_row {
            cells.push(cell);
            return Ok(false);
        }
        if cells.len() == self.first && cell.start == cell.end {
            self.scanned.end = self.start;
            return Ok(false);
        }
        cells.push(cell);
        let found = cells.len() - self.first;
        if let Some(width) = self.width
            && found != width
        {
            return Err(self.stray(&format!("it has {found} cells and the header has {width}")));
        }
        self.first = cells.len();
        self.scanned.rows += 1;
        self.scanned.end = self.start;
        Ok(self.width.is_none())
    }

    fn stray(&self, why: &str) -> Stray {
        Stray { rows: self.scanned.rows, start: self.scanned.end, why: why.into() }
    }
}

/// Quotes, delimiters and line ends, wherever they stand.
struct Masks {
    quotes: u64,
    delimiters: u64,
    line_ends: u64,
}

fn masks(block: &[u8; 64], delimiter: i8x16) -> Masks {
    let [quote, lf, cr] = [b'"', b'\n', b'\r'].map(|byte| i8x16::splat(byte.cast_signed()));
    let mut masks = Masks { quotes: 0, delimiters: 0, line_ends: 0 };
    for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
        let bytes = i8x16::new(bytes.map(u8::cast_signed));
        let mask = |equal: i8x16| (u64::from(equal.move_mask().cast_unsigned()) & 0xffff) << (16 * part);
        masks.quotes |= mask(bytes.cmp_eq(quote));
        masks.delimiters |= mask(bytes.cmp_eq(delimiter));
        masks.line_ends |= mask(bytes.cmp_eq(lf) | bytes.cmp_eq(cr));
    }
    masks
}

/// What a block has to know of the one before.
struct State {
    /// All bits set when a cell's quotes are open.
    inside: u64,
    /// Whether the next byte may open quotes: a bit.
    may_open: u64,
    /// Whether the byte before closed quotes: a bit.
    after_close: u64,
}

/// Delimiters and line ends outside quotes, and quotes where none may be.
struct Marks {
    delimiters: u64,
    line_ends: u64,
    stray: u64,
}

impl State {
    /// `valid` has the bits of the bytes that are there.
    fn marks(&mut self, masks: Masks, valid: u64) -> Marks {
        // A bit of it is set from an opening quote up to the byte before the closing one.
        let inside = prefix_xor(masks.quotes) ^ self.inside;
        let (delimiters, line_ends) = (masks.delimiters & !inside, masks.line_ends & !inside);
        let (opening, closing) = (masks.quotes & inside, masks.quotes & !inside);
        // Quotes open at the beginning of a cell, or again right after they were closed: that is a doubled quote.
        let ends = delimiters | line_ends | closing;
        let opens_wrongly = opening & !(ends << 1 | self.may_open);
        // After closing quotes comes the end of the cell or the second of two quotes.
        let goes_on_wrongly = (closing << 1 | self.after_close) & !(delimiters | line_ends | opening);
        self.inside = (inside.cast_signed() >> 63).cast_unsigned();
        self.may_open = ends >> 63;
        self.after_close = closing >> 63;
        Marks { delimiters, line_ends, stray: (opens_wrongly | goes_on_wrongly) & valid }
    }
}

/// Each bit becomes the parity of itself and all lower ones.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
