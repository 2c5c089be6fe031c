//! Replication: which records of an object changed, and which were deleted, in a window of time.

use std::collections::HashSet;
use std::fmt;

use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::{ErrorCode, IdText, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{SObjectHandle, object_name};

mod window;

use window::Window;

/// Records that were created or changed in a window; the answer of [`SObjectHandle::updated`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Updated {
    /// Their ids. Some may have changed just before the window, which is wider than asked for.
    pub ids: Vec<IdText>,
    /// Up to when the org vouches for the answer. The next window begins here, not at the end of this one: while a long
    /// transaction runs, this is earlier.
    pub latest_date_covered: Timestamp,
}

/// Records that were deleted in a window; the answer of [`SObjectHandle::deleted`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Deleted {
    /// The records, purged ones too.
    pub deleted_records: Vec<DeletedRecord>,
    /// How far back the delete log goes.
    pub earliest_date_available: Timestamp,
    /// Up to when the org vouches for the answer. The next window begins here.
    pub latest_date_covered: Timestamp,
}

/// A record that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeletedRecord {
    /// The record.
    pub id: IdText,
    /// When it was deleted.
    pub deleted_date: Timestamp,
}

impl<T> SObjectHandle<'_, T> {
    /// Ids of the records that were created or changed from `start` to `end`, 30 days back at most.
    ///
    /// Only what the user sees, and only objects that are `replicateable`. A formula that has another value now is no
    /// change.
    ///
    /// The org counts in whole minutes: the window is widened to them, and to two minutes at least. One that holds more
    /// than 600,000 ids is asked for in parts; all ids are in memory at once.
    ///
    /// # Errors
    ///
    /// `Invalid` with [`DeleteLogPurged`] as its source when the org cannot answer for the whole window: read the
    /// object anew. `Invalid` for a window that ends before it begins, and for objects that are not replicated.
    pub async fn updated(&self, start: Timestamp, end: Timestamp) -> Result<Updated> {
        let window = Window::new(start, end)?;
        let mut all = Updated { ids: Vec::new(), latest_date_covered: window.start };
        let mut open = vec![window];
        while let Some(window) = open.pop() {
            let Some(part) = self.changes::<Updated>("updated", window, &mut open).await? else { continue };
            all.ids.extend(part.ids);
            all.latest_date_covered = part.latest_date_covered;
            if !self.goes_on(start, window, part.latest_date_covered)? {
                break;
            }
        }
        let mut seen = HashSet::new();
        all.ids.retain(|id| seen.insert(id.clone()));
        Ok(all)
    }

    /// The records that were deleted from `start` to `end`, 15 days back at most. Those that were purged too, which no
    /// query shows any more.
    ///
    /// Windows are as for [`updated`](Self::updated). For a history object, the org tells the deletions of all history
    /// objects.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, DeleteLogPurged, Timestamp};
    ///
    /// # async fn run(client: Client, covered: Timestamp) -> salesforce_rest::Result<()> {
    /// let now = client.server_time().await?;
    /// match client.sobject_named("Account").deleted(covered, now).await {
    ///     Ok(deleted) => println!("{} gone; next from {}", deleted.deleted_records.len(), deleted.latest_date_covered),
    ///     Err(error) if DeleteLogPurged::of(&error).is_some() => println!("compare all ids: {error}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid` with [`DeleteLogPurged`] as its source when the delete log does not reach back to `start`: it was
    /// purged, or `start` is too long ago. Which records are gone can then be told only by comparing all ids. Otherwise
    /// as for [`updated`](Self::updated).
    pub async fn deleted(&self, start: Timestamp, end: Timestamp) -> Result<Deleted> {
        let window = Window::new(start, end)?;
        let mut all = Deleted {
            deleted_records: Vec::new(),
            earliest_date_available: window.start,
            latest_date_covered: window.start,
        };
        let mut open = vec![window];
        while let Some(window) = open.pop() {
            let Some(part) = self.changes::<Deleted>("deleted", window, &mut open).await? else { continue };
            if part.earliest_date_available > window.start.max(start) {
                return Err(self.purged(start, Some(part.earliest_date_available)));
            }
            all.deleted_records.extend(part.deleted_records);
            all.earliest_date_available = part.earliest_date_available;
            all.latest_date_covered = part.latest_date_covered;
            if !self.goes_on(start, window, part.latest_date_covered)? {
                break;
            }
        }
        let mut seen = HashSet::new();
        all.deleted_records.retain(|record| seen.insert(record.clone()));
        Ok(all)
    }

    /// Asks for a window. `None` when it holds too many ids; its halves are open then, the first one on top.
    async fn changes<A: DeserializeOwned>(
        &self,
        what: &str,
        window: Window,
        open: &mut Vec<Window>,
    ) -> Result<Option<A>> {
        let error = match self.client.send(request(self.object, what, window)?).await {
            Ok(answer) => return answer.json().map(Some),
            Err(error) => error,
        };
        match (error.api_errors().first().map(|first| &first.code), window.halves()) {
            (Some(ErrorCode::ExceededIdLimit), Some((first, second))) => {
                open.extend([second, first]);
                Ok(None)
            }
            (Some(ErrorCode::InvalidReplicationDate), _) => {
                Err(error.with_source(DeleteLogPurged { asked: window.start, available: None }))
            }
            _ => Err(error),
        }
    }

    /// Whether the window was answered for to its end, so that what comes after it counts.
    fn goes_on(&self, start: Timestamp, window: Window, covered: Timestamp) -> Result<bool> {
        match covered > window.end {
            // The org's sign for a gap.
            true => Err(self.purged(start, Some(covered))),
            false => Ok(covered == window.end),
        }
    }

    fn purged(&self, asked: Timestamp, available: Option<Timestamp>) -> Error {
        let purged = DeleteLogPurged { asked, available };
        Error::new(ErrorKind::Invalid, format!("changes of {}: {purged}", self.object)).with_source(purged)
    }
}

fn request(object: &str, what: &str, window: Window) -> Result<Request> {
    let Window { start, end } = window;
    Ok(Request::get(format!("sobjects/{}/{what}/", object_name(object)?))
        .query("start", &start.to_soql())
        .query("end", &end.to_soql()))
}

/// The org cannot say any more what changed since the asked moment: its delete log was purged, or does not reach back
/// so far. Compare all ids of the object, or read it anew.
///
/// It is the source of an error of kind [`Invalid`](ErrorKind::Invalid).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteLogPurged {
    asked: Timestamp,
    available: Option<Timestamp>,
}

impl DeleteLogPurged {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        std::error::Error::source(error)?.downcast_ref().copied()
    }

    /// Since when changes were asked for.
    #[must_use]
    pub fn asked(&self) -> Timestamp {
        self.asked
    }

    /// Since when changes are known, if the org says so.
    #[must_use]
    pub fn available(&self) -> Option<Timestamp> {
        self.available
    }
}

impl fmt::Display for DeleteLogPurged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the org cannot tell any more what changed since {}", self.asked)?;
        if let Some(available) = self.available {
            write!(f, ", only since {available}")?;
        }
        f.write_str("; compare all ids, or read the object anew")
    }
}

impl std::error::Error for DeleteLogPurged {}
