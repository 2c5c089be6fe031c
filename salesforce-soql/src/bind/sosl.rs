use std::borrow::Cow;

use super::fill::{self, Place};
use super::{BindError, Literal};
use crate::MAX_LENGTH;
use crate::ast::Value;

/// What a server searches for with all of its operators. It drops them from a longer text, and finds nothing at all for
/// a much longer one, without a word.
const LONGEST_SEARCH: usize = 4_000;

/// A search as text with values still to be put in.
///
/// After `FIND` stands what is searched for, in braces. There a `:name` gets the words bound to it, with everything
/// escaped that SOSL would take for its own, operators and wildcards included; `FIND :name` is the same as
/// `FIND {:name}`. Behind the braces, in a `WHERE` say, a `:name` gets a literal as in [`Soql`](super::Soql).
///
/// ```
/// use salesforce_soql::Sosl;
///
/// let sosl = Sosl::new("FIND {:company AND :start*} IN NAME FIELDS RETURNING Account(Id, Name WHERE Industry = :industry)")
///     .bind("company", "Sample & Co")
///     .bind("start", "O'N")
///     .bind("industry", "Energy");
/// assert_eq!(
///     sosl.text()?,
///     r"FIND {Sample \& Co AND O\'N*} IN NAME FIELDS RETURNING Account(Id, Name WHERE Industry = 'Energy')"
/// );
/// # Ok::<(), salesforce_soql::BindError>(())
/// ```
///
/// As with [`Soql`](super::Soql), only a text of the program becomes a search by itself:
///
/// ```compile_fail,E0277
/// fn run(search: impl Into<salesforce_soql::Sosl>) {}
///
/// let name = "x} RETURNING User(Id)";
/// run(format!("FIND {{{name}}} RETURNING Account")); // a String is no search
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a search does nothing until it is sent"]
pub struct Sosl {
    text: Cow<'static, str>,
    values: Vec<(Cow<'static, str>, Literal)>,
}

impl Sosl {
    /// A search whose text is in the program.
    pub const fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: Vec::new() }
    }

    /// A search whose text was made at run time, from parts that the program vouches for: no part of it may come from a
    /// user.
    pub fn trusted(text: impl Into<String>) -> Self {
        Self { text: Cow::Owned(text.into()), values: Vec::new() }
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
    /// What [`Soql::text`](super::Soql::text) has as well; a text that does not begin with `FIND` and braces, a search
    /// for nothing or for anything but text, and one of more than 4,000 characters, of which a server drops the
    /// operators silently.
    pub fn text(&self) -> Result<String, BindError> {
        let not_sosl = BindError::NoFind;
        let after = strip_word(&self.text, "FIND").ok_or(not_sosl.clone())?;
        let (search, rest) = match after.strip_prefix('{') {
            Some(inner) => inner.split_at(end_of_braces(inner).ok_or(BindError::UnfinishedText)?),
            // `FIND :name`
            None => match fill::places(after)?.first() {
                Some(place) if place.start == 0 => after.split_at(place.end),
                _ => return Err(not_sosl),
            },
        };
        let rest = rest.strip_prefix('}').unwrap_or(rest);
        let mut in_search = Vec::new();
        let search = self.filled_search(search, &mut in_search)?;
        if search.chars().count() > LONGEST_SEARCH {
            return Err(BindError::SearchTooLong);
        }
        if search.trim().is_empty() {
            return Err(BindError::EmptySearch);
        }
        let in_rest = |name: &str| places_with(rest, name);
        let values: Vec<_> =
            self.values.iter().filter(|(name, _)| !in_search.contains(&&**name) || in_rest(name)).cloned().collect();
        let text = format!("FIND {{{search}}}{}", fill::fill(rest, &values)?);
        if text.chars().count() > MAX_LENGTH {
            return Err(BindError::TooLong);
        }
        Ok(text)
    }

    /// What stands in the braces, with each `:name` replaced. A colon of the text itself is written `\:`; between quotes
    /// words are no operators.
    fn filled_search<'s>(&'s self, search: &str, used: &mut Vec<&'s str>) -> Result<String, BindError> {
        let mut filled = String::with_capacity(search.len());
        let mut rest = search;
        let mut in_phrase = false;
        while let Some(at) = rest.find(['\\', ':', '"']) {
            let (before, found) = rest.split_at(at);
            filled.push_str(before);
            if let Some(after) = found.strip_prefix('"') {
                filled.push('"');
                in_phrase = !in_phrase;
                rest = after;
                continue;
            }
            if found.starts_with('\\') {
                let end = found.char_indices().nth(2).map_or(found.len(), |(end, _)| end);
                filled.push_str(found.get(..end).unwrap_or_default());
                rest = found.get(end..).unwrap_or_default();
                continue;
            }
            let name = fill::word(found.get(1..).unwrap_or_default(), "._");
            let bound = self.values.iter().find(|(bound, _)| bound == name);
            let (name, literal) = bound.ok_or_else(|| BindError::Unbound { name: name.into() })?;
            match literal.value(name)? {
                Value::Text(text) => filled.push_str(&escaped(text.as_str(), in_phrase)),
                _ => return Err(BindError::WrongPlace { name: name.as_ref().into(), expected: "text to search for" }),
            }
            used.push(name);
            rest = found.get(1 + name.len()..).unwrap_or_default();
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

impl From<&'static str> for Sosl {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

/// Text as words to search for: what SOSL reserves gets a backslash, and a word that is an operator gets quotes unless it
/// stands in some.
fn escaped(text: &str, in_phrase: bool) -> String {
    let operator =
        |word: &str| !in_phrase && ["AND", "OR", "NOT"].iter().any(|operator| word.eq_ignore_ascii_case(operator));
    let mut out = String::with_capacity(text.len() + 8);
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        if operator(word) {
            out.push_str(&format!("\"{word}\""));
            continue;
        }
        for c in word.chars() {
            if r#"?&|!{}[]()^~*:\"'+-"#.contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let text = text.trim_start();
    let (head, rest) = text.split_at_checked(word.len())?;
    let rest_trimmed = rest.trim_start();
    let apart = rest_trimmed.len() < rest.len() || rest.starts_with(['{', ':']);
    (head.eq_ignore_ascii_case(word) && apart).then_some(rest_trimmed)
}

/// Where the brace closes that was opened just before.
fn end_of_braces(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'}' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn places_with(text: &str, name: &str) -> bool {
    fill::places(text).is_ok_and(|places| places.iter().any(|place: &Place<'_>| place.name == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(term: &str) -> String {
        Sosl::new("FIND :term RETURNING Account").bind("term", term).text().unwrap()
    }

    #[test]
    fn nothing_of_a_value_is_syntax() {
        assert_eq!(
            find(r#"x} RETURNING User(Id) ? & | ! { [ ] ^ ~ * : \ " ' + -"#),
            r#"FIND {x\} RETURNING User\(Id\) \? \& \| \! \{ \[ \] \^ \~ \* \: \\ \" \' \+ \-} RETURNING Account"#
        );
        assert_eq!(find("this and that OR Not"), r#"FIND {this "and" that "OR" "Not"} RETURNING Account"#);
        assert_eq!(find("Ändern\n日本"), "FIND {Ändern 日本} RETURNING Account");
    }

    #[test]
    fn in_a_phrase_of_the_text_a_word_is_a_word() {
        let phrase = |text: &'static str, value: &str| Sosl::new(text).bind("name", value).text().unwrap();
        assert_eq!(phrase(r#"FIND {":name"}"#, "Bed OR Breakfast"), r#"FIND {"Bed OR Breakfast"}"#);
        assert_eq!(phrase(r#"FIND {"the :name" OR :name}"#, "x and"), r#"FIND {"the x and" OR x "and"}"#);
        assert_eq!(phrase(r#"FIND {":name"}"#, r#"a" OR "b\"#), r#"FIND {"a\" OR \"b\\"}"#);
        assert_eq!(phrase(r#"FIND {\" :name}"#, "or"), r#"FIND {\" "or"}"#, "an escaped quote opens nothing");
    }

    #[test]
    fn a_name_may_stand_in_braces_and_behind_them() {
        let sosl =
            Sosl::new(r"find {:a* AND b\:c} RETURNING X(Id WHERE N = :a AND M = :m)").bind("a", "o'k").bind("m", 3);
        assert_eq!(sosl.text().unwrap(), r"FIND {o\'k* AND b\:c} RETURNING X(Id WHERE N = 'o\'k' AND M = 3)");
    }

    #[test]
    fn a_text_of_the_program_stays_as_it_is() {
        for text in ["FIND {Acme}", r"FIND {O\'Neil \} x} IN NAME FIELDS LIMIT 5"] {
            assert_eq!(Sosl::new(text).text().unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_search_is_told_before_it_is_sent() {
        let error = |sosl: Sosl| sosl.text().unwrap_err();
        for text in ["", "SELECT Id FROM Account", "FINDING {x}", "FIND x", "FIND"] {
            assert_eq!(error(Sosl::new(text)), BindError::NoFind, "{text}");
        }
        assert_eq!(error(Sosl::new("FIND {x")), BindError::UnfinishedText);
        assert_eq!(error(Sosl::new("FIND {}")), BindError::EmptySearch);
        assert_eq!(error(Sosl::new("FIND :t").bind("t", " \t")), BindError::EmptySearch);
        assert!(matches!(error(Sosl::new("FIND {:t}")), BindError::Unbound { .. }));
        assert!(matches!(error(Sosl::new("FIND {t}").bind("t", "x")), BindError::Unknown { .. }));
        assert!(matches!(error(Sosl::new("FIND {:t}").bind("t", 7)), BindError::WrongPlace { .. }));
        assert!(matches!(error(Sosl::new("FIND {:t}").bind("t", vec!["a"])), BindError::WrongPlace { .. }));
        assert_eq!(error(Sosl::new("FIND :t").bind("t", "x".repeat(4001))), BindError::SearchTooLong);
    }

    #[test]
    fn no_text_panics() {
        for text in ["FIND {\\", "FIND {:", "FIND :", "FIND {é\\", "FIND{:é}", "FIN", "é", "FIND {:a\\é}"] {
            let _ = Sosl::new(text).bind("a", "é\\").text();
        }
    }
}
