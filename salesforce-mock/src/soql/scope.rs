//! The object a query speaks of, and the ways from it to fields.

use std::borrow::Cow;
use std::sync::Arc;

use salesforce_soql::ast::{FieldPath, Name};
use salesforce_types::describe::FieldType;

use super::source::Source;
use crate::rules::Refusal;
use crate::schema::{Field, Object};
use crate::store::{Row, Store};
use crate::value::Value;

/// The most parents on the way to a field.
const MOST_PARENTS: usize = 5;

/// The fields that a parent of several types shows, whatever it is (`Type` is its object's name).
const NAME_FIELDS: &[&str] = &[
    "Id",
    "Name",
    "Type",
    "Email",
    "Username",
    "Title",
    "Phone",
    "FirstName",
    "LastName",
    "Alias",
    "UserRoleId",
    "ProfileId",
    "IsActive",
];

/// The rows as a query sees them.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'o> {
    pub(super) store: &'o Store,
    /// Whether rows in the recycle bin are seen.
    pub(super) all_rows: bool,
}

impl<'o> View<'o> {
    pub(super) fn sees(self, row: &Row) -> bool {
        self.all_rows || !row.is_deleted()
    }

    /// The row that a reference leads to, and its object.
    pub(super) fn parent(self, row: &'o Row, via: &Field) -> Option<(&'o Object, &'o Row)> {
        let (object, parent) = self.store.find(row.get(via.index).as_id()?)?;
        self.sees(parent).then_some((object, parent))
    }

    /// The objects that a reference may lead to.
    pub(super) fn targets(self, via: &Field) -> Vec<&'o Object> {
        let names = via.reference.iter().flat_map(|reference| &reference.to);
        names.filter_map(|name| self.store.schema().object(name)).collect()
    }
}

/// The object a part of a query speaks of, and the names it has there.
#[derive(Debug)]
pub(super) struct Scope<'o, 'q> {
    pub(super) view: View<'o>,
    pub(super) source: Source<'q>,
    pub(super) object: &'o Object,
    aliases: Vec<(&'q Name, Vec<&'q Name>)>,
}

impl<'o, 'q> Scope<'o, 'q> {
    pub(super) fn new(view: View<'o>, source: Source<'q>, object: &'o Object, alias: Option<&'q Name>) -> Self {
        let aliases = alias.map(|alias| (alias, Vec::new())).into_iter().collect();
        Self { view, source, object, aliases }
    }

    /// Gives a parent a name of its own: `FROM Contact c, c.Account a`.
    pub(super) fn join(&mut self, path: &'q FieldPath, alias: &'q Name) {
        let names = self.names(path);
        self.aliases.push((alias, names));
    }

    /// The names of a path, from the object of the query on: without its alias or its own name.
    pub(super) fn names(&self, path: &'q FieldPath) -> Vec<&'q Name> {
        let mut names: Vec<&Name> = path.names().collect();
        if let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) {
            let alias = self.aliases.iter().find(|(alias, _)| alias == first);
            if let Some((_, path)) = alias {
                names = path.iter().copied().chain(rest.iter().copied()).collect();
            } else if first.is(&self.object.name) && self.object.parent(first.as_str()).is_none() {
                names.remove(0);
            }
        }
        names
    }

