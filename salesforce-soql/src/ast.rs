//! What a query is.
//!
//! The tree holds meaning, not layout: keywords are enums, literals are decoded, parentheses that change nothing are
//! gone. `Display` on any node gives its canonical text, and parsing that text gives an equal node.
//!
//! ```
//! use salesforce_soql::{ast::{Condition, SelectItem}, parse};
//!
//! let query = parse("select Id, Account.Name from Contact where Email != null limit 5")?;
//! assert!(query.from.object.is("contact"));
//! assert_eq!(query.limit, Some(5));
//! assert!(matches!(&query.select[1], SelectItem::Field { path, .. } if path.is("Account.Name")));
//! assert!(matches!(query.filter, Some(Condition::Compare { .. })));
//! assert_eq!(query.to_string(), "SELECT Id, Account.Name FROM Contact WHERE Email != null LIMIT 5");
//! # Ok::<(), salesforce_soql::ParseError>(())
//! ```

mod condition;
mod function;
mod name;

pub use condition::{CompareOp, Condition, Set};
pub use function::{AggregateFunction, DateFunction, Function, Operand, Place, Unit};
pub use name::{FieldPath, InvalidName, Name};

pub use crate::literal::{DateLiteral, DateUnit, Money, Number, Pattern, Text, Value};

/// A whole `SELECT` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What is selected: at least one item.
    pub select: Vec<SelectItem>,
    /// The object.
    pub from: From,
    /// `USING SCOPE mine`; the names are an open set.
    pub scope: Option<Name>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `WITH`, in the order written.
    pub with: Vec<With>,
    /// `GROUP BY`, and `HAVING` in it.
    pub group_by: Option<GroupBy>,
    /// `ORDER BY`; empty if there is none.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT`.
    pub limit: Option<u64>,
    /// `OFFSET`.
    pub offset: Option<u64>,
    /// `FOR VIEW`, `UPDATE TRACKING` and the like, in the order written.
    pub tail: Vec<Tail>,
}

/// `FROM Contact c, c.Account a`.
#[derive(Clone, Debug, PartialEq)]
pub struct From {
    /// The object whose rows are read.
    pub object: Name,
    /// Its alias: paths may start with it.
    pub alias: Option<Name>,
    /// Further names for parents.
    pub joined: Vec<Joined>,
}

/// A parent that got a name of its own in `FROM`: `c.Account a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// The way to the parent, usually from an alias.
    pub path: FieldPath,
    /// Its alias.
    pub alias: Option<Name>,
}

/// One entry of a select list.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `Account.Name`; an alias makes sense in grouped queries only.
    Field {
        /// The field.
        path: FieldPath,
        /// The key it gets in the answer.
        alias: Option<Name>,
    },
    /// `COUNT(Id) total`.
    Function {
        /// The call.
        call: Function,
        /// The key it gets in the answer; `expr0`, `expr1`… without one.
        alias: Option<Name>,
    },
    /// `FIELDS(ALL)`.
    Fields(FieldGroup),
    /// `(SELECT … FROM Contacts)`.
    Child(Box<ChildQuery>),
    /// `TYPEOF What WHEN Account THEN Phone ELSE Name END`.
    TypeOf(TypeOf),
}

/// Which fields `FIELDS()` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldGroup {
    /// `FIELDS(ALL)`.
    All,
    /// `FIELDS(STANDARD)`.
    Standard,
    /// `FIELDS(CUSTOM)`.
    Custom,
}

/// Fields that depend on what a polymorphic lookup points to.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeOf {
    /// The relationship, such as `What`.
    pub relationship: Name,
    /// The branches: at least one.
    pub when: Vec<When>,
    /// The fields of every other object; empty without `ELSE`.
    pub otherwise: Vec<FieldPath>,
}

/// `WHEN Account THEN Phone, Website`.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    /// The object.
    pub object: Name,
    /// Its fields: at least one.
    pub fields: Vec<FieldPath>,
}

