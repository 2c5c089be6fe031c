use salesforce_http::{Request, Result};
use salesforce_types::ApiVersion;
use serde::{Deserialize, Serialize};

use crate::Client;

/// A version of the API that an org has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Version {
    /// The version.
    pub version: ApiVersion,
    /// The release, for people: `Winter '27`.
    #[serde(default)]
    pub label: String,
    /// The path of its resources.
    #[serde(default)]
    pub url: String,
}

/// Costs no API call, and is the same for every version.
pub(super) fn request() -> Request {
    Request::get("/services/data/")
}

impl Client {
    /// The versions of the API that the org has, as it lists them: the newest is last. Costs none of the org's calls.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn versions(&self) -> Result<Vec<Version>> {
        self.connection().send(request()).await?.json()
    }
}
