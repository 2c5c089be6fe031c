//! What is looked for: words, phrases, and how they are combined.

use super::words::{Letter, Pattern};

/// A text longer than this finds nothing.
const LONGEST: usize = 10_000;

/// In a text longer than this operators mean nothing: any of its words is enough.
const LONGEST_WITH_OPERATORS: usize = 4_000;

/// How deep brackets may stand in brackets.
const DEEPEST: usize = 64;

/// Characters that have to be escaped to stand for themselves.
const RESERVED: &str = "?&|!{}[]()^~*:\\\"'+-";

/// What is looked for.
#[derive(Debug)]
pub(crate) enum Terms {
    /// Words that follow each other in one field.
    Phrase(Vec<Pattern>),
    All(Vec<Self>),
    Any(Vec<Self>),
    Without(Box<Self>, Box<Self>),
    /// Nothing fits.
    Nothing,
}

/// Why a text is none that can be looked for, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A character stands where another is expected; the end of the text if it is none.
    Mismatched(usize, Option<char>, char),
    /// Something stands where it cannot.
    Unexpected(usize, String),
    /// There is no word in it that is long enough.
    TooShort,
}

/// One piece of the text.
#[derive(Debug)]
enum Piece {
    Open,
    Close,
    And,
    Or,
    Not,
    Words(Vec<Pattern>),
}

impl Terms {
    /// Reads the text in the braces of a statement, from after `{` on; also says where its `}` stands. Reserved
    /// characters have to be escaped in it.
    pub(crate) fn in_braces(text: &str, from: usize) -> Result<(Self, usize), Fault> {
        let (pieces, end) = pieces(text, from, true)?;
        Ok((terms(text.get(from..end).unwrap_or_default(), pieces, end)?, end))
    }

    /// Reads a text that stands by itself. Reserved characters that mean nothing part words.
    pub(crate) fn plain(text: &str) -> Result<Self, Fault> {
        let (pieces, end) = pieces(text, 0, false)?;
        terms(text, pieces, end)
    }

    /// Whether fields, each a list of words, hold what is looked for.
    pub(super) fn fit(&self, fields: &[Vec<Vec<char>>]) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(parts) => parts.iter().all(|part| part.fit(fields)),
            Self::Any(parts) => parts.iter().any(|part| part.fit(fields)),
            Self::Without(yes, no) => yes.fit(fields) && !no.fit(fields),
            Self::Phrase(patterns) => fields.iter().any(|words| {
                words.windows(patterns.len()).any(|words| patterns.iter().zip(words).all(|(one, word)| one.fits(word)))
            }),
        }
    }
}

fn pieces(text: &str, from: usize, braces: bool) -> Result<(Vec<Piece>, usize), Fault> {
    let mut pieces = Vec::new();
    let mut word: Vec<Letter> = Vec::new();
    let mut quoted = false;
    let mut letters = text.get(from..).unwrap_or_default().char_indices().map(|(at, letter)| (from + at, letter));
    let mut end = text.len();
    let mut closed = false;
    let take = |word: &mut Vec<Letter>, pieces: &mut Vec<Piece>| {
        let plain: String =
            word.iter().map(|letter| if let Letter::Is(letter) = letter { *letter } else { '*' }).collect();
        match plain.to_ascii_uppercase().as_str() {
            "AND" => pieces.push(Piece::And),
            "OR" => pieces.push(Piece::Or),
            "NOT" => pieces.push(Piece::Not),
            _ => {
                let patterns = Pattern::of(word);
                if !patterns.is_empty() {
                    pieces.push(Piece::Words(patterns));
                }
            }
        }
        word.clear();
    };
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, letter)) => word.push(Letter::Is(letter)),
                None => return Err(Fault::Mismatched(text.len(), None, '}')),
            },
            '"' if quoted => {
                let patterns = Pattern::of(&word);
                if !patterns.is_empty() {
                    pieces.push(Piece::Words(patterns));
                }
                word.clear();
                quoted = false;
            }
            '"' => {
                take(&mut word, &mut pieces);
                quoted = true;
            }
            '*' => word.push(Letter::Any),
            '?' => word.push(Letter::One),
            '}' if braces && quoted => return Err(Fault::Mismatched(at, Some(letter), '"')),
            '}' if braces => {
                (end, closed) = (at, true);
                break;
            }
            '(' | ')' if !quoted => {
                take(&mut word, &mut pieces);
                pieces.push(if letter == '(' { Piece::Open } else { Piece::Close });
            }
            _ if braces && RESERVED.contains(letter) => return Err(Fault::Mismatched(at, Some(letter), '}')),
            _ if letter.is_whitespace() && !quoted => take(&mut word, &mut pieces),
            _ => word.push(Letter::Is(letter)),
        }
    }
    if quoted {
        return Err(Fault::Mismatched(end, None, '"'));
    }
    if braces && !closed {
        return Err(Fault::Mismatched(text.len(), None, '}'));
    }
    take(&mut word, &mut pieces);
    Ok((pieces, end))
}

