use salesforce_http::{Error, ErrorKind, Request, Result};
use serde::de::DeserializeOwned;

use crate::Client;

impl Client {
    /// What the user looked at last, of whatever object: `Id`, `Name`, and what else the org adds. 200 at most.
    ///
    /// # Errors
    ///
    /// `Invalid` for more than 200 (nothing is sent); otherwise when the call fails.
    pub async fn recent<Row: DeserializeOwned>(&self, limit: u8) -> Result<Vec<Row>> {
        if limit == 0 || limit > 200 {
            let message = format!("nothing was sent: 1 to 200 recent items can be asked for, not {limit}");
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        self.send(Request::get("recent").query("limit", &limit.to_string())).await?.json()
    }
}
