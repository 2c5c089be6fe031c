use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use salesforce_http::{Clock, Error, ErrorKind, Result, SystemClock};

use super::StoreLock;

/// A file that one holder at a time has the lock of, among all processes. It stays, and is empty.
#[derive(Clone, Debug)]
pub(super) struct LockFile(Arc<Path>);

impl LockFile {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into().into())
    }

    /// Waits so long.
    pub(super) async fn lock(&self, patience: Duration) -> Result<StoreLock> {
        // Real time, whatever clock the logins have: it is another process that is waited for.
        let clock = SystemClock::new();
        loop {
            let file = self.clone();
            if let Some(file) = super::blocking(move || file.try_lock()).await? {
                return Ok(StoreLock::new(file));
            }
            if clock.elapsed() >= patience {
                let message = format!(
                    "another process has held the lock {} of the token store for {patience:?}: look whether it hangs",
                    self.0.display()
                );
                return Err(Error::new(ErrorKind::Busy, message));
            }
            clock.sleep(Duration::from_millis(25)).await;
        }
    }

    fn try_lock(&self) -> Result<Option<File>> {
        let failed = |error: std::io::Error| {
            let message = format!("the token store cannot be locked by the file {}", self.0.display());
            Error::new(ErrorKind::Config, message).with_source(error)
        };
        let file = private().create(true).truncate(false).open(&self.0).map_err(failed)?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(file)),
            Err(fs4::TryLockError::WouldBlock) => Ok(None),
            Err(fs4::TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// Opens a file to write, which only its owner can read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
