use std::error::Error as _;
use std::future::IntoFuture;
use std::time::Duration;

use futures_util::future::BoxFuture;
use salesforce_http::{Body, Error, ErrorKind, Request, Response, Result};
use salesforce_types::{FieldName, Record, RecordId, Value};

use super::sending::{self, Sent};
use super::{FileError, FileKind, FileSource, LostUpload, NewFile, StoredFile, envelope, hexadecimal, pause};
use crate::sobject::{answered, created};
use crate::{Client, SaveResult, Unknown};

impl Client {
    /// Uploads a file: creates its record with its bytes, which are read and sent piece by piece.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, FileSource, NewFile, RecordId};
    ///
    /// # async fn run(client: Client, account: RecordId) -> salesforce_rest::Result<()> {
    /// let plan = NewFile::content_version("plan.pdf").with("FirstPublishLocationId", account);
    /// let done = client.upload(plan, FileSource::path("plan.pdf").await?).await?;
    /// done.verify(&client).await?; // one more call: the org states the same length and MD5
    /// # Ok(()) }
    /// ```
    ///
    /// An upload is a create, and never sent twice unless the org surely did not run it. When the connection breaks
    /// before the last piece was handed to it, the org cannot have the whole body, and the upload begins anew. When it
    /// breaks after that, the error is `OutcomeUnknown`, with a [`LostUpload`] as its source that has the query to ask.
    pub fn upload(&self, file: NewFile, source: FileSource) -> Upload<'_> {
        Upload {
            client: self,
            file,
            source,
            way: UploadWay::Multipart,
            tries: 5,
            most: None,
            time_limit: Duration::from_secs(24 * 60 * 60),
            settle_by: Vec::new(),
        }
    }
}

/// How the bytes of a file are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UploadWay {
    /// As they are, beside the row. The way of every upload unless [`Upload::base64`] asks for the other one: it takes
    /// files of any size that an org does, and a quarter fewer bytes than base64.
    Multipart,
    /// As base64 in the row's JSON, which an org reads up to 37.5 million characters of: 28,125,000 bytes.
    Base64,
}

/// A file, not uploaded yet; made by [`Client::upload`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until the upload is awaited"]
pub struct Upload<'c> {
    client: &'c Client,
    file: NewFile,
    source: FileSource,
    way: UploadWay,
    tries: u32,
    most: Option<u64>,
    time_limit: Duration,
    settle_by: Vec<String>,
}

/// A file that the org took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// The object.
    pub kind: FileKind,
    /// The record. Of a ContentVersion, its `ContentDocumentId` has to be asked for.
    pub id: RecordId,
    /// How many bytes were sent.
    pub bytes: u64,
    /// Their MD5.
    pub md5: [u8; 16],
    /// How they were sent.
    pub way: UploadWay,
    /// How often the connection broke on the way.
    pub breaks: u32,
}

