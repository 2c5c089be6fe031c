//! Bodies that hold many rows or many requests.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::answer::Refusal;
use crate::rules;

/// A JSON object as a `T`. A list, of which serde would make a `T` as well, is refused.
#[derive(Debug)]
pub(super) struct Whole<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if !raw.starts_with('{') {
            return Err(D::Error::custom("an object is expected"));
        }
        serde_json::from_str(raw).map(Whole).map_err(D::Error::custom)
    }
}

/// Reads a body that is a JSON object.
pub(super) fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Refusal> {
    let Whole(value) = serde_json::from_slice(body).map_err(|error| rules::unreadable(&error))?;
    Ok(value)
}
