use std::fmt;

use salesforce_types::{ApiVersion, KeyPrefix, RecordId};
use serde_json::{Value as Json, json};

use super::Refusal;
use crate::ids;
use crate::schema::Object;
use crate::soql;
use crate::store::{Row, Store};
use crate::value::Value;

/// What an administrator set up that acts when rows are written: triggers, duplicate rules, assignment rules; and what
/// stands in the way of every write: locked rows and a full storage.
///
/// ```
/// use salesforce_mock::Org;
/// use salesforce_mock::rules::DuplicateRule;
/// use serde_json::json;
///
/// let mut org = Org::empty();
/// let rules = &mut org.store_mut().automation;
/// rules.add_duplicate_rule(DuplicateRule::new("Same_Name", "Account", ["Name"]));
/// rules.before_save("Account", |row| match row.get("Name").as_str() {
///     Some("Forbidden") => Err("Choose another name.".into()),
///     _ => Ok(()),
/// });
/// org.insert("Account", &json!({"Name": "Acme"}))?;
/// assert_eq!(org.insert("Account", &json!({"Name": "Acme"})).unwrap_err().code, "DUPLICATES_DETECTED");
/// let refused = org.insert("Account", &json!({"Name": "Forbidden"})).unwrap_err();
/// assert_eq!(refused.code, "FIELD_CUSTOM_VALIDATION_EXCEPTION");
/// # Ok::<(), salesforce_mock::rules::Refusal>(())
/// ```
#[derive(Debug, Default)]
pub struct Automation {
    triggers: Vec<Trigger>,
    duplicates: Vec<DuplicateRule>,
    assignments: Vec<Assignment>,
    locks: Vec<(RecordId, u32)>,
    /// Whether the org has no room for another row: creating one is refused with `STORAGE_LIMIT_EXCEEDED`.
    pub storage_is_full: bool,
}

struct Trigger {
    object: Box<str>,
    run: Box<Run>,
}

type Run = dyn Fn(&Proposed<'_>) -> Result<(), String> + Send + Sync;

#[derive(Debug)]
struct Assignment {
    id: RecordId,
    object: Box<str>,
    owner: RecordId,
}

/// A row as it is going to be written.
#[derive(Debug)]
pub struct Proposed<'a> {
    pub(crate) object: &'a Object,
    pub(crate) before: Option<&'a Row>,
    pub(crate) cells: &'a [Value],
}

/// A duplicate rule with its matching rule: rows match that have the same values in all of some fields.
///
/// A match is an alert, which a call can save over with `Sforce-Duplicate-Rule-Header: allowSave=true`, or a block,
/// which it cannot.
#[derive(Clone, Debug)]
pub struct DuplicateRule {
    name: String,
    object: String,
    fields: Vec<String>,
    blocks: bool,
    message: String,
}

/// How a call wants its rows to be written: what its `Sforce-*` headers say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WriteOptions {
    pub(crate) assign: Assign,
    /// Whether a row is saved although a duplicate rule has an alert.
    pub(crate) save_duplicates: bool,
    /// Whether the alert shows the rows that match with all their fields.
    pub(crate) duplicate_details: bool,
    pub(crate) version: ApiVersion,
}

/// Whether an assignment rule gives a row its owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Assign {
    #[default]
    Active,
    Never,
    Rule(RecordId),
}

