//! Where the cells of a CSV text are: 64 bytes at a time, by masks with a bit per byte.

use wide::{CmpEq, i8x16};

/// Where a cell lies in the text, its quotes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    start: u32,
    /// The highest bit is set when the cell holds doubled quotes: see [`MOST`].
    end: u32,
}

/// The longest text that can be scanned: a bit of a place is needed otherwise.
pub(super) const MOST: usize = 0x7fff_ffff;

const DOUBLED: u32 = 1 << 31;

impl Cell {
    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn end(self) -> usize {
        (self.end & !DOUBLED) as usize
    }

    pub(super) fn has_doubled_quotes(self) -> bool {
        self.end & DOUBLED != 0
    }
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
/// with a row and is no longer than [`MOST`].
pub(super) fn scan(text: &[u8], delimiter: u8, width: Option<usize>, last: bool) -> Result<Scanned, Stray> {
    let mut rows = Rows { scanned: Scanned::default(), width, start: 0, first: 0, doubled: 0 };
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
        let mut doubled = marks.doubled;
        while ends != 0 {
            let bit = ends & ends.wrapping_neg();
            ends ^= bit;
            if doubled & (bit - 1) != 0 {
                doubled &= !(bit - 1);
                rows.doubled = DOUBLED;
            }
            let place = at + bit.trailing_zeros() as usize;
            if marks.line_ends & bit == 0 {
                rows.cell(place);
            } else if rows.row(place)? {
                return Ok(rows.scanned);
            }
        }
        if doubled != 0 {
            rows.doubled = DOUBLED;
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
        rows.row(text.len())?;
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
    /// [`DOUBLED`] when the next cell holds doubled quotes.
    doubled: u32,
}

impl Rows {
    /// Takes the cell that ends at a place.
    #[inline]
    fn cell(&mut self, place: usize) {
        // No place is beyond `MOST`: the caller's promise.
        self.scanned.cells.push(Cell { start: self.start as u32, end: place as u32 | self.doubled });
        self.start = place + 1;
        self.doubled = 0;
    }

    /// Takes the cell, and with it the row, that ends at a place; says whether that was all that was wanted.
    fn row(&mut self, place: usize) -> Result<bool, Stray> {
        let is_empty = self.scanned.cells.len() == self.first && self.start == place;
        self.cell(place);
        if is_empty {
            self.scanned.cells.pop();
        } else {
            let found = self.scanned.cells.len() - self.first;
            if let Some(width) = self.width
                && found != width
            {
                return Err(self.stray(&format!("it has {found} cells and the header has {width}")));
            }
            self.first = self.scanned.cells.len();
            self.scanned.rows += 1;
        }
        self.scanned.end = self.start;
        Ok(!is_empty && self.width.is_none())
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
    /// The second one of two quotes.
    doubled: u64,
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
        let after_close = closing << 1 | self.after_close;
        let goes_on_wrongly = after_close & !(delimiters | line_ends | opening);
        self.inside = (inside.cast_signed() >> 63).cast_unsigned();
        self.may_open = ends >> 63;
        self.after_close = closing >> 63;
        Marks {
            delimiters,
            line_ends,
            stray: (opens_wrongly | goes_on_wrongly) & valid,
            doubled: opening & after_close,
        }
    }
}

/// Each bit becomes the parity of itself and all lower ones.
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
