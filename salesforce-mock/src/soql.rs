//! Runs queries over the rows of an org.
//!
//! The text is parsed, every name in it is looked up once, the rows are found, sorted and cut, and a page of them is
//! written. What is kept for further pages are the slots of the rows, not the rows.

mod compare;
mod cursor;
mod dates;
mod explain;
mod extract;
mod filter;
mod group;
mod lookup;
mod reading;
mod render;
mod rows;
mod scope;
mod select;
mod source;

use std::collections::HashSet;
use std::sync::Arc;

use salesforce_soql::ast::{ChildQuery, Name, Query, SelectItem, Tail};
use salesforce_types::{ApiVersion, RecordId};
use serde_json::value::RawValue;

use crate::rules::Refusal;
use crate::schema::Object;
use crate::store::{Row, Store};
use filter::{Filter, where_clause};
use reading::Reading;
use render::Renderer;
use scope::{Scope, View};
use select::{Planner, Shape};
pub(crate) use source::Source;

pub(crate) use cursor::Cursors;
pub(crate) use explain::explain;
pub(crate) use extract::{Extract, check_extract};
pub(crate) use render::{Text, write_value};

/// The largest `OFFSET`.
const MOST_OFFSET: u64 = 2000;

/// The rows on a page when a row has several long texts.
const LONG_TEXT_BATCH: usize = 200;

/// What a caller asks for.
#[derive(Debug)]
pub(crate) struct Ask<'q> {
    pub(crate) text: &'q str,
    /// Whether rows in the recycle bin are seen.
    pub(crate) all_rows: bool,
    /// The most rows of a page; all rows are on one page when there is none.
    pub(crate) batch: Option<usize>,
    pub(crate) version: ApiVersion,
}

/// The first page of a query.
pub(crate) fn first_page(store: &Store, cursors: &mut Cursors, ask: &Ask<'_>) -> Result<Vec<u8>, Refusal> {
    page_within(store, cursors, ask, None)
}

/// The rows of a query that are among those found by a search, as JSON.
pub(crate) fn among(
    store: &Store,
    text: &str,
    found: &HashSet<RecordId>,
    version: ApiVersion,
) -> Result<Vec<Box<RawValue>>, Refusal> {
    #[derive(serde::Deserialize)]
    struct Page {
        records: Vec<Box<RawValue>>,
    }
    let ask = Ask { text, all_rows: false, batch: None, version };
    let page = page_within(store, &mut Cursors::default(), &ask, Some(found))?;
    let page: Page = serde_json::from_slice(&page).expect("the page was written here");
    Ok(page.records)
}

/// The first page of a query, of the rows of that set if there is one.
fn page_within(
    store: &Store,
    cursors: &mut Cursors,
    ask: &Ask<'_>,
    within: Option<&HashSet<RecordId>>,
) -> Result<Vec<u8>, Refusal> {
    let source = Source(ask.text);
    let query = salesforce_soql::parse_strict(ask.text).map_err(|error| source.malformed(&error))?;
    let view = View { store, all_rows: ask.all_rows };
    let scope = scope_of(view, source, &query)?;
    check(&scope, &query)?;
    let filter = filter_of(&scope, &query)?;
    if query.is_count() {
        let limit = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let count = rows::matching(view, scope.object, filter.as_ref()).take(limit).count();
        return Ok(format!("{{\"totalSize\":{count},\"done\":true,\"records\":[]}}").into());
    }
    if query.is_aggregate() {
        return group::answer(&scope, &query, filter.as_ref());
    }
    let shape = Planner::shape_of(&scope, &query, ask.version)?;
    let keys = rows::order_by(&scope, &query.order_by)?;
    let found = rows::matching(view, scope.object, filter.as_ref())
        .filter(|(_, row)| within.is_none_or(|within| within.contains(&row.id())));
    let batch = match ask.batch {
        Some(batch) if shape.long_texts() >= 2 => batch.min(LONG_TEXT_BATCH),
        batch => batch.unwrap_or(usize::MAX),
    };
    let limit = match query.offset {
        // A query with an offset has no further pages.
        Some(_) => Some(query.limit.unwrap_or(u64::MAX).min(u64::try_from(batch).unwrap_or(u64::MAX))),
        None => query.limit,
    };
    let slots: Arc<[u32]> = rows::arrange(view, scope.object, found, &keys, limit, query.offset).into();
    let text: Arc<str> = ask.text.into();
    let mut out = Vec::new();
    Renderer { view, version: ask.version, batch, text: &text, cursors, place: Vec::new() }
        .page(&mut out, &shape, &slots, 0, None);
    Ok(out)
}