impl Automation {
    /// Adds a trigger that sees every row of an object before it is created or changed. What it says against the row is
    /// the text of a `FIELD_CUSTOM_VALIDATION_EXCEPTION`.
    pub fn before_save(
        &mut self,
        object: &str,
        run: impl Fn(&Proposed<'_>) -> Result<(), String> + Send + Sync + 'static,
    ) {
        self.triggers.push(Trigger { object: object.into(), run: Box::new(run) });
    }

    /// Adds a duplicate rule.
    pub fn add_duplicate_rule(&mut self, rule: DuplicateRule) {
        self.duplicates.push(rule);
    }

    /// Adds an assignment rule that gives all rows of an object an owner; its id. The rule added last is the active
    /// one.
    ///
    /// Only accounts, cases and leads have assignment rules (REST reference 2).
    pub fn assign(&mut self, object: &str, owner: RecordId) -> RecordId {
        let prefix: KeyPrefix = "01Q".parse().expect("the prefix of assignment rules");
        let id = ids::id(prefix, u64::try_from(self.assignments.len()).unwrap_or(u64::MAX).saturating_add(1));
        self.assignments.push(Assignment { id, object: object.into(), owner });
        id
    }

    /// Lets somebody else hold a row for the next `times` writes to it or to rows that point to it: they are refused
    /// with `UNABLE_TO_LOCK_ROW`.
    pub fn lock(&mut self, id: RecordId, times: u32) {
        self.locks.push((id, times));
    }

    /// Whether there is an assignment rule of that id.
    pub(crate) fn has_assignment(&self, id: RecordId) -> bool {
        self.assignments.iter().any(|rule| rule.id == id)
    }

    /// The owner that a row is given.
    pub(crate) fn owner_of(&self, object: &Object, assign: Assign) -> Option<RecordId> {
        let mut rules = self.assignments.iter().filter(|rule| rule.object.eq_ignore_ascii_case(&object.name));
        match assign {
            Assign::Never => None,
            Assign::Active => rules.next_back().map(|rule| rule.owner),
            Assign::Rule(id) => rules.find(|rule| rule.id == id).map(|rule| rule.owner),
        }
    }

    /// Uses up a time of a lock on one of these rows.
    pub(crate) fn take_locks(&mut self, rows: &[RecordId]) -> Result<(), Refusal> {
        let Some(place) = self.locks.iter().position(|(id, times)| *times > 0 && rows.contains(id)) else {
            return Ok(());
        };
        self.locks[place].1 -= 1;
        let (id, left) = self.locks[place];
        if left == 0 {
            self.locks.remove(place);
        }
        let text = format!("unable to obtain exclusive access to this record or 1 records: {id}");
        Err(Refusal::new("UNABLE_TO_LOCK_ROW", text).no_fields())
    }

    /// Runs the triggers, then the duplicate rules.
    pub(crate) fn check(&self, store: &Store, row: &Proposed<'_>, options: &WriteOptions) -> Result<(), Vec<Refusal>> {
        for trigger in self.triggers.iter().filter(|trigger| trigger.object.eq_ignore_ascii_case(&row.object.name)) {
            if let Err(text) = (trigger.run)(row) {
                return Err(vec![Refusal::new("FIELD_CUSTOM_VALIDATION_EXCEPTION", text).no_fields()]);
            }
        }
        let rules = self.duplicates.iter().filter(|rule| rule.object.eq_ignore_ascii_case(&row.object.name));
        for rule in rules.filter(|rule| rule.blocks || !options.save_duplicates) {
            let matches = rule.matches(store, row);
            if !matches.is_empty() {
                return Err(vec![rule.refusal(store, row.object, &matches, options)]);
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trigger({})", self.object)
    }
}

impl Proposed<'_> {
    /// What a field is going to hold; null when the object has no such field.
    #[must_use]
    pub fn get(&self, field: &str) -> Json {
        let cell = self.object.field(field).and_then(|field| self.cells.get(field.index));
        cell.map_or(Json::Null, Value::to_json)
    }

    /// What the field holds now; null in a row that is new.
    #[must_use]
    pub fn before(&self, field: &str) -> Json {
        let cell = self.object.field(field).and_then(|field| Some(self.before?.get(field.index)));
        cell.map_or(Json::Null, Value::to_json)
    }

    /// Whether the row is created.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }
}

impl DuplicateRule {
    /// A rule that alerts when a row has the values of another one in all these fields.
    #[must_use]
    pub fn new<S: Into<String>>(
        name: impl Into<String>,
        object: impl Into<String>,
        fields: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            name: name.into(),
            object: object.into(),
            fields: fields.into_iter().map(Into::into).collect(),
            blocks: false,
            message: "Use one of these records?".into(),
        }
    }

    /// The same as a block, which no header saves over.
    #[must_use]
    pub fn blocking(mut self) -> Self {
        self.blocks = true;
        self
    }

    /// The same with the administrator's words instead of "Use one of these records?".
    #[must_use]
    pub fn message(mut self, text: impl Into<String>) -> Self {
        self.message = text.into();
        self
    }

    /// The rows outside the recycle bin that match, without the row itself. Empty fields match nothing.
    fn matches<'s>(&self, store: &'s Store, row: &Proposed<'_>) -> Vec<&'s Row> {
        let object = row.object;
        let fields: Option<Vec<_>> = self.fields.iter().map(|name| object.field(name)).collect();
        let Some(fields) = fields.filter(|fields| !fields.is_empty()) else { return Vec::new() };
        let value = |index: usize| row.cells.get(index).filter(|value| !value.is_null());
        let own = row.before.map(Row::id);
        let Some(first) = value(fields[0].index) else { return Vec::new() };
        let found = store.table(object).having(fields[0], first).into_iter();
        found
            .filter(|other| !other.is_deleted() && Some(other.id()) != own)
            .filter(|other| fields[1..].iter().all(|field| value(field.index) == Some(other.get(field.index))))
            .collect()
    }

    fn refusal(&self, store: &Store, object: &Object, rows: &[&Row], options: &WriteOptions) -> Refusal {
        let record = |row: &Row| {
            let fields = if options.duplicate_details { None } else { Some("Id") };
            let body = soql::record(store, object, row, fields, options.version).unwrap_or_default();
            serde_json::from_slice::<Json>(&body).unwrap_or_default()
        };
        let records: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record(row)})
            })
            .collect();
        let result = json!({
            "allowSave": !self.blocks,
            "duplicateRule": self.name,
            "duplicateRuleEntityType": &*object.name,
            "errorMessage": self.message,
            "matchResults": [{
                "entityType": &*object.name,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": self.name,
                "size": rows.len(),
                "success": true,
            }],
        });
        let mut refusal = Refusal::new("DUPLICATES_DETECTED", self.message.clone());
        refusal.duplicates = Some(Box::new(result));
        refusal
    }
}
