use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::layout::{Layout, hex};
use crate::{Batch, Counts, Error, ErrorKind, Evidence, Operation, RawJson, Record, Result, Stamp, StreamName};

/// One file of operations, as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SegmentEntry {
    /// Whose operations.
    pub stream: StreamName,
    /// Where, seen from the folder.
    pub path: String,
    /// What is in it.
    pub counts: Counts,
    /// Its size as a file.
    pub size: u64,
    /// The digest of the file, in hexadecimal digits.
    pub sha256: String,
}

/// A line of a segment, but for the row, which is copied as it is.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    version: Stamp,
    /// There when the row is gone.
    #[serde(default)]
    deleted: Option<Evidence>,
    #[serde(borrow)]
    row: &'a RawValue,
}

/// Writes one segment.
pub(super) struct SegmentWriter {
    stream: StreamName,
    path: String,
    counts: Counts,
    encoder: zstd::Encoder<'static, Digesting<File>>,
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SegmentWriter {
    /// Begins a file that was not there.
    pub(super) fn create(layout: &Layout, stream: StreamName, path: String) -> Result<Self> {
        let begin = || {
            let place = layout.root().join(&path);
            if let Some(dir) = place.parent() {
                super::layout::make_dir(layout.root(), dir)?;
            }
            let file = File::options().write(true).create_new(true).open(&place)?;
            zstd::Encoder::new(Digesting::new(file), 3)
        };
        let encoder = begin().map_err(|e| layout.unwritable(e))?;
        Ok(Self { stream, path, counts: Counts::default(), encoder })
    }

    /// Adds the operations of a batch. `line` is a buffer to use again.
    pub(super) fn write(&mut self, batch: &Batch, line: &mut Vec<u8>) -> io::Result<()> {
        for operation in &batch.operations {
            line.clear();
            write_line(line, operation)?;
            self.encoder.write_all(line)?;
        }
        self.counts.add(Counts::new(batch.operations.len() as u64, batch.deleted(), batch.bytes()));
        Ok(())
    }

    /// Ends the file and makes its content durable; its name is not yet.
    pub(super) fn seal(self) -> io::Result<SegmentEntry> {
        let Digesting { inner, hash, size } = self.encoder.finish()?;
        inner.sync_all()?;
        Ok(SegmentEntry {
            stream: self.stream,
            path: self.path,
            counts: self.counts,
            size,
            sha256: hex(&hash.finalize()),
        })
    }
}

fn write_line(line: &mut Vec<u8>, operation: &Operation) -> io::Result<()> {
    let record = operation.record();
    line.extend_from_slice(b"{\"id\":");
    serde_json::to_writer(&mut *line, &record.id)?;
    write!(line, ",\"version\":\"{}\"", record.version)?;
    if let Some(evidence) = operation.evidence() {
        line.extend_from_slice(b",\"deleted\":");
        serde_json::to_writer(&mut *line, evidence)?;
    }
    line.extend_from_slice(b",\"row\":");
    let row = record.fields.as_bytes();
    // Inside a string JSON has no bare line end, so one here is white space between two tokens.
    line.extend(row.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    line.extend_from_slice(b"}\n");
    Ok(())
}

/// Hashes and counts what passes.
struct Digesting<T> {
    inner: T,
    hash: Sha256,
    size: u64,
}

impl<T> Digesting<T> {
    fn new(inner: T) -> Self {
        Self { inner, hash: Sha256::new(), size: 0 }
    }

    fn note(&mut self, passed: &[u8]) {
        self.hash.update(passed);
        self.size = self.size.saturating_add(passed.len() as u64);
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Compares a file with its entry in the manifest.
pub(super) fn verify(layout: &Layout, entry: &SegmentEntry) -> Result<()> {
    let path = layout.confined(&entry.path)?;
    let read = || -> io::Result<_> {
        let mut file = File::open(&path)?;
        let (mut digest, mut piece) = (Digesting::new(()), vec![0; 64 << 10]);
        loop {
            match file.read(&mut piece)? {
                0 => return Ok((digest.size, hex(&digest.hash.finalize()))),
                read => digest.note(piece.get(..read).unwrap_or(&piece)),
            }
        }
    };
    match read() {
        Ok((size, sha256)) if size == entry.size && sha256 == entry.sha256 => Ok(()),
        Ok(_) => Err(damaged(&path, "its SHA-256 is not the one in the manifest")),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(damaged(&path, "it is missing")),
        Err(e) => Err(Error::storage(format!("reading {}", path.display()), e)),
    }
}

fn damaged(path: &Path, how: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the segment {} is damaged: {how}", path.display()))
        .advice("put it back from a copy, or make a complete backup into a new folder; nothing was overwritten")
}

/// The operations of one segment, in the order in which they were written. Made by
/// [`Backup::versions`](super::Backup::versions).
pub struct Versions {
    path: std::path::PathBuf,
    lines: BufReader<zstd::Decoder<'static, BufReader<File>>>,
    left: u64,
}

impl std::fmt::Debug for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Versions").field("path", &self.path).field("left", &self.left).finish_non_exhaustive()
    }
}

impl Versions {
    /// Opens a segment after a look at its digest, so that what is decoded is what was written.
    pub(super) fn open(layout: &Layout, entry: &SegmentEntry) -> Result<Self> {
        verify(layout, entry)?;
        let path = layout.confined(&entry.path)?;
        let open = || Ok(BufReader::with_capacity(256 << 10, zstd::Decoder::new(File::open(&path)?)?));
        let lines = open().map_err(|e: io::Error| Error::storage(format!("reading {}", path.display()), e))?;
        Ok(Self { path, lines, left: entry.counts.rows })
    }

    fn read(&mut self) -> Result<Option<Operation>> {
        let mut text = Vec::with_capacity(1024);
        let read = self.lines.read_until(b'\n', &mut text);
        match read.map_err(|e| damaged(&self.path, "it does not decompress").caused_by(e))? {
            0 if self.left == 0 => return Ok(None),
            0 => return Err(damaged(&self.path, "it has fewer rows than the manifest says")),
            _ => self.left = self.left.saturating_sub(1),
        }
        let text = Bytes::from(text);
        let line: Line<'_> =
            serde_json::from_slice(&text).map_err(|e| damaged(&self.path, "a line is no operation").caused_by(e))?;
        let record = Record::new(line.id, line.version, RawJson::slice_of(&text, line.row));
        Ok(Some(match line.deleted {
            Some(evidence) => Operation::delete(record, evidence),
            None => Operation::Upsert(record),
        }))
    }
}

impl Iterator for Versions {
    type Item = Result<Operation>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
