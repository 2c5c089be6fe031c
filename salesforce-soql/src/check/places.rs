//! Where the parts of a tree stand in its text.
//!
//! The tree holds no positions, so that it is equal to one that was built in code. The parser notes the spans of names
//! and literals in the order of the text, and a walk through the tree in that order tells whose they are.

use std::collections::HashMap;
use std::ops::Range;
use std::ptr;

use crate::ast::{ChildQuery, Condition, FieldPath, Function, Name, Operand, OrderItem, Place, Query, SelectItem};
use crate::ast::{SemiJoin, Set, Text, TypeOf, Value};
use crate::parse::{Marks, ValueMark};

/// The spans of one borrowed tree: a name or literal in it is known by its address, which is its own while
/// it is borrowed.
pub(super) struct Places<'q> {
    names: HashMap<*const Name, Range<usize>>,
    values: HashMap<*const (), ValueMark>,
    tree: &'q Query,
}

impl<'q> Places<'q> {
    pub(super) fn new(tree: &'q Query, marks: Marks) -> Self {
        let mut walk = Walk::default();
        walk.query(tree);
        debug_assert_eq!((walk.names.len(), walk.values.len()), (marks.names.len(), marks.values.len()));
        Self {
            names: walk.names.into_iter().map(ptr::from_ref).zip(marks.names).collect(),
            values: walk.values.into_iter().zip(marks.values).collect(),
            tree,
        }
    }

    pub(super) fn tree(&self) -> &'q Query {
        self.tree
    }

    pub(super) fn name(&self, name: &Name) -> Range<usize> {
        self.names.get(&ptr::from_ref(name)).cloned().unwrap_or_default()
    }

    pub(super) fn path(&self, path: &FieldPath) -> Range<usize> {
        let last = self.name(path.name());
        path.parents().first().map_or(last.start, |first| self.name(first).start)..last.end
    }

    /// The span of a literal; none if a bind variable stands in its place.
    pub(super) fn value(&self, value: &Value) -> Option<Range<usize>> {
        self.literal(ptr::from_ref(value).cast())
    }

    /// The same for a text after `LIKE` or `INCLUDES`.
    pub(super) fn text(&self, text: &Text) -> Option<Range<usize>> {
        self.literal(ptr::from_ref(text).cast())
    }

    /// The span of `FIELDS(ALL)`.
    pub(super) fn fields(&self, item: &SelectItem) -> Range<usize> {
        self.literal(ptr::from_ref(item).cast()).unwrap_or_default()
    }

    fn literal(&self, address: *const ()) -> Option<Range<usize>> {
        self.values.get(&address).filter(|mark| !mark.is_bind).map(|mark| mark.span.clone())
    }
}

/// All names and literals, in the order of the text. The clauses of `WITH` are left out, as in the marks.
#[derive(Default)]
struct Walk<'q> {
    names: Vec<&'q Name>,
    values: Vec<*const ()>,
}

impl<'q> Walk<'q> {
    fn query(&mut self, query: &'q Query) {
        self.select(&query.select);
        self.names.push(&query.from.object);
        self.names.extend(&query.from.alias);
        for joined in &query.from.joined {
            self.names.extend(joined.path.names());
            self.names.extend(&joined.alias);
        }
        self.names.extend(&query.scope);
        self.filter(query.filter.as_ref());
        if let Some(group) = &query.group_by {
            group.items.iter().for_each(|item| self.operand(item));
            self.filter(group.having.as_ref());
        }
        self.order(&query.order_by);
    }

    fn child(&mut self, query: &'q ChildQuery) {
        self.select(&query.select);
        self.names.extend(query.relationship.names());
        self.names.extend(&query.alias);
        self.filter(query.filter.as_ref());
        self.order(&query.order_by);
    }

    fn semi_join(&mut self, query: &'q SemiJoin) {
        self.item(&query.select);
        self.names.push(&query.from);
        self.names.extend(&query.alias);
        self.filter(query.filter.as_ref());
        self.order(&query.order_by);
    }

    fn select(&mut self, items: &'q [SelectItem]) {
        items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &'q SelectItem) {
        match item {
            SelectItem::Field { path, alias } => {
                self.names.extend(path.names());
                self.names.extend(alias);
            }
            SelectItem::Function { call, alias } => {
                self.function(call);
                self.names.extend(alias);
            }
            SelectItem::Fields(_) => self.values.push(ptr::from_ref(item).cast()),
            SelectItem::Child(child) => self.child(child),
            SelectItem::TypeOf(type_of) => self.type_of(type_of),
        }
    }

