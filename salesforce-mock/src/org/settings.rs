//! What a test sets: limits, and what answers beside the rows.

use salesforce_types::{RecordId, Timestamp};

use super::Org;
use crate::apex::{ApexAnswer, ApexCall};

impl Org {
    /// Enables SOAP's `login()` or disables it. New orgs have it disabled; this one has it enabled, if nothing is said.
    pub fn set_soap_login(&mut self, enabled: bool) {
        self.soap_login = enabled;
    }

    /// Sets how many requests may run for 20 seconds and longer at a time before others are refused; 25 if nothing is
    /// said. How long a request runs is what a [`Fault::delay`](crate::Fault::delay) says, by the org's clock.
    pub fn set_long_requests(&mut self, allowed: usize) {
        self.long_requests.allowed = allowed;
    }

    /// Adds a class that answers under `/services/apexrest`. A path that ends in `/*` is also answered for all that
    /// lies below it; of several that fit the longest answers.
    ///
    /// ```
    /// use salesforce_mock::{ApexAnswer, Org};
    /// use serde_json::json;
    ///
    /// let mut org = Org::empty();
    /// org.apex_rest("/greeting/*", |call| {
    ///     let name = call.path().rsplit('/').next().unwrap_or_default();
    ///     ApexAnswer::json(&json!({"hello": name}))
    /// });
    /// ```
    pub fn apex_rest(&mut self, path: &str, class: impl Fn(&mut ApexCall<'_>) -> ApexAnswer + Send + Sync + 'static) {
        self.apex.add(path, class);
    }

    /// Adds a class that the Tooling API lists. It is text only: nothing runs it.
    pub fn add_apex_class(&mut self, name: &str, body: &str) {
        self.classes.push((name.to_owned(), body.to_owned()));
    }

    /// Adds a tabular report that shows the fields and rows of a query; its id is the answer. A query that cannot be run
    /// is refused when the report is.
    pub fn add_report(&mut self, name: &str, soql: &str) -> RecordId {
        self.reports.add(name, soql)
    }

    /// Sets the most ids that getUpdated and getDeleted answer with before they refuse; 600,000 if nothing is said.
    pub fn set_replication_limit(&mut self, ids: usize) {
        self.replication_limit = ids;
    }

    /// Forgets the deletions up to a moment, as when an administrator purges the log: getDeleted then says that it
    /// knows nothing from before.
    ///
    /// ```
    /// use salesforce_mock::Org;
    ///
    /// let mut org = Org::empty();
    /// let now = org.now();
    /// org.trim_delete_log(now);
    /// ```
    pub fn trim_delete_log(&mut self, up_to: Timestamp) {
        self.store.trim_deletions(up_to);
    }
}
