//! Where the pages of a result are.

use salesforce_http::{Error, ErrorKind, Request, Result};
use serde::Deserialize;

use crate::Client;

/// The answer of `resultPages`: at most five pages, and where the next ones are listed.
#[derive(Debug)]
pub(super) struct List {
    pub(super) locators: Vec<Box<str>>,
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result_pages: Vec<ResultPage>,
    /// The reference calls it `nextRecordsUrl` in one place and `nextRecordUrl` in another.
    #[serde(alias = "nextRecordUrl")]
    next_records_url: Option<String>,
    done: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultPage {
    result_url: String,
}

/// Fetches a list; `url` is one that the org gave, or the job's own.
pub(super) async fn list(client: Client, url: String) -> Result<List> {
    let answer: Answer = client.connection().send(Request::follow(url)).await?.json()?;
    let locators = answer.result_pages.iter().map(|page| locator(&page.result_url)).collect::<Result<_>>()?;
    let next = match (answer.done, answer.next_records_url) {
        (true, _) => None,
        (false, Some(url)) => Some(url),
        (false, None) => return Err(decode("the org lists some pages of the result and not where the others are")),
    };
    Ok(List { locators, next })
}

/// The locator in a page's URL, as it stands there.
fn locator(url: &str) -> Result<Box<str>> {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let value = query.split('&').find_map(|pair| pair.strip_prefix("locator=")).filter(|value| !value.is_empty());
    match value {
        // It is encoded again when it is sent.
        Some(value) => Ok(decoded(value)?.into()),
        None => Err(decode("the org lists a page of the result without its locator")),
    }
}

fn decoded(value: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err(decode("the org lists a page of the result with a broken locator")),
                }
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| decode("the org lists a page of the result with a broken locator"))
}

pub(super) fn decode(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_is_taken_out_of_its_url() {
        let of = |url: &str| locator(url).map(String::from).ok();
        assert_eq!(of("/services/data/v68.0/jobs/query/750/results?locator=aaaa").as_deref(), Some("aaaa"));
        assert_eq!(of("/x?maxRecords=5&locator=a%3D%3D").as_deref(), Some("a=="));
        for bad in ["/x", "/x?locator=", "/x?a=locator", "/x?locator=%4", "/x?locator=%ff"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
