use crate::ast::{
    AggregateFunction, ChildQuery, Direction, FieldGroup, From as FromObject, Function, GroupBy, GroupKind, Name,
    Nulls, Operand, OrderItem, Query, SelectItem,
};
use crate::bind::{BindError, IntoSoql, Soql};
use crate::builder::{Expression, Filter, all, field};
use crate::parse;
use crate::parse::MAX_DEPTH;

/// A query in the making; see the [module](crate::builder).
#[derive(Clone, Debug)]
#[must_use = "a query does nothing until it is sent"]
pub struct Select {
    object: Result<Name, BindError>,
    items: Vec<SelectItem>,
    scope: Option<Name>,
    filters: Vec<Filter>,
    groups: Vec<Operand>,
    having: Vec<Filter>,
    order_by: Vec<OrderItem>,
    limit: Option<u64>,
    offset: Option<u64>,
    error: Option<BindError>,
    /// Levels of conditions and queries in it.
    pub(super) depth: usize,
}

/// What to sort by, and how.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Sort {
    by: Expression,
    direction: Direction,
    nulls: Option<Nulls>,
}

/// Sorts by a field, the least first.
pub fn ascending(path: &str) -> Sort {
    field(path).into()
}

/// Sorts by a field, the greatest first.
pub fn descending(path: &str) -> Sort {
    Sort { direction: Direction::Descending, ..ascending(path) }
}

impl Sort {
    /// Rows without a value come first.
    pub fn nulls_first(self) -> Self {
        Self { nulls: Some(Nulls::First), ..self }
    }

    /// Rows without a value come last.
    pub fn nulls_last(self) -> Self {
        Self { nulls: Some(Nulls::Last), ..self }
    }

    /// The greatest first.
    pub fn descending(self) -> Self {
        Self { direction: Direction::Descending, ..self }
    }
}

impl From<&str> for Sort {
    fn from(path: &str) -> Self {
        ascending(path)
    }
}

impl From<Expression> for Sort {
    fn from(by: Expression) -> Self {
        Self { by, direction: Direction::Ascending, nulls: None }
    }
}

impl Select {
    /// A query of this object; as a [`child`](Self::child), of this relationship.
    pub fn from(object: &str) -> Self {
        Self {
            object: object.parse().map_err(BindError::Name),
            items: Vec::new(),
            scope: None,
            filters: Vec::new(),
            groups: Vec::new(),
            having: Vec::new(),
            order_by: Vec::new(),
            limit: None,
            offset: None,
            error: None,
            depth: 0,
        }
    }

    /// Keeps the first error of all.
    fn try_with<T>(mut self, part: Result<T, impl Into<BindError>>, add: impl FnOnce(&mut Self, T)) -> Self {
        match part {
            Ok(part) => add(&mut self, part),
            Err(error) => self.error = self.error.or_else(|| Some(error.into())),
        }
        self
    }

