//! Rows as CSV: the answers of queries that run as jobs (Bulk reference 3.4, 3.8).

use std::io;
use std::ops::Range;

use salesforce_soql::ast::{FieldGroup, FieldPath, Function, Operand, Query, SelectItem};
use salesforce_types::ApiVersion;
use salesforce_types::describe::FieldType;

use super::reading::Reading;
use super::scope::{Path, Scope, View};
use super::select::relationship_name;
use super::source::Source;
use super::{Ask, check, filter_of, rows, scope_of};
use crate::bulk::Dialect;
use crate::rules::Refusal;
use crate::store::Store;

/// Until this version columns stand in the order of the alphabet, later in that of the select list.
const LAST_SORTED: ApiVersion = ApiVersion::new(49);

/// The longest select list: each field in quotation marks, with commas, without spaces.
const MOST_SELECTED: usize = 32_000;

/// What a query found, as it was then. It holds the rows, not their text.
#[derive(Debug)]
pub(crate) struct Extract {
    snapshot: Store,
    text: Box<str>,
    all_rows: bool,
    version: ApiVersion,
    slots: Box<[u32]>,
}

/// One column.
#[derive(Debug)]
struct Column<'o> {
    header: String,
    what: Reading<'o>,
}

/// Whether a query can run as a job.
pub(crate) fn check_extract(store: &Store, ask: &Ask<'_>) -> Result<(), Refusal> {
    with_columns(store, ask, |scope, query, _| {
        filter_of(scope, query)?;
        rows::order_by(scope, &query.order_by)?;
        Ok(())
    })
}

impl Extract {
    /// Runs a query over the rows as they are now.
    pub(crate) fn run(store: &Store, ask: &Ask<'_>) -> Result<Self, Refusal> {
        let snapshot = store.snapshot();
        let slots = with_columns(&snapshot, ask, |scope, query, _| {
            let filter = filter_of(scope, query)?;
            let keys = rows::order_by(scope, &query.order_by)?;
            let found = rows::matching(scope.view, scope.object, filter.as_ref());
            Ok(rows::arrange(scope.view, scope.object, found, &keys, query.limit, None).into())
        })?;
        Ok(Self { snapshot, text: ask.text.into(), all_rows: ask.all_rows, version: ask.version, slots })
    }

    /// How many rows it found.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Writes the header line, or rows.
    ///
    /// # Errors
    ///
    /// The query, which ran over the same rows before, is refused now: the answer must not end as if it were whole.
    pub(crate) fn write(&self, part: Option<Range<usize>>, dialect: Dialect, out: &mut Vec<u8>) -> io::Result<()> {
        let ask = Ask { text: &self.text, all_rows: self.all_rows, batch: None, version: self.version };
        with_columns(&self.snapshot, &ask, |scope, _, columns| {
            let Some(part) = part else {
                dialect.line(out, columns.iter(), |out, column| dialect.quoted(out, &column.header));
                return Ok(());
            };
            let table = scope.view.store.table(scope.object);
            let slots = self.slots.get(part).unwrap_or_default();
            for row in slots.iter().filter_map(|&slot| table.at(slot)) {
                dialect.line(out, columns.iter(), |out, column| {
                    dialect.value(out, &column.what.read(scope.view, scope.object, row));
                });
            }
            Ok(())
        })
        .map_err(|refusal| io::Error::other(format!("a query that had run is refused: {refusal}")))
    }
}

/// Looks up the names of a query and does something with its columns.
fn with_columns<T>(
    store: &Store,
    ask: &Ask<'_>,
    work: impl for<'o, 'q> FnOnce(&Scope<'o, 'q>, &'q Query, &[Column<'o>]) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let source = Source(ask.text);
    let query = salesforce_soql::parse_strict(ask.text).map_err(|error| source.malformed(&error))?;
    let scope = scope_of(View { store, all_rows: ask.all_rows }, source, &query)?;
    check(&scope, &query)?;
    if query.is_count() || query.is_aggregate() {
        return Err(not_in_bulk("Aggregate functions and GROUP BY"));
    }
    if query.offset.is_some() {
        return Err(not_in_bulk("OFFSET"));
    }
    let mut columns = columns(&scope, &query)?;
    let length: usize = columns.iter().map(|column| column.header.len() + 3).sum();
    if length > MOST_SELECTED + 1 {
        let text = format!("The SELECT clause can not be longer than {MOST_SELECTED} characters");
        return Err(Refusal::new("MALFORMED_QUERY", text));
    }
    if ask.version <= LAST_SORTED {
        columns.sort_by(|left, right| left.header.cmp(&right.header));
    }
    work(&scope, &query, &columns)
}

