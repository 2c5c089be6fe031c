//! The queries that read one object, as text.

use std::fmt::Write as _;

use connector_core::{Key, Mode, Slice, Stamp, Window};
use salesforce_http::Request;
use salesforce_rest::UrlTooLong;
use salesforce_types::{ApiVersion, FieldName, ObjectName, RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::schema::Shape;

/// What a slice needs besides its window. It is kept with the plan, so that another process can go on.
///
/// Names are parsed when it is read back: whatever a kept plan holds, nothing but a name gets into a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Select {
    pub(crate) object: ObjectName,
    pub(crate) fields: Vec<FieldName>,
    pub(crate) key: Option<FieldName>,
    pub(crate) stamp: Option<FieldName>,
    pub(crate) ordered: bool,
}

impl Select {
    /// `None` when a name is none.
    pub(crate) fn new(object: &str, shape: &Shape) -> Option<Self> {
        let name = |name: &Option<String>| name.as_deref().map(str::parse).transpose().ok();
        Some(Self {
            object: object.parse().ok()?,
            fields: shape.fields.iter().map(|field| field.parse().ok()).collect::<Option<_>>()?,
            key: name(&shape.key)?,
            stamp: name(&shape.stamp)?,
            ordered: shape.ordered,
        })
    }

    /// The rows of the slice behind `after`, in an order that can be resumed.
    ///
    /// A complete reading goes by id and has no bounds: what changes meanwhile is read again by the next increment. An
    /// increment goes by stamp, and by id within one stamp, for a bulk load stamps thousands of rows with the same
    /// second.
    pub(crate) fn rows(&self, slice: &Slice, after: Option<&Key>) -> String {
        let mut soql = String::with_capacity(64 + self.fields.len() * 24);
        for (field, comma) in self.fields.iter().zip(std::iter::once("SELECT ").chain(std::iter::repeat(", "))) {
            soql.push_str(comma);
            soql.push_str(field.as_str());
        }
        let _ = write!(soql, " FROM {}{}", self.object.as_str(), self.condition(slice, after));
        match self.window_key(slice) {
            Some(key) => drop(write!(soql, " ORDER BY {}, Id", key.as_str())),
            None if self.ordered => soql.push_str(" ORDER BY Id"),
            None => {}
        }
        soql
    }

    /// Whether [`rows`](Self::rows) can ask for what is behind this key.
    pub(crate) fn can_resume(&self, after: &Key) -> bool {
        self.ordered && after.id.parse::<RecordId>().is_ok()
    }

    /// How many rows there are behind `after`.
    pub(crate) fn count(&self, slice: &Slice, after: Option<&Key>) -> String {
        format!("SELECT COUNT() FROM {}{}", self.object.as_str(), self.condition(slice, after))
    }

    /// The key that the slice's window is laid over.
    pub(crate) fn window_key(&self, slice: &Slice) -> Option<&FieldName> {
        self.key.as_ref().filter(|_| slice.mode == Mode::Incremental)
    }

    fn condition(&self, slice: &Slice, after: Option<&Key>) -> String {
        let mut parts = Vec::new();
        let id = |after: &Key| after.id.parse::<RecordId>().ok();
        match self.window_key(slice) {
            Some(key) => {
                let key = key.as_str();
                let behind = after.and_then(|after| Some((literal(after.stamp?), id(after)?)));
                match (behind, slice.window.lo) {
                    (Some((stamp, id)), _) => {
                        parts.push(format!("(({key} = {stamp} AND Id > '{id}') OR {key} > {stamp})"))
                    }
                    (None, Some(lo)) => parts.push(format!("{key} >= {}", literal(lo))),
                    (None, None) => {}
                }
                if let Some(hi) = slice.window.hi {
                    parts.push(format!("{key} < {}", literal(hi)));
                }
            }
            None if self.ordered => parts.extend(after.and_then(id).map(|id| format!("Id > '{id}'"))),
            None => {}
        }
        if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) }
    }

    /// The longest URL that reading may need, when an org does not read as much.
    pub(crate) fn too_long(&self, version: ApiVersion) -> Option<UrlTooLong> {
        let end = Stamp::from_millis(253_402_000_000_000);
        let window = Window::new(Some(end), Some(end));
        let slice = Slice::new(self.object.as_str().into(), 0, Mode::Incremental, window, serde_json::Value::Null);
        let key = Key::new(Some(end), "000000000000000AAA");
        UrlTooLong::of(&Request::get("queryAll").query("q", &self.rows(&slice, Some(&key))), version)
    }
}

