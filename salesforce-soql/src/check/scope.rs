//! What the names of a query stand for.

use std::collections::HashSet;

use salesforce_types::describe::{Field, SObjectDescribe};

use super::{Checker, ProblemKind, nearest};
use crate::ast::{FieldPath, Name};

/// Parents on the way to a field, at most.
const MAX_PARENTS: usize = 5;

/// What a path starts from, or a relationship leads to.
#[derive(Clone, Copy)]
pub(super) enum Target<'s> {
    Object(&'s SObjectDescribe),
    /// Any of the objects that this field points to: it shows the fields that all of them have.
    Several(&'s Field),
    /// Not in the schema; or wrong, which has been reported.
    Unknown,
}

/// Where the paths of a query, a child query or a semi-join start.
pub(super) struct Scope<'s, 'q> {
    pub(super) target: Target<'s>,
    /// What a path may start with instead of a relationship: the name in `FROM`, then aliases.
    pub(super) names: Vec<(&'q Name, Target<'s>)>,
    /// Names given to what is selected, by which groups are sorted.
    pub(super) selected: Vec<&'q Name>,
    /// In a query of groups, what makes them.
    pub(super) grouped: Option<HashSet<String>>,
}

impl<'s, 'q> Scope<'s, 'q> {
    pub(super) fn new(target: Target<'s>, names: impl IntoIterator<Item = &'q Name>) -> Self {
        let names = names.into_iter().map(|name| (name, target)).collect();
        Self { target, names, selected: Vec::new(), grouped: None }
    }

    /// The parents of a path without an alias before them, and where they start. A relationship goes before an alias: a
    /// child may lead back to the object of the query around it, whose name is one.
    pub(super) fn start<'p>(&self, path: &'p FieldPath) -> (Target<'s>, &'p [Name]) {
        let is_relationship = |name| match self.target {
            Target::Object(object) => object.fields.iter().any(|field| leads_to(field, name)),
            _ => false,
        };
        let is_object = |name: &Name| matches!(self.target, Target::Object(object) if name.is(&object.name));
        let named = |first: &Name| {
            let named = self.names.iter().find(|(name, _)| *name == first).map(|(_, target)| *target);
            named.or_else(|| is_object(first).then_some(self.target))
        };
        let first = path.parents().split_first().filter(|(first, _)| !is_relationship(first));
        first.and_then(|(first, rest)| Some((named(first)?, rest))).unwrap_or((self.target, path.parents()))
    }
}

/// A field, and the object it is on.
#[derive(Clone, Copy)]
pub(super) struct Found<'s> {
    pub(super) field: &'s Field,
    pub(super) object: &'s SObjectDescribe,
}

impl Found<'_> {
    /// Whether the describe says no. In describes of old versions some flags are missing, which is no "no".
    pub(super) fn lacks(&self, flag: fn(&Field) -> bool) -> bool {
        !flag(self.field) && self.object.fields.iter().any(flag)
    }
}

impl<'s> Checker<'s, '_> {
    /// The object of this name; what is not in the schema is reported once.
    pub(super) fn object(&mut self, object: &str, name: &Name) -> Target<'s> {
        if let Some(object) = self.schema.object(object) {
            return Target::Object(object);
        }
        if self.missing.insert(object.to_ascii_lowercase()) {
            let written = name.is(object);
            let near = nearest(object, self.schema.objects().map(|other| &*other.name)).filter(|_| written);
            self.suggest(ProblemKind::NotInSchema, name, format!("the schema has no {object}"), near);
        }
        Target::Unknown
    }

    /// The object that a query or a semi-join reads.
    pub(super) fn queried(&mut self, name: &Name) -> Target<'s> {
        let target = self.object(name.as_str(), name);
        if let Target::Object(object) = target {
            // A describe that says nothing of the kind may have been cut down by whoever saved it.
            let says = object.retrieveable || object.createable || object.searchable || object.layoutable;
            if says && !object.queryable {
                let message = format!("{} cannot be queried", object.name);
                self.suggest(ProblemKind::NotQueryable, name, message, None);
            }
        }
        target
    }

    /// The field at the end of a path; none if that is not known.
    pub(super) fn field(&mut self, scope: &Scope<'s, '_>, path: &FieldPath) -> Option<Found<'s>> {
        let (mut target, parents) = scope.start(path);
        if parents.len() > MAX_PARENTS {
            let message = format!("{path} goes over {} parents, and at most {MAX_PARENTS} are allowed", parents.len());
            self.report(ProblemKind::TooManyParents, self.places.path(path), message);
        }
        for parent in parents {
            target = self.parent(target, parent);
        }
        self.last(target, path.name())
    }

    /// What a relationship leads to.
    pub(super) fn parent(&mut self, from: Target<'s>, name: &Name) -> Target<'s> {
        match from {
            Target::Unknown => Target::Unknown,
            // A row's access rights are reached like a parent from every object, and no describe lists them.
            Target::Object(_) if name.is("UserRecordAccess") => Target::Unknown,
            Target::Object(object) => match object.fields.iter().find(|field| leads_to(field, name)) {
                Some(field) => self.pointed(field, name),
                None => {
                    self.no_parent(object, name);
                    Target::Unknown
                }
            },
            Target::Several(field) => {
                self.only_shared(field, name);
                Target::Unknown
            }
        }
    }

    pub(super) fn pointed(&mut self, field: &'s Field, name: &Name) -> Target<'s> {
        match field.reference_to.as_slice() {
            [] => Target::Unknown,
            [object] => self.object(object, name),
            _ => Target::Several(field),
        }
    }

    pub(super) fn no_parent(&mut self, object: &SObjectDescribe, name: &Name) {
        let relationship = object.field(name.as_str()).and_then(|field| field.relationship_name.as_deref());
        let all = || object.fields.iter().filter_map(|field| field.relationship_name.as_deref());
        let near = relationship.or_else(|| nearest(name.as_str(), all()));
        let message = format!("{} has no parent `{name}`", object.name);
        self.suggest(ProblemKind::UnknownRelationship, name, message, near);
    }

    pub(super) fn last(&mut self, target: Target<'s>, name: &Name) -> Option<Found<'s>> {
        match target {
            Target::Unknown => None,
            Target::Several(field) => {
                self.only_shared(field, name);
                None
            }
            Target::Object(object) => {
                if let Some(field) = object.field(name.as_str()) {
                    return Some(Found { field, object });
                }
                let (message, near) = match object.fields.iter().find(|field| leads_to(field, name)) {
                    Some(field) => {
                        let message = format!("`{name}` leads from {} to a parent and is no field", object.name);
                        (message, Some(&*field.name))
                    }
                    None => {
                        let near = nearest(name.as_str(), object.fields.iter().map(|field| &*field.name));
                        (format!("{} has no field `{name}`", object.name), near)
                    }
                };
                self.suggest(ProblemKind::UnknownField, name, message, near);
                None
            }
        }
    }

    /// Through a field that points to several objects only standard fields can be reached. Which of them is not written
    /// down anywhere, but custom ones are none.
    fn only_shared(&mut self, field: &Field, name: &Name) {
        if name.as_str().contains("__") {
            let kind = ProblemKind::UnknownField;
            let message =
                format!("{} points to one of several objects, so `{name}` is reached by TYPEOF only", field.name);
            self.suggest(kind, name, message, None);
        }
    }
}

pub(super) fn leads_to(field: &Field, name: &Name) -> bool {
    field.relationship_name.as_deref().is_some_and(|relationship| name.is(relationship))
}
