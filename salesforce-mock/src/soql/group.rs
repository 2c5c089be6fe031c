//! Queries that answer with groups and not with rows.

mod sum;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use salesforce_soql::ast::{AggregateFunction, Direction, Function, GroupKind, Nulls, Operand, Query, SelectItem};
use salesforce_types::describe::FieldType;

use super::filter::{Compiler, Filter, Target};
use super::reading::{self, Reading};
use super::render::{Text, write_value};
use super::rows::{self, Key};
use super::scope::Scope;
use super::select::key;
use crate::rules::Refusal;
use crate::value::{Value, fold, write_json_text};
use sum::{Sum, supports};

/// The most groups of an answer: it has no further pages.
const MOST_GROUPS: usize = 2000;

/// The most fields of `ROLLUP` and `CUBE`.
const MOST_TOTALS: usize = 3;

/// What a group has in one column.
#[derive(Clone, Debug)]
enum Column<'o> {
    /// What the rows were grouped by, by its place in `GROUP BY`.
    Key(usize),
    /// 1 where a row of totals leaves the place open.
    Grouping(usize),
    /// An aggregate, by its place among them.
    Aggregate(usize),
    /// Formatted text of another column.
    Format(Box<Self>, &'o FieldType),
}

/// One value of many rows.
#[derive(Clone, Debug)]
struct Aggregate<'o> {
    function: AggregateFunction,
    /// Nothing for a count of rows.
    of: Option<Reading<'o>>,
}

/// A grouped query, ready to run.
#[derive(Debug)]
struct Plan<'s, 'o, 'q> {
    scope: &'s Scope<'o, 'q>,
    keys: Vec<(&'q Operand, Reading<'o>)>,
    aggregates: Vec<Aggregate<'o>>,
    kind: GroupKind,
}

#[derive(Debug)]
struct Group {
    keys: Vec<Value>,
    /// Which keys a row of totals leaves open, a bit each.
    open: usize,
    sums: Vec<Sum>,
}

/// The whole answer of a grouped query.
pub(super) fn answer<'o, 'q>(
    scope: &Scope<'o, 'q>,
    query: &'q Query,
    filter: Option<&Filter<Reading<'o>>>,
) -> Result<Vec<u8>, Refusal> {
    let mut plan = Plan::new(scope, query)?;
    let columns = plan.columns(&query.select)?;
    let order = plan.order(query, &columns)?;
    let having = match query.group_by.as_ref().and_then(|group_by| group_by.having.as_ref()) {
        Some(having) => Some(plan.having(having, &columns)?),
        None => None,
    };
    if query.group_by.is_none() && query.limit.is_some() {
        let text = "Non-grouped query that uses overall aggregate functions cannot also use LIMIT";
        return Err(scope.source.near("LIMIT", "MALFORMED_QUERY", text));
    }
    let groups = plan.run(filter);
    let kept = groups.iter().filter(|group| {
        having.as_ref().is_none_or(|having| having.holds(&|column| Cow::Owned(plan.read(column, group))))
    });
    let mut sorted: Vec<(Vec<Value>, &Group)> =
        kept.map(|group| (order.iter().map(|key| plan.read(&key.what, group)).collect(), group)).collect();
    rows::sort(&mut sorted, &order);
    let size = |number: Option<u64>, none| number.map_or(none, |number| usize::try_from(number).unwrap_or(usize::MAX));
    let shown: Vec<&Group> = (sorted.into_iter().map(|(_, group)| group))
        .skip(size(query.offset, 0))
        .take(size(query.limit, usize::MAX))
        .collect();
    if shown.len() > MOST_GROUPS {
        let text = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(Refusal::new("EXCEEDED_ID_LIMIT", text));
    }
    Ok(plan.written(&shown, &columns))
}

