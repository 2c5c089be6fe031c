//! Functions, and what they give.

use salesforce_types::describe::FieldType;

use super::class::Class;
use super::scope::{Found, Scope};
use super::{Checker, ProblemKind};
use crate::ast::{AggregateFunction, DateFunction, FieldPath, Function, Operand, Place};

/// What is compared, sorted or grouped by.
#[derive(Clone, Copy)]
pub(super) struct Meaning<'s> {
    pub(super) class: Class,
    /// The field, if it is one.
    pub(super) found: Option<Found<'s>>,
}

impl Meaning<'_> {
    const fn of(class: Class) -> Self {
        Self { class, found: None }
    }
}

impl<'s> Checker<'s, '_> {
    pub(super) fn operand(&mut self, scope: &Scope<'s, '_>, operand: &Operand) -> Meaning<'s> {
        match operand {
            Operand::Field(path) => self.plain(scope, path),
            Operand::Function(call) => Meaning::of(self.function(scope, call)),
        }
    }

    pub(super) fn plain(&mut self, scope: &Scope<'s, '_>, path: &FieldPath) -> Meaning<'s> {
        let found = self.field(scope, path);
        Meaning { class: found.map_or(Class::Other, |found| Class::of(&found.field.field_type)), found }
    }

    /// What a function gives.
    pub(super) fn function(&mut self, scope: &Scope<'s, '_>, call: &Function) -> Class {
        match call {
            Function::Aggregate { function, arguments } => {
                let argument = arguments.iter().map(|argument| self.aggregated(scope, *function, argument)).last();
                match function {
                    AggregateFunction::Count | AggregateFunction::CountDistinct => Class::Number,
                    _ => argument.unwrap_or(Class::Other),
                }
            }
            Function::Date { function, field, .. } => {
                let takes: &[Class] = match function {
                    DateFunction::HourInDay => &[Class::DateTime],
                    _ => &[Class::Date, Class::DateTime],
                };
                self.argument(scope, function.as_str(), field, takes);
                if *function == DateFunction::DayOnly { Class::Date } else { Class::Number }
            }
            Function::Format(inner) => {
                self.operand(scope, inner);
                Class::Other
            }
            Function::ToLabel(field) => {
                self.argument(scope, "toLabel", field, &[Class::Text]);
                Class::Text
            }
            Function::ConvertCurrency(field) => {
                self.field(scope, field);
                Class::Other
            }
            Function::Grouping(fields) => {
                fields.iter().for_each(|field| {
                    self.field(scope, field);
                });
                Class::Number
            }
            Function::Distance { from, to, .. } => {
                self.argument(scope, "DISTANCE", from, &[Class::Place]);
                if let Place::Field(to) = to {
                    self.argument(scope, "DISTANCE", to, &[Class::Place]);
                }
                Class::Number
            }
        }
    }

    /// A field as the argument of a function that takes some types only.
    fn argument(&mut self, scope: &Scope<'s, '_>, function: &str, path: &FieldPath, takes: &[Class]) {
        let Meaning { class, found } = self.plain(scope, path);
        if let Some(found) = found.filter(|_| class != Class::Other && !takes.contains(&class)) {
            let (name, field_type) = (&found.field.name, found.field.field_type.as_str());
            let message = format!("{name} is of type {field_type}, which {function} does not take");
            self.report(ProblemKind::WrongFunction, self.places.path(path), message);
        }
    }

    fn aggregated(&mut self, scope: &Scope<'s, '_>, function: AggregateFunction, argument: &Operand) -> Class {
        let path = match argument {
            Operand::Field(path) => path,
            Operand::Function(call) => return self.function(scope, call),
        };
        let Meaning { class, found } = self.plain(scope, path);
        let Some(found) = found else { return class };
        let sum = matches!(function, AggregateFunction::Sum | AggregateFunction::Avg);
        let never = matches!(
            found.field.field_type,
            FieldType::Boolean
                | FieldType::Base64
                | FieldType::Time
                | FieldType::Address
                | FieldType::Location
                | FieldType::MultiPicklist
                | FieldType::EncryptedString
                | FieldType::AnyType
        );
        if never || (sum && !class.has_sums()) || found.lacks(|field| field.aggregatable) {
            let (name, field_type) = (&found.field.name, found.field.field_type.as_str());
            let message = format!("{name}, of type {field_type}, cannot stand in {}", function.as_str());
            self.report(ProblemKind::NotAggregatable, self.places.path(path), message);
        }
        class
    }
}
