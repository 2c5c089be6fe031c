use std::io;
use std::path::Path;

use futures_util::TryStreamExt;
use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::Record;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::digest::{Digests, Prints};
use super::{FileError, StoredFile, page, part, pause};
use crate::Client;

impl Client {
    /// Reads a file, checks it against what its record states, and takes it up again by itself when the connection
    /// breaks. Memory holds one piece of it.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, FileKind, RecordId, StoredFile};
    ///
    /// # async fn run(client: Client, id: RecordId) -> salesforce_rest::Result<()> {
    /// let file = StoredFile::new(FileKind::ContentVersion, id);
    /// let done = client.download(file).to_file("plan.pdf").await?; // or write_to(anything that is `AsyncWrite`)
    /// println!("{} bytes, MD5 verified: {}", done.bytes, done.md5.is_some());
    /// # Ok(()) }
    /// ```
    ///
    /// An org reads no `Range`: after a break the file is fetched from its beginning, and what was written already is
    /// compared by its digest and skipped. So a break costs one call, and the bytes before it once more.
    pub fn download(&self, file: StoredFile) -> Download<'_> {
        Download { client: self, file, tries: 5, sha256: false, verify: true }
    }
}

/// A file, not fetched yet; made by [`Client::download`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `write_to`, `resume` or `to_file`"]
pub struct Download<'c> {
    client: &'c Client,
    pub(super) file: StoredFile,
    tries: u32,
    sha256: bool,
    verify: bool,
}

/// A file that was written whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// How many bytes it has, with those of an earlier try.
    pub bytes: u64,
    /// Its MD5, which is the one that the record states; `None` when the record states none.
    pub md5: Option<[u8; 16]>,
    /// Its SHA-256, if it was asked for.
    pub sha256: Option<[u8; 32]>,
    /// How often the connection broke on the way.
    pub breaks: u32,
}

/// What was written so far.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) bytes: u64,
    pub(super) digests: Digests,
}

/// Why one try came to no good end.
enum Failed {
    /// The body ended before the file did.
    Broke(Error),
    Final(Error),
}

