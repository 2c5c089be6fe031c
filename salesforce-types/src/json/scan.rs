use std::fmt;

use serde::de::IgnoredAny;

use super::Layout;
use super::layout::Members;
use super::quoted::{Quoted, escape, mark};

/// Deeper than this, `serde_json` reads: each level takes stack, and rows nest by five at most.
const DEPTH: u8 = 32;

type Result<T> = std::result::Result<T, Unreadable>;

/// Goes over a text of JSON, piece by piece, from front to back.
///
/// It accepts what `serde_json` accepts and nothing else. White space before a piece is passed over. After an error it is
/// at no place any more, and whatever is asked of it is an error: who swallows one does not go on with half a value.
///
/// ```
/// use salesforce_types::json::Scanner;
///
/// let mut scanner = Scanner::new(r#"{"Id": "a", "N": [1.50, {}]}"#);
/// scanner.eat(b'{')?;
/// let mut first = true;
/// while let Some(name) = scanner.name(&mut first)? {
///     println!("{}: {}", name.decode()?, scanner.skip()?);
/// }
/// assert_eq!(scanner.peek(), None);
/// # Ok::<(), salesforce_types::json::Unreadable>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scanner<'t> {
    text: &'t str,
    pub(super) at: usize,
    pub(super) depth: u8,
    /// What the next value is thought to look like, if it is an object or a list of some.
    pub(super) layout: Option<&'t Layout>,
    /// Whether an object did not look as it was thought to.
    pub(super) strange: bool,
}

