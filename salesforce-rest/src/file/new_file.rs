use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{Record, RecordId, Value};

use super::FileKind;

/// The record of a file that is to be uploaded: all of it but the bytes.
///
/// ```
/// use salesforce_rest::{FileKind, NewFile, RecordId};
///
/// # fn run(account: RecordId) {
/// // A file at a record; the org makes its ContentDocument and the link.
/// let plan = NewFile::content_version("plan.pdf").with("Title", "Plan").with("FirstPublishLocationId", account);
/// assert_eq!(plan.kind(), FileKind::ContentVersion);
/// # }
/// ```
///
/// For a restore: a document is made by its first version, and further versions are uploaded one after the other, the
/// oldest first, since the org numbers them as they come.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    kind: FileKind,
    row: Record,
}

impl NewFile {
    /// A new file: the first version of a ContentDocument, which the org makes with it. The title is the name in the
    /// path unless it is given; `FirstPublishLocationId` links the file to a record or puts it into a library.
    #[must_use]
    pub fn content_version(path_on_client: impl Into<Value>) -> Self {
        Self::empty(FileKind::ContentVersion).with("PathOnClient", path_on_client)
    }

    /// A further version of a file. The bytes of a version that is there cannot be changed.
    #[must_use]
    pub fn version_of(document: RecordId, path_on_client: impl Into<Value>) -> Self {
        Self::content_version(path_on_client).with("ContentDocumentId", document)
    }

    /// An attachment of old of this record.
    #[must_use]
    pub fn attachment(parent: RecordId, name: impl Into<Value>) -> Self {
        Self::empty(FileKind::Attachment).with("ParentId", parent).with("Name", name)
    }

    /// A document of old in this folder.
    #[must_use]
    pub fn document(folder: RecordId, name: impl Into<Value>) -> Self {
        Self::empty(FileKind::Document).with("FolderId", folder).with("Name", name)
    }

    /// A static resource, such as of the type `image/png`.
    #[must_use]
    pub fn static_resource(name: impl Into<Value>, content_type: impl Into<Value>) -> Self {
        Self::empty(FileKind::StaticResource).with("Name", name).with("ContentType", content_type)
    }

    /// A file with this row, such as from a backup. It must not have the field of the bytes, nor fields that only the
    /// org may write.
    ///
    /// # Errors
    ///
    /// `Invalid` when the row is not of an object that takes files.
    pub fn of(row: Record) -> Result<Self> {
        let kind = row.object().and_then(FileKind::of).filter(|kind| *kind != FileKind::EventLogFile);
        let kind = kind.ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "the row does not say that it is of an object that takes files")
        })?;
        Ok(Self { kind, row })
    }

    fn empty(kind: FileKind) -> Self {
        Self { kind, row: Record::new(kind.object()) }
    }

    /// The same with this field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.row = self.row.with(field, value);
        self
    }

    /// The object.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// What is known of the record.
    #[must_use]
    pub fn row(&self) -> &Record {
        &self.row
    }

    /// The document that it is a version of.
    pub(super) fn document_id(&self) -> Option<RecordId> {
        self.row.get("ContentDocumentId").and_then(Value::as_str)?.parse().ok()
    }

    /// What the file is called, where the row says it.
    pub(super) fn name(&self) -> Option<&str> {
        let field = if self.kind == FileKind::ContentVersion { "PathOnClient" } else { "Name" };
        self.row.get(field).and_then(Value::as_str)
    }

    /// By which of its fields the record can be found again, as the org keeps them: it trims text.
    pub(super) fn keys(&self) -> impl Iterator<Item = (Box<str>, Value)> {
        let fields: &[&str] = match self.kind {
            FileKind::ContentVersion => &["PathOnClient", "Title", "ContentDocumentId", "FirstPublishLocationId"],
            FileKind::Attachment => &["ParentId", "Name"],
            FileKind::Document => &["FolderId", "Name"],
            FileKind::StaticResource | FileKind::EventLogFile => &["Name"],
        };
        fields.iter().filter_map(|field| {
            let text = self.row.get(field)?.as_str()?.trim();
            (!text.is_empty()).then(|| ((*field).into(), text.into()))
        })
    }
}
