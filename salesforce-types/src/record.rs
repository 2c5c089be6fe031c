use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{IdText, RecordId};

mod read;
mod row_ref;
mod value;

pub(crate) use read::LEND_TEXT;
pub use row_ref::{FieldRef, RowRef};
pub use value::{Json, Number, Value};

/// A row whose shape is known only at run time: fields in the order of the answer, parents, child rows.
///
/// Nothing of the answer is lost: numbers keep their digits, compound values (addresses, locations) their text, and
/// `attributes` is taken apart into [`object`](Self::object) and [`url`](Self::url).
///
/// ```
/// use salesforce_types::Record;
///
/// let row: Record = serde_json::from_str(r#"{
///     "attributes": {"type": "Contact", "url": "/services/data/v68.0/sobjects/Contact/003Qz00000Xy9ZwIAJ"},
///     "Id": "003Qz00000Xy9ZwIAJ",
///     "Balance__c": 12345678901234567.10,
///     "Account": {"attributes": {"type": "Account"}, "Name": "Sample & Co"}
/// }"#)?;
/// assert_eq!(row.object(), Some("Contact"));
/// assert_eq!(row.get("Balance__c").and_then(|v| v.as_number()).unwrap().as_str(), "12345678901234567.10");
/// assert_eq!(row.get_path("Account.Name").and_then(|v| v.as_str()), Some("Sample & Co"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// To write a row, build one; what is not set is not sent, and [`Value::Null`] clears a field.
///
/// ```
/// use salesforce_types::{Record, Value};
///
/// let draft = Record::new("Account").with("Name", "Acme").with("Phone", Value::Null);
/// assert_eq!(draft.get("name").and_then(Value::as_str), Some("Acme"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    object: Option<Box<str>>,
    url: Option<Box<str>>,
    /// Rows that are alike share their names; there is a value for each.
    names: Arc<Vec<Box<str>>>,
    values: Vec<Value>,
}

impl Record {
    /// An empty row of that object.
    #[must_use]
    pub fn new(object: impl Into<Box<str>>) -> Self {
        Self { object: Some(object.into()), ..Self::default() }
    }

    /// The object's name, from `attributes`.
    ///
    /// For a parent of several possible kinds the server writes the generic `Name` there and the real object in the
    /// URL (REST reference 7.2); then it is taken from the URL.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        match self.object.as_deref() {
            Some("Name") => self.url().and_then(object_in_url).or(Some("Name")),
            object => object,
        }
    }

    /// The row's path on its org, from `attributes`. Aggregates have none.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The row's id, if it has the field `Id` and it holds one.
    #[must_use]
    pub fn id(&self) -> Option<RecordId> {
        self.get("Id")?.as_str()?.parse().ok()
    }

    /// What the field `Id` holds, an id or not.
    #[must_use]
    pub fn id_text(&self) -> Option<IdText> {
        self.get("Id")?.as_str().map(IdText::from)
    }

    /// The value of a field; `None` if the row does not have it. The name's case does not matter.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        let exact = self.names.iter().position(|name| **name == *field);
        self.values.get(exact.or_else(|| self.position(field))?)
    }

    fn position(&self, field: &str) -> Option<usize> {
        self.names.iter().position(|name| name.eq_ignore_ascii_case(field))
    }

    /// The value at the end of a path over parents, such as `Account.Owner.Name`.
    #[must_use]
    pub fn get_path(&self, path: &str) -> Option<&Value> {
        match path.split_once('.') {
            None => self.get(path),
            Some((parent, rest)) => self.get(parent)?.as_record()?.get_path(rest),
        }
    }

    /// Sets a field, in its old place if the row has it.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.position(field).and_then(|at| self.values.get_mut(at)) {
            Some(old) => *old = value,
            None => {
                Arc::make_mut(&mut self.names).push(field.into());
                self.values.push(value);
            }
        }
    }

    /// The row with a field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value);
        self
    }

    /// Takes a field out of the row.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        let at = self.position(field)?;
        Arc::make_mut(&mut self.names).remove(at);
        Some(self.values.remove(at))
    }

    /// The fields in the order of the answer.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.names.iter().map(|name| &**name).zip(&self.values)
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether the row has no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The object of a row, as its URL has it.
fn object_in_url(url: &str) -> Option<&str> {
    url.split_once("/sobjects/")?.1.split('/').next().filter(|name| !name.is_empty())
}

