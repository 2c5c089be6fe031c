use futures_core::Stream;
use futures_util::{TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Request, Result};
use serde::de::DeserializeOwned;

use super::page::Answer;
use super::trail::Trail;
use super::{Cursor, Page};
use crate::Client;

pub(super) fn request(cursor: &Cursor) -> Request {
    Request::follow(cursor.as_str())
}

/// Gets one page; `at` is the cursor that the request follows.
pub(super) async fn fetch<Row: DeserializeOwned>(
    client: &Client,
    request: Request,
    at: Option<&Cursor>,
) -> Result<Page<Row>> {
    let call = request.call();
    let answer: Answer<Row> = client.send(request).await?.json()?;
    let page = answer.into_page().map_err(|why| Error::new(ErrorKind::Decode, why).with_call(call))?;
    match &page.next {
        Some(next) if at == Some(next) => Err(circle(next)),
        _ => Ok(page),
    }
}

/// What is to be fetched next.
enum Step {
    First(Result<Request>),
    Next(Cursor),
    End,
}

pub(super) fn pages<'c, Row: DeserializeOwned + Send + 'c>(
    client: &'c Client,
    first: Result<Request>,
) -> impl Stream<Item = Result<Page<Row>>> + Send + 'c {
    follow(client, Step::First(first))
}

pub(super) fn pages_from<'c, Row: DeserializeOwned + Send + 'c>(
    client: &'c Client,
    cursor: Cursor,
) -> impl Stream<Item = Result<Page<Row>>> + Send + 'c {
    follow(client, Step::Next(cursor))
}

fn follow<'c, Row: DeserializeOwned + Send + 'c>(
    client: &'c Client,
    first: Step,
) -> impl Stream<Item = Result<Page<Row>>> + Send + 'c {
    stream::try_unfold((first, Trail::default()), move |(step, mut trail)| async move {
        let page: Page<Row> = match step {
            Step::First(request) => fetch(client, request?, None).await?,
            Step::Next(cursor) if !trail.leads_on(&cursor) => return Err(circle(&cursor)),
            Step::Next(cursor) => fetch(client, request(&cursor), Some(&cursor)).await?,
            Step::End => return Ok(None),
        };
        let next = page.next.clone().map_or(Step::End, Step::Next);
        Ok(Some((page, (next, trail))))
    })
}

pub(super) fn rows<'c, Row: Send + 'c>(
    pages: impl Stream<Item = Result<Page<Row>>> + Send + 'c,
) -> impl Stream<Item = Result<Row>> + Send + 'c {
    pages.map_ok(|page| stream::iter(page.records.into_iter().map(Ok))).try_flatten()
}

pub(super) async fn all<Row>(pages: impl Stream<Item = Result<Page<Row>>> + Send) -> Result<Vec<Row>> {
    pages.map_ok(|page| page.records).try_concat().await
}

fn circle(cursor: &Cursor) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the org's pages lead in a circle: `{cursor}` comes again; run the query anew"),
    )
}
