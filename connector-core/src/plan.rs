use serde::{Deserialize, Serialize};

use crate::{Stamp, StreamName, StreamState};

/// What a run is to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// What changed since the last run; everything where there was none.
    Incremental,
    /// Everything.
    Complete,
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Incremental => "incremental",
            Self::Complete => "complete",
        })
    }
}

/// A half-open stretch of the source's time: `lo` is in it, `hi` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Window {
    /// The first instant in it; none means since ever.
    pub lo: Option<Stamp>,
    /// The first instant after it; none means no end.
    pub hi: Option<Stamp>,
}

impl Window {
    /// From `lo` to just before `hi`.
    #[must_use]
    pub const fn new(lo: Option<Stamp>, hi: Option<Stamp>) -> Self {
        Self { lo, hi }
    }

    /// Whether nothing can lie in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!((self.lo, self.hi), (Some(lo), Some(hi)) if lo >= hi)
    }
}

/// What one run reads. It is kept with the run, so that another process can go on with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// The streams, each once.
    pub streams: Vec<StreamPlan>,
}

impl Plan {
    /// A plan of these streams.
    #[must_use]
    pub fn new(streams: Vec<StreamPlan>) -> Self {
        Self { streams }
    }
}

/// What one run reads of one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamPlan {
    /// Its name.
    pub stream: StreamName,
    /// Complete where the state does not allow an increment, whatever the run's mode is.
    pub mode: Mode,
    /// The state to keep once every slice has been read. It is fixed before the first row is read, so a row that
    /// becomes visible late cannot push it.
    pub then: StreamState,
    /// The parts to read. They do not depend on each other.
    pub slices: Vec<Slice>,
    /// About how many rows there are.
    #[serde(default)]
    pub approx_rows: Option<u64>,
}

impl StreamPlan {
    /// Reads the whole window in one slice.
    #[must_use]
    pub fn single(
        stream: StreamName,
        mode: Mode,
        window: Window,
        detail: serde_json::Value,
        then: StreamState,
    ) -> Self {
        let slice = Slice::new(stream.clone(), 0, mode, window, detail);
        Self { stream, mode, then, slices: vec![slice], approx_rows: None }
    }

    /// Reads these parts.
    #[must_use]
    pub fn sliced(stream: StreamName, mode: Mode, slices: Vec<Slice>, then: StreamState) -> Self {
        Self { stream, mode, then, slices, approx_rows: None }
    }

    /// Sets about how many rows there are.
    #[must_use]
    pub fn approx_rows(mut self, rows: Option<u64>) -> Self {
        self.approx_rows = rows;
        self
    }
}

/// One part of one stream: what a single worker reads from front to back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Slice {
    /// Whose rows.
    pub stream: StreamName,
    /// Which part of the stream; checkpoints name it.
    pub part: u32,
    /// Whether it belongs to a complete reading.
    pub mode: Mode,
    /// The stretch of time.
    pub window: Window,
    /// What else the source needs to read it. Only the source understands it.
    #[serde(default)]
    pub detail: serde_json::Value,
}

impl Slice {
    /// A part of a stream.
    #[must_use]
    pub fn new(stream: StreamName, part: u32, mode: Mode, window: Window, detail: serde_json::Value) -> Self {
        Self { stream, part, mode, window, detail }
    }
}
