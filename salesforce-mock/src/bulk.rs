//! The jobs of the Bulk API, and what a test sets about them.

mod classic;
mod csv;
mod job;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use salesforce_types::Timestamp;

pub(crate) use classic::{Batch, BatchState, ClassicJob, Done, Form, Info};
pub(crate) use csv::{Dialect, Line, Lines, Unreadable};
pub(crate) use job::{CHUNK, Job, Kind, Load, Outcome, State, View};

/// Objects that the Bulk API refuses (REST reference 13.5).
const REFUSED: &str = include_str!("bulk/refused.txt");

/// How the org runs the jobs of the Bulk API 2.0.
///
/// A job goes from one state to the next by the org's [clock](crate::OrgClock): it waits for `queued`, runs for
/// `running`, and is complete. Both are nothing if nothing is said: then a job is complete when it is looked at first.
///
/// ```
/// use std::time::Duration;
/// use salesforce_mock::{Fate, Org};
///
/// let mut org = Org::empty();
/// org.bulk_mut().running = Duration::from_secs(60);
/// org.bulk_mut().page_rows = 10;
/// org.bulk_mut().next_job(Fate::Fails("InvalidBatch : no luck".into()));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Bulk {
    /// How long a job waits before it runs.
    pub queued: Duration,
    /// How long a job runs.
    pub running: Duration,
    /// The rows on a page of results when the caller does not say; 50,000 if nothing is set.
    pub page_rows: usize,
    /// The objects that no job may have.
    pub refused_objects: BTreeSet<String>,
    /// Whether a query that jobs cannot run is refused only when it runs: the job then fails.
    pub refuses_late: bool,
    /// Whether the user has the permission "Bulk API Hard Delete".
    pub hard_delete: bool,
    /// The most bytes of an upload, counted as base64; 150 MB.
    pub most_upload: u64,
    /// The most query jobs in 24 hours.
    pub most_query_jobs: usize,
    /// The most batches of 10,000 rows in 24 hours.
    pub most_batches: usize,
    pub(crate) jobs: Vec<Job>,
    pub(crate) classic: Vec<ClassicJob>,
    pub(crate) made: u64,
    pub(crate) query_jobs: Window,
    pub(crate) batches: Window,
    fates: VecDeque<Fate>,
}

/// What becomes of a job that is made while a test wants it so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// It fails when it runs, with this text.
    Fails(String),
    /// It works on so many rows and fails then, with this text; the rest stays unprocessed. A query fails at once.
    FailsAfter(usize, String),
    /// It runs for ever.
    Stays,
    /// It is gone when it should run.
    Vanishes,
}

/// What happened in the last 24 hours.
#[derive(Debug, Default)]
pub(crate) struct Window(VecDeque<(Timestamp, usize)>);

impl Window {
    const LENGTH: Duration = Duration::from_secs(24 * 60 * 60);

    /// How many there were.
    pub(crate) fn count(&mut self, now: Timestamp) -> usize {
        while self.0.front().is_some_and(|(at, _)| now.since(*at) >= Self::LENGTH) {
            self.0.pop_front();
        }
        self.0.iter().map(|(_, count)| count).sum()
    }

    pub(crate) fn add(&mut self, now: Timestamp, count: usize) {
        self.0.push_back((now, count));
    }
}

impl Bulk {
    /// Says what becomes of the next job. Said several times, it is about the next jobs, one after the other.
    pub fn next_job(&mut self, fate: Fate) {
        self.fates.push_back(fate);
    }

    /// The fate of a job that is made now.
    pub(crate) fn fate(&mut self) -> Option<Fate> {
        self.fates.pop_front()
    }

    /// The most batches and query jobs of a day, and how many are left.
    pub(crate) fn left(&mut self, now: Timestamp) -> [(usize, usize); 2] {
        let (batches, jobs) = (self.batches.count(now), self.query_jobs.count(now));
        [
            (self.most_batches, self.most_batches.saturating_sub(batches)),
            (self.most_query_jobs, self.most_query_jobs.saturating_sub(jobs)),
        ]
    }

    /// The most bytes of an upload: three are four characters of base64.
    pub(crate) fn most_bytes(&self) -> usize {
        usize::try_from(self.most_upload / 4 * 3).unwrap_or(usize::MAX)
    }

    /// Whether jobs of an object are refused.
    pub(crate) fn refuses(&self, object: &str) -> bool {
        self.refused_objects.iter().any(|refused| refused.eq_ignore_ascii_case(object))
    }
}

impl Default for Bulk {
    fn default() -> Self {
        Self {
            queued: Duration::ZERO,
            running: Duration::ZERO,
            page_rows: 50_000,
            refused_objects: REFUSED.split_whitespace().map(str::to_owned).collect(),
            refuses_late: false,
            hard_delete: false,
            most_upload: 150_000_000,
            most_query_jobs: 10_000,
            most_batches: 15_000,
            jobs: Vec::new(),
            classic: Vec::new(),
            made: 0,
            query_jobs: Window::default(),
            batches: Window::default(),
            fates: VecDeque::new(),
        }
    }
}
