//! What every sink has to do, as code. A sink of yours passes [`sink`], which panics with a sentence where it does not.
//!
//! ```
//! use connector_core::testing::{Folded, MemorySink, suite};
//!
//! struct Memory(MemorySink);
//! impl suite::Subject for Memory {
//!     fn sink(&self) -> Box<dyn connector_core::Sink> {
//!         Box::new(self.0.clone())
//!     }
//!     fn folded(&self) -> Folded {
//!         self.0.folded()
//!     }
//! }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! suite::sink(&|| Box::new(Memory(MemorySink::new()))).await;
//! # });
//! ```

use std::collections::BTreeMap;

use super::{Folded, fold_into};
use crate::{
    Batch, Begun, Catalog, Checkpoint, Error, ErrorKind, Evidence, Identity, Key, Mode, Operation, Outcome, Plan,
    RawJson, Record, Replication, RunHeader, RunReport, Sink, SinkRun, Slice, SliceKey, Stamp, State, StreamInfo,
    StreamName, StreamPlan, StreamReport, StreamState, Window,
};

/// A sink under test: one place that outlives the runs into it.
pub trait Subject {
    /// The sink, opened anew as another process would.
    fn sink(&self) -> Box<dyn Sink>;

    /// What readers see: the latest version of every id. Empty when nothing was published.
    fn folded(&self) -> Folded;
}

/// Runs every check, each against a fresh subject.
///
/// # Panics
///
/// Where the sink breaks its contract.
pub async fn sink(fresh: &dyn Fn() -> Box<dyn Subject>) {
    a_replay_changes_nothing(fresh).await;
    a_row_that_comes_back_is_live_again(fresh).await;
    killed_between_any_two_steps_nothing_is_lost(fresh).await;
    a_checkpoint_is_never_ahead_of_its_rows(fresh).await;
    one_run_at_a_time(fresh).await;
    an_abandoned_run_leaves_nothing(fresh).await;
    names_are_confined(fresh).await;
}

/// The messages of a run delivered twice, and in another order within a stream, give the same state (S-38).
///
/// # Panics
///
/// When they do not.
pub async fn a_replay_changes_nothing(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let log = log();
    let mut turned: Vec<Batch> = log.iter().rev().cloned().collect();
    turned.rotate_left(2);
    let twice: Vec<_> = log.iter().chain(&log).cloned().collect();
    for (what, batches) in [("once", log.clone()), ("twice", twice), ("in another order", turned.clone())] {
        let subject = fresh();
        publish(subject.as_ref(), "r0", Mode::Complete, &before()).await;
        publish(subject.as_ref(), "r1", Mode::Incremental, &batches).await;
        assert_eq!(subject.folded(), expected(), "the log delivered {what} gives another state");
        publish(subject.as_ref(), "r2", Mode::Incremental, &turned).await;
        assert_eq!(subject.folded(), expected(), "the log delivered again by a later run gives another state");
    }
}

/// A tombstone is a version: an id that comes back is one live row (B1-14).
///
/// # Panics
///
/// When it is not.
pub async fn a_row_that_comes_back_is_live_again(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let subject = fresh();
    publish(subject.as_ref(), "r0", Mode::Complete, &[batch("A", 0, vec![live("a1", 1)], true)]).await;
    publish(subject.as_ref(), "r1", Mode::Incremental, &[batch("A", 0, vec![gone("a1", 2)], true)]).await;
    let folded: Vec<_> = subject.folded().into_values().collect();
    assert_eq!(folded, [gone("a1", 2)], "a tombstone has to stay, with the last state of the row");
    publish(subject.as_ref(), "r2", Mode::Incremental, &[batch("A", 0, vec![live("a1", 3)], true)]).await;
    let folded: Vec<_> = subject.folded().into_values().collect();
    assert_eq!(folded, [live("a1", 3)], "a row that came back has to be live");
}

/// A process that dies between any two steps leaves readers with the run before, and the next process with enough to
/// finish.
///
/// # Panics
///
/// When a row is lost, or half a run is seen.
pub async fn killed_between_any_two_steps_nothing_is_lost(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let log = log();
    // 0: begun; 1: started; then each batch, a flush behind every second one; at the end the commit.
    let steps = 2 + log.len() + log.len() / 2;
    for survived in 0..=steps {
        let subject = fresh();
        publish(subject.as_ref(), "r0", Mode::Complete, &before()).await;
        let seen = subject.folded();
        let header = header("r1", Mode::Incremental);
        walk(subject.as_ref(), &header, &log, survived).await;
        assert_eq!(subject.folded(), seen, "after {survived} steps readers see a part of a run that is not published");

        let Begun { mut run, unfinished, .. } = begin(subject.as_ref()).await;
        let done = match unfinished {
            Some(left) if left.header == header => left.checkpoints,
            Some(left) => panic!("after {survived} steps the sink tells of the run {:?}", left.header.run),
            None if survived > 1 => panic!("after {survived} steps the sink has forgotten the run"),
            None => BTreeMap::new(),
        };
        run.start(&header).await.expect("a run can be started");
        for batch in behind(&log, &done) {
            run.write(batch).await.expect("a batch can be written");
        }
        commit(run, &header).await;
        assert_eq!(subject.folded(), expected(), "a run killed after {survived} steps and continued lost rows");
        let left = begin(subject.as_ref()).await.unfinished;
        assert!(left.is_none(), "a published run is told to be unfinished");
    }
}

