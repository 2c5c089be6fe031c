use std::fmt;

use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_soql::ast::{
    CompareOp, Condition, Direction, FieldPath, Nulls, Operand, OrderItem, Query, SelectItem, Value,
};
use salesforce_types::{FieldName, RecordId, RowRef, Timestamp};
use serde::{Deserialize, Serialize};

use super::Options;
use super::text::{Ends, Text};

/// The order in which a query is read, so that reading can go on behind any row.
///
/// A locator dies after two days at the latest. A query that is read in the order of a key needs none: what is left is
/// asked for by another query, which begins behind the last row that came. See [`Query::keyset`](super::Query::keyset).
///
/// The order is that of the org: an id is never compared here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyset {
    stamp: Option<FieldName>,
    after: Option<Key>,
    without_locators: bool,
}

/// The place of a row in a [`Keyset`]: a checkpoint that does not grow old. Rows behind it are those that have a greater
/// stamp, or the same stamp and a greater id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The row's stamp, where rows are read by one; `None` where they are not, and for a row without a stamp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Timestamp>,
    /// The row's id.
    pub id: RecordId,
}

impl Keyset {
    /// By `Id`: for reading all rows of an object.
    #[must_use]
    pub fn by_id() -> Self {
        Self { stamp: None, after: None, without_locators: false }
    }

    /// By a date and time such as `SystemModstamp`, and by `Id` within one stamp: for reading what changed. A bulk load
    /// gives thousands of rows the same second, so a stamp alone is no place to go on from.
    #[must_use]
    pub fn by_stamp(field: FieldName) -> Self {
        Self { stamp: Some(field), ..Self::by_id() }
    }

    /// Only the rows behind this one.
    #[must_use]
    pub fn after(self, key: Key) -> Self {
        Self { after: Some(key), ..self }
    }

    /// Takes a query of its own for each page, with a `LIMIT` of the page's size, and never a locator: for objects that
    /// have none, or an org that loses them.
    #[must_use]
    pub fn without_locators(self) -> Self {
        Self { without_locators: true, ..self }
    }
}

/// Why a query cannot be read by a [`Keyset`]. It is the source of an error of kind [`Invalid`](ErrorKind::Invalid);
/// nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoKeyset {
    /// It has groups or a count, and groups have no id.
    Aggregate,
    /// It has an `ORDER BY`, and there can be one order only.
    Ordered,
    /// It has a `LIMIT` or an `OFFSET`, which would count anew with each query.
    Limited,
    /// It does not select `Id`, or not the stamp, so that the place of a row is not known.
    KeyNotSelected,
    /// It begins at a [`Cursor`](super::Cursor), and the key of the row before that place is not given by
    /// [`Keyset::after`]: were the place gone, rows that were read before would come again.
    KeyNotGiven,
}

impl fmt::Display for NoKeyset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aggregate => "a query of groups or of a count cannot be read by a key",
            Self::Ordered => "the query has an ORDER BY, and one that is read by a key is ordered by it: take it out",
            Self::Limited => "the query has a LIMIT or an OFFSET, and one that is read by a key has none: take it out",
            Self::KeyNotSelected => "the query does not select the key it is to be read by: add `Id`, and the stamp",
            Self::KeyNotGiven => {
                "the query begins at a cursor, and the keyset does not say behind which row that is: add `after`"
            }
        })
    }
}

impl std::error::Error for NoKeyset {}

/// A query that is read by a key, and how far it was.
pub(super) struct KeyReading {
    query: Query,
    keyset: Keyset,
    options: Options,
    /// Whether the page that was read last has rows.
    had_rows: bool,
    /// Whether a query was sent instead of a locator, and no row came since.
    in_vain: bool,
}

impl KeyReading {
    /// `midway` when the first rows were read before.
    pub(super) fn new(soql: &str, keyset: Keyset, options: Options, midway: bool) -> Result<Self> {
        let invalid = |why: String| Error::new(ErrorKind::Invalid, format!("the query was not sent: {why}"));
        let query = salesforce_soql::parse(soql).map_err(|error| invalid(error.to_string()).with_source(error))?;
        let unknown = (midway && keyset.after.is_none()).then_some(NoKeyset::KeyNotGiven);
        match unsuitable(&query, keyset.stamp.as_ref()).or(unknown) {
            Some(why) => Err(invalid(why.to_string()).with_source(why)),
            None => Ok(Self { query, keyset, options, had_rows: false, in_vain: false }),
        }
    }

