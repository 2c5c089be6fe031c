//! Statements and child queries.

use std::collections::HashSet;
use std::ops::Range;

use salesforce_types::describe::SObjectDescribe;

use super::condition::{Clause, Place};
use super::scope::{Scope, Target, leads_to};
use super::{Checker, ProblemKind, nearest};
use crate::ast::{
    ChildQuery, CompareOp, Condition, FieldGroup, FieldPath, Name, Operand, OrderItem, Query, SelectItem, Set, TypeOf,
};

/// Rows of a query with all fields, at most.
const MAX_ROWS_OF_ALL_FIELDS: u64 = 200;

impl<'q> Scope<'_, 'q> {
    /// Whether it is the name of something selected.
    pub(super) fn is_selected(&self, operand: &Operand) -> bool {
        matches!(operand, Operand::Field(path) if path.parents().is_empty() && self.selected.contains(&path.name()))
    }

    /// By this, a path is the same as another one that is written with an alias or in capitals.
    pub(super) fn key(&self, path: &FieldPath) -> String {
        let names = self.start(path).1.iter().chain([path.name()]);
        names.map(|name| name.as_str().to_ascii_lowercase()).collect::<Vec<_>>().join(".")
    }
}

fn alias(item: &SelectItem) -> Option<&Name> {
    match item {
        SelectItem::Field { alias, .. } | SelectItem::Function { alias, .. } => alias.as_ref(),
        _ => None,
    }
}

impl<'s, 'q> Checker<'s, 'q> {
    pub(super) fn query(&mut self) {
        let query = self.places.tree();
        let target = self.queried(&query.from.object);
        let mut scope = Scope::new(target, [&query.from.object].into_iter().chain(&query.from.alias));
        for joined in &query.from.joined {
            let (mut target, parents) = scope.start(&joined.path);
            for parent in parents.iter().chain([joined.path.name()]) {
                target = self.parent(target, parent);
            }
            scope.names.push((joined.alias.as_ref().unwrap_or(joined.path.name()), target));
        }
        scope.selected = query.select.iter().filter_map(alias).collect();
        self.select(&scope, &query.select);
        self.all_fields(&scope, query);
        if let Some(filter) = &query.filter {
            self.condition(&scope, filter, Place::top(Clause::Where));
            let mut spans = Vec::new();
            self.semi_joins(filter, &mut spans);
            self.count_of_semi_joins(&spans);
        }
        if query.is_aggregate() {
            self.groups(&mut scope, query);
        } else {
            self.duplicates(&query.select);
        }
        self.order(&scope, &query.order_by);
    }

    fn child(&mut self, outer: &Scope<'s, 'q>, query: &'q ChildQuery) {
        let (mut from, parents) = outer.start(&query.relationship);
        let name = query.relationship.name();
        // Whether children of a parent can be asked for is not written down; the parent has to be there all the same.
        for parent in parents {
            from = self.parent(from, parent);
        }
        let target = match from {
            Target::Object(object) => self.children(object, name),
            _ => Target::Unknown,
        };
        let mut scope = Scope::new(target, [name].into_iter().chain(&query.alias));
        // Aliases of the query around it may be seen from here. Its object's name is not: `Account.Name` in place of
        // `Account__r.Name` is a common slip.
        scope.names.extend(outer.names.iter().skip(1).copied());
        self.select(&scope, &query.select);
        self.duplicates(&query.select);
        if let Some(filter) = &query.filter {
            self.condition(&scope, filter, Place::top(Clause::ChildWhere));
        }
        self.order(&scope, &query.order_by);
    }

