use std::fmt;

use crate::ast::InvalidName;
use crate::{MAX_LENGTH, ParseError};

/// Why there is no finished query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// The text has this `:name`, and no value was bound to it.
    Unbound {
        /// The name, without the colon.
        name: Box<str>,
    },
    /// A value was bound to this name, and the text does not have it outside of quotes.
    Unknown {
        /// The name.
        name: Box<str>,
    },
    /// The list is empty, and `IN ()` is no SOQL. Ask nothing: no row would match; or, for `NOT IN`, leave the condition
    /// out.
    EmptyList {
        /// The name, or the field.
        name: Box<str>,
    },
    /// Not a number, or infinite.
    NotFinite {
        /// The name, or the field.
        name: Box<str>,
    },
    /// A date before 1700 or after 4000.
    OutOfRange {
        /// The name, or the field.
        name: Box<str>,
    },
    /// The value cannot stand where its name stands, such as a list after `=`.
    WrongPlace {
        /// The name, or the field.
        name: Box<str>,
        /// What can stand there.
        expected: &'static str,
    },
    /// The text ends inside a string: a `'` is missing.
    UnfinishedText,
    /// The finished text is longer than the server takes. Ask in several queries.
    TooLong,
    /// The text does not begin with `FIND` and what to search for in braces.
    NoFind,
    /// There is nothing to search for.
    EmptySearch,
    /// What is searched for has more than 4,000 characters, of which a server would drop the operators silently.
    SearchTooLong,
    /// A name given to the builder is none.
    Name(InvalidName),
    /// What goes on after the `SELECT` list and `FROM` of a row begins with another one.
    NotAClause {
        /// The word that it begins with.
        found: Box<str>,
        /// The object whose rows are asked for.
        object: Box<str>,
    },
    /// Conditions are nested deeper than a query can hold.
    TooDeep,
    /// What was built is no query, for example since it selects nothing.
    NotSoql(ParseError),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound { name } => write!(f, "the query has `:{name}` and no value for it: call bind({name:?}, …)"),
            Self::Unknown { name } => write!(f, "a value was bound to {name:?}, and the query has no `:{name}`"),
            Self::EmptyList { name } => {
                write!(f, "the list for {name:?} is empty, which SOQL cannot say: leave the condition or the query out")
            }
            Self::NotFinite { name } => write!(f, "the number for {name:?} is not finite, which SOQL cannot say"),
            Self::OutOfRange { name } => write!(f, "the date for {name:?} is not in the years 1700 to 4000"),
            Self::WrongPlace { name, expected } => {
                write!(f, "the value for {name:?} cannot stand there: expected {expected}")
            }
            Self::UnfinishedText => f.write_str("the query ends inside a string: a closing `'` is missing"),
            Self::TooLong => write!(f, "the query is longer than {MAX_LENGTH} characters: ask in several queries"),
            Self::NoFind => f.write_str("a search begins with FIND and what to search for in braces: FIND {:words}"),
            Self::EmptySearch => f.write_str("there is nothing to search for"),
            Self::SearchTooLong => f.write_str("what is searched for is longer than 4000 characters: search for less"),
            Self::Name(error) => write!(f, "{error}"),
            Self::NotAClause { found, object } => write!(
                f,
                "the row writes `SELECT … FROM {object}` itself, and the text begins with `{found}` again: give it from \
                 WHERE, ORDER BY or LIMIT on"
            ),
            Self::TooDeep => f.write_str("the conditions are nested deeper than 64 levels"),
            Self::NotSoql(error) => write!(f, "what was built is no query: {error}"),
        }
    }
}

impl std::error::Error for BindError {}

impl From<InvalidName> for BindError {
    fn from(error: InvalidName) -> Self {
        Self::Name(error)
    }
}

impl From<ParseError> for BindError {
    fn from(error: ParseError) -> Self {
        Self::NotSoql(error)
    }
}