    /// The way to a field.
    pub(super) fn path(&self, path: &'q FieldPath) -> Result<Path<'o>, Refusal> {
        let names = self.names(path);
        if names.len() > MOST_PARENTS + 1 {
            let text = format!("A relationship path can have at most {MOST_PARENTS} levels of parents");
            return Err(self.source.near(&path.to_string(), "MALFORMED_QUERY", &text));
        }
        self.walk(self.object, &names, path, false)
    }

    fn walk(&self, object: &'o Object, names: &[&Name], path: &FieldPath, any: bool) -> Result<Path<'o>, Refusal> {
        let Some((first, rest)) = names.split_first() else {
            return Err(self.source.unknown_field(&path.to_string(), &path.to_string(), &object.name));
        };
        if rest.is_empty() {
            if any && first.is("Type") {
                return Ok(Path::ObjectName);
            }
            let field = object.field(first.as_str());
            return field.map(Path::Field).ok_or_else(|| self.unknown(object, first, path));
        }
        let via = self.parent_field(object, first, path)?;
        let targets = self.view.targets(via);
        let polymorphic = targets.len() > 1;
        if let (true, [name]) = (polymorphic, rest)
            && !NAME_FIELDS.iter().any(|known| name.is(known))
        {
            return Err(self.source.unknown_field(&path.to_string(), name.as_str(), "Name"));
        }
        let mut to = Vec::with_capacity(targets.len());
        for target in targets {
            let found = self.walk(target, rest, path, polymorphic);
            // What not every object has is nothing for those that have it not.
            let way = if polymorphic { found.ok() } else { Some(found?) };
            to.push((target.index, way));
        }
        if rest.len() > 1 && to.iter().all(|(_, way)| way.is_none()) {
            let name = rest.last().map_or("", |name| name.as_str());
            return Err(self.source.unknown_field(&path.to_string(), name, "Name"));
        }
        Ok(Path::Parent { via, to })
    }

    /// The reference that leads to a parent of that name.
    pub(super) fn parent_field(
        &self,
        object: &'o Object,
        relationship: &Name,
        path: &FieldPath,
    ) -> Result<&'o Field, Refusal> {
        object
            .parent(relationship.as_str())
            .ok_or_else(|| self.source.unknown_parent(&path.to_string(), relationship.as_str()))
    }

    pub(super) fn unknown(&self, object: &Object, name: &Name, path: &FieldPath) -> Refusal {
        self.source.unknown_field(&path.to_string(), name.as_str(), &object.name)
    }

    /// Whether a parent of several types shows a field.
    pub(super) fn is_name_field(name: &Name) -> bool {
        NAME_FIELDS.iter().any(|known| name.is(known))
    }
}

/// The way from a row to a value.
#[derive(Clone, Debug)]
pub(super) enum Path<'o> {
    /// A field of the row.
    Field(&'o Field),
    /// The name of the row's object.
    ObjectName,
    /// A field of a parent: by the parent's object, what lies there.
    Parent { via: &'o Field, to: Vec<(usize, Option<Self>)> },
}

/// Nothing, to be borrowed.
static NOTHING: Value = Value::Null;

impl<'o> Path<'o> {
    pub(super) fn read(&self, view: View<'o>, object: &'o Object, row: &'o Row) -> Cow<'o, Value> {
        match self {
            Self::Field(field) => view.store.read(object, row, field),
            Self::ObjectName => Cow::Owned(Value::Text(Arc::clone(&object.name))),
            Self::Parent { via, to } => {
                let way = view.parent(row, via).and_then(|(object, row)| {
                    let (_, way) = to.iter().find(|(target, _)| *target == object.index)?;
                    Some((object, row, way.as_ref()?))
                });
                way.map_or(Cow::Borrowed(&NOTHING), |(object, row, way)| way.read(view, object, row))
            }
        }
    }

    /// The field at its end.
    pub(super) fn field(&self) -> Option<&'o Field> {
        match self {
            Self::Field(field) => Some(field),
            Self::ObjectName => None,
            Self::Parent { to, .. } => to.iter().find_map(|(_, way)| way.as_ref()?.field()),
        }
    }

    /// The type of its values.
    pub(super) fn kind(&self) -> &'o FieldType {
        const TEXT: &FieldType = &FieldType::String;
        self.field().map_or(TEXT, |field| &field.kind)
    }

    /// Whether it leads over a parent.
    pub(super) fn has_parent(&self) -> bool {
        matches!(self, Self::Parent { .. })
    }
}
