//! `WHERE` and `HAVING`, made ready to be asked for many rows.

use std::borrow::Cow;
use std::collections::HashSet;

use salesforce_soql::ast::{self, CompareOp, Condition, Operand, SelectItem, SemiJoin, Set, Text};
use salesforce_types::describe::FieldType;
use salesforce_types::{Date, RecordId};

use super::compare::{self, Comparand, Like, Members, Unfit};
use super::reading::Reading;
use super::rows;
use super::scope::{Path, Scope};
use crate::rules::Refusal;
use crate::schema::Field;
use crate::value::Value;

/// The most queries on the right of `IN`.
const MOST_SEMI_JOINS: usize = 2;

/// Objects that cannot stand there.
const NO_SEMI_JOIN: &[&str] = &["ActivityHistory", "Attachment", "Event", "Note", "OpenActivity", "Task"];

/// A condition over what `R` reads.
#[derive(Clone, Debug)]
pub(super) enum Filter<R> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Test(R, Test),
}

/// What is asked of one value.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Compare(CompareOp, Comparand),
    Like(Like),
    In {
        negated: bool,
        members: Members,
    },
    /// Each is a set of choices that have to be there together.
    Includes {
        negated: bool,
        sets: Vec<Vec<String>>,
    },
}

impl<R> Filter<R> {
    pub(super) fn holds<'v>(&self, read: &impl Fn(&R) -> Cow<'v, Value>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(read)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(read)),
            Self::Not(part) => !part.holds(read),
            Self::Test(what, test) => test.holds(&read(what)),
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Compare(op, comparand) => comparand.holds(*op, value),
            Self::Like(pattern) => pattern.fits(value),
            Self::In { negated, members } => members.hold(value) != *negated,
            Self::Includes { negated, sets } => {
                let held: HashSet<String> = value.as_text().into_iter().flat_map(compare::choices).collect();
                sets.iter().any(|set| set.iter().all(|choice| held.contains(choice))) != *negated
            }
        }
    }
}

/// Makes filters: what an operand reads is the caller's affair.
pub(super) struct Compiler<'c, 'o, 'q, R> {
    pub(super) scope: &'c Scope<'o, 'q>,
    /// What an operand reads, the type of it, and the field behind it.
    pub(super) resolve: &'c mut dyn FnMut(&'q Operand) -> Result<Target<'o, R>, Refusal>,
    pub(super) today: Date,
    /// How many semi-joins may still come; none where they are not allowed at all.
    pub(super) semi_joins: Option<usize>,
}

/// The left side of a test.
pub(super) struct Target<'o, R> {
    pub(super) what: R,
    pub(super) kind: &'o FieldType,
    pub(super) field: Option<&'o Field>,
}

