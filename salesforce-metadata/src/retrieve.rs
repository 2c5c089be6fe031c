//! Retrieves: the files of components, in a zip.

mod fetch;
mod result;

use std::fmt;
use std::future::IntoFuture;
use std::path::PathBuf;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Look, Poll, Progress, Result};
use salesforce_types::RecordId;
use tokio::io::AsyncWriteExt;

pub use self::result::{RetrieveFailed, RetrieveMessage, RetrieveResult, RetrieveStatus};
use crate::archive::{Archive, Cap};
use crate::job::{AsyncResult, Tell, patient};
use crate::xml::Element;
use crate::{Client, FileProperties, Manifest};

/// Components that were retrieved.
#[derive(Clone)]
#[non_exhaustive]
pub struct Retrieved {
    /// The files, and what the org says of each.
    pub files: Vec<FileProperties>,
    /// What could not be retrieved, and why: components that are not there are no failure.
    pub messages: Vec<RetrieveMessage>,
    /// The zip.
    pub zip: Bytes,
}

/// Components that were retrieved into a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RetrievedFile {
    /// The files in the zip, and what the org says of each.
    pub files: Vec<FileProperties>,
    /// What could not be retrieved, and why.
    pub messages: Vec<RetrieveMessage>,
    /// How many bytes the zip has.
    pub bytes: u64,
}

impl Retrieved {
    /// The files in the zip.
    ///
    /// # Errors
    /// As [`Archive::from_zip`].
    pub fn archive(&self) -> Result<Archive> {
        Ok(Archive::from_zip(&self.zip, Cap::default())?)
    }
}

impl fmt::Debug for Retrieved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrieved")
            .field("files", &self.files.len())
            .field("messages", &self.messages)
            .field("zip", &format_args!("{} bytes", self.zip.len()))
            .finish()
    }
}

/// A retrieve; made by [`Client::retrieve`].
#[must_use = "nothing is sent until the retrieve is awaited"]
pub struct Retrieve<'c> {
    client: &'c Client,
    request: Element<'static>,
    unpackaged: Option<Manifest>,
    single_package: bool,
    poll: Poll,
    tell: Tell<'c, RetrieveStatus>,
}

impl Client {
    /// Retrieves the files of the components that a manifest names.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
    /// use salesforce_metadata::Manifest;
    ///
    /// let manifest = Manifest::new(client.api_version()).with("CustomObject", ["Account"]);
    /// let retrieved = client.retrieve(&manifest).await?;
    /// for (path, content) in retrieved.archive()?.files() {
    ///     println!("{path}: {} bytes", content.len());
    /// }
    /// // A large one goes to disk while it comes in.
    /// client.retrieve(&manifest).to_file("org.zip").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// An org gives at most 10,000 files and 39 MB of zip, and hands out the zip once: when it is lost on its way, the
    /// retrieve has to be made again.
    ///
    /// # Errors
    /// The org could not do it: kind [`Limit`](ErrorKind::Limit) for too many files, so that a smaller one may go well;
    /// [`RetrieveFailed`] is the source. What it does not have is no failure, see [`Retrieved::messages`].
    pub fn retrieve(&self, manifest: &Manifest) -> Retrieve<'_> {
        self.new_retrieve(Some(manifest.clone()))
    }

    /// Retrieves what is in packages of the org, each into a folder of its name.
    pub fn retrieve_packages<S: Into<String>>(&self, names: impl IntoIterator<Item = S>) -> Retrieve<'_> {
        let mut retrieve = self.new_retrieve(None);
        retrieve.single_package = false;
        for name in names {
            retrieve.request.push(Element::of_text("packageNames", name.into()));
        }
        retrieve
    }

    fn new_retrieve(&self, unpackaged: Option<Manifest>) -> Retrieve<'_> {
        Retrieve {
            client: self,
            request: Element::new("retrieveRequest").with("apiVersion", self.api_version().to_string()),
            unpackaged,
            single_package: true,
            poll: Poll::new(),
            tell: Tell::nobody(),
        }
    }

    /// How far a retrieve is. The zip stays where it is.
    ///
    /// # Errors
    /// There is no retrieve of that id.
    pub async fn retrieve_status(&self, id: RecordId) -> Result<RetrieveResult> {
        let operation = Element::new("checkRetrieveStatus").with("asyncProcessId", id.to_string());
        self.call(operation.with("includeZip", "false"), Effect::None).await?.result()
    }
}

