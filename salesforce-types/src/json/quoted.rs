use std::borrow::Cow;
use std::str::Chars;

use wide::u8x16;

use super::Unreadable;

type Result<T> = std::result::Result<T, Unreadable>;

/// A string of JSON as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'t> {
    /// What is between the quotes.
    pub(super) inner: &'t str,
    pub(super) plain: bool,
}

impl<'t> Quoted<'t> {
    /// What it says, if it is written without escapes.
    #[must_use]
    #[inline]
    pub fn plain(self) -> Option<&'t str> {
        self.plain.then_some(self.inner)
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
            None => unescape(self.inner).map(Cow::Owned),
        }
    }
}

fn unescape(mut text: &str) -> Result<String> {
    let mut said = String::with_capacity(text.len());
    while let Some((plain, escape)) = text.split_once('\\') {
        said.push_str(plain);
        let mut rest = escape.chars();
        said.push(match rest.next().ok_or(Unreadable)? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode(&mut rest)?,
            itself => itself,
        });
        text = rest.as_str();
    }
    said.push_str(text);
    Ok(said)
}

/// The character behind `\u`: four digits, or twice as many in two escapes.
fn unicode(rest: &mut Chars<'_>) -> Result<char> {
    let high = unit(rest)?;
    if let Some(char) = char::from_u32(high.into()) {
        return Ok(char);
    }
    if rest.next() != Some('\\') || rest.next() != Some('u') {
        return Err(Unreadable);
    }
    let low = unit(rest)?;
    char::decode_utf16([high, low]).next().and_then(std::result::Result::ok).ok_or(Unreadable)
}

fn unit(rest: &mut Chars<'_>) -> Result<u16> {
    let (digits, behind) = rest.as_str().split_at_checked(4).ok_or(Unreadable)?;
    *rest = behind.chars();
    u16::from_str_radix(digits, 16).map_err(|_| Unreadable)
}

/// Where the first byte is that a string cannot pass over: a quote, a backslash, a control character.
#[inline]
pub(super) fn mark(bytes: &[u8], mut at: usize) -> Option<usize> {
    let [quote, backslash, control] = [b'"', b'\\', 0x1f].map(u8x16::splat);
    let mut rest = bytes.get(at..)?;
    while let Some((block, behind)) = rest.split_first_chunk() {
        let block = u8x16::new(*block);
        let found = block.cmp_eq(quote) | block.cmp_eq(backslash) | block.min(control).cmp_eq(block);
        let mask = found.move_mask();
        if mask != 0 {
            return Some(at + mask.trailing_zeros() as usize);
        }
        (rest, at) = (behind, at + 16);
    }
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).map(|n| at + n)
}

/// The place behind an escape, if it is one.
pub(super) fn escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 6),
        _ => None,
    }
}