fn terms(text: &str, pieces: Vec<Piece>, end: usize) -> Result<Terms, Fault> {
    let letters = |piece: &Piece| match piece {
        Piece::Words(patterns) => patterns.iter().map(Pattern::letters).sum(),
        _ => 0,
    };
    if pieces.iter().map(letters).sum::<usize>() < 2 {
        return Err(Fault::TooShort);
    }
    let length = text.chars().count();
    if length > LONGEST {
        return Ok(Terms::Nothing);
    }
    if length > LONGEST_WITH_OPERATORS {
        let words = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Words(patterns) => Some(Terms::Phrase(patterns)),
            _ => None,
        });
        return Ok(Terms::Any(words.collect()));
    }
    let mut pieces = Pieces { rest: pieces.into_iter().peekable(), end };
    let terms = pieces.any(0)?;
    match pieces.rest.next() {
        None => Ok(terms),
        Some(piece) => Err(pieces.unexpected(Some(&piece))),
    }
}

/// The pieces that are still to be read.
struct Pieces {
    rest: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    end: usize,
}

impl Pieces {
    fn any(&mut self, depth: usize) -> Result<Terms, Fault> {
        let mut parts = vec![self.all(depth)?];
        while self.rest.next_if(|piece| matches!(piece, Piece::Or)).is_some() {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Terms::Any(parts) })
    }

    /// Words with `AND`, `AND NOT` or nothing between them, taken together from the right.
    fn all(&mut self, depth: usize) -> Result<Terms, Fault> {
        let mut parts = vec![(false, self.one(depth)?)];
        loop {
            let and = self.rest.next_if(|piece| matches!(piece, Piece::And)).is_some();
            let not = and && self.rest.next_if(|piece| matches!(piece, Piece::Not)).is_some();
            if !and && !matches!(self.rest.peek(), Some(Piece::Open | Piece::Words(_))) {
                break;
            }
            parts.push((not, self.one(depth)?));
        }
        let mut parts = parts.into_iter().rev();
        let (mut not, mut terms) = parts.next().expect("one part was read");
        for (before, part) in parts {
            terms = match terms {
                no if not => Terms::Without(Box::new(part), Box::new(no)),
                Terms::All(mut all) => {
                    all.push(part);
                    Terms::All(all)
                }
                other => Terms::All(vec![other, part]),
            };
            not = before;
        }
        Ok(terms)
    }

    fn one(&mut self, depth: usize) -> Result<Terms, Fault> {
        match self.rest.next() {
            Some(Piece::Words(patterns)) => Ok(Terms::Phrase(patterns)),
            Some(Piece::Open) if depth < DEEPEST => {
                let terms = self.any(depth + 1)?;
                match self.rest.next() {
                    Some(Piece::Close) => Ok(terms),
                    other => Err(self.unexpected(other.as_ref())),
                }
            }
            other => Err(self.unexpected(other.as_ref())),
        }
    }

    fn unexpected(&self, piece: Option<&Piece>) -> Fault {
        let found = match piece {
            None => "<EOF>",
            Some(Piece::Open) => "(",
            Some(Piece::Close) => ")",
            Some(Piece::And) => "AND",
            Some(Piece::Or) => "OR",
            Some(Piece::Not) => "NOT",
            Some(Piece::Words(_)) => "a word",
        };
        Fault::Unexpected(self.end, found.to_owned())
    }
}
