use crate::ast::{
    AggregateFunction, CompareOp, Condition, DateFunction, FieldPath, Function, Operand, SelectItem, SemiJoin, Set,
    Text, Value,
};
use crate::bind::{BindError, Literal};
use crate::builder::Select;
use crate::parse::MAX_DEPTH;

/// What a filter looks at, or a query selects or sorts by: a field, or a function of one.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Expression(pub(super) Result<Operand, BindError>);

/// A condition of `WHERE` or `HAVING`.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing until a query has it"]
pub struct Filter {
    pub(super) condition: Result<Condition, BindError>,
    /// Levels below it; a query of any depth could not be printed, or dropped, on a stack of some size.
    pub(super) depth: usize,
}

/// A field, with the parents on the way to it: `Account.Name`.
pub fn field(path: &str) -> Expression {
    Expression(path.parse().map(Operand::Field).map_err(BindError::Name))
}

/// An aggregate of a field: `SUM(Amount)`.
pub fn aggregate(function: AggregateFunction, path: &str) -> Expression {
    call(path, |field| Function::Aggregate { function, arguments: vec![Operand::Field(field)] })
}

/// A part of a date: `CALENDAR_YEAR(CreatedDate)`, counted in UTC.
pub fn date_part(function: DateFunction, path: &str) -> Expression {
    call(path, |field| Function::Date { function, field, in_user_zone: false })
}

fn call(path: &str, function: impl FnOnce(FieldPath) -> Function) -> Expression {
    let field = path.parse::<FieldPath>().map_err(BindError::Name);
    Expression(field.map(|field| Operand::Function(Box::new(function(field)))))
}

/// All of the filters have to hold. Of an empty list there is no condition, which is an error.
pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
    join(filters, true)
}

/// One of the filters has to hold. Of an empty list there is no condition, which is an error.
pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
    join(filters, false)
}

/// The opposite of a filter.
pub fn not(filter: Filter) -> Filter {
    Filter::deeper(filter.depth, filter.condition.map(Box::new).map(Condition::Not))
}

/// Filters of the same kind are laid flat: `a AND b` and `c` become `a AND b AND c`.
fn join(filters: impl IntoIterator<Item = Filter>, and: bool) -> Filter {
    let (mut parts, mut depth, mut error) = (Vec::new(), 0, None);
    for filter in filters {
        match (filter.condition, and) {
            (Ok(Condition::And(inner)), true) | (Ok(Condition::Or(inner)), false) => {
                depth = depth.max(filter.depth.saturating_sub(1));
                parts.extend(inner);
            }
            (Ok(condition), _) => {
                depth = depth.max(filter.depth);
                parts.push(condition);
            }
            (Err(first), _) => error = error.or(Some(first)),
        }
    }
    let condition = match (error, parts.len(), and) {
        (Some(error), ..) => Err(error),
        (None, 0, _) => Err(BindError::EmptyList { name: if and { "all" } else { "any" }.into() }),
        (None, 1, _) => return Filter { condition: parts.pop().ok_or(BindError::TooDeep), depth },
        (None, _, true) => Ok(Condition::And(parts)),
        (None, _, false) => Ok(Condition::Or(parts)),
    };
    Filter::deeper(depth, condition)
}

impl Filter {
    fn of(condition: Result<Condition, BindError>) -> Self {
        Self { condition, depth: 0 }
    }

    /// A condition around others; too many of them are refused, and dropped one by one from outside.
    fn deeper(depth: usize, condition: Result<Condition, BindError>) -> Self {
        let condition = if depth < MAX_DEPTH { condition } else { condition.and(Err(BindError::TooDeep)) };
        Self { condition, depth: depth + 1 }
    }

    /// Both have to hold.
    pub fn and(self, other: Self) -> Self {
        all([self, other])
    }

    /// One of both has to hold.
    pub fn or(self, other: Self) -> Self {
        any([self, other])
    }

    /// The condition as text, for a call that takes one outside of a query.
    ///
    /// # Errors
    ///
    /// A name in it is none, or a value has no literal.
    pub fn text(&self) -> Result<String, BindError> {
        self.condition.as_ref().map(ToString::to_string).map_err(Clone::clone)
    }
}

