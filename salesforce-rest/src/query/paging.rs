use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
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

/// Page after page from `first`, which follows `at`.
pub(super) fn pages<'c, Row: DeserializeOwned + Send + 'c>(
    client: &'c Client,
    first: Result<Request>,
    at: Option<Cursor>,
) -> BoxStream<'c, Result<Page<Row>>> {
    stream::try_unfold((Some((first, at)), Trail::default()), move |(next, mut trail)| async move {
        let Some((current, at)) = next else { return Ok(None) };
        if let Some(at) = at.as_ref().filter(|at| !trail.leads_on(at)) {
            return Err(circle(at));
        }
        let page: Page<Row> = fetch(client, current?, at.as_ref()).await?;
        let next = page.next.clone().map(|cursor| (Ok(request(&cursor)), Some(cursor)));
        Ok(Some((page, (next, trail))))
    })
    .boxed()
}

pub(super) fn rows<'c, Row: Send + 'c>(pages: BoxStream<'c, Result<Page<Row>>>) -> BoxStream<'c, Result<Row>> {
    pages.map_ok(|page| stream::iter(page.records.into_iter().map(Ok))).try_flatten().boxed()
}

pub(super) async fn all<Row>(pages: BoxStream<'_, Result<Page<Row>>>) -> Result<Vec<Row>> {
    pages.map_ok(|page| page.records).try_concat().await
}

fn circle(cursor: &Cursor) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("the org's pages lead in a circle: `{cursor}` comes again; run the query anew"),
    )
}