    fn type_of(&mut self, type_of: &'q TypeOf) {
        self.names.push(&type_of.relationship);
        for when in &type_of.when {
            self.names.push(&when.object);
            self.names.extend(when.fields.iter().flat_map(FieldPath::names));
        }
        self.names.extend(type_of.otherwise.iter().flat_map(FieldPath::names));
    }

    fn order(&mut self, items: &'q [OrderItem]) {
        items.iter().for_each(|item| self.operand(&item.by));
    }

    fn operand(&mut self, operand: &'q Operand) {
        match operand {
            Operand::Field(path) => self.names.extend(path.names()),
            Operand::Function(call) => self.function(call),
        }
    }

    fn function(&mut self, call: &'q Function) {
        match call {
            Function::Aggregate { arguments, .. } => arguments.iter().for_each(|argument| self.operand(argument)),
            Function::Format(inner) => self.operand(inner),
            Function::Date { field, .. } | Function::ToLabel(field) | Function::ConvertCurrency(field) => {
                self.names.extend(field.names());
            }
            Function::Grouping(fields) => self.names.extend(fields.iter().flat_map(FieldPath::names)),
            Function::Distance { from, to, .. } => {
                self.names.extend(from.names());
                if let Place::Field(to) = to {
                    self.names.extend(to.names());
                }
            }
        }
    }

    fn filter(&mut self, filter: Option<&'q Condition>) {
        match filter {
            None => {}
            Some(Condition::And(parts) | Condition::Or(parts)) => parts.iter().for_each(|part| self.filter(Some(part))),
            Some(Condition::Not(inner)) => self.filter(Some(inner)),
            Some(Condition::Compare { left, right, .. }) => {
                self.operand(left);
                self.values.push(ptr::from_ref(right).cast());
            }
            Some(Condition::Like { left, pattern }) => {
                self.operand(left);
                self.values.push(ptr::from_ref(pattern).cast());
            }
            Some(Condition::In { left, set, .. }) => {
                self.operand(left);
                match set {
                    Set::Values(values) => self.values.extend(values.iter().map(|value| ptr::from_ref(value).cast())),
                    Set::Query(query) => self.semi_join(query),
                }
            }
            Some(Condition::Includes { left, sets, .. }) => {
                self.operand(left);
                self.values.extend(sets.iter().map(|text| ptr::from_ref(text).cast()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse_marked;

    #[test]
    fn every_name_and_literal_has_its_own_place() {
        let text = "SELECT a.Id, COUNT(convertCurrency(b)) n, FORMAT(MIN(c)) m, CALENDAR_YEAR(convertTimezone(d)) y, \
                    (SELECT e FROM f.g AS h WHERE i = 1 WITH RecordVisibilityContext (x = 1) ORDER BY j), \
                    TYPEOF k WHEN l THEN m, n.o ELSE p END, FIELDS(ALL), DISTANCE(q, GEOLOCATION(1, 2), 'mi') \
                    FROM r s, s.t u USING SCOPE mine WHERE v IN (1, 'two', TODAY, LAST_N_DAYS:3, :four) \
                    AND (w LIKE 'x%' OR NOT y INCLUDES ('a', 'b')) AND z IN (SELECT aa FROM ab ac WHERE ad = null) \
                    WITH DATA CATEGORY ae AT (af, ag) WITH UserId = 'ah' WITH USER_MODE \
                    GROUP BY ROLLUP(ai, DAY_ONLY(aj)) HAVING GROUPING(ak) > 1.50 AND am IN :an.ao AND ap EXCLUDES :aq \
                    ORDER BY DISTANCE(ar, au, 'km') DESC NULLS LAST LIMIT :ay OFFSET 1 FOR VIEW";
        let (query, marks) = parse_marked(text, false).unwrap();
        let mut walk = Walk::default();
        walk.query(&query);
        let found: Vec<_> = marks.names.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(walk.names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), found);
        let found: Vec<_> = marks.values.iter().map(|mark| &text[mark.span.clone()]).collect();
        let values =
            ["1", "FIELDS(ALL)", "1", "'two'", "TODAY", "LAST_N_DAYS:3", ":four", "'x%'", "'a'", "'b'", "null", "1.50"];
        assert_eq!(found, [&values[..], &[":an.ao", ":aq"]].concat());
        assert_eq!(walk.values.len(), found.len());
    }
}
