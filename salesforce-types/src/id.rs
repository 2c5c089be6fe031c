use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Invalid;
use crate::invalid::serde_as_text;

/// A record's key. Prints 18 characters; the 15-character form is equal to it.
///
/// The last three of the 18 characters only repeat which of the first fifteen are capitals (for programs that lose the
/// case of text), so they are computed here, and checked when given. The first fifteen are compared with their case.
///
/// ```
/// use salesforce_types::RecordId;
///
/// let id: RecordId = "001D000000IqhSL".parse()?;
/// assert_eq!(id.to_string(), "001D000000IqhSLIAZ");
/// assert_eq!(id, "001D000000IqhSLIAZ".parse()?);
/// assert_eq!(id.key_prefix().as_str(), "001");
/// assert!("001D000000IqhSLIAA".parse::<RecordId>().is_err()); // wrong checksum
/// # Ok::<(), salesforce_types::Invalid>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 15]);

/// The three characters that tell an object from its ids, such as `001` for Account.
///
/// Not unique in an org: shares of custom objects have one in common (REST reference 4.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPrefix([u8; 3]);

const SUFFIX: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

impl RecordId {
    /// The id in the 15-character form, without the checksum.
    #[must_use]
    pub fn as_15(&self) -> &str {
        ascii(&self.0)
    }

    /// The characters that name the object.
    #[must_use]
    pub fn key_prefix(&self) -> KeyPrefix {
        let [a, b, c, ..] = self.0;
        KeyPrefix([a, b, c])
    }

    /// The id in the 18-character form, as bytes: what [`Display`](fmt::Display) prints, without an allocation.
    #[must_use]
    pub fn to_18(&self) -> [u8; 18] {
        let mut text = [0; 18];
        text[..15].copy_from_slice(&self.0);
        text[15..].copy_from_slice(&suffix(&self.0));
        text
    }
}

fn suffix(id: &[u8; 15]) -> [u8; 3] {
    let mut suffix = [0; 3];
    for (letter, group) in suffix.iter_mut().zip(id.chunks_exact(5)) {
        let bits =
            group.iter().enumerate().fold(0, |bits, (i, byte)| bits | usize::from(byte.is_ascii_uppercase()) << i);
        *letter = SUFFIX[bits];
    }
    suffix
}

fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("only ASCII letters and digits are ever stored")
}

impl FromStr for RecordId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = |reason| Invalid::new("record id", text, reason);
        let bytes = text.as_bytes();
        if bytes.len() != 15 && bytes.len() != 18 {
            return Err(invalid("expected 15 or 18 characters"));
        }
        if !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return Err(invalid("expected letters and digits only"));
        }
        let mut id = [0; 15];
        id.copy_from_slice(&bytes[..15]);
        if bytes.len() == 18 && !bytes[15..].eq_ignore_ascii_case(&suffix(&id)) {
            return Err(invalid("its last three characters do not fit the first fifteen"));
        }
        Ok(Self(id))
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(ascii(&self.to_18()))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

serde_as_text!(RecordId, "record id of 15 or 18 characters");

impl KeyPrefix {
    /// The three characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl FromStr for KeyPrefix {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_alphanumeric) => Ok(Self([a, b, c])),
            _ => Err(Invalid::new("key prefix", text, "expected three letters or digits")),
        }
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPrefix({self})")
    }
}

serde_as_text!(KeyPrefix, "key prefix of three characters");

/// What a server sent where an id belongs.
///
/// Recorded answers hold `some_id` and ids of 19 characters there. Such text is kept, so that one odd id does not make
/// a whole answer unreadable; [`IdText::id`] says whether it is one.
///
/// ```
/// use salesforce_types::IdText;
///
/// let odd: IdText = serde_json::from_str(r#""some_id""#)?;
/// assert_eq!(odd.id(), None);
/// assert_eq!(odd.to_string(), "some_id");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IdText {
    /// A real id.
    Id(RecordId),
    /// Something else, as it was received.
    Other(Box<str>),
}

impl IdText {
    /// The id, if it is one.
    #[must_use]
    pub fn id(&self) -> Option<RecordId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Other(_) => None,
        }
    }

    /// The text: 18 characters for an id, else what was received.
    #[must_use]
    pub fn as_str(&self) -> Cow<'_, str> {
        match self {
            Self::Id(id) => Cow::Owned(id.to_string()),
            Self::Other(text) => Cow::Borrowed(text),
        }
    }
}

impl From<&str> for IdText {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(text.into()), Self::Id)
    }
}

impl From<RecordId> for IdText {
    fn from(id: RecordId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Other(text) => f.pad(text),
        }
    }
}

impl Serialize for IdText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*Cow::<str>::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_vectors_get_their_suffix() {
        for (short, long) in [
            ("001D000000IqhSL", "001D000000IqhSLIAZ"),
            ("012000000000000", "012000000000000AAA"),
            ("001Qz00000Ab1Cd", "001Qz00000Ab1CdIAJ"),
            ("003Dn00000srto9", "003Dn00000srto9IAA"),
        ] {
            assert_eq!(short.parse::<RecordId>().unwrap().to_string(), long);
            assert_eq!(long.parse::<RecordId>().unwrap().as_15(), short);
        }
    }

    #[test]
    fn the_case_of_the_first_fifteen_counts_and_of_the_suffix_does_not() {
        let id: RecordId = "001D000000IqhSL".parse().unwrap();
        assert_ne!(id, "001D000000IqhSl".parse().unwrap());
        assert_eq!(id, "001D000000IqhSLiaz".parse().unwrap());
        assert!("001d000000iqhslIAZ".parse::<RecordId>().is_err());
    }

    #[test]
    fn text_that_is_no_id_is_refused_in_a_sentence() {
        let error = "0010000-".parse::<RecordId>().unwrap_err();
        assert_eq!(error.to_string(), "`0010000-` is no record id: expected 15 or 18 characters");
        for bad in ["", "001D000000IqhS'", "001D000000IqhSLIA", "ÄÖÜäöüß1", "001D000000IqhSLIAZ0"] {
            assert!(bad.parse::<RecordId>().is_err(), "{bad}");
            assert_eq!(IdText::from(bad), IdText::Other(bad.into()));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_every_id_round_trips(text in "\\PC{0,20}", id in "[A-Za-z0-9]{15}") {
            let _ = text.parse::<RecordId>();
            let parsed: RecordId = id.parse().unwrap();
            proptest::prop_assert_eq!(parsed.to_string().parse::<RecordId>().unwrap(), parsed);
            let json = serde_json::to_string(&parsed).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<RecordId>(&json).unwrap(), parsed);
        }
    }
}
