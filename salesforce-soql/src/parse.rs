//! Text to tree.

mod condition;
mod error;
mod operand;
mod query;
mod select;

pub use error::{ParseError, ParseErrorKind};

use std::borrow::Cow;
use std::ops::Range;

use crate::ast::{FieldPath, Name, Query, Text};
use crate::token::{Kind, Token, tokens};

/// The longest statement the server takes, in characters.
pub const MAX_LENGTH: usize = 100_000;

/// How deep parentheses, queries and calls may be nested in all. Every public query found stays below ten.
pub(crate) const MAX_DEPTH: usize = 64;

/// Reads a query.
///
/// Takes everything that is SOQL by its grammar, Apex's additions among it (`FOR UPDATE`, `WITH USER_MODE`), and two
/// habits of clients that the server itself refuses: `AND` and `OR` mixed without parentheses, where `AND` binds
/// tighter, and escapes it does not know, such as `'\('`. [`parse_strict`] refuses all of these.
/// A bind variable is refused: values are put in before, by [`Soql`](crate::Soql).
///
/// ```
/// let error = salesforce_soql::parse("SELECT Id FROM Account\nWHERE Name = ").unwrap_err();
/// assert_eq!((error.row(), error.column()), (2, 14));
/// assert_eq!(
///     error.to_string(),
///     "row 2, column 14: found the end of the query, expected a value such as 'text', 5, true, null or TODAY"
/// );
/// ```
///
/// # Errors
///
/// [`ParseError`] says where the text stops being a query, and what was expected there.
pub fn parse(text: &str) -> Result<Query, ParseError> {
    Parser::new(text, false)?.statement()
}

/// Where the names and the literals of a text stand, in the order of the text; those of `WITH` are left out, and
/// `FIELDS(ALL)` counts as a literal.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) names: Vec<Range<usize>>,
    pub(crate) values: Vec<ValueMark>,
}

/// Where a literal stands, or a bind variable in its place.
#[derive(Clone, Debug)]
pub(crate) struct ValueMark {
    pub(crate) span: Range<usize>,
    pub(crate) is_bind: bool,
}

/// Reads a query as [`parse`](parse()) does, or as [`parse_strict`], but takes bind variables: the tree holds `null`, an
/// empty text or a 1 in their places.
pub(crate) fn parse_marked(text: &str, strict: bool) -> Result<(Query, Marks), ParseError> {
    let mut parser = Parser { binds: true, ..Parser::new(text, strict)? };
    let query = parser.statement()?;
    Ok((query, parser.marks))
}

/// Reads a query as strictly as the server's own parser: what [`parse`](parse()) takes beyond that, and what belongs to
/// Apex only, is refused.
///
/// What is wrong in meaning (an unknown field, a field that is not grouped) needs a schema and is not looked at.
///
/// # Errors
///
/// As [`parse`](parse()).
pub fn parse_strict(text: &str) -> Result<Query, ParseError> {
    Parser::new(text, true)?.statement()
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// The current token; never beyond the last, which is never consumed.
    at: usize,
    depth: usize,
    strict: bool,
    /// Whether a bind variable may stand for a value.
    binds: bool,
    marks: Marks,
}

type Result<T, E = ParseError> = std::result::Result<T, E>;

impl<'t> Parser<'t> {
    fn new(text: &'t str, strict: bool) -> Result<Self> {
        // A text of fewer bytes has fewer characters: most need no count.
        if text.len() > MAX_LENGTH && text.chars().count() > MAX_LENGTH {
            return Err(ParseError::too_long(text));
        }
        Ok(Self { text, tokens: tokens(text), at: 0, depth: 0, strict, binds: false, marks: Marks::default() })
    }

    /// The token `ahead` places from the current one.
    fn peek(&self, ahead: usize) -> Token {
        let last = Token { kind: Kind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.at.saturating_add(ahead)).copied().unwrap_or(last)
    }

    fn kind(&self) -> Kind {
        self.peek(0).kind
    }

