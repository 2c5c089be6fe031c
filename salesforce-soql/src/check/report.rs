use std::fmt;
use std::ops::Range;

use super::{Problem, ProblemKind, Severity};

/// What a check found, in the order of the text. `Display` shows every problem with the text it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a report says whether the query is right"]
pub struct Report {
    text: Box<str>,
    problems: Vec<Problem>,
}

impl Report {
    pub(super) fn new(text: &str, findings: Vec<Finding>) -> Self {
        let mut problems: Vec<_> = findings.into_iter().map(|finding| finding.at(text)).collect();
        problems.sort_by_key(|problem| problem.span.start);
        Self { text: text.into(), problems }
    }

    /// Whether nothing is known to be wrong. Warnings, and objects that the schema does not have, are in
    /// [`problems`](Self::problems) all the same; who wants to be sure asks that it is empty.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity() < Severity::Error)
    }

    /// All that was found.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The text that was checked; values bound to it are in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A problem before its row and column are counted.
pub(super) struct Finding {
    pub(super) kind: ProblemKind,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl Finding {
    fn at(self, text: &str) -> Problem {
        let before = text.get(..self.span.start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Problem {
            kind: self.kind,
            row: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            span: self.span,
            message: self.message.into(),
            suggestion: self.suggestion.map(Into::into),
        }
    }
}

/// How many characters of a line are shown before and after a problem.
const AROUND: usize = 50;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "\n" })?;
            write!(f, "{problem}")?;
            if !self.text.is_empty() {
                let (shown, blanks, marked) = excerpt(&self.text, &problem.span);
                write!(f, "\n  {shown}\n  {}{}", " ".repeat(blanks), "^".repeat(marked))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// A part of the line with a span in it, how many characters of it stand before the span, and how many in it.
fn excerpt(text: &str, span: &Range<usize>) -> (String, usize, usize) {
    let in_line = |c: &char| *c != '\n';
    let mut before: Vec<_> =
        (text.get(..span.start).unwrap_or_default().chars().rev().take_while(in_line)).take(AROUND + 1).collect();
    if before.len() > AROUND {
        before.truncate(AROUND);
        before.push('…');
    }
    let marked = text.get(span.clone()).unwrap_or_default().chars().take_while(in_line).take(AROUND).count().max(1);
    let mut after = text.get(span.start..).unwrap_or_default().chars().take_while(in_line);
    let mut shown: String = before.iter().rev().copied().chain(after.by_ref().take(marked + AROUND)).collect();
    if after.next().is_some() {
        shown.push('…');
    }
    // A tab is wider than a blank, and would put the marks in a wrong place.
    (shown.replace(char::is_control, " "), before.len(), marked)
}
