//! Which part of the org a path means.

mod bulk;
mod classic;
mod composite;

use http::Method;
use percent_encoding::percent_decode_str;
use salesforce_types::ApiVersion;

use crate::endpoint::SoapApi;
pub(crate) use bulk::{Bulk, Outcomes};
pub(crate) use classic::{Classic, Part};
pub(crate) use composite::Composite;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/services/data`
    Versions,
    /// `/services/oauth2/token`
    Token,
    /// `/services/oauth2/revoke`
    Revoke,
    /// `/services/oauth2/authorize`
    Authorize,
    /// `/services/oauth2/introspect`
    Introspect,
    /// `/setup/connect`
    Connect,
    /// `/.well-known/openid-configuration`
    OpenId,
    /// `/services/oauth2/userinfo`
    UserInfo,
    /// `/id/ORG/USER`
    Identity { org: String, user: String },
    /// `/services/Soap/u/XX.X`, `/services/Soap/c/XX.X` and `/services/Soap/m/XX.X`, also with the org's id after it
    Soap { api: SoapApi, version: String },
    /// `/services/async/XX.X/job…`
    Classic { version: String, place: Classic },
    /// `/services/data/vXX.X/…`
    Data { version: ApiVersion, resource: Resource },
    /// Nothing that exists.
    Unknown,
}

/// A resource of one version of the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Root,
    Limits,
    RecordCount,
    Query,
    QueryAll,
    /// `query/LOCATOR` or `queryAll/LOCATOR`
    QueryMore(String),
    /// `recent`
    Recent,
    /// `/services/apexrest/…`: the path from its slash on. It has no version.
    ApexRest(String),
    /// `tooling/…`: the parts after it
    Tooling(Vec<String>),
    GraphQl,
    /// `analytics/reports/…`: the parts after it
    Reports(Vec<String>),
    Search,
    ParameterizedSearch,
    /// `search/scopeOrder`
    ScopeOrder,
    /// `search/layout`
    SearchLayout,
    Sobjects,
    Sobject(String),
    Describe(String),
    /// `sobjects/X/updated`
    Updated(String),
    /// `sobjects/X/deleted`
    Deleted(String),
    /// `sobjects/X/ID`
    Row {
        object: String,
        id: String,
    },
    /// `sobjects/X/A/B`: the row whose external id A has the value B, or the bytes in the field B of the row A.
    Keyed {
        object: String,
        first: String,
        second: String,
    },
    /// `sobjects/X/ID/RELATION/…`, of two relations and more
    Related {
        object: String,
        id: String,
        path: Vec<String>,
    },
    /// `composite/…`
    Composite(Composite),
    /// `metadata/deployRequest`, also with an id after it
    DeployRequest(Option<String>),
    /// `jobs/…`
    Bulk(Bulk),
    Unknown,
}

impl Route {
    /// Reads a path. A slash at its end means nothing.
    pub(crate) fn of(path: &str) -> Self {
        let mut parts: Vec<&str> = path.split('/').skip(1).collect();
        if parts.len() > 1 && parts.last() == Some(&"") {
            parts.pop();
        }
        match *parts.as_slice() {
            ["services", "data"] => Self::Versions,
            ["services", "data", version, ref rest @ ..] => match version.parse::<ApiVersion>() {
                Ok(number) if version.starts_with('v') => Self::Data { version: number, resource: Resource::of(rest) },
                _ => Self::Unknown,
            },
            ["services", "apexrest", ref rest @ ..] => Self::Data {
                version: ApiVersion::DEFAULT,
                resource: Resource::ApexRest(rest.iter().map(|part| format!("/{}", decoded(part))).collect()),
            },
            ["services", "async", version, ref rest @ ..] => match Classic::of(rest) {
                Some(place) => Self::Classic { version: decoded(version), place },
                None => Self::Unknown,
            },
            ["services", "oauth2", "token"] => Self::Token,
            ["services", "oauth2", "revoke"] => Self::Revoke,
            ["services", "oauth2", "authorize"] => Self::Authorize,
            ["services", "oauth2", "introspect"] => Self::Introspect,
            ["services", "Soap", api, version] | ["services", "Soap", api, version, _] => match SoapApi::of(api) {
                Some(api) => Self::Soap { api, version: decoded(version) },
                None => Self::Unknown,
            },
            ["setup", "connect"] => Self::Connect,
            [".well-known", "openid-configuration"] => Self::OpenId,
            ["services", "oauth2", "userinfo"] => Self::UserInfo,
            ["id", org, user] => Self::Identity { org: decoded(org), user: decoded(user) },
            _ => Self::Unknown,
        }
    }

    /// The methods that it takes; of an unknown place all.
    pub(crate) fn methods(&self) -> &'static [Method] {
        const ALL: &[Method] = &[Method::GET, Method::HEAD, Method::POST, Method::PATCH, Method::PUT, Method::DELETE];
        const READ: &[Method] = &[Method::GET, Method::HEAD];
        const POST: &[Method] = &[Method::POST];
        const READ_AND_POST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
        const DEPLOY: &[Method] = &[Method::GET, Method::HEAD, Method::POST, Method::PATCH];
        const ROW: &[Method] = &[Method::GET, Method::HEAD, Method::PATCH, Method::DELETE];
        match self {
            Self::Token | Self::Revoke | Self::Introspect | Self::Soap { .. } => POST,
            Self::UserInfo | Self::Identity { .. } | Self::Authorize | Self::Connect => READ_AND_POST,
            Self::Versions | Self::OpenId => READ,
            Self::Unknown => ALL,
            Self::Classic { place, .. } => place.methods(),
            Self::Data { resource, .. } => match resource {
                Resource::Unknown | Resource::ApexRest(_) | Resource::Reports(_) => ALL,
                Resource::GraphQl | Resource::DeployRequest(None) => POST,
                Resource::DeployRequest(Some(_)) => DEPLOY,
                Resource::Sobject(_) | Resource::ParameterizedSearch => READ_AND_POST,
                Resource::Tooling(path) if is_request(path) => READ_AND_POST,
                Resource::Composite(composite) => composite.methods(),
                Resource::Bulk(bulk) => bulk.methods(),
                // `X/Id` is no row but the name of a key: rows are created under it, and none is changed.
                Resource::Row { id, .. } if id.eq_ignore_ascii_case("Id") => READ_AND_POST,
                Resource::Row { .. } | Resource::Keyed { .. } | Resource::Related { .. } => ROW,
                _ => READ,
            },
        }
    }
}

/// Whether a place of the Tooling API takes requests to install packages.
fn is_request(path: &[String]) -> bool {
    let requests = ["PackageInstallRequest", "SubscriberPackageVersionUninstallRequest"];
    matches!(path, [place, object] if place == "sobjects" && requests.contains(&&**object))
}

impl Resource {
    fn of(parts: &[&str]) -> Self {
        let name = |part: &&str| decoded(part);
        match parts {
            [] | [""] => Self::Root,
            ["limits"] => Self::Limits,
            ["limits", "recordCount"] => Self::RecordCount,
            ["query"] => Self::Query,
            ["queryAll"] => Self::QueryAll,
            ["query" | "queryAll", locator] => Self::QueryMore(name(locator)),
            ["recent"] => Self::Recent,
            ["tooling", rest @ ..] => Self::Tooling(rest.iter().map(name).collect()),
            ["analytics", "reports", rest @ ..] => Self::Reports(rest.iter().map(name).collect()),
            ["graphql"] => Self::GraphQl,
            ["search"] => Self::Search,
            ["search", "scopeOrder"] => Self::ScopeOrder,
            ["search", "layout"] => Self::SearchLayout,
            ["parameterizedSearch"] => Self::ParameterizedSearch,
            ["sobjects"] => Self::Sobjects,
            ["sobjects", object] => Self::Sobject(name(object)),
            ["sobjects", object, "describe"] => Self::Describe(name(object)),
            ["sobjects", object, "updated"] => Self::Updated(name(object)),
            ["sobjects", object, "deleted"] => Self::Deleted(name(object)),
            ["sobjects", object, id] => Self::Row { object: name(object), id: name(id) },
            ["metadata", "deployRequest"] => Self::DeployRequest(None),
            ["metadata", "deployRequest", id] => Self::DeployRequest(Some(name(id))),
            ["jobs", rest @ ..] => Bulk::of(rest).map_or(Self::Unknown, Self::Bulk),
            ["composite", rest @ ..] => Composite::of(rest).map_or(Self::Unknown, Self::Composite),
            ["sobjects", _, "describe", _] => Self::Unknown,
            ["sobjects", object, first, second] => {
                Self::Keyed { object: name(object), first: name(first), second: name(second) }
            }
            ["sobjects", object, id, path @ ..] if *id != "describe" => {
                Self::Related { object: name(object), id: name(id), path: path.iter().map(name).collect() }
            }
            _ => Self::Unknown,
        }
    }
}

/// A text without percent signs; bytes that are no UTF-8 become replacement characters.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The pairs of a query string or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let plain = |text: &str| decoded(&text.replace('+', " "));
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

/// Whether a path lies at a place: a path from its beginning, or one below any version of the API.
pub(crate) fn is_at(path: &str, place: &str) -> bool {
    let path = if place.starts_with('/') {
        path
    } else {
        let below = path.strip_prefix("/services/data/v").and_then(|rest| rest.split_once('/'));
        let Some((_, rest)) = below else { return false };
        rest
    };
    let place = place.strip_suffix('/').unwrap_or(place);
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str) -> Resource {
        match Route::of(path) {
            Route::Data { resource, .. } => resource,
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn paths_lead_to_their_resources() {
        assert_eq!(Route::of("/services/data/"), Route::Versions);
        assert_eq!(Route::of("/services/data/v68"), Route::Unknown);
        assert_eq!(Route::of("/services/data/68.0"), Route::Unknown);
        assert_eq!(Route::of(""), Route::Unknown);
        assert_eq!(Route::of("/services/data/v68.0"), Route::of("/services/data/v68.0/"));
        assert_eq!(resource("/services/data/v68.0/query/?q=1".split_once('?').unwrap().0), Resource::Query);
        assert_eq!(resource("/services/data/v68.0/queryAll/0r8-2000"), Resource::QueryMore("0r8-2000".into()));
        assert_eq!(
            resource("/services/data/v68.0/sobjects/X__c/Key__c/a%2Fb%20c"),
            Resource::Keyed { object: "X__c".into(), first: "Key__c".into(), second: "a/b c".into() }
        );
        assert_eq!(resource("/services/data/v68.0/composite/batch/"), Resource::Composite(Composite::Batch));
        assert_eq!(resource("/services/data/v68.0/composite/nothing"), Resource::Unknown);
    }

    #[test]
    fn queries_and_forms_are_read_with_plus_and_percent() {
        assert_eq!(
            pairs("q=SELECT+Id%2B1&x&=y"),
            [("q".into(), "SELECT Id+1".into()), ("x".into(), String::new()), (String::new(), "y".into())]
        );
    }

    #[test]
    fn a_place_holds_what_is_below_it_and_not_what_begins_alike() {
        assert!(is_at("/services/data/v68.0/query/0r8", "query"));
        assert!(!is_at("/services/data/v68.0/queryAll", "query"));
        assert!(is_at("/services/data/v68.0/sobjects/Account/001", "/services/data/"));
        assert!(!is_at("/services/oauth2/token", "token"));
    }
}
