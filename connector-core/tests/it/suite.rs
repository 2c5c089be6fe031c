//! The suite itself: a sink that breaks its contract does not pass.

use connector_core::{
    Batch, Begun, Checkpoint, Published, Result, RunHeader, RunReport, Sink, SinkRun, State, StreamName,
    testing::{Folded, MemorySink, suite},
};

/// Tells of checkpoints at once, and keeps the rows in memory until the end.
#[derive(Clone, Debug)]
struct Ahead(MemorySink);

#[derive(Debug)]
struct AheadRun {
    inner: Box<dyn SinkRun>,
    kept: Vec<Batch>,
}

impl suite::Subject for Ahead {
    fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.clone())
    }

    fn folded(&self) -> Folded {
        self.0.folded()
    }
}

#[async_trait::async_trait]
impl Sink for Ahead {
    async fn begin(&self) -> Result<Begun> {
        let mut begun = self.0.begin().await?;
        begun.run = Box::new(AheadRun { inner: begun.run, kept: Vec::new() });
        Ok(begun)
    }
}

#[async_trait::async_trait]
impl SinkRun for AheadRun {
    async fn start(&mut self, header: &RunHeader) -> Result<()> {
        self.inner.start(header).await
    }

    async fn write(&mut self, batch: Batch) -> Result<()> {
        self.inner.write(Batch::new(batch.stream.clone(), Vec::new(), batch.checkpoint.clone())).await?;
        self.kept.push(batch);
        self.inner.flush().await.map(|_| ())
    }

    async fn flush(&mut self) -> Result<Vec<(StreamName, Checkpoint)>> {
        self.inner.flush().await
    }

    async fn commit(mut self: Box<Self>, report: &RunReport, state: &State) -> Result<Published> {
        for batch in self.kept {
            self.inner.write(batch).await?;
        }
        self.inner.commit(report, state).await
    }

    async fn abort(self: Box<Self>) -> Result<()> {
        self.inner.abort().await
    }
}

/// Whether the check lets the sink pass.
fn passes(check: impl AsyncFnOnce(&dyn Fn() -> Box<dyn suite::Subject>) + Send + 'static) -> bool {
    let fresh = || Box::new(Ahead(MemorySink::new())) as Box<dyn suite::Subject>;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    std::thread::spawn(move || runtime.block_on(check(&fresh))).join().is_ok()
}

#[test]
fn a_sink_whose_checkpoints_are_ahead_of_its_rows_does_not_pass() {
    assert!(passes(suite::a_replay_changes_nothing), "without a crash nobody notices");
    assert!(!passes(suite::killed_between_any_two_steps_nothing_is_lost));
    assert!(!passes(suite::a_checkpoint_is_never_ahead_of_its_rows));
}
