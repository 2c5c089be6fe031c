use std::collections::HashMap;
use std::sync::Arc;

use salesforce_types::describe::FieldType;

use super::{Pending, Row, Store, Table, Write};
use crate::schema::{Field, Object, Schema};
use crate::value::Value;

/// Where the cells of an object come from when its fields are others than before.
struct Move {
    /// A place a field: the old place, or what is in every row of a field that is new.
    cells: Vec<Result<usize, Value>>,
    /// New places by the old ones.
    places: HashMap<usize, usize>,
}

impl Move {
    fn new(before: &Object, after: &Object, renamed: &[(String, String)]) -> Self {
        let mut places = HashMap::new();
        let old_name = |field: &Field| {
            let is = |name: &str| name.split_once('.') == Some((&*after.name, &*field.name));
            let found = renamed.iter().find(|(_, new)| is(new));
            found.and_then(|(old, _)| old.split_once('.')).map_or(&*field.name, |(_, own)| own).to_owned()
        };
        let cell = |field: &Field| match before.field(&old_name(field)).filter(|old| keeps_values(old, field)) {
            Some(old) => {
                places.insert(old.index, field.index);
                Ok(old.index)
            }
            None if field.kind == FieldType::Boolean && field.is_stored() => Err(Value::Bool(false)),
            None => Err(Value::Null),
        };
        let cells = after.fields.iter().map(cell).collect();
        Self { cells, places }
    }

    fn row(&self, row: &Row) -> Row {
        let cell = |from: &Result<usize, Value>| match from {
            Ok(place) => row.get(*place).clone(),
            Err(value) => value.clone(),
        };
        row.with_cells(self.cells.iter().map(cell).collect())
    }
}

/// Whether the values of a field may stay when it becomes another: a text that becomes a number is lost.
fn keeps_values(old: &Field, new: &Field) -> bool {
    use FieldType as T;
    let text = |kind: &T| {
        matches!(kind, T::String | T::TextArea | T::Picklist | T::MultiPicklist | T::Url | T::Phone | T::Email)
    };
    let number = |kind: &T| matches!(kind, T::Double | T::Currency | T::Percent);
    old.is_stored() == new.is_stored()
        && (old.kind == new.kind || text(&old.kind) && text(&new.kind) || number(&old.kind) && number(&new.kind))
}

impl Store {
    /// Takes over a schema in which objects and fields may be gone, moved or of another type. Rows keep the values of
    /// the fields that are still there, by name; `renamed` are fields (`Object.Field`) with their old and new names. Rows
    /// of an object that is gone are gone. No transaction may be open.
    pub(crate) fn reshape(&mut self, mut schema: Schema, renamed: &[(String, String)]) {
        schema.link();
        let before = Arc::clone(&self.schema);
        let mut tables: Vec<Option<Arc<Table>>> = self.tables.drain(..).map(Some).collect();
        let mut moves: HashMap<usize, (usize, Move)> = HashMap::new();
        for object in schema.objects() {
            let known = before.object(&object.name);
            let table = known.and_then(|known| tables.get_mut(known.index)?.take());
            let mut table = table.unwrap_or_else(|| Arc::new(Table::new(object)));
            if let Some(known) = known {
                let moved = Move::new(known, object, renamed);
                let same = known.fields.len() == object.fields.len()
                    && moved.cells.iter().enumerate().all(|(place, from)| *from == Ok(place));
                if !same && !table.is_empty() {
                    Arc::make_mut(&mut table).rewrite(|row| moved.row(row));
                }
                moves.insert(known.index, (object.index, moved));
            }
            Arc::make_mut(&mut table).set_object(object);
            self.tables.push(table);
        }
        let numbers = std::mem::take(&mut self.numbers);
        self.numbers = numbers
            .into_iter()
            .filter_map(|((object, field), number)| {
                let (place, moved) = moves.get(&object)?;
                Some(((*place, *moved.places.get(&field)?), number))
            })
            .collect();
        let pending = std::mem::take(&mut self.pending);
        self.pending = pending
            .into_iter()
            .filter_map(|pending| {
                let (object, moved) = moves.get(&pending.object)?;
                let write = match pending.write {
                    Write::Create(row) => Write::Create(moved.row(&row)),
                    Write::Change(id, changes) => {
                        let change = |(field, value)| Some((*moved.places.get(&field)?, value));
                        Write::Change(id, changes.into_iter().filter_map(change).collect())
                    }
                };
                Some(Pending { object: *object, write, ..pending })
            })
            .collect();
        let of = |row| moves.get(&before.object_of(row)?.index);
        self.bin.renumber(
            |object| moves.get(&object).map(|(place, _)| *place),
            |row, field| of(row)?.1.places.get(&field).copied(),
        );
        self.schema = Arc::new(schema);
    }
}
