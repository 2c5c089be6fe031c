//! Many records in one call: `composite/sobjects`.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::{FieldName, ObjectName, RecordId};
use serde::Serialize;

use crate::row::Row;
use crate::sobject::{belongs, object_name};
use crate::write_options::option_setters;
use crate::{Client, Outcome, SObjectHandle, WriteOptions};

mod chunk;
mod retrieve;

pub(crate) use chunk::{Chunk, MOST, Manner, Operation, Pending, Sent, cut};
pub use retrieve::GetMany;

impl<'c, T> SObjectHandle<'c, T> {
    /// Creates any number of records, 200 a call, and says of each what became of it.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client, rows: Vec<salesforce_rest::Record>) -> salesforce_rest::Result<()> {
    /// for outcome in client.sobject_named("Account").create_many(&rows).await? {
    ///     if let Some(error) = outcome.error() {
    ///         println!("row {}: {error}", outcome.position);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Calls are sent one after another, in the order of the rows. When one fails as a whole, no further one is sent:
    /// the rows of the calls before keep their outcomes, and those after it are refused, not having been sent. For very
    /// many rows, rows that compete for locks, and trying again, there is [`loader`](Self::loader).
    ///
    /// # Errors
    ///
    /// Nothing was done then: a row is no row of this object, or the first call was refused as a whole. A record that
    /// is refused is no error but an [`Outcome`].
    pub fn create_many<R: Serialize>(&self, rows: impl IntoIterator<Item = R>) -> WriteMany<'c> {
        WriteMany::of_rows(self.client, Some(self.object()), Operation::Create, rows)
    }

    /// Sets fields of any number of records, 200 a call; each row has an `Id`.
    ///
    /// # Errors
    ///
    /// As for [`create_many`](Self::create_many).
    pub fn update_many<R: Serialize>(&self, rows: impl IntoIterator<Item = R>) -> WriteMany<'c> {
        WriteMany::of_rows(self.client, Some(self.object()), Operation::Update, rows)
    }

    /// Updates or creates any number of records by an external id, 200 a call; each row has the field `field`. With
    /// `Id` as that field, a row whose `Id` is null is created.
    ///
    /// A call is sent again when its answer was lost, unless a row in it has no value that the org would find it by:
    /// such a row would be created twice. What [`upsert`](Self::upsert) says of keys holds here; say
    /// [`send_once`](WriteMany::send_once) for a key of another kind.
    ///
    /// # Errors
    ///
    /// As for [`create_many`](Self::create_many).
    pub fn upsert_many<R: Serialize>(&self, field: &str, rows: impl IntoIterator<Item = R>) -> WriteMany<'c> {
        match Operation::upsert(self.object(), field) {
            Ok(operation) => WriteMany::of_rows(self.client, Some(self.object()), operation, rows),
            Err(error) => WriteMany::new(self.client, Operation::Update, Err(error)),
        }
    }

    /// Moves any number of records to the recycle bin, 200 a call. One that is there already is done.
    ///
    /// # Errors
    ///
    /// As for [`create_many`](Self::create_many).
    pub fn delete_many(&self, ids: impl IntoIterator<Item = RecordId>) -> WriteMany<'c> {
        let rows = object_name(self.object()).and_then(|object| {
            pending(ids.into_iter().map(|id| belongs(&object, id).map(|()| Row::of_id(id, Some(&object)))))
        });
        WriteMany::new(self.client, Operation::Delete, rows)
    }
}

