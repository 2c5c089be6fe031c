//! Which rows a query finds, and in what order.

use std::cmp::Ordering;

use salesforce_soql::ast::{CompareOp, Condition, Direction, Name, Nulls, Operand, OrderItem, Set};
use salesforce_types::describe::FieldType;

use super::compare;
use super::filter::Filter;
use super::lookup;
use super::reading::{self, Reading};
use super::scope::{Scope, View};
use super::source::Source;
use crate::rules::Refusal;
use crate::schema::Object;
use crate::store::Row;
use crate::value::Value;

/// The object of a `FROM`, if it can be queried.
pub(super) fn queried<'o>(view: View<'o>, source: Source<'_>, name: &Name) -> Result<&'o Object, Refusal> {
    let object = view.store.schema().object(name.as_str()).ok_or_else(|| source.unknown_object(name.as_str()))?;
    if object.queryable {
        Ok(object)
    } else {
        let text = format!("entity type {} does not support query", object.name);
        Err(Refusal::new("INVALID_TYPE_FOR_OPERATION", text))
    }
}

/// The rows that fit, with their slots, in the order of the table.
pub(super) fn matching<'o, 'f>(
    view: View<'o>,
    object: &'o Object,
    filter: Option<&'f Filter<Reading<'o>>>,
) -> Box<dyn Iterator<Item = (u32, &'o Row)> + 'f>
where
    'o: 'f,
{
    let table = view.store.table(object);
    let fits = move |row: &'o Row| {
        view.sees(row)
            && filter.is_none_or(|filter| filter.holds(&|reading: &Reading<'o>| reading.read(view, object, row)))
    };
    match filter.and_then(|filter| lookup::slots(table, filter)) {
        Some(slots) => Box::new(
            slots.into_iter().filter_map(move |slot| Some((slot, table.at(slot)?))).filter(move |(_, row)| fits(row)),
        ),
        None => Box::new(table.slots().filter(move |(_, row)| fits(row))),
    }
}

/// Some objects can only be queried by certain fields (REST reference 13.1).
pub(super) fn check_required_filter(scope: &Scope<'_, '_>, filter: Option<&Condition>) -> Result<(), Refusal> {
    let fields = &scope.object.requires_filter;
    let names = |operand: &Operand| match operand {
        Operand::Field(path) => fields.iter().any(|field| path.is(field)),
        Operand::Function(_) => false,
    };
    let by_key = |condition: &Condition| match condition {
        Condition::Compare { left, op: CompareOp::Equal, .. } => names(left),
        Condition::In { left, negated: false, set: Set::Values(_) } => names(left),
        _ => false,
    };
    let found = match filter {
        Some(Condition::And(parts)) => parts.iter().any(by_key),
        Some(condition) => by_key(condition),
        None => false,
    };
    if fields.is_empty() || found {
        return Ok(());
    }
    let named: Vec<&str> = fields.iter().map(|field| &**field).filter(|field| *field != "Id").collect();
    let text = format!(
        "Implementation restriction: {} requires a filter by a single Id on {} using the equals operator or multiple Id's \
         using the IN operator.",
        scope.object.name,
        named.join(" or ")
    );
    Err(Refusal::new("MALFORMED_QUERY", text))
}

/// One entry of `ORDER BY`, ready to sort by.
#[derive(Clone, Debug)]
pub(super) struct Key<R> {
    pub(super) what: R,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// `ORDER BY` over rows.
pub(super) fn order_by<'o, 'q>(
    scope: &Scope<'o, 'q>,
    items: &'q [OrderItem],
) -> Result<Vec<Key<Reading<'o>>>, Refusal> {
    items
        .iter()
        .map(|item| {
            let what = Reading::new(scope, &item.by)?;
            let field = if let Reading::Distance { .. } = what { None } else { what.field() };
            if let Some(field) = field.filter(|field| !field.sortable) {
                let text = format!("field '{}' can not be sorted in a query call", field.name);
                return Err(scope.source.near(&item.by.to_string(), "MALFORMED_QUERY", &text));
            }
            // The server takes no notice of NULLS LAST on the way over a parent.
            let over_parent = matches!(&what, Reading::Path(path) if path.has_parent());
            Ok(Key {
                what,
                descending: item.direction == Direction::Descending,
                nulls_last: item.nulls == Some(Nulls::Last) && !over_parent,
            })
        })
        .collect()
}

/// Sorts by keys that were read before; what is equal keeps its order.
pub(super) fn sort<R, T>(rows: &mut [(Vec<Value>, T)], keys: &[Key<R>]) {
    rows.sort_by(|(left, _), (right, _)| {
        let each = keys.iter().zip(left.iter().zip(right));
        each.map(|(key, (left, right))| order(key, left, right)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
}

fn order<R>(key: &Key<R>, left: &Value, right: &Value) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if key.nulls_last => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) if key.nulls_last => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) if key.descending => compare::order(right, left),
        (false, false) => compare::order(left, right),
    }
}

/// What a row sorts by.
fn keys_of<'o>(view: View<'o>, object: &'o Object, row: &'o Row, keys: &[Key<Reading<'o>>]) -> Vec<Value> {
    let read = |key: &Key<Reading<'o>>| {
        let value = key.what.read(view, object, row);
        match key.what.field().filter(|field| field.kind == FieldType::Picklist) {
            Some(field) if matches!(key.what, Reading::Path(_)) => reading::rank(field, &value),
            _ => value.into_owned(),
        }
    };
    keys.iter().map(read).collect()
}

/// Sorts rows and cuts out what `LIMIT` and `OFFSET` leave.
pub(super) fn arrange<'o>(
    view: View<'o>,
    object: &'o Object,
    found: impl Iterator<Item = (u32, &'o Row)>,
    keys: &[Key<Reading<'o>>],
    limit: Option<u64>,
    offset: Option<u64>,
) -> Vec<u32> {
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let offset = offset.map_or(0, |offset| usize::try_from(offset).unwrap_or(usize::MAX));
    if keys.is_empty() {
        return found.skip(offset).take(limit).map(|(slot, _)| slot).collect();
    }
    let mut rows: Vec<_> = found.map(|(slot, row)| (keys_of(view, object, row, keys), slot)).collect();
    sort(&mut rows, keys);
    rows.into_iter().skip(offset).take(limit).map(|(_, slot)| slot).collect()
}