impl Upload<'_> {
    /// Sends the bytes as base64 in JSON: for a proxy in between that lets no multipart pass. Only for files up to
    /// 28,125,000 bytes.
    pub fn base64(mut self) -> Self {
        self.way = UploadWay::Base64;
        self
    }

    /// How often the file is begun at most; 5 times unless said. Each time may be one call.
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// The most bytes that the org takes, where it was given another limit than usual: 2 GiB for a ContentVersion, 25
    /// MiB for an Attachment, 5 MiB for a Document or a StaticResource. A larger file is not sent.
    pub fn most_bytes(mut self, bytes: u64) -> Self {
        self.most = Some(bytes);
        self
    }

    /// How long the upload may take, all tries together; 24 hours unless said. Silence on the wire ends a try earlier.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Further fields by which the record can be found when its outcome is unknown. An identical file that was there
    /// before is found by the usual ones too; a field with a value of its own for each upload tells them apart.
    pub fn settle_by<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Self {
        self.settle_by = fields.into_iter().map(str::to_owned).collect();
        self
    }

    async fn run(self) -> Result<Uploaded> {
        let path = format!("sobjects/{}", self.file.kind());
        let call = Request::post(&path).call();
        let (bytes, most) = (self.source.length(), self.most.unwrap_or(self.file.kind().most()));
        let length = envelope::length(bytes, self.way).filter(|_| bytes <= most);
        let length =
            length.ok_or_else(|| FileError::TooLarge { bytes, most: most.min(self.way.most()) }.error(&call))?;
        let keys = self.settle_by.iter().map(|field| field.parse()).collect::<Result<Vec<FieldName>, _>>();
        let keys = keys.map_err(|invalid| {
            Error::new(ErrorKind::Invalid, format!("nothing was sent: {invalid}")).with_call(&call)
        })?;
        let envelope = envelope::Envelope::new(&self.file, self.way).map_err(|error| error.with_call(&call))?;
        let sent = Sent::default();
        let body: Body = sending::body(self.source.clone(), envelope.clone(), self.way, length, sent.clone());
        let clock = self.client.connection().clock();
        let (began, mut breaks) = (clock.elapsed(), 0);
        loop {
            let left = self.time_limit.saturating_sub(clock.elapsed().saturating_sub(began));
            let request = Request::post(&path).body(&envelope.content_type, body.clone()).time_limit(left);
            let answer = self.client.send(request).await;
            let error = match (answer.and_then(|answer| taken(&answer)), sent.end()) {
                (_, Some(Err(problem))) => return Err(problem.error(&call)),
                (Ok(id), Some(Ok(md5))) => {
                    return Ok(Uploaded { kind: self.file.kind(), id, bytes, md5, way: self.way, breaks });
                }
                (Ok(id), None) => {
                    let message = format!("the org says that it made {id}, and was not sent all of its bytes");
                    return Err(Error::new(ErrorKind::OutcomeUnknown, message).with_call(&call));
                }
                (Err(error), Some(Ok(md5))) if error.outcome_unknown() => return Err(self.lost(error, md5, &keys)),
                (Err(error), None) if error.outcome_unknown() => error,
                (Err(error), _) => return Err(error),
            };
            breaks += 1;
            let pause = pause(breaks);
            if breaks >= self.tries || clock.elapsed().saturating_sub(began) + pause >= self.time_limit {
                return Err(broken(&error, breaks).with_call(&call));
            }
            clock.sleep(pause).await;
        }
    }

    /// All of it was sent, and nobody knows whether the org made the record.
    fn lost(&self, error: Error, md5: [u8; 16], settle_by: &[FieldName]) -> Error {
        let kind = self.file.kind();
        let mut keys: Vec<(Box<str>, Value)> = vec![match kind.checksum() {
            Some(field) => (field.into(), hexadecimal(md5).into()),
            None => (kind.lengths()[0].into(), number(self.source.length())),
        }];
        keys.extend(self.file.keys());
        keys.extend(settle_by.iter().map(|field| {
            let field = field.as_str();
            (field.into(), self.file.row().get(field).cloned().unwrap_or_default())
        }));
        let unknown = Unknown::new(Some(kind.object()), keys, error.clone());
        error.with_source(LostUpload::new(unknown))
    }
}

fn number(bytes: u64) -> Value {
    i64::try_from(bytes).map_or(Value::Null, Value::from)
}

/// The id of the record that was made.
fn taken(answer: &Response) -> Result<RecordId> {
    let result: SaveResult = answered(answer)?;
    created(&result).map_err(|error| error.with_call(answer.call()))
}

/// The connection broke before the whole file was sent. What the pipeline says of it is that the outcome is unknown,
/// since it does not look into bodies.
fn broken(error: &Error, breaks: u32) -> Error {
    let why = error.source().map(|source| format!(" ({source})")).unwrap_or_default();
    let message = format!(
        "the call ended before the whole file was sent, {breaks} times{why}; the org has none of it: try again later"
    );
    Error::new(ErrorKind::Connect, message)
}

impl UploadWay {
    /// The most bytes of a file that is sent so.
    fn most(self) -> u64 {
        match self {
            Self::Multipart => u64::MAX,
            Self::Base64 => envelope::MOST_IN_JSON,
        }
    }
}

impl Uploaded {
    /// The file in the org, with the length and the MD5 that were sent: a download compares with those.
    #[must_use]
    pub fn stored(&self) -> StoredFile {
        StoredFile::new(self.kind, self.id).with_length(self.bytes).with_md5(self.md5)
    }

    /// Reads the record, and compares what it states with what was sent: the length, and the MD5 of a ContentVersion.
    /// What it states is given back; [`md5`](StoredFile::md5) says whether there was one to compare.
    ///
    /// # Errors
    ///
    /// `Conflict` with [`FileError::NotAsSent`] when they differ, and when the record does not state the length; others
    /// as of any read.
    pub async fn verify(&self, client: &Client) -> Result<StoredFile> {
        let file = StoredFile::new(self.kind, self.id);
        let request = file.look_up();
        let call = request.call();
        let row: Record = client.send(request).await?.json()?;
        let file = file.with_row(&row)?;
        if file.length() != Some(self.bytes) || file.md5().is_some_and(|md5| md5 != self.md5) {
            return Err(FileError::NotAsSent { sent: self.bytes, stated: file.length() }.error(&call));
        }
        Ok(file)
    }
}

impl<'c> IntoFuture for Upload<'c> {
    type Output = Result<Uploaded>;
    type IntoFuture = BoxFuture<'c, Result<Uploaded>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
