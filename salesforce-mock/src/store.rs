//! The rows of an org.

mod evaluate;
mod index;
mod read;
mod recycle;
mod reshape;
mod row;
mod table;
mod transaction;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use salesforce_types::describe::FieldType;
use salesforce_types::{RecordId, Timestamp};

use crate::Files;
use crate::clock::OrgClock;
use crate::ids::Mint;
use crate::rules::{self, Automation, Draft, Proposed, Refusal, WriteOptions};
use crate::schema::{Object, Schema};
use crate::value::Value;

pub use recycle::Deletion;
pub use row::Row;
pub use table::Table;
pub use transaction::Savepoint;

use recycle::RecycleBin;
use transaction::Undo;

/// Every row of an org, with its schema, its clock and the recycle bin.
///
/// Writes go through the rules: [`create`](Self::create), [`update`](Self::update), [`delete`](Self::delete).
/// [`load`](Self::load) goes around them, for seeds.
#[derive(Debug)]
pub struct Store {
    schema: Arc<Schema>,
    tables: Vec<Arc<Table>>,
    mint: Mint,
    numbers: HashMap<(usize, usize), u64>,
    bin: RecycleBin,
    pending: Vec<Pending>,
    /// How to take back what the open transactions wrote, and how many are open.
    undo: Vec<Undo>,
    transactions: usize,
    /// Rows by when they were used last, the latest first.
    recent: Vec<RecordId>,
    /// What time it is in the org.
    pub clock: OrgClock,
    /// Who writes.
    pub user: RecordId,
    /// The org's own id.
    pub organization: RecordId,
    /// Whether `CreatedDate` and the like may be given on create (REST reference 5.7).
    pub audit_fields_on_create: bool,
    /// Triggers, duplicate rules, assignment rules, locks.
    pub automation: Automation,
    /// How large the files of a row may be.
    pub(crate) files: Files,
    /// What a seed could not take over, one sentence each.
    pub problems: Vec<String>,
    /// Whether rows that change because of another one (cascades, cleared lookups) get new stamps. It is not known
    /// what a real org does, so both can be had.
    pub stamp_cascades: bool,
}

/// How many rows the org remembers as used last.
const MOST_RECENT: usize = 200;

/// A write that is stamped but not yet committed.
#[derive(Clone, Debug)]
struct Pending {
    at: Timestamp,
    object: usize,
    write: Write,
}

#[derive(Clone, Debug)]
enum Write {
    Create(Row),
    Change(RecordId, Vec<(usize, Value)>),
}

impl Store {
    /// A store without rows. `user` and `organization` are ids that the caller's seed gives to its rows.
    #[must_use]
    pub fn new(schema: Schema, clock: OrgClock, user: RecordId, organization: RecordId) -> Self {
        let mut store = Self {
            schema: Arc::new(Schema::new()),
            tables: Vec::new(),
            mint: Mint::default(),
            numbers: HashMap::new(),
            bin: RecycleBin::default(),
            pending: Vec::new(),
            undo: Vec::new(),
            transactions: 0,
            recent: Vec::new(),
            clock,
            user,
            organization,
            audit_fields_on_create: false,
            automation: Automation::default(),
            files: Files::default(),
            problems: Vec::new(),
            stamp_cascades: true,
        };
        store.set_schema(schema);
        store
    }

    /// The schema. Cheap to clone, so that it can be read while rows are written.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Changes the schema: objects and fields may be added, and flags changed. Rows keep their values by position, so a
    /// field must not be taken out or moved; rows have nothing in a field that is added last.
    pub fn set_schema(&mut self, mut schema: Schema) {
        schema.link();
        for object in schema.objects() {
            match self.tables.get_mut(object.index) {
                Some(table) => Arc::make_mut(table).set_object(object),
                None => self.tables.push(Arc::new(Table::new(object))),
            }
        }
        self.schema = Arc::new(schema);
    }

    /// The rows of an object.
    #[must_use]
    pub fn table(&self, object: &Object) -> &Table {
        &self.tables[object.index]
    }

    fn table_mut(&mut self, object: usize) -> &mut Table {
        Arc::make_mut(&mut self.tables[object])
    }

    /// The rows as they are now, with a clock that stands still: what a job reads while others write. Nothing is copied
    /// until a table is written to.
    pub(crate) fn snapshot(&self) -> Self {
        Self {
            schema: Arc::clone(&self.schema),
            tables: self.tables.clone(),
            stamp_cascades: self.stamp_cascades,
            ..Self::new(Schema::new(), OrgClock::fixed(self.clock.now()), self.user, self.organization)
        }
    }

    /// The row of that id, in the recycle bin or not.
    #[must_use]
    pub fn find(&self, id: RecordId) -> Option<(&Object, &Row)> {
        let object = self.schema.object_of(id)?;
        Some((object, self.table(object).get(id)?))
    }

    /// The row of that id, if it is not in the recycle bin.
    #[must_use]
    pub fn find_live(&self, id: RecordId) -> Option<(&Object, &Row)> {
        self.find(id).filter(|(_, row)| !row.is_deleted())
    }

