//! Queries that have more pages.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use salesforce_types::Timestamp;

use crate::ids::opaque;
use crate::rules::Refusal;
use crate::session::SPREAD;

/// How long a cursor is kept.
const LIFETIME: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The rows that a query found, by slot: four bytes a row. They are written when they are asked for, as they are then.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) text: Arc<str>,
    /// The places of the child query in the select lists on the way to it; empty for the outer query.
    pub(super) place: Box<[usize]>,
    pub(super) object: usize,
    pub(super) slots: Arc<[u32]>,
    pub(super) all_rows: bool,
    pub(super) batch: usize,
    pub(super) opened: Timestamp,
}

/// Every cursor of the last two days.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    by_id: HashMap<String, Cursor>,
    opened: u64,
}

impl Cursors {
    /// Keeps a cursor; its locator without the offset.
    pub(super) fn open(&mut self, cursor: Cursor) -> String {
        let now = cursor.opened;
        if self.opened.is_multiple_of(256) {
            self.by_id.retain(|_, cursor| now.since(cursor.opened) < LIFETIME);
        }
        self.opened += 1;
        let id = format!("0r8{}", opaque(self.opened.wrapping_mul(SPREAD), 15));
        self.by_id.insert(id.clone(), cursor);
        id
    }

    /// The cursor of a locator, its id and the offset.
    pub(super) fn find(&self, locator: &str, now: Timestamp) -> Result<(&str, &Cursor, usize), Refusal> {
        let invalid = || Refusal::new("INVALID_QUERY_LOCATOR", "invalid query locator");
        let (id, offset) = locator.rsplit_once('-').ok_or_else(invalid)?;
        let offset: usize = offset.parse().map_err(|_| invalid())?;
        let (id, cursor) = self.by_id.get_key_value(id).ok_or_else(invalid)?;
        if now.since(cursor.opened) >= LIFETIME || offset >= cursor.slots.len() {
            return Err(invalid());
        }
        Ok((id, cursor, offset))
    }
}
