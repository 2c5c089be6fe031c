use std::{collections::BTreeMap, fs, io};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{
    layout::{Layout, create_only, hex},
    segment::SegmentEntry,
};
use crate::{Catalog, Error, ErrorKind, Identity, Mode, Result, RunId, RunReport, State, StreamName};

/// One published run: what a reader of the folder goes by. It is written once and never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Its number; each run has the next one.
    pub seq: u64,
    /// The digest of the manifest before it.
    pub previous: Option<String>,
    /// The run that it publishes.
    pub run: RunId,
    /// The org that was read.
    pub org: Identity,
    /// What each stream of the run holds.
    pub streams: BTreeMap<StreamName, StreamEntry>,
    /// The files of the run.
    pub segments: Vec<SegmentEntry>,
    /// Where the run left every stream.
    pub state: State,
    /// What the run did.
    pub report: RunReport,
    /// What the org had.
    pub catalog: Catalog,
}

/// What a run holds of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamEntry {
    /// All of it, or what had changed.
    pub mode: Mode,
    /// It was read to its end.
    pub done: bool,
}

impl StreamEntry {
    pub(super) const fn new(mode: Mode, done: bool) -> Self {
        Self { mode, done }
    }

    /// Nothing before this run counts for the stream any more.
    #[must_use]
    pub fn is_base(&self) -> bool {
        self.done && self.mode == Mode::Complete
    }
}

/// The file: the manifest as text, and the digest of that text.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    sha256: String,
    #[serde(borrow)]
    manifest: &'a RawValue,
}

/// The numbers of all manifests, ascending.
pub(super) fn numbers(layout: &Layout) -> Result<Vec<u64>> {
    let dir = layout.manifests();
    let listing = |e| Error::storage(format!("reading the folder {}", dir.display()), e);
    let entries = match fs::read_dir(&dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(listing)?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(listing)?.file_name();
        if let Some(number) = name.to_str().and_then(|n| n.strip_suffix(".json")).and_then(|n| n.parse().ok()) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Reads one manifest and its digest.
pub(super) fn load(layout: &Layout, seq: u64) -> Result<(Manifest, String)> {
    let path = layout.manifest(seq);
    let damaged = |how: &str| {
        Error::new(ErrorKind::Corrupt, format!("the manifest {} is damaged: {how}", path.display()))
            .advice("put it back from a copy, or make a complete backup into a new folder; nothing was overwritten")
    };
    let text = match fs::read(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(damaged("it is missing")),
        text => text.map_err(|e| Error::storage(format!("reading {}", path.display()), e))?,
    };
    let sealed: Sealed<'_> = serde_json::from_slice(&text).map_err(|e| damaged("it is no manifest").caused_by(e))?;
    if hex(&Sha256::digest(sealed.manifest.get().as_bytes())) != sealed.sha256 {
        return Err(damaged("its SHA-256 is not the one it says"));
    }
    let manifest: Manifest = serde_json::from_str(sealed.manifest.get())
        .map_err(|e| damaged("it was written by a version that this one does not understand").caused_by(e))?;
    if manifest.seq != seq {
        return Err(damaged("it is another one"));
    }
    Ok((manifest, sealed.sha256))
}

/// Creates the manifest. From then on the run is published.
pub(super) fn publish(layout: &Layout, manifest: &Manifest) -> Result<()> {
    let unsayable =
        |e: serde_json::Error| Error::new(ErrorKind::Contract, "a manifest cannot be written as JSON").caused_by(e);
    let text = serde_json::value::to_raw_value(manifest).map_err(unsayable)?;
    let sealed = Sealed { sha256: hex(&Sha256::digest(text.get().as_bytes())), manifest: &text };
    let text = serde_json::to_vec(&sealed).map_err(unsayable)?;
    create_only(&layout.manifest(manifest.seq), &text).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => Error::new(
            ErrorKind::Locked,
            format!("another run published manifest {} into {} first", manifest.seq, layout.root().display()),
        )
        .advice("run again"),
        _ => layout.unwritable(e),
    })
}
