//! Where the pages of a result are.

use percent_encoding::percent_decode_str;
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
        Some(value) => match percent_decode_str(value).decode_utf8() {
            Ok(locator) => Ok(locator.into()),
            Err(_) => Err(decode("the org lists a page of the result with a broken locator")),
        },
        None => Err(decode("the org lists a page of the result without its locator")),
    }
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
        for bad in ["/x", "/x?locator=", "/x?a=locator", "/x?locator=%ff"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
