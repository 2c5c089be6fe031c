use salesforce_http::{Request, Result};
use salesforce_types::Limits;

use crate::Client;

impl Client {
    /// What the org allows and what is left of it. The figures lag by up to five minutes; for the daily calls,
    /// [`Connection::usage`](salesforce_http::Connection::usage) knows what the last answer said and costs nothing.
    ///
    /// # Errors
    ///
    /// `Denied` for a user without "View Setup and Configuration".
    pub async fn limits(&self) -> Result<Limits> {
        self.connection().send(Request::get("limits")).await?.json()
    }
}