fn literal(stamp: Stamp) -> String {
    Timestamp::from_millis(stamp.as_millis()).to_soql()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(key: bool, ordered: bool) -> Select {
        Select {
            object: "Account".parse().unwrap(),
            fields: ["Id", "Name"].map(|name| name.parse().unwrap()).into(),
            key: key.then(|| "SystemModstamp".parse().unwrap()),
            stamp: None,
            ordered,
        }
    }

    fn slice(mode: Mode, lo: Option<i64>) -> Slice {
        let window = Window::new(lo.map(Stamp::from_millis), Some(Stamp::from_millis(60_000)));
        Slice::new("Account".into(), 0, mode, window, serde_json::Value::Null)
    }

    fn after() -> Key {
        Key::new(Some(Stamp::from_millis(1_000)), "001000000000001AAA")
    }

    #[test]
    fn b1_03_an_increment_asks_for_its_half_open_window() {
        let (select, slice) = (select(true, true), slice(Mode::Incremental, Some(0)));
        assert_eq!(
            select.rows(&slice, None),
            "SELECT Id, Name FROM Account WHERE SystemModstamp >= 1970-01-01T00:00:00.000Z \
             AND SystemModstamp < 1970-01-01T00:01:00.000Z ORDER BY SystemModstamp, Id"
        );
    }

    #[test]
    fn b1_05_an_increment_goes_on_behind_a_stamp_and_an_id() {
        let (select, slice) = (select(true, true), slice(Mode::Incremental, Some(0)));
        let behind = "WHERE ((SystemModstamp = 1970-01-01T00:00:01.000Z AND Id > '001000000000001AAA') \
                      OR SystemModstamp > 1970-01-01T00:00:01.000Z) AND SystemModstamp < 1970-01-01T00:01:00.000Z";
        assert_eq!(
            select.rows(&slice, Some(&after())),
            format!("SELECT Id, Name FROM Account {behind} ORDER BY SystemModstamp, Id")
        );
        assert_eq!(select.count(&slice, Some(&after())), format!("SELECT COUNT() FROM Account {behind}"));
    }

    #[test]
    fn a_complete_reading_goes_by_id() {
        let slice = slice(Mode::Complete, None);
        assert_eq!(select(true, true).rows(&slice, None), "SELECT Id, Name FROM Account ORDER BY Id");
        assert_eq!(
            select(false, true).rows(&slice, Some(&after())),
            "SELECT Id, Name FROM Account WHERE Id > '001000000000001AAA' ORDER BY Id"
        );
        assert_eq!(select(false, false).rows(&slice, Some(&after())), "SELECT Id, Name FROM Account");
    }

    #[test]
    fn every_query_is_one_that_can_be_parsed() {
        for mode in [Mode::Complete, Mode::Incremental] {
            for key in [None, Some(after())] {
                for (keyed, ordered) in [(true, true), (false, true), (false, false)] {
                    let (select, slice) = (select(keyed, ordered), slice(mode, Some(0)));
                    salesforce_soql::parse(&select.rows(&slice, key.as_ref())).unwrap();
                    salesforce_soql::parse(&select.count(&slice, key.as_ref())).unwrap();
                }
            }
        }
    }

    #[test]
    fn nothing_but_names_and_ids_gets_into_a_query() {
        let kept = serde_json::to_value(select(true, true)).unwrap();
        assert_eq!(serde_json::from_value::<Select>(kept.clone()).unwrap(), select(true, true));
        let mut bad = kept;
        bad["object"] = "Account WHERE Id != null".into();
        assert!(serde_json::from_value::<Select>(bad).is_err());
        let key = Key::new(None, "x' OR Id != '");
        assert_eq!(
            select(false, true).rows(&slice(Mode::Complete, None), Some(&key)),
            "SELECT Id, Name FROM Account ORDER BY Id"
        );
    }

    #[test]
    fn b1_08_a_query_that_no_url_holds_is_known_beforehand() {
        let mut wide = select(true, true);
        assert_eq!(wide.too_long(ApiVersion::DEFAULT), None);
        wide.fields = (0..800).map(|n| format!("Some_Field_With_A_Name_{n}__c").parse().unwrap()).collect();
        assert!(wide.too_long(ApiVersion::DEFAULT).is_some_and(|url| url.bytes() > url.limit()));
    }
}