impl<'s, 'o, 'q> Plan<'s, 'o, 'q> {
    fn new(scope: &'s Scope<'o, 'q>, query: &'q Query) -> Result<Self, Refusal> {
        let malformed = |near: &str, text: &str| scope.source.near(near, "MALFORMED_QUERY", text);
        let mut keys = Vec::new();
        let mut kind = GroupKind::Plain;
        if let Some(group_by) = &query.group_by {
            kind = group_by.kind;
            if kind != GroupKind::Plain && group_by.items.len() > MOST_TOTALS {
                let text = format!("The maximum number of fields in ROLLUP and CUBE is {MOST_TOTALS}");
                return Err(malformed("GROUP", &text));
            }
            for item in &group_by.items {
                let reading = Reading::new(scope, item)?;
                match &reading {
                    Reading::Path(path) => {
                        if let Some(field) = path.field().filter(|field| !field.groupable) {
                            let text = format!("field '{}' can not be grouped in a query call", field.name);
                            return Err(malformed(&item.to_string(), &text));
                        }
                    }
                    Reading::DatePart(..) => {}
                    _ => return Err(malformed(&item.to_string(), "this function can not be used in GROUP BY")),
                }
                keys.push((item, reading));
            }
        }
        Ok(Self { scope, keys, aggregates: Vec::new(), kind })
    }

    /// The columns of the select list, with their keys.
    fn columns(&mut self, select: &'q [SelectItem]) -> Result<Vec<(String, Column<'o>)>, Refusal> {
        let mut columns: Vec<(String, Column<'o>)> = Vec::new();
        let (mut unnamed, mut named) = (0, 0);
        for item in select {
            let (name, column) = match item {
                SelectItem::Field { path, alias } => {
                    let operand = Operand::Field(path.clone());
                    let place =
                        self.keys.iter().position(|(known, _)| self.same(known, &operand)).ok_or_else(|| {
                            let text = format!("Field must be grouped or aggregated: {}", path.name());
                            self.scope.source.near(&path.to_string(), "MALFORMED_QUERY", &text)
                        })?;
                    named += usize::from(alias.is_some());
                    let field = self.keys.get(place).and_then(|(_, reading)| reading.field());
                    let name = field.map_or_else(|| path.name().to_string(), |field| field.name.to_string());
                    (alias.as_ref().map_or(name, ToString::to_string), Column::Key(place))
                }
                SelectItem::Function { call, alias } => {
                    let column = self.function(call)?;
                    named += usize::from(alias.is_some());
                    let name = alias.as_ref().map_or_else(
                        || {
                            unnamed += 1;
                            format!("expr{}", unnamed - 1)
                        },
                        ToString::to_string,
                    );
                    (name, column)
                }
                SelectItem::Fields(_) => {
                    return Err(self.scope.source.near(
                        "FIELDS",
                        "MALFORMED_QUERY",
                        "Field must be grouped or aggregated: FIELDS",
                    ));
                }
                SelectItem::Child(_) | SelectItem::TypeOf(_) => {
                    let text = "Child queries and TYPEOF can not be used with GROUP BY or aggregate functions";
                    return Err(Refusal::new("MALFORMED_QUERY", text));
                }
            };
            if columns.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                return Err(Refusal::new("INVALID_FIELD", format!("duplicate alias: {name}")));
            }
            columns.push((name, column));
        }
        if named > 100 {
            return Err(Refusal::new("MALFORMED_QUERY", "maximum number of aliased fields exceeded: 100"));
        }
        Ok(columns)
    }

    /// Whether two operands are the same but for case and aliases.
    fn same(&self, left: &Operand, right: &Operand) -> bool {
        match (left, right) {
            (Operand::Field(left), Operand::Field(right)) => {
                let (left, right): (Vec<_>, Vec<_>) = (left.names().collect(), right.names().collect());
                // Either may be written with the alias of the query before it.
                let tail = left.len().min(right.len());
                let ends = |names: &[_], other: &[_]| names.iter().rev().take(tail).eq(other.iter().rev().take(tail));
                left == right
                    || (left.len().abs_diff(right.len()) == 1 && ends(&left, &right) && self.is_prefixed(&left, &right))
            }
            _ => left == right,
        }
    }

    fn is_prefixed(&self, left: &[&salesforce_soql::ast::Name], right: &[&salesforce_soql::ast::Name]) -> bool {
        let longer = if left.len() > right.len() { left } else { right };
        longer.first().is_some_and(|first| self.scope.object.parent(first.as_str()).is_none())
    }