impl<'c> Retrieve<'c> {
    /// Only these files of what the manifest names, by their paths in a zip.
    pub fn specific_files<S: Into<String>>(mut self, files: impl IntoIterator<Item = S>) -> Self {
        for file in files {
            self.request.push(Element::of_text("specificFiles", file.into()));
        }
        self
    }

    /// Puts the files into a folder `unpackaged`, as old tools expect it.
    pub fn in_folder(self) -> Self {
        Self { single_package: false, ..self }
    }

    /// How to wait.
    pub fn poll(self, poll: Poll) -> Self {
        Self { poll, ..self }
    }

    /// What to call while the org works.
    pub fn on_progress(self, tell: impl FnMut(Progress<'_, RetrieveStatus>) + Send + 'c) -> Self {
        Self { tell: Tell::to(tell), ..self }
    }

    /// Has the org begin and hands back the id of the retrieve. A retrieve changes nothing, so it is sent again when
    /// the answer is lost.
    ///
    /// # Errors
    /// It was refused.
    pub async fn start(self) -> Result<RecordId> {
        begin(self.client, self.element()).await
    }

    fn element(&self) -> Element<'static> {
        let request = self.request.clone().with("singlePackage", self.single_package.to_string());
        let unpackaged = self.unpackaged.iter().map(|manifest| manifest.to_element("unpackaged"));
        let mut request = unpackaged.fold(request, Element::with_child);
        // In the order of the service's description.
        request.sort_by_key(|child| child.name().to_owned());
        request
    }

    /// Retrieves into a file, which appears when the whole zip is in it. No more of it is in memory than a piece.
    ///
    /// # Errors
    /// As for [`Client::retrieve`], and when the file cannot be written.
    pub fn to_file(self, path: impl Into<PathBuf>) -> BoxFuture<'c, Result<RetrievedFile>> {
        Box::pin(self.into_file(path.into()))
    }

    async fn into_file(mut self, path: PathBuf) -> Result<RetrievedFile> {
        let partial = path.with_extension("zip.partial");
        let unwritable = |error: std::io::Error| {
            let message = format!("`{}` cannot be written", path.display());
            Error::new(ErrorKind::Other, message).with_source(error)
        };
        let id = self.finished().await?;
        let mut file = tokio::fs::File::create(&partial).await.map_err(unwritable)?;
        let fetched = fetch::fetch(self.client, id, &mut file).await;
        let written = async {
            file.flush().await?;
            file.sync_all().await
        };
        let outcome = match (fetched, written.await) {
            (Ok(fetched), Ok(())) => tokio::fs::rename(&partial, &path).await.map(|()| fetched).map_err(unwritable),
            (Err(error), _) => Err(error),
            (_, Err(error)) => Err(unwritable(error)),
        };
        if outcome.is_err() {
            // What is wrong was said; a rest that cannot be removed is named as what it is.
            let _ = tokio::fs::remove_file(&partial).await;
        }
        let (result, bytes) = outcome?;
        Ok(RetrievedFile { files: result.files, messages: result.messages, bytes })
    }

    async fn run(mut self) -> Result<Retrieved> {
        let id = self.finished().await?;
        let mut zip = Vec::new();
        let (result, _) = fetch::fetch(self.client, id, &mut zip).await?;
        Ok(Retrieved { files: result.files, messages: result.messages, zip: zip.into() })
    }

    /// Starts it and waits for its end.
    async fn finished(&mut self) -> Result<RecordId> {
        let client = self.client;
        let id = begin(client, self.element()).await?;
        let result = patient(client, self.poll, &mut self.tell, || async move {
            let result = client.retrieve_status(id).await?;
            Ok(match result.is_done() {
                true => Look::Done(result),
                false => Look::Running(result.status.unwrap_or(RetrieveStatus::Pending)),
            })
        })
        .await?;
        result.checked()?;
        Ok(id)
    }
}

async fn begin(client: &Client, request: Element<'static>) -> Result<RecordId> {
    let reply = client.call(Element::new("retrieve").with_child(request), Effect::None).await?;
    reply.result::<AsyncResult>()?.id(&reply)
}

impl<'c> IntoFuture for Retrieve<'c> {
    type Output = Result<Retrieved>;
    type IntoFuture = BoxFuture<'c, Result<Retrieved>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Retrieve<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrieve").field("unpackaged", &self.unpackaged).finish_non_exhaustive()
    }
}