impl Expression {
    /// `=`.
    pub fn eq(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::Equal, &value.into())
    }

    /// `!=`.
    pub fn ne(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::NotEqual, &value.into())
    }

    /// `<`.
    pub fn lt(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::Less, &value.into())
    }

    /// `<=`.
    pub fn le(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::LessOrEqual, &value.into())
    }

    /// `>`.
    pub fn gt(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::Greater, &value.into())
    }

    /// `>=`.
    pub fn ge(self, value: impl Into<Literal>) -> Filter {
        self.compare(CompareOp::GreaterOrEqual, &value.into())
    }

    /// `= null`.
    pub fn is_null(self) -> Filter {
        self.compare(CompareOp::Equal, &Value::Null.into())
    }

    /// `!= null`.
    pub fn is_not_null(self) -> Filter {
        self.compare(CompareOp::NotEqual, &Value::Null.into())
    }

    /// `LIKE` with a pattern: `%` and `_` in a plain text are wildcards, in what [`Text::prefix`] and its siblings make
    /// only those that they add.
    pub fn like(self, pattern: impl Into<Text>) -> Filter {
        let pattern = pattern.into();
        Filter::of(self.0.map(|left| Condition::Like { left, pattern }))
    }

    /// `LIKE 'text%'`, with no wildcard in the text itself.
    pub fn starts_with(self, text: &str) -> Filter {
        self.like(Text::prefix(text))
    }

    /// `LIKE '%text'`, with no wildcard in the text itself.
    pub fn ends_with(self, text: &str) -> Filter {
        self.like(Text::suffix(text))
    }

    /// `LIKE '%text%'`, with no wildcard in the text itself.
    pub fn contains(self, text: &str) -> Filter {
        self.like(Text::containing(text))
    }

    /// `IN ('a', 'b')`. An empty list is an error: SOQL cannot say it.
    pub fn is_in(self, values: impl Into<Literal>) -> Filter {
        self.set(false, &values.into())
    }

    /// `NOT IN ('a', 'b')`. An empty list is an error: SOQL cannot say it.
    pub fn not_in(self, values: impl Into<Literal>) -> Filter {
        self.set(true, &values.into())
    }

    /// `IN (SELECT AccountId FROM Contact)`: of the query, its one field, its object and its filter count.
    pub fn in_query(self, query: Select) -> Filter {
        self.query(false, query)
    }

    /// `NOT IN (SELECT AccountId FROM Contact)`.
    pub fn not_in_query(self, query: Select) -> Filter {
        self.query(true, query)
    }

    /// `INCLUDES ('a;b', 'c')`: has a and b, or c.
    pub fn includes<'t>(self, sets: impl IntoIterator<Item = &'t str>) -> Filter {
        self.picklist(false, sets.into_iter().map(Text::from).collect())
    }

    /// `EXCLUDES ('a;b', 'c')`.
    pub fn excludes<'t>(self, sets: impl IntoIterator<Item = &'t str>) -> Filter {
        self.picklist(true, sets.into_iter().map(Text::from).collect())
    }

    fn compare(self, op: CompareOp, literal: &Literal) -> Filter {
        Filter::of(self.0.and_then(|left| {
            let right = literal.value(&left.to_string())?;
            Ok(Condition::Compare { left, op, right })
        }))
    }

    fn set(self, negated: bool, literal: &Literal) -> Filter {
        Filter::of(self.0.and_then(|left| {
            let set = Set::Values(literal.values(&left.to_string())?);
            Ok(Condition::In { left, negated, set })
        }))
    }

    fn query(self, negated: bool, query: Select) -> Filter {
        let depth = query.depth;
        let condition = self.0.and_then(|left| {
            let mut query = query.tree()?;
            let (Some(select @ SelectItem::Field { .. }), true) = (query.select.pop(), query.select.is_empty()) else {
                let expected = "a query of exactly one field";
                return Err(BindError::WrongPlace { name: left.to_string().into(), expected });
            };
            let (order_by, limit) = (query.order_by, query.limit);
            let (from, alias) = (query.from.object, query.from.alias);
            let join = SemiJoin { select, from, alias, filter: query.filter, order_by, limit };
            Ok(Condition::In { left, negated, set: Set::Query(Box::new(join)) })
        });
        Filter::deeper(depth, condition)
    }

    fn picklist(self, negated: bool, sets: Vec<Text>) -> Filter {
        Filter::of(self.0.and_then(|left| match sets.is_empty() {
            true => Err(BindError::EmptyList { name: left.to_string().into() }),
            false => Ok(Condition::Includes { left, negated, sets }),
        }))
    }
}