    fn function(&mut self, call: &'q Function) -> Result<Column<'o>, Refusal> {
        let malformed = |text: &str| Err(self.scope.source.near(&call.to_string(), "MALFORMED_QUERY", text));
        match call {
            Function::Aggregate { function, arguments } => {
                let of = match arguments.as_slice() {
                    [] if *function == AggregateFunction::Count => None,
                    [argument] => Some(Reading::new(self.scope, argument)?),
                    _ => return malformed(&format!("{} takes one field", function.as_str())),
                };
                if let Some(reading) = &of
                    && !supports(*function, reading)
                {
                    let name = reading.field().map_or_else(|| call.to_string(), |field| field.name.to_string());
                    return malformed(&format!(
                        "field {name} does not support aggregate operator {}",
                        function.as_str()
                    ));
                }
                self.aggregates.push(Aggregate { function: *function, of });
                Ok(Column::Aggregate(self.aggregates.len() - 1))
            }
            Function::Grouping(paths) => {
                let [path] = paths.as_slice() else { return malformed("GROUPING takes one field") };
                let operand = Operand::Field(path.clone());
                match self.keys.iter().position(|(known, _)| self.same(known, &operand)) {
                    Some(place) if self.kind != GroupKind::Plain => Ok(Column::Grouping(place)),
                    _ => malformed("GROUPING is only allowed for a field of GROUP BY ROLLUP or CUBE"),
                }
            }
            Function::Format(inner) => {
                let column = match inner {
                    Operand::Function(inner) => self.function(inner)?,
                    Operand::Field(_) => self.grouped(inner, call)?,
                };
                let kind = self.kind_of(&column);
                Ok(Column::Format(Box::new(column), kind))
            }
            other => self.grouped(&Operand::Function(Box::new(other.clone())), call),
        }
    }

    /// A column of `GROUP BY`.
    fn grouped(&self, operand: &Operand, call: &Function) -> Result<Column<'o>, Refusal> {
        let place = self.keys.iter().position(|(known, _)| self.same(known, operand));
        place.map(Column::Key).ok_or_else(|| {
            let text = format!("Field must be grouped or aggregated: {call}");
            self.scope.source.near(&call.to_string(), "MALFORMED_QUERY", &text)
        })
    }

