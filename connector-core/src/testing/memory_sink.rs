use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Folded, fold_into};
use crate::{
    Batch, Begun, Checkpoint, Counts, Error, ErrorKind, Identity, Mode, Operation, Published, Result, RunHeader,
    RunReport, Sink, SinkRun, SliceKey, State, StreamName, Unfinished,
};

/// A sink in memory that tells what is durable from what is not: dropping a run loses what was not flushed. Clones are
/// the same sink.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Store>>);

#[derive(Debug, Default)]
struct Store {
    busy: bool,
    org: Option<Identity>,
    state: State,
    published: Vec<(RunReport, Vec<(StreamName, Operation)>)>,
    unfinished: Option<Durable>,
}

/// What survives a crash of an unpublished run.
#[derive(Debug)]
struct Durable {
    header: RunHeader,
    operations: Vec<(StreamName, Operation)>,
    checkpoints: BTreeMap<SliceKey, Checkpoint>,
}

impl MemorySink {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest version of every id, as readers see it.
    #[must_use]
    pub fn folded(&self) -> Folded {
        let mut folded = Folded::new();
        for (report, operations) in &self.store().published {
            let is_base =
                |s: &StreamName| report.streams.get(s).is_some_and(|r| r.mode == Mode::Complete && r.failed.is_none());
            folded.retain(|(stream, _), _| !is_base(stream));
            operations.iter().for_each(|(stream, operation)| fold_into(&mut folded, stream, operation.clone()));
        }
        folded
    }

    /// The reports of the published runs, oldest first.
    #[must_use]
    pub fn reports(&self) -> Vec<RunReport> {
        self.store().published.iter().map(|(report, _)| report.clone()).collect()
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn begin(&self) -> Result<Begun> {
        let mut store = self.store();
        if std::mem::replace(&mut store.busy, true) {
            return Err(Error::new(ErrorKind::Locked, "another run is at work in this sink"));
        }
        let run = MemoryRun { sink: self.clone(), written: Vec::new(), checkpoints: BTreeMap::new() };
        let mut begun = Begun::new(Box::new(run));
        begun.state = store.state.clone();
        begun.unfinished = store.unfinished.as_ref().map(Durable::unfinished);
        begun.org = store.org.clone().or_else(|| Some(store.unfinished.as_ref()?.header.org.clone()));
        Ok(begun)
    }
}

impl Durable {
    fn unfinished(&self) -> Unfinished {
        let mut counts: BTreeMap<StreamName, Counts> = BTreeMap::new();
        for (stream, operation) in &self.operations {
            let record = operation.record();
            let one = Counts::new(1, u64::from(record.deleted), record.fields.as_bytes().len() as u64);
            counts.entry(stream.clone()).or_default().add(one);
        }
        Unfinished::new(self.header.clone(), self.checkpoints.clone(), counts)
    }
}

#[derive(Debug)]
struct MemoryRun {
    sink: MemorySink,
    written: Vec<(StreamName, Operation)>,
    checkpoints: BTreeMap<SliceKey, Checkpoint>,
}

impl Drop for MemoryRun {
    fn drop(&mut self) {
        self.sink.store().busy = false;
    }
}

#[async_trait]
impl SinkRun for MemoryRun {
    async fn start(&mut self, header: &RunHeader) -> Result<()> {
        let mut store = self.sink.store();
        if store.unfinished.as_ref().is_none_or(|left| left.header.run != header.run) {
            let header = header.clone();
            store.unfinished = Some(Durable { header, operations: Vec::new(), checkpoints: BTreeMap::new() });
        }
        Ok(())
    }

    async fn write(&mut self, batch: Batch) -> Result<()> {
        self.checkpoints.insert((batch.stream.clone(), batch.checkpoint.part), batch.checkpoint);
        self.written.extend(batch.operations.into_iter().map(|o| (batch.stream.clone(), o)));
        Ok(())
    }

    async fn flush(&mut self) -> Result<Vec<(StreamName, Checkpoint)>> {
        let mut store = self.sink.store();
        let durable = store.unfinished.as_mut().ok_or_else(not_started)?;
        durable.operations.append(&mut self.written);
        let checkpoints = std::mem::take(&mut self.checkpoints);
        durable.checkpoints.extend(checkpoints.clone());
        Ok(checkpoints.into_iter().map(|((stream, _), checkpoint)| (stream, checkpoint)).collect())
    }

    async fn commit(mut self: Box<Self>, report: &RunReport, state: &State) -> Result<Published> {
        self.flush().await?;
        let mut store = self.sink.store();
        let durable = store.unfinished.take().ok_or_else(not_started)?;
        store.org = Some(durable.header.org);
        store.state = state.clone();
        store.published.push((report.clone(), durable.operations));
        Ok(Published::new(store.published.len().to_string()))
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        self.sink.store().unfinished = None;
        Ok(())
    }
}

fn not_started() -> Error {
    Error::new(ErrorKind::Contract, "the run was not started")
}
