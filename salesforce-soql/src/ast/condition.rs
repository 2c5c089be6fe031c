use super::{Operand, SemiJoin};
use crate::literal::{Text, Value};

/// What `WHERE` and `HAVING` hold.
///
/// Parentheses are structure here: `a AND (b AND c)` is an `And` in an `And`. [`parse`](crate::parse()) gives `And` and
/// `Or` of two or more only; one of a single condition prints like that condition, and an empty one prints nothing that
/// can be parsed.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of them.
    And(Vec<Self>),
    /// At least one of them.
    Or(Vec<Self>),
    /// `NOT …`.
    Not(Box<Self>),
    /// `Amount >= 100`.
    Compare {
        /// The left side.
        left: Operand,
        /// The operator.
        op: CompareOp,
        /// The right side.
        right: Value,
    },
    /// `Name LIKE 'Ac%'`.
    Like {
        /// The left side.
        left: Operand,
        /// The pattern; [`Text::pattern`] tells wildcards from escaped ones.
        pattern: Text,
    },
    /// `Id IN (…)` or `Id NOT IN (…)`.
    In {
        /// The left side.
        left: Operand,
        /// Whether it is `NOT IN`.
        negated: bool,
        /// The right side.
        set: Set,
    },
    /// `Colours__c INCLUDES ('red;blue', 'green')` or `EXCLUDES`.
    Includes {
        /// The multi-select picklist.
        left: Operand,
        /// Whether it is `EXCLUDES`.
        negated: bool,
        /// Each is one value or, joined by `;`, several that have to be there together: at least one.
        sets: Vec<Text>,
    },
}

/// The right side of `IN`.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// `('a', 'b')`: at least one.
    Values(Vec<Value>),
    /// `(SELECT AccountId FROM Contact)`.
    Query(Box<SemiJoin>),
}

/// A comparison with one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`.
    Equal,
    /// `!=`, also written `<>`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
}
