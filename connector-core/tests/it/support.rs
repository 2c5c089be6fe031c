use std::path::Path;

use connector_core::{
    FolderSink, Sink,
    folder::Backup,
    testing::{Folded, suite::Subject},
};

/// A folder that is a fresh place for a backup.
#[derive(Debug)]
pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn folder(&self) -> FolderSink {
        FolderSink::new(self.path())
    }
}

impl Subject for Place {
    fn sink(&self) -> Box<dyn Sink> {
        Box::new(self.folder())
    }

    fn folded(&self) -> Folded {
        let backup = Backup::open(self.path()).unwrap();
        let mut folded = Folded::new();
        for stream in backup.streams() {
            for operation in backup.fold(stream.as_str()).unwrap() {
                let operation = operation.unwrap();
                let twice = folded.insert((stream.clone(), operation.record().id.clone()), operation);
                assert_eq!(twice, None);
            }
        }
        folded
    }
}
