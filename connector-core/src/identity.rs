use serde::{Deserialize, Serialize};

/// Which org a source reads and as whom. `id` alone decides whether two are the same.
///
/// Names and hosts change, and a refreshed copy keeps both while becoming another org: so a run stops before its first
/// write when the id differs from the one that the sink holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Identity {
    /// What the org is, for good. Opaque text.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Where it is reached.
    pub url: Option<String>,
    /// The account that reads.
    pub user: Option<String>,
    /// A copy for tests, not the real thing.
    pub sandbox: Option<bool>,
}

impl Identity {
    /// An org of which only the id is known.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Sets what people call it.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets where it is reached.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Sets the account that reads.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets whether it is a copy for tests.
    #[must_use]
    pub fn sandbox(mut self, sandbox: bool) -> Self {
        self.sandbox = Some(sandbox);
        self
    }
}

/// What [`check`](crate::Source::check) found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CheckReport {
    /// Which org, as whom.
    pub org: Identity,
    /// Calls that the org still allows today, when it says so.
    pub calls_left: Option<u64>,
    /// What works but should be looked at, a sentence each.
    pub warnings: Vec<String>,
}

impl CheckReport {
    /// A report without warnings.
    #[must_use]
    pub fn new(org: Identity) -> Self {
        Self { org, ..Self::default() }
    }
}
