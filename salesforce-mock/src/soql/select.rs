//! The select list, made ready to write many rows: every name is looked up once.

mod shape;

use salesforce_soql::ast::{
    ChildQuery, CompareOp, Condition, FieldGroup, FieldPath, Function, Name, Operand, Query, SelectItem, Set, TypeOf,
};
use salesforce_types::ApiVersion;
use salesforce_types::describe::FieldType;

use super::filter;
use super::reading::Reading;
use super::rows;
use super::scope::{Path, Scope};
use crate::rules::Refusal;
use crate::schema::Field;

pub(super) use shape::{Children, From, Shape, key};

/// The most rows that `FIELDS(ALL)` and `FIELDS(CUSTOM)` may be asked for.
const MOST_UNBOUNDED: u64 = 200;

/// The most child queries of a select list.
const MOST_CHILDREN: usize = 20;

/// How deep queries may nest, the outer one counted, and the first version that allows more than two.
const MOST_LEVELS: usize = 5;
const NESTING_SINCE: ApiVersion = ApiVersion::V58;

/// What a function does to the field it stands around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Nothing,
    Label,
    Format,
}

/// Makes shapes.
#[derive(Debug)]
pub(super) struct Planner<'p, 'o, 'q> {
    pub(super) scope: &'p Scope<'o, 'q>,
    pub(super) version: ApiVersion,
    /// 1 for the outer query.
    pub(super) level: usize,
    /// Whether the query asks for so few rows that `FIELDS(ALL)` is allowed, and for one only.
    pub(super) bounded: bool,
    pub(super) single: bool,
}

/// Whether a query asks for so few rows that all their fields may be asked for.
pub(super) fn is_bounded(limit: Option<u64>, filter: Option<&Condition>) -> bool {
    let is_id = |operand: &Operand| matches!(operand, Operand::Field(path) if path.name().is("Id"));
    let by_id = |condition: &Condition| match condition {
        Condition::Compare { left, op: CompareOp::Equal, .. } => is_id(left),
        Condition::In { left, negated: false, set: Set::Values(values) } => is_id(left) && values.len() <= 200,
        _ => false,
    };
    let few = match filter {
        Some(Condition::And(parts)) => parts.iter().any(by_id),
        Some(Condition::Or(parts)) => parts.len() <= 200 && parts.iter().all(by_id),
        Some(condition) => by_id(condition),
        None => false,
    };
    few || limit.is_some_and(|limit| limit <= MOST_UNBOUNDED)
}