    /// Where reading is.
    pub(super) fn key(&self) -> Option<Key> {
        self.keyset.after
    }

    /// The query for the rows that are left.
    pub(super) fn request(&self) -> Result<Request> {
        self.options.request(&self.soql())
    }

    fn soql(&self) -> String {
        let mut query = self.query.clone();
        if let Some(behind) = self.keyset.after.map(|key| behind(self.keyset.stamp.as_ref(), key)) {
            query.filter = Some(match query.filter.take() {
                Some(filter) => Condition::And(vec![filter, behind]),
                None => behind,
            });
        }
        let order = |field: &str, nulls| OrderItem { by: operand(field), direction: Direction::Ascending, nulls };
        query.order_by.extend(self.keyset.stamp.as_ref().map(|stamp| order(stamp.as_str(), Some(Nulls::First))));
        query.order_by.push(order("Id", None));
        query.limit = self.keyset.without_locators.then(|| self.limit());
        query.to_string()
    }

    fn limit(&self) -> u64 {
        self.options.batch_size.unwrap_or(2000).into()
    }

    /// Remembers the last row of a page.
    pub(super) fn note(&mut self, page: &Text) -> Result<()> {
        let row = page.last();
        self.had_rows = row.is_some();
        let Some(row) = row else { return Ok(()) };
        let key = self.key_of(row).ok_or_else(|| page.wrong("the last row of the page has no key to go on from"))?;
        if self.keyset.after == Some(key) {
            return Err(page.wrong("the page ends with the row that the page before it ended with"));
        }
        self.keyset.after = Some(key);
        self.in_vain = false;
        Ok(())
    }

    fn key_of(&self, row: RowRef<'_>) -> Option<Key> {
        let stamp = match &self.keyset.stamp {
            None => None,
            Some(field) => match row.get(field.as_str())? {
                null if null.is_null() => None,
                stamp => Some(stamp.as_str()?.parse().ok()?),
            },
        };
        Some(Key { stamp, id: row.id()? })
    }

    /// The query to send after a page, where no locator is followed.
    pub(super) fn next_query(&self, page: &Ends) -> Option<Result<Request>> {
        let full = !page.done || page.total_size.is_none_or(|rows| rows >= self.limit());
        let more = self.keyset.without_locators && full && self.had_rows;
        more.then(|| self.request())
    }

    /// The query to send when a locator is gone; `None` when that did no good before.
    pub(super) fn instead_of_a_locator(&mut self) -> Option<Result<Request>> {
        if std::mem::replace(&mut self.in_vain, true) {
            return None;
        }
        Some(self.request())
    }
}

fn unsuitable(query: &Query, stamp: Option<&FieldName>) -> Option<NoKeyset> {
    let selected = |name: &str| {
        query.select.iter().any(|item| matches!(item, SelectItem::Field { path, alias: None } if path.is(name)))
    };
    if query.is_count() || query.is_aggregate() {
        Some(NoKeyset::Aggregate)
    } else if !query.order_by.is_empty() {
        Some(NoKeyset::Ordered)
    } else if query.limit.is_some() || query.offset.is_some() {
        Some(NoKeyset::Limited)
    } else if !selected("Id") || stamp.is_some_and(|stamp| !selected(stamp.as_str())) {
        Some(NoKeyset::KeyNotSelected)
    } else {
        None
    }
}

/// The rows behind a key. Rows without a stamp come first.
fn behind(stamp: Option<&FieldName>, key: Key) -> Condition {
    let is = |field: &str, op, right| Condition::Compare { left: operand(field), op, right };
    let greater_id = is("Id", CompareOp::Greater, Value::Text(key.id.to_string().into()));
    let Some(stamp) = stamp.map(FieldName::as_str) else { return greater_id };
    let (equal, greater) = match key.stamp {
        Some(time) => (Value::DateTime(time), is(stamp, CompareOp::Greater, Value::DateTime(time))),
        None => (Value::Null, is(stamp, CompareOp::NotEqual, Value::Null)),
    };
    Condition::Or(vec![Condition::And(vec![is(stamp, CompareOp::Equal, equal), greater_id]), greater])
}

