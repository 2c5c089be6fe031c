use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;

use super::{
    journal::{Flush, Journal, Left},
    layout::{Layout, sync_dir},
    lock::Lock,
    manifest::{self, Manifest, StreamEntry},
    segment::{SegmentEntry, SegmentWriter},
};
use crate::{
    Batch, Begun, Checkpoint, Error, ErrorKind, Published, Result, RunHeader, RunReport, SinkRun, SliceKey, State,
    StreamName,
};

/// Opens the folder for one run.
pub(super) async fn begin(root: PathBuf) -> Result<Begun> {
    blocking(move || {
        let layout = Layout::prepare(root)?;
        let lock = Lock::take(&layout)?;
        layout.claim()?;
        let last = match manifest::numbers(&layout)?.last() {
            Some(seq) => Some(manifest::load(&layout, *seq)?),
            None => None,
        };
        let mut session =
            Session { layout, _lock: lock, next: 1, previous: None, left: Vec::new(), torn: Vec::new(), run: None };
        let (mut org, mut state) = (None, State::default());
        if let Some((manifest, digest)) = last {
            session.remove_journal_of(&manifest)?;
            session.next = manifest.seq.saturating_add(1);
            session.previous = Some(digest);
            (org, state) = (Some(manifest.org), manifest.state);
        }
        session.find_unfinished()?;
        let unfinished = session.left.last().map(Left::unfinished);
        let org = org.or_else(|| Some(unfinished.as_ref()?.header.org.clone()));
        Ok(Begun { run: Box::new(FolderRun(Some(session))), org, state, unfinished })
    })
    .await
}

/// A run into the folder. Everything that touches files happens on a thread that may wait.
#[derive(Debug)]
struct FolderRun(Option<Session>);

impl FolderRun {
    async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let mut session = self.0.take().ok_or_else(|| {
            Error::new(ErrorKind::Contract, "the run into the folder is over, because a call failed or was dropped")
        })?;
        let (session, done) = blocking(move || {
            let done = work(&mut session)?;
            Ok((session, done))
        })
        .await?;
        self.0 = Some(session);
        Ok(done)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(e) => Err(Error::new(ErrorKind::Storage, "the thread that writes to the folder died").caused_by(e)),
    }
}

#[async_trait]
impl SinkRun for FolderRun {
    async fn start(&mut self, header: &RunHeader) -> Result<()> {
        let header = header.clone();
        self.with(move |session| session.start(header)).await
    }

    async fn write(&mut self, batch: Batch) -> Result<()> {
        self.with(move |session| session.write(batch)).await
    }

    async fn flush(&mut self) -> Result<Vec<(StreamName, Checkpoint)>> {
        self.with(Session::flush).await
    }

    async fn commit(mut self: Box<Self>, report: &RunReport, state: &State) -> Result<Published> {
        let (report, state) = (report.clone(), state.clone());
        self.with(move |session| session.commit(report, state)).await
    }

    async fn abort(mut self: Box<Self>) -> Result<()> {
        self.with(Session::abort).await
    }
}

#[derive(Debug)]
struct Session {
    layout: Layout,
    _lock: Lock,
    /// The number of the next manifest.
    next: u64,
    /// The digest of the last one.
    previous: Option<String>,
    /// Journals of runs that were not published, oldest first.
    left: Vec<Left>,
    /// Journals that a crash tore before their first line was whole.
    torn: Vec<PathBuf>,
    run: Option<Started>,
}

/// The run after `start`.
#[derive(Debug)]
struct Started {
    header: RunHeader,
    journal: Journal,
    /// Segments that are durable.
    segments: Vec<SegmentEntry>,
    /// Segments that are being written.
    open: BTreeMap<StreamName, SegmentWriter>,
    /// What becomes durable with them.
    checkpoints: BTreeMap<SliceKey, Checkpoint>,
    /// The number of the next segment, counted over all streams.
    number: u64,
    /// A buffer to use again.
    line: Vec<u8>,
}

impl Session {
    /// A crash right after publishing leaves the journal of a run that is published.
    fn remove_journal_of(&self, manifest: &Manifest) -> Result<()> {
        self.remove(&self.layout.journal(manifest.run.as_str()))
    }

    fn find_unfinished(&mut self) -> Result<()> {
        let dir = self.layout.journals();
        let listing = |e| Error::storage(format!("reading the folder {}", dir.display()), e);
        let mut paths = Vec::new();
        for entry in fs::read_dir(&dir).map_err(listing)? {
            let path = entry.map_err(listing)?.path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            match Left::read(&self.layout, &path)? {
                Some(left) => self.left.push(left),
                None => self.torn.push(path),
            }
        }
        Ok(())
    }