impl<'o, 'q> Planner<'_, 'o, 'q> {
    /// The planner of the outer query.
    pub(super) fn shape_of(scope: &Scope<'o, 'q>, query: &'q Query, version: ApiVersion) -> Result<Shape<'o>, Refusal> {
        let bounded = is_bounded(query.limit, query.filter.as_ref());
        Planner { scope, version, level: 1, bounded, single: query.limit == Some(1) }.shape(&query.select)
    }

    pub(super) fn shape(&self, select: &'q [SelectItem]) -> Result<Shape<'o>, Refusal> {
        let mut shape = Shape::new(self.scope.object, self.version, false);
        let mut unnamed = 0;
        let children = select.iter().filter(|item| matches!(item, SelectItem::Child(_))).count();
        if children > MOST_CHILDREN {
            let text = format!("A query can have at most {MOST_CHILDREN} child queries");
            return Err(Refusal::new("MALFORMED_QUERY", text));
        }
        for (place, item) in select.iter().enumerate() {
            match item {
                SelectItem::Field { path, alias: None } => self.put(&mut shape, path, Around::Nothing)?,
                SelectItem::Field { alias: Some(alias), .. } => {
                    let text = "only aggregate expressions use field aliasing";
                    return Err(self.scope.source.near(alias.as_str(), "MALFORMED_QUERY", text));
                }
                SelectItem::Function { call, alias } => {
                    self.put_function(&mut shape, call, alias.as_ref(), &mut unnamed)?;
                }
                SelectItem::Fields(group) => self.put_group(&mut shape, *group, select.len() == 1)?,
                SelectItem::Child(query) => self.put_children(&mut shape, query, place)?,
                SelectItem::TypeOf(type_of) => self.put_type_of(&mut shape, type_of)?,
            }
        }
        Ok(shape)
    }

    fn put(&self, shape: &mut Shape<'o>, path: &'q FieldPath, around: Around) -> Result<(), Refusal> {
        // Looked up once for its errors: depth, names, what a parent of several types shows.
        self.scope.path(path)?;
        self.put_names(shape, &self.scope.names(path), path, around, self.level > 1)
    }

    fn put_names(
        &self,
        shape: &mut Shape<'o>,
        names: &[&Name],
        path: &FieldPath,
        around: Around,
        joined: bool,
    ) -> Result<(), Refusal> {
        let Some((first, rest)) = names.split_first() else { return Ok(()) };
        if rest.is_empty() {
            let object = shape.object;
            let field = object.field(first.as_str()).ok_or_else(|| self.scope.unknown(object, first, path))?;
            return match around {
                Around::Nothing if field.kind == FieldType::Base64 && joined => {
                    Err(Refusal::new("MALFORMED_QUERY", "Binary fields cannot be selected in join queries"))
                }
                Around::Nothing => shape.put_field(field),
                Around::Label => shape.put(&field.name, From::Made(Reading::Label(Path::Field(field)))),
                Around::Format => {
                    let inner = Box::new(Reading::Path(Path::Field(field)));
                    shape.put(&field.name, From::Made(Reading::Format(inner)))
                }
            };
        }
        let via = self.scope.parent_field(shape.object, first, path)?;
        let targets = self.scope.view.targets(via);
        let generic = targets.len() > 1;
        // One parent is one object in the answer, however many of its fields are asked for.
        let known = shape
            .items
            .iter()
            .position(|item| matches!(item.from, From::Parent { via: other, .. } if other.index == via.index));
        let place = match known {
            Some(place) => place,
            None => {
                let shapes = targets.iter().map(|target| Shape::new(target, self.version, generic)).collect();
                shape.put(relationship_name(via, first), From::Parent { via, shapes })?;
                shape.items.len() - 1
            }
        };
        let Some(From::Parent { shapes, .. }) = shape.items.get_mut(place).map(|item| &mut item.from) else {
            return Ok(());
        };
        for target in shapes {
            match rest {
                [name] if generic && name.is("Type") => target.put("Type", From::ObjectName)?,
                [name] if generic && target.object.field(name.as_str()).is_none() => {
                    let field = targets.iter().find_map(|target| target.field(name.as_str()));
                    target.put(field.map_or(name.as_str(), |field| &field.name), From::Nothing)?;
                }
                [name, _, ..] if generic && target.object.parent(name.as_str()).is_none() => {
                    let nothing = target.put(name.as_str(), From::Nothing);
                    // A second field of a parent that is not there changes nothing.
                    let _ = nothing;
                }
                _ => self.put_names(target, rest, path, around, true)?,
            }
        }
        Ok(())
    }

    fn put_function(
        &self,
        shape: &mut Shape<'o>,
        call: &'q Function,
        alias: Option<&Name>,
        unnamed: &mut usize,
    ) -> Result<(), Refusal> {
        if let Some(alias) = alias {
            return shape.put(alias.as_str(), From::Made(Reading::of_function(self.scope, call)?));
        }
        match call {
            Function::ToLabel(path) => self.put(shape, path, Around::Label),
            Function::ConvertCurrency(path) => self.put(shape, path, Around::Nothing),
            Function::Format(Operand::Field(path)) => self.put(shape, path, Around::Format),
            _ => {
                let reading = Reading::of_function(self.scope, call)?;
                let name = format!("expr{unnamed}");
                *unnamed += 1;
                shape.put(&name, From::Made(reading))
            }
        }
    }

    /// `FIELDS(…)`; `alone` is whether nothing else is selected.
    fn put_group(&self, shape: &mut Shape<'o>, group: FieldGroup, alone: bool) -> Result<(), Refusal> {
        if group != FieldGroup::Standard && !self.bounded {
            let text = "The SOQL FIELDS function must have a LIMIT of at most 200";
            return Err(Refusal::new("MALFORMED_QUERY", text));
        }
        let wanted = |field: &&Field| match group {
            FieldGroup::All => true,
            FieldGroup::Standard => !field.custom,
            FieldGroup::Custom => field.custom,
        };
        let object = self.scope.object;
        let mut fields = object.fields.iter().filter(wanted).peekable();
        if alone && fields.peek().is_none() {
            let text =
                format!("The SOQL FIELDS(CUSTOM) function selects no field: {} has no custom fields", object.name);
            return Err(Refusal::new("MALFORMED_QUERY", text));
        }
        fields.try_for_each(|field| shape.put_field(field))
    }

    fn put_type_of(&self, shape: &mut Shape<'o>, type_of: &'q TypeOf) -> Result<(), Refusal> {
        let source = self.scope.source;
        let name = &type_of.relationship;
        let via = self.scope.parent_field(shape.object, name, &name.clone().into())?;
        let targets = self.scope.view.targets(via);
        if targets.len() < 2 {
            let text = format!("TYPEOF can only be used with polymorphic relationships: {name} is none");
            return Err(source.near(name.as_str(), "MALFORMED_QUERY", &text));
        }
        let mut shapes = Vec::new();
        for when in &type_of.when {
            let target = targets.iter().find(|target| when.object.is(&target.name)).ok_or_else(|| {
                if self.scope.view.store.schema().object(when.object.as_str()).is_none() {
                    return source.unknown_object(when.object.as_str());
                }
                let text = format!("{} is not a type that {name} can refer to", when.object);
                source.near(when.object.as_str(), "MALFORMED_QUERY", &text)
            })?;
            let mut branch = Shape::new(target, self.version, false);
            for path in &when.fields {
                let names: Vec<_> = path.names().collect();
                self.put_names(&mut branch, &names, path, Around::Nothing, true)?;
            }
            shapes.push(branch);
        }
        if !type_of.otherwise.is_empty() {
            let others = targets.iter().filter(|target| !type_of.when.iter().any(|when| when.object.is(&target.name)));
            for target in others {
                let mut branch = Shape::new(target, self.version, false);
                for path in &type_of.otherwise {
                    self.put_otherwise(&mut branch, path)?;
                }
                shapes.push(branch);
            }
        }
        shape.put(relationship_name(via, name), From::Parent { via, shapes })
    }

    /// A field of the `ELSE` branch: of those that every object shows.
    fn put_otherwise(&self, shape: &mut Shape<'o>, path: &'q FieldPath) -> Result<(), Refusal> {
        let name = path.name();
        if !path.parents().is_empty() || !Scope::is_name_field(name) {
            return Err(self.scope.source.unknown_field(&path.to_string(), name.as_str(), "Name"));
        }
        let object = shape.object;
        match object.field(name.as_str()) {
            Some(field) => shape.put_field(field),
            None if name.is("Type") => shape.put("Type", From::ObjectName),
            None => shape.put(name.as_str(), From::Nothing),
        }
    }

    fn put_children(&self, shape: &mut Shape<'o>, query: &'q ChildQuery, place: usize) -> Result<(), Refusal> {
        let source = self.scope.source;
        let refused = |text: &str| Err(source.near(&query.relationship.to_string(), "MALFORMED_QUERY", text));
        let levels = if self.version < NESTING_SINCE { 2 } else { MOST_LEVELS };
        if self.level >= levels {
            return refused(&format!("Child queries can be nested {} levels deep", levels - 1));
        }
        if query.offset.is_some() && !self.single {
            return refused("OFFSET in a child query is only allowed when the parent query has LIMIT 1");
        }
        let names = self.scope.names(&query.relationship);
        let child = match names.as_slice() {
            [name] => self.scope.object.child(name.as_str()),
            _ => None,
        };
        let Some(child) = child else {
            return Err(source.unknown_children(&query.relationship.to_string()));
        };
        let object = self.scope.view.store.schema().at(child.object);
        let field = object.fields.get(child.field).ok_or_else(Refusal::not_found)?;
        let scope = Scope::new(self.scope.view, source, object, query.alias.as_ref());
        let filter = query.filter.as_ref().map(|filter| filter::where_clause(&scope, filter, None)).transpose()?;
        let bounded = is_bounded(query.limit, query.filter.as_ref());
        let planner = Planner { scope: &scope, version: self.version, level: self.level + 1, bounded, single: false };
        let children = Children {
            field,
            filter,
            order: rows::order_by(&scope, &query.order_by)?,
            limit: query.limit,
            offset: query.offset,
            shape: planner.shape(&query.select)?,
        };
        let name = child.relationship.as_deref().unwrap_or_else(|| query.relationship.name().as_str());
        shape.put(name, From::Children { children: Box::new(children), place })
    }
}

/// The name of a parent as the schema writes it.
pub(super) fn relationship_name<'n>(via: &'n Field, written: &'n Name) -> &'n str {
    let reference = via.reference.as_ref();
    reference.and_then(|reference| reference.parent.as_deref()).unwrap_or_else(|| written.as_str())
}
