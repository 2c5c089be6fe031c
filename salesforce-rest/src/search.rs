//! Search: SOSL, and the search with parameters.

use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_soql::Sosl;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::Client;

mod parameterized;

pub use parameterized::{ParameterizedSearch, SearchIn, SearchObject};

impl Client {
    /// Searches the org's index for words.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, Record, Sosl};
    ///
    /// # async fn run(client: Client, words: String) -> salesforce_rest::Result<()> {
    /// let sosl = Sosl::new("FIND :words IN NAME FIELDS RETURNING Account(Id, Name), Contact(Id, Name)").bind("words", words);
    /// for found in client.search::<Record>(sosl).await? {
    ///     println!("{:?} {found}", found.object());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// A search is never complete: the index lags by minutes, the server looks at 2,000 candidates at most and answers
    /// 250 rows of an object. To read all rows, query.
    ///
    /// # Errors
    ///
    /// `Invalid` when the text is no search (nothing is sent), or the org refuses it.
    pub async fn search<Row: DeserializeOwned>(&self, sosl: impl Into<Sosl>) -> Result<Vec<Row>> {
        let answer: Found<Row> = self.send(request(&sosl.into())?).await?.json()?;
        Ok(answer.0)
    }
}

fn request(sosl: &Sosl) -> Result<Request> {
    let invalid =
        |error| Error::new(ErrorKind::Invalid, format!("the search was not sent: {error}")).with_source(error);
    Ok(Request::get("search/").query("q", &sosl.text().map_err(invalid)?))
}

/// What was found. Old versions of the API answer the bare list.
#[derive(Debug)]
struct Found<Row>(Vec<Row>);

impl<'de, Row: DeserializeOwned> Deserialize<'de> for Found<Row> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wrapped<Row> {
            search_records: Vec<Row>,
        }
        struct Visitor<Row>(std::marker::PhantomData<Row>);
        impl<'de, Row: DeserializeOwned> serde::de::Visitor<'de> for Visitor<Row> {
            type Value = Vec<Row>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`searchRecords`, or a list of rows")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Vec<Row>, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Vec<Row>, A::Error> {
                let wrapped = Wrapped::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(wrapped.search_records)
            }
        }
        deserializer.deserialize_any(Visitor(std::marker::PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use salesforce_types::Record;

    use super::*;

    #[test]
    fn what_is_searched_for_is_escaped_twice_for_sosl_and_for_the_url() {
        let request = request(&Sosl::new("FIND :name RETURNING Account").bind("name", "A&B} x")).unwrap();
        assert_eq!(request.path(), "search/?q=FIND+%7BA%5C%26B%5C%7D+x%7D+RETURNING+Account");
        assert!(super::request(&Sosl::new("SELECT Id FROM Account")).is_err());
    }

    #[test]
    fn both_shapes_of_an_answer_are_read_and_no_other() {
        let read = |json: &str| serde_json::from_str::<Found<Record>>(json).map(|found| found.0.len());
        let row = r#"{"attributes":{"type":"Account"},"Id":"001D000000IqhSLIAZ"}"#;
        assert_eq!(read(&format!("[{row},{row}]")).unwrap(), 2);
        assert_eq!(read(&format!(r#"{{"searchRecords":[{row}],"metadata":{{}}}}"#)).unwrap(), 1);
        for bad in ["{}", "null", r#"{"searchRecords":null}"#, "7"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
