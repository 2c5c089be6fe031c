use salesforce_http::{Request, Result};
use salesforce_types::describe::{GlobalDescribe, SObjectDescribe};

use crate::{Client, sobject};

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
}

fn describe_request(object: &str) -> Result<Request> {
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
