//! Loading any number of records.

use std::fmt;
use std::sync::atomic::AtomicU32;

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt, stream};
use salesforce_http::Result;
use salesforce_types::{FieldName, ObjectName, RecordId};
use serde::Serialize;

use crate::collections::{Manner, Operation, Pending, field_names, nothing_sent};
use crate::row::Row;
use crate::sobject::{belongs, object_name};
use crate::write_options::option_setters;
use crate::{Client, Outcome, SObjectHandle, WriteOptions, Written};

mod lanes;
mod window;

/// How many calls are under way at once, unless said.
const CONCURRENCY: usize = 4;

/// How often a row is sent at most, unless said.
const TRIES: u32 = 6;

/// How many rows each of the concurrent calls may have waiting, and how many bytes all of them together: what a load
/// holds in memory.
const ROWS_PER_CALL: usize = 800;
const BYTES: usize = 64_000_000;

impl<'c, T> SObjectHandle<'c, T> {
    /// Loads any number of records of this object, from a stream, and reports what became of each.
    pub fn loader(&self) -> Loader<'c> {
        Loader::new(self.client, Some(self.object))
    }
}

impl Client {
    /// Loads any number of records of several objects, each row saying whose it is. Otherwise as
    /// [`SObjectHandle::loader`].
    pub fn loader(&self) -> Loader<'_> {
        Loader::new(self, None)
    }
}

/// Loads any number of records; made by [`SObjectHandle::loader`].
///
/// ```no_run
/// use futures_util::{StreamExt, TryStreamExt, stream};
/// use salesforce_rest::{Client, Record, Written};
///
/// # async fn run(client: Client, rows: Vec<Record>) -> salesforce_rest::Result<()> {
/// let contacts = client.sobject_named("Contact");
/// let mut outcomes = contacts.loader().group_by(["AccountId"]).upsert("Erp_Id__c", stream::iter(rows));
/// while let Some(outcome) = outcomes.try_next().await? {
///     match outcome.result {
///         Written::Done { .. } => {}
///         Written::Refused(error) => println!("row {}: {error}", outcome.position),
///         Written::Unknown(unknown) => println!("row {}: ask {:?}", outcome.position, unknown.query()),
///     }
/// }
/// # Ok(()) }
/// ```
///
/// **What is sent.** Rows are read from the stream some at a time, as outcomes are taken, so that memory is bounded and
/// a slow consumer slows the load. Rows that would wait for the same lock never are in two calls at once: those with the
/// same value in a field of [`group_by`](Self::group_by), and those with the same id or external id, which also keep
/// their order. Up to 200 go in a call, and several calls run at once.
///
/// **What is sent again.** A row that was refused for a lock (`UNABLE_TO_LOCK_ROW`) or for load, after a pause, one call
/// at a time, and what was locked in ever smaller calls. A call that failed as a whole before the org ran it; and one
/// that the org broke off, such as with `REQUEST_RUNNING_TOO_LONG`, if it is an update, a delete or an upsert by a key
/// that finds the row. A call that the org refuses as wrong is cut in two, until the row is found that makes it so.
/// Nothing else: when no answer comes, an update, a delete and an upsert by a key that finds the row are repeated by the
/// connection, some times. What the org may have done and does not own up to in the end is [`Written::Unknown`].
///
/// **What is reported.** Each row, once, in the order of the stream. An error of the stream means that the load cannot go
/// on, such as a login that is refused or a spent allowance; every row read so far was reported before it, and no
/// further row was read. A stream that is dropped drops the calls under way, and nobody learns what became of their
/// rows: take it to its end, or stop giving rows.
#[must_use = "nothing is sent until rows are given"]
pub struct Loader<'c> {
    client: &'c Client,
    object: Option<&'c str>,
    group_by: Vec<String>,
    settle_by: Vec<String>,
    concurrency: usize,
    tries: u32,
    once: bool,
    options: WriteOptions,
}

impl<'c> Loader<'c> {
    fn new(client: &'c Client, object: Option<&'c str>) -> Self {
        Self {
            client,
            object,
            group_by: Vec::new(),
            settle_by: Vec::new(),
            concurrency: CONCURRENCY,
            tries: TRIES,
            once: false,
            options: WriteOptions::new(),
        }
    }

    option_setters!(options);

    /// The lookups whose parents an org locks with each write: the master of a detail, the account of a contact. Rows
    /// with the same parent are not sent in two calls at once.
    pub fn group_by<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Self {
        self.group_by = fields.into_iter().map(str::to_owned).collect();
        self
    }

    /// The fields by which a row can be found whose outcome is unknown: [`Unknown::keys`](crate::Unknown::keys) holds
    /// their values. For creates; other writes have their id or external id.
    pub fn settle_by<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Self {
        self.settle_by = fields.into_iter().map(str::to_owned).collect();
        self
    }

