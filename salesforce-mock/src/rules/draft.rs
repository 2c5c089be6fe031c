use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Refusal;
use crate::Blob;

/// How deep the objects of a draft may nest: a parent by its external id needs two.
const DEEPEST: usize = 8;

/// What a caller wants to write: names and values, in the order in which they were given.
///
/// ```
/// use salesforce_mock::rules::Draft;
///
/// let draft = Draft::from_json(br#"{"Name":"Acme","AnnualRevenue":1234567890123456.78}"#)?;
/// assert_eq!(draft.len(), 2);
/// # Ok::<(), salesforce_mock::rules::Refusal>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    given: Vec<Given>,
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The name, as it was written.
    pub name: Box<str>,
    /// The value.
    pub value: Input,
    /// Where the value stands in the body, line and column, as error texts name it.
    pub at: (usize, usize),
}

/// A JSON value, with the digits of a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written.
    Number(Box<str>),
    /// A text.
    Text(Arc<str>),
    /// An object: a parent by its external id, or `attributes`.
    Object(Draft),
    /// A list. No field takes one.
    List,
    /// The bytes of a file.
    Blob(Arc<Blob>),
}

impl Draft {
    /// A draft without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a JSON object. Numbers keep their digits.
    ///
    /// # Errors
    ///
    /// `JSON_PARSER_ERROR` when the text is no JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::json("Invalid UTF-8 in the request body"))?;
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        Self::from_part(raw, &mut Place::new(text))
    }

    /// Reads a JSON object that is a part of a body.
    pub(crate) fn from_part(raw: &RawValue, place: &mut Place<'_>) -> Result<Self, Refusal> {
        match read(raw, place, 0)? {
            Input::Object(draft) => Ok(draft),
            _ => Err(Refusal::json("The JSON body of a record has to be an object")),
        }
    }

    /// A draft of some of the members of an object.
    pub(crate) fn from_members(members: Vec<(String, &RawValue)>, place: &mut Place<'_>) -> Result<Self, Refusal> {
        draft_of(members, place, 0)
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Input>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a value.
    pub fn set(&mut self, name: &str, value: impl Into<Input>) {
        let value = value.into();
        match self.given.iter_mut().find(|given| given.name.eq_ignore_ascii_case(name)) {
            Some(given) => given.value = value,
            None => self.given.push(Given { name: name.into(), value, at: (1, 1) }),
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Input> {
        self.given.iter().find(|given| given.name.eq_ignore_ascii_case(name)).map(|given| &given.value)
    }

    /// Takes a value out.
    pub fn remove(&mut self, name: &str) -> Option<Input> {
        let place = self.given.iter().position(|given| given.name.eq_ignore_ascii_case(name))?;
        Some(self.given.remove(place).value)
    }

    /// The values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Given> {
        self.given.iter()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }
}

/// Text that is no JSON, or JSON of another shape than the call takes.
pub(crate) fn unreadable(error: &serde_json::Error) -> Refusal {
    let what = if error.is_data() {
        "Cannot deserialize the request body or request may be missing a required field"
    } else {
        "Unexpected character or end of input"
    };
    Refusal::json(format!("{what} at [line:{}, column:{}]", error.line(), error.column()))
}

fn read(raw: &RawValue, place: &mut Place<'_>, depth: usize) -> Result<Input, Refusal> {
    let text = raw.get();
    let parsed = |error: serde_json::Error| unreadable(&error);
    Ok(match text.as_bytes().first() {
        Some(b'n') | None => Input::Null,
        Some(b't') => Input::Bool(true),
        Some(b'f') => Input::Bool(false),
        Some(b'"') => Input::Text(serde_json::from_str::<String>(text).map_err(parsed)?.into()),
        Some(b'[') => Input::List,
        Some(b'{') if depth >= DEEPEST => return Err(Refusal::json("The JSON body nests too deep")),
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(text).map_err(parsed)?;
            Input::Object(draft_of(members.0, place, depth)?)
        }
        Some(_) => Input::Number(text.into()),
    })
}

