use std::{collections::BTreeSet, path::PathBuf};

use super::{
    fold::Fold,
    layout::Layout,
    manifest::{self, Manifest},
    segment::{SegmentEntry, Versions, verify},
};
use crate::{Error, ErrorKind, Operation, Result, State, StreamName};

/// A reader of a backup folder. It sees published runs only, and needs no lock.
///
/// Its calls wait for the disk; in async code, call them where waiting is allowed (`spawn_blocking`).
#[derive(Debug)]
pub struct Backup {
    layout: Layout,
    manifests: Vec<Manifest>,
}

impl Backup {
    /// Reads all manifests of the folder, and checks their digests and that each carries the digest of the one before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Foreign`] when the folder is no backup; [`ErrorKind::Corrupt`] when a manifest is missing or
    /// damaged.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let layout = Layout::existing(path.into())?;
        let mut manifests: Vec<Manifest> = Vec::new();
        let mut last = None;
        for (seq, expected) in manifest::numbers(&layout)?.into_iter().zip(1..) {
            if seq != expected {
                manifest::load(&layout, expected)?;
            }
            let (manifest, digest) = manifest::load(&layout, seq)?;
            if manifest.previous != last {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("manifest {seq} of {} does not follow the one before it", layout.root().display()),
                )
                .advice("put the manifests back from a copy; nothing was overwritten"));
            }
            last = Some(digest);
            manifests.push(manifest);
        }
        Ok(Self { layout, manifests })
    }

    /// The published runs, oldest first.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Where the last published run left every stream.
    #[must_use]
    pub fn state(&self) -> State {
        self.manifests.last().map(|m| m.state.clone()).unwrap_or_default()
    }

    /// The streams that any run has read.
    #[must_use]
    pub fn streams(&self) -> BTreeSet<StreamName> {
        self.manifests.iter().flat_map(|m| m.streams.keys().cloned()).collect()
    }

    /// Every version of a stream that counts: of its last complete reading and of all runs after it, in the order in
    /// which they were written. The same version may be there more than once.
    pub fn versions<'a, S: AsRef<str>>(&'a self, stream: S) -> impl Iterator<Item = Result<Operation>> + use<'a, S> {
        let segments: Vec<_> = self.segments(stream.as_ref()).map(|(_, entry)| entry).collect();
        segments.into_iter().flat_map(|entry| -> Box<dyn Iterator<Item = _>> {
            match Versions::open(&self.layout, entry) {
                Ok(versions) => Box::new(versions),
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        })
    }

    /// The latest version of every id of a stream, tombstones included. Holds an id and a few numbers for each row in
    /// memory.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`] when a segment is missing or damaged.
    pub fn fold(&self, stream: impl AsRef<str>) -> Result<Fold<'_>> {
        Fold::new(self, stream.as_ref())
    }

    /// Compares every segment of every run with its digest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`] when one is missing or damaged.
    pub fn verify(&self) -> Result<()> {
        self.manifests.iter().flat_map(|m| &m.segments).try_for_each(|entry| verify(&self.layout, entry))
    }

    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The segments that count for a stream, each with the number of its manifest.
    pub(super) fn segments<'a, 's>(
        &'a self,
        stream: &'s str,
    ) -> impl Iterator<Item = (u64, &'a SegmentEntry)> + use<'a, 's> {
        let base = self.manifests.iter().rposition(|m| m.streams.get(stream).is_some_and(|s| s.is_base()));
        self.manifests
            .iter()
            .skip(base.unwrap_or(0))
            .flat_map(|m| m.segments.iter().map(|entry| (m.seq, entry)))
            .filter(move |(_, entry)| entry.stream == *stream)
    }
}