    /// How many calls are under way at once; 4 unless said. The connection may have a smaller limit.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// How often a row that is locked or refused for load is sent at most; 6 times unless said.
    pub fn max_tries(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// No call is sent again when its answer was lost, whatever it does: for an upsert by a key that does not keep it
    /// from creating a second record, such as an auto-number.
    pub fn send_once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Creates a record of each row.
    pub fn create<R: Serialize + Send + 'c>(
        self,
        rows: impl Stream<Item = R> + Send + 'c,
    ) -> BoxStream<'c, Result<Outcome>> {
        self.rows(Ok(Operation::Create), rows)
    }

    /// Sets fields of the record of each row, which has its `Id`.
    pub fn update<R: Serialize + Send + 'c>(
        self,
        rows: impl Stream<Item = R> + Send + 'c,
    ) -> BoxStream<'c, Result<Outcome>> {
        self.rows(Ok(Operation::Update), rows)
    }

    /// Updates or creates the record of each row by the external id `field`, which the row has. All rows are of one
    /// object.
    pub fn upsert<R: Serialize + Send + 'c>(
        self,
        field: &str,
        rows: impl Stream<Item = R> + Send + 'c,
    ) -> BoxStream<'c, Result<Outcome>> {
        let operation = match self.object {
            Some(object) => Operation::upsert(object, field),
            None => Err(nothing_sent("an upsert is of one object: use `client.sobject_named(…).loader()`")),
        };
        self.rows(operation, rows)
    }

    /// Moves each record to the recycle bin. One that is there already is done.
    pub fn delete(self, ids: impl Stream<Item = RecordId> + Send + 'c) -> BoxStream<'c, Result<Outcome>> {
        self.run(Ok(Operation::Delete), ids, |id, object| {
            object.map_or(Ok(()), |object| belongs(object, id))?;
            Ok(Row::of_id(id, object))
        })
    }

    fn rows<R: Serialize + Send + 'c>(
        self,
        operation: Result<Operation>,
        rows: impl Stream<Item = R> + Send + 'c,
    ) -> BoxStream<'c, Result<Outcome>> {
        self.run(operation, rows, |row, object| Row::new(&row, object))
    }

    fn run<R: Send + 'c>(
        self,
        operation: Result<Operation>,
        rows: impl Stream<Item = R> + Send + 'c,
        read: fn(R, Option<&ObjectName>) -> Result<Row>,
    ) -> BoxStream<'c, Result<Outcome>> {
        let course = operation.and_then(|operation| self.course(operation));
        let source = Source { rows: rows.boxed(), read, next: 0 };
        let windows = stream::unfold(Some((course, source)), |state| async move {
            let (course, mut source) = match state? {
                (Ok(course), source) => (course, source),
                (Err(error), _) => return Some((vec![Err(error)], None)),
            };
            let (mut outcomes, rows) = source.window(&course).await;
            if outcomes.is_empty() && rows.is_empty() {
                return None;
            }
            let (written, fatal) = course.window(rows).await;
            outcomes.extend(written);
            outcomes.sort_unstable_by_key(|outcome| outcome.position);
            let mut items: Vec<Result<Outcome>> = outcomes.into_iter().map(Ok).collect();
            match fatal {
                Some(error) => {
                    items.push(Err(error));
                    Some((items, None))
                }
                None => Some((items, Some((Ok(course), source)))),
            }
        });
        windows.map(stream::iter).flatten().boxed()
    }

    fn course(self, operation: Operation) -> Result<Course<'c>> {
        self.options.headers()?;
        Ok(Course {
            client: self.client,
            object: self.object.map(object_name).transpose()?,
            operation,
            group_by: field_names(&self.group_by)?,
            manner: Manner {
                all_or_none: false,
                once: self.once,
                settle_by: field_names(&self.settle_by)?,
                options: self.options,
            },
            concurrency: self.concurrency,
            tries: self.tries,
            failures: AtomicU32::new(0),
        })
    }
}

/// A load under way.
struct Course<'c> {
    client: &'c Client,
    object: Option<ObjectName>,
    operation: Operation,
    group_by: Vec<FieldName>,
    manner: Manner,
    concurrency: usize,
    tries: u32,
    /// How many calls failed one after another, not for their rows.
    failures: AtomicU32,
}

/// Where the rows come from.
struct Source<'c, R> {
    rows: BoxStream<'c, R>,
    read: fn(R, Option<&ObjectName>) -> Result<Row>,
    next: usize,
}

impl<R> Source<'_, R> {
    /// As many rows as may be in memory, and those that are refused at sight.
    async fn window(&mut self, course: &Course<'_>) -> (Vec<Outcome>, Vec<Pending>) {
        let (mut refused, mut rows, mut bytes) = (Vec::new(), Vec::new(), 0);
        let most = course.concurrency.saturating_mul(ROWS_PER_CALL);
        while rows.len() + refused.len() < most && bytes < BYTES {
            let Some(row) = self.rows.next().await else { break };
            let position = self.next;
            self.next += 1;
            let row = (self.read)(row, course.object.as_ref()).and_then(|row| course.operation.checked(row));
            match row {
                Ok(row) => {
                    bytes += row.len();
                    rows.push(Pending::new(position, row));
                }
                Err(error) => {
                    refused.push(Outcome::new(position, Written::Refused(error.at("this row was not sent"))));
                }
            }
        }
        (refused, rows)
    }
}

impl fmt::Debug for Loader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("object", &self.object)
            .field("group_by", &self.group_by)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
