//! The bytes of files: kept, made when they are asked for, or only measured.

use std::io;
use std::sync::OnceLock;

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::Body;

/// The bytes of one piece.
const PIECE: usize = 64 * 1024;

/// The bytes of a file.
///
/// A file in a test may be larger than memory: its bytes follow from a seed and are made when they are asked for.
///
/// ```
/// use salesforce_mock::{Blob, Org};
/// use salesforce_mock::rules::Draft;
///
/// let mut org = Org::empty();
/// let draft = Draft::new().with("PathOnClient", "backup.zip").with("VersionData", Blob::made(7, 5_000_000));
/// let version = org.insert_draft("ContentVersion", &draft)?;
/// assert_eq!(org.query(&format!("SELECT ContentSize FROM ContentVersion WHERE Id = '{version}'"))?.len(), 1);
/// # Ok::<(), salesforce_mock::rules::Refusal>(())
/// ```
#[derive(Debug)]
pub struct Blob {
    length: u64,
    /// In hexadecimal; found when it is asked for.
    md5: OnceLock<Box<str>>,
    content: Content,
}

#[derive(Debug, PartialEq)]
enum Content {
    Kept(Bytes),
    Made(u64),
    Measured,
}

impl Blob {
    /// These bytes.
    #[must_use]
    pub fn kept(bytes: Bytes) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { length, md5: OnceLock::new(), content: Content::Kept(bytes) }
    }

    /// So many bytes that follow from a seed: the same ones every time, and none of them is held.
    #[must_use]
    pub fn made(seed: u64, length: u64) -> Self {
        Self { length, md5: OnceLock::new(), content: Content::Made(seed) }
    }

    /// Bytes of which only the length and the MD5 are known.
    pub(crate) fn measured(length: u64, md5: Md5) -> Self {
        Self { length, md5: OnceLock::from(hexadecimal(md5)), content: Content::Measured }
    }

    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The MD5 in hexadecimal, as `ContentVersion.Checksum` shows it.
    #[must_use]
    pub fn md5(&self) -> &str {
        self.md5.get_or_init(|| {
            let mut md5 = Md5::new();
            let mut body = self.body().unwrap_or_default();
            while let Some(Ok(piece)) = body.next_piece() {
                md5.update(&piece);
            }
            hexadecimal(md5)
        })
    }

    /// The bytes in pieces; nothing when they were only measured.
    #[must_use]
    pub fn body(&self) -> Option<Body> {
        let pieces: Box<dyn Iterator<Item = io::Result<Bytes>> + Send> = match &self.content {
            Content::Measured => return None,
            Content::Kept(bytes) => {
                let bytes = bytes.clone();
                Box::new((0..bytes.len()).step_by(PIECE).map(move |start| {
                    let end = bytes.len().min(start.saturating_add(PIECE));
                    Ok(bytes.slice(start..end))
                }))
            }
            Content::Made(seed) => Box::new(Made { state: *seed, left: self.length }.map(Ok)),
        };
        Some(Body::pieces(pieces))
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length
            && (self.content == other.content && self.content != Content::Measured || self.md5() == other.md5())
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self::kept(bytes)
    }
}

fn hexadecimal(md5: Md5) -> Box<str> {
    md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// Bytes that look like noise: SplitMix64.
struct Made {
    state: u64,
    left: u64,
}

impl Iterator for Made {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let length = usize::try_from(self.left).unwrap_or(PIECE).min(PIECE);
        if length == 0 {
            return None;
        }
        let mut piece = Vec::with_capacity(length + 8);
        while piece.len() < length {
            self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = self.state;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            piece.extend_from_slice(&(word ^ (word >> 31)).to_le_bytes());
        }
        piece.truncate(length);
        self.left -= u64::try_from(length).unwrap_or(self.left);
        Some(piece.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(blob: &Blob) -> Bytes {
        blob.body().unwrap().into_bytes(usize::MAX).unwrap()
    }

    #[test]
    fn made_bytes_are_the_same_every_time_and_have_their_length() {
        for length in [0, 1, 7, 65_535, 65_536, 65_537, 200_001] {
            let blob = Blob::made(7, length);
            assert_eq!(u64::try_from(all(&blob).len()).unwrap(), length);
            assert_eq!(all(&blob), all(&Blob::made(7, length)));
            assert_eq!(blob.md5(), Blob::kept(all(&blob)).md5());
            assert_eq!(blob, Blob::kept(all(&blob)));
        }
        assert_ne!(all(&Blob::made(7, 100)), all(&Blob::made(8, 100)));
        assert_ne!(Blob::made(7, 100), Blob::made(8, 100));
    }
}
