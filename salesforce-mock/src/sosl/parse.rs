//! The statement around what is looked for.

use super::terms::{Fault, Terms};
use super::{Group, Returning, Search};
use crate::rules::Refusal;
use crate::soql::Source;

/// The longest statement, in characters.
const LONGEST: usize = 100_000;

const NO_TERM: &str = "No search term found. The search term must be enclosed in braces.";

/// The words that end the list of fields.
const AFTER_FIELDS: [&str; 5] = ["USING", "WHERE", "ORDER", "LIMIT", "OFFSET"];

pub(super) fn statement(text: &str) -> Result<Search, Refusal> {
    if text.chars().count() > LONGEST {
        let text = "SOSL statements can not be longer than 100000 characters";
        return Err(Refusal::new("MALFORMED_SEARCH", text));
    }
    let mut cursor = Cursor { text, at: 0 };
    if !cursor.takes("FIND") || !cursor.takes("{") {
        return Err(Refusal::new("MALFORMED_SEARCH", NO_TERM));
    }
    let (terms, end) = Terms::in_braces(text, cursor.at).map_err(|fault| refusal(text, cursor.at, fault))?;
    cursor.at = end + 1;
    let mut search = Search { terms, group: Group::All, returning: Vec::new(), limit: None, labels: false };
    if cursor.takes("IN") {
        let at = cursor.at;
        search.group = Group::of(cursor.word()).ok_or_else(|| cursor.unexpected(at))?;
        cursor.needs("FIELDS")?;
    }
    if cursor.takes("RETURNING") {
        loop {
            search.returning.push(cursor.returning()?);
            if !cursor.takes(",") {
                break;
            }
        }
    }
    while cursor.takes("WITH") {
        cursor.with(&mut search)?;
    }
    if cursor.takes("LIMIT") {
        let at = cursor.at;
        let limit = cursor.word().parse().ok().filter(|limit| (1..=super::MOST_ROWS).contains(limit));
        search.limit = Some(limit.ok_or_else(|| cursor.unexpected(at))?);
    }
    if cursor.takes("UPDATE") {
        loop {
            if !cursor.takes("TRACKING") {
                cursor.needs("VIEWSTAT")?;
            }
            if !cursor.takes(",") {
                break;
            }
        }
    }
    if cursor.rest().is_empty() { Ok(search) } else { Err(cursor.unexpected(cursor.at)) }
}

/// The refusal of a text that cannot be looked for.
pub(super) fn refusal(text: &str, from: usize, fault: Fault) -> Refusal {
    let source = Source(text);
    match fault {
        Fault::TooShort if text.get(from..).is_some_and(|rest| rest.trim_start().starts_with('}')) => {
            Refusal::new("MALFORMED_SEARCH", NO_TERM)
        }
        Fault::TooShort => Refusal::new("MALFORMED_SEARCH", "search term must be longer than one character"),
        Fault::Unexpected(at, found) => source.at(at, "MALFORMED_SEARCH", &format!("unexpected token: '{found}'")),
        Fault::Mismatched(at, found, expected) => {
            let before = text.get(..at).unwrap_or_default();
            let row = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let found = found.map_or("<EOF>".to_owned(), String::from);
            let text = format!("line {row}:{column} mismatched character '{found}' expecting '{expected}'");
            source.at(at, "MALFORMED_SEARCH", &text)
        }
    }
}

/// A place in the statement.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// Goes past a word or a sign, if it stands here.
    fn takes(&mut self, what: &str) -> bool {
        let rest = self.rest();
        let here = rest.get(..what.len()).is_some_and(|here| here.eq_ignore_ascii_case(what));
        let word = |text: &str| text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let whole = !word(what) || !rest.get(what.len()..).is_some_and(word);
        if here && whole {
            self.at += what.len();
        }
        here && whole
    }

    fn needs(&mut self, what: &str) -> Result<(), Refusal> {
        if self.takes(what) { Ok(()) } else { Err(self.unexpected(self.at)) }
    }

    /// Goes past the letters, digits and underscores that stand here.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn unexpected(&self, at: usize) -> Refusal {
        let rest = self.text.get(at..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        let token = rest.split_whitespace().next().unwrap_or("<EOF>");
        let token: String = token.chars().take(40).collect();
        Source(self.text).at(at + blank, "MALFORMED_SEARCH", &format!("unexpected token: '{token}'"))
    }

    /// `Account(Id, Name WHERE … ORDER BY … LIMIT …)`
    fn returning(&mut self) -> Result<Returning, Refusal> {
        let at = self.at;
        let object = self.word();
        if object.is_empty() {
            return Err(self.unexpected(at));
        }
        if !self.takes("(") {
            return Ok(Returning::new(object, "", ""));
        }
        let begin = self.at;
        let inside = self.text.get(begin..).unwrap_or_default();
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        // Where a word at the outermost level begins, and where the fields end.
        let (mut word, mut fields_end) = (None, None);
        for (place, letter) in inside.char_indices() {
            if quoted {
                quoted = escaped || letter != '\'';
                escaped = letter == '\\' && !escaped;
                continue;
            }
            let in_word = letter.is_alphanumeric() || matches!(letter, '_' | '.');
            match (in_word, word) {
                (true, None) => word = Some(place),
                (false, Some(start)) => {
                    let ends =
                        |name: &str| inside.get(start..place).is_some_and(|word| word.eq_ignore_ascii_case(name));
                    if depth == 0 && fields_end.is_none() && AFTER_FIELDS.into_iter().any(ends) {
                        fields_end = Some(start);
                    }
                    word = None;
                }
                _ => {}
            }
            match letter {
                '\'' => quoted = true,
                '(' => depth += 1,
                ')' if depth > 0 => depth -= 1,
                ')' => {
                    let end = fields_end.unwrap_or(place);
                    let fields = inside.get(..end).unwrap_or_default();
                    let rest = inside.get(end..place).unwrap_or_default();
                    let listed = rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("USING"));
                    if fields.trim().is_empty() || listed {
                        return Err(self.unexpected(begin + end.min(place)));
                    }
                    self.at = begin + place + 1;
                    return Ok(Returning::new(object, fields, rest));
                }
                _ => {}
            }
        }
        Err(self.unexpected(self.text.len()))
    }

    /// `METADATA='LABELS'` and `SPELL_CORRECTION = false`; what else there is filters or marks in ways the mock does
    /// not know, and is refused.
    fn with(&mut self, search: &mut Search) -> Result<(), Refusal> {
        let at = self.at;
        match self.word().to_ascii_uppercase().as_str() {
            "METADATA" => {
                self.needs("=")?;
                self.needs("'LABELS'")?;
                search.labels = true;
            }
            "SPELL_CORRECTION" => {
                self.needs("=")?;
                if !self.takes("true") {
                    self.needs("false")?;
                }
            }
            _ => return Err(self.unexpected(at)),
        }
        Ok(())
    }
}
