use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{Checkpoint, Error, ErrorKind, Result, Stamp, StreamName};

/// JSON text exactly as it was received, so that no digit of a number is lost. Cheap to copy.
///
/// ```
/// use connector_core::RawJson;
///
/// let row = RawJson::parse_text(r#"{"Amount":12345678901234567.89}"#)?;
/// assert_eq!(row.as_bytes(), br#"{"Amount":12345678901234567.89}"#);
/// # Ok::<(), connector_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawJson(Bytes);

impl RawJson {
    /// The text `null`: a row of which nothing is known but that it is gone.
    #[must_use]
    pub const fn null() -> Self {
        Self(Bytes::from_static(b"null"))
    }

    /// Takes over text after a look whether it is JSON.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Data`] when it is not.
    pub fn parse_text(text: impl Into<Bytes>) -> Result<Self> {
        let text = text.into();
        serde_json::from_slice::<&RawValue>(&text)
            .map_err(|e| Error::new(ErrorKind::Data, "a row is no JSON").caused_by(e))?;
        Ok(Self(text))
    }

    /// The part of `page` that `part` was read from, without copying it.
    ///
    /// When `part` does not lie inside `page`, its text is copied.
    #[must_use]
    pub fn slice_of(page: &Bytes, part: &RawValue) -> Self {
        let (text, whole) = (part.get().as_bytes().as_ptr_range(), page.as_ptr_range());
        if text.start >= whole.start && text.end <= whole.end {
            Self(page.slice_ref(part.get().as_bytes()))
        } else {
            Self(Bytes::copy_from_slice(part.get().as_bytes()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the text as a value of yours.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Data`] when the text has another shape.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.0)
            .map_err(|e| Error::new(ErrorKind::Data, "a row has another shape than was asked for").caused_by(e))
    }
}

impl From<&serde_json::Value> for RawJson {
    fn from(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for RawJson {
    /// Length only: a row is customer data and does not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// One version of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// What identifies the row within its stream.
    pub id: Box<str>,
    /// When the source says this version came to be. Of two versions the later one counts.
    pub version: Stamp,
    /// The row is gone, and this is its last state.
    pub deleted: bool,
    /// The row as received; [`RawJson::null`] when nothing but its going is known.
    pub fields: RawJson,
}

impl Record {
    /// A live row.
    #[must_use]
    pub fn new(id: impl Into<Box<str>>, version: Stamp, fields: RawJson) -> Self {
        Self { id: id.into(), version, deleted: false, fields }
    }
}

/// How it is known that a row is gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Evidence {
    /// The row itself says so, and was delivered with its last state.
    Flag,
    /// The row was merged into the one named.
    MergedInto(Box<str>),
    /// The source's log of deletions names it.
    Log,
    /// A sweep over all ids, by an account that sees everything, did not find it.
    AbsentInSweep,
}

/// What happened to a row. A sink adds it as a version and never takes an older one away.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// The row is there and looks like this. An id that was gone before is live again.
    Upsert(Record),
    /// The row is gone.
    Delete {
        /// Its last state.
        record: Record,
        /// How that is known.
        evidence: Evidence,
    },
}

impl Operation {
    /// A deletion; marks the record as deleted.
    #[must_use]
    pub fn delete(mut record: Record, evidence: Evidence) -> Self {
        record.deleted = true;
        Self::Delete { record, evidence }
    }

    /// The version that the operation brings.
    #[must_use]
    pub fn record(&self) -> &Record {
        match self {
            Self::Upsert(record) | Self::Delete { record, .. } => record,
        }
    }

    /// How it is known that the row is gone, if it is.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Upsert(_) => None,
            Self::Delete { evidence, .. } => Some(evidence),
        }
    }
}

/// Some operations of one stream, and where reading stands after them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// Whose rows these are.
    pub stream: StreamName,
    /// What happened to them, in the order in which the source told it.
    pub operations: Vec<Operation>,
    /// Where to go on when these operations and all before them are durable.
    pub checkpoint: Checkpoint,
    /// How many rows the source says this reading of the slice will deliver altogether.
    pub total: Option<u64>,
    /// How many calls to the source this batch took.
    pub calls: u64,
    /// Something odd about the source that people should know; it goes into the report.
    pub note: Option<String>,
}

impl Batch {
    /// A batch that took one call.
    #[must_use]
    pub fn new(stream: StreamName, operations: Vec<Operation>, checkpoint: Checkpoint) -> Self {
        Self { stream, operations, checkpoint, total: None, calls: 1, note: None }
    }

    /// Says how many rows are to come altogether.
    #[must_use]
    pub fn total(mut self, total: Option<u64>) -> Self {
        self.total = total;
        self
    }

    /// Says how many calls it took.
    #[must_use]
    pub fn calls(mut self, calls: u64) -> Self {
        self.calls = calls;
        self
    }

    /// Adds something odd that people should know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// How many bytes of row text it holds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.operations.iter().map(|o| o.record().fields.as_bytes().len() as u64).sum()
    }

    /// How many of its rows are gone.
    #[must_use]
    pub fn deleted(&self) -> u64 {
        self.operations.iter().filter(|o| o.record().deleted).count() as u64
    }
}
