use std::collections::HashMap;

use salesforce_types::RecordId;

use super::Row;
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
    keys: Vec<KeyIndex>,
    references: Vec<ReferenceIndex>,
    deleted_cell: Option<usize>,
}

/// Rows by the value of a unique or external id field.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
struct KeyIndex {
    field: usize,
    case_sensitive: bool,
    rows: HashMap<Box<str>, Vec<u32>>,
}

/// Rows by the row they point to.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
struct ReferenceIndex {
    field: usize,
    rows: HashMap<RecordId, Vec<u32>>,
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
        self.keys = object.fields.iter().filter(|field| is_key(field)).map(KeyIndex::new).collect();
        self.references = object
            .fields
            .iter()
            .filter(|field| is_indexed_reference(field))
            .map(|field| ReferenceIndex { field: field.index, rows: HashMap::new() })
            .collect();
        for slot in 0..self.slots.len() {
            self.index(slot_number(slot));
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
        if let Some(index) = self.keys.iter().find(|index| index.field == field.index) {
            let slots = index.key(value).and_then(|key| index.rows.get(&*key));
            return slots.into_iter().flatten().filter_map(|&slot| self.at(slot)).collect();
        }
        if let (Some(id), true) = (value.as_id(), self.is_indexed(field.index)) {
            return self.pointing(field.index, id).collect();
        }
        self.rows().filter(|row| same(row.get(field.index), value, field.case_sensitive)).collect()
    }

    /// Whether [`pointing`](Self::pointing) is quick for the field.
    #[must_use]
    pub fn is_indexed(&self, field: usize) -> bool {
        self.references.iter().any(|index| index.field == field)
    }

    /// The rows that point to that id with the field at that position, with those in the recycle bin, in their order.
    pub fn pointing(&self, field: usize, to: RecordId) -> impl Iterator<Item = &Row> {
        let index = self.references.iter().find(|index| index.field == field);
        let indexed = index.and_then(|index| index.rows.get(&to)).into_iter().flatten();
        let scanned = if index.is_none() { &self.slots[..] } else { &[] };
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
        let indexed = changes
            .iter()
            .any(|(field, _)| self.keys.iter().any(|index| index.field == *field) || self.is_indexed(*field));
        if indexed {
            self.unindex(slot);
        }
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            row.apply(changes);
        }
        if indexed {
            self.index(slot);
        }
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
        let Some(Some(row)) = self.slots.get(slot as usize) else { return };
        for index in &mut self.keys {
            if let Some(key) = index.key(row.get(index.field)) {
                insert_sorted(index.rows.entry(key).or_default(), slot);
            }
        }
        for index in &mut self.references {
            if let Some(id) = row.get(index.field).as_id() {
                insert_sorted(index.rows.entry(id).or_default(), slot);
            }
        }
    }

    fn unindex(&mut self, slot: u32) {
        let Some(Some(row)) = self.slots.get(slot as usize) else { return };
        for index in &mut self.keys {
            if let Some(key) = index.key(row.get(index.field)) {
                remove_sorted(&mut index.rows, &key, slot);
            }
        }
        for index in &mut self.references {
            if let Some(id) = row.get(index.field).as_id() {
                remove_sorted(&mut index.rows, &id, slot);
            }
        }
    }
}

impl KeyIndex {
    fn new(field: &Field) -> Self {
        Self { field: field.index, case_sensitive: field.case_sensitive, rows: HashMap::new() }
    }

    fn key(&self, value: &Value) -> Option<Box<str>> {
        match value {
            Value::Null => None,
            Value::Text(text) if self.case_sensitive => Some(text[..].into()),
            Value::Text(text) => Some(text.to_lowercase().into()),
            other => {
                let mut key = Vec::new();
                other.write_json(&mut key);
                String::from_utf8(key).ok().map(Into::into)
            }
        }
    }
}

/// Unique and external id fields are looked up by value.
fn is_key(field: &Field) -> bool {
    (field.unique || field.external_id) && field.is_stored()
}

/// References that lead from a parent to its children. Who made or owns a row is not asked that way, and one user would
/// have every row.
fn is_indexed_reference(field: &Field) -> bool {
    field.reference.as_ref().is_some_and(|reference| reference.children.is_some() || reference.to.len() > 2)
        || field.reference.is_some() && field.custom
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

fn insert_sorted(slots: &mut Vec<u32>, slot: u32) {
    match slots.last() {
        Some(&last) if last >= slot => {
            if let Err(place) = slots.binary_search(&slot) {
                slots.insert(place, slot);
            }
        }
        _ => slots.push(slot),
    }
}

fn remove_sorted<K: std::hash::Hash + Eq>(rows: &mut HashMap<K, Vec<u32>>, key: &K, slot: u32) {
    if let Some(slots) = rows.get_mut(key) {
        if let Ok(place) = slots.binary_search(&slot) {
            slots.remove(place);
        }
        if slots.is_empty() {
            rows.remove(key);
        }
    }
}