/// A further page, by its locator.
pub(crate) fn next_page(
    store: &Store,
    cursors: &mut Cursors,
    locator: &str,
    version: ApiVersion,
) -> Result<Vec<u8>, Refusal> {
    let (id, cursor, offset) = cursors.find(locator, store.clock.now())?;
    let (id, cursor) = (id.to_owned(), cursor.clone());
    let source = Source(&cursor.text);
    let query = salesforce_soql::parse_strict(&cursor.text).map_err(|error| source.malformed(&error))?;
    let view = View { store, all_rows: cursor.all_rows };
    let scope = scope_of(view, source, &query)?;
    let mut shape = Planner::shape_of(&scope, &query, version)?;
    for &place in &cursor.place {
        let children = shape.children_at(place).ok_or_else(Refusal::not_found)?;
        shape = children.shape;
    }
    if shape.object.index != cursor.object {
        return Err(Refusal::not_found());
    }
    let mut out = Vec::new();
    let (batch, text) = (cursor.batch, &cursor.text);
    Renderer { view, version, batch, text, cursors, place: cursor.place.to_vec() }.page(
        &mut out,
        &shape,
        &cursor.slots,
        offset,
        Some(&id),
    );
    Ok(out)
}

/// All rows of a query on one page.
pub(crate) fn whole(store: &Store, text: &str, all_rows: bool) -> Result<Vec<u8>, Refusal> {
    let ask = Ask { text, all_rows, batch: None, version: ApiVersion::DEFAULT };
    first_page(store, &mut Cursors::default(), &ask)
}

/// One row with the fields that are named, or with all it has.
pub(crate) fn record(
    store: &Store,
    object: &Object,
    row: &Row,
    fields: Option<&str>,
    version: ApiVersion,
) -> Result<Vec<u8>, Refusal> {
    let view = View { store, all_rows: false };
    let mut out = Vec::new();
    let mut write = |shape: &Shape<'_>| {
        let (text, cursors) = (&"".into(), &mut Cursors::default());
        Renderer { view, version, batch: usize::MAX, text, cursors, place: Vec::new() }.row(&mut out, shape, row);
    };
    let Some(fields) = fields else {
        let mut shape = Shape::new(object, version, false);
        object.fields.iter().try_for_each(|field| shape.put_field(field))?;
        write(&shape);
        return Ok(out);
    };
    let select = selected(object, fields)?;
    let scope = Scope::new(view, Source(fields), object, None);
    let planner = Planner { scope: &scope, version, level: 1, bounded: true, single: true };
    write(&planner.shape(&select)?);
    Ok(out)
}

/// Whether the fields of [`record`] are there, without a row.
pub(crate) fn check_fields(store: &Store, object: &Object, fields: &str, version: ApiVersion) -> Result<(), Refusal> {
    let view = View { store, all_rows: false };
    let select = selected(object, fields)?;
    let scope = Scope::new(view, Source(fields), object, None);
    Planner { scope: &scope, version, level: 1, bounded: true, single: true }.shape(&select).map(|_| ())
}

/// A list of fields as the select list of a query, the id among them.
fn selected(object: &Object, fields: &str) -> Result<Vec<SelectItem>, Refusal> {
    let paths = fields.split(',').map(|field| {
        let field = field.trim();
        field.parse().map_err(|_| Source(fields).unknown_field(field, field, &object.name))
    });
    let mut select: Vec<SelectItem> =
        paths.map(|path| Ok(SelectItem::Field { path: path?, alias: None })).collect::<Result<_, Refusal>>()?;
    let is_id = |item: &SelectItem| matches!(item, SelectItem::Field { path, .. } if path.is("Id"));
    if !select.iter().any(is_id) {
        select.extend("Id".parse().ok().map(|path| SelectItem::Field { path, alias: None }));
    }
    Ok(select)
}