    /// What a child relationship leads to.
    fn children(&mut self, object: &'s SObjectDescribe, name: &Name) -> Target<'s> {
        let named =
            object.child_relationships.iter().filter_map(|child| Some((child.relationship_name.as_deref()?, child)));
        if let Some((_, child)) = named.clone().find(|(relationship, _)| name.is(relationship)) {
            return self.object(&child.child_sobject, name);
        }
        let by_object =
            named.clone().find(|(_, child)| name.is(&child.child_sobject)).map(|(relationship, _)| relationship);
        let near = by_object.or_else(|| nearest(name.as_str(), named.map(|(relationship, _)| relationship)));
        let message = format!("{} has no children `{name}`", object.name);
        self.suggest(ProblemKind::UnknownRelationship, name, message, near);
        Target::Unknown
    }

    fn select(&mut self, scope: &Scope<'s, 'q>, items: &'q [SelectItem]) {
        for item in items {
            match item {
                SelectItem::Field { path, .. } => {
                    self.field(scope, path);
                }
                SelectItem::Function { call, .. } => {
                    self.function(scope, call);
                }
                SelectItem::Fields(_) => {}
                SelectItem::Child(child) => self.child(scope, child),
                SelectItem::TypeOf(type_of) => self.type_of(scope, type_of),
            }
        }
    }

    fn type_of(&mut self, scope: &Scope<'s, 'q>, type_of: &'q TypeOf) {
        let field = match scope.target {
            Target::Object(object) => {
                let field = object.fields.iter().find(|field| leads_to(field, &type_of.relationship));
                if field.is_none() {
                    self.no_parent(object, &type_of.relationship);
                }
                field
            }
            _ => None,
        };
        for when in &type_of.when {
            if let Some(field) = field
                && !field.reference_to.is_empty()
                && !field.reference_to.iter().any(|object| when.object.is(object))
            {
                let near = nearest(when.object.as_str(), field.reference_to.iter().map(|object| &**object));
                let message = format!("{} never points to {}", field.name, when.object);
                self.suggest(ProblemKind::UnknownRelationship, &when.object, message, near);
                continue;
            }
            let target = self.object(when.object.as_str(), &when.object);
            let branch = Scope::new(target, []);
            for path in &when.fields {
                self.field(&branch, path);
            }
        }
        if !type_of.otherwise.is_empty() {
            let target = field.map_or(Target::Unknown, |field| self.pointed(field, &type_of.relationship));
            let others = Scope::new(target, []);
            for path in &type_of.otherwise {
                self.field(&others, path);
            }
        }
    }

    fn order(&mut self, scope: &Scope<'s, 'q>, items: &[OrderItem]) {
        for item in items.iter().filter(|item| !scope.is_selected(&item.by)) {
            let meaning = self.operand(scope, &item.by);
            self.grouped(scope, &item.by);
            if let Some(found) = meaning.found.filter(|found| found.lacks(|field| field.sortable)) {
                let message = format!("{} cannot stand in ORDER BY", found.field.name);
                self.report(ProblemKind::NotSortable, self.span(&item.by), message);
            }
        }
    }

    fn duplicates(&mut self, items: &[SelectItem]) {
        let mut seen = HashSet::new();
        for item in items {
            if let SelectItem::Field { path, .. } = item
                && !seen.insert(path)
            {
                let message = format!("`{path}` is selected twice");
                self.report(ProblemKind::DuplicateField, self.places.path(path), message);
            }
        }
    }

    /// `FIELDS(ALL)` and `FIELDS(CUSTOM)` are for few rows.
    fn all_fields(&mut self, scope: &Scope<'s, 'q>, query: &Query) {
        let group = query.select.iter().find_map(|item| match item {
            SelectItem::Fields(group @ (FieldGroup::All | FieldGroup::Custom)) => Some((*group, item)),
            _ => None,
        });
        let Some((group, item)) = group else { return };
        let span = self.places.fields(item);
        let few = query.limit.is_some_and(|limit| limit <= MAX_ROWS_OF_ALL_FIELDS);
        if !few && !query.filter.as_ref().is_some_and(|filter| self.by_id(scope, filter)) {
            let message = format!("FIELDS({group}) needs a LIMIT of at most {MAX_ROWS_OF_ALL_FIELDS}, or ids in WHERE");
            self.report(ProblemKind::Fields, span.clone(), message);
        }
        if let Target::Object(object) = scope.target
            && (group, query.select.len()) == (FieldGroup::Custom, 1)
            && !object.fields.iter().any(|field| field.custom || field.name.contains("__"))
        {
            self.report(ProblemKind::Fields, span, format!("{} has no custom fields", object.name));
        }
    }

    /// Whether a condition may ask for rows by their ids.
    fn by_id(&self, scope: &Scope<'s, 'q>, condition: &Condition) -> bool {
        let is_id = |left: &Operand| matches!(left, Operand::Field(path) if scope.key(path) == "id");
        match condition {
            Condition::And(parts) | Condition::Or(parts) => parts.iter().any(|part| self.by_id(scope, part)),
            Condition::Compare { left, op: CompareOp::Equal, .. }
            | Condition::In { left, negated: false, set: Set::Values(_) } => is_id(left),
            _ => false,
        }
    }

    fn semi_joins(&self, condition: &Condition, spans: &mut Vec<Range<usize>>) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| self.semi_joins(part, spans)),
            Condition::Not(inner) => self.semi_joins(inner, spans),
            Condition::In { left, set: Set::Query(_), .. } => spans.push(self.span(left)),
            _ => {}
        }
    }
}