/// `… not supported in Bulk Query`: the wording was recorded for compound fields, and is used for the rest of the list
/// in 3.8, too.
fn not_in_bulk(what: &str) -> Refusal {
    Refusal::new("FUNCTIONALITY_NOT_ENABLED", format!("{what} not supported in Bulk Query"))
}

fn columns<'o, 'q>(scope: &Scope<'o, 'q>, query: &'q Query) -> Result<Vec<Column<'o>>, Refusal> {
    let mut columns: Vec<Column<'o>> = Vec::new();
    let mut put = |header: String, what: Reading<'o>| {
        match what.kind() {
            FieldType::Address | FieldType::Location if matches!(what, Reading::Path(_)) => {
                return Err(not_in_bulk("Selecting compound data"));
            }
            FieldType::Base64 => return Err(not_in_bulk("Selecting binary data")),
            _ => {}
        }
        if columns.iter().any(|column| column.header.eq_ignore_ascii_case(&header)) {
            return Err(Refusal::new("INVALID_FIELD", format!("duplicate field selected: {header}")));
        }
        columns.push(Column { header, what });
        Ok(())
    };
    let mut unnamed = 0;
    for item in &query.select {
        match item {
            SelectItem::Field { path, alias: None } => {
                put(header(scope, path)?, Reading::Path(scope.path(path)?))?;
            }
            SelectItem::Field { alias: Some(alias), .. } => {
                let text = "only aggregate expressions use field aliasing";
                return Err(scope.source.near(alias.as_str(), "MALFORMED_QUERY", text));
            }
            SelectItem::Function { call, alias } => {
                let name = match (alias, call) {
                    (Some(alias), _) => alias.as_str().to_owned(),
                    (None, Function::ToLabel(path) | Function::ConvertCurrency(path)) => header(scope, path)?,
                    (None, Function::Format(Operand::Field(path))) => header(scope, path)?,
                    _ => {
                        unnamed += 1;
                        format!("expr{}", unnamed - 1)
                    }
                };
                let what = match call {
                    Function::ToLabel(path) => Reading::Label(scope.path(path)?),
                    Function::ConvertCurrency(path) => Reading::Path(scope.path(path)?),
                    _ => Reading::of_function(scope, call)?,
                };
                put(name, what)?;
            }
            SelectItem::Fields(FieldGroup::Standard) => {
                let whole =
                    |kind: &FieldType| !matches!(kind, FieldType::Address | FieldType::Location | FieldType::Base64);
                let fields = scope.object.fields.iter().filter(|field| !field.custom && whole(&field.kind));
                for field in fields {
                    put(field.name.to_string(), Reading::Path(Path::Field(field)))?;
                }
            }
            SelectItem::Fields(_) => return Err(not_in_bulk("FIELDS(ALL) and FIELDS(CUSTOM)")),
            SelectItem::Child(_) => return Err(not_in_bulk("Aggregate Relationships")),
            SelectItem::TypeOf(_) => return Err(not_in_bulk("TYPEOF")),
        }
    }
    Ok(columns)
}

/// A column's name: the path as the schema writes it.
fn header<'q>(scope: &Scope<'_, 'q>, path: &'q FieldPath) -> Result<String, Refusal> {
    let names = scope.names(path);
    let Some((last, parents)) = names.split_last() else { return Ok(path.to_string()) };
    let (mut header, mut objects) = (String::new(), vec![scope.object]);
    for name in parents {
        let object = objects.iter().copied().find(|object| object.parent(name.as_str()).is_some());
        let via = scope.parent_field(object.unwrap_or(scope.object), name, path)?;
        header.push_str(relationship_name(via, name));
        header.push('.');
        objects = scope.view.targets(via);
    }
    let field = objects.iter().find_map(|object| object.field(last.as_str()));
    header.push_str(field.map_or(last.as_str(), |field| &field.name));
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_written_is_an_error() {
        let store = crate::seed::empty();
        let text = "SELECT Id FROM User";
        let ask = Ask { text, all_rows: false, batch: None, version: ApiVersion::DEFAULT };
        let mut extract = Extract::run(&store, &ask).unwrap();
        let dialect = Dialect::of(None, None).unwrap();
        let mut out = Vec::new();
        extract.write(Some(0..1), dialect, &mut out).unwrap();
        assert!(!out.is_empty());
        extract.text = "SELECT Gone__c FROM User".into();
        assert!(extract.write(Some(0..1), dialect, &mut out).unwrap_err().to_string().contains("Gone__c"));
    }
}