    fn kind_of(&self, column: &Column<'o>) -> &'o FieldType {
        match column {
            Column::Key(place) => self.keys.get(*place).map_or(&FieldType::String, |(_, reading)| reading.kind()),
            Column::Grouping(_) => &FieldType::Int,
            Column::Format(..) => &FieldType::String,
            Column::Aggregate(place) => match self.aggregates.get(*place) {
                Some(Aggregate { function: AggregateFunction::Count | AggregateFunction::CountDistinct, .. }) => {
                    &FieldType::Int
                }
                Some(Aggregate { function: AggregateFunction::Avg, .. }) => &FieldType::Double,
                Some(Aggregate { of: Some(reading), .. }) => reading.kind(),
                _ => &FieldType::String,
            },
        }
    }

    /// What a part of `HAVING` or `ORDER BY` means: an alias, a field that is grouped by, or an aggregate.
    fn column(&mut self, operand: &'q Operand, named: &[(String, Column<'o>)]) -> Result<Column<'o>, Refusal> {
        match operand {
            Operand::Function(call) => self.function(call),
            Operand::Field(path) => {
                let alias = named.iter().find(|(name, _)| path.is(name)).map(|(_, column)| column.clone());
                let place = self.keys.iter().position(|(known, _)| self.same(known, operand));
                place.map(Column::Key).or(alias).ok_or_else(|| {
                    let text = format!("Field must be grouped or aggregated: {}", path.name());
                    self.scope.source.near(&path.to_string(), "MALFORMED_QUERY", &text)
                })
            }
        }
    }

    fn order(&mut self, query: &'q Query, named: &[(String, Column<'o>)]) -> Result<Vec<Key<Column<'o>>>, Refusal> {
        let key = |item: &'q salesforce_soql::ast::OrderItem| {
            Ok(Key {
                what: self.column(&item.by, named)?,
                descending: item.direction == Direction::Descending,
                nulls_last: item.nulls == Some(Nulls::Last),
            })
        };
        query.order_by.iter().map(key).collect()
    }

    fn having(
        &mut self,
        condition: &'q salesforce_soql::ast::Condition,
        named: &[(String, Column<'o>)],
    ) -> Result<Filter<Column<'o>>, Refusal> {
        let scope = self.scope;
        let today = scope.view.store.clock.now().date();
        let mut resolve = |operand: &'q Operand| {
            let what = self.column(operand, named)?;
            Ok(Target { kind: self.kind_of(&what), field: None, what })
        };
        Compiler { scope, resolve: &mut resolve, today, semi_joins: None }.compile(condition, true)
    }

    /// The places that each kind of total leaves open, a bit each.
    fn totals(&self) -> Vec<usize> {
        let count = self.keys.len().min(MOST_TOTALS);
        let all = (1_usize << count) - 1;
        match self.kind {
            GroupKind::Plain => vec![0],
            GroupKind::Rollup => (0..=count).map(|kept| all & !((1 << kept) - 1)).rev().collect(),
            GroupKind::Cube => (0..=all).collect(),
        }
    }

    fn run(&self, filter: Option<&Filter<Reading<'o>>>) -> Vec<Group> {
        let (view, object) = (self.scope.view, self.scope.object);
        let totals = self.totals();
        let mut groups: Vec<Group> = Vec::new();
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        if self.keys.is_empty() {
            groups.push(self.empty(Vec::new(), 0));
            places.insert(vec![b'0'], 0);
        }
        let mut name = Vec::new();
        for (_, row) in rows::matching(view, object, filter) {
            let keys: Vec<_> = self.keys.iter().map(|(_, reading)| reading.read(view, object, row)).collect();
            for &open in &totals {
                name.clear();
                let _ = write!(Text(&mut name), "{open}");
                for (_, value) in keys.iter().enumerate().filter(|(place, _)| !is_open(open, *place)) {
                    name.push(b',');
                    match &**value {
                        // Groups are compared as everything else: without regard to case.
                        Value::Text(value) => write_json_text(&mut name, &fold(value)),
                        value => write_value(&mut name, value),
                    }
                }
                let place = places.get(&name).copied().unwrap_or_else(|| {
                    let shown = |(place, value): (usize, &Cow<'_, Value>)| {
                        if is_open(open, place) { Value::Null } else { Value::clone(value) }
                    };
                    groups.push(self.empty(keys.iter().enumerate().map(shown).collect(), open));
                    places.insert(name.clone(), groups.len() - 1);
                    groups.len() - 1
                });
                if let Some(group) = groups.get_mut(place) {
                    for (sum, aggregate) in group.sums.iter_mut().zip(&self.aggregates) {
                        match &aggregate.of {
                            None => sum.add(&Value::Bool(true), aggregate.function),
                            Some(reading) => sum.add(&reading.read(view, object, row), aggregate.function),
                        }
                    }
                }
            }
        }
        groups
    }

    fn empty(&self, keys: Vec<Value>, open: usize) -> Group {
        let sums = self.aggregates.iter().map(|aggregate| Sum::new(aggregate.function));
        Group { keys, open, sums: sums.collect() }
    }

    fn read(&self, column: &Column<'o>, group: &Group) -> Value {
        match column {
            Column::Key(place) => group.keys.get(*place).cloned().unwrap_or_default(),
            Column::Grouping(place) => Value::Int(i64::from(is_open(group.open, *place))),
            Column::Format(inner, kind) => reading::formatted(&self.read(inner, group), kind),
            Column::Aggregate(place) => {
                let pair = group.sums.get(*place).zip(self.aggregates.get(*place));
                pair.map_or(Value::Null, |(sum, aggregate)| {
                    let whole =
                        aggregate.of.as_ref().is_some_and(|of| matches!(of.kind(), FieldType::Int | FieldType::Long));
                    sum.outcome(aggregate.function, whole)
                })
            }
        }
    }

    fn written(&self, groups: &[&Group], columns: &[(String, Column<'o>)]) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + groups.len() * 64);
        let _ = write!(Text(&mut out), "{{\"totalSize\":{},\"done\":true,\"records\":[", groups.len());
        for (place, group) in groups.iter().enumerate() {
            out.extend_from_slice(if place == 0 { b"" } else { b"," });
            out.extend_from_slice(b"{\"attributes\":{\"type\":\"AggregateResult\"}");
            for (name, column) in columns {
                out.push(b',');
                out.extend_from_slice(&key(name));
                write_value(&mut out, &self.read(column, group));
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        out
    }
}

fn is_open(open: usize, place: usize) -> bool {
    open >> place & 1 == 1
}
