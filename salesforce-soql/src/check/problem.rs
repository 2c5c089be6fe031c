use std::fmt;
use std::ops::Range;

/// What is wrong with a query, and where.
///
/// `Display` says it in one line, and [`Report`](super::Report) shows the line of the query below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(super) kind: ProblemKind,
    pub(super) span: Range<usize>,
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) message: Box<str>,
    pub(super) suggestion: Option<Box<str>>,
}

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// It is not SOQL, or not the SOQL that the API takes. Nothing else was looked at if it is no SOQL at all.
    Syntax,
    /// The query has no finished text: a [`BindError`](crate::BindError) in words.
    NotBound,
    /// The schema does not have this object, so what stands on it was not checked. Add its describe.
    NotInSchema,
    /// The object cannot be queried.
    NotQueryable,
    /// The object has no such field, or the user whose describe it is may not see it.
    UnknownField,
    /// The object has no such parent or no such children.
    UnknownRelationship,
    /// More than five parents on the way to a field.
    TooManyParents,
    /// The literal is not of the field's type.
    WrongLiteral,
    /// Fields of this type cannot be compared in this way.
    WrongOperator,
    /// The function does not take fields of this type.
    WrongFunction,
    /// The field cannot stand in `WHERE`.
    NotFilterable,
    /// The field cannot stand in `ORDER BY`.
    NotSortable,
    /// The field cannot stand in `GROUP BY`.
    NotGroupable,
    /// The field cannot stand in this aggregate function.
    NotAggregatable,
    /// In a query of groups, the field is neither grouped nor aggregated.
    NotGrouped,
    /// The field is selected twice.
    DuplicateField,
    /// A semi-join or an anti-join that the server refuses.
    SemiJoin,
    /// `FIELDS(ALL)` or `FIELDS(CUSTOM)` where the server refuses it.
    Fields,
    /// The picklist takes only listed values, and this is none of them. A describe lists no values that were
    /// deactivated, which old rows may still hold.
    UnlistedValue,
    /// A text that is no record's id is compared with one: no row has it.
    NoRecordId,
}

/// How much weight a problem has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Nothing is known to be wrong, but this part was not checked.
    Unchecked,
    /// The server takes it, and it is probably not what was meant.
    Warning,
    /// The server refuses the query.
    Error,
}

impl ProblemKind {
    /// How much weight such a problem has.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::NotInSchema => Severity::Unchecked,
            Self::UnlistedValue | Self::NoRecordId => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl Problem {
    /// What kind of problem it is.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// How much weight it has.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.kind.severity()
    }

    /// The place in the text, in bytes.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The line, from 1.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }

    /// The character in the line, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, without place and suggestion.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was probably meant instead of the text at [`span`](Self::span).
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.severity() {
            Severity::Unchecked => f.write_str("not checked, ")?,
            Severity::Warning => f.write_str("warning, ")?,
            Severity::Error => {}
        }
        write!(f, "row {}, column {}: {}", self.row, self.column, self.message)?;
        self.suggestion.as_ref().map_or(Ok(()), |name| write!(f, "; do you mean `{name}`?"))
    }
}
