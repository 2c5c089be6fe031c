//! Bodies of requests and answers: bytes, or pieces of any number.

use std::collections::VecDeque;
use std::fmt;
use std::io;

use bytes::{Bytes, BytesMut};

/// The body of a request or of an answer.
///
/// Most bodies are a few bytes. A file may be larger than memory: then the body makes its pieces one after the other,
/// each when it is asked for.
///
/// ```
/// use salesforce_mock::Body;
///
/// let whole = Body::from("{}");
/// assert_eq!(whole.into_bytes(10)?, "{}");
///
/// let mut large = Body::pieces((0..1000).map(|_| Ok(bytes::Bytes::from_static(&[0; 4096]))));
/// assert_eq!(large.next_piece().transpose()?.map(|piece| piece.len()), Some(4096));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Whole(Bytes),
    Parts(VecDeque<Bytes>),
    Made(Box<dyn Iterator<Item = io::Result<Bytes>> + Send>),
}

impl Body {
    /// No bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body whose pieces are made when they are asked for.
    #[must_use]
    pub fn pieces(pieces: impl Iterator<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Inner::Made(Box::new(pieces)))
    }

    /// A body that came in several pieces; they are not copied together.
    #[must_use]
    pub fn parts(parts: impl IntoIterator<Item = Bytes>) -> Self {
        Self(Inner::Parts(parts.into_iter().collect()))
    }

    /// The next piece; `None` at the end.
    pub fn next_piece(&mut self) -> Option<io::Result<Bytes>> {
        match &mut self.0 {
            Inner::Empty => None,
            Inner::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Inner::Empty;
                (!bytes.is_empty()).then_some(Ok(bytes))
            }
            Inner::Parts(parts) => parts.pop_front().map(Ok),
            Inner::Made(pieces) => pieces.next(),
        }
    }

    /// The number of bytes, if it is known without making them.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let size = |bytes: &Bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match &self.0 {
            Inner::Empty => Some(0),
            Inner::Whole(bytes) => Some(size(bytes)),
            Inner::Parts(parts) => Some(parts.iter().map(size).fold(0, u64::saturating_add)),
            Inner::Made(_) => None,
        }
    }

    /// The bytes, if they are in one piece already.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Whole(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// All bytes in one piece.
    ///
    /// # Errors
    ///
    /// The body has more than `limit` bytes, or making a piece failed.
    pub fn into_bytes(mut self, limit: usize) -> io::Result<Bytes> {
        let too_large =
            || io::Error::new(io::ErrorKind::FileTooLarge, format!("the body is larger than {limit} bytes"));
        let Some(first) = self.next_piece().transpose()? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(too_large());
        }
        let Some(second) = self.next_piece().transpose()? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if all.len().saturating_add(piece.len()) > limit {
                return Err(too_large());
            }
            all.extend_from_slice(&piece);
            next = self.next_piece().transpose()?;
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size() {
            Some(size) => write!(f, "Body({size} bytes)"),
            None => f.write_str("Body(pieces)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Whole(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_one_after_the_other_and_together() {
        let pieces = || ["ab", "", "cd"].into_iter().map(|text| Ok(Bytes::from_static(text.as_bytes())));
        assert_eq!(Body::pieces(pieces()).into_bytes(4).unwrap(), "abcd");
        assert!(Body::pieces(pieces()).into_bytes(3).is_err());
        let mut body = Body::parts([Bytes::from_static(b"x"), Bytes::from_static(b"yz")]);
        assert_eq!(body.size(), Some(3));
        assert_eq!(body.next_piece().unwrap().unwrap(), "x");
        assert_eq!(body.into_bytes(9).unwrap(), "yz");
    }

    #[test]
    fn a_piece_that_fails_fails_the_whole() {
        let body = Body::pieces([Ok(Bytes::from_static(b"a")), Err(io::Error::other("gone"))].into_iter());
        assert_eq!(body.into_bytes(9).unwrap_err().to_string(), "gone");
    }
}
