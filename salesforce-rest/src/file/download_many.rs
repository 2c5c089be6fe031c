use std::fmt;
use std::path::PathBuf;

use futures_core::Stream;
use futures_util::StreamExt;
use salesforce_http::{Error, ErrorKind, Result};

use super::under_way::UnderWay;
use super::{CONCURRENCY, Download, Downloaded, StoredFile};
use crate::Client;

impl Client {
    /// Downloads any number of files, each to a path of its own as [`Download::to_file`] does, several at once.
    ///
    /// ```no_run
    /// use futures_util::{StreamExt, stream};
    /// use salesforce_rest::{Client, Record, StoredFile};
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let soql = "SELECT Id, ContentSize, Checksum FROM ContentVersion WHERE ContentLocation = 'S'";
    /// let rows = client.query::<Record>(soql).all().await?;
    /// let files = rows.iter().map(StoredFile::of).collect::<salesforce_rest::Result<Vec<_>>>()?;
    /// let files = stream::iter(files).map(|file| { let path = format!("files/{}", file.id()); (file, path) });
    /// let mut outcomes = client.download_many(files).concurrency(8).each(|download| download.sha256()).stream();
    /// while let Some(outcome) = outcomes.next().await {
    ///     match outcome.result {
    ///         Ok(done) => println!("{}: {} bytes", outcome.path.display(), done.bytes),
    ///         Err(error) => println!("{}: {error}", outcome.path.display()),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Files are taken from the stream as places become free, so that memory is bounded, by some 4 MB for each place,
    /// and a slow consumer slows the downloads. A file that fails stops no other: whoever sees that none can come, such
    /// as when the disk is full or the org's calls are used up, drops the stream. What is under way then stays as a
    /// part, which the next download to that path goes on with.
    pub fn download_many<F>(&self, files: F) -> DownloadMany<'_, F> {
        DownloadMany { client: self, files, concurrency: CONCURRENCY, each: |download| download }
    }
}

/// Many files, not fetched yet; made by [`Client::download_many`].
#[must_use = "nothing is sent until outcomes are taken from `stream`"]
pub struct DownloadMany<'c, F> {
    client: &'c Client,
    files: F,
    concurrency: usize,
    each: fn(Download<'c>) -> Download<'c>,
}

/// What became of one file among many.
#[derive(Debug)]
#[non_exhaustive]
pub struct DownloadOutcome {
    /// Which of the files given it is, counted from 0.
    pub position: usize,
    /// The file.
    pub file: StoredFile,
    /// Where it was to go.
    pub path: PathBuf,
    /// What its download says.
    pub result: Result<Downloaded>,
}

impl<'c, F> DownloadMany<'c, F> {
    /// How many files are under way at once; 4 unless said. The connection may have a smaller limit.
    pub fn concurrency(mut self, files: usize) -> Self {
        self.concurrency = files.max(1);
        self
    }

    /// Sets the options of each download.
    pub fn each(mut self, options: fn(Download<'c>) -> Download<'c>) -> Self {
        self.each = options;
        self
    }

    /// What became of each file, once, as soon as it is known: not in the order of the files.
    pub fn stream<P>(self) -> impl Stream<Item = DownloadOutcome> + Send + Unpin + 'c
    where
        F: Stream<Item = (StoredFile, P)> + Send + 'c,
        P: Into<PathBuf> + Send,
    {
        let Self { client, files, concurrency, each } = self;
        // Two downloads to one path would make a file of neither.
        let under_way = UnderWay::default();
        let downloads = files.enumerate().map(move |(position, (file, path))| {
            let (path, under_way) = (path.into(), under_way.clone());
            async move {
                let download = each(client.download(file.clone()));
                let result = match under_way.enter(path.clone()) {
                    Some(_place) => download.to_file(&path).await,
                    None => Err(taken(&download)),
                };
                DownloadOutcome { position, file, path, result }
            }
        });
        downloads.buffer_unordered(concurrency).boxed()
    }
}

fn taken(download: &Download<'_>) -> Error {
    let message = "another file is being written to the same path: give each one of its own";
    Error::new(ErrorKind::Invalid, message).with_call(download.call())
}

impl<F> fmt::Debug for DownloadMany<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadMany").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}
