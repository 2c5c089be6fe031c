//! The places below `/composite`.

use http::Method;
use salesforce_types::ApiVersion;

use super::decoded;

/// A resource that takes many requests or many rows at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Composite {
    /// `composite`
    Requests,
    /// `composite/batch`
    Batch,
    /// `composite/graph`
    Graph,
    /// `composite/tree/X`
    Tree(String),
    /// `composite/sobjects`
    Collection,
    /// `composite/sobjects/X`
    Rows(String),
    /// `composite/sobjects/X/KEY`
    Keyed { object: String, key: String },
}

impl Composite {
    /// What stands behind `composite`.
    pub(super) fn of(parts: &[&str]) -> Option<Self> {
        match *parts {
            [] => Some(Self::Requests),
            ["batch"] => Some(Self::Batch),
            ["graph"] => Some(Self::Graph),
            ["tree", object] => Some(Self::Tree(decoded(object))),
            ["sobjects"] => Some(Self::Collection),
            ["sobjects", object] => Some(Self::Rows(decoded(object))),
            ["sobjects", object, key] => Some(Self::Keyed { object: decoded(object), key: decoded(key) }),
            _ => None,
        }
    }

    /// The methods that it takes.
    pub(super) fn methods(&self) -> &'static [Method] {
        match self {
            Self::Requests | Self::Rows(_) => &[Method::GET, Method::HEAD, Method::POST],
            Self::Batch | Self::Graph | Self::Tree(_) => &[Method::POST],
            Self::Collection => &[Method::POST, Method::PATCH, Method::DELETE],
            Self::Keyed { .. } => &[Method::PATCH],
        }
    }

    /// The version that brought it (REST reference 11).
    pub(crate) fn since(&self) -> ApiVersion {
        ApiVersion::new(match self {
            Self::Batch | Self::Tree(_) => 34,
            Self::Requests => 38,
            Self::Collection | Self::Rows(_) => 42,
            Self::Keyed { .. } => 46,
            Self::Graph => 50,
        })
    }
}