    fn start(&mut self, header: RunHeader) -> Result<()> {
        let goes_on = self.left.pop_if(|left| left.header.run == header.run);
        for left in std::mem::take(&mut self.left) {
            self.forget(&left.header, &left.path)?;
        }
        for torn in std::mem::take(&mut self.torn) {
            self.remove(&torn)?;
        }
        let (journal, segments) = match goes_on {
            Some(left) => {
                let journal = Journal::reopen(&self.layout, &left)?;
                self.remove_strays(&header, &left.segments)?;
                (journal, left.segments)
            }
            None => (Journal::create(&self.layout, &header)?, Vec::new()),
        };
        let number = segments.len() as u64 + 1;
        let (open, checkpoints) = (BTreeMap::new(), BTreeMap::new());
        self.run = Some(Started { header, journal, segments, open, checkpoints, number, line: Vec::new() });
        Ok(())
    }

    /// Removes the files that a crash left without a line in the journal, so that their names are free again.
    fn remove_strays(&self, header: &RunHeader, segments: &[SegmentEntry]) -> Result<()> {
        let known: BTreeSet<_> = segments.iter().map(|s| self.layout.root().join(&s.path)).collect();
        let dir = self.layout.segments_of(header.run.as_str());
        let remove = || -> io::Result<()> {
            for stream in fs::read_dir(&dir)? {
                for file in fs::read_dir(stream?.path())? {
                    let path = file?.path();
                    if !known.contains(&path) {
                        fs::remove_file(path)?;
                    }
                }
            }
            Ok(())
        };
        match remove() {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.layout.unwritable(e)),
            _ => Ok(()),
        }
    }

    fn write(&mut self, batch: Batch) -> Result<()> {
        let run = self.run.as_mut().ok_or_else(not_started)?;
        if !batch.operations.is_empty() {
            let segment = match run.open.entry(batch.stream.clone()) {
                std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
                std::collections::btree_map::Entry::Vacant(none) => {
                    let path = Layout::segment(run.header.run.as_str(), batch.stream.as_str(), run.number);
                    run.number += 1;
                    none.insert(SegmentWriter::create(&self.layout, batch.stream.clone(), path)?)
                }
            };
            segment.write(&batch, &mut run.line).map_err(|e| self.layout.unwritable(e))?;
        }
        run.checkpoints.insert((batch.stream, batch.checkpoint.part), batch.checkpoint);
        Ok(())
    }

    /// First the segments, then the line that says so: a checkpoint is never ahead of its rows.
    fn flush(&mut self) -> Result<Vec<(StreamName, Checkpoint)>> {
        let run = self.run.as_mut().ok_or_else(not_started)?;
        let mut flush = Flush::default();
        for (_, segment) in std::mem::take(&mut run.open) {
            flush.segments.push(segment.seal().map_err(|e| self.layout.unwritable(e))?);
        }
        let dirs: BTreeSet<_> = flush.segments.iter().filter_map(|s| Path::new(&s.path).parent()).collect();
        for dir in dirs {
            sync_dir(&self.layout.root().join(dir)).map_err(|e| self.layout.unwritable(e))?;
        }
        flush.checkpoints = std::mem::take(&mut run.checkpoints).into_iter().map(|((s, _), c)| (s, c)).collect();
        if !flush.checkpoints.is_empty() {
            run.journal.add(&self.layout, &flush)?;
        }
        run.segments.extend(flush.segments);
        Ok(flush.checkpoints)
    }

    fn commit(&mut self, report: RunReport, state: State) -> Result<Published> {
        self.flush()?;
        let run = self.run.take().ok_or_else(not_started)?;
        let entry = |name: &StreamName| report.streams.get(name).is_some_and(|r| r.failed.is_none());
        let streams = run.header.plan.streams.iter();
        let manifest = Manifest {
            seq: self.next,
            previous: self.previous.clone(),
            run: run.header.run,
            org: run.header.org,
            streams: streams.map(|s| (s.stream.clone(), StreamEntry::new(s.mode, entry(&s.stream)))).collect(),
            segments: run.segments,
            state,
            report,
            catalog: run.header.catalog,
        };
        manifest::publish(&self.layout, &manifest)?;
        // The run is published. Should its journal stay, the next run removes it.
        let _ = self.remove_journal_of(&manifest);
        Ok(Published::new(format!("{:010}", manifest.seq)))
    }

    fn abort(&mut self) -> Result<()> {
        match self.run.take() {
            Some(run) => {
                drop((run.open, run.journal));
                self.forget(&run.header, &self.layout.journal(run.header.run.as_str()))
            }
            None => Ok(()),
        }
    }

    /// Removes a run that will not be published: first its rows, then the journal, so that a crash in between is done
    /// again.
    fn forget(&self, header: &RunHeader, journal: &Path) -> Result<()> {
        match fs::remove_dir_all(self.layout.segments_of(header.run.as_str())) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.layout.unwritable(e)),
            _ => self.remove(journal),
        }
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(self.layout.unwritable(e)),
            _ => Ok(()),
        }
    }
}

fn not_started() -> Error {
    Error::new(ErrorKind::Contract, "the run into the folder was not started")
}
