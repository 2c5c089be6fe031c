use salesforce_types::{RecordId, Timestamp};

use crate::schema::Schema;
use crate::store::Store;
use crate::value::{Decimal, Value};
use std::sync::Arc;

/// A row that is put together by the names of its fields, for seeds.
#[derive(Debug)]
pub struct Fill {
    schema: Arc<Schema>,
    object: usize,
    cells: Vec<Value>,
}

impl Fill {
    /// A row of that object, still empty.
    ///
    /// # Panics
    ///
    /// When there is no such object: a seed knows its schema.
    #[must_use]
    pub fn new(schema: &Arc<Schema>, object: &str) -> Self {
        let found = schema.object(object).unwrap_or_else(|| panic!("the schema of a seed has {object}"));
        let (object, fields) = (found.index, found.fields.len());
        Self { schema: Arc::clone(schema), object, cells: vec![Value::Null; fields] }
    }

    /// Sets a field.
    ///
    /// # Panics
    ///
    /// When there is no such field: a seed knows its schema.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        let object = self.schema.at(self.object);
        let field = object.field(field).unwrap_or_else(|| panic!("{} has a field {field}", object.name));
        self.cells[field.index] = value.into();
        self
    }

    /// Says when the row was last changed, if not when it was made.
    #[must_use]
    pub fn modified(mut self, moment: Timestamp) -> Self {
        let known = self.schema.at(self.object).known;
        for place in [known.modified_date, known.stamp].into_iter().flatten() {
            self.cells[place] = Value::DateTime(moment);
        }
        self
    }

    /// Adds the row under an id that it has already.
    pub(crate) fn load_as(self, store: &mut Store, id: RecordId, stamp: Timestamp) {
        store.load_as(self.schema.at(self.object), id, self.cells, stamp);
    }

    /// Adds the row, around the rules.
    pub fn load(self, store: &mut Store, stamp: Timestamp) -> RecordId {
        store.load(self.schema.at(self.object), self.cells, stamp)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        Self::DateTime(moment)
    }
}

impl From<Option<RecordId>> for Value {
    fn from(id: Option<RecordId>) -> Self {
        id.map_or(Self::Null, Self::Id)
    }
}

impl Value {
    /// A number with so many digits after the point, out of the number without the point.
    #[must_use]
    pub fn number(unscaled: i64, scale: u32) -> Self {
        Decimal::new(unscaled.into(), scale).map_or(Self::Null, Self::Decimal)
    }
}
