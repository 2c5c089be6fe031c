use std::fmt;
use std::marker::PhantomData;

use futures_core::stream::BoxStream;
use salesforce_http::Result;
use salesforce_soql::Soql;
use salesforce_soql::builder::{self, Filter, Sort};
use salesforce_types::SObject;
use serde::de::DeserializeOwned;

use super::{Page, Query};
use crate::Client;

impl Client {
    /// The rows of `Row`'s object, as `Row`: the `SELECT` list is that of [`SObject::fields`], so nothing is asked for
    /// that the struct does not have, and the other way round.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, RecordId, SObject};
    /// use salesforce_soql::builder::{descending, field};
    ///
    /// #[derive(serde::Deserialize, SObject)]
    /// #[serde(rename_all = "PascalCase")]
    /// struct Account {
    ///     id: RecordId,
    ///     name: String,
    /// }
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let acme = client
    ///     .select::<Account>()
    ///     .filter(field("Name").starts_with("Acme"))
    ///     .order_by(descending("CreatedDate"))
    ///     .limit(10)
    ///     .all()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// For conditions that read better as SOQL, give them to [`Soql::select`], and that to
    /// [`query`](Self::query).
    pub fn select<Row: SObject + DeserializeOwned>(&self) -> Select<'_, Row> {
        Select {
            client: self,
            select: builder::Select::from(Row::NAME),
            order_by: Vec::new(),
            include_deleted: false,
            batch_size: None,
            row: PhantomData,
        }
    }
}

/// A query that writes its `SELECT` list itself, not sent yet; made by [`Client::select`].
#[must_use = "nothing is sent until a page, a stream or a count is asked for"]
pub struct Select<'c, Row> {
    client: &'c Client,
    /// All but what is selected and how it is sorted.
    select: builder::Select,
    order_by: Vec<Sort>,
    include_deleted: bool,
    batch_size: Option<u16>,
    row: PhantomData<fn() -> Row>,
}

impl<'c, Row: SObject> Select<'c, Row> {
    /// Only rows for which this holds; of several filters, all have to hold.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.select = self.select.filter(filter);
        self
    }

    /// Sorted by one more field: `"Name"`, or `descending("Name").nulls_last()` of
    /// [`salesforce_soql::builder`]. Ties come in any order unless `Id` is the last of the fields.
    pub fn order_by(mut self, sort: impl Into<Sort>) -> Self {
        self.order_by.push(sort.into());
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select = self.select.limit(rows);
        self
    }

    /// As [`Query::include_deleted`].
    pub fn include_deleted(mut self) -> Self {
        self.include_deleted = true;
        self
    }

    /// As [`Query::batch_size`].
    pub fn batch_size(mut self, rows: u16) -> Self {
        self.batch_size = Some(rows);
        self
    }

    /// How many rows there are, counted by the org: `SELECT COUNT()`, with the same filters and limit.
    ///
    /// # Errors
    ///
    /// As for [`Query::count`].
    pub async fn count(self) -> Result<u64> {
        let count = self.select.clone().count();
        self.send(count.into()).count().await
    }

    /// The query as SOQL, ready to be sent: for options that only [`Query`] has.
    pub fn query(mut self) -> Query<'c, Row> {
        let order_by = std::mem::take(&mut self.order_by);
        let select = self.select.clone().items(Row::fields());
        self.send(order_by.into_iter().fold(select, builder::Select::order_by).into())
    }

    fn send(self, soql: Soql) -> Query<'c, Row> {
        let mut query = self.client.query(soql);
        if self.include_deleted {
            query = query.include_deleted();
        }
        match self.batch_size {
            Some(rows) => query.batch_size(rows),
            None => query,
        }
    }
}

impl<'c, Row: SObject + DeserializeOwned + Send + 'c> Select<'c, Row> {
    /// As [`Query::page`].
    ///
    /// # Errors
    ///
    /// As for [`Query::page`].
    pub async fn page(self) -> Result<Page<Row>> {
        self.query().page().await
    }

    /// As [`Query::pages`].
    pub fn pages(self) -> BoxStream<'c, Result<Page<Row>>> {
        self.query().pages()
    }

    /// As [`Query::stream`].
    pub fn stream(self) -> BoxStream<'c, Result<Row>> {
        self.query().stream()
    }

    /// As [`Query::all`].
    ///
    /// # Errors
    ///
    /// As for [`Query::all`].
    pub async fn all(self) -> Result<Vec<Row>> {
        self.query().all().await
    }
}

impl<Row> fmt::Debug for Select<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("select", &self.select)
            .field("order_by", &self.order_by)
            .field("include_deleted", &self.include_deleted)
            .field("batch_size", &self.batch_size)
            .finish_non_exhaustive()
    }
}
