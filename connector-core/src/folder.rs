//! A sink that is a folder of plain files, and the reader of such a folder.
//!
//! ```text
//! backup.json                          says that this is such a folder
//! lock                                 held while a run is at work
//! manifest/0000000001.json             one published run; written once, never changed
//! seg/<run>/<stream>/<n>.jsonl.zst     one operation a line; written once, never changed
//! journal/<run>.jsonl                  how far a run came that is not published yet
//! ```
//!
//! A manifest names its segments with their SHA-256, holds the report and the state of all streams, and carries the
//! digest of the manifest before it. It appears at once or not at all, and nothing counts before it does. A crash
//! leaves segments that no manifest names, and a journal from which the next run goes on.
//!
//! ```no_run
//! use connector_core::folder::Backup;
//!
//! let backup = Backup::open("backup/acme")?;
//! for stream in backup.streams() {
//!     for latest in backup.fold(&stream)? {
//!         let latest = latest?;
//!         println!("{stream} {} deleted: {}", latest.record().id, latest.record().deleted);
//!     }
//! }
//! # Ok::<(), connector_core::Error>(())
//! ```

mod backup;
mod fold;
mod journal;
mod layout;
mod lock;
mod manifest;
mod segment;
mod session;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

pub use self::{
    backup::Backup,
    fold::Fold,
    manifest::{Manifest, StreamEntry},
    segment::{SegmentEntry, Versions},
};
use crate::{Begun, Result, Sink};

/// A [`Sink`] that is a folder. See the [module](self) for what is in it.
#[derive(Clone, Debug)]
pub struct FolderSink {
    path: PathBuf,
}

impl FolderSink {
    /// A folder that is there already with an earlier backup, or an empty one, or one that is yet to be made.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl Sink for FolderSink {
    async fn begin(&self) -> Result<Begun> {
        session::begin(self.path.clone()).await
    }
}
