use std::fmt;

use salesforce_http::{Effect, Request, Result};
use salesforce_soql::IntoSoql;
use salesforce_types::{ApiVersion, Record, SObject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::reference::{Mark, Part, Target};
use super::subrequest::Subrequest;
use super::worst;
use crate::sobject::{create_request, delete_request, get_request, update_request, upsert_request};
use crate::{Created, Page, Upserted, WriteOptions};

/// The parts of a composite call or of a graph, in order; a plain value that knows no org.
///
/// Each part that is added hands back a [`Part`]: later parts use it in place of ids and values that are not known yet,
/// and the answer is asked for its result.
///
/// ```
/// use salesforce_rest::{CompositeRequest, Record};
/// use serde_json::json;
///
/// let mut request = CompositeRequest::new();
/// let account = request.create("Account", &json!({"Name": "Acme"}));
/// let contact = request.create("Contact", &Record::default().with("LastName", "Doe").with("AccountId", account.id()));
/// let read = request.get_named("Contact", contact.id(), &["Id", "Name"]);
/// assert_eq!(request.len(), 3);
/// ```
///
/// What cannot be made into a part, such as a name that is none, is told when the call is sent, and nothing is sent.
#[derive(Default)]
pub struct CompositeRequest {
    pub(super) mark: Mark,
    parts: Vec<Result<Subrequest>>,
}

impl CompositeRequest {
    /// No parts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds any call whose body, if it has one, is JSON. Its answer is read as a `T`; a 204 and a 304 are read as null.
    pub fn add<T: DeserializeOwned>(&mut self, request: Request) -> Part<T> {
        self.push(Ok(request), "Id")
    }

    /// Creates a record of an object.
    pub fn create<R: Serialize + ?Sized>(&mut self, object: &str, row: &R) -> Part<Created> {
        self.push(create_request(object, row), "id")
    }

    /// Sets fields of a record.
    pub fn update<R: Serialize + ?Sized>(&mut self, object: &str, record: impl Into<Target>, row: &R) -> Part<()> {
        self.push(update_request(object, &record.into().0, row), "id")
    }

    /// Updates the record whose external id `field` has that value, or creates it.
    pub fn upsert<R: Serialize + ?Sized>(&mut self, object: &str, field: &str, value: &str, row: &R) -> Part<Upserted> {
        self.push(upsert_request(object, field, value, row), "id")
    }

    /// Moves a record to the recycle bin.
    pub fn delete(&mut self, object: &str, record: impl Into<Target>) -> Part<()> {
        self.push(delete_request(object, &record.into().0), "id")
    }

    /// Reads a record with the fields of `T`.
    pub fn get<T: SObject + DeserializeOwned>(&mut self, record: impl Into<Target>) -> Part<T> {
        self.push(get_request(T::NAME, &record.into().0, T::fields()), "Id")
    }

    /// Reads a record of an object known by name only. No fields mean all that the user may see.
    pub fn get_named(&mut self, object: &str, record: impl Into<Target>, fields: &[&str]) -> Part<Record> {
        self.push(get_request(object, &record.into().0, fields), "Id")
    }

    /// The first page of a query. [`Client::resume`](crate::Client::resume) with its cursor gives the others. The id of
    /// its first row is `field("records[0].Id")`.
    pub fn query<Row: DeserializeOwned>(&mut self, soql: impl IntoSoql) -> Part<Page<Row>> {
        let request = soql
            .into_soql()
            .text()
            .map(|text| Request::get("query").query("q", &text))
            .map_err(|error| super::nothing_sent(format!("the query has no text: {error}")).with_source(error));
        self.push(request, "Id")
    }

    fn push<T>(&mut self, request: Result<Request>, id: &'static str) -> Part<T> {
        let part = Part::new(self.mark, self.parts.len(), id);
        let call = request.as_ref().map(Request::call).unwrap_or_default();
        let subrequest = request.and_then(|request| Subrequest::new(request, self.mark));
        self.parts.push(subrequest.map_err(|error| error.with_call(call)));
        part
    }

    /// How many parts it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Subrequest> {
        self.parts.iter().flatten()
    }

    pub(super) fn queries(&self) -> usize {
        self.parts().filter(|part| part.is_query_or_collection()).count()
    }

    pub(super) fn effect(&self) -> Effect {
        worst(self.parts().map(|part| &part.request))
    }

    /// The parts as the org reads them, or the first that is none.
    pub(super) fn write(&self, version: ApiVersion, options: &WriteOptions) -> Result<Vec<Box<RawValue>>> {
        let write = |(number, part): (usize, &Result<Subrequest>)| match part {
            Ok(part) => part.write(number, version, options),
            Err(error) => Err(error.clone()),
        };
        self.parts.iter().enumerate().map(write).collect()
    }
}

impl fmt::Debug for CompositeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call =
            |part: &Result<Subrequest>| part.as_ref().map(|part| part.request.call()).map_err(ToString::to_string);
        f.debug_list().entries(self.parts.iter().map(call)).finish()
    }
}
