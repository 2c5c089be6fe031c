mod books;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, IntoFuture},
    pin::pin,
    sync::Arc,
};

use futures_util::{
    StreamExt,
    future::{BoxFuture, Either, select, try_join},
    stream,
};
use tokio::sync::mpsc;

use self::books::{Books, Item};
use crate::{
    Batch, Begun, Cancel, Checkpoint, Clock, Error, ErrorKind, Event, Mode, Observer, Outcome, Plan, Result, RunHeader,
    RunId, RunReport, Scope, Sink, SinkRun, Slice, Source, State, SystemClock, Unfinished,
};

/// Reads a source into a sink: from the plan to the published snapshot.
///
/// A run that an earlier process left unfinished in the sink is continued first, when it read the same org with the
/// same settings; only a complete run does not continue an incremental one. See the crate's page for a whole program.
#[must_use = "nothing is read until the run is awaited"]
pub fn run<'a>(source: &'a dyn Source, sink: &'a dyn Sink, mode: Mode) -> Run<'a> {
    Run {
        source,
        sink,
        mode,
        concurrency: 3,
        flush_rows: 5_000,
        flush_bytes: 8 << 20,
        observer: &(),
        cancel: Cancel::new(),
        clock: Arc::new(SystemClock::default()),
    }
}

/// A run that has not begun; `await` it. See [`run`].
///
/// # Errors
///
/// What the source or the sink refuses, unless it concerns one stream only: that is in the report. What was flushed
/// stays, and the next run goes on from there.
#[derive(Debug)]
#[must_use = "nothing is read until the run is awaited"]
pub struct Run<'a> {
    source: &'a dyn Source,
    sink: &'a dyn Sink,
    mode: Mode,
    concurrency: usize,
    flush_rows: u64,
    flush_bytes: u64,
    observer: &'a dyn Observer,
    cancel: Cancel,
    clock: Arc<dyn Clock>,
}

impl<'a> Run<'a> {
    /// How many slices are read at the same time; 3 by default. About two batches for each are in memory.
    pub fn concurrency(mut self, slices: usize) -> Self {
        self.concurrency = slices.max(1);
        self
    }

    /// After how many rows or bytes of row text everything is made durable; 5,000 rows or 8 MiB by default. So much may
    /// have to be read again after a crash, and so big is a segment.
    pub fn flush_every(mut self, rows: u64, bytes: u64) -> Self {
        (self.flush_rows, self.flush_bytes) = (rows.max(1), bytes.max(1));
        self
    }

    /// Who hears about progress.
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// A switch that stops the run.
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// The machine's clock, for the times in the report.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    #[tracing::instrument(skip_all, fields(mode = %self.mode))]
    async fn execute(self) -> Result<RunReport> {
        let org = self.unless_cancelled(self.source.check()).await??.org;
        let Begun { mut run, org: held, state, unfinished } = self.sink.begin().await?;
        if let Some(held) = held.filter(|held| held.id != org.id) {
            return Err(Error::new(
                ErrorKind::Identity,
                format!("the source is org {}, but the sink holds records of org {}", org.id, held.id),
            )
            .advice("use another sink for this org; nothing was written"));
        }
        let left = unfinished.filter(|left| self.can_continue(left, &org.id));
        let resumed = left.is_some();
        let (header, checkpoints, counts) = match left {
            Some(left) => (left.header, left.checkpoints, left.counts),
            None => {
                let catalog = self.unless_cancelled(self.source.discover()).await??;
                let plan = self.unless_cancelled(self.source.plan(&catalog, &state, self.mode)).await??;
                check_plan(&plan, |name| catalog.get(name).is_some_and(|s| s.skipped.is_none()))?;
                let started = self.clock.now();
                let name = RunId::fresh(started);
                let header = RunHeader::new(name, org, self.mode, self.source.settings(), started, catalog, plan);
                (header, BTreeMap::new(), BTreeMap::new())
            }
        };
        run.start(&header).await?;
        self.observer.on(&Event::RunStarted {
            run: &header.run,
            mode: header.mode,
            resumed,
            streams: header.plan.streams.len(),
        });
        for (stream, reason) in header.catalog.skipped() {
            self.observer.on(&Event::Skipped { stream, reason });
        }

        let mut books = Books::open(&header.plan, &counts);
        let work: Vec<_> = header
            .plan
            .streams
            .iter()
            .flat_map(|s| &s.slices)
            .map(|slice| (slice, checkpoints.get(&(slice.stream.clone(), slice.part))))
            .filter(|(_, from)| !from.is_some_and(|checkpoint| checkpoint.done))
            .collect();
        books.announce(&self, &work);
        if let Err(stop) = self.read(&work, run.as_mut(), &mut books).await {
            return Err(match stop {
                Stop::Sink(error) => error,
                Stop::Elsewhere(error) => {
                    // What was read is worth keeping. Should that fail too, the first error is the one to tell.
                    let _ = run.flush().await;
                    error
                }
            });
        }
        self.publish(run, header, state, books, resumed).await
    }

    /// Whether an unfinished run is worth going on with.
    fn can_continue(&self, left: &Unfinished, org: &str) -> bool {
        left.header.org.id == org
            && left.header.settings == self.source.settings()
            && (self.mode == Mode::Incremental || left.header.mode == Mode::Complete)
    }