/// What a flush returns, and what the next process is told, covers rows that are there; what was only written is not
/// covered.
///
/// # Panics
///
/// When a checkpoint is ahead.
pub async fn a_checkpoint_is_never_ahead_of_its_rows(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let subject = fresh();
    let header = header("r1", Mode::Complete);
    let mut run = begin(subject.as_ref()).await.run;
    run.start(&header).await.expect("a run can be started");
    let (first, second) = (batch("A", 0, vec![live("a1", 1)], false), batch("A", 1, vec![live("a2", 1)], true));
    run.write(first.clone()).await.expect("a batch can be written");
    let durable = run.flush().await.expect("a run can be flushed");
    assert_eq!(durable, [(StreamName::from("A"), first.checkpoint.clone())], "a flush names what it made durable");
    let again = run.flush().await.expect("a run can be flushed");
    assert!(again.is_empty(), "a flush names only what was written since the last one");
    run.write(second).await.expect("a batch can be written");
    drop(run);
    let left = begin(subject.as_ref()).await.unfinished.expect("the run is unfinished");
    let told: Vec<_> = left.checkpoints.into_values().collect();
    assert_eq!(told, [first.checkpoint], "what was written but not flushed is told to be durable");
    assert_eq!(left.counts.get("A").map(|c| c.rows), Some(1), "the rows that are durable are counted");
}

/// A second run is kept out while one is open, and let in when that one is gone.
///
/// # Panics
///
/// When two are let in.
pub async fn one_run_at_a_time(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let subject = fresh();
    let first = begin(subject.as_ref()).await;
    let second = subject.sink().begin().await.map(|_| ()).expect_err("two runs are open at once");
    assert_eq!(second.kind(), ErrorKind::Locked, "the second run has to be told that another is at work");
    drop(first);
    begin(subject.as_ref()).await;
}

/// After `abort`, and when another run starts in its place, an unfinished run is gone.
///
/// # Panics
///
/// When something of it is seen later.
pub async fn an_abandoned_run_leaves_nothing(fresh: &dyn Fn() -> Box<dyn Subject>) {
    for abort in [true, false] {
        let subject = fresh();
        let mut run = begin(subject.as_ref()).await.run;
        run.start(&header("r1", Mode::Complete)).await.expect("a run can be started");
        run.write(batch("A", 0, vec![live("a9", 9)], true)).await.expect("a batch can be written");
        run.flush().await.expect("a run can be flushed");
        if abort {
            run.abort().await.expect("a run can be given up");
            assert!(begin(subject.as_ref()).await.unfinished.is_none(), "a run that was given up is told of");
        } else {
            drop(run);
        }
        publish(subject.as_ref(), "r2", Mode::Complete, &before()).await;
        assert_eq!(subject.folded(), fold(&[&before()]), "rows of a run that was given up are seen");
    }
}

/// A stream may have any name.
///
/// # Panics
///
/// When a name is not kept.
pub async fn names_are_confined(fresh: &dyn Fn() -> Box<dyn Subject>) {
    let subject = fresh();
    let names = ["..", "../../x", "/x", "a/b", "a\\b", "", "NUL", "Ä ö", "A", "a"];
    let log: Vec<_> = names.iter().map(|name| batch(name, 0, vec![live("r", 1)], true)).collect();
    publish(subject.as_ref(), "r1", Mode::Complete, &log).await;
    let seen: Vec<_> = subject.folded().into_keys().map(|(stream, _)| stream.to_string()).collect();
    let mut names = names.map(String::from);
    names.sort();
    assert_eq!(seen, names, "a stream's name is not kept");
}

/// Runs the first `survived` steps of a run, then drops it.
async fn walk(subject: &dyn Subject, header: &RunHeader, log: &[Batch], survived: usize) {
    let mut run = begin(subject).await.run;
    let mut left = survived;
    let mut step = || {
        left = left.checked_sub(1)?;
        Some(())
    };
    let mut all = async || {
        step()?;
        run.start(header).await.expect("a run can be started");
        step()?;
        for (batch, number) in log.iter().zip(1..) {
            run.write(batch.clone()).await.expect("a batch can be written");
            step()?;
            if number % 2 == 0 {
                run.flush().await.expect("a run can be flushed");
                step()?;
            }
        }
        Some(())
    };
    all().await;
}

