use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Result};
use tokio::fs::{self, File};
use tokio::io::AsyncRead;

pub(super) type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// The bytes of a file that is to be uploaded. It can be read more than once: an upload that breaks before its end
/// begins anew.
#[derive(Clone)]
pub struct FileSource {
    length: u64,
    open: Arc<dyn Fn() -> BoxFuture<'static, io::Result<Reader>> + Send + Sync>,
}

impl FileSource {
    /// Bytes at hand.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes: Bytes = bytes.into();
        Self::made(bytes.len() as u64, move || std::future::ready(Ok(io::Cursor::new(bytes.clone()))))
    }

    /// A file on this machine, as long as it is now. It is opened when the upload begins.
    ///
    /// # Errors
    ///
    /// `Invalid` when it is not there, is no file, or cannot be looked at.
    pub async fn path(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let invalid = |why: &dyn fmt::Display| {
            Error::new(ErrorKind::Invalid, format!("`{}` cannot be uploaded: {why}", path.display()))
        };
        let facts = fs::metadata(&path).await.map_err(|error| invalid(&error).with_source(error))?;
        if !facts.is_file() {
            return Err(invalid(&"it is no file"));
        }
        Ok(Self::made(facts.len(), move || File::open(path.clone())))
    }

    /// What `open` opens: anything that can be read from its beginning again, such as an object in a store, or a reader
    /// that is sought back. It must give `length` bytes each time.
    #[must_use]
    pub fn made<R, F>(length: u64, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        R: AsyncRead + Send + 'static,
        F: Future<Output = io::Result<R>> + Send + 'static,
    {
        let open = move || -> BoxFuture<'static, io::Result<Reader>> {
            let opening = open();
            Box::pin(async move { Ok(Box::pin(opening.await?) as Reader) })
        };
        Self { length, open: Arc::new(open) }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    pub(super) async fn open(&self) -> io::Result<Reader> {
        (self.open)().await
    }
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileSource({} bytes)", self.length)
    }
}