impl<'de> Deserialize<'de> for Record {
    /// From JSON, by `serde_json`: other formats cannot keep the digits of numbers.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::text(deserializer, read::record, "expected an object, a row of a result")
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Attributes<'r> {
            #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
            object: Option<&'r str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            url: Option<&'r str>,
        }
        let attributes = Attributes { object: self.object.as_deref(), url: self.url() };
        let mut map = serializer.serialize_map(None)?;
        if attributes.object.is_some() || attributes.url.is_some() {
            map.serialize_entry("attributes", &attributes)?;
        }
        for (name, value) in self.fields() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The child rows of one parent, as far as the answer holds them.
///
/// When [`done`](Self::done) is false, there are more rows behind [`next`](Self::next): a page of children can be cut
/// by the server like a page of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// How many rows the whole result has, if the server says so.
    pub total_size: Option<u64>,
    /// Whether these are all of them.
    pub done: bool,
    /// Where the next page is (`nextRecordsUrl`).
    pub next: Option<Box<str>>,
    /// The rows of this page.
    pub records: Vec<Record>,
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("totalSize", &self.total_size)?;
        map.serialize_entry("done", &self.done)?;
        if let Some(next) = &self.next {
            map.serialize_entry("nextRecordsUrl", next)?;
        }
        map.serialize_entry("records", &self.records)?;
        map.end()
    }
}

impl fmt::Display for Record {
    /// The row as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Record {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn attributes_may_come_last() {
        let row = read(r#"{"Name":"x","attributes":{"url":"/u","type":"Account"}}"#);
        assert_eq!((row.object(), row.url(), row.len()), (Some("Account"), Some("/u"), 1));
    }

