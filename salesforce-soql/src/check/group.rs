//! `GROUP BY`, and what it asks of the other clauses.

use std::collections::HashSet;

use super::condition::{Clause, Place};
use super::scope::Scope;
use super::{Checker, ProblemKind};
use crate::ast::{FieldPath, Name, Operand, Query, SelectItem};

impl<'s, 'q> Checker<'s, 'q> {
    /// A query of groups, but for what it is sorted by.
    pub(super) fn groups(&mut self, scope: &mut Scope<'s, 'q>, query: &'q Query) {
        let mut grouped = HashSet::new();
        for item in query.group_by.iter().flat_map(|group| &group.items) {
            if let Operand::Field(path) = item {
                grouped.insert(scope.key(path));
            }
            if scope.is_selected(item) {
                continue;
            }
            let meaning = self.operand(scope, item);
            if let Some(found) = meaning.found.filter(|found| found.lacks(|field| field.groupable)) {
                let message = format!("{} cannot stand in GROUP BY", found.field.name);
                self.report(ProblemKind::NotGroupable, self.span(item), message);
            }
        }
        // Grouping by the name that a field got in the select list is grouping by the field.
        let by_alias = |alias: &Name| grouped.contains(&alias.as_str().to_ascii_lowercase());
        let more = query.select.iter().filter_map(|item| match item {
            SelectItem::Field { path, alias: Some(alias) } if by_alias(alias) => Some(scope.key(path)),
            _ => None,
        });
        grouped.extend(more.collect::<Vec<_>>());
        scope.grouped = Some(grouped);
        for item in &query.select {
            if let SelectItem::Field { path, .. } = item {
                self.grouped_path(scope, path);
            }
        }
        if let Some(having) = query.group_by.as_ref().and_then(|group| group.having.as_ref()) {
            self.condition(scope, having, Place::top(Clause::Having));
        }
    }

    /// In a query of groups, a field that stands by itself has to be one of those that make the groups.
    pub(super) fn grouped(&mut self, scope: &Scope<'s, '_>, operand: &Operand) {
        if let Operand::Field(path) = operand {
            self.grouped_path(scope, path);
        }
    }

    fn grouped_path(&mut self, scope: &Scope<'s, '_>, path: &FieldPath) {
        if scope.grouped.as_ref().is_some_and(|grouped| !grouped.contains(&scope.key(path))) {
            let message = format!("in a query of groups, `{path}` has to be in GROUP BY or in an aggregate function");
            self.report(ProblemKind::NotGrouped, self.places.path(path), message);
        }
    }
}