impl<'t> Scanner<'t> {
    /// At the front of the text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self::at(text, 0)
    }

    /// At a place in the text; behind its end is its end.
    #[must_use]
    pub fn at(text: &'t str, place: usize) -> Self {
        Self { text, at: place, depth: DEPTH, layout: None, strange: false }
    }

    /// The same with what the next value is thought to look like, to be quicker when it does.
    #[must_use]
    pub fn with_layout(self, layout: &'t Layout) -> Self {
        Self { layout: Some(layout), ..self }
    }

    /// Whether an object that was read had other names than its layout: [`Layout::note`] wants to see it.
    #[must_use]
    pub fn is_strange(&self) -> bool {
        self.strange
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// How many bytes are behind us.
    #[must_use]
    pub fn place(&self) -> usize {
        self.at
    }

    /// Whether there is nothing left but white space.
    pub fn is_at_end(&mut self) -> bool {
        self.peek().is_none() && self.at == self.text.len()
    }

    /// At no place any more.
    #[cold]
    pub(super) fn broken<T>(&mut self) -> Result<T> {
        self.at = self.text.len() + 1;
        Err(Unreadable)
    }

    /// The next byte that is not white space; it stays the next one.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes over one byte, a mark such as `{`.
    ///
    /// # Errors
    ///
    /// When another one is next.
    #[inline]
    pub fn eat(&mut self, mark: u8) -> Result<()> {
        if self.peek() != Some(mark) {
            return self.broken();
        }
        self.at += 1;
        Ok(())
    }

    /// Inside an object: the name of the next member, its colon passed; `None` behind the closing brace.
    ///
    /// `first` starts as true.
    ///
    /// # Errors
    ///
    /// When neither is next.
    #[inline]
    pub fn name(&mut self, first: &mut bool) -> Result<Option<Quoted<'t>>> {
        if !self.another(b'}', first)? {
            return Ok(None);
        }
        let name = self.quoted()?;
        self.eat(b':')?;
        Ok(Some(name))
    }

    /// Inside a list: whether there is another element, which is next then; false behind the closing bracket.
    ///
    /// `first` starts as true.
    ///
    /// # Errors
    ///
    /// When neither is next.
    #[inline]
    pub fn element(&mut self, first: &mut bool) -> Result<bool> {
        self.another(b']', first)
    }

    #[inline]
    fn another(&mut self, end: u8, first: &mut bool) -> Result<bool> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if !*first => self.at += 1,
            Some(_) if *first => *first = false,
            _ => return self.broken(),
        }
        Ok(true)
    }

    /// A string.
    ///
    /// # Errors
    ///
    /// When none is next, or it does not end, or holds a control character or an escape that is none.
    #[inline]
    pub fn quoted(&mut self) -> Result<Quoted<'t>> {
        if self.peek() != Some(b'"') {
            return self.broken();
        }
        let start = self.at + 1;
        let plain = self.pass_string()?;
        Ok(Quoted { inner: self.text.get(start..self.at - 1).ok_or(Unreadable)?, plain })
    }

    /// Passes over a string that is next without white space, and says whether it has no escapes.
    #[inline]
    fn pass_string(&mut self) -> Result<bool> {
        let bytes = self.text.as_bytes();
        let (mut next, mut plain) = (mark(bytes, self.at + 1), true);
        while let Some(at) = next {
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(plain);
                }
                Some(b'\\') => (next, plain) = (escape(bytes, at).and_then(|at| mark(bytes, at)), false),
                _ => break,
            }
        }
        self.broken()
    }

    /// Passes over one value and gives its text.
    ///
    /// # Errors
    ///
    /// When no value is next, or it is not whole.
    #[inline]
    pub fn skip(&mut self) -> Result<&'t str> {
        self.peek();
        let start = self.at;
        match self.pass(self.depth) {
            Ok(()) => self.since(start),
            Err(Unreadable) => self.broken(),
        }
    }

    /// Passes over one value that is next without white space.
    #[inline]
    pub(super) fn value(&mut self) -> Result<()> {
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => self.pass_string().map(drop),
            Some(b'n') => self.word("null"),
            Some(b' ' | b'\n' | b'\r' | b'\t') => Err(Unreadable),
            _ => self.pass(self.depth),
        }
    }

    fn pass(&mut self, depth: u8) -> Result<()> {
        match self.peek() {
            Some(b'"') => drop(self.pass_string()?),
            Some(b'{' | b'[') if depth == 0 => return self.pass_deep(),
            Some(b'{') => {
                self.at += 1;
                let mut members = Members::new(self.layout.take());
                while let Some(member) = members.next(self)? {
                    self.layout = member.layout();
                    self.pass(depth - 1)?;
                }
            }
            Some(b'[') => {
                self.at += 1;
                let (layout, mut first) = (self.layout.take(), true);
                while self.element(&mut first)? {
                    self.layout = layout;
                    self.pass(depth - 1)?;
                }
            }
            Some(b'n') => self.word("null")?,
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            _ => self.number()?,
        }
        Ok(())
    }

    /// `serde_json` needs no stack to pass over a value.
    #[cold]
    fn pass_deep(&mut self) -> Result<()> {
        let rest = self.text.get(self.at..).ok_or(Unreadable)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        values.next().ok_or(Unreadable)?.map_err(|_| Unreadable)?;
        self.at += values.byte_offset();
        Ok(())
    }

    /// Passes over a literal.
    #[inline]
    pub(super) fn word(&mut self, word: &str) -> Result<()> {
        if self.follows(word.as_bytes()) { Ok(()) } else { self.broken() }
    }

    /// Passes over these bytes, if they are next.
    #[inline]
    pub(super) fn follows(&mut self, bytes: &[u8]) -> bool {
        let found = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(bytes));
        self.at += if found { bytes.len() } else { 0 };
        found
    }

    /// The text from here to where another one is.
    pub(crate) fn until(&self, other: &Self) -> Result<&'t str> {
        other.since(self.at)
    }

    #[inline]
    pub(super) fn since(&self, start: usize) -> Result<&'t str> {
        self.text.get(start..self.at).ok_or(Unreadable)
    }
}

/// A text that is no JSON, or not the JSON that was asked for. It does not say where: `serde_json` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is not the JSON that was expected")
    }
}

impl std::error::Error for Unreadable {}

impl serde::de::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    // The defaults write messages first, which nobody would read.
    fn invalid_type(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self
    }
}
