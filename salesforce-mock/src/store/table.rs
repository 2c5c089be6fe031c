use std::collections::HashMap;
use std::ops::Range;

use salesforce_types::{RecordId, Timestamp};

use super::Row;
use super::index::Index;
use crate::schema::{Field, Object};
use crate::value::Value;

/// The rows of one object, in the order in which they came.
///
/// A row keeps its slot for good: a cursor may hold slots (four bytes a row) and find each row as it is now, or nothing
/// where it was purged.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Table {
    slots: Vec<Option<Row>>,
    by_id: HashMap<RecordId, u32>,
    live: usize,
    indexes: Vec<Index>,
    deleted_cell: Option<usize>,
}

impl Table {
    pub(super) fn new(object: &Object) -> Self {
        let mut table = Self::default();
        table.set_object(object);
        table
    }

    /// Builds the indexes that the object's fields ask for.
    pub(super) fn set_object(&mut self, object: &Object) {
        self.deleted_cell = object.known.is_deleted;
        self.indexes = Index::of(object);
        for slot in 0..self.slots.len() {
            self.index(slot_number(slot));
        }
    }

    /// Puts other cells into every row. The indexes are built anew by [`set_object`](Self::set_object).
    pub(super) fn rewrite(&mut self, cells: impl Fn(&Row) -> Row) {
        for row in self.slots.iter_mut().flatten() {
            *row = cells(row);
        }
    }

