use std::fmt::{self, Write};

/// A string literal, decoded.
///
/// Only `LIKE` tells `\%` and `\_` from `%` and `_`: [`Text::as_str`] has both without the backslash,
/// [`Text::pattern`] knows which were escaped.
///
/// ```
/// use salesforce_soql::ast::{Pattern, Text};
///
/// let text = Text::from("it's");
/// assert_eq!(text.to_string(), r"'it\'s'");
///
/// let text = Text::prefix("50%");
/// assert_eq!(text.to_string(), r"'50\%%'");
/// assert_eq!(text.pattern().last(), Some(Pattern::Any));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text {
    value: String,
    /// Where in `value` characters stand that were written with a backslash and stand for themselves: `%` and `_`, and
    /// those of escapes that the language does not have. Ascending.
    marks: Vec<usize>,
}

/// One element of a `LIKE` pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// This character, in any case.
    Char(char),
    /// `_`: any one character.
    One,
    /// `%`: any characters, or none.
    Any,
}

impl Text {
    /// The text without quotes and escapes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The text as `LIKE` reads it.
    pub fn pattern(&self) -> impl Iterator<Item = Pattern> {
        let mut marks = self.marks.iter().copied().peekable();
        self.value.char_indices().map(move |(at, c)| match (marks.next_if_eq(&at), c) {
            (None, '%') => Pattern::Any,
            (None, '_') => Pattern::One,
            _ => Pattern::Char(c),
        })
    }

    /// The first character that was written with a backslash though the language has no such escape, as in `'\('`.
    /// Clients send such text; the server refuses it.
    #[must_use]
    pub fn unknown_escape(&self) -> Option<char> {
        let marked = |at: &usize| self.value.get(*at..).and_then(|rest| rest.chars().next());
        self.marks.iter().filter_map(marked).find(|c| !matches!(c, '%' | '_'))
    }

    /// A pattern for exactly this text: `%` and `_` in it are no wildcards.
    #[must_use]
    pub fn exactly(text: &str) -> Self {
        let marks = text.match_indices(['%', '_']).map(|(at, _)| at).collect();
        Self { value: text.into(), marks }
    }

    /// A pattern for what starts with this text.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        let mut pattern = Self::exactly(text);
        pattern.value.push('%');
        pattern
    }

    /// A pattern for what ends with this text.
    #[must_use]
    pub fn suffix(text: &str) -> Self {
        let mut pattern = Self::exactly(text);
        pattern.value.insert(0, '%');
        pattern.marks.iter_mut().for_each(|mark| *mark += 1);
        pattern
    }

    /// A pattern for what has this text in it.
    #[must_use]
    pub fn containing(text: &str) -> Self {
        let mut pattern = Self::suffix(text);
        pattern.value.push('%');
        pattern
    }

    /// Reads what stands between the quotes.
    pub(crate) fn decode(source: &str) -> Result<Self, BadEscape> {
        let mut text = Self::default();
        let mut rest = source;
        while let Some(at) = rest.find('\\') {
            text.value.push_str(rest.get(..at).unwrap_or_default());
            let escape = rest.get(at + 1..).unwrap_or_default();
            let bad = |len: usize, expected| BadEscape { at: source.len() - escape.len() - 1, len, expected };
            let mut after = escape.chars();
            match after.next().ok_or(bad(1, "a character after `\\`"))? {
                'n' | 'N' => text.value.push('\n'),
                'r' | 'R' => text.value.push('\r'),
                't' | 'T' => text.value.push('\t'),
                'b' | 'B' => text.value.push('\u{8}'),
                'f' | 'F' => text.value.push('\u{c}'),
                same @ ('"' | '\'' | '\\') => text.value.push(same),
                'u' => {
                    let (c, left) = unicode(after.as_str()).ok_or(bad(2, "a character as `\\u` and four digits"))?;
                    text.value.push(c);
                    after = left.chars();
                }
                other => {
                    text.marks.push(text.value.len());
                    text.value.push(other);
                }
            }
            rest = after.as_str();
        }
        text.value.push_str(rest);
        Ok(text)
    }
}

