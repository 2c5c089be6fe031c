use std::collections::HashMap;

use salesforce_types::RecordId;

use super::recycle::{Group, RecycleBin};
use super::{Pending, Row, Store};
use crate::ids::Mint;
use crate::schema::Object;
use crate::value::Value;

/// A moment to which a store can go back: [`Store::begin`].
///
/// Savepoints may nest; the last one that was begun ends first.
#[derive(Debug)]
#[must_use = "a savepoint is ended by `keep` or `roll_back`; until then the store remembers every write"]
pub struct Savepoint {
    writes: usize,
    mint: Mint,
    numbers: HashMap<(usize, usize), u64>,
    pending: Vec<Pending>,
    recent: Vec<RecordId>,
}

/// What was there before a write.
#[derive(Debug)]
pub(super) enum Undo {
    /// A row was added to the table at that position, behind all others.
    Inserted(usize),
    /// A row was as it is here.
    Was { table: usize, slot: u32, row: Row },
    /// A row was deleted; the log of deletions was that long.
    Deleted { id: RecordId, log: usize },
    /// The recycle bin was as it is here.
    Bin(Box<RecycleBin>),
}

impl Store {
    /// Begins a transaction: all that is written from now on, the ids and numbers that are given, and what goes into
    /// the recycle bin can be taken back together. While none is open, nothing is remembered.
    ///
    /// ```
    /// use salesforce_mock::Org;
    /// use serde_json::json;
    ///
    /// let mut org = Org::empty();
    /// let savepoint = org.store_mut().begin();
    /// let first = org.insert("Account", &json!({"Name": "Acme"}))?;
    /// org.store_mut().roll_back(savepoint);
    /// assert!(org.store().find(first).is_none());
    /// assert_eq!(org.insert("Account", &json!({"Name": "Other"}))?, first);
    /// # Ok::<(), salesforce_mock::rules::Refusal>(())
    /// ```
    pub fn begin(&mut self) -> Savepoint {
        self.transactions += 1;
        Savepoint {
            writes: self.undo.len(),
            mint: self.mint.clone(),
            numbers: self.numbers.clone(),
            pending: self.pending.clone(),
            recent: self.recent.clone(),
        }
    }

    /// Ends a transaction; what it wrote stays, unless one around it is rolled back.
    pub fn keep(&mut self, _: Savepoint) {
        self.end();
    }

    /// Ends a transaction; all is as it was when it began.
    pub fn roll_back(&mut self, savepoint: Savepoint) {
        while self.undo.len() > savepoint.writes {
            match self.undo.pop() {
                Some(Undo::Inserted(table)) => self.table_mut(table).take_last(),
                Some(Undo::Was { table, slot, row }) => self.table_mut(table).put_back(slot, row),
                Some(Undo::Deleted { id, log }) => self.bin.forget(id, log),
                Some(Undo::Bin(bin)) => self.bin = *bin,
                None => {}
            }
        }
        self.mint = savepoint.mint;
        self.numbers = savepoint.numbers;
        self.recent = savepoint.recent;
        self.pending = savepoint.pending;
        self.end();
    }

    fn end(&mut self) {
        self.transactions = self.transactions.saturating_sub(1);
        if self.transactions == 0 {
            self.undo.clear();
        }
    }

    /// Remembers something, if a transaction is open.
    fn remember(&mut self, undo: impl FnOnce(&Self) -> Option<Undo>) {
        if self.transactions > 0 {
            let undo = undo(self);
            self.undo.extend(undo);
        }
    }

    fn row_as_it_is(&self, table: usize, id: RecordId) -> Option<Undo> {
        let rows = self.tables.get(table)?;
        let slot = rows.slot_of(id)?;
        Some(Undo::Was { table, slot, row: rows.at(slot)?.clone() })
    }

    pub(super) fn insert_row(&mut self, object: usize, row: Row) {
        self.remember(|_| Some(Undo::Inserted(object)));
        self.table_mut(object).insert(row);
    }

    pub(super) fn change_row(&mut self, object: usize, id: RecordId, changes: Vec<(usize, Value)>) {
        self.remember(|store| store.row_as_it_is(object, id));
        self.table_mut(object).change(id, changes);
    }

    pub(super) fn mark_deleted(&mut self, object: &Object, id: RecordId, deleted: bool) {
        self.remember(|store| store.row_as_it_is(object.index, id));
        self.table_mut(object.index).set_deleted(id, deleted);
    }

    pub(crate) fn purge_row(&mut self, object: &Object, id: RecordId) {
        self.remember(|store| store.row_as_it_is(object.index, id));
        self.table_mut(object.index).purge(id);
    }

    pub(super) fn bin_group(&mut self, id: RecordId, group: Group, log: usize) {
        self.remember(|_| Some(Undo::Deleted { id, log }));
        self.bin.put(id, group);
    }

    /// The recycle bin, to take something out of it or to shorten its log.
    pub(super) fn bin_mut(&mut self) -> &mut RecycleBin {
        self.remember(|store| Some(Undo::Bin(Box::new(store.bin.clone()))));
        &mut self.bin
    }
}
