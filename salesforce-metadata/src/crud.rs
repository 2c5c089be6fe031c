//! Components one by one, without a zip: created, read, changed and deleted by calls.

mod read;
mod save;

use salesforce_http::soap;

pub use self::save::{Delete, Outcome, Save, Saved};

/// The most components of one call; see [`most`].
const MOST: usize = 10;

/// How many components of a type go into one call.
fn most(of: &str, is_upsert: bool) -> usize {
    match of {
        // Documented for all calls but the upsert.
        "CustomMetadata" | "CustomApplication" if !is_upsert => 200,
        _ => MOST,
    }
}

fn all_or_none() -> soap::Element {
    soap::Element::new("AllOrNoneHeader").with("allOrNone", "true")
}
