use std::sync::Arc;

use salesforce_types::RecordId;

use crate::value::Value;

/// One row: its id and a value per field.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Row {
    id: RecordId,
    deleted: bool,
    /// Shared with the snapshots of jobs, so that a copy of a table copies no values.
    cells: Arc<[Value]>,
}

/// What a field holds that was added after the row.
const NOTHING: &Value = &Value::Null;

impl Row {
    /// A row of that id; the first cell, which is the id, is filled in.
    pub(super) fn new(id: RecordId, mut cells: Vec<Value>) -> Self {
        if let Some(first) = cells.first_mut() {
            *first = Value::Id(id);
        }
        Self { id, deleted: false, cells: cells.into() }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Whether it is in the recycle bin.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// What is stored for the field at that position. For fields that are computed see
    /// [`Store::read`](super::Store::read).
    #[must_use]
    pub fn get(&self, field: usize) -> &Value {
        self.cells.get(field).unwrap_or(NOTHING)
    }

    /// The same row with other cells.
    pub(super) fn with_cells(&self, cells: Vec<Value>) -> Self {
        Self { id: self.id, deleted: self.deleted, cells: cells.into() }
    }

    pub(super) fn set_deleted(&mut self, deleted: bool) {
        self.deleted = deleted;
    }

    pub(super) fn set(&mut self, field: usize, value: Value) {
        if field >= self.cells.len() {
            if value.is_null() {
                return;
            }
            let mut cells = self.cells.to_vec();
            cells.resize(field + 1, Value::Null);
            self.cells = cells.into();
        }
        Arc::make_mut(&mut self.cells)[field] = value;
    }

    pub(super) fn apply(&mut self, changes: Vec<(usize, Value)>) {
        for (field, value) in changes {
            self.set(field, value);
        }
    }
}
