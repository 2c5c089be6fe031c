use salesforce_types::__derive::{Kind, Relation, Shape};
use salesforce_types::{Record, Rows, SObject};
use serde::{Deserialize, Deserializer};

use super::{Cursor, Page};

/// The child rows of one row, in a struct of yours; reads `null`, which is how an org writes that there are none.
///
/// An org cuts child rows into pages as it does the rows of the query itself. A `Vec` could not show that, so a field
/// for a subquery is of this type; [`Client::child_rows`](crate::Client::child_rows) gives those that are here and
/// fetches the others.
///
/// ```
/// use salesforce_rest::ChildRows;
///
/// #[derive(serde::Deserialize)]
/// struct Contact { #[serde(rename = "LastName")] last_name: String }
///
/// #[derive(serde::Deserialize)]
/// struct Account { #[serde(rename = "Contacts")] contacts: ChildRows<Contact> }
///
/// let account: Account = serde_json::from_str(r#"{"Contacts": null}"#)?;
/// assert!(account.contacts.is_complete());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ChildRows<T> {
    /// The rows that came with their parent.
    pub records: Vec<T>,
    /// How many rows there are, if the org says so.
    pub total_size: Option<u64>,
    /// Whether these are all.
    pub done: bool,
    /// Where the others are.
    pub next: Option<Cursor>,
}

impl<T> ChildRows<T> {
    /// Whether [`records`](Self::records) are all of them.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done
    }
}

impl<T> Default for ChildRows<T> {
    /// No rows, and no more to come.
    fn default() -> Self {
        Self { records: Vec::new(), total_size: Some(0), done: true, next: None }
    }
}

impl<T> From<Page<T>> for ChildRows<T> {
    fn from(Page { records, total_size, done, next, .. }: Page<T>) -> Self {
        Self { records, total_size, done, next }
    }
}

impl From<Rows> for ChildRows<Record> {
    fn from(rows: Rows) -> Self {
        // `done` stays false when the place of the others is missing or senseless: whoever follows gets an error.
        let next = rows.next.filter(|_| !rows.done).and_then(|url| String::from(url).try_into().ok());
        Self { records: rows.records, total_size: rows.total_size, done: rows.done, next }
    }
}

impl From<&Rows> for ChildRows<Record> {
    fn from(rows: &Rows) -> Self {
        rows.clone().into()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ChildRows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Page<T>>::deserialize(deserializer)?.map_or_else(Self::default, Self::from))
    }
}

impl<T: SObject> Relation for ChildRows<T> {
    const KIND: Kind = Kind::Children(T::fields);
    const SHAPE: Shape = T::SHAPE;
}

/// Reads child rows into a `Vec`, and refuses rows that the org cut into pages: a `Vec` could not show it. For relations
/// with few rows; [`ChildRows`] takes any number.
///
/// ```
/// #[derive(Debug, serde::Deserialize)]
/// struct Contact { #[serde(rename = "LastName")] last_name: String }
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Account {
///     #[serde(rename = "Contacts", deserialize_with = "salesforce_rest::complete_child_rows")]
///     contacts: Vec<Contact>,
/// }
///
/// let account: Account = serde_json::from_str(r#"{"Contacts": null}"#)?;
/// assert!(account.contacts.is_empty());
///
/// let cut = r#"{"Contacts": {"totalSize": 9, "done": false, "nextRecordsUrl": "/n-1", "records": [{"LastName": "A"}]}}"#;
/// let error = serde_json::from_str::<Account>(cut).unwrap_err();
/// assert!(error.to_string().starts_with("the org sent 1 of 9 child rows"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// When these are not all of the rows.
pub fn complete_child_rows<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let rows = ChildRows::deserialize(deserializer)?;
    if rows.is_complete() {
        return Ok(rows.records);
    }
    let total = rows.total_size.map_or("more".to_owned(), |total| total.to_string());
    let why = format!(
        "the org sent {} of {total} child rows, and a Vec cannot show it: take a ChildRows for the field, and follow it \
         by `Client::child_rows`",
        rows.records.len()
    );
    Err(serde::de::Error::custom(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_cut_are_not_complete() {
        let rows: ChildRows<u8> =
            serde_json::from_str(r#"{"records":[1],"totalSize":3,"done":false,"nextRecordsUrl":"/n-1"}"#).unwrap();
        assert!(!rows.is_complete());
        assert_eq!(rows.next, Some("/n-1".parse().unwrap()));
    }

    #[test]
    fn cut_rows_without_a_place_are_an_error_and_never_look_complete() {
        assert!(serde_json::from_str::<ChildRows<u8>>(r#"{"records":[1],"totalSize":3,"done":false}"#).is_err());
        let mut rows = Rows::default();
        rows.records.push(Record::new("Contact"));
        assert!(!ChildRows::from(&rows).is_complete());
    }
}
