//! The jobs of the Bulk API 1.0, which its lists of jobs call `Classic`.

use bytes::Bytes;
use salesforce_types::{ApiVersion, RecordId, Timestamp};
use serde_json::{Map, Number, Value};
use std::sync::Arc;
use std::time::Duration;

use crate::rules::{Assign, Refusal};
use crate::soql::Extract;
use crate::store::Store;
use crate::xml::Element;

/// A job: what its batches have in common.
#[derive(Debug)]
pub(crate) struct ClassicJob {
    pub(crate) id: RecordId,
    pub(crate) operation: &'static str,
    pub(crate) object: Arc<str>,
    pub(crate) key: Option<Box<str>>,
    pub(crate) assign: Assign,
    pub(crate) by: RecordId,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    pub(crate) state: &'static str,
    pub(crate) serial: bool,
    pub(crate) form: Form,
    pub(crate) version: ApiVersion,
    /// The rows of a chunk, when the job asked for PK chunking.
    pub(crate) chunk: Option<usize>,
    pub(crate) batches: Vec<Batch>,
}

/// How the data of a job is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Csv,
    Json,
    Xml,
}

impl Form {
    pub(crate) fn of(name: &str) -> Option<Self> {
        [Self::Csv, Self::Json, Self::Xml].into_iter().find(|form| form.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Json => "JSON",
            Self::Xml => "XML",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }
}

/// A piece of a job: rows to write, or a query.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) id: RecordId,
    pub(crate) state: BatchState,
    pub(crate) message: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) changed: Timestamp,
    /// What was sent: the rows, or the query.
    pub(crate) sent: Bytes,
    pub(crate) done: Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchState {
    Queued,
    InProgress,
    Completed,
    Failed,
    NotProcessed,
}

/// What a batch has to show.
#[derive(Debug)]
pub(crate) enum Done {
    Nothing,
    /// What became of each row, in the order of the upload: its id and whether it is new.
    Rows(Vec<Result<(RecordId, bool), Vec<Refusal>>>),
    /// The rows of a query, those from one place to another.
    Table(Arc<Extract>, std::ops::Range<usize>),
    /// The rows as they were when the query ran, which runs over them again for whoever asks.
    Snapshot(Box<Store>, usize),
}

impl Done {
    /// How many rows there are, and how many of them were refused.
    fn counts(&self) -> (usize, usize) {
        match self {
            Self::Nothing => (0, 0),
            Self::Rows(rows) => (rows.len(), rows.iter().filter(|row| row.is_err()).count()),
            Self::Table(_, part) => (part.len(), 0),
            Self::Snapshot(_, rows) => (*rows, 0),
        }
    }
}

/// A value in what is said of a job or a batch.
enum Cell {
    Text(String),
    Number(usize),
    Version(ApiVersion),
    Stamp(Timestamp),
    /// Said in JSON only.
    Null,
}

/// What is said of a job or a batch: names and values, in the order of XML.
pub(crate) struct Info(&'static str, Vec<(&'static str, Cell)>);

impl Info {
    pub(crate) fn xml(self) -> Element {
        let leaf = |(name, cell): (_, Cell)| {
            let text = match cell {
                Cell::Text(text) => text,
                Cell::Number(number) => number.to_string(),
                Cell::Version(version) => version.to_string(),
                Cell::Stamp(stamp) => stamp.to_soql(),
                Cell::Null => return None,
            };
            Some(Element::leaf(name, text))
        };
        Element::new(self.0, self.1.into_iter().filter_map(leaf).collect())
    }

    /// The keys are in the order of the alphabet, as they were recorded.
    pub(crate) fn json(self) -> Value {
        let member = |(name, cell): (&str, Cell)| {
            let value = match cell {
                Cell::Text(text) => text.into(),
                Cell::Number(number) => number.into(),
                Cell::Version(version) => Number::from_f64(f64::from(version.major())).map_or(Value::Null, Value::from),
                Cell::Stamp(stamp) => stamp.to_string().into(),
                Cell::Null => Value::Null,
            };
            (name.to_owned(), value)
        };
        Value::Object(self.1.into_iter().map(member).collect::<Map<_, _>>())
    }
}

