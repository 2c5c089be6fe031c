use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::IdText;
use serde::{Deserialize, Serialize};

use crate::Client;

/// The org's own row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Organization {
    /// The org's id.
    pub id: IdText,
    /// Its name.
    pub name: String,
    /// Whether it is a sandbox.
    pub is_sandbox: bool,
    /// The edition, such as `Enterprise Edition`.
    pub organization_type: String,
    /// Where it runs, such as `EU42`.
    #[serde(default)]
    pub instance_name: Option<String>,
}

const SOQL: &str = "SELECT Id, Name, IsSandbox, OrganizationType, InstanceName FROM Organization";

impl Client {
    /// The org's own row: its name, edition, and whether it is a sandbox. One query.
    ///
    /// # Errors
    ///
    /// When the query fails; `NotFound` when the user does not see the row.
    pub async fn organization(&self) -> Result<Organization> {
        let page = self.query::<Organization>(SOQL).page().await?;
        let none = || Error::new(ErrorKind::NotFound, "the org shows no row of Organization to this user");
        page.records.into_iter().next().ok_or_else(none)
    }
}
