use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    layout::{Layout, sync_dir},
    segment::SegmentEntry,
};
use crate::{Checkpoint, Counts, Error, Result, RunHeader, SliceKey, StreamName, Unfinished};

/// Notes how far a run came: its header, then a line for each flush. A line counts when it is whole.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

/// One flush: these segments are durable, and so everything before these checkpoints.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Flush {
    pub(super) segments: Vec<SegmentEntry>,
    pub(super) checkpoints: Vec<(StreamName, Checkpoint)>,
}

/// A journal as an earlier process left it.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) path: PathBuf,
    pub(super) header: RunHeader,
    pub(super) segments: Vec<SegmentEntry>,
    pub(super) checkpoints: BTreeMap<SliceKey, Checkpoint>,
    /// How much of the file is whole.
    length: u64,
}

impl Journal {
    /// Begins the journal of a new run.
    pub(super) fn create(layout: &Layout, header: &RunHeader) -> Result<Self> {
        let begin = || {
            let file = File::options().append(true).create_new(true).open(layout.journal(header.run.as_str()))?;
            let mut journal = Self { file };
            journal.line(header)?;
            sync_dir(&layout.journals())?;
            Ok(journal)
        };
        begin().map_err(|e| layout.unwritable(e))
    }

    /// Goes on with a journal behind its last whole line.
    pub(super) fn reopen(layout: &Layout, left: &Left) -> Result<Self> {
        let reopen = || {
            let file = File::options().append(true).open(&left.path)?;
            file.set_len(left.length)?;
            file.sync_all()?;
            Ok(Self { file })
        };
        reopen().map_err(|e| layout.unwritable(e))
    }

    /// Adds a flush, and makes it durable.
    pub(super) fn add(&mut self, layout: &Layout, flush: &Flush) -> Result<()> {
        self.line(flush).map_err(|e| layout.unwritable(e))
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_all()
    }
}

impl Left {
    /// Reads a journal as far as it is whole. `None` when not even its header is: then nothing was written for it.
    pub(super) fn read(layout: &Layout, path: &Path) -> Result<Option<Self>> {
        let text = fs::read(path).map_err(|e| Error::storage(format!("reading {}", path.display()), e))?;
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let Some((first, header)) = lines.next().and_then(|l| Some((l, serde_json::from_slice(l).ok()?))) else {
            return Ok(None);
        };
        let mut left = Self {
            path: path.to_owned(),
            header,
            segments: Vec::new(),
            checkpoints: BTreeMap::new(),
            length: first.len() as u64,
        };
        for line in lines {
            // What a crash of the machine tore, or a later version wrote, is read again from the source.
            let Ok(flush) = serde_json::from_slice::<Flush>(line) else { break };
            if !flush.segments.iter().all(|segment| is_there(layout, segment)) {
                break;
            }
            left.length += line.len() as u64;
            left.segments.extend(flush.segments);
            left.checkpoints.extend(flush.checkpoints.into_iter().map(|(s, c)| ((s, c.part), c)));
        }
        Ok(Some(left))
    }

    pub(super) fn unfinished(&self) -> Unfinished {
        let mut counts: BTreeMap<StreamName, Counts> = BTreeMap::new();
        for segment in &self.segments {
            counts.entry(segment.stream.clone()).or_default().add(segment.counts);
        }
        Unfinished::new(self.header.clone(), self.checkpoints.clone(), counts)
    }
}

fn is_there(layout: &Layout, segment: &SegmentEntry) -> bool {
    layout
        .confined(&segment.path)
        .ok()
        .and_then(|path| fs::metadata(path).ok())
        .is_some_and(|found| found.is_file() && found.len() == segment.size)
}
