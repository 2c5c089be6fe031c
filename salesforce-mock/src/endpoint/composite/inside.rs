//! What may stand inside of another request.

use http::Method;

use crate::answer::Refusal;

/// A place that has none inside of another request.
pub(super) fn not_inside(what: &str) -> Refusal {
    Refusal::bad("INVALID_BATCH_REQUEST", format!("{what} cannot be asked for in a subrequest"))
}

/// What stands behind the version in a path of the data API.
pub(super) fn place_of(path: &str) -> Vec<&str> {
    let below = path.strip_prefix("/services/data/").and_then(|rest| rest.split_once('/'));
    below.map(|(_, place)| place.trim_end_matches('/').split('/').collect()).unwrap_or_default()
}

/// Whether a URL is that of a query or of a collection, of which there may be fewer.
pub(super) fn is_many(url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default();
    matches!(place_of(path).as_slice(), ["query" | "queryAll", ..] | ["composite", "sobjects", ..])
}

/// What a composite request may hold: everything below `sobjects`, queries and collections.
pub(super) fn in_composite(_: &Method, path: &str) -> Result<(), Refusal> {
    match place_of(path).as_slice() {
        ["sobjects", ..] | ["query" | "queryAll", ..] | ["composite", "sobjects", ..] => Ok(()),
        [] => Err(Refusal::not_found()),
        place => Err(not_inside(&place.join("/"))),
    }
}
