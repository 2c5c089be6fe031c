use salesforce_http::Result;
use salesforce_types::describe::SObjectDescribe;

use super::SObjectHandle;

impl<T> SObjectHandle<'_, T> {
    /// What the org says of the object; the same as [`Client::describe`](crate::Client::describe).
    ///
    /// # Errors
    ///
    /// `NotFound` when the org has no such object, or the user does not see it.
    pub async fn describe(&self) -> Result<SObjectDescribe> {
        self.client.describe(self.object).await
    }
}
