//! Which calls take long, learnt from those that were made.

use std::collections::HashMap;

use crate::redact;
use crate::request::Request;

/// So many short answers in a row until a route that had a long one is taken for short again.
const SHORT_AGAIN: u8 = 8;

/// Routes that are remembered. One that is not may be long: to forget is safe.
const MOST: usize = 512;

/// What calls of one kind have in common: the method, and the path without version, ids and values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route(String);

impl Route {
    pub(super) fn of(request: &Request) -> Self {
        let path = redact::url(request.path());
        let path = path.split('?').next().unwrap_or_default();
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if let ["services", "data", _version, ..] = *segments {
            segments.drain(..3);
        }
        // What holds a digit is an id, a locator or a number more often than a name.
        let named = |segment: &&str| !segment.bytes().any(|byte| byte.is_ascii_digit());
        let path: Vec<&str> = segments.into_iter().take(5).map(|text| if named(&text) { text } else { "*" }).collect();
        Self(format!("{} {}", request.method(), path.join("/")))
    }
}

/// How many short answers each route is away from being short.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<Route, u8>);

impl Routes {
    /// So is every route of which no answer has been seen.
    pub(super) fn may_be_long(&self, route: &Route) -> bool {
        self.0.get(route).is_none_or(|away| *away > 0)
    }

    pub(super) fn learn(&mut self, route: Route, was_long: bool) {
        if self.0.len() >= MOST && !self.0.contains_key(&route) {
            return;
        }
        let away = self.0.entry(route).or_default();
        *away = if was_long { SHORT_AGAIN } else { away.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Route {
        Route::of(&Request::get(path))
    }

    #[test]
    fn ids_locators_versions_and_values_make_no_other_route() {
        assert_eq!(route("query?q=SELECT+Id"), route("/services/data/v68.0/query?q=SELECT+Name"));
        assert_eq!(route("sobjects/Account/001D000000IqhSLIAZ"), route("sobjects/Account/001D000000IqhSMIAZ"));
        assert_eq!(route("query/0r8Qz00000FgHiJkLm-2000"), route("query/0r8Qz00000FgHiJkLm-4000"));
        assert_ne!(route("limits"), route("query"));
        assert_ne!(route("limits"), Route::of(&Request::post("limits")));
    }

    #[test]
    fn a_route_is_long_until_it_was_short_and_again_for_a_while_after_it_was_long() {
        let mut routes = Routes::default();
        let query = route("query");
        assert!(routes.may_be_long(&query));
        routes.learn(query.clone(), false);
        assert!(!routes.may_be_long(&query));
        routes.learn(query.clone(), true);
        for _ in 0..SHORT_AGAIN {
            assert!(routes.may_be_long(&query));
            routes.learn(query.clone(), false);
        }
        assert!(!routes.may_be_long(&query));
    }

    #[test]
    fn memory_of_routes_is_bounded_and_what_is_forgotten_may_be_long() {
        let mut routes = Routes::default();
        let name = |n: usize| format!("{}{}", char::from(b'a' + (n % 26) as u8), "x".repeat(n / 26));
        (0..2 * MOST).for_each(|n| routes.learn(route(&name(n)), false));
        assert_eq!(routes.0.len(), MOST);
        assert!(routes.may_be_long(&route(&name(2 * MOST - 1))));
    }
}
