use bytes::Bytes;
use salesforce_http::{Request, Result};
use salesforce_types::Record;
use salesforce_types::describe::{GlobalDescribe, SObjectDescribe, SObjectSummary};
use serde::Deserialize;

use crate::{Client, sobject};

/// What an org says of an object in short; the answer of [`Client::describe_basic`].
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BasicDescribe {
    /// The object, as in [`Client::describe_global`].
    pub object_describe: SObjectSummary,
    /// The records that the user looked at last.
    #[serde(default)]
    pub recent_items: Vec<Record>,
}

impl Client {
    /// Every object the user may see, in short.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub async fn describe_global(&self) -> Result<GlobalDescribe> {
        self.connection().send(Request::get("sobjects")).await?.json()
    }

    /// One object whole: its fields, its children, its record types. The answer holds what the user may see.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that cannot be one (nothing is sent); `NotFound` when the org has no such object, or the
    /// user does not see it.
    pub async fn describe(&self, object: &str) -> Result<SObjectDescribe> {
        self.connection().send(describe_request(object)?).await?.json()
    }

    /// The same, byte for byte as the org sent it: for what is kept, or shown to someone.
    ///
    /// # Errors
    ///
    /// As for [`describe`](Self::describe).
    pub async fn describe_raw(&self, object: &str) -> Result<Bytes> {
        Ok(self.connection().send(describe_request(object)?).await?.into_bytes())
    }

    /// One object in short, and which of its records the user looked at last.
    ///
    /// # Errors
    ///
    /// As for [`describe`](Self::describe).
    pub async fn describe_basic(&self, object: &str) -> Result<BasicDescribe> {
        let request = Request::get(format!("sobjects/{}", sobject::object_name(object)?));
        self.connection().send(request).await?.json()
    }
}

pub(super) fn describe_request(object: &str) -> Result<Request> {
    Ok(Request::get(format!("sobjects/{}/describe", sobject::object_name(object)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_describe_names_the_object_and_nothing_else() {
        assert_eq!(describe_request("ns__X__c").unwrap().path(), "sobjects/ns__X__c/describe");
        assert!(describe_request("Account/describe").is_err());
    }
}
