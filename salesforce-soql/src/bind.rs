//! Query text that nobody could have slipped something into.

mod error;
mod fill;
mod literal;
mod sosl;

use std::borrow::Cow;

pub use error::BindError;
pub use literal::Literal;
use salesforce_types::SObject;
pub use sosl::Sosl;

use crate::ast::Query;

/// A query as text with values still to be put in.
///
/// Each `:name` of the text gets the value bound to it, as a literal with everything escaped. What stands in quotes in
/// the text is not touched. A text that was put together at run time, from who knows what, is no query: only
/// `&'static str` becomes one by itself, and [`Soql::trusted`] is where a program says that it knows better.
///
/// ```
/// use salesforce_soql::{Literal, Soql};
///
/// let soql = Soql::new("SELECT Id FROM Contact WHERE LastName = :name AND Email LIKE :mail AND AccountId IN :accounts")
///     .bind("name", "O'Neil")
///     .bind("mail", Literal::like_prefix("50%_"))
///     .bind("accounts", vec!["001D000000IqhSLIAZ", "001D000000IqhSMIAZ"]);
/// assert_eq!(
///     soql.text()?,
///     r"SELECT Id FROM Contact WHERE LastName = 'O\'Neil' AND Email LIKE '50\%\_%' AND AccountId IN ('001D000000IqhSLIAZ', '001D000000IqhSMIAZ')"
/// );
/// # Ok::<(), salesforce_soql::BindError>(())
/// ```
///
/// A list goes after `IN`, `NOT IN`, `INCLUDES` or `EXCLUDES`, with or without parentheses of its own. A whole number
/// may also stand after `LIMIT` and `OFFSET`, and as the number of a date literal: `LAST_N_DAYS:days`.
///
/// ```compile_fail,E0277
/// fn run(query: impl salesforce_soql::IntoSoql) {}
///
/// let name = "x' OR Name != '";
/// run(format!("SELECT Id FROM Account WHERE Name = '{name}'")); // a String is no query
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a query does nothing until it is sent"]
pub struct Soql {
    text: Cow<'static, str>,
    values: Vec<(Cow<'static, str>, Literal)>,
    /// What went wrong before there was a text.
    error: Option<BindError>,
}

impl Soql {
    /// A query whose text is in the program.
    pub const fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: Vec::new(), error: None }
    }

    /// A query whose text was made at run time, from parts that the program vouches for: no part of it may come from a
    /// user. Values from users still go in by [`bind`](Self::bind).
    pub fn trusted(text: impl Into<String>) -> Self {
        Self { text: Cow::Owned(text.into()), values: Vec::new(), error: None }
    }

    /// A query of the rows of `Row`, whose `SELECT` list and `FROM` are `Row`'s; `clauses` is what goes on after them, and
    /// may be empty.
    ///
    /// ```
    /// use salesforce_soql::Soql;
    /// # use salesforce_types::SObject;
    /// # struct Contact;
    /// # impl SObject for Contact {
    /// #     const NAME: &'static str = "Contact";
    /// #     fn fields() -> &'static [&'static str] { &["Id", "Account.Name"] }
    /// # }
    ///
    /// let soql = Soql::select::<Contact>("WHERE Email = :email ORDER BY Name").bind("email", "a@example.com");
    /// assert_eq!(
    ///     soql.text()?,
    ///     "SELECT Id, Account.Name FROM Contact WHERE Email = 'a@example.com' ORDER BY Name"
    /// );
    /// # Ok::<(), salesforce_soql::BindError>(())
    /// ```
    pub fn select<Row: SObject>(clauses: &'static str) -> Self {
        let clauses = clauses.trim();
        let first = clauses.split_ascii_whitespace().next().unwrap_or_default();
        if ["SELECT", "FROM"].iter().any(|word| first.eq_ignore_ascii_case(word)) {
            return Self::failed(BindError::NotAClause { found: first.into(), object: Row::NAME.into() });
        }
        let text = format!("SELECT {} FROM {} {clauses}", Row::fields().join(", "), Row::NAME);
        Self::trusted(text.trim_end())
    }

    /// A query that could not be built; [`text`](Self::text) tells why.
    pub(crate) fn failed(error: BindError) -> Self {
        Self { text: Cow::Borrowed(""), values: Vec::new(), error: Some(error) }
    }

    /// Gives `:name` its value; a name that occurs several times has it everywhere. The last value of a name counts.
    pub fn bind(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Literal>) -> Self {
        let name = name.into();
        self.values.retain(|(bound, _)| *bound != name);
        self.values.push((name, value.into()));
        self
    }

    /// The finished text, ready to be sent.
    ///
    /// # Errors
    ///
    /// When a name has no value or a value has no name, when a value has no literal (an empty list, a float that is not
    /// finite, a date that SOQL cannot hold) or cannot stand where its name stands, when the text ends in the middle of a
    /// string, and when it is longer than the server takes.
    pub fn text(&self) -> Result<Cow<'_, str>, BindError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let text = fill::fill(&self.text, &self.values)?;
        if text.len() > crate::MAX_LENGTH && text.chars().count() > crate::MAX_LENGTH {
            return Err(BindError::TooLong);
        }
        Ok(text)
    }
}

/// The tree's canonical text. Names and literals in a tree are what they are by their types, so no part of it can be
/// read as another one.
impl From<Query> for Soql {
    fn from(query: Query) -> Self {
        Self::trusted(query.to_string())
    }
}

/// What can be sent as a query: a text in the program, a [`Soql`], a [`Select`](crate::builder::Select) or a tree.
///
/// Not a `String` or a `&str` that is not static: SOQL has no parameters on the wire, and a query formatted from a
/// user's input is how one reads what is not theirs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no query: a text made at run time may hold an injection",
    label = "expected `&'static str`, `Soql` or `Select`",
    note = "put values in with `Soql::new(\"… WHERE Name = :name\").bind(\"name\", value)`",
    note = "or build the query with `salesforce_soql::builder::Select`",
    note = "or, if no part of the text comes from outside, say so with `Soql::trusted(text)`"
)]
pub trait IntoSoql {
    /// The query.
    fn into_soql(self) -> Soql;
}

impl IntoSoql for &'static str {
    fn into_soql(self) -> Soql {
        Soql::new(self)
    }
}

impl IntoSoql for Soql {
    fn into_soql(self) -> Soql {
        self
    }
}

impl IntoSoql for Query {
    fn into_soql(self) -> Soql {
        self.into()
    }
}
