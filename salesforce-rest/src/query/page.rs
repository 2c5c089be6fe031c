use serde::{Deserialize, Deserializer};

use super::{Cursor, Key};

/// One page of an answer.
///
/// The rows may be anything that serde reads: a struct of yours, [`Record`](salesforce_types::Record), or
/// `Box<serde_json::value::RawValue>` for the text of each row, unread, as a backup wants it.
///
/// A page never looks complete when it is not: one that says it is not the last and does not say where the next one
/// is, cannot be decoded.
///
/// ```
/// use salesforce_rest::{Page, Record};
///
/// let page: Page<Record> = serde_json::from_str(
///     r#"{"totalSize": 4312, "done": false, "nextRecordsUrl": "/services/data/v68.0/query/0r8Qz00000FgHiJkLm-1",
///         "records": [{"attributes": {"type": "Contact"}, "LastName": "Doe"}]}"#,
/// )?;
/// assert_eq!((page.records.len(), page.total_size), (1, Some(4312)));
/// assert!(page.next.is_some());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows of this page. A page may be short, or empty, without being the last.
    pub records: Vec<T>,
    /// How many rows the query matches, if the org says so. Some setup objects say more than they deliver: finish on
    /// [`done`](Self::done), not on a count.
    pub total_size: Option<u64>,
    /// Whether this is the last page.
    pub done: bool,
    /// Where the next page is; `None` on the last one.
    pub next: Option<Cursor>,
    /// The place of the last row, if the query is read by a [`Keyset`](super::Keyset).
    pub key: Option<Key>,
}

/// A page as the org writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<T> {
    records: Vec<T>,
    // Missing in some answers, -1 in others.
    #[serde(default)]
    total_size: Option<i64>,
    done: bool,
    #[serde(default)]
    next_records_url: Option<String>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Answer::deserialize(deserializer)?.into_page().map_err(serde::de::Error::custom)
    }
}

impl<T> Answer<T> {
    /// The page, or why it must not be taken for one.
    pub(super) fn into_page(self) -> Result<Page<T>, &'static str> {
        // Recorded answers hold both `done: true` and a URL: `done` wins.
        let next = match self.next_records_url.map(Cursor::try_from) {
            _ if self.done => None,
            Some(Ok(cursor)) => Some(cursor),
            _ => return Err("the page is not the last, and does not say where the next one is: rows would be missing"),
        };
        let total_size = self.total_size.and_then(|size| size.try_into().ok());
        Ok(Page { records: self.records, total_size, done: self.done, next, key: None })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(json: &str) -> serde_json::Result<Page<T>> {
        serde_json::from_str(json)
    }

    #[test]
    fn done_wins_over_a_url() {
        let page = read::<u8>(r#"{"records":[1],"totalSize":1,"done":true,"nextRecordsUrl":"/n-2000"}"#).unwrap();
        assert_eq!((page.done, page.next), (true, None));
    }

    #[test]
    fn more_to_come_without_a_place_is_an_error() {
        for url in ["", r#","nextRecordsUrl":null"#, r#","nextRecordsUrl":"""#] {
            assert!(read::<u8>(&format!(r#"{{"records":[],"totalSize":9,"done":false{url}}}"#)).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_no_page_does_not_read_as_an_empty_one() {
        for json in ["{}", "[]", r#"{"records":[]}"#, r#"{"done":true}"#, r#"{"done":true,"records":null}"#] {
            assert!(read::<u8>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_total_may_be_missing_or_senseless() {
        for total in ["", r#""totalSize":null,"#, r#""totalSize":-1,"#] {
            assert_eq!(read::<u8>(&format!(r#"{{{total}"records":[],"done":true}}"#)).unwrap().total_size, None);
        }
    }

    #[test]
    fn rows_may_be_kept_as_the_text_they_are() {
        let page: Page<Box<RawValue>> =
            serde_json::from_str(r#"{"done":true,"records":[{"A":1.50, "B":12345678901234567890.10}]}"#).unwrap();
        assert_eq!(page.records[0].get(), r#"{"A":1.50, "B":12345678901234567890.10}"#);
    }

    #[test]
    fn rows_may_be_borrowed_from_the_body() {
        let page: Page<&RawValue> = serde_json::from_str(r#"{"done":true,"records":[{"A":1}]}"#).unwrap();
        assert_eq!(page.records[0].get(), r#"{"A":1}"#);
    }
}
