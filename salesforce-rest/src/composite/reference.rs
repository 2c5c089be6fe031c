use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;

use salesforce_http::Result;
use salesforce_types::{RecordId, Value};
use serde::{Serialize, Serializer};

use crate::collections::nothing_sent;
use crate::sobject::Key;

/// A part of a composite call that was added to it: to refer to its answer in later parts, and to read it afterwards.
pub struct Part<T> {
    pub(super) mark: Mark,
    pub(super) number: usize,
    id: &'static str,
    answer: PhantomData<fn() -> T>,
}

/// What an earlier part of the same composite call will answer, in the place of a value: `@{…}` on the wire.
///
/// Serializes as text, and is a [`Value`] of a [`Record`](salesforce_types::Record). It is good in the call it was made
/// for and in no other: nothing is sent of a call that holds a reference of another one, or a text that the org would
/// take for a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    text: Box<str>,
}

/// Which record a part is about: one that exists, or one that an earlier part creates or reads.
#[derive(Clone, Debug)]
pub struct Target(pub(super) Key);

impl From<RecordId> for Target {
    fn from(id: RecordId) -> Self {
        Self(Key::Id(id))
    }
}

impl From<Reference> for Target {
    fn from(reference: Reference) -> Self {
        Self(Key::Reference(reference.text))
    }
}

/// What is added to references until they are sent, so that no text of a row can pass for one: nobody who writes values
/// into a row can guess it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) fn new() -> Self {
        Self(RandomState::new().hash_one(0))
    }

    fn text(self) -> String {
        format!("@{{{:016x}~", self.0)
    }

    /// The text as the org is to read it, and the numbers of the parts that it refers to.
    pub(super) fn resolve(self, text: &str) -> Result<(String, Vec<usize>)> {
        let mark = self.text();
        let mut numbers = Vec::new();
        let mut pieces = text.split(&*mark);
        let mut resolved = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let digits = piece.trim_start_matches('r');
            let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
            numbers.extend(digits.get(..end).and_then(|number| number.parse::<usize>().ok()));
            resolved.push_str("@{");
            resolved.push_str(piece);
        }
        if openings(&resolved) != numbers.len() {
            return Err(nothing_sent(
                "a text of this part holds `@{`, which the org would read as a reference to another part; send this \
                 record outside of a composite call, or take a reference from the part of this very call",
            ));
        }
        Ok((resolved, numbers))
    }
}

/// How often something begins that an org reads as a reference, written in any of the ways of JSON and of URLs.
fn openings(text: &str) -> usize {
    let plain = text.to_ascii_lowercase();
    let plain = plain.replace("\\u0040", "@").replace("%40", "@").replace("\\u007b", "{").replace("%7b", "{");
    plain.matches("@{").count()
}

impl Default for Mark {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark")
    }
}

/// What parts are called on the wire.
pub(super) fn name(number: usize) -> String {
    format!("r{number}")
}

impl<T> Part<T> {
    pub(super) fn new(mark: Mark, number: usize, id: &'static str) -> Self {
        Self { mark, number, id, answer: PhantomData }
    }

    /// The id of the record that this part creates, upserts or reads.
    #[must_use]
    pub fn id(&self) -> Reference {
        self.field(self.id)
    }

    /// A field of this part's answer, such as `Name`, or `records[0].Id` of a query's. A name that cannot be one is
    /// refused when the call is sent.
    #[must_use]
    pub fn field(&self, path: &str) -> Reference {
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte);
        let text = match !path.is_empty() && path.bytes().all(fit) {
            true => format!("{}{}.{path}}}", self.mark.text(), name(self.number)),
            false => format!("@{{{path}}}"),
        };
        Reference { text: text.into() }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Self {
        Self::Text(reference.text)
    }
}

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Part<T> {}

impl<T> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({})", name(self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reference: &Reference) -> String {
        serde_json::to_string(reference).unwrap()
    }

    #[test]
    fn a_reference_is_written_as_the_org_reads_it() {
        let mark = Mark::new();
        let part = Part::<()>::new(mark, 12, "id");
        assert_eq!(mark.resolve(&text(&part.id())).unwrap(), (r#""@{r12.id}""#.into(), vec![12]));
        let both = format!("[{},{}]", text(&part.field("records[0].Id")), text(&part.field("Owner.Name")));
        assert_eq!(
            mark.resolve(&both).unwrap(),
            (r#"["@{r12.records[0].Id}","@{r12.Owner.Name}"]"#.into(), vec![12, 12])
        );
        assert_eq!(mark.resolve("a@b.example {x}").unwrap(), ("a@b.example {x}".into(), vec![]));
    }

    #[test]
    fn text_that_would_be_read_as_a_reference_is_refused() {
        let mark = Mark::new();
        for bad in ["@{r0.id}", "x @{", r"\u0040{r0.id}", r"@\u007Br0.id}", "%40%7Br0.id}", "%40{r0.id}"] {
            assert!(mark.resolve(bad).is_err(), "{bad}");
        }
        let foreign = Part::<()>::new(Mark(mark.0 ^ 1), 0, "id");
        assert!(mark.resolve(&text(&foreign.id())).is_err());
        let own = Part::<()>::new(mark, 0, "id");
        for bad in ["", "Name}", "a b", "@{x"] {
            assert!(mark.resolve(&text(&own.field(bad))).is_err(), "{bad}");
        }
    }
}