impl Client {
    /// Creates records of several objects, each row saying whose it is: a [`Record`](crate::Record), or anything with
    /// `attributes.type`. Otherwise as [`SObjectHandle::create_many`].
    ///
    /// A call holds at most ten runs of rows of one object, so rows sorted by object take fewer calls.
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::create_many`].
    pub fn create_many<R: Serialize>(&self, rows: impl IntoIterator<Item = R>) -> WriteMany<'_> {
        WriteMany::of_rows(self, None, Operation::Create, rows)
    }

    /// Sets fields of records of several objects; otherwise as [`SObjectHandle::update_many`].
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::create_many`].
    pub fn update_many<R: Serialize>(&self, rows: impl IntoIterator<Item = R>) -> WriteMany<'_> {
        WriteMany::of_rows(self, None, Operation::Update, rows)
    }

    /// Moves records of any objects to the recycle bin; otherwise as [`SObjectHandle::delete_many`].
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::create_many`].
    pub fn delete_many(&self, ids: impl IntoIterator<Item = RecordId>) -> WriteMany<'_> {
        WriteMany::new(self, Operation::Delete, pending(ids.into_iter().map(|id| Ok(Row::of_id(id, None)))))
    }
}

/// Writes any number of records; made by [`SObjectHandle::create_many`] and its like.
#[must_use = "nothing is sent until the request is awaited"]
pub struct WriteMany<'c> {
    client: &'c Client,
    operation: Operation,
    rows: Result<Vec<Pending>>,
    all_or_none: bool,
    once: bool,
    settle_by: Vec<String>,
    options: WriteOptions,
}

impl<'c> WriteMany<'c> {
    fn new(client: &'c Client, operation: Operation, rows: Result<Vec<Pending>>) -> Self {
        let options = WriteOptions::new();
        Self { client, operation, rows, all_or_none: false, once: false, settle_by: Vec::new(), options }
    }

    fn of_rows<R: Serialize>(
        client: &'c Client,
        object: Option<&str>,
        operation: Operation,
        rows: impl IntoIterator<Item = R>,
    ) -> Self {
        let object: Result<Option<ObjectName>> = object.map(object_name).transpose();
        let rows = object.and_then(|object| {
            pending(rows.into_iter().map(|row| operation.checked(Row::new(&row, object.as_ref())?)))
        });
        Self::new(client, operation, rows)
    }

    option_setters!(options);

    /// All records or none: when one is refused, the others are rolled back, and say so
    /// ([`is_rolled_back`](Outcome::is_rolled_back)).
    ///
    /// An org does this within one call. So a list that takes several calls is refused, and nothing is sent.
    pub fn all_or_none(mut self) -> Self {
        self.all_or_none = true;
        self
    }

    /// No call is sent again when its answer was lost, whatever it does.
    pub fn send_once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The fields by which a record can be found whose outcome is unknown: [`Unknown::keys`](crate::Unknown::keys)
    /// holds their values. For creates; other writes have their id or external id.
    pub fn settle_by<'f>(mut self, fields: impl IntoIterator<Item = &'f str>) -> Self {
        self.settle_by = fields.into_iter().map(str::to_owned).collect();
        self
    }

    async fn send(self) -> Result<Vec<Outcome>> {
        let Self { client, operation, rows, all_or_none, once, settle_by, options } = self;
        let manner = chunk::Manner { all_or_none, once, settle_by: field_names(&settle_by)?, options };
        let chunks = chunk::cut(rows?, &operation, chunk::MOST);
        if all_or_none && chunks.len() > 1 {
            return Err(nothing_sent(format!(
                "all or none holds within one call, and these records take {}: send at most {} records, of ten runs of \
                 one object, at once",
                chunks.len(),
                chunk::MOST
            )));
        }
        let mut outcomes = Vec::new();
        let mut failed: Option<Error> = None;
        for chunk in chunks {
            if let Some(error) = &failed {
                outcomes.extend(chunk.not_sent(&operation, &manner, error));
                continue;
            }
            match chunk.send(client, &operation, &manner).await {
                Sent::Answered(answered) => outcomes.extend(answered),
                Sent::Lost(unknown, error) => {
                    outcomes.extend(unknown);
                    failed = Some(error);
                }
                // Nothing was done so far.
                Sent::Failed(error) if outcomes.is_empty() => return Err(error),
                Sent::Failed(error) => {
                    outcomes.extend(chunk.refused(&operation, &manner, &error));
                    failed = Some(error);
                }
            }
        }
        Ok(outcomes)
    }
}

impl<'c> IntoFuture for WriteMany<'c> {
    type Output = Result<Vec<Outcome>>;
    type IntoFuture = BoxFuture<'c, Result<Vec<Outcome>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for WriteMany<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteMany")
            .field("operation", &self.operation)
            .field("rows", &self.rows.as_ref().map(Vec::len))
            .field("all_or_none", &self.all_or_none)
            .finish_non_exhaustive()
    }
}

/// Rows with their places, or the first that is none.
fn pending(rows: impl Iterator<Item = Result<Row>>) -> Result<Vec<Pending>> {
    rows.enumerate()
        .map(|(position, row)| match row {
            Ok(row) => Ok(Pending::new(position, row)),
            Err(error) => Err(error.at(format!("row {position}")).at("nothing was sent")),
        })
        .collect()
}

pub(crate) fn field_names(names: &[String]) -> Result<Vec<FieldName>> {
    names.iter().map(|name| name.parse().map_err(|error| nothing_sent(format!("{error}")))).collect()
}

pub(crate) fn nothing_sent(why: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Invalid, format!("nothing was sent: {why}"))
}
