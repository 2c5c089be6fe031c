use std::fmt;

use crate::{Mode, RunId, StreamName, StreamReport};

/// What a run tells while it is at work.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The plan is made; reading begins.
    RunStarted {
        /// The run's name.
        run: &'a RunId,
        /// What was asked for.
        mode: Mode,
        /// It continues a run that an earlier process left.
        resumed: bool,
        /// How many streams are to be read.
        streams: usize,
    },
    /// A stream is not read at all.
    Skipped {
        /// Which.
        stream: &'a StreamName,
        /// Why.
        reason: &'a str,
    },
    /// Reading of a stream begins.
    StreamStarted {
        /// Which.
        stream: &'a StreamName,
        /// Whether all of it, or what changed.
        mode: Mode,
        /// About how many rows there are.
        approx_rows: Option<u64>,
        /// Rows that earlier processes of the run had made durable.
        resumed_rows: u64,
    },
    /// The sink took a batch.
    Batch {
        /// Whose.
        stream: &'a StreamName,
        /// Its rows.
        rows: u64,
        /// How many of them are gone.
        deleted: u64,
        /// Its bytes of row text.
        bytes: u64,
        /// How many rows the source says this reading of the slice delivers altogether.
        total: Option<u64>,
    },
    /// Everything written so far is durable.
    Flushed {
        /// Rows of this process that are durable now.
        rows: u64,
    },
    /// A stream was read to its end, or failed.
    StreamDone {
        /// Which.
        stream: &'a StreamName,
        /// What was done.
        report: &'a StreamReport,
    },
}

/// Hears what a run tells. A closure that takes an [`Event`] is one, and so is `()`, which does not listen.
///
/// It is called between two batches, so it should be quick.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn on(&self, event: &Event<'_>);
}

impl Observer for () {
    fn on(&self, _: &Event<'_>) {}
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on(&self, event: &Event<'_>) {
        self(event);
    }
}

impl fmt::Debug for dyn Observer + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
