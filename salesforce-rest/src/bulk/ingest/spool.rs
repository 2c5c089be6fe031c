//! The rows of one job in a file, so that an upload can be sent again and results can be joined with little memory.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use salesforce_http::transport::{TransportError, TransportErrorKind};
use salesforce_http::{Body, BodyStream, Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

/// How much is read or written at once.
pub(super) const PIECE: usize = 128 * 1024;

/// A file that is being written.
pub(super) struct Sink {
    file: NamedTempFile,
    digest: Sha256,
    bytes: u64,
}

/// The text of one job, whole.
#[derive(Clone, Debug)]
pub(super) struct Spool {
    path: PathBuf,
    /// Removes the file when nobody needs it any more; not where the caller named the folder.
    _guard: Option<Arc<TempPath>>,
    pub(super) bytes: u64,
    pub(super) digest: Box<str>,
}

impl Sink {
    pub(super) async fn create(folder: Option<PathBuf>) -> Result<Self> {
        blocking(move || {
            let mut builder = tempfile::Builder::new();
            let builder = builder.prefix("salesforce-ingest-").suffix(".csv");
            let file = match folder {
                Some(folder) => builder.tempfile_in(folder),
                None => builder.tempfile(),
            };
            Ok(Self { file: file?, digest: Sha256::new(), bytes: 0 })
        })
        .await
    }

    /// Writes what is there, and gives the buffer back empty.
    pub(super) async fn write(mut self, mut buffer: Vec<u8>) -> Result<(Self, Vec<u8>)> {
        blocking(move || {
            self.file.write_all(&buffer)?;
            self.digest.update(&buffer);
            self.bytes += buffer.len() as u64;
            buffer.clear();
            Ok((self, buffer))
        })
        .await
    }

    pub(super) async fn finish(self, keep: bool) -> Result<Spool> {
        blocking(move || {
            self.file.as_file().sync_all()?;
            let (path, guard) = match keep {
                true => (self.file.into_temp_path().keep()?, None),
                false => {
                    let path = self.file.into_temp_path();
                    (path.to_path_buf(), Some(Arc::new(path)))
                }
            };
            Ok(Spool { path, _guard: guard, bytes: self.bytes, digest: hex(self.digest) })
        })
        .await
    }
}

impl Spool {
    /// The file of an earlier process.
    pub(super) fn of(path: PathBuf, bytes: u64, digest: Box<str>) -> Self {
        Self { path, _guard: None, bytes, digest }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The text as the body of a call; it is read while it is sent, and anew for each try.
    pub(super) fn body(&self) -> Body {
        let spool = self.clone();
        Body::made(self.bytes, move || {
            let spool = spool.clone();
            let pieces = stream::try_unfold(None, move |pieces: Option<Pieces>| {
                let spool = spool.clone();
                async move {
                    let pieces = match pieces {
                        Some(pieces) => pieces,
                        None => Pieces::open(spool.path).await?,
                    };
                    Ok::<_, Error>(pieces.next().await?.map(|(piece, pieces)| (piece, Some(pieces))))
                }
            });
            let broken = |error: Error| TransportError::new(TransportErrorKind::Broken).with_source(error);
            BodyStream::new(futures_util::TryStreamExt::map_err(pieces, broken))
        })
    }

    /// What the file has now.
    pub(super) async fn measure(&self) -> Result<(u64, Box<str>)> {
        let path = self.path.clone();
        blocking(move || {
            let (mut file, mut digest, mut bytes) = (File::open(path)?, Sha256::new(), 0);
            let mut buffer = vec![0; PIECE];
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok((bytes, hex(digest))),
                    read => {
                        digest.update(&buffer[..read]);
                        bytes += read as u64;
                    }
                }
            }
        })
        .await
    }

    pub(super) async fn remove(&self) -> Result<()> {
        let path = self.path.clone();
        blocking(move || match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }
}

/// A file that is read piece by piece.
#[derive(Debug)]
pub(super) struct Pieces(File);

impl Pieces {
    pub(super) async fn open(path: PathBuf) -> Result<Self> {
        blocking(move || File::open(path).map(Self)).await
    }

    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    pub(super) async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        blocking(move || {
            let mut piece = BytesMut::zeroed(PIECE);
            let read = self.0.read(&mut piece)?;
            piece.truncate(read);
            Ok((read > 0).then(|| (piece.freeze(), self)))
        })
        .await
    }
}

/// Does what may wait for a disk, where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let failed = |what: &str| Error::new(ErrorKind::Other, format!("the file with the rows of a job {what}"));
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| failed("was left when the runtime ended"))?;
    done.map_err(|error| failed(&format!("cannot be used: {error}")).with_source(error))
}

fn hex(digest: Sha256) -> Box<str> {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
