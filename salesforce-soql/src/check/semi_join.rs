//! `IN (SELECT …)`, which may stand in few places.

use std::ops::Range;

use super::class::Class;
use super::condition::{Clause, Place};
use super::function::Meaning;
use super::scope::{Found, Scope, Target};
use super::{Checker, ProblemKind};
use crate::ast::{FieldPath, Operand, SelectItem, SemiJoin};

/// Semi-joins of one `WHERE`, at most.
const MAX_SEMI_JOINS: usize = 2;

/// Objects that a semi-join cannot read.
const REFUSED: &[&str] = &["ActivityHistory", "Attachment", "Event", "Note", "OpenActivity", "Task"];

impl<'s> Checker<'s, '_> {
    pub(super) fn semi_join(
        &mut self,
        scope: &Scope<'s, '_>,
        left: &Operand,
        meaning: Option<Meaning<'s>>,
        query: &SemiJoin,
        place: Place,
    ) {
        let span = self.span(left);
        self.place_of_semi_join(&span, place);
        let outer = match left {
            Operand::Field(path) => self.key(scope, path, meaning.and_then(|meaning| meaning.found)),
            Operand::Function(_) => {
                self.refuse(span.clone(), "a semi-join takes an id or a lookup on its left, no function");
                None
            }
        };
        let from = self.places.name(&query.from);
        if REFUSED.iter().any(|refused| query.from.is(refused)) {
            self.refuse(from.clone(), &format!("a semi-join cannot read {}", query.from));
        }
        if !query.order_by.is_empty() || query.limit.is_some() {
            self.refuse(from.clone(), "a semi-join takes no ORDER BY and no LIMIT");
        }
        let target = self.queried(&query.from);
        if let (Target::Object(inner), Target::Object(outer)) = (target, scope.target)
            && inner.name == outer.name
        {
            self.refuse(from, &format!("a semi-join has to read another object than {}", outer.name));
        }
        let inner_scope = Scope::new(target, [&query.from].into_iter().chain(&query.alias));
        match &query.select {
            SelectItem::Field { path, .. } => {
                let found = self.field(&inner_scope, path);
                let inner = self.key(&inner_scope, path, found);
                if let (Some(outer), Some(inner)) = (outer, inner) {
                    self.same_object(outer, inner, self.places.path(path));
                }
            }
            SelectItem::TypeOf(type_of) => {
                self.refuse(self.places.name(&type_of.relationship), "a semi-join selects one id or lookup, no TYPEOF");
            }
            _ => {}
        }
        if let Some(filter) = &query.filter {
            self.condition(&inner_scope, filter, Place::top(Clause::SemiJoinWhere));
        }
        for item in &query.order_by {
            self.operand(&inner_scope, &item.by);
        }
    }

    fn place_of_semi_join(&mut self, span: &Range<usize>, place: Place) {
        let wrong = match place.clause {
            Clause::Where => None,
            Clause::ChildWhere => Some("a semi-join cannot stand in a child query"),
            Clause::SemiJoinWhere => Some("a semi-join cannot stand in another one"),
            Clause::Having => Some("a semi-join cannot stand in HAVING"),
        };
        let wrong = wrong
            .or_else(|| place.in_or.then_some("a semi-join cannot stand below OR"))
            .or_else(|| place.in_not.then_some("a semi-join cannot stand below NOT: write NOT IN"));
        if let Some(wrong) = wrong {
            self.refuse(span.clone(), wrong);
        }
    }

    /// A side of a semi-join: an id or a lookup of the object itself. Gives the field, if it is one.
    fn key(&mut self, scope: &Scope<'s, '_>, path: &FieldPath, found: Option<Found<'s>>) -> Option<Found<'s>> {
        let span = self.places.path(path);
        if !scope.start(path).1.is_empty() {
            self.refuse(span, "a semi-join takes fields of the object itself, none of a parent");
            return None;
        }
        let found = found?;
        let class = Class::of(&found.field.field_type);
        if !matches!(class, Class::Id | Class::Other) {
            let (name, field_type) = (&found.field.name, found.field.field_type.as_str());
            self.refuse(span, &format!("a semi-join takes an id or a lookup, and {name} is of type {field_type}"));
            return None;
        }
        Some(found)
    }

    fn same_object(&mut self, outer: Found<'s>, inner: Found<'s>, span: Range<usize>) {
        let objects = |found: Found<'s>| match found.field.reference_to.as_slice() {
            [] if Class::of(&found.field.field_type) == Class::Id && found.field.name.eq_ignore_ascii_case("Id") => {
                std::slice::from_ref(&found.object.name)
            }
            objects => objects,
        };
        let (left, right) = (objects(outer), objects(inner));
        let meet = left.iter().any(|one| right.iter().any(|other| one.eq_ignore_ascii_case(other)));
        if !left.is_empty() && !right.is_empty() && !meet {
            let message = format!(
                "{} points to {}, and the field on the left to {}",
                inner.field.name,
                right.join(" or "),
                left.join(" or ")
            );
            self.refuse(span, &message);
        }
    }

    fn refuse(&mut self, span: Range<usize>, message: &str) {
        self.report(ProblemKind::SemiJoin, span, message.to_owned());
    }

    /// The server counts the semi-joins of a `WHERE`; `spans` are their left sides.
    pub(super) fn count_of_semi_joins(&mut self, spans: &[Range<usize>]) {
        if let Some(span) = spans.get(MAX_SEMI_JOINS) {
            self.refuse(span.clone(), &format!("a WHERE takes {MAX_SEMI_JOINS} semi-joins, and this is one more"));
        }
    }
}
