use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};

use crate::{
    Batch, Catalog, CheckReport, Checkpoint, Error, ErrorKind, Evidence, Identity, Key, Mode, Operation, Plan, RawJson,
    Record, Replication, Result, Scope, Slice, Source, Stamp, State, StreamInfo, StreamName, StreamPlan, StreamState,
    Window,
};

/// An org in memory, whose clock moves by a second with every change. Clones are the same org.
#[derive(Clone, Debug)]
pub struct MemorySource(Arc<Mutex<Org>>);

#[derive(Debug)]
struct Org {
    identity: Identity,
    now: Stamp,
    page: usize,
    settings: String,
    streams: BTreeMap<StreamName, BTreeMap<Box<str>, Record>>,
    skipped: BTreeMap<StreamName, String>,
    /// The next reading of the stream fails after so many batches.
    faults: BTreeMap<StreamName, (usize, ErrorKind, bool)>,
    reads: u64,
}

impl MemorySource {
    /// An empty org of that id.
    #[must_use]
    pub fn new(org: &str) -> Self {
        Self(Arc::new(Mutex::new(Org {
            identity: Identity::new(org),
            now: Stamp::from_millis(1_700_000_000_000),
            page: 2,
            settings: String::new(),
            streams: BTreeMap::new(),
            skipped: BTreeMap::new(),
            faults: BTreeMap::new(),
            reads: 0,
        })))
    }

    fn org(&self) -> MutexGuard<'_, Org> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds or changes a row. `row` is JSON; what is none is kept as a JSON string.
    pub fn put(&self, stream: &str, id: &str, row: &str) {
        let fields = RawJson::parse_text(row.to_owned()).unwrap_or_else(|_| RawJson::from(&serde_json::json!(row)));
        let org = &mut *self.org();
        org.now = org.now.plus(Duration::from_secs(1));
        let record = Record::new(id, org.now, fields);
        org.streams.entry(stream.into()).or_default().insert(id.into(), record);
    }

    /// Marks a row as deleted.
    pub fn delete(&self, stream: &str, id: &str) {
        let org = &mut *self.org();
        org.now = org.now.plus(Duration::from_secs(1));
        if let Some(record) = org.streams.get_mut(stream).and_then(|rows| rows.get_mut(id)) {
            (record.deleted, record.version) = (true, org.now);
        }
    }

    /// Names a stream that cannot be read.
    pub fn skip(&self, stream: &str, reason: &str) {
        self.org().skipped.insert(stream.into(), reason.into());
    }

    /// How many rows a batch has; 2 at first.
    pub fn page(&self, rows: usize) {
        self.org().page = rows.max(1);
    }

    /// Other settings, so that an unfinished run is not continued.
    pub fn set_settings(&self, settings: &str) {
        self.org().settings = settings.into();
    }

    /// The next reading of the stream fails after that many batches; the whole run with it, or the stream only.
    pub fn fail_after(&self, stream: &str, batches: usize, kind: ErrorKind, whole_run: bool) {
        self.org().faults.insert(stream.into(), (batches, kind, whole_run));
    }

    /// How many rows have been delivered so far, over all readings.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.org().reads
    }

    /// What a sink should hold of it.
    #[must_use]
    pub fn folded(&self) -> super::Folded {
        let org = self.org();
        let rows = org.streams.iter().flat_map(|(stream, rows)| rows.values().map(move |row| (stream, row)));
        rows.map(|(stream, row)| ((stream.clone(), row.id.clone()), operation(row))).collect()
    }

    /// One page behind `after`, and whether there is more.
    fn page_of(&self, slice: &Slice, at: &Checkpoint, batches: usize) -> Result<Batch> {
        let org = &mut *self.org();
        if let Some((_, kind, whole_run)) =
            org.faults.get(&slice.stream).filter(|(after, ..)| *after == batches).copied()
        {
            org.faults.remove(&slice.stream);
            let error = Error::new(kind, format!("the source failed while {} was read", slice.stream));
            return Err(if whole_run { error } else { error.scope(Scope::Stream(slice.stream.clone())) });
        }
        let inside = |version: Stamp| {
            slice.window.lo.is_none_or(|lo| version >= lo) && slice.window.hi.is_none_or(|hi| version < hi)
        };
        let mut rows: Vec<_> = org.streams.get(&slice.stream).into_iter().flat_map(|rows| rows.values()).collect();
        rows.retain(|row| slice.mode == Mode::Complete || inside(row.version));
        let key = |row: &Record| Key::new((slice.mode == Mode::Incremental).then_some(row.version), row.id.clone());
        rows.sort_by_key(|row| key(row));
        let total = rows.len() as u64;
        rows.retain(|row| at.after.as_ref().is_none_or(|after| key(row) > *after));
        let done = rows.len() <= org.page;
        rows.truncate(org.page);
        org.reads += rows.len() as u64;
        let last = rows.last().map(|row| key(row)).or_else(|| at.after.clone());
        let operations = rows.into_iter().map(operation).collect();
        let checkpoint = Checkpoint::start(slice).after(last).done(done);
        Ok(Batch::new(slice.stream.clone(), operations, checkpoint).total(Some(total)))
    }
}

fn operation(row: &Record) -> Operation {
    if row.deleted { Operation::delete(row.clone(), Evidence::Flag) } else { Operation::Upsert(row.clone()) }
}

#[async_trait]
impl Source for MemorySource {
    async fn check(&self) -> Result<CheckReport> {
        Ok(CheckReport::new(self.org().identity.clone()))
    }

    async fn discover(&self) -> Result<Catalog> {
        let org = self.org();
        let read = org.streams.iter().filter(|(name, _)| !org.skipped.contains_key(*name)).map(|(name, rows)| {
            StreamInfo::new(name.clone(), Replication::Watermark)
                .key("version")
                .approx_rows(u64::try_from(rows.len()).ok())
        });
        let skipped = org.skipped.iter().map(|(name, reason)| StreamInfo::skipped(name.clone(), reason.clone()));
        Catalog::new(read.chain(skipped).collect())
    }

    async fn plan(&self, catalog: &Catalog, state: &State, mode: Mode) -> Result<Plan> {
        let hi = self.org().now.plus(Duration::from_millis(1));
        let streams = catalog.selected().map(|info| {
            let (mode, lo, last_complete) = match state.get(info.name.as_str()) {
                StreamState::Watermark { hi, last_complete, .. } if mode == Mode::Incremental => {
                    (mode, Some(hi.minus(Duration::from_secs(1))), *last_complete)
                }
                _ => (Mode::Complete, None, Some(hi)),
            };
            let then = StreamState::Watermark { hi, key: "version".into(), last_complete, schema: None };
            StreamPlan::single(info.name.clone(), mode, Window::new(lo, Some(hi)), serde_json::Value::Null, then)
                .approx_rows(info.approx_rows)
        });
        Ok(Plan::new(streams.collect()))
    }

    fn read<'a>(&'a self, slice: &'a Slice, from: Option<&'a Checkpoint>) -> BoxStream<'a, Result<Batch>> {
        let at = from.cloned().unwrap_or_else(|| Checkpoint::start(slice));
        stream::try_unfold((at, 0), move |(at, batches)| async move {
            if at.done {
                return Ok(None);
            }
            let batch = self.page_of(slice, &at, batches)?;
            let next = batch.checkpoint.clone();
            Ok(Some((batch, (next, batches + 1))))
        })
        .boxed()
    }

    fn settings(&self) -> String {
        self.org().settings.clone()
    }
}
