//! Which row is which, when results come in no order.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher, RandomState};

use salesforce_types::RecordId;

use crate::bulk::csv::{Columns, CsvRow, MalformedCsv};

/// The rows of a job by their key and by all of their cells: 16 bytes a row.
#[derive(Debug)]
pub(super) struct Index {
    hasher: RandomState,
    entries: Vec<Entry>,
    key: Vec<Box<str>>,
    columns: Vec<Box<str>>,
    sorted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    row: u32,
    /// Of all cells.
    whole: u32,
}

/// Stands for a row that has its outcome.
const TAKEN: u32 = u32::MAX;

impl Index {
    /// The rows are told apart by these columns, and by all of them if none are named.
    pub(super) fn new(key: &[Box<str>], columns: &Columns) -> Self {
        let columns: Vec<Box<str>> = columns.names().map(Into::into).collect();
        let key = if key.is_empty() { columns.clone() } else { key.to_vec() };
        Self { hasher: RandomState::new(), entries: Vec::new(), key, columns, sorted: false }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn add(&mut self, row: CsvRow<'_>) -> Result<(), MalformedCsv> {
        let (key, whole) = self.hash(row)?;
        // A job has at most as many rows as `Ingest::most_rows` allows, which are fewer than 2³².
        let row = u32::try_from(self.entries.len()).unwrap_or(TAKEN);
        self.entries.push(Entry { key, row, whole });
        Ok(())
    }

    /// The row that this one of a result is; each is given once. Of rows with the same key the one that has the same
    /// cells, or the first one.
    pub(super) fn take(&mut self, row: CsvRow<'_>) -> Result<Option<u32>, MalformedCsv> {
        if !std::mem::replace(&mut self.sorted, true) {
            self.entries.sort_unstable();
        }
        let (key, whole) = self.hash(row)?;
        let start = self.entries.partition_point(|entry| entry.key < key);
        let mut first = None;
        for (place, entry) in self.entries.iter().enumerate().skip(start).take_while(|(_, entry)| entry.key == key) {
            if entry.row == TAKEN {
                continue;
            }
            if entry.whole == whole {
                first = Some(place);
                break;
            }
            first = first.or(Some(place));
        }
        Ok(first.and_then(|place| Some(std::mem::replace(&mut self.entries.get_mut(place)?.row, TAKEN))))
    }

    /// The rows that no result had, in order.
    pub(super) fn left(&mut self) -> Vec<u32> {
        let mut left: Vec<u32> = self.entries.drain(..).map(|entry| entry.row).filter(|row| *row != TAKEN).collect();
        left.sort_unstable();
        left
    }

    fn hash(&self, row: CsvRow<'_>) -> Result<(u64, u32), MalformedCsv> {
        let of = |names: &[Box<str>]| {
            let mut hasher = self.hasher.build_hasher();
            for name in names {
                match row.get(name)? {
                    Some(cell) => write(&mut hasher, &cell),
                    None => hasher.write_u8(2),
                }
            }
            Ok(hasher.finish())
        };
        let key = of(&self.key)?;
        let whole = if self.key == self.columns { key } else { of(&self.columns)? };
        Ok((key, (whole & u64::from(u32::MAX)) as u32))
    }
}

/// What is the same for a text that the org prints in another way: ids of 15 characters, numbers, null.
fn write(hasher: &mut impl Hasher, cell: &str) {
    let id = |cell: &str| matches!(cell.len(), 15 | 18).then(|| cell.parse::<RecordId>().ok()).flatten();
    let number = |cell: &str| {
        let may =
            cell.len() < 40 && cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'E' | b'e'));
        cell.parse::<f64>().ok().filter(|_| may)
    };
    match cell {
        "" | "#N/A" => hasher.write_u8(0),
        _ => {
            let text = match (id(cell), number(cell)) {
                (_, Some(number)) => return hasher.write_u64((number + 0.0).to_bits()),
                (Some(id), None) => Cow::Owned(id.to_string()),
                (None, None) => Cow::Borrowed(cell),
            };
            hasher.write(text.as_bytes());
            hasher.write_u8(1);
        }
    }
}
