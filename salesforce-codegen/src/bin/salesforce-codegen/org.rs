//! Describes from an org.

use salesforce_auth::{Cached, ClientCredentials, SalesforceCli, from_env};
use salesforce_rest::{Client, ErrorKind, SObjectDescribe};

type Error = Box<dyn std::error::Error>;

/// The objects of the org that `org` names, or that the environment does.
pub(crate) async fn describe(org: Option<&str>, objects: &[String]) -> Result<Vec<SObjectDescribe>, Error> {
    let builder = match org {
        None => Client::builder(from_env()?),
        Some(url) if url.contains("://") => {
            let variable = |name: &str| {
                std::env::var(name).map_err(|_| format!("{name} is not set: --org {url} is logged in to with it"))
            };
            let (id, secret) = (variable("SF_CLIENT_ID")?, variable("SF_CLIENT_SECRET")?);
            Client::builder(Cached::new(ClientCredentials::new(url, id, secret.into()).build()?))
        }
        Some(alias) => Client::builder(Cached::new(SalesforceCli::new(alias))),
    };
    let client = builder.client_name("salesforce-codegen").build()?;
    let mut describes = Vec::new();
    for object in objects {
        let describe = client.describe(object).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("the org has no object `{object}`, or the user does not see it").into(),
            _ => Error::from(error),
        })?;
        describes.push(describe);
    }
    Ok(describes)
}