/// `(SELECT … FROM Contacts …)` in a select list.
#[derive(Clone, Debug, PartialEq)]
pub struct ChildQuery {
    /// What is selected: at least one item.
    pub select: Vec<SelectItem>,
    /// The child relationship: `Contacts`, or `Account.Contacts`.
    pub relationship: FieldPath,
    /// Its alias.
    pub alias: Option<Name>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `WITH`.
    pub with: Vec<With>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT`.
    pub limit: Option<u64>,
    /// `OFFSET`.
    pub offset: Option<u64>,
    /// `FOR VIEW` and the like.
    pub tail: Vec<Tail>,
}

/// The query on the right of `IN`: a semi-join, or with `NOT IN` an anti-join.
///
/// What the server refuses for its meaning (`TYPEOF`, `ORDER BY`, `LIMIT`, nesting) is there all the same.
#[derive(Clone, Debug, PartialEq)]
pub struct SemiJoin {
    /// The one item selected: a field, or `TYPEOF`.
    pub select: SelectItem,
    /// The object.
    pub from: Name,
    /// Its alias.
    pub alias: Option<Name>,
    /// `WHERE`.
    pub filter: Option<Condition>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT`.
    pub limit: Option<u64>,
}

/// `GROUP BY`.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupBy {
    /// Plain, or with subtotals.
    pub kind: GroupKind,
    /// Fields and date functions: at least one.
    pub items: Vec<Operand>,
    /// `HAVING`.
    pub having: Option<Condition>,
}

/// Which subtotals a grouped query gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// None.
    Plain,
    /// `ROLLUP(a, b)`: of every leading part.
    Rollup,
    /// `CUBE(a, b)`: of every combination.
    Cube,
}

/// One entry of `ORDER BY`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// What to sort by.
    pub by: Operand,
    /// Ascending when not said.
    pub direction: Direction,
    /// `NULLS FIRST` or `NULLS LAST`, when said.
    pub nulls: Option<Nulls>,
}

/// `ASC` or `DESC`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `ASC`, the default.
    #[default]
    Ascending,
    /// `DESC`.
    Descending,
}

/// Where rows without a value go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// `NULLS FIRST`.
    First,
    /// `NULLS LAST`.
    Last,
}

/// One `WITH` clause.
#[derive(Clone, Debug, PartialEq)]
pub enum With {
    /// `WITH DATA CATEGORY Geography__c AT usa__c AND …`: at least one filter.
    DataCategory(Vec<CategoryFilter>),
    /// `WITH SECURITY_ENFORCED`, in Apex.
    SecurityEnforced,
    /// `WITH USER_MODE`, in Apex.
    UserMode,
    /// `WITH SYSTEM_MODE`, in Apex.
    SystemMode,
    /// `WITH UserId = '005…'`.
    Equals {
        /// The name.
        name: Name,
        /// The value.
        value: Text,
    },
    /// `WITH RecordVisibilityContext (maxDescriptorPerRecord = 100, …)`: at least one pair.
    RecordVisibility(Vec<(Name, Value)>),
}

/// `Geography__c AT (usa__c, uk__c)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryFilter {
    /// The data category group.
    pub group: Name,
    /// Which categories around the named ones.
    pub selector: CategorySelector,
    /// The categories: at least one.
    pub categories: Vec<Name>,
}

/// Which categories a data category filter selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CategorySelector {
    /// `AT`.
    At,
    /// `ABOVE`.
    Above,
    /// `BELOW`.
    Below,
    /// `ABOVE_OR_BELOW`.
    AboveOrBelow,
}

/// What a query does besides reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// `FOR VIEW`: the rows count as viewed.
    ForView,
    /// `FOR REFERENCE`: the rows count as referenced.
    ForReference,
    /// `FOR UPDATE`, in Apex: the rows are locked.
    ForUpdate,
    /// `UPDATE TRACKING`, of Knowledge articles.
    UpdateTracking,
    /// `UPDATE VIEWSTAT`, of Knowledge articles.
    UpdateViewStat,
    /// `ALL ROWS`, in Apex; over the API that is `queryAll`.
    AllRows,
}

impl Query {
    /// Whether it is a `SELECT COUNT()`, which answers with a number and no rows.
    #[must_use]
    pub fn is_count(&self) -> bool {
        matches!(self.select.as_slice(), [SelectItem::Function { call, .. }] if call.is_count_all())
    }

    /// Whether it answers with groups, not with rows: it has a `GROUP BY`, or an aggregate other than `COUNT()`.
    #[must_use]
    pub fn is_aggregate(&self) -> bool {
        let aggregate = |item: &SelectItem| matches!(item, SelectItem::Function { call, .. } if call.has_aggregate());
        self.group_by.is_some() || (!self.is_count() && self.select.iter().any(aggregate))
    }
}
