use std::fmt;
use std::future::IntoFuture;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use salesforce_http::Result;
use salesforce_types::Timestamp;
use serde::de::DeserializeOwned;

use super::Get;
use crate::condition::{self, PreconditionFailed};

/// Reads one record on a condition; made by [`Get::conditional`].
///
/// Without a condition the record is read, and its ETag with it, if the org has one.
///
/// ```no_run
/// use salesforce_rest::{Client, Fetched, RecordId, Timestamp};
///
/// # async fn run(client: Client, id: RecordId, seen: Timestamp) -> salesforce_rest::Result<()> {
/// match client.sobject_named("Account").get(id).conditional().if_modified_since(seen).await? {
///     Fetched::Row { row, .. } => println!("{row}"),
///     Fetched::NotModified => println!("as it was"),
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As for [`get`](super::SObjectHandle::get); `Conflict` with [`PreconditionFailed`] as its source when a condition for
/// reading does not hold.
#[must_use = "nothing is sent until the request is awaited"]
pub struct GetIf<'c, T> {
    get: Get<'c, T>,
    conditions: Vec<(&'static str, String)>,
}

/// What a conditional read answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched<T> {
    /// The record, as it is now.
    Row {
        /// The record.
        row: T,
        /// A mark of this state of the record, for a later condition. Orgs have it for Accounts.
        etag: Option<String>,
    },
    /// The record is as it was.
    NotModified,
}

impl<T> Fetched<T> {
    /// The record, if it was sent.
    pub fn into_row(self) -> Option<T> {
        match self {
            Self::Row { row, .. } => Some(row),
            Self::NotModified => None,
        }
    }
}

impl<'c, T> GetIf<'c, T> {
    pub(super) fn new(get: Get<'c, T>) -> Self {
        Self { get, conditions: Vec::new() }
    }

    fn on(mut self, header: &'static str, value: String) -> Self {
        self.conditions.push((header, value));
        self
    }

    /// Sends the record only if it was changed after that time; to the second.
    pub fn if_modified_since(self, time: Timestamp) -> Self {
        self.on("If-Modified-Since", condition::http_date(time))
    }

    /// Reads the record only if it was not changed after that time; to the second.
    pub fn if_unmodified_since(self, time: Timestamp) -> Self {
        self.on("If-Unmodified-Since", condition::http_date(time))
    }

    /// Sends the record only if it has another ETag than this. Accounts only.
    pub fn if_none_match(self, etag: &str) -> Self {
        self.on("If-None-Match", etag.to_owned())
    }

    /// Reads the record only if it has this ETag. Accounts only.
    pub fn if_match(self, etag: &str) -> Self {
        self.on("If-Match", etag.to_owned())
    }
}

impl<'c, T: DeserializeOwned + 'c> IntoFuture for GetIf<'c, T> {
    type Output = Result<Fetched<T>>;
    type IntoFuture = BoxFuture<'c, Result<Fetched<T>>>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let request = self.get.request()?;
            let request = self.conditions.iter().fold(request, |request, (name, value)| request.header(name, value));
            let answer = self.get.send(request).await.map_err(PreconditionFailed::told)?;
            if answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::NotModified);
            }
            Ok(Fetched::Row { row: answer.json()?, etag: answer.header("etag").map(str::to_owned) })
        }
        .boxed()
    }
}

impl<T> fmt::Debug for GetIf<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetIf").field("get", &self.get).field("conditions", &self.conditions).finish()
    }
}
