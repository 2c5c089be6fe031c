//! Puts values in place of names.

use std::borrow::Cow;
use std::fmt::Write;

use super::{BindError, Literal};
use crate::ast::{DateLiteral, Value};

type Values = [(Cow<'static, str>, Literal)];

/// A `:name` outside of quotes.
pub(super) struct Place<'t> {
    /// Where the colon is.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: &'t str,
    before: Before,
}

/// What stands before a name, and so what may stand for it.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// `IN`: a list.
    In,
    /// `(` or `,`: one entry of a list, or several.
    Entry,
    /// `LIMIT`, `OFFSET`: a whole number.
    Limit,
    /// `LAST_N_DAYS`: a whole number, and the colon is not ours.
    DateLiteral,
    /// One value.
    Other,
}

pub(super) fn fill<'t>(text: &'t str, values: &Values) -> Result<Cow<'t, str>, BindError> {
    let places = places(text)?;
    if let Some((name, _)) = values.iter().find(|(name, _)| !places.iter().any(|place| place.name == *name)) {
        return Err(BindError::Unknown { name: name.as_ref().into() });
    }
    if places.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = String::with_capacity(text.len() * 2);
    let mut copied = 0;
    for place in &places {
        let bound = values.iter().find(|(name, _)| name == place.name);
        let (_, literal) = bound.ok_or_else(|| BindError::Unbound { name: place.name.into() })?;
        filled.push_str(text.get(copied..place.start).unwrap_or_default());
        let glued = |last: char| last.is_alphanumeric() || matches!(last, '_' | '\'');
        filled.push_str(match place.before {
            Before::DateLiteral => ":",
            _ if filled.ends_with(glued) => " ",
            _ => "",
        });
        // Writing to a String does not fail.
        let _ = write!(filled, "{}", literal_at(place, literal)?);
        copied = place.end;
    }
    filled.push_str(text.get(copied..).unwrap_or_default());
    Ok(Cow::Owned(filled))
}

fn literal_at(place: &Place<'_>, literal: &Literal) -> Result<String, BindError> {
    let list =
        || Ok::<_, BindError>(literal.values(place.name)?.iter().map(Value::to_string).collect::<Vec<_>>().join(", "));
    match place.before {
        Before::In => Ok(format!("({})", list()?)),
        Before::Entry => list(),
        Before::Other => Ok(literal.value(place.name)?.to_string()),
        Before::Limit | Before::DateLiteral => match literal.value(place.name)? {
            Value::Number(number) if number.as_str().bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(number.to_string())
            }
            _ => Err(BindError::WrongPlace { name: place.name.into(), expected: "a whole number" }),
        },
    }
}

/// All names of a text, in order.
pub(super) fn places(text: &str) -> Result<Vec<Place<'_>>, BindError> {
    let mut places = Vec::new();
    let mut before = Before::Other;
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        at += match c {
            '\'' => {
                before = Before::Other;
                string_len(rest).ok_or(BindError::UnfinishedText)?
            }
            ':' => {
                let blanks = rest.len() - 1 - rest.get(1..).unwrap_or_default().trim_start().len();
                let name = word(rest.get(1 + blanks..).unwrap_or_default(), "._");
                let named = name.starts_with(|first: char| !first.is_numeric() && first != '.');
                let end = at + 1 + blanks + name.len();
                if named {
                    places.push(Place { start: at, end, name, before });
                }
                before = Before::Other;
                if named { end - at } else { 1 }
            }
            c if c.is_alphanumeric() => {
                let word = word(rest, "_");
                before = after_word(word);
                word.len()
            }
            c => {
                if !c.is_whitespace() {
                    before = if matches!(c, '(' | ',') { Before::Entry } else { Before::Other };
                }
                c.len_utf8()
            }
        };
    }
    Ok(places)
}

/// The letters and digits, in a wide sense, that a text starts with: no part of a name is ever left behind.
pub(super) fn word<'t>(text: &'t str, more: &str) -> &'t str {
    let end = text.find(|c: char| !c.is_alphanumeric() && !more.contains(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn after_word(word: &str) -> Before {
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if is(&["IN", "INCLUDES", "EXCLUDES"]) {
        Before::In
    } else if is(&["LIMIT", "OFFSET"]) {
        Before::Limit
    } else if DateLiteral::with_number(word).is_some() {
        Before::DateLiteral
    } else {
        Before::Other
    }
}

/// The length of the string literal that a text starts with, quotes included.
fn string_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        let ends = byte == b'\'' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends.then_some(at + 1)
    })
}