fn operand(field: &str) -> Operand {
    let path = field.parse::<FieldPath>();
    Operand::Field(path.expect("a field's name is a path of one name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "001000000000001AAA";

    fn reading(soql: &str, keyset: Keyset, midway: bool) -> std::result::Result<KeyReading, NoKeyset> {
        KeyReading::new(soql, keyset, Options::default(), midway).map_err(|error| {
            *std::error::Error::source(&error).and_then(|source| source.downcast_ref()).expect("why not")
        })
    }

    fn stamp() -> Keyset {
        Keyset::by_stamp("SystemModstamp".parse().unwrap())
    }

    fn key(stamp: Option<i64>) -> Key {
        Key { stamp: stamp.map(Timestamp::from_millis), id: ID.parse().unwrap() }
    }

    #[test]
    fn b1_05_a_key_is_a_stamp_and_an_id() {
        let soql = |keyset| {
            reading("SELECT Id, SystemModstamp FROM Account WHERE A = 1 OR B = 2", keyset, false).unwrap().soql()
        };
        assert_eq!(
            soql(stamp()),
            "SELECT Id, SystemModstamp FROM Account WHERE A = 1 OR B = 2 ORDER BY SystemModstamp NULLS FIRST, Id"
        );
        let after = |key| {
            let text = soql(stamp().after(key));
            text.split(" AND ").skip(1).collect::<Vec<_>>().join(" AND ")
        };
        assert!(soql(stamp().after(key(Some(1000)))).contains("WHERE (A = 1 OR B = 2) AND ("));
        assert_eq!(
            after(key(Some(1000))),
            format!(
                "((SystemModstamp = 1970-01-01T00:00:01.000Z AND Id > '{ID}') OR SystemModstamp > \
                 1970-01-01T00:00:01.000Z) ORDER BY SystemModstamp NULLS FIRST, Id"
            )
        );
        assert_eq!(
            after(key(None)),
            format!(
                "((SystemModstamp = null AND Id > '{ID}') OR SystemModstamp != null) ORDER BY SystemModstamp NULLS FIRST, Id"
            )
        );
    }

    #[test]
    fn a_key_may_be_an_id_alone() {
        let soql = |keyset| reading("SELECT Id FROM Account", keyset, false).unwrap().soql();
        assert_eq!(soql(Keyset::by_id()), "SELECT Id FROM Account ORDER BY Id");
        assert_eq!(
            soql(Keyset::by_id().after(key(None)).without_locators()),
            format!("SELECT Id FROM Account WHERE Id > '{ID}' ORDER BY Id LIMIT 2000")
        );
    }

    #[test]
    fn a_query_that_has_no_key_is_refused_with_the_reason() {
        for (soql, why) in [
            ("SELECT COUNT() FROM Account", NoKeyset::Aggregate),
            ("SELECT Name, COUNT(Id) FROM Account GROUP BY Name", NoKeyset::Aggregate),
            ("SELECT Id FROM Account ORDER BY Name", NoKeyset::Ordered),
            ("SELECT Id FROM Account LIMIT 5", NoKeyset::Limited),
            ("SELECT Id FROM Account OFFSET 5", NoKeyset::Limited),
            ("SELECT Name FROM Account", NoKeyset::KeyNotSelected),
            ("SELECT Account.Id FROM Contact", NoKeyset::KeyNotSelected),
        ] {
            assert_eq!(reading(soql, Keyset::by_id(), false).err(), Some(why), "{soql}");
        }
        assert_eq!(reading("SELECT Id FROM Account", stamp(), false).err(), Some(NoKeyset::KeyNotSelected));
        assert_eq!(reading("SELECT Id, SystemModstamp FROM Account", stamp(), true).err(), Some(NoKeyset::KeyNotGiven));
        assert!(reading("SELECT Id, SystemModstamp FROM Account", stamp().after(key(None)), true).is_ok());
        assert!(KeyReading::new("SELECT", Keyset::by_id(), Options::default(), false).is_err());
    }

    #[test]
    fn a_key_is_text_that_can_be_kept() {
        for key in [key(None), key(Some(1000))] {
            let kept = serde_json::to_string(&key).unwrap();
            assert_eq!(serde_json::from_str::<Key>(&kept).unwrap(), key);
        }
    }
}