/// The name of the object that a query is about.
pub(crate) fn object_of(store: &Store, text: &str) -> Result<Arc<str>, Refusal> {
    let source = Source(text);
    let query = salesforce_soql::parse_strict(text).map_err(|error| source.malformed(&error))?;
    // Some objects are known by name only: that the API refuses them.
    let name = query.from.object.as_str();
    Ok(store.schema().object(name).map_or_else(|| name.into(), |object| Arc::clone(&object.name)))
}

fn scope_of<'o, 'q>(view: View<'o>, source: Source<'q>, query: &'q Query) -> Result<Scope<'o, 'q>, Refusal> {
    let object = rows::queried(view, source, &query.from.object)?;
    let mut scope = Scope::new(view, source, object, query.from.alias.as_ref());
    for joined in &query.from.joined {
        if let Some(alias) = &joined.alias {
            scope.join(&joined.path, alias);
        }
    }
    Ok(scope)
}

/// What a row has to be to be found.
fn filter_of<'o>(scope: &Scope<'o, '_>, query: &Query) -> Result<Option<Filter<Reading<'o>>>, Refusal> {
    let filter = query.filter.as_ref().map(|filter| where_clause(scope, filter, filter::most_semi_joins()));
    let mine = match &query.scope {
        Some(name) => only_mine(scope, name)?,
        None => None,
    };
    Ok(match (filter.transpose()?, mine) {
        (Some(filter), Some(mine)) => Some(Filter::All(vec![filter, mine])),
        (filter, mine) => filter.or(mine),
    })
}

/// What the grammar allows and the server does not.
fn check(scope: &Scope<'_, '_>, query: &Query) -> Result<(), Refusal> {
    let malformed = |near: &str, text: &str| Err(scope.source.near(near, "MALFORMED_QUERY", text));
    if query.offset.is_some_and(|offset| offset > MOST_OFFSET) {
        return Err(Refusal::new(
            "NUMBER_OUTSIDE_VALID_RANGE",
            format!("Maximum SOQL offset allowed is {MOST_OFFSET}"),
        ));
    }
    if query.is_count() && !query.order_by.is_empty() {
        return malformed("ORDER", "ORDER BY is not allowed with COUNT()");
    }
    if !query.with.is_empty() {
        return malformed("WITH", "WITH is not supported on this object");
    }
    let apex_only = |tail: &Tail| matches!(tail, Tail::ForUpdate | Tail::AllRows);
    if query.tail.iter().any(apex_only) {
        return malformed("FROM", "FOR UPDATE and ALL ROWS are not allowed in this context");
    }
    let with_of = |child: &ChildQuery| !child.with.is_empty();
    if query.select.iter().any(|item| matches!(item, SelectItem::Child(child) if with_of(child))) {
        return malformed("WITH", "WITH is not supported in child queries");
    }
    rows::check_required_filter(scope, query.filter.as_ref())
}

/// `USING SCOPE`: `mine` are the rows of the user, `everything` is no filter.
fn only_mine<'o>(scope: &Scope<'o, '_>, name: &Name) -> Result<Option<filter::Filter<reading::Reading<'o>>>, Refusal> {
    let owner = scope.object.field("OwnerId");
    match owner {
        _ if name.is("everything") => Ok(None),
        Some(owner) if name.is("mine") => Ok(Some(filter::Filter::Test(
            reading::Reading::Path(scope::Path::Field(owner)),
            filter::Test::Compare(
                salesforce_soql::ast::CompareOp::Equal,
                compare::Comparand::Id(scope.view.store.user),
            ),
        ))),
        _ => {
            let text = format!("scope '{name}' is not supported on {}", scope.object.name);
            Err(scope.source.near(name.as_str(), "INVALID_QUERY_SCOPE", &text))
        }
    }
}