impl<'o, 'q, R> Compiler<'_, 'o, 'q, R> {
    /// `plain` is whether the condition stands under nothing but `AND`.
    pub(super) fn compile(&mut self, condition: &'q Condition, plain: bool) -> Result<Filter<R>, Refusal> {
        Ok(match condition {
            Condition::And(parts) => {
                Filter::All(parts.iter().map(|part| self.compile(part, plain)).collect::<Result<_, _>>()?)
            }
            Condition::Or(parts) => {
                let plain = plain && parts.len() < 2;
                Filter::Any(parts.iter().map(|part| self.compile(part, plain)).collect::<Result<_, _>>()?)
            }
            Condition::Not(part) => Filter::Not(Box::new(self.compile(part, false)?)),
            Condition::Compare { left, op, right } => {
                let target = self.target(left)?;
                if *right == ast::Value::Null && !matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
                    return Err(self.refused(left, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator for null"));
                }
                let comparand = self.comparand(left, &target, right)?;
                let sortable = !matches!(comparand, Comparand::Bool(_) | Comparand::Choices(_));
                if !sortable && !matches!(op, CompareOp::Equal | CompareOp::NotEqual) {
                    let text = format!("invalid operator on {} field", target.kind.as_str());
                    return Err(self.refused(left, "INVALID_QUERY_FILTER_OPERATOR", &text));
                }
                Filter::Test(target.what, Test::Compare(*op, comparand))
            }
            Condition::Like { left, pattern } => {
                let target = self.target(left)?;
                if !is_text(target.kind) {
                    let text = format!("invalid operator on {} field", target.kind.as_str());
                    return Err(self.refused(left, "INVALID_QUERY_FILTER_OPERATOR", &text));
                }
                Filter::Test(target.what, Test::Like(Like::new(pattern)))
            }
            Condition::In { left, negated, set: Set::Values(values) } => {
                let target = self.target(left)?;
                let mut members = Members::default();
                for value in values {
                    members.add(self.comparand(left, &target, value)?);
                }
                Filter::Test(target.what, Test::In { negated: *negated, members })
            }
            Condition::In { left, negated, set: Set::Query(query) } => {
                let members = Members::of_ids(self.semi_join(left, query, plain)?);
                Filter::Test(self.target(left)?.what, Test::In { negated: *negated, members })
            }
            Condition::Includes { left, negated, sets } => {
                let target = self.target(left)?;
                if *target.kind != FieldType::MultiPicklist {
                    let text = "includes and excludes operators can only be used with multi-select picklists";
                    return Err(self.refused(left, "INVALID_QUERY_FILTER_OPERATOR", text));
                }
                let choices = |text: &Text| compare::choices(text.as_str()).collect();
                Filter::Test(
                    target.what,
                    Test::Includes { negated: *negated, sets: sets.iter().map(choices).collect() },
                )
            }
        })
    }

    fn refused(&self, operand: &Operand, code: &'static str, text: &str) -> Refusal {
        self.scope.source.near(&operand.to_string(), code, text)
    }

    fn target(&mut self, operand: &'q Operand) -> Result<Target<'o, R>, Refusal> {
        let target = (self.resolve)(operand)?;
        if let Some(field) = target.field.filter(|field| !field.filterable) {
            let text = format!("field '{}' can not be filtered in a query call", field.name);
            return Err(self.refused(operand, "INVALID_FIELD", &text));
        }
        Ok(target)
    }

    fn comparand(&self, operand: &Operand, target: &Target<'o, R>, value: &ast::Value) -> Result<Comparand, Refusal> {
        let exact = target.field.is_some_and(|field| field.case_sensitive);
        Comparand::new(value, target.kind, exact, self.today).map_err(|unfit| match unfit {
            Unfit::Type(kind, quotes) => {
                let name = target.field.map_or_else(|| operand.to_string(), |field| field.name.to_string());
                let quotes = if quotes { "should" } else { "should not" };
                let text = format!(
                    "value of filter criterion for field '{name}' must be of type {kind} and {quotes} be enclosed in quotes"
                );
                self.refused(operand, "INVALID_FIELD", &text)
            }
            Unfit::Id(text) => {
                self.refused(operand, "INVALID_QUERY_FILTER_OPERATOR", &format!("invalid ID field: {text}"))
            }
        })
    }

    /// The ids that a query on the right of `IN` finds.
    fn semi_join(&mut self, left: &'q Operand, query: &'q SemiJoin, plain: bool) -> Result<HashSet<RecordId>, Refusal> {
        let source = self.scope.source;
        let refused = |text: &str| Err(source.near(query.from.as_str(), "MALFORMED_QUERY", text));
        let Some(left_over) = &mut self.semi_joins else {
            return refused("Semi join sub-selects are not supported here");
        };
        if *left_over == 0 {
            let text = format!("maximum {MOST_SEMI_JOINS} semi join sub-selects are allowed");
            return Err(source.near(query.from.as_str(), "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", &text));
        }
        *left_over -= 1;
        if !plain {
            return refused(
                "Semi join sub-selects are only allowed at the top level expressions and not in nested WHERE clauses or with OR or NOT.",
            );
        }
        let single = |operand: &Operand| matches!(operand, Operand::Field(path) if self.scope.names(path).len() == 1);
        if !single(left) {
            return refused("The left operand of a semi join has to be an id or reference field of the queried object");
        }
        if !query.order_by.is_empty() || query.limit.is_some() {
            return refused("Semi join sub-selects can have neither ORDER BY nor LIMIT");
        }
        if NO_SEMI_JOIN.iter().any(|name| query.from.is(name)) {
            return refused(&format!("Entity '{}' is not supported for semi join inner selects", query.from));
        }
        let object = rows::queried(self.scope.view, source, &query.from)?;
        if object.index == self.scope.object.index {
            return refused("The inner and outer selects should not be on the same object type");
        }
        let inner = Scope::new(self.scope.view, source, object, query.alias.as_ref());
        let SelectItem::Field { path, .. } = &query.select else {
            return refused("Semi join sub-selects can only query id fields");
        };
        let Path::Field(field) = inner.path(path)? else {
            return refused("Semi join sub-selects can only query id fields of the object itself");
        };
        if !matches!(field.kind, FieldType::Id | FieldType::Reference) {
            return refused(&format!("Semi join sub-selects can only query id fields, cannot use: '{}'", field.name));
        }
        let filter = query.filter.as_ref().map(|filter| where_clause(&inner, filter, None)).transpose()?;
        let found = rows::matching(self.scope.view, object, filter.as_ref());
        Ok(found.filter_map(|(_, row)| row.get(field.index).as_id()).collect())
    }
}

/// A `WHERE` clause. `semi_joins` is `None` where they are not allowed.
pub(super) fn where_clause<'o, 'q>(
    scope: &Scope<'o, 'q>,
    condition: &'q Condition,
    semi_joins: Option<usize>,
) -> Result<Filter<Reading<'o>>, Refusal> {
    let mut resolve = |operand: &'q Operand| {
        let what = Reading::new(scope, operand)?;
        if let Reading::Distance { .. } | Reading::DatePart(..) | Reading::Label(_) = what {
            return Ok(Target { kind: what.kind(), field: None, what });
        }
        if let Operand::Function(_) = operand {
            let text = "this function can not be used in a filter";
            return Err(scope.source.near(&operand.to_string(), "MALFORMED_QUERY", text));
        }
        Ok(Target { kind: what.kind(), field: what.field(), what })
    };
    let today = scope.view.store.clock.now().date();
    Compiler { scope, resolve: &mut resolve, today, semi_joins }.compile(condition, true)
}

/// The most semi-joins of a statement.
pub(super) fn most_semi_joins() -> Option<usize> {
    Some(MOST_SEMI_JOINS)
}

fn is_text(kind: &FieldType) -> bool {
    use FieldType as T;
    matches!(
        kind,
        T::String
            | T::Picklist
            | T::Combobox
            | T::TextArea
            | T::Phone
            | T::Url
            | T::Email
            | T::MultiPicklist
            | T::AnyType
    )
}
