//! New record ids.

use std::collections::HashMap;

use salesforce_types::{KeyPrefix, RecordId};

/// Base 62 in the order of ASCII, so that ids sort in the order in which they were made.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes ids: the object's key prefix, the instance `Qz0`, and a counter per prefix.
///
/// The same calls in the same order give the same ids.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub(crate) struct Mint {
    next: HashMap<KeyPrefix, u64>,
}

impl Mint {
    /// The next id of that prefix.
    pub(crate) fn next(&mut self, prefix: KeyPrefix) -> RecordId {
        let counter = self.next.entry(prefix).or_insert(0);
        *counter += 1;
        id(prefix, *counter)
    }
}

/// The id with that number: the first of a prefix has 1.
pub(crate) fn id(prefix: KeyPrefix, mut counter: u64) -> RecordId {
    let mut text = *b"000Qz0000000000";
    text[..3].copy_from_slice(prefix.as_str().as_bytes());
    for digit in text[6..].iter_mut().rev() {
        *digit = DIGITS[usize::try_from(counter % 62).expect("a remainder of 62 fits")];
        counter /= 62;
    }
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).expect("15 letters and digits are an id")
}

/// Text of `length` letters and digits that looks like an id but is none: access tokens, query locators.
pub(crate) fn opaque(mut seed: u64, length: usize) -> String {
    (0..length)
        .map(|_| {
            // A linear step; the texts only have to differ and to be the same every time.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(DIGITS[usize::try_from((seed >> 33) % 62).expect("a remainder of 62 fits")])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_valid_differ_and_sort_in_their_order() {
        let mut mint = Mint::default();
        let prefix: KeyPrefix = "001".parse().unwrap();
        let ids: Vec<_> = (0..10_000).map(|_| mint.next(prefix)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.to_string().parse::<RecordId>().unwrap() == *id && id.key_prefix() == prefix));
        assert_eq!(mint.next("003".parse().unwrap()).as_15(), "003Qz0000000001");
    }

    #[test]
    fn opaque_texts_are_repeatable() {
        assert_eq!(opaque(7, 12), opaque(7, 12));
        assert_ne!(opaque(7, 12), opaque(8, 12));
    }
}
