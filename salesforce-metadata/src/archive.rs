//! The files of a deploy or a retrieve, and the zip that they travel in.
//!
//! ```
//! use salesforce_metadata::archive::Archive;
//! use salesforce_metadata::{ApiVersion, Manifest};
//!
//! let manifest = Manifest::new(ApiVersion::V66).with("ApexClass", ["Ping"]);
//! let mut archive = Archive::of(&manifest)?;
//! archive.add("classes/Ping.cls", "public class Ping {}")?;
//! archive.add("classes/Ping.cls-meta.xml", "<ApexClass …")?;
//! let zip = archive.to_zip()?;
//! assert_eq!(zip, archive.to_zip()?, "the same files are the same zip");
//! assert!(archive.add("../evil", "").is_err());
//! # Ok::<(), salesforce_metadata::archive::ArchiveError>(())
//! ```

mod error;
mod folder;
mod path;
mod unpack;
mod zipped;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

pub use self::error::{ArchiveError, ArchiveErrorKind};
pub use self::path::EntryPath;
pub use self::unpack::{Unpacked, unpack};
use crate::Manifest;

/// The name of the manifest of a deploy.
pub const MANIFEST: &str = "package.xml";

/// The manifests of what a deploy deletes: before it adds (two names for that), and after.
pub const DESTRUCTIVE: [&str; 3] =
    ["destructiveChanges.xml", "destructiveChangesPre.xml", "destructiveChangesPost.xml"];

/// How much a zip may hold. A small zip can hold a great deal of zeros, so it is counted while it is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// How many files. An org takes 10,000 in one deploy, 35,000 for reviewed packages.
    pub files: usize,
    /// How many bytes they may have together, unpacked. An org takes 600 MB.
    pub bytes: u64,
}

impl Cap {
    /// What an org takes at most: 35,000 files, 600 MB.
    pub const OF_AN_ORG: Self = Self { files: 35_000, bytes: 629_145_600 };
}

impl Default for Cap {
    fn default() -> Self {
        Self::OF_AN_ORG
    }
}

/// Files by their paths, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    files: BTreeMap<EntryPath, Bytes>,
}

impl Archive {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A manifest, to which files are added.
    ///
    /// # Errors
    /// None; as [`add`](Self::add).
    pub fn of(manifest: &Manifest) -> Result<Self, ArchiveError> {
        let mut archive = Self::new();
        archive.add(MANIFEST, manifest.to_file())?;
        Ok(archive)
    }

    /// Adds a file.
    ///
    /// # Errors
    /// [`Path`](ArchiveErrorKind::Path) for a path that leads elsewhere, [`Twice`](ArchiveErrorKind::Twice) for one
    /// that is there.
    pub fn add(&mut self, path: &str, content: impl Into<Bytes>) -> Result<(), ArchiveError> {
        match self.files.entry(EntryPath::new(path)?) {
            Entry::Vacant(place) => {
                place.insert(content.into());
                Ok(())
            }
            Entry::Occupied(taken) => Err(ArchiveError::twice(taken.key().as_str())),
        }
    }

    /// Adds the manifest of what is deleted before anything is added.
    ///
    /// # Errors
    /// As [`delete_after`](Self::delete_after).
    pub fn delete_before(&mut self, deletions: &Manifest) -> Result<(), ArchiveError> {
        self.delete(DESTRUCTIVE[1], deletions)
    }

    /// Adds the manifest of what is deleted after everything was added.
    ///
    /// # Errors
    /// [`Wildcard`](ArchiveErrorKind::Wildcard) for a manifest with `*`: what is deleted has to be named.
    pub fn delete_after(&mut self, deletions: &Manifest) -> Result<(), ArchiveError> {
        self.delete(DESTRUCTIVE[2], deletions)
    }

    fn delete(&mut self, name: &str, deletions: &Manifest) -> Result<(), ArchiveError> {
        if deletions.has_wildcard() {
            return Err(ArchiveError::new(
                ArchiveErrorKind::Wildcard,
                "what is deleted has to be named, `*` is no name",
            ));
        }
        // This manifest takes no version of its own.
        let mut deletions = deletions.clone();
        deletions.version = None;
        self.add(name, deletions.to_file())
    }

    /// The content of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&EntryPath, &Bytes)> {
        self.files.iter()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