    /// Creates a row.
    ///
    /// # Errors
    ///
    /// Why it was refused; nothing was written.
    pub fn create(&mut self, object: &Object, draft: &Draft) -> Result<RecordId, Vec<Refusal>> {
        self.create_with(object, draft, &WriteOptions::default())
    }

    pub(crate) fn create_with(
        &mut self,
        object: &Object,
        draft: &Draft,
        options: &WriteOptions,
    ) -> Result<RecordId, Vec<Refusal>> {
        let row = self.prepare(object, draft, options)?;
        let id = row.id();
        self.insert_row(object.index, row);
        rules::after_create(self, object, id);
        Ok(id)
    }

    /// Creates a row that is stamped now and can be seen only from `at` on, as a long transaction does.
    ///
    /// # Errors
    ///
    /// Why it was refused; nothing was written.
    pub fn create_late(&mut self, object: &Object, draft: &Draft, at: Timestamp) -> Result<RecordId, Vec<Refusal>> {
        let row = self.prepare(object, draft, &WriteOptions::default())?;
        let id = row.id();
        self.pending.push(Pending { at, object: object.index, write: Write::Create(row) });
        Ok(id)
    }

    /// Changes a row in a way that is stamped now and can be seen only from `at` on.
    ///
    /// # Errors
    ///
    /// Why it was refused; nothing was written.
    pub fn update_late(&mut self, id: RecordId, draft: &Draft, at: Timestamp) -> Result<(), Vec<Refusal>> {
        let schema = Arc::clone(&self.schema);
        let (object, row) = self.writable(&schema, id)?;
        let changes = rules::for_update(self, object, &row, draft)?;
        self.pending.push(Pending { at, object: object.index, write: Write::Change(id, changes) });
        Ok(())
    }

