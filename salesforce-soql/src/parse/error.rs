use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Where a text stops being a query, what stands there, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(Box<Repr>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Repr {
    kind: ParseErrorKind,
    span: Range<usize>,
    row: usize,
    column: usize,
    found: Box<str>,
    expected: Cow<'static, str>,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// It is not SOQL from this place on.
    Syntax,
    /// It has a bind variable such as `:name`. Give the name a value with [`Soql::bind`](crate::Soql::bind).
    UnboundName,
    /// It is longer than 100,000 characters. Ask in several queries.
    TooLong,
    /// Parentheses or queries are nested too deeply.
    TooDeep,
}

/// The most characters of the text that an error repeats.
const SHOWN: usize = 40;

impl ParseError {
    pub(super) fn at(text: &str, span: Range<usize>, expected: impl Into<Cow<'static, str>>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let found = text.get(span.clone()).unwrap_or_default();
        let mut shown: String = found.chars().take(SHOWN).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self(Box::new(Repr {
            kind: ParseErrorKind::Syntax,
            row: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            span,
            found: shown.into(),
            expected: expected.into(),
        }))
    }

    pub(super) fn too_long(text: &str) -> Self {
        let limit = text.char_indices().nth(super::MAX_LENGTH).map_or(text.len(), |(at, _)| at);
        Self::at(text, limit..text.len(), "a query of at most 100000 characters").of_kind(ParseErrorKind::TooLong)
    }

    pub(super) fn of_kind(mut self, kind: ParseErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ParseErrorKind {
        self.0.kind
    }

    /// The place in the text, in bytes; empty at its end.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// The line, from 1.
    #[must_use]
    pub fn row(&self) -> usize {
        self.0.row
    }

    /// The character in the line, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// What stands there, cut to some length; empty at the end of the text.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// What would have been right.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repr { kind, row, column, found, expected, .. } = &*self.0;
        write!(f, "row {row}, column {column}: found ")?;
        match (kind, &**found) {
            (ParseErrorKind::UnboundName, name) => {
                write!(f, "the bind variable `{name}`, expected {expected}; give it a value with Soql::bind")
            }
            (_, "") => write!(f, "the end of the query, expected {expected}"),
            (_, found) => write!(f, "`{found}`, expected {expected}"),
        }
    }
}

impl std::error::Error for ParseError {}