    #[test]
    fn a_parent_of_many_kinds_takes_its_object_from_the_url() {
        let row = read(r#"{"attributes":{"type":"Name","url":"/services/data/v68.0/sobjects/User/005"},"Name":"x"}"#);
        assert_eq!(row.object(), Some("User"));
        for (attributes, expected) in [
            (r#"{"type":"Name","url":"/services/data/v68.0/sobjects/User/005"}"#, Some("User")),
            (r#"{"type":"Name","url":"\/services\/data\/v68.0\/sobjects\/Gr\u006fup\/00G"}"#, Some("Group")),
            (r#"{"type":"Name","url":"/u"}"#, Some("Name")),
            (r#"{"type":"Name"}"#, Some("Name")),
            (r#"{"url":"/services/data/v68.0/sobjects/User/005"}"#, None),
            ("null", None),
        ] {
            let json = format!(r#"{{"Id":"x","attributes":{attributes}}}"#);
            assert_eq!(read(&json).object(), expected, "{json}");
            assert_eq!(RowRef::new(&json).object().as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn a_row_that_differs_from_the_one_before_has_names_of_its_own() {
        let usual = r#"{"attributes":{"type":"A"},"X":1,"Y":{"attributes":{"type":"B"},"Z":2}}"#;
        for other in [
            r#"{"attributes":null,"X":1,"Y":null}"#,
            r#"{"X":1,"attributes":{"type":"A"},"Y":2}"#,
            r#"{"attributes":{"type":"A"},"X":1}"#,
            r#"{"attributes":{"type":"A"},"Q":1,"Y":{"attributes":null,"Z":2}}"#,
            r#"{"attributes":{"type":"A"},"X":1,"Y":{"attributes":{"type":"B"},"Z":2,"Q":3},"Q":4}"#,
        ] {
            for json in [usual, other, usual, other].repeat(5) {
                let row = read(json);
                let names: Vec<_> = RowRef::new(json).fields().map(|(name, _)| name.into_owned()).collect();
                assert_eq!(row.fields().map(|(name, _)| name).collect::<Vec<_>>(), names, "{json}");
                assert_eq!(serde_json::from_str::<Record>(&row.to_string()).unwrap(), row, "{json}");
            }
        }
    }

    #[test]
    fn child_rows_say_whether_there_are_more() {
        let row = read(
            r#"{"Contacts":{"totalSize":3,"done":false,"nextRecordsUrl":"/n","records":[{"attributes":{"type":"Contact"},"Name":"a"}]},"Cases":null}"#,
        );
        let rows = row.get("Contacts").and_then(Value::as_rows).unwrap();
        assert_eq!(
            (rows.total_size, rows.done, rows.next.as_deref(), rows.records.len()),
            (Some(3), false, Some("/n"), 1)
        );
        assert_eq!(row.get("Cases"), Some(&Value::Null));
    }

    #[test]
    fn what_was_read_is_written_again() {
        for json in [
            r#"{"attributes":{"type":"A","url":"/u"},"Id":"x","N":1.50,"B":1E9,"T":"a\n\"ä😀","Z":null,"F":false}"#,
            r#"{"Address":{"city":null,"latitude":1.10},"P":{"attributes":{"type":"X"},"Q":{"attributes":{"type":"Y"},"R":-0.0}}}"#,
            r#"{"C":{"totalSize":1,"done":true,"records":[{"X":[1,2.0]}]}}"#,
        ] {
            assert_eq!(read(json).to_string(), json);
        }
    }

    #[test]
    fn a_row_survives_the_way_through_a_json_value() {
        let json = r#"{"Name":"x","Amount":12.5}"#;
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let row: Record = serde_json::from_value(value).unwrap();
        assert_eq!(row.get("Name"), Some(&Value::from("x")));
        assert_eq!(row.get("Amount").and_then(Value::as_number).unwrap().as_str(), "12.5");
    }

    #[test]
    fn what_is_no_object_is_no_row() {
        for json in ["[]", "null", "1", "\"x\"", "{\"a\":1", "{\"attributes\":1}"] {
            let read = serde_json::from_str::<Record>(json);
            assert_eq!(read.is_ok(), json.starts_with("{\"attributes"), "{json}");
        }
    }

    #[test]
    fn nesting_without_end_is_kept_as_text_and_overflows_no_stack() {
        let deep = format!("{}1{}", r#"{"attributes":{"type":"A"},"P":"#.repeat(20_000), "}".repeat(20_000));
        assert_eq!(read(&deep).object(), Some("A"));
        let lists = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(&lists).get("a"), Some(Value::Json(_))));
    }

    proptest::proptest! {
        #[test]
        fn every_flat_row_reads_as_serde_json_reads_it(row in proptest::collection::vec(("[A-Za-z_]{1,8}", "\\PC{0,12}", proptest::num::f64::NORMAL), 0..8)) {
            let mut map = serde_json::Map::new();
            for (name, text, number) in row {
                map.insert(format!("{name}N"), number.into());
                map.insert(format!("{name}T"), text.into());
            }
            let json = serde_json::Value::Object(map.clone()).to_string();
            let row = read(&json);
            proptest::prop_assert_eq!(row.len(), map.len());
            for (name, value) in &map {
                match row.fields().find(|(field, _)| field == name).map(|(_, value)| value) {
                    Some(Value::Text(text)) => proptest::prop_assert_eq!(Some(&**text), value.as_str()),
                    Some(Value::Number(number)) => proptest::prop_assert_eq!(Some(number.as_f64()), value.as_f64()),
                    other => proptest::prop_assert!(false, "{:?}", other),
                }
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,64}", json in "[\\[\\]{}:,\"a1\\\\ ]{0,40}") {
            let _ = serde_json::from_str::<Record>(&text);
            let _ = serde_json::from_str::<Record>(&json);
            let _ = read::whole(&text, read::record);
            let _ = read::whole(&json, read::record);
        }
    }
}
