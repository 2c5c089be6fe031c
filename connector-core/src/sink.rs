use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Batch, Catalog, Checkpoint, Counts, Identity, Mode, Plan, Result, RunId, RunReport, Stamp, State, StreamName,
};

/// Where records go.
///
/// A sink keeps versions: a record that is written twice, or in another order, gives the same result, and a deletion is
/// a version like any other. Readers see all of a run or nothing of it.
#[async_trait]
pub trait Sink: fmt::Debug + Send + Sync {
    /// Opens the sink for one run, and keeps all others out until the run is over or dropped. Says what earlier runs
    /// left.
    ///
    /// # Errors
    ///
    /// When the place holds something else, is damaged, cannot be written, or another run is at work in it.
    async fn begin(&self) -> Result<Begun>;
}

/// A sink that is open for one run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Begun {
    /// The open sink.
    pub run: Box<dyn SinkRun>,
    /// The org whose records it holds; none when it holds none.
    pub org: Option<Identity>,
    /// Where the last published run left every stream.
    pub state: State,
    /// A run that was not published, and how far it came.
    pub unfinished: Option<Unfinished>,
}

impl Begun {
    /// A sink that holds nothing yet.
    #[must_use]
    pub fn new(run: Box<dyn SinkRun>) -> Self {
        Self { run, org: None, state: State::default(), unfinished: None }
    }
}

/// What has to be known of a run to continue it in another process. It is kept before the first record is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunHeader {
    /// Its name.
    pub run: RunId,
    /// The org it reads.
    pub org: Identity,
    /// What was asked for.
    pub mode: Mode,
    /// [`Source::settings`](crate::Source::settings) when it began.
    pub settings: String,
    /// When it began, by the clock of the machine.
    pub started: Stamp,
    /// What the org had.
    pub catalog: Catalog,
    /// What is read of it.
    pub plan: Plan,
}

impl RunHeader {
    /// Everything at once.
    #[must_use]
    pub fn new(
        run: RunId,
        org: Identity,
        mode: Mode,
        settings: String,
        started: Stamp,
        catalog: Catalog,
        plan: Plan,
    ) -> Self {
        Self { run, org, mode, settings, started, catalog, plan }
    }
}

/// Names one slice: its stream, and which part of it.
pub type SliceKey = (StreamName, u32);

/// A run that ended before it was published.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unfinished {
    /// What it was to read.
    pub header: RunHeader,
    /// How far each slice came, as far as it is durable.
    pub checkpoints: BTreeMap<SliceKey, Checkpoint>,
    /// What of it is durable.
    pub counts: BTreeMap<StreamName, Counts>,
}

impl Unfinished {
    /// Everything at once.
    #[must_use]
    pub fn new(
        header: RunHeader,
        checkpoints: BTreeMap<SliceKey, Checkpoint>,
        counts: BTreeMap<StreamName, Counts>,
    ) -> Self {
        Self { header, checkpoints, counts }
    }
}

/// One run into a sink. Dropping it keeps what was flushed, so that a later run continues there.
#[async_trait]
pub trait SinkRun: fmt::Debug + Send {
    /// Starts the run that `header` describes. With the header of the run left unfinished it is continued; with another
    /// one the unfinished run is thrown away.
    ///
    /// # Errors
    ///
    /// When the header cannot be kept. Nothing may be written before it was.
    async fn start(&mut self, header: &RunHeader) -> Result<()>;

    /// Takes a batch. It need not be durable yet.
    ///
    /// # Errors
    ///
    /// When it cannot be kept; the run is then over.
    async fn write(&mut self, batch: Batch) -> Result<()>;

    /// Makes everything written so far durable, and returns the checkpoints that now are: one for each slice written
    /// since the last flush.
    ///
    /// # Errors
    ///
    /// When that failed; the run is then over.
    async fn flush(&mut self) -> Result<Vec<(StreamName, Checkpoint)>>;

    /// Flushes, and publishes the run with its report and the state of all streams. Readers see all of it from now on.
    ///
    /// # Errors
    ///
    /// When it could not be published; readers then see nothing of it, and it can be continued.
    async fn commit(self: Box<Self>, report: &RunReport, state: &State) -> Result<Published>;

    /// Gives the run up: nothing of it will be published or continued.
    ///
    /// # Errors
    ///
    /// When its traces cannot be removed.
    async fn abort(self: Box<Self>) -> Result<()>;
}

/// A published run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The name under which the sink published it.
    pub snapshot: String,
}

impl Published {
    /// Published under this name.
    #[must_use]
    pub fn new(snapshot: impl Into<String>) -> Self {
        Self { snapshot: snapshot.into() }
    }
}