fn draft_of(members: Vec<(String, &RawValue)>, place: &mut Place<'_>, depth: usize) -> Result<Draft, Refusal> {
    let mut given: Vec<Given> = Vec::with_capacity(members.len());
    for (name, raw) in members {
        let at = place.of(raw.get());
        given.push(Given { name: name.into(), value: read(raw, place, depth + 1)?, at });
    }
    Ok(Draft { given })
}

/// How far a body was counted: its lines and columns are counted once, from the front to the back.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    body: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Place<'a> {
    /// The beginning of a body.
    pub(crate) fn new(body: &'a str) -> Self {
        Self { body, offset: 0, line: 1, column: 1 }
    }

    /// The line and column, counted from 1, of a part. One that stands before the part asked for last is counted from
    /// the beginning.
    fn of(&mut self, part: &str) -> (usize, usize) {
        let offset = (part.as_ptr() as usize).saturating_sub(self.body.as_ptr() as usize);
        if offset < self.offset {
            *self = Self::new(self.body);
        }
        for letter in self.body.get(self.offset..offset).unwrap_or_default().chars() {
            if letter == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.offset = offset;
        (self.line, self.column)
    }
}

/// The members of an object, in their order; the last of a name that stands twice is used.
#[derive(Debug)]
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Input {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Input {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string().into())
    }
}

impl From<f64> for Input {
    fn from(number: f64) -> Self {
        Self::Number(number.to_string().into())
    }
}

impl From<salesforce_types::RecordId> for Input {
    fn from(id: salesforce_types::RecordId) -> Self {
        Self::Text(id.to_string().into())
    }
}

impl From<Draft> for Input {
    fn from(draft: Draft) -> Self {
        Self::Object(draft)
    }
}

impl From<Bytes> for Input {
    fn from(bytes: Bytes) -> Self {
        Blob::kept(bytes).into()
    }
}

impl From<Blob> for Input {
    fn from(blob: Blob) -> Self {
        Self::Blob(Arc::new(blob))
    }
}

impl<T: Into<Self>> From<Option<T>> for Input {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&serde_json::Value> for Input {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Number(number.to_string().into()),
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(_) => Self::List,
            serde_json::Value::Object(members) => {
                Self::Object(members.iter().fold(Draft::new(), |draft, (name, value)| draft.with(name, value)))
            }
        }
    }
}

impl From<&serde_json::Value> for Draft {
    /// A draft of `json!({…})`. What is no object gives an empty draft.
    fn from(value: &serde_json::Value) -> Self {
        match Input::from(value) {
            Input::Object(draft) => draft,
            _ => Self::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_order_and_positions_are_kept() {
        let draft =
            Draft::from_json(b"{\"B\": 1234567890123456.78,\n \"A\": {\"X\": \"\\u00e9\"}, \"N\": null}").unwrap();
        let names: Vec<_> = draft.iter().map(|given| (&*given.name, given.at)).collect();
        assert_eq!(names, [("B", (1, 7)), ("A", (2, 7)), ("N", (2, 29))]);
        assert_eq!(draft.get("b"), Some(&Input::Number("1234567890123456.78".into())));
        let Some(Input::Object(inner)) = draft.get("A") else { panic!("{draft:?}") };
        assert_eq!(inner.get("X"), Some(&"é".into()));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [&b"[1]"[..], b"{", b"", b"\xff", b"{\"a\":}", b"3"] {
            assert_eq!(Draft::from_json(body).unwrap_err().code, "JSON_PARSER_ERROR");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert_eq!(Draft::from_json(deep.as_bytes()).unwrap_err().code, "JSON_PARSER_ERROR");
    }

    proptest::proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..60), text in "[{}\\[\\]\",:0-9a-z\\\\]{0,40}") {
            let _ = (Draft::from_json(&body), Draft::from_json(text.as_bytes()));
        }
    }
}
