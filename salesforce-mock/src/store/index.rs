use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use salesforce_types::{RecordId, Timestamp};

use super::Row;
use crate::schema::{Field, Object};
use crate::value::{Value, fold};

/// The rows of a table by what one of their fields holds.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) struct Index {
    pub(super) field: usize,
    slots: Slots,
}

#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
enum Slots {
    /// By the value of a unique or external id field.
    Key { case_sensitive: bool, rows: HashMap<Box<str>, Vec<u32>> },
    /// By the row it points to.
    Reference(HashMap<RecordId, Vec<u32>>),
    /// By when it was changed last.
    Stamp(BTreeSet<(Timestamp, u32)>),
}

impl Index {
    /// The indexes that an object's fields ask for.
    pub(super) fn of(object: &Object) -> Vec<Self> {
        let index = |field: &Field| {
            let slots = if leads_to_children(field) {
                Slots::Reference(HashMap::new())
            } else if is_key(field) {
                Slots::Key { case_sensitive: field.case_sensitive, rows: HashMap::new() }
            } else if object.known.stamp == Some(field.index) {
                Slots::Stamp(BTreeSet::new())
            } else {
                return None;
            };
            Some(Self { field: field.index, slots })
        };
        object.fields.iter().filter_map(index).collect()
    }

    /// The slots of the rows that hold the value, in their order; nothing when such a value is not looked up here.
    pub(super) fn equal(&self, value: &Value) -> Option<&[u32]> {
        let slots = match (&self.slots, value) {
            (Slots::Key { case_sensitive, rows }, value) => key(value, *case_sensitive).and_then(|key| rows.get(&key)),
            (Slots::Reference(rows), Value::Id(id)) => rows.get(id),
            _ => return None,
        };
        Some(slots.map_or(&[], |slots| slots))
    }

    /// The slots of the rows whose stamps are from the first to before the second, by stamp; nothing when the field is
    /// no stamp.
    pub(super) fn within(&self, times: &Range<Timestamp>) -> Option<impl Iterator<Item = u32> + use<'_>> {
        let Slots::Stamp(rows) = &self.slots else { return None };
        let (from, to) = ((times.start, 0), (times.end.max(times.start), 0));
        Some(rows.range(from..to).map(|&(_, slot)| slot))
    }

    pub(super) fn is_reference(&self) -> bool {
        matches!(self.slots, Slots::Reference(_))
    }

    pub(super) fn is_stamp(&self) -> bool {
        matches!(self.slots, Slots::Stamp(_))
    }

    pub(super) fn add(&mut self, row: &Row, slot: u32) {
        let value = row.get(self.field);
        match &mut self.slots {
            Slots::Key { case_sensitive, rows } => {
                if let Some(key) = key(value, *case_sensitive) {
                    insert_sorted(rows.entry(key).or_default(), slot);
                }
            }
            Slots::Reference(rows) => {
                if let Some(id) = value.as_id() {
                    insert_sorted(rows.entry(id).or_default(), slot);
                }
            }
            Slots::Stamp(rows) => {
                if let Value::DateTime(stamp) = value {
                    rows.insert((*stamp, slot));
                }
            }
        }
    }

    pub(super) fn remove(&mut self, row: &Row, slot: u32) {
        let value = row.get(self.field);
        match &mut self.slots {
            Slots::Key { case_sensitive, rows } => {
                if let Some(key) = key(value, *case_sensitive) {
                    remove_sorted(rows, &key, slot);
                }
            }
            Slots::Reference(rows) => {
                if let Some(id) = value.as_id() {
                    remove_sorted(rows, &id, slot);
                }
            }
            Slots::Stamp(rows) => {
                if let Value::DateTime(stamp) = value {
                    rows.remove(&(*stamp, slot));
                }
            }
        }
    }
}

/// What a value is looked up by: text in capitals, as queries compare it, unless the field tells case.
fn key(value: &Value, case_sensitive: bool) -> Option<Box<str>> {
    match value {
        Value::Null => None,
        Value::Text(text) if case_sensitive => Some(text[..].into()),
        Value::Text(text) => Some(fold(text).into()),
        other => {
            let mut key = Vec::new();
            other.write_json(&mut key);
            String::from_utf8(key).ok().map(Into::into)
        }
    }
}

/// Unique and external id fields are looked up by value.
fn is_key(field: &Field) -> bool {
    (field.unique || field.external_id) && field.is_stored()
}

/// References that lead from a parent to its children. Who made or owns a row is not asked that way, and one user would
/// have every row.
fn leads_to_children(field: &Field) -> bool {
    field.reference.as_ref().is_some_and(|reference| reference.children.is_some() || reference.to.len() > 2)
        || field.reference.is_some() && field.custom
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
