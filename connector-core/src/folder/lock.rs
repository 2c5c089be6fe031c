use std::fs::File;

use fs4::{FileExt, TryLockError};

use super::layout::Layout;
use crate::{Error, ErrorKind, Result};

/// Keeps other runs out of the folder. The system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    pub(super) fn take(layout: &Layout) -> Result<Self> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(layout.lock())
            .map_err(|e| layout.unwritable(e))?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::new(
                ErrorKind::Locked,
                format!("another run is at work in the folder {}", layout.root().display()),
            )
            .advice("wait until it is over, or choose another folder")),
            Err(TryLockError::Error(e)) => {
                Err(Error::storage(format!("locking the folder {}", layout.root().display()), e))
            }
        }
    }
}
