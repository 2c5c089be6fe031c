use std::fmt;

use futures_core::Stream;
use futures_util::StreamExt;
use salesforce_http::{Error, ErrorKind, Result};

use super::under_way::UnderWay;
use super::{CONCURRENCY, FileSource, NewFile, Upload, Uploaded};
use crate::Client;

impl Client {
    /// Uploads any number of files, each as [`upload`](Self::upload) does, several at once.
    ///
    /// ```no_run
    /// use futures_util::{StreamExt, stream};
    /// use salesforce_rest::{Client, FileSource, NewFile, RecordId};
    ///
    /// # async fn run(client: Client, account: RecordId, names: Vec<String>) -> salesforce_rest::Result<()> {
    /// let files = stream::iter(names).filter_map(async |name| {
    ///     let source = FileSource::path(&name).await.ok()?;
    ///     Some((NewFile::attachment(account, name), source))
    /// });
    /// let mut outcomes = client.upload_many(files).concurrency(8).stream();
    /// while let Some(outcome) = outcomes.next().await {
    ///     match outcome.result {
    ///         Ok(done) => println!("file {} is {}", outcome.position, done.id),
    ///         Err(error) => println!("file {}: {error}", outcome.position),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Files are taken from the stream as places become free, so that memory is bounded, by some 1 MB for each place. A
    /// file that fails stops no other. When the stream of outcomes is dropped, the uploads under way are dropped, and
    /// nobody learns what became of them.
    ///
    /// Two versions of one ContentDocument are never under way at once, since the org numbers them as they come: the
    /// second one is refused with `Invalid`, and not sent. Upload the versions of a document one after the other.
    pub fn upload_many<F>(&self, files: F) -> UploadMany<'_, F> {
        UploadMany { client: self, files, concurrency: CONCURRENCY, each: |upload| upload }
    }
}

/// Many files, not uploaded yet; made by [`Client::upload_many`].
#[must_use = "nothing is sent until outcomes are taken from `stream`"]
pub struct UploadMany<'c, F> {
    client: &'c Client,
    files: F,
    concurrency: usize,
    each: fn(Upload<'c>) -> Upload<'c>,
}

/// What became of one upload among many.
#[derive(Debug)]
#[non_exhaustive]
pub struct UploadOutcome {
    /// Which of the files given it is, counted from 0.
    pub position: usize,
    /// What its upload says. Where it is `OutcomeUnknown`, the source is a [`LostUpload`](crate::LostUpload).
    pub result: Result<Uploaded>,
}

impl<'c, F> UploadMany<'c, F> {
    /// How many files are under way at once; 4 unless said. The connection may have a smaller limit.
    pub fn concurrency(mut self, files: usize) -> Self {
        self.concurrency = files.max(1);
        self
    }

    /// Sets the options of each upload.
    pub fn each(mut self, options: fn(Upload<'c>) -> Upload<'c>) -> Self {
        self.each = options;
        self
    }

    /// What became of each file, once, as soon as it is known: not in the order of the files.
    pub fn stream(self) -> impl Stream<Item = UploadOutcome> + Send + Unpin + 'c
    where
        F: Stream<Item = (NewFile, FileSource)> + Send + 'c,
    {
        let Self { client, files, concurrency, each } = self;
        let under_way = UnderWay::default();
        let uploads = files.enumerate().map(move |(position, (file, source))| {
            let under_way = under_way.clone();
            async move {
                let document = file.document_id();
                let place = document.map(|document| under_way.enter(document));
                let result = match place {
                    Some(None) => Err(taken()),
                    None | Some(Some(_)) => each(client.upload(file, source)).await,
                };
                UploadOutcome { position, result }
            }
        });
        uploads.buffer_unordered(concurrency).boxed()
    }
}

fn taken() -> Error {
    let message =
        "nothing was sent: another version of the same document is being uploaded; send them one after the other";
    Error::new(ErrorKind::Invalid, message).with_call("POST sobjects/ContentVersion")
}

impl<F> fmt::Debug for UploadMany<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadMany").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}
