//! A page for people that comes instead of a file.

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use salesforce_http::{Result, StreamingResponse};

/// The most bytes of such a page.
const MOST: usize = 64 * 1024;

/// The first piece of a body, which is `None` at its end; or nothing when the body is a page. Of what is said to be HTML
/// so much is held back as a page has. When it ends within that, it is the file only if it is as long as `stated`.
pub(super) async fn unless_page(body: &mut StreamingResponse, stated: Option<u64>) -> Result<Option<Option<Bytes>>> {
    let html = body.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let Some(stated) = stated.filter(|_| html) else { return body.try_next().await.map(Some) };
    let mut held = BytesMut::new();
    while let Some(piece) = body.try_next().await? {
        held.extend_from_slice(&piece);
        if held.len() > MOST {
            return Ok(Some(Some(held.freeze())));
        }
    }
    let start = held.trim_ascii_start();
    let begins = |text: &str| start.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text.as_bytes()));
    let is_page = held.len() as u64 != stated && (begins("<!doctype html") || begins("<html"));
    Ok((!is_page).then(|| Some(held.freeze())))
}
