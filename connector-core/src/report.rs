use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Identity, Mode, RunId, Stamp, StreamName};

/// Rows and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Counts {
    /// Rows read, the deleted ones included.
    pub rows: u64,
    /// Rows that are gone.
    pub deleted: u64,
    /// Bytes of row text.
    pub bytes: u64,
}

impl Counts {
    /// These rows, of which so many are gone, in so many bytes of text.
    #[must_use]
    pub const fn new(rows: u64, deleted: u64, bytes: u64) -> Self {
        Self { rows, deleted, bytes }
    }

    /// Adds the other's.
    pub fn add(&mut self, other: Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.deleted = self.deleted.saturating_add(other.deleted);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What a run did: what it read, what it left out and why. It is published with the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// The run's name.
    pub run: RunId,
    /// The org it read.
    pub org: Identity,
    /// What was asked for.
    pub mode: Mode,
    /// When it began, by the machine's clock; the first process of a run that was continued.
    pub started: Stamp,
    /// When reading ended, by the machine's clock.
    pub finished: Stamp,
    /// How it ended.
    pub outcome: Outcome,
    /// It continued a run that an earlier process had left.
    pub resumed: bool,
    /// The streams that were to be read.
    pub streams: BTreeMap<StreamName, StreamReport>,
    /// The streams that were not, and why.
    pub skipped: BTreeMap<StreamName, String>,
    /// The name under which the sink published the run. The published copy of the report does not know it yet.
    #[serde(skip)]
    pub snapshot: Option<String>,
}

impl RunReport {
    /// The sum over all streams.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.streams.values().for_each(|s| total.add(s.counts));
        total
    }

    /// Calls to the source over all streams, those of planning not counted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.streams.values().map(|s| s.calls).sum()
    }

    /// Streams that could not be read to their end, each with the reason.
    pub fn failed(&self) -> impl Iterator<Item = (&StreamName, &str)> {
        self.streams.iter().filter_map(|(name, s)| Some((name, s.failed.as_deref()?)))
    }
}

/// How a published run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Every stream of the plan was read to its end.
    Succeeded,
    /// Some were not. The report names them; their state did not move, so the next run reads them again.
    Partial,
}

/// What a run did with one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamReport {
    /// Whether all of it was read, or what had changed.
    pub mode: Mode,
    /// What was read, by this process and by those before it.
    pub counts: Counts,
    /// The part of it that earlier processes of the same run had made durable.
    pub resumed: Counts,
    /// How many rows the source said it would deliver to this process, when it said so.
    pub announced: Option<u64>,
    /// Calls to the source, by this process.
    pub calls: u64,
    /// From the first to the last batch, in this process.
    pub millis: u64,
    /// Why it could not be read to its end.
    pub failed: Option<String>,
    /// Something odd about the source that people should know.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl StreamReport {
    /// A stream of which nothing has been read in this process.
    #[must_use]
    pub fn new(mode: Mode, resumed: Counts) -> Self {
        Self { mode, counts: resumed, resumed, announced: None, calls: 0, millis: 0, failed: None, notes: Vec::new() }
    }

    /// From the first to the last batch, in this process.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    /// Rows that this process read each second; none when it took no time.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
    pub fn rows_per_second(&self) -> Option<f64> {
        let rows = self.counts.rows.saturating_sub(self.resumed.rows);
        (self.millis > 0).then(|| rows as f64 * 1000.0 / self.millis as f64)
    }
}
