//! `WHERE` and `HAVING`.

use std::ops::Range;

use salesforce_types::describe::{Field, FieldType};

use super::class::{Class, described};
use super::function::Meaning;
use super::report::Finding;
use super::scope::Scope;
use super::{Checker, ProblemKind};
use crate::ast::{CompareOp, Condition, Function, Operand, Set, Text, Value};

/// Which condition it is, and where in it we are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) clause: Clause,
    /// Below an `OR`.
    pub(super) in_or: bool,
    /// Below a `NOT`.
    pub(super) in_not: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Where,
    ChildWhere,
    SemiJoinWhere,
    Having,
}

impl Place {
    pub(super) fn top(clause: Clause) -> Self {
        Self { clause, in_or: false, in_not: false }
    }
}

impl<'s> Checker<'s, '_> {
    pub(super) fn condition(&mut self, scope: &Scope<'s, '_>, condition: &Condition, place: Place) {
        match condition {
            Condition::And(parts) => parts.iter().for_each(|part| self.condition(scope, part, place)),
            Condition::Or(parts) => {
                parts.iter().for_each(|part| self.condition(scope, part, Place { in_or: true, ..place }));
            }
            Condition::Not(inner) => self.condition(scope, inner, Place { in_not: true, ..place }),
            Condition::Compare { left, op, right } => {
                let Some(meaning) = self.left(scope, left, place) else { return };
                self.compared(left, meaning, *op, right);
                self.value(left, meaning, right);
            }
            Condition::Like { left, .. } => {
                let Some(meaning) = self.left(scope, left, place) else { return };
                if !meaning.class.has_patterns() {
                    self.operator(left, meaning, "LIKE", "that is for texts");
                }
            }
            Condition::In { left, set: Set::Values(values), .. } => {
                let Some(meaning) = self.left(scope, left, place) else { return };
                values.iter().for_each(|value| self.value(left, meaning, value));
            }
            Condition::In { left, set: Set::Query(query), .. } => {
                let meaning = self.left(scope, left, place);
                self.semi_join(scope, left, meaning, query, place);
            }
            Condition::Includes { left, negated, sets } => {
                let Some(meaning) = self.left(scope, left, place) else { return };
                let one_value = |field: &Field| field.field_type != FieldType::MultiPicklist;
                if meaning.class != Class::Other && meaning.found.is_some_and(|found| one_value(found.field)) {
                    let name = if *negated { "EXCLUDES" } else { "INCLUDES" };
                    self.operator(left, meaning, name, "that is for multi-select picklists");
                }
                sets.iter().for_each(|text| self.listed(meaning, text, self.places.text(text)));
            }
        }
    }

    /// The left side; nothing more is known of the name of an aggregate.
    fn left(&mut self, scope: &Scope<'s, '_>, left: &Operand, place: Place) -> Option<Meaning<'s>> {
        if place.clause == Clause::Having && scope.is_selected(left) {
            return None;
        }
        let meaning = self.operand(scope, left);
        if place.clause == Clause::Having {
            self.grouped(scope, left);
        }
        if let (Some(found), Operand::Field(path)) = (meaning.found, left)
            && place.clause != Clause::Having
            && found.lacks(|field| field.filterable)
        {
            let message = format!("{} cannot stand in WHERE", found.field.name);
            self.report(ProblemKind::NotFilterable, self.places.path(path), message);
        }
        Some(meaning)
    }

    fn compared(&mut self, left: &Operand, meaning: Meaning<'s>, op: CompareOp, right: &Value) {
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let distance = matches!(left, Operand::Function(call) if matches!(**call, Function::Distance { .. }));
        if distance && !matches!(op, CompareOp::Less | CompareOp::Greater) {
            self.operator(left, meaning, &op.to_string(), "that is compared by < or >");
        } else if !equality && !meaning.class.has_order() {
            self.operator(left, meaning, &op.to_string(), "that has no order");
        } else if !equality
            && *right == Value::Null
            && let Some(span) = self.places.value(right)
        {
            let message = format!("null is compared by = or != only, not by {op}");
            self.report(ProblemKind::WrongOperator, span, message);
        }
    }

    fn operator(&mut self, left: &Operand, meaning: Meaning<'s>, operator: &str, why: &str) {
        let what = meaning.found.map_or_else(
            || left.to_string(),
            |found| format!("{}, of type {},", found.field.name, found.field.field_type.as_str()),
        );
        let message = format!("{what} cannot be compared by {operator}: {why}");
        self.report(ProblemKind::WrongOperator, self.span(left), message);
    }

    /// One literal on the right.
    fn value(&mut self, left: &Operand, meaning: Meaning<'s>, value: &Value) {
        let Some(span) = self.places.value(value) else { return };
        if meaning.class.takes(value) {
            if let Value::Text(text) = value {
                self.id(meaning, text, span.clone());
                self.listed(meaning, text, Some(span));
            }
            return;
        }
        let what = meaning.found.map_or_else(
            || format!("{left} gives no such value and"),
            |found| format!("{} is of type {} and", found.field.name, found.field.field_type.as_str()),
        );
        let message = format!("{what} cannot be compared with {}", described(value));
        self.report(ProblemKind::WrongLiteral, span, message);
    }

    /// A text that is compared with an id. Lookups are left alone, since those of some objects hold names.
    fn id(&mut self, meaning: Meaning<'s>, text: &Text, span: Range<usize>) {
        let text = text.as_str();
        let fits = matches!(text.len(), 0 | 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits && meaning.found.is_some_and(|found| found.field.field_type == FieldType::Id) {
            let message = "an id has 15 or 18 letters and digits, so no row has this one".to_owned();
            self.report(ProblemKind::NoRecordId, span, message);
        }
    }

    /// A value of a picklist; several, joined by `;`, of a multi-select one.
    fn listed(&mut self, meaning: Meaning<'s>, text: &Text, span: Option<Range<usize>>) {
        let (Some(found), Some(span)) = (meaning.found, span) else { return };
        let field = found.field;
        let separator = match field.field_type {
            FieldType::Picklist => None,
            FieldType::MultiPicklist => Some(';'),
            _ => return,
        };
        if !field.restricted_picklist || field.picklist_values.is_empty() {
            return;
        }
        let is_listed = |text: &str| {
            let text = text.to_lowercase();
            text.is_empty() || field.picklist_values.iter().any(|entry| entry.value.to_lowercase() == text)
        };
        for part in text.as_str().split(|c| Some(c) == separator).filter(|part| !is_listed(part)) {
            let values = field.picklist_values.iter().map(|entry| &*entry.value);
            let near = super::nearest(part, values).filter(|_| part == text.as_str());
            self.findings.push(Finding {
                kind: ProblemKind::UnlistedValue,
                span: span.clone(),
                message: format!("'{part}' is no listed value of {}", field.name),
                suggestion: near.map(|near| Text::from(near).to_string()),
            });
        }
    }

    /// Where the first field of an operand stands.
    pub(super) fn span(&self, operand: &Operand) -> Range<usize> {
        match operand {
            Operand::Field(path) => self.places.path(path),
            Operand::Function(call) => match &**call {
                Function::Aggregate { arguments, .. } => arguments.first().map_or(0..0, |argument| self.span(argument)),
                Function::Format(inner) => self.span(inner),
                Function::Date { field, .. }
                | Function::ToLabel(field)
                | Function::ConvertCurrency(field)
                | Function::Distance { from: field, .. } => self.places.path(field),
                Function::Grouping(fields) => fields.first().map_or(0..0, |field| self.places.path(field)),
            },
        }
    }
}