    /// How many rows are not in the recycle bin.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live
    }

    /// How many rows there are, with those in the recycle bin.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The rows, with those in the recycle bin.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.slots.iter().flatten()
    }

    /// The rows with their slots, with those in the recycle bin.
    pub fn slots(&self) -> impl DoubleEndedIterator<Item = (u32, &Row)> {
        self.slots.iter().enumerate().filter_map(|(slot, row)| Some((slot_number(slot), row.as_ref()?)))
    }

    /// The row of that id, in the recycle bin or not.
    #[must_use]
    pub fn get(&self, id: RecordId) -> Option<&Row> {
        self.at(*self.by_id.get(&id)?)
    }

    /// The slot of that id.
    #[must_use]
    pub fn slot_of(&self, id: RecordId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// The row in a slot; nothing when it was purged.
    #[must_use]
    pub fn at(&self, slot: u32) -> Option<&Row> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// The rows that hold that value in a field, with those in the recycle bin. Quick for unique, external id and
    /// reference fields; other fields are looked through.
    #[must_use]
    pub fn having(&self, field: &Field, value: &Value) -> Vec<&Row> {
        if let Some(slots) = self.slots_equal(field.index, value) {
            return slots.iter().filter_map(|&slot| self.at(slot)).collect();
        }
        self.rows().filter(|row| same(row.get(field.index), value, field.case_sensitive)).collect()
    }

    /// Whether [`pointing`](Self::pointing) is quick for the field.
    #[must_use]
    pub fn is_indexed(&self, field: usize) -> bool {
        self.index_of(field).is_some_and(Index::is_reference)
    }

    /// The slots of the rows that hold a value in the field at that position, if there is an index to tell.
    pub(crate) fn slots_equal(&self, field: usize, value: &Value) -> Option<&[u32]> {
        self.index_of(field)?.equal(value)
    }

    /// Whether [`slots_within`](Self::slots_within) tells for the field at that position.
    pub(crate) fn is_stamp(&self, field: usize) -> bool {
        self.index_of(field).is_some_and(Index::is_stamp)
    }

    /// The slots of the rows with stamps within those times, by stamp, if the field at that position is the stamp.
    pub(crate) fn slots_within(
        &self,
        field: usize,
        times: &Range<Timestamp>,
    ) -> Option<impl Iterator<Item = u32> + use<'_>> {
        self.index_of(field)?.within(times)
    }

    fn index_of(&self, field: usize) -> Option<&Index> {
        self.indexes.iter().find(|index| index.field == field)
    }

    /// The rows that point to that id with the field at that position, with those in the recycle bin, in their order.
    pub fn pointing(&self, field: usize, to: RecordId) -> impl Iterator<Item = &Row> {
        let indexed = self.slots_equal(field, &Value::Id(to)).filter(|_| self.is_indexed(field));
        let scanned = if indexed.is_none() { &self.slots[..] } else { &[] };
        let indexed = indexed.unwrap_or_default().iter();
        indexed
            .filter_map(|&slot| self.at(slot))
            .chain(scanned.iter().flatten().filter(move |row| row.get(field).as_id() == Some(to)))
    }

    pub(super) fn reserve(&mut self, rows: usize) {
        self.slots.reserve(rows);
        self.by_id.reserve(rows);
    }

    /// Adds a row, whose id is new.
    pub(super) fn insert(&mut self, row: Row) {
        let slot = slot_number(self.slots.len());
        self.by_id.insert(row.id(), slot);
        self.live += usize::from(!row.is_deleted());
        self.slots.push(Some(row));
        self.index(slot);
    }

    /// Changes cells of a row.
    pub(super) fn change(&mut self, id: RecordId, changes: Vec<(usize, Value)>) {
        let Some(&slot) = self.by_id.get(&id) else { return };
        let Some(Some(row)) = self.slots.get_mut(slot as usize) else { return };
        let changed = |index: &Index| changes.iter().any(|(field, _)| *field == index.field);
        let mut indexes: Vec<&mut Index> = self.indexes.iter_mut().filter(|index| changed(index)).collect();
        indexes.iter_mut().for_each(|index| index.remove(row, slot));
        row.apply(changes);
        indexes.iter_mut().for_each(|index| index.add(row, slot));
    }

    /// Moves a row into the recycle bin or out of it.
    pub(super) fn set_deleted(&mut self, id: RecordId, deleted: bool) {
        let Some(&slot) = self.by_id.get(&id) else { return };
        let cell = self.deleted_cell;
        let Some(Some(row)) = self.slots.get_mut(slot as usize) else { return };
        if row.is_deleted() == deleted {
            return;
        }
        row.set_deleted(deleted);
        if let Some(cell) = cell {
            row.set(cell, Value::Bool(deleted));
        }
        if deleted {
            self.live -= 1;
        } else {
            self.live += 1;
        }
    }

    /// Takes a row out for good.
    pub(super) fn purge(&mut self, id: RecordId) {
        if let Some(&slot) = self.by_id.get(&id) {
            self.take(slot);
        }
    }

    /// Takes out the row that was added last, as if it had never been there.
    pub(super) fn take_last(&mut self) {
        let Some(last) = self.slots.len().checked_sub(1) else { return };
        self.take(slot_number(last));
        self.slots.pop();
    }

    /// Puts a row into its slot as it was.
    pub(super) fn put_back(&mut self, slot: u32, row: Row) {
        self.take(slot);
        self.by_id.insert(row.id(), slot);
        self.live += usize::from(!row.is_deleted());
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(row);
        }
        self.index(slot);
    }

    fn take(&mut self, slot: u32) {
        self.unindex(slot);
        if let Some(row) = self.slots.get_mut(slot as usize).and_then(Option::take) {
            self.by_id.remove(&row.id());
            self.live -= usize::from(!row.is_deleted());
        }
    }

    fn index(&mut self, slot: u32) {
        if let Some(Some(row)) = self.slots.get(slot as usize) {
            self.indexes.iter_mut().for_each(|index| index.add(row, slot));
        }
    }

    fn unindex(&mut self, slot: u32) {
        if let Some(Some(row)) = self.slots.get(slot as usize) {
            self.indexes.iter_mut().for_each(|index| index.remove(row, slot));
        }
    }
}

fn same(left: &Value, right: &Value, case_sensitive: bool) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if !case_sensitive => left.to_lowercase() == right.to_lowercase(),
        _ => left == right,
    }
}

fn slot_number(slot: usize) -> u32 {
    u32::try_from(slot).expect("an org in memory has fewer than 2^32 rows of an object")
}
