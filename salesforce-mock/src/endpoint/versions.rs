//! `/services/data` and `/services/data/vXX.X`.

use std::ops::RangeInclusive;

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::{Body, Org, answer};

/// The resources that are there; the first part of a path of each is its name.
const RESOURCES: &[&str] = &[
    "analytics",
    "composite",
    "graphql",
    "limits",
    "parameterizedSearch",
    "query",
    "queryAll",
    "recent",
    "search",
    "sobjects",
    "tooling",
];

/// Every version, oldest first. It costs no call and asks for no token.
pub(crate) fn versions(majors: RangeInclusive<u16>) -> Response<Body> {
    let list: Vec<_> = majors
        .map(|major| {
            json!({"label": release(major), "url": format!("/services/data/v{major}.0"), "version": format!("{major}.0")})
        })
        .collect();
    answer::json(StatusCode::OK, &list)
}

/// The name of the release that brought a version: three a year, 33 was Spring '15.
fn release(major: u16) -> String {
    let year = major.saturating_sub(33) / 3 + 15;
    match major % 3 {
        0 => format!("Spring '{year}"),
        1 if major < 33 => format!("Summer '{}", year - 1),
        1 => format!("Summer '{year}"),
        _ if major < 33 => format!("Winter '{year}"),
        _ => format!("Winter '{}", year + 1),
    }
}

/// The resources of a version.
pub(crate) fn resources(org: &Org, call: &Call) -> Response<Body> {
    let mut resources: Map<String, Value> = RESOURCES
        .iter()
        .map(|name| ((*name).to_owned(), format!("/services/data/v{}/{name}", call.version).into()))
        .collect();
    let identity = format!("{}/id/{}/{}", org.base_url, org.store.organization, org.store.user);
    resources.insert("identity".into(), identity.into());
    answer::json(StatusCode::OK, &resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_named_as_in_the_reference() {
        for (major, name) in [
            (31, "Summer '14"),
            (32, "Winter '15"),
            (33, "Spring '15"),
            (58, "Summer '23"),
            (62, "Winter '25"),
            (66, "Spring '26"),
            (68, "Winter '27"),
        ] {
            assert_eq!(release(major), name);
        }
    }
}
