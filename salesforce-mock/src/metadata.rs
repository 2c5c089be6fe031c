//! The Metadata API: what an org is made of.

mod check;
mod component;
mod kind;
mod known;
mod place;
mod work;

use std::sync::Arc;

pub(crate) use check::GRANTS;
pub(crate) use component::{Component, Components, NAMESPACE, document, named, split, whole};
pub(crate) use kind::Kind;
pub(crate) use known::follow;
pub(crate) use place::listed;
pub(crate) use work::{Done, Problem, Work};

use crate::schema::Schema;

/// How the org answers the Metadata API, and what it holds.
///
/// ```
/// use salesforce_mock::Org;
///
/// let mut org = Org::empty();
/// org.metadata_mut().permitted = false; // the user lacks "Modify Metadata Through Metadata API Functions"
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Whether users have the permission that the API asks for.
    pub permitted: bool,
    /// Whether the org is one of production, with stricter rules for deploys.
    pub production: bool,
    pub(crate) components: Components,
    /// The schema that the components were last brought into line with.
    pub(crate) followed: Option<Arc<Schema>>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self { permitted: true, production: false, components: Components::default(), followed: None }
    }
}
