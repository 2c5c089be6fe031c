//! Text to tokens. Words stay words: whether `Order` is a keyword or an object only the parser can tell.

use salesforce_types::{Date, TimeOfDay, Timestamp};

use crate::ast::{CompareOp, Number};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Where it starts, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A keyword or a name, and what looks like both: `TODAY`, `USD5000`.
    Word,
    /// `USD5000.50`.
    Money,
    /// `-1.5`.
    Number,
    /// `'text'`.
    Text,
    Date(Date),
    DateTime(Timestamp),
    Time(TimeOfDay),
    Op(CompareOp),
    Comma,
    Dot,
    Colon,
    Open,
    Close,
    /// What no query holds, and what would have been right.
    Bad(&'static str),
    /// After the last one; empty.
    End,
}

/// The tokens of a text; the last is [`Kind::End`], or [`Kind::Bad`] where the text stops making sense.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let start = text.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let (kind, len) = first(rest);
        at = start + len;
        tokens.push(Token { kind, start, end: at });
        if matches!(kind, Kind::End | Kind::Bad(_)) {
            return tokens;
        }
    }
}

/// The token that a text starts with, and its length.
fn first(text: &str) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let second = bytes.get(1);
    match bytes.first() {
        None => (Kind::End, 0),
        Some(b',') => (Kind::Comma, 1),
        Some(b'.') => (Kind::Dot, 1),
        Some(b':') => (Kind::Colon, 1),
        Some(b'(') => (Kind::Open, 1),
        Some(b')') => (Kind::Close, 1),
        Some(b'=') => (Kind::Op(CompareOp::Equal), 1),
        Some(b'!') if second == Some(&b'=') => (Kind::Op(CompareOp::NotEqual), 2),
        Some(b'<') if second == Some(&b'>') => (Kind::Op(CompareOp::NotEqual), 2),
        Some(b'<') if second == Some(&b'=') => (Kind::Op(CompareOp::LessOrEqual), 2),
        Some(b'>') if second == Some(&b'=') => (Kind::Op(CompareOp::GreaterOrEqual), 2),
        Some(b'<') => (Kind::Op(CompareOp::Less), 1),
        Some(b'>') => (Kind::Op(CompareOp::Greater), 1),
        Some(b'\'') => string(bytes),
        Some(b'0'..=b'9') => number(text),
        Some(b'+' | b'-') if second.is_some_and(u8::is_ascii_digit) => number(text),
        Some(first) if first.is_ascii_alphabetic() => word(bytes),
        Some(_) => (Kind::Bad("a name, a value or a sign of SOQL"), text.chars().next().map_or(0, char::len_utf8)),
    }
}

fn string(bytes: &[u8]) -> (Kind, usize) {
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\'' => return (Kind::Text, at + 1),
            _ => {}
        }
    }
    (Kind::Bad("a `'` that ends the text"), bytes.len())
}

fn word(bytes: &[u8]) -> (Kind, usize) {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let len = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    // No name starts with a digit, so `USD5.5` is no path.
    let whole = len > 3 && bytes.iter().take(3).all(u8::is_ascii_alphabetic) && 3 + digits(3) == len;
    if whole && bytes.get(len) == Some(&b'.') && digits(len + 1) > 0 {
        return (Kind::Money, len + 1 + digits(len + 1));
    }
    (Kind::Word, len)
}

/// Numbers, dates and times: all that may follow a first digit, taken as one and then looked at.
fn number(text: &str) -> (Kind, usize) {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.:+-".contains(byte);
    let len = text.bytes().take_while(part).count();
    let text = text.get(..len).unwrap_or_default();
    let valid = |date: Date| (1700..=4000).contains(&date.year());
    let kind = if text.parse::<Number>().is_ok() {
        Kind::Number
    } else if let Ok(date) = text.parse::<Date>() {
        if valid(date) { Kind::Date(date) } else { Kind::Bad("a year from 1700 to 4000") }
    } else if let Ok(stamp) = text.parse::<Timestamp>() {
        if valid(stamp.date()) { Kind::DateTime(stamp) } else { Kind::Bad("a year from 1700 to 4000") }
    } else if let Ok(time) = text.parse::<TimeOfDay>() {
        Kind::Time(time)
    } else {
        Kind::Bad("a number, a date such as 2026-03-01, or a date and time such as 2026-03-01T17:49:01Z")
    };
    (kind, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn a_string_hides_everything_in_it() {
        assert_eq!(kinds(r"'a''b\'c:d'"), [Kind::Text, Kind::Text, Kind::End]);
        assert!(matches!(kinds(r"'abc\'").as_slice(), [Kind::Bad(_)]));
        assert!(matches!(kinds(r"'\").as_slice(), [Kind::Bad(_)]));
    }

    #[test]
    fn money_is_told_from_paths_and_names() {
        assert_eq!(kinds("USD5.5"), [Kind::Money, Kind::End]);
        assert_eq!(kinds("abc1.Name"), [Kind::Word, Kind::Dot, Kind::Word, Kind::End]);
        assert_eq!(kinds("USD5"), [Kind::Word, Kind::End]);
    }

    #[test]
    fn digits_make_numbers_dates_or_times() {
        assert!(matches!(
            kinds("1 -1.5e-3 2026-03-01 2026-03-01T00:00:00.1+0100 10:00:00Z").as_slice(),
            [Kind::Number, Kind::Number, Kind::Date(_), Kind::DateTime(_), Kind::Time(_), Kind::End]
        ));
        for bad in ["1x", "2026-13-01", "2026-03-01T10:00", "1.2.3", "1699-12-31", "4001-01-01T00:00:00Z", "-", "5."] {
            assert!(matches!(kinds(bad).as_slice(), [Kind::Bad(_)]), "{bad}");
        }
    }
}
