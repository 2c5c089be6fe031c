//! One page of an answer, from the wire to operations. Rows are not read but for the few fields that a backup has to
//! know of; their text stays where it arrived.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use connector_core::{Evidence, Key, Operation, RawJson, Record, Stamp};
use salesforce_rest::{Cursor, Page};
use salesforce_types::Timestamp;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de::DeserializeSeed};
use serde_json::value::RawValue;

/// What a page holds.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) operations: Vec<Operation>,
    /// The place of the last row.
    pub(crate) last: Option<Key>,
    pub(crate) total: Option<u64>,
    pub(crate) next: Option<Cursor>,
}

/// Which fields say what a backup has to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'s> {
    /// The field that reading is ordered by, when it is not by id alone.
    pub(crate) key: Option<&'s str>,
    /// The field that says which version it is.
    pub(crate) stamp: Option<&'s str>,
    /// The version of a row that does not say.
    pub(crate) otherwise: Stamp,
}

/// Reads a page.
pub(crate) fn decode(body: &Bytes, heads: Heads<'_>) -> serde_json::Result<Rows> {
    let page: Page<&RawValue> = serde_json::from_slice(body)?;
    let mut operations = Vec::with_capacity(page.records.len());
    let mut last = None;
    for row in page.records {
        let head = heads.deserialize(&mut serde_json::Deserializer::from_str(row.get()))?;
        let version = head.stamp.or(head.key).unwrap_or(heads.otherwise);
        let record = Record::new(head.id.0, version, RawJson::slice_of(body, row));
        last = Some((head.key, operations.len()));
        operations.push(match (head.deleted, head.master) {
            (false, _) => Operation::Upsert(record),
            (true, None) => Operation::delete(record, Evidence::Flag),
            (true, Some(winner)) => Operation::delete(record, Evidence::MergedInto(winner.0.into())),
        });
    }
    let last = last.and_then(|(stamp, at)| Some(Key::new(stamp, operations.get(at)?.record().id.clone())));
    Ok(Rows { operations, last, total: page.total_size, next: page.next })
}

pub(crate) struct Head<'a> {
    id: Text<'a>,
    key: Option<Stamp>,
    stamp: Option<Stamp>,
    deleted: bool,
    master: Option<Text<'a>>,
}

/// Text that is borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Heads<'_> {
    type Value = Head<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Heads<'_> {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut row: A) -> Result<Head<'de>, A::Error> {
        let (mut id, mut key, mut stamp, mut deleted, mut master) = (None, None, None, false, None);
        while let Some(Text(name)) = row.next_key()? {
            let is = |field: Option<&str>| field.is_some_and(|field| field == name);
            match &*name {
                "Id" => id = row.next_value::<Option<Text<'de>>>()?,
                "IsDeleted" => deleted = row.next_value::<Option<bool>>()?.unwrap_or_default(),
                "MasterRecordId" => master = row.next_value::<Option<Text<'de>>>()?,
                _ if is(self.key) || is(self.stamp) => {
                    let read = row.next_value::<Option<Text<'de>>>()?.map(|text| time(&text.0)).transpose()?;
                    if is(self.key) {
                        key = read;
                    }
                    if is(self.stamp) {
                        stamp = read;
                    }
                }
                _ => drop(row.next_value::<IgnoredAny>()?),
            }
        }
        if self.key.is_some() && key.is_none() {
            return Err(A::Error::custom("a row has no stamp where it was ordered by stamps"));
        }
        let id = id.filter(|Text(id)| !id.is_empty()).ok_or_else(|| A::Error::custom("a row has no Id"))?;
        Ok(Head { id, key, stamp, deleted, master })
    }
}

fn time<E: serde::de::Error>(text: &str) -> Result<Stamp, E> {
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(Stamp::from_millis(time.as_millis())),
        Err(_) => Err(E::custom("a stamp is no date and time")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADS: Heads<'static> =
        Heads { key: Some("SystemModstamp"), stamp: Some("SystemModstamp"), otherwise: Stamp::EPOCH };

    fn read(rows: &str, heads: Heads<'_>) -> serde_json::Result<Rows> {
        decode(&Bytes::from(format!(r#"{{"totalSize":7,"done":true,"records":[{rows}]}}"#)), heads)
    }

    #[test]
    fn the_text_of_a_row_is_kept_to_the_last_digit() {
        let row = r#"{"attributes":{"type":"A","Id":"not this"},"Id":"001","SystemModstamp":"1970-01-01T00:00:01.000+0000","N":1.10e3,"T":"ä\n"}"#;
        let rows = read(row, HEADS).unwrap();
        let record = rows.operations[0].record();
        assert_eq!((&*record.id, record.version), ("001", Stamp::from_millis(1_000)));
        assert_eq!(record.fields.as_bytes(), row.as_bytes());
        assert_eq!(rows.last, Some(Key::new(Some(Stamp::from_millis(1_000)), "001")));
        assert_eq!(rows.total, Some(7));
    }

    #[test]
    fn b1_09_a_deleted_row_is_a_deletion_and_a_merged_one_names_the_winner() {
        let row = |more| format!(r#"{{"Id":"001","SystemModstamp":"1970-01-01T00:00:01Z",{more}}}"#);
        let operation = |more| read(&row(more), HEADS).unwrap().operations.remove(0);
        assert_eq!(operation(r#""IsDeleted":false,"MasterRecordId":null"#).evidence(), None);
        assert_eq!(operation(r#""IsDeleted":true,"MasterRecordId":null"#).evidence(), Some(&Evidence::Flag));
        let merged = operation(r#""IsDeleted":true,"MasterRecordId":"002""#);
        assert_eq!(merged.evidence(), Some(&Evidence::MergedInto("002".into())));
        assert!(merged.record().deleted);
    }

    #[test]
    fn a_row_without_a_stamp_has_the_version_of_the_run() {
        let heads = Heads { key: None, stamp: None, otherwise: Stamp::from_millis(9) };
        assert_eq!(read(r#"{"Id":"001"}"#, heads).unwrap().operations[0].record().version, Stamp::from_millis(9));
    }

    #[test]
    fn a_row_that_cannot_be_placed_is_an_error() {
        for row in [
            r#"{"SystemModstamp":"1970-01-01T00:00:01Z"}"#,
            r#"{"Id":null,"SystemModstamp":"1970-01-01T00:00:01Z"}"#,
            r#"{"Id":"","SystemModstamp":"1970-01-01T00:00:01Z"}"#,
            r#"{"Id":"001"}"#,
            r#"{"Id":"001","SystemModstamp":null}"#,
            r#"{"Id":"001","SystemModstamp":"soon"}"#,
            r#"{"Id":1,"SystemModstamp":"1970-01-01T00:00:01Z"}"#,
            "[]",
            "null",
        ] {
            assert!(read(row, HEADS).is_err(), "{row}");
        }
    }
}