    fn source(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    fn advance(&mut self) -> Token {
        let token = self.peek(0);
        if !matches!(token.kind, Kind::End | Kind::Bad(_)) {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: Kind, expected: &'static str) -> Result<()> {
        if self.eat(kind) { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// The word `ahead` places from here, if it is one.
    fn word(&self, ahead: usize) -> Option<&'t str> {
        Some(self.peek(ahead)).filter(|token| token.kind == Kind::Word).map(|token| self.source(token))
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.word(ahead).is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    fn at_words(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.is_word(ahead, word))
    }

    /// Consumes these words, if all of them come next.
    fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = self.at_words(words);
        if found {
            words.iter().for_each(|_| {
                self.advance();
            });
        }
        found
    }

    fn expect_word(&mut self, word: &'static str) -> Result<()> {
        if self.eat_words(&[word]) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    /// Any word, as a name.
    fn name(&mut self, expected: &'static str) -> Result<Name> {
        let name = self.word(0).and_then(|word| word.parse().ok()).ok_or_else(|| self.unexpected(expected))?;
        let token = self.advance();
        self.marks.names.push(token.start..token.end);
        Ok(name)
    }

    /// `.b.c` after a first name.
    fn path_after(&mut self, first: Name) -> Result<FieldPath> {
        let (mut parents, mut name) = (Vec::new(), first);
        while self.eat(Kind::Dot) {
            parents.push(name);
            name = self.name("a name after `.`")?;
        }
        Ok(FieldPath::new(parents, name))
    }

    /// Consumes a bind variable, where one may stand.
    fn eat_bind(&mut self) -> Option<Range<usize>> {
        let start = self.peek(0).start;
        if !self.binds || self.kind() != Kind::Colon || self.word(1).is_none() {
            return None;
        }
        self.advance();
        let mut end = self.advance().end;
        while self.kind() == Kind::Dot && self.word(1).is_some() {
            self.advance();
            end = self.advance().end;
        }
        Some(start..end)
    }

    /// Consumes a bind variable in the place of a value.
    fn eat_bound_value(&mut self) -> bool {
        let span = self.eat_bind();
        let found = span.is_some();
        self.marks.values.extend(span.map(|span| ValueMark { span, is_bind: true }));
        found
    }

    /// Notes where the literal stands that was just read.
    fn mark_value(&mut self, start: usize) {
        let end = self.tokens.get(self.at.wrapping_sub(1)).map_or(start, |token| token.end);
        self.marks.values.push(ValueMark { span: start..end, is_bind: false });
    }

    fn string(&mut self, expected: &'static str) -> Result<Text> {
        if self.eat_bound_value() {
            return Ok(Text::default());
        }
        let token = self.peek(0);
        if token.kind != Kind::Text {
            return Err(self.unexpected(expected));
        }
        let start = token.start + 1;
        let source = self.text.get(start..token.end.saturating_sub(1)).unwrap_or_default();
        let text = Text::decode(source)
            .map_err(|bad| ParseError::at(self.text, start + bad.at..start + bad.at + bad.len, bad.expected))?;
        if self.strict && text.unknown_escape().is_some() {
            let expected = r"only the escapes \n \r \t \b \f \u \' \\ \% \_ or a double quote after `\`";
            return Err(ParseError::at(self.text, token.start..token.end, expected));
        }
        self.advance();
        self.mark_value(token.start);
        Ok(text)
    }

    /// One or more with commas between them.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(Kind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Runs a rule that may lead to itself again.
    fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_deep("no more than 64 levels of parentheses, queries and calls"));
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    fn too_deep(&self, expected: &'static str) -> ParseError {
        let token = self.peek(0);
        ParseError::at(self.text, token.start..token.end, expected).of_kind(ParseErrorKind::TooDeep)
    }

    /// The current token is not what the grammar asks for.
    fn unexpected(&self, expected: impl Into<Cow<'static, str>>) -> ParseError {
        let token = self.peek(0);
        match token.kind {
            Kind::Bad(right) => ParseError::at(self.text, token.start..token.end, right),
            Kind::Colon => self.bind(expected),
            _ => ParseError::at(self.text, token.start..token.end, expected),
        }
    }

    /// A bind variable where something else should be.
    fn bind(&self, expected: impl Into<Cow<'static, str>>) -> ParseError {
        let colon = self.peek(0);
        let name = Some(self.peek(1)).filter(|token| token.kind == Kind::Word);
        let error = ParseError::at(self.text, colon.start..name.unwrap_or(colon).end, expected);
        if name.is_some() { error.of_kind(ParseErrorKind::UnboundName) } else { error }
    }
}