/// What a source would still deliver behind these checkpoints.
fn behind(log: &[Batch], done: &BTreeMap<SliceKey, Checkpoint>) -> Vec<Batch> {
    let place = |b: &Batch, checkpoint: &Checkpoint| {
        log.iter().position(|l| l.stream == b.stream && l.checkpoint == *checkpoint)
    };
    let is_behind = |b: &&Batch| match done.get(&(b.stream.clone(), b.checkpoint.part)) {
        Some(checkpoint) => place(b, &b.checkpoint) > place(b, checkpoint),
        None => true,
    };
    log.iter().filter(is_behind).cloned().collect()
}

async fn begin(subject: &dyn Subject) -> Begun {
    subject.sink().begin().await.expect("a sink can be opened when no run is at work")
}

async fn publish(subject: &dyn Subject, name: &str, mode: Mode, batches: &[Batch]) {
    let names: Vec<_> = batches.iter().map(|b| b.stream.clone()).collect();
    let header = header_of(name, mode, names);
    let mut run = begin(subject).await.run;
    run.start(&header).await.expect("a run can be started");
    for batch in batches {
        run.write(batch.clone()).await.expect("a batch can be written");
    }
    commit(run, &header).await;
}

async fn commit(run: Box<dyn SinkRun>, header: &RunHeader) {
    let mut state = State::default();
    let mut streams = BTreeMap::new();
    for plan in &header.plan.streams {
        state.set(plan.stream.clone(), plan.then.clone());
        streams.insert(plan.stream.clone(), StreamReport::new(plan.mode, crate::Counts::default()));
    }
    let report = RunReport {
        run: header.run.clone(),
        org: header.org.clone(),
        mode: header.mode,
        started: header.started,
        finished: header.started,
        outcome: Outcome::Succeeded,
        resumed: false,
        streams,
        skipped: BTreeMap::new(),
        snapshot: None,
    };
    run.commit(&report, &state).await.map_err(|e: Error| e.to_string()).expect("a run can be published");
}

fn header(name: &str, mode: Mode) -> RunHeader {
    header_of(name, mode, vec!["A".into(), "B".into()])
}

fn header_of(name: &str, mode: Mode, mut streams: Vec<StreamName>) -> RunHeader {
    streams.sort();
    streams.dedup();
    let infos = streams.iter().map(|name| StreamInfo::new(name.clone(), Replication::Watermark)).collect();
    let window = Window::new(None, Some(Stamp::from_millis(1_000_000)));
    let then = || StreamState::NeedsComplete { why: "a test".into() };
    let plan = |name| StreamPlan::single(name, mode, window, serde_json::Value::Null, then());
    RunHeader::new(
        name.into(),
        Identity::new("org-1"),
        mode,
        String::new(),
        Stamp::EPOCH,
        Catalog::new(infos).unwrap_or_default(),
        Plan::new(streams.into_iter().map(plan).collect()),
    )
}

fn row(id: &str, second: i64) -> Record {
    let fields = RawJson::from(&serde_json::json!({ "Id": id, "Text": "zwei\nZeilen", "Second": second }));
    Record::new(id, Stamp::from_millis(second * 1000), fields)
}

fn live(id: &str, second: i64) -> Operation {
    Operation::Upsert(row(id, second))
}

fn gone(id: &str, second: i64) -> Operation {
    Operation::delete(row(id, second), Evidence::Flag)
}

fn batch(stream: &str, number: i64, operations: Vec<Operation>, done: bool) -> Batch {
    let slice = Slice::new(stream.into(), 0, Mode::Incremental, Window::default(), serde_json::Value::Null);
    let key = Key::new(Some(Stamp::from_millis(number)), "x");
    Batch::new(stream.into(), operations, Checkpoint::start(&slice).after(Some(key)).done(done))
}

/// What an earlier run had published.
fn before() -> Vec<Batch> {
    vec![
        batch("A", 0, vec![live("a1", 1), live("a2", 1), live("a3", 1)], true),
        batch("B", 0, vec![live("b1", 1), gone("b2", 1)], true),
    ]
}

/// What happened since: changed, deleted, come back, changed twice, new.
fn log() -> Vec<Batch> {
    vec![
        batch("A", 1, vec![live("a1", 10), gone("a2", 11)], false),
        batch("B", 1, vec![live("b2", 12)], false),
        batch("A", 2, vec![live("a3", 13), live("a4", 13)], false),
        batch("A", 3, vec![gone("a4", 14), live("a3", 15)], false),
        batch("B", 2, vec![live("b3", 16)], true),
        batch("A", 4, Vec::new(), true),
    ]
}

fn fold(runs: &[&[Batch]]) -> Folded {
    let mut folded = Folded::new();
    for batch in runs.iter().copied().flatten() {
        batch.operations.iter().for_each(|o| fold_into(&mut folded, &batch.stream, o.clone()));
    }
    folded
}

fn expected() -> Folded {
    fold(&[&before(), &log()])
}