    /// Readers at one end of a short pipe, the sink at the other: who is faster waits.
    async fn read(
        &self,
        work: &[(&Slice, Option<&Checkpoint>)],
        run: &mut dyn SinkRun,
        books: &mut Books,
    ) -> Result<(), Stop> {
        let (pipe, mut messages) = mpsc::channel(1);
        let readers = async move {
            stream::iter(work)
                .for_each_concurrent(self.concurrency, |(slice, from)| read_slice(self.source, slice, *from, &pipe))
                .await;
            drop(pipe);
            Ok(())
        };
        let writer = async {
            let (mut rows, mut bytes, mut durable) = (0_u64, 0_u64, 0_u64);
            let mut cancelled = pin!(self.cancel.cancelled());
            loop {
                let message = match select(cancelled.as_mut(), pin!(messages.recv())).await {
                    Either::Left(_) => return Err(Stop::Elsewhere(cancelled_error())),
                    Either::Right((None, _)) => return Ok(()),
                    Either::Right((Some(message), _)) => message,
                };
                match message {
                    Message::Started(slice) => books.start(self, &slice.stream),
                    Message::Batch(batch) => {
                        let item = Item::of(&batch);
                        run.write(batch).await.map_err(Stop::Sink)?;
                        (rows, bytes) = (rows + item.counts.rows, bytes + item.counts.bytes);
                        books.count(self, item);
                    }
                    Message::Ended(slice, Ok(())) => books.end(self, &slice.stream, None),
                    Message::Ended(slice, Err(error)) => match error.fault().scope {
                        Scope::Run => return Err(Stop::Elsewhere(error)),
                        _ if error.kind() == ErrorKind::Unreadable => {
                            books.skip(self, &slice.stream, error.to_string());
                        }
                        Scope::Stream(_) | Scope::Record(..) => books.end(self, &slice.stream, Some(error.to_string())),
                    },
                }
                if rows >= self.flush_rows || bytes >= self.flush_bytes {
                    run.flush().await.map_err(Stop::Sink)?;
                    durable += rows;
                    (rows, bytes) = (0, 0);
                    self.observer.on(&Event::Flushed { rows: durable });
                }
            }
        };
        try_join(readers, writer).await.map(|_| ())
    }

    async fn publish(
        &self,
        run: Box<dyn SinkRun>,
        header: RunHeader,
        mut state: State,
        books: Books,
        resumed: bool,
    ) -> Result<RunReport> {
        let mut skipped: BTreeMap<_, _> =
            header.catalog.skipped().map(|(name, why)| (name.clone(), why.to_owned())).collect();
        let mut streams = BTreeMap::new();
        for (name, entry) in books.0 {
            match entry.skipped {
                Some(reason) => drop(skipped.insert(name, reason)),
                None => drop(streams.insert(name, entry.report)),
            }
        }
        for plan in header.plan.streams {
            if streams.get(&plan.stream).is_some_and(|report| report.failed.is_none()) {
                state.set(plan.stream, plan.then);
            }
        }
        let failed = streams.values().any(|report| report.failed.is_some());
        let mut report = RunReport {
            run: header.run,
            org: header.org,
            mode: header.mode,
            started: header.started,
            finished: self.clock.now(),
            outcome: if failed { Outcome::Partial } else { Outcome::Succeeded },
            resumed,
            streams,
            skipped,
            snapshot: None,
        };
        report.snapshot = Some(run.commit(&report, &state).await?.snapshot);
        Ok(report)
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        match select(pin!(self.cancel.cancelled()), pin!(work)).await {
            Either::Left(_) => Err(cancelled_error()),
            Either::Right((done, _)) => Ok(done),
        }
    }
}

impl<'a> IntoFuture for Run<'a> {
    type Output = Result<RunReport>;
    type IntoFuture = BoxFuture<'a, Result<RunReport>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.execute())
    }
}

/// Why reading stopped before its end. After an error of the sink it is not asked again.
enum Stop {
    Sink(Error),
    Elsewhere(Error),
}

enum Message<'a> {
    Started(&'a Slice),
    Batch(Batch),
    Ended(&'a Slice, Result<()>),
}

async fn read_slice<'a>(
    source: &dyn Source,
    slice: &'a Slice,
    from: Option<&Checkpoint>,
    pipe: &mpsc::Sender<Message<'a>>,
) {
    // Sending fails only when the writer is gone; then nobody waits for an answer.
    if pipe.send(Message::Started(slice)).await.is_err() {
        return;
    }
    let mut batches = source.read(slice, from);
    let mut done = false;
    let end = loop {
        match batches.next().await {
            None if done => break Ok(()),
            None => break Err(contract(slice, "ended before its last batch")),
            Some(Err(error)) => break Err(error),
            Some(Ok(batch)) if batch.stream != slice.stream || batch.checkpoint.part != slice.part => {
                break Err(contract(slice, "delivered a batch of something else"));
            }
            Some(Ok(batch)) => {
                done = batch.checkpoint.done;
                if pipe.send(Message::Batch(batch)).await.is_err() {
                    return;
                }
            }
        }
    };
    let _ = pipe.send(Message::Ended(slice, end)).await;
}

fn contract(slice: &Slice, what: &str) -> Error {
    Error::new(ErrorKind::Contract, format!("the source {what} of stream {}, part {}", slice.stream, slice.part))
        .scope(Scope::Stream(slice.stream.clone()))
}

fn cancelled_error() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was cancelled").advice("run again into the same sink to go on")
}

fn check_plan(plan: &Plan, is_selected: impl Fn(&str) -> bool) -> Result<()> {
    let (mut streams, mut slices) = (BTreeSet::new(), BTreeSet::new());
    for stream in &plan.streams {
        let fits = |slice: &Slice| slice.stream == stream.stream;
        if !streams.insert(&stream.stream)
            || !is_selected(stream.stream.as_str())
            || !stream.slices.iter().all(|s| fits(s) && slices.insert((&s.stream, s.part)))
        {
            return Err(Error::new(
                ErrorKind::Contract,
                format!("the source planned the stream {} twice, or without having it in its catalog", stream.stream),
            ));
        }
    }
    Ok(())
}