/// A `\` in a string literal that nothing sensible follows.
#[derive(Debug)]
pub(crate) struct BadEscape {
    /// Where the backslash is, counted from the opening quote's end.
    pub(crate) at: usize,
    pub(crate) len: usize,
    pub(crate) expected: &'static str,
}

/// The character of `XXXX` or, beyond the first plane, `XXXX\uXXXX`, and the text after it.
fn unicode(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (first, rest) = (unit(text)?, text.get(4..)?);
    if let Some(c) = char::from_u32(first.into()) {
        return Some((c, rest));
    }
    let second = rest.strip_prefix("\\u")?;
    let c = char::decode_utf16([first, unit(second)?]).next()?.ok()?;
    Some((c, second.get(4..)?))
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(value: String) -> Self {
        Self { value, marks: Vec::new() }
    }
}

/// The literal, with quotes and escapes.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marks = self.marks.iter().copied().peekable();
        f.write_char('\'')?;
        for (at, c) in self.value.char_indices() {
            match (marks.next_if_eq(&at), c) {
                (Some(_), _) => write!(f, "\\{c}")?,
                (None, '\'' | '\\') => write!(f, "\\{c}")?,
                (None, '\n') => f.write_str("\\n")?,
                (None, '\r') => f.write_str("\\r")?,
                (None, '\t') => f.write_str("\\t")?,
                (None, '\u{8}') => f.write_str("\\b")?,
                (None, '\u{c}') => f.write_str("\\f")?,
                (None, '\0'..='\u{1f}' | '\u{7f}') => write!(f, "\\u{:04x}", u32::from(c))?,
                (None, _) => f.write_char(c)?,
            }
        }
        f.write_char('\'')
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(source: &str) -> String {
        Text::decode(source).unwrap().as_str().to_owned()
    }

    #[test]
    fn every_escape_of_the_language_is_read() {
        assert_eq!(decode(r#"\n\N\r\R\t\T\b\B\f\F\"\'\\\_\%"#), "\n\n\r\r\t\t\u{8}\u{8}\u{c}\u{c}\"'\\_%");
        assert_eq!(decode(r"caf\u00e9 \uD83D\ude00 \\u0041"), "café 😀 \\u0041");
    }

    #[test]
    fn an_escape_that_says_no_character_is_refused() {
        for (bad, at) in
            [(r"\", 0), (r"a\u12", 1), (r"\uZZZZ", 0), (r"ä\uD800", 2), (r"\uDC00\uD800", 0), (r"\u+123", 0)]
        {
            assert_eq!(Text::decode(bad).unwrap_err().at, at, "{bad}");
        }
    }

    #[test]
    fn an_unknown_escape_is_kept_and_told() {
        let text = Text::decode(r"\(name)").unwrap();
        assert_eq!((text.as_str(), text.unknown_escape()), ("(name)", Some('(')));
        assert_eq!(text.to_string(), r"'\(name)'");
        assert_eq!(Text::decode(r"\%\_\'").unwrap().unknown_escape(), None);
    }

    #[test]
    fn a_pattern_tells_wildcards_from_escaped_ones() {
        let parts: Vec<Pattern> = Text::decode(r"a%\%_\_").unwrap().pattern().collect();
        assert_eq!(parts, [Pattern::Char('a'), Pattern::Any, Pattern::Char('%'), Pattern::One, Pattern::Char('_')]);
        assert_ne!(Text::decode(r"\%").unwrap(), Text::decode("%").unwrap());
    }

    #[test]
    fn user_text_in_a_pattern_matches_only_itself() {
        assert_eq!(Text::exactly(r"1_0%\'").to_string(), r"'1\_0\%\\\''");
        assert_eq!(Text::suffix("_x").to_string(), r"'%\_x'");
        assert_eq!(Text::containing("ä%").to_string(), r"'%ä\%%'");
    }
}