impl Download<'_> {
    /// How often the body is begun at most; 5 unless said. Each time is one call, and the connection may send a call
    /// more than once before its body begins.
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Computes the SHA-256 too, such as for a store that addresses files by their content.
    pub fn sha256(mut self) -> Self {
        self.sha256 = true;
        self
    }

    /// Checks neither length nor checksum: for records whose statement is known to be wrong.
    pub fn unverified(mut self) -> Self {
        self.verify = false;
        self
    }

    /// Writes the file to `out`, and flushes it.
    ///
    /// # Errors
    ///
    /// With a [`FileError`] as the source: the record is a link, length or checksum are not as stated, `out` took no
    /// more. `Connect` or `Timeout` when the body broke off in every try; others as the org has it. What was written is
    /// then the beginning of the file, but for a wrong checksum: [`resume`](Self::resume) goes on after it.
    pub async fn write_to(self, out: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<Downloaded> {
        self.resume(&mut tokio::io::empty(), out).await
    }

    /// Goes on after what an earlier download wrote, here or in another process: `written` is read to its end, and must
    /// be the beginning of the file; `out` gets the rest.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to); `Conflict` with [`FileError::Changed`] when the org sends other bytes than those
    /// that were written before.
    pub async fn resume(
        mut self,
        written: &mut (impl AsyncRead + Unpin + ?Sized),
        out: &mut (impl AsyncWrite + Unpin + ?Sized),
    ) -> Result<Downloaded> {
        self.look_up().await?;
        let kept = self.kept(written).await?;
        self.run(kept, out).await
    }

    /// Writes the file to this path: first to one beside it that ends in `.part`, which takes the name when all of it is
    /// verified and on the disk. What stood there is replaced. A part that an earlier process left is gone on with, if
    /// it is the beginning of the file, and else begun anew.
    ///
    /// One download at a time may write to a path.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to), and when the file cannot be made. The part stays, unless it is of no use.
    pub async fn to_file(mut self, path: impl AsRef<Path>) -> Result<Downloaded> {
        self.look_up().await?;
        part::download(&self, path.as_ref()).await
    }

    /// Reads the record when nothing is known of its file.
    async fn look_up(&mut self) -> Result<()> {
        if !self.verify || self.file.length().is_some() {
            return Ok(());
        }
        let row: Record = self.client.send(self.file.look_up()).await?.json()?;
        self.file = self.file.clone().with_row(&row)?;
        match self.file.length() {
            Some(_) => Ok(()),
            None => Err(Error::new(
                ErrorKind::Decode,
                "the record does not state how long its file is: may the user see the field? `unverified` does without",
            )
            .with_call(self.call())),
        }
    }

    pub(super) fn call(&self) -> String {
        self.file.request().call()
    }

    fn length(&self) -> Option<u64> {
        self.file.length().filter(|_| self.verify)
    }

    fn md5(&self) -> Option<[u8; 16]> {
        self.file.md5().filter(|_| self.verify)
    }

    /// Digests what was written before.
    pub(super) async fn kept(&self, written: &mut (impl AsyncRead + Unpin + ?Sized)) -> Result<Kept> {
        let mut kept = Kept { bytes: 0, digests: Digests::new(self.md5().is_some(), self.sha256) };
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match written.read(&mut buffer).await {
                Ok(0) => return Ok(kept),
                Ok(read) => {
                    kept.bytes += read as u64;
                    kept.digests.update(buffer.get(..read).unwrap_or_default());
                }
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Other,
                        format!("what was written before cannot be read: {error}"),
                    )
                    .with_call(self.call())
                    .with_source(error));
                }
            }
        }
    }

    pub(super) async fn run(&self, mut kept: Kept, out: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<Downloaded> {
        if let Some(stated) = self.length().filter(|&stated| kept.bytes > stated) {
            return Err(FileError::Length { stated, received: kept.bytes }.error(&self.call()));
        }
        let mut breaks = 0;
        // All is there and its MD5 is right: nothing is left to ask for.
        let prints = kept.digests.prints();
        let mut whole = Some(kept.bytes) == self.length() && self.md5().is_some() && prints.md5 == self.md5();
        while !whole {
            match self.once(&mut kept, out).await {
                Ok(()) => whole = true,
                Err(Failed::Final(error)) => return Err(error),
                Err(Failed::Broke(error)) => {
                    breaks += 1;
                    if breaks >= self.tries {
                        return Err(error);
                    }
                    self.client.connection().clock().sleep(pause(breaks)).await;
                }
            }
        }
        let unwritten =
            |error: io::Error| FileError::Write { written: kept.bytes, cause: error.kind() }.error(&self.call());
        out.flush().await.map_err(unwritten)?;
        let Prints { md5, sha256, .. } = kept.digests.prints();
        if md5 != self.md5() {
            return Err(FileError::Checksum.error(&self.call()));
        }
        Ok(Downloaded { bytes: kept.bytes, md5, sha256, breaks })
    }

    /// Fetches the file once, from its beginning, and writes what is new.
    async fn once(&self, kept: &mut Kept, out: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<(), Failed> {
        let wrong = |problem: FileError| Failed::Final(problem.error(&self.call()));
        let mut body = self.client.connection().open(self.file.request()).await.map_err(Failed::Final)?;
        let before = kept.bytes;
        let (mut seen, mut skipped) = (kept.digests.anew(), 0);
        let first = page::unless_page(&mut body, self.length()).await.map_err(Failed::Broke)?;
        let mut next = first.ok_or_else(|| Failed::Broke(FileError::Page.error(&self.call())))?;
        while let Some(mut piece) = next {
            if skipped < before {
                let known = usize::try_from(before - skipped).map_or(piece.len(), |left| left.min(piece.len()));
                seen.update(&piece.split_to(known));
                skipped += known as u64;
                if skipped == before && seen.prints() != kept.digests.prints() {
                    return Err(wrong(FileError::Changed { written: before }));
                }
            }
            let after = kept.bytes + piece.len() as u64;
            if let Some(stated) = self.length().filter(|&stated| after > stated) {
                return Err(wrong(FileError::Length { stated, received: after }));
            }
            while !piece.is_empty() {
                let failed = |cause| wrong(FileError::Write { written: kept.bytes, cause });
                let taken = match out.write(&piece).await {
                    Ok(taken) if (1..=piece.len()).contains(&taken) => piece.split_to(taken),
                    Ok(_) => return Err(failed(io::ErrorKind::WriteZero)),
                    Err(error) => return Err(failed(error.kind())),
                };
                kept.digests.update(&taken);
                kept.bytes += taken.len() as u64;
            }
            next = body.try_next().await.map_err(Failed::Broke)?;
        }
        if skipped < before {
            return Err(Failed::Broke(FileError::Changed { written: before }.error(&self.call())));
        }
        match self.length() {
            Some(stated) if kept.bytes < stated => {
                Err(Failed::Broke(FileError::Length { stated, received: kept.bytes }.error(&self.call())))
            }
            _ => Ok(()),
        }
    }
}
