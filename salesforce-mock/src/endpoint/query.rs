//! `/query` and `/queryAll`.

use http::{Response, StatusCode};

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::soql::{self, Ask};
use crate::{Body, Org};

/// The rows on a page, when nothing is said.
const BATCH: usize = 2000;

/// The first page of a query.
pub(crate) fn query(org: &mut Org, call: &Call, all_rows: bool) -> Result<Response<Body>, Refusal> {
    if let Some(text) = call.parameter("explain") {
        return explain(org, text, all_rows);
    }
    let ask = Ask { text: text(call)?, all_rows, batch: Some(batch_size(call)?), version: call.version };
    let page = soql::first_page(&org.store, &mut org.cursors, &ask)?;
    Ok(answer::json_bytes(StatusCode::OK, page))
}

/// The text of a query.
pub(super) fn text(call: &Call) -> Result<&str, Refusal> {
    let text = call.parameter("q").filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| Refusal::bad("MALFORMED_QUERY", "A query string has to be specified"))
}

/// How a query would be run. Reports and list views, whose ids may stand here as well, the mock has none of.
fn explain(org: &Org, text: &str, all_rows: bool) -> Result<Response<Body>, Refusal> {
    if !text.trim().contains(char::is_whitespace) {
        return Err(Refusal::bad("INVALID_ID", format!("Invalid id: {}", text.trim())));
    }
    Ok(answer::json(StatusCode::OK, &soql::explain(&org.store, text, all_rows)?))
}

/// A further page of a query.
pub(crate) fn query_more(org: &mut Org, call: &Call, locator: &str) -> Result<Response<Body>, Refusal> {
    let page = soql::next_page(&org.store, &mut org.cursors, locator, call.version)?;
    Ok(answer::json_bytes(StatusCode::OK, page))
}

/// What `Sforce-Query-Options: batchSize=N` asks for.
pub(super) fn batch_size(call: &Call) -> Result<usize, Refusal> {
    let Some(wanted) = call.option("sforce-query-options", "batchSize") else { return Ok(BATCH) };
    wanted.parse().ok().filter(|size| (200..=2000).contains(size)).ok_or_else(|| {
        Refusal::bad("INVALID_BATCH_SIZE", format!("batch size must be between 200 and 2000 but was {wanted}"))
    })
}
