use std::collections::BTreeMap;

use salesforce_http::{Request, Result};

use crate::Client;

/// The resources of one version of the API: name and path. Which there are depends on the org's licences.
pub type Resources = BTreeMap<String, String>;

impl Client {
    /// The resources of the API version in use. All are paths on the org's host but `identity`, a whole URL.
    ///
    /// # Errors
    ///
    /// When the call fails; `NotFound` when the org does not have the version.
    pub async fn resources(&self) -> Result<Resources> {
        self.connection().send(Request::get("").label("GET resources")).await?.json()
    }
}
