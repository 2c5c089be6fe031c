//! Which rows a filter may find, by the indexes of their table.

use std::ops::Range;

use salesforce_soql::ast::CompareOp;
use salesforce_types::Timestamp;
use salesforce_types::describe::FieldType;

use super::compare::Comparand;
use super::filter::{Filter, Test};
use super::reading::Reading;
use super::scope::Path;
use crate::schema::Field;
use crate::store::Table;
use crate::value::Value;

/// A window that holds more than this part of a table is no quicker than looking at each row.
const PART: usize = 8;

/// The slots of all rows that may fit, and of some that do not, in their order. Nothing when no index helps.
pub(super) fn slots(table: &Table, filter: &Filter<Reading<'_>>) -> Option<Vec<u32>> {
    let mut slots = equal(table, filter).or_else(|| within(table, filter))?;
    slots.sort_unstable();
    slots.dedup();
    Some(slots)
}

/// The rows that hold one of some values: ids, keys, parents.
fn equal(table: &Table, filter: &Filter<Reading<'_>>) -> Option<Vec<u32>> {
    let look_up = |field: &Field, value: &Value| match value {
        Value::Id(id) if is_id(field) => Some(table.slot_of(*id).into_iter().collect()),
        value => table.slots_equal(field.index, value).map(<[u32]>::to_vec),
    };
    match filter {
        Filter::All(parts) => parts.iter().find_map(|part| equal(table, part)),
        Filter::Test(Reading::Path(Path::Field(field)), Test::Compare(CompareOp::Equal, comparand)) => {
            look_up(field, &comparand.key()?)
        }
        Filter::Test(Reading::Path(Path::Field(field)), Test::In { negated: false, members }) => {
            let found: Option<Vec<Vec<u32>>> = members.keys()?.map(|key| look_up(field, &key)).collect();
            found.map(|found| found.concat())
        }
        _ => None,
    }
}

fn is_id(field: &Field) -> bool {
    field.index == 0 && field.kind == FieldType::Id
}

/// The rows whose stamps lie between the bounds that the filter sets.
fn within(table: &Table, filter: &Filter<Reading<'_>>) -> Option<Vec<u32>> {
    let (field, times) = window(table, filter)?;
    let most = table.len() / PART;
    let slots: Vec<u32> = table.slots_within(field, &times)?.take(most + 1).collect();
    (slots.len() <= most).then_some(slots)
}

/// The field and the times outside of which no row fits.
fn window(table: &Table, filter: &Filter<Reading<'_>>) -> Option<(usize, Range<Timestamp>)> {
    match filter {
        Filter::All(parts) => {
            let windows = parts.iter().filter_map(|part| window(table, part));
            windows.reduce(|(field, one), (_, other)| (field, one.start.max(other.start)..one.end.min(other.end)))
        }
        Filter::Any(parts) => {
            let windows: Option<Vec<_>> = parts.iter().map(|part| window(table, part)).collect();
            windows?
                .into_iter()
                .reduce(|(field, one), (_, other)| (field, one.start.min(other.start)..one.end.max(other.end)))
        }
        Filter::Test(Reading::Path(Path::Field(field)), Test::Compare(op, Comparand::Moments(from, to))) => {
            let (from, to) = (*from, *to);
            let always = Timestamp::from_millis(i64::MIN)..Timestamp::from_millis(i64::MAX);
            let times = match op {
                CompareOp::Equal => from..to,
                CompareOp::Less => always.start..from,
                CompareOp::LessOrEqual => always.start..to,
                CompareOp::Greater => to..always.end,
                CompareOp::GreaterOrEqual => from..always.end,
                CompareOp::NotEqual => return None,
            };
            table.is_stamp(field.index).then_some((field.index, times))
        }
        _ => None,
    }
}