    /// Selects these fields, `Account.Name` among them.
    pub fn fields<F: AsRef<str>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        fields.into_iter().fold(self, |select, field| {
            let path = field.as_ref().parse();
            select.try_with(path, |select, path| select.items.push(SelectItem::Field { path, alias: None }))
        })
    }

    /// Selects what a select list says in its own words: fields, `(SELECT Id FROM Contacts)`, `TYPEOF … END`. For lists
    /// that are in the program, such as [`SObject::fields`](salesforce_types::SObject::fields).
    pub fn items(mut self, items: &[&'static str]) -> Self {
        let list = items.join(", ");
        // Whatever nests in the list stands in parentheses.
        let nested = list.bytes().filter(|byte| *byte == b'(').count().min(MAX_DEPTH);
        self.depth = self.depth.max(nested);
        let query = parse(&format!("SELECT {list} FROM Object"));
        self.try_with(query, |select, query| select.items.extend(query.select))
    }

    /// Selects `FIELDS(ALL)` or another group.
    pub fn group_of_fields(mut self, group: FieldGroup) -> Self {
        self.items.push(SelectItem::Fields(group));
        self
    }

    /// Selects `COUNT()`: the answer has no rows, only their number.
    pub fn count(mut self) -> Self {
        let call = Function::Aggregate { function: AggregateFunction::Count, arguments: Vec::new() };
        self.items.push(SelectItem::Function { call, alias: None });
        self
    }

    /// Selects a field or a function under a name of its own: `SUM(Amount) total`.
    pub fn named(self, expression: Expression, alias: &str) -> Self {
        let item = expression.0.and_then(|operand| {
            let alias = Some(alias.parse()?);
            Ok(match operand {
                Operand::Field(path) => SelectItem::Field { path, alias },
                Operand::Function(call) => SelectItem::Function { call: *call, alias },
            })
        });
        self.try_with(item, |select, item| select.items.push(item))
    }

    /// Selects child rows: a query of a child relationship, without groups and scope.
    pub fn child(mut self, child: Self) -> Self {
        self.depth = self.depth.max(child.depth + 1);
        if self.depth > MAX_DEPTH {
            return self.try_with(Err::<(), _>(BindError::TooDeep), |_, ()| {});
        }
        let item = child.tree().and_then(|query| {
            let plain = query.group_by.is_none() && query.scope.is_none();
            let expected = "a child query without GROUP BY and USING SCOPE";
            let name = query.from.object.as_str().into();
            let query = if plain { Ok(query) } else { Err(BindError::WrongPlace { name, expected }) }?;
            Ok(SelectItem::Child(Box::new(ChildQuery {
                select: query.select,
                relationship: query.from.object.into(),
                alias: None,
                filter: query.filter,
                with: Vec::new(),
                order_by: query.order_by,
                limit: query.limit,
                offset: query.offset,
                tail: Vec::new(),
            })))
        });
        self.try_with(item, |select, item| select.items.push(item))
    }

    /// `USING SCOPE`.
    pub fn scope(self, scope: &str) -> Self {
        self.try_with(scope.parse(), |select, scope| select.scope = Some(scope))
    }

    /// `WHERE`; of several filters, all have to hold.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.depth = self.depth.max(filter.depth);
        self.filters.push(filter);
        self
    }

    /// `GROUP BY` one more field or date function.
    pub fn group_by(self, by: Expression) -> Self {
        self.try_with(by.0, |select, by| select.groups.push(by))
    }

    /// `HAVING`; of several filters, all have to hold.
    pub fn having(mut self, filter: Filter) -> Self {
        self.having.push(filter);
        self
    }

    /// `ORDER BY` one more field (`"Name"`, [`descending`]`("Name").nulls_last()`) or function.
    pub fn order_by(self, sort: impl Into<Sort>) -> Self {
        let Sort { by, direction, nulls } = sort.into();
        self.try_with(by.0, |select, by| select.order_by.push(OrderItem { by, direction, nulls }))
    }

    /// `LIMIT`.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// `OFFSET`.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// The finished query.
    ///
    /// # Errors
    ///
    /// The first mistake: a name that is none, a value without a literal, or parts that do not make a query.
    pub fn build(self) -> Result<Soql, BindError> {
        let query = self.tree()?;
        // Names like `From` are names, yet not everywhere; only the whole can tell.
        let text = query.to_string();
        parse(&text)?;
        Ok(Soql::trusted(text))
    }

    /// The tree, which may still lack something.
    pub(super) fn tree(self) -> Result<Query, BindError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let together = |filters: Vec<Filter>| match filters.is_empty() {
            true => Ok(None),
            false => all(filters).condition.map(Some),
        };
        let having = together(self.having)?;
        let group_by = GroupBy { kind: GroupKind::Plain, items: self.groups, having };
        if group_by.items.is_empty() && group_by.having.is_some() {
            return Err(BindError::WrongPlace { name: "having".into(), expected: "group_by as well" });
        }
        Ok(Query {
            select: self.items,
            from: FromObject { object: self.object?, alias: None, joined: Vec::new() },
            scope: self.scope,
            filter: together(self.filters)?,
            with: Vec::new(),
            group_by: (!group_by.items.is_empty()).then_some(group_by),
            order_by: self.order_by,
            limit: self.limit,
            offset: self.offset,
            tail: Vec::new(),
        })
    }
}

impl From<Select> for Soql {
    fn from(select: Select) -> Self {
        select.build().unwrap_or_else(Self::failed)
    }
}

impl IntoSoql for Select {
    fn into_soql(self) -> Soql {
        self.into()
    }
}
