//! Runs searches over the rows of an org.
//!
//! The text is parsed by a grammar of its own; what stands in brackets after an object is run as a query over the rows
//! that were found. Real orgs search an index that lags and cuts off: a search is never complete, here neither.

mod group;
mod parse;
mod terms;
mod words;

use std::collections::HashSet;

use salesforce_soql::ast::SelectItem;
use salesforce_types::{ApiVersion, RecordId};
use serde_json::value::RawValue;

use crate::rules::Refusal;
use crate::schema::Object;
use crate::store::Store;
pub(crate) use group::Group;
pub(crate) use terms::{Fault, Terms};

/// The most rows of an answer, the most rows of an object that are looked at, and the largest `LIMIT` and `OFFSET`.
pub(crate) const MOST_ROWS: usize = 2000;

/// The most rows of an object that has neither `WHERE` nor `ORDER BY`.
const UNSORTED_ROWS: usize = 250;

/// Objects that are searched only when they are named.
const BY_NAME_ONLY: [&str; 4] = ["ContentDocument", "ContentVersion", "Product2", "Note"];

/// A search, read and ready to run.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) terms: Terms,
    pub(crate) group: Group,
    /// What is searched; everything that does not have to be named if there is nothing.
    pub(crate) returning: Vec<Returning>,
    pub(crate) limit: Option<usize>,
    /// Whether the labels of what is answered are asked for.
    pub(crate) labels: bool,
}

/// One object that is searched, as the query that picks from the rows that were found.
#[derive(Debug)]
pub(crate) struct Returning {
    pub(crate) object: String,
    pub(crate) soql: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) records: Vec<Box<RawValue>>,
    /// The objects that were searched with the fields that were asked for, by their names.
    pub(crate) searched: Vec<(String, Vec<String>)>,
}

impl Search {
    /// Reads a statement: `FIND {…} IN … FIELDS RETURNING … LIMIT …`.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        parse::statement(text)
    }

    /// Runs it.
    pub(crate) fn run(&self, store: &Store, version: ApiVersion) -> Result<Found, Refusal> {
        let schema = store.schema();
        let everything: Vec<Returning>;
        let returning = if self.returning.is_empty() {
            let objects = schema.objects().iter().filter(|object| object.searchable && object.queryable);
            let objects = objects.filter(|object| !BY_NAME_ONLY.contains(&&*object.name));
            everything = objects.map(|object| Returning::new(&object.name, "", "")).collect();
            &everything
        } else {
            &self.returning
        };
        let mut objects = HashSet::new();
        for part in returning {
            let object = searched(store, part)?;
            if !objects.insert(object.index) {
                let text = format!("the object {} stands twice in what is to be returned", object.name);
                return Err(Refusal::new("MALFORMED_SEARCH", text));
            }
        }
        let mut found = Found::default();
        let limit = self.limit.unwrap_or(MOST_ROWS).min(MOST_ROWS);
        for part in returning {
            let object = searched(store, part)?;
            let asked = part.asked(object, returning.len())?;
            found.searched.push((object.name.to_string(), asked.fields));
            let ids = self.matching(store, object);
            let mut rows = soql_words(crate::soql::among(store, &part.soql, &ids, version))?;
            rows.truncate(asked.most);
            found.records.append(&mut rows);
        }
        found.records.truncate(limit);
        Ok(found)
    }

    /// The rows of an object that hold what is looked for.
    fn matching(&self, store: &Store, object: &Object) -> HashSet<RecordId> {
        let fields: Vec<_> = object.fields.iter().filter(|field| self.group.holds(field)).collect();
        let rows = store.table(object).rows().filter(|row| !row.is_deleted());
        let fits = rows.filter(|row| {
            let texts: Vec<_> = fields
                .iter()
                .filter_map(|field| Some(words::tokens(store.read(object, row, field).as_text()?)))
                .collect();
            self.terms.fit(&texts)
        });
        fits.map(crate::store::Row::id).take(MOST_ROWS).collect()
    }
}

/// What a part of `RETURNING` asks for.
struct Asked {
    most: usize,
    fields: Vec<String>,
}

impl Returning {
    /// `fields` and `rest` are texts of the statement; no fields are the id alone.
    pub(crate) fn new(object: &str, fields: &str, rest: &str) -> Self {
        let fields = if fields.trim().is_empty() { "Id" } else { fields.trim() };
        Self {
            object: object.to_owned(),
            soql: format!("SELECT {fields} FROM {object} {}", rest.trim()).trim_end().to_owned(),
        }
    }

    /// Whether the query says no more than a search may, and how many rows it may give among `objects` of them.
    fn asked(&self, object: &Object, objects: usize) -> Result<Asked, Refusal> {
        let refused = |text: &str| Err(Refusal::new("MALFORMED_SEARCH", text));
        let query = salesforce_soql::parse_strict(&self.soql)
            .map_err(|error| crate::soql::Source(&self.soql).malformed(&error));
        let query = soql_words(query)?;
        let plain = |item: &SelectItem| !matches!(item, SelectItem::Child(_) | SelectItem::TypeOf(_));
        let whole = query.from.object.is(&self.object) && query.from.alias.is_none() && query.from.joined.is_empty();
        let simple =
            query.scope.is_none() && query.group_by.is_none() && query.with.is_empty() && query.tail.is_empty();
        if !whole || !simple || query.is_count() || query.is_aggregate() || !query.select.iter().all(plain) {
            return refused(&format!("what is returned of {} is no list of its fields with a filter", object.name));
        }
        if query.offset.is_some() && objects > 1 {
            return refused("OFFSET is only allowed when one object is returned");
        }
        let most = u64::try_from(MOST_ROWS).unwrap_or(u64::MAX);
        if query.limit.is_some_and(|limit| limit > most) || query.offset.is_some_and(|offset| offset > most) {
            return refused(&format!("LIMIT and OFFSET may be {MOST_ROWS} at most"));
        }
        let share = MOST_ROWS / objects.max(1);
        let picked = query.filter.is_some() || !query.order_by.is_empty() || query.limit.is_some();
        let fields = query.select.iter().filter_map(|item| match item {
            SelectItem::Field { path, .. } => Some(path.to_string()),
            _ => None,
        });
        Ok(Asked { most: if picked { share } else { share.min(UNSORTED_ROWS) }, fields: fields.collect() })
    }
}

/// The object that a part of `RETURNING` names, if it can be searched.
fn searched<'s>(store: &'s Store, part: &Returning) -> Result<&'s Object, Refusal> {
    let object = store.schema().object(&part.object).ok_or_else(|| {
        let text = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the \
             '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
            part.object
        );
        Refusal::new("INVALID_TYPE", text)
    })?;
    if object.searchable {
        return Ok(object);
    }
    Err(Refusal::new("INVALID_TYPE", format!("entity type {} does not support search", object.name)))
}

/// The refusal of a text by itself that cannot be looked for.
pub(crate) fn not_found_in(text: &str, fault: Fault) -> Refusal {
    parse::refusal(text, 0, fault)
}

/// What a query calls malformed is a malformed search here.
fn soql_words<T>(outcome: Result<T, Refusal>) -> Result<T, Refusal> {
    outcome.map_err(|refusal| match refusal.code {
        "MALFORMED_QUERY" => Refusal { code: "MALFORMED_SEARCH", ..refusal },
        _ => refusal,
    })
}
