use std::borrow::Cow;
use std::fmt;

use serde::de::IgnoredAny;

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
    at: usize,
    pub(super) depth: u8,
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
        Self { text, at: place, depth: DEPTH }
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
        let (start, bytes) = (self.at, self.text.as_bytes());
        let (mut next, mut plain) = (mark(bytes, start + 1), true);
        while let Some(at) = next {
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Quoted { text: self.since(start)?, plain });
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
            Some(b'"') => self.quoted().map(drop),
            Some(b'n') => self.word("null"),
            Some(b' ' | b'\n' | b'\r' | b'\t') => Err(Unreadable),
            _ => self.pass(self.depth),
        }
    }

    /// The text from here to where the other one is.
    pub(super) fn until(&self, other: &Self) -> Option<&'t str> {
        self.text.get(self.at..other.at)
    }

    fn pass(&mut self, depth: u8) -> Result<()> {
        let mut first = true;
        match self.peek() {
            Some(b'"') => drop(self.quoted()?),
            Some(b'{' | b'[') if depth == 0 => return self.pass_deep(),
            Some(b'{') => {
                self.at += 1;
                while self.name(&mut first)?.is_some() {
                    self.pass(depth - 1)?;
                }
            }
            Some(b'[') => {
                self.at += 1;
                while self.element(&mut first)? {
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
        let found = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if !found {
            return self.broken();
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        let bytes = self.text.as_bytes();
        let byte = |at: usize| bytes.get(at).copied();
        let digits = |mut at: usize| {
            let start = at;
            while byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            if at == start { Err(Unreadable) } else { Ok(at) }
        };
        let mut at = self.at + usize::from(byte(self.at) == Some(b'-'));
        at = if byte(at) == Some(b'0') { at + 1 } else { digits(at)? };
        if byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if let Some(b'e' | b'E') = byte(at) {
            at = digits(at + 1 + usize::from(matches!(byte(at + 1), Some(b'+' | b'-'))))?;
        }
        self.at = at;
        Ok(())
    }

    #[inline]
    fn since(&self, start: usize) -> Result<&'t str> {
        self.text.get(start..self.at).ok_or(Unreadable)
    }
}

/// A string of JSON as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'t> {
    text: &'t str,
    plain: bool,
}

impl<'t> Quoted<'t> {
    /// What it says, if it is written without escapes.
    #[must_use]
    #[inline]
    pub fn plain(self) -> Option<&'t str> {
        if self.plain { self.text.get(1..self.text.len() - 1) } else { None }
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// When an escape stands for half a character (a surrogate without its other half).
    #[inline]
    pub fn decode(self) -> Result<Cow<'t, str>> {
        match self.plain() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => serde_json::from_str(self.text).map(Cow::Owned).map_err(|_| Unreadable),
        }
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

/// Where the first byte is that a string cannot pass over: a quote, a backslash, a control character.
///
/// Eight bytes at a time: of each, arithmetic sets the high bit if it is such a byte. A carry may set it wrongly in
/// bytes behind the first one found, never before it.
#[inline]
fn mark(bytes: &[u8], mut at: usize) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES * 0x80;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut rest = bytes.get(at..)?;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (control | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c))) & HIGH;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        (rest, at) = (behind, at + 8);
    }
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|n| at + n)
}

/// The place behind an escape, if it is one.
fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 6),
        _ => None,
    }
}