    /// Commits what was written late and is due. The org calls it before every request.
    pub fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let now = self.clock.now();
        let (due, later): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|pending| pending.at <= now);
        self.pending = later;
        for pending in due {
            match pending.write {
                Write::Create(row) => self.insert_row(pending.object, row),
                Write::Change(id, changes) => self.change_row(pending.object, id, changes),
            }
        }
    }

    /// The stamp of the earliest write that is not committed yet.
    #[must_use]
    pub fn earliest_pending(&self) -> Option<Timestamp> {
        let stamp = |pending: &Pending| {
            let place = self.schema.at(pending.object).known.stamp?;
            let value = match &pending.write {
                Write::Create(row) => row.get(place),
                Write::Change(_, changes) => {
                    changes.iter().find(|(field, _)| *field == place).map(|(_, value)| value)?
                }
            };
            if let Value::DateTime(stamp) = value { Some(*stamp) } else { None }
        };
        self.pending.iter().filter_map(stamp).min()
    }

    fn prepare(&mut self, object: &Object, draft: &Draft, options: &WriteOptions) -> Result<Row, Vec<Refusal>> {
        let mut cells = rules::for_create(self, object, draft)?;
        if self.automation.storage_is_full {
            return Err(vec![Refusal::new("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded").no_fields()]);
        }
        let owner = self.pass(&Proposed { object, before: None, cells: &cells }, options)?;
        if let Some(cell) = object.known.owner.and_then(|place| cells.get_mut(place)) {
            *cell = owner.map_or(std::mem::take(cell), Value::Id);
        }
        let prefix = object.prefix.ok_or_else(|| {
            let text = format!("entity type {} does not support create", object.name);
            vec![Refusal::new("INVALID_TYPE_FOR_OPERATION", text)]
        })?;
        self.number(object, &mut cells);
        let id = self.mint.next(prefix);
        // A custom row that was given no name has its id as one.
        let name = object.known.name.filter(|_| object.is_custom()).and_then(|place| cells.get_mut(place));
        if let Some(name) = name.filter(|name| name.is_null()) {
            *name = id.to_string().as_str().into();
        }
        Ok(Row::new(id, cells))
    }

    /// Gives a row the next automatic numbers.
    fn number(&mut self, object: &Object, cells: &mut [Value]) {
        for field in &object.fields {
            if let (Some(format), Some(cell)) = (&field.auto_number, cells.get_mut(field.index)) {
                let number = self.numbers.entry((object.index, field.index)).or_insert(0);
                *number += 1;
                *cell = format.format(*number).as_str().into();
            }
        }
    }

    /// Changes a row.
    ///
    /// # Errors
    ///
    /// Why it was refused; nothing was written.
    pub fn update(&mut self, id: RecordId, draft: &Draft) -> Result<(), Vec<Refusal>> {
        self.update_with(id, draft, &WriteOptions::default())
    }

    pub(crate) fn update_with(
        &mut self,
        id: RecordId,
        draft: &Draft,
        options: &WriteOptions,
    ) -> Result<(), Vec<Refusal>> {
        let schema = Arc::clone(&self.schema);
        let (object, row) = self.writable(&schema, id)?;
        let mut changes = rules::for_update(self, object, &row, draft)?;
        let mut cells: Vec<Value> = object.fields.iter().map(|field| row.get(field.index).clone()).collect();
        for (place, value) in &changes {
            cells[*place] = value.clone();
        }
        let owner = self.pass(&Proposed { object, before: Some(&row), cells: &cells }, options)?;
        changes.extend(object.known.owner.zip(owner.map(Value::Id)));
        self.change_row(object.index, id, changes);
        Ok(())
    }

    /// What a row has to pass before it is written: locks, triggers, duplicate rules. The owner that an assignment rule
    /// gives it.
    fn pass(&mut self, row: &Proposed<'_>, options: &WriteOptions) -> Result<Option<RecordId>, Vec<Refusal>> {
        let parents = row.object.fields.iter().filter(|field| field.reference.is_some());
        let parents = parents.filter_map(|field| row.cells.get(field.index)?.as_id());
        let touched: Vec<RecordId> = row.before.map(Row::id).into_iter().chain(parents).collect();
        self.automation.take_locks(&touched).map_err(|refusal| vec![refusal])?;
        self.automation.check(self, row, options)?;
        Ok(self.automation.owner_of(row.object, options.assign))
    }

    fn writable<'s>(&self, schema: &'s Schema, id: RecordId) -> Result<(&'s Object, Row), Vec<Refusal>> {
        let (object, row) = self.find(id).ok_or_else(|| vec![Refusal::not_found()])?;
        if row.is_deleted() {
            return Err(vec![Refusal::is_deleted()]);
        }
        Ok((schema.at(object.index), row.clone()))
    }

    /// Adds a row as it is, without rules: for seeds. The cells stand in the order of the object's fields; the id,
    /// automatic numbers, audit fields and checkboxes that are missing are filled in.
    ///
    /// # Panics
    ///
    /// When rows of the object cannot have ids.
    pub fn load(&mut self, object: &Object, cells: Vec<Value>, stamp: Timestamp) -> RecordId {
        let prefix = object.prefix.expect("a seed only loads objects with a key prefix");
        let id = self.mint.next(prefix);
        self.load_as(object, id, cells, stamp);
        id
    }

    /// The same for a row that has its id already.
    pub(crate) fn load_as(&mut self, object: &Object, id: RecordId, mut cells: Vec<Value>, stamp: Timestamp) {
        cells.resize(object.fields.len(), Value::Null);
        self.number(object, &mut cells);
        let known = object.known;
        let fill = [
            (known.is_deleted, Value::Bool(false)),
            (known.created_date, Value::DateTime(stamp)),
            (known.created_by, Value::Id(self.user)),
            (known.modified_date, Value::DateTime(stamp)),
            (known.modified_by, Value::Id(self.user)),
            (known.stamp, Value::DateTime(stamp)),
            (known.owner, Value::Id(self.user)),
        ];
        for (place, value) in fill {
            if let Some(cell) = place.and_then(|place| cells.get_mut(place)).filter(|cell| cell.is_null()) {
                *cell = value;
            }
        }
        for field in object.fields.iter().filter(|field| field.kind == FieldType::Boolean && field.is_stored()) {
            if let Some(cell) = cells.get_mut(field.index).filter(|cell| cell.is_null()) {
                *cell = Value::Bool(false);
            }
        }
        self.insert_row(object.index, Row::new(id, cells));
    }

    /// Notes that a row was used.
    pub(crate) fn touch(&mut self, id: RecordId) {
        self.recent.retain(|known| *known != id);
        self.recent.insert(0, id);
        self.recent.truncate(MOST_RECENT);
    }

    /// The rows that were used last, the latest first, without those that are gone. The org remembers 200.
    pub fn recent(&self) -> impl Iterator<Item = (&Object, &Row)> {
        self.recent.iter().filter_map(|&id| self.find_live(id))
    }

    /// Makes room for so many rows more.
    pub fn reserve(&mut self, object: &Object, rows: usize) {
        self.table_mut(object.index).reserve(rows);
    }

    /// Changes cells as they are, without rules: for seeds and for what follows from a write.
    pub(crate) fn set_cells(&mut self, id: RecordId, cells: Vec<(usize, Value)>) {
        if let Some(index) = self.schema.object_of(id).map(|object| object.index) {
            self.change_row(index, id, cells);
        }
    }

    /// The formulas that read as nothing because they lie beyond what is evaluated, one sentence each.
    #[must_use]
    pub fn not_evaluated(&self) -> BTreeSet<String> {
        let mut sentences = BTreeSet::new();
        for object in self.schema.objects() {
            for field in &object.fields {
                let name = format!("{}.{}", object.name, field.name);
                if let Some(Err(reason)) = field.formula.as_ref().map(|formula| &formula.expression) {
                    sentences.insert(format!("{name}: formula not evaluated: {reason}"));
                }
                if field.summary.as_ref().is_some_and(|summary| summary.filtered) {
                    sentences.insert(format!("{name}: roll-up not evaluated: it has a filter"));
                }
            }
        }
        sentences
    }
}

#[cfg(test)]
mod tests;
