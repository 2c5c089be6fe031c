//! The Tooling API: the same shapes as data, below another base.

use futures_core::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use salesforce_http::{Error, ErrorKind, Request, Response, Result};
use salesforce_soql::IntoSoql;
use salesforce_types::RecordId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::sobject::{answered, create_request, created, object_name};
use crate::{Client, Page, SaveResult};

const BASE: &str = "tooling/";

impl Client {
    /// The Tooling API: Apex classes, fields, logs and other parts of an org as rows.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
    /// use futures_util::TryStreamExt;
    /// use salesforce_rest::Record;
    ///
    /// let mut classes = client.tooling().query::<Record>("SELECT Id, Name FROM ApexClass");
    /// while let Some(class) = classes.try_next().await? {
    ///     println!("{class}");
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn tooling(&self) -> Tooling<'_> {
        Tooling { client: self }
    }
}

/// The Tooling API of a client's org; made by [`Client::tooling`].
#[derive(Clone, Copy, Debug)]
pub struct Tooling<'c> {
    client: &'c Client,
}

impl<'c> Tooling<'c> {
    /// The first page of a query. Its cursor leads to the next one, as one of data does: [`Client::resume`].
    ///
    /// # Errors
    ///
    /// As for [`Query::page`](crate::Query::page). A query for `Metadata` or `FullName` is refused when it has more than
    /// one row.
    pub async fn page<Row: DeserializeOwned>(&self, soql: impl IntoSoql) -> Result<Page<Row>> {
        self.client.send(query(soql)?).await?.json()
    }

    /// Row after row of a query, to the last; one page is in memory at a time. Ends after an error.
    ///
    /// Virtual entities such as `EntityDefinition` do not page reliably: ask for few rows of them.
    pub fn query<Row: DeserializeOwned + Send + 'c>(&self, soql: impl IntoSoql) -> BoxStream<'c, Result<Row>> {
        let (client, request) = (self.client, query(soql));
        stream::once(async move {
            let page: Page<Row> = client.send(request?).await?.json()?;
            let rest = match page.next {
                Some(cursor) => client.resume(cursor).stream(),
                None => stream::empty().boxed(),
            };
            Ok::<_, Error>(stream::iter(page.records.into_iter().map(Ok)).chain(rest))
        })
        .try_flatten()
        .boxed()
    }

    /// Reads one row whole.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is not there.
    pub async fn get<Row: DeserializeOwned>(&self, object: &str, id: RecordId) -> Result<Row> {
        self.send(Request::get(row(object, id)?)).await?.json()
    }

    /// Creates a row and answers its id. It is sent once.
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::create`](crate::SObjectHandle::create).
    pub async fn create<Row: Serialize + ?Sized>(&self, object: &str, row: &Row) -> Result<RecordId> {
        let answer = self.send(create_request(object, row)?).await?;
        let result: SaveResult = answered(&answer)?;
        created(&result).map_err(|error| error.with_call(answer.call()))
    }

    /// Sets fields of a row.
    ///
    /// # Errors
    ///
    /// As for [`SObjectHandle::update`](crate::SObjectHandle::update).
    pub async fn update<Row: Serialize + ?Sized>(&self, object: &str, id: RecordId, fields: &Row) -> Result<()> {
        self.send(Request::patch(row(object, id)?).json(fields)).await.map(drop)
    }

    /// Deletes a row.
    ///
    /// # Errors
    ///
    /// `NotFound` when it is not there.
    pub async fn delete(&self, object: &str, id: RecordId) -> Result<()> {
        self.send(Request::delete(row(object, id)?)).await.map(drop)
    }

    /// Any other call, with a path below `tooling/`.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.client.send(request.below(BASE)).await
    }
}

fn row(object: &str, id: RecordId) -> Result<String> {
    Ok(format!("sobjects/{}/{id}", object_name(object)?))
}

fn query(soql: impl IntoSoql) -> Result<Request> {
    let soql = soql.into_soql();
    let invalid = |error| Error::new(ErrorKind::Invalid, format!("the query was not sent: {error}")).with_source(error);
    Ok(Request::get("query/").query("q", &soql.text().map_err(invalid)?).below(BASE))
}
