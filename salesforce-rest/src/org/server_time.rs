use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::Timestamp;

use super::versions;
use crate::Client;

impl Client {
    /// What time it is at the org: the `Date` header of its list of versions, to the second. Costs none of the org's
    /// calls.
    ///
    /// A window of changes has to end by this clock and not by ours: stamps of rows are made with it.
    ///
    /// # Errors
    ///
    /// When the call fails; `Decode` when the answer has no date.
    pub async fn server_time(&self) -> Result<Timestamp> {
        let response = self.connection().send(versions::request()).await?;
        let none = || Error::new(ErrorKind::Decode, "the answer has no `Date` header that can be read");
        response.date().ok_or_else(|| none().with_call("GET /services/data/"))
    }
}