impl ClassicJob {
    pub(crate) fn is_query(&self) -> bool {
        matches!(self.operation, "query" | "queryAll")
    }

    pub(crate) fn info(&self) -> Info {
        let count = |state| self.batches.iter().filter(|batch| batch.state == state).count();
        let (done, failed) = self.batches.iter().fold((0, 0), |(done, failed), batch| {
            let (rows, refused) = batch.done.counts();
            (done + rows, failed + refused)
        });
        let text = |text: &str| Cell::Text(text.to_owned());
        let mut cells = vec![
            ("id", Cell::Text(self.id.to_string())),
            ("operation", text(self.operation)),
            ("object", text(&self.object)),
            ("createdById", Cell::Text(self.by.to_string())),
            ("createdDate", Cell::Stamp(self.created)),
            ("systemModstamp", Cell::Stamp(self.changed)),
            ("state", text(self.state)),
            ("externalIdFieldName", self.key.as_deref().map_or(Cell::Null, text)),
            (
                "assignmentRuleId",
                match self.assign {
                    Assign::Rule(id) => Cell::Text(id.to_string()),
                    _ => Cell::Null,
                },
            ),
            ("concurrencyMode", text(if self.serial { "Serial" } else { "Parallel" })),
            ("contentType", text(self.form.name())),
            ("numberBatchesQueued", Cell::Number(count(BatchState::Queued))),
            ("numberBatchesInProgress", Cell::Number(count(BatchState::InProgress))),
            ("numberBatchesCompleted", Cell::Number(count(BatchState::Completed))),
            ("numberBatchesFailed", Cell::Number(count(BatchState::Failed))),
            ("numberBatchesTotal", Cell::Number(self.batches.len())),
            ("numberRecordsProcessed", Cell::Number(done)),
            ("numberRetries", Cell::Number(0)),
            ("apiVersion", Cell::Version(self.version)),
            ("numberRecordsFailed", Cell::Number(failed)),
        ];
        cells.extend(times(self.batches.iter().map(Batch::ran).sum()));
        Info("jobInfo", cells)
    }
}

impl Batch {
    pub(crate) fn new(id: RecordId, sent: Bytes, now: Timestamp) -> Self {
        let state = BatchState::Queued;
        Self { id, state, message: None, created: now, changed: now, sent, done: Done::Nothing }
    }

    pub(crate) fn go(&mut self, state: BatchState, now: Timestamp) {
        (self.state, self.changed) = (state, now);
    }

    pub(crate) fn fail(&mut self, message: String, now: Timestamp) {
        self.message = Some(message);
        self.go(BatchState::Failed, now);
    }

    fn ran(&self) -> Duration {
        self.changed.since(self.created)
    }

    pub(crate) fn info(&self, job: RecordId) -> Info {
        let (done, failed) = self.done.counts();
        let mut cells = vec![
            ("id", Cell::Text(self.id.to_string())),
            ("jobId", Cell::Text(job.to_string())),
            ("state", Cell::Text(format!("{:?}", self.state))),
            ("stateMessage", self.message.clone().map_or(Cell::Null, Cell::Text)),
            ("createdDate", Cell::Stamp(self.created)),
            ("systemModstamp", Cell::Stamp(self.changed)),
            ("numberRecordsProcessed", Cell::Number(done)),
            ("numberRecordsFailed", Cell::Number(failed)),
        ];
        cells.extend(times(self.ran()));
        Info("batchInfo", cells)
    }
}

fn times(ran: Duration) -> [(&'static str, Cell); 3] {
    let ran = usize::try_from(ran.as_millis()).unwrap_or(usize::MAX);
    [
        ("totalProcessingTime", Cell::Number(ran)),
        ("apiActiveProcessingTime", Cell::Number(ran)),
        ("apexProcessingTime", Cell::Number(0)),
    ]
}
