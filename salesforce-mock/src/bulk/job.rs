use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use salesforce_types::{ApiVersion, RecordId, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{Dialect, Fate, Line, Lines};
use crate::ids::opaque;
use crate::rules::Assign;
use crate::session::SPREAD;
use crate::soql::Extract;

/// The lines of one transaction.
pub(crate) const CHUNK: usize = 200;

/// A job of either kind.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: RecordId,
    pub(crate) number: u64,
    pub(crate) operation: &'static str,
    pub(crate) object: Arc<str>,
    pub(crate) by: RecordId,
    pub(crate) created: Timestamp,
    /// When its state changed last.
    pub(crate) since: Timestamp,
    pub(crate) state: State,
    pub(crate) version: ApiVersion,
    pub(crate) dialect: Dialect,
    pub(crate) fate: Option<Fate>,
    pub(crate) error: Option<String>,
    pub(crate) kind: Kind,
}

/// What a job does.
#[derive(Debug)]
pub(crate) enum Kind {
    Query { text: String, found: Option<Arc<Extract>>, locators: HashMap<String, usize> },
    Ingest(Load),
}

/// An ingest job's data and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) key: Option<Box<str>>,
    pub(crate) assign: Assign,
    pub(crate) data: Option<Bytes>,
    /// The names of the columns; none until all of the data was read.
    pub(crate) header: Vec<String>,
    /// How many lines there are behind the header.
    pub(crate) rows: usize,
    /// Where the lines of each transaction begin in the data. A line is taken apart when it is its turn: of a large
    /// upload the text is held and no more.
    pub(crate) chunks: Vec<usize>,
    /// Of the lines that were worked on, in their order.
    pub(crate) outcomes: Vec<Outcome>,
}

/// What became of a line.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done { id: RecordId, created: bool },
    Failed { id: String, error: String },
}

impl Load {
    /// The lines of a transaction; none behind the last one.
    pub(crate) fn chunk(&self, chunk: usize, dialect: Dialect) -> Vec<Line> {
        let (Some(data), Some(&begin)) = (&self.data, self.chunks.get(chunk)) else { return Vec::new() };
        let end = self.chunks.get(chunk + 1).copied().unwrap_or(data.len());
        let text = std::str::from_utf8(&data[begin..end]).expect("the upload was read as text before");
        Lines::new(text, dialect).map(|line| line.expect("the upload was read to its end before")).collect()
    }

    fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Failed { .. })).count()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl State {
    /// Whether nothing more happens.
    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// Which keys of a job an answer shows: those that were recorded (Bulk reference 3.2, 3.3, 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Created,
    Changed,
    Status,
    Listed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'j> {
    id: RecordId,
    operation: &'static str,
    object: &'j str,
    created_by_id: RecordId,
    created_date: String,
    system_modstamp: String,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id_field_name: Option<&'j str>,
    concurrency_mode: &'static str,
    content_type: &'static str,
    api_version: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_ending: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column_delimiter: Option<&'static str>,
    #[serde(flatten)]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'j str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    number_records_processed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_records_failed: Option<usize>,
    retries: u32,
    total_processing_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_active_processing_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apex_processing_time: Option<u64>,
}

impl Job {
    pub(crate) fn go(&mut self, state: State, now: Timestamp) {
        (self.state, self.since) = (state, now);
    }

    pub(crate) fn fail(&mut self, error: String, now: Timestamp) {
        self.error = Some(error);
        self.go(State::Failed, now);
    }

    pub(crate) fn is_query(&self) -> bool {
        matches!(self.kind, Kind::Query { .. })
    }

    /// The locator of the page that begins at a row: always the same one, and no number that can be guessed.
    pub(crate) fn locator(&mut self, row: usize) -> String {
        let seed = (self.number << 32).wrapping_add(u64::try_from(row).unwrap_or(u64::MAX));
        let locator = opaque(seed.wrapping_mul(SPREAD), 12);
        if let Kind::Query { locators, .. } = &mut self.kind {
            locators.insert(locator.clone(), row);
        }
        locator
    }

    /// The job as JSON.
    pub(crate) fn info(&self, view: View) -> Box<RawValue> {
        let query = self.is_query();
        let load = match &self.kind {
            Kind::Ingest(load) => Some(load),
            Kind::Query { .. } => None,
        };
        let status = view == View::Status;
        let form = view != View::Changed || query;
        let content_url = (!query && view == View::Created)
            .then(|| format!("services/data/v{}/jobs/ingest/{}/batches", self.version, self.id));
        let job_type =
            matches!(view, View::Status | View::Listed).then_some(if query { "V2Query" } else { "V2Ingest" });
        let info = Info {
            id: self.id,
            operation: self.operation,
            object: &self.object,
            created_by_id: self.by,
            created_date: self.created.to_string(),
            system_modstamp: self.since.to_string(),
            state: self.state,
            external_id_field_name: load.and_then(|load| load.key.as_deref()),
            concurrency_mode: "Parallel",
            content_type: "CSV",
            api_version: f64::from(self.version.major()),
            content_url,
            job_type,
            line_ending: form.then(|| self.dialect.ending()),
            column_delimiter: form.then_some(self.dialect.delimiter),
            counts: status.then(|| self.counts()),
            error_message: self.error.as_deref().filter(|_| status),
        };
        serde_json::value::to_raw_value(&info).expect("its keys are text")
    }

    fn counts(&self) -> Counts {
        let ran = if self.state.is_terminal() { self.since.since(self.created) } else { std::time::Duration::ZERO };
        let ran = u64::try_from(ran.as_millis()).unwrap_or(u64::MAX);
        match &self.kind {
            Kind::Query { found, .. } => Counts {
                number_records_processed: found.as_ref().map_or(0, |found| found.len()),
                number_records_failed: None,
                retries: 0,
                total_processing_time: ran,
                api_active_processing_time: None,
                apex_processing_time: None,
            },
            Kind::Ingest(load) => Counts {
                number_records_processed: load.outcomes.len(),
                number_records_failed: Some(load.failed()),
                retries: 0,
                total_processing_time: ran,
                api_active_processing_time: Some(ran),
                apex_processing_time: Some(0),
            },
        }
    }
}
