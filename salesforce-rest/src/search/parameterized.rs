use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Request, Result};
use salesforce_soql::builder::Filter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Found;
use crate::{Client, sobject};

/// The most rows a search answers.
const MOST: u32 = 2_000;

impl Client {
    /// Searches for words without SOSL: what is asked for is set piece by piece, and `words` are what a user typed.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, Record, SearchIn, SearchObject};
    /// use salesforce_soql::builder::field;
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let energy = SearchObject::new("Account").fields(&["Id", "Name"]).filter(field("Industry").eq("Energy"));
    /// let found = client.parameterized_search::<Record>("acme").within(SearchIn::Name).object(energy).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// As every search, it is never complete: see [`search`](Self::search).
    pub fn parameterized_search<Row>(&self, words: impl Into<String>) -> ParameterizedSearch<'_, Row> {
        ParameterizedSearch {
            client: self,
            words: words.into(),
            within: None,
            objects: Vec::new(),
            limit: None,
            offset: None,
            row: PhantomData,
        }
    }
}

/// Which fields are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum SearchIn {
    /// All of them.
    All,
    /// Names.
    Name,
    /// Email addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// What the search of the sidebar looks at.
    Sidebar,
}

/// An object to search for, and what to answer of it.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a search has it"]
pub struct SearchObject<'a> {
    name: &'a str,
    fields: &'a [&'a str],
    filter: Option<Filter>,
    limit: Option<u32>,
}

impl<'a> SearchObject<'a> {
    /// The object of this name.
    pub fn new(name: &'a str) -> Self {
        Self { name, fields: &[], filter: None, limit: None }
    }

    /// Answers these fields; the id only unless said.
    pub fn fields(mut self, fields: &'a [&'a str]) -> Self {
        self.fields = fields;
        self
    }

    /// Answers only rows of which this holds.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// How many rows of it to answer; 2,000 is the most.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    q: &'a str,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    within: Option<SearchIn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sobjects: Vec<Wanted<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overall_limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u32>,
}

#[derive(Serialize)]
struct Wanted<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fields: &'a [&'a str],
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

/// A search with parameters, not sent yet; made by [`Client::parameterized_search`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct ParameterizedSearch<'c, Row> {
    client: &'c Client,
    words: String,
    within: Option<SearchIn>,
    objects: Vec<SearchObject<'c>>,
    limit: Option<u32>,
    offset: Option<u32>,
    row: PhantomData<fn() -> Row>,
}

impl<'c, Row> ParameterizedSearch<'c, Row> {
    /// Searches these fields only; all of them unless said.
    pub fn within(mut self, fields: SearchIn) -> Self {
        self.within = Some(fields);
        self
    }

    /// Searches for this object; for whatever the org searches by itself when none is named.
    pub fn object(mut self, object: SearchObject<'c>) -> Self {
        self.objects.push(object);
        self
    }

    /// How many rows to answer in all; 2,000 is the most, and what the org answers unless said.
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leaves out the first rows, 2,000 at most. Only for a search for one object.
    pub fn offset(mut self, rows: u32) -> Self {
        self.offset = Some(rows);
        self
    }

    fn request(&self) -> Result<Request> {
        let refuse = |why: String| Error::new(ErrorKind::Invalid, format!("the search was not sent: {why}"));
        if self.words.trim().is_empty() {
            return Err(refuse("there is nothing to search for".into()));
        }
        if self.offset.is_some() && self.objects.len() != 1 {
            return Err(refuse("rows can be left out of a search for one object only".into()));
        }
        let limits = self.objects.iter().map(|object| object.limit).chain([self.limit, self.offset]);
        if let Some(over) = limits.flatten().find(|rows| *rows > MOST) {
            return Err(refuse(format!("{over} is more than the {MOST} rows that a search knows")));
        }
        let wanted = |object: &SearchObject<'c>| {
            sobject::object_name(object.name)?;
            let condition = object.filter.as_ref().map(Filter::text).transpose();
            let condition = condition.map_err(|error| refuse(error.to_string()).with_source(error))?;
            Ok(Wanted { name: object.name, fields: object.fields, condition, limit: object.limit })
        };
        let body = Body {
            q: &self.words,
            within: self.within,
            sobjects: self.objects.iter().map(wanted).collect::<Result<_>>()?,
            overall_limit: self.limit,
            offset: self.offset,
        };
        Ok(Request::post("parameterizedSearch").json(&body).with_effect(Effect::None))
    }
}

impl<'c, Row: DeserializeOwned + Send + 'c> IntoFuture for ParameterizedSearch<'c, Row> {
    type Output = Result<Vec<Row>>;
    type IntoFuture = BoxFuture<'c, Result<Vec<Row>>>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let found: Found<Row> = self.client.send(self.request()?).await?.json()?;
            Ok(found.0)
        }
        .boxed()
    }
}

impl<Row> fmt::Debug for ParameterizedSearch<'_, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterizedSearch").field("objects", &self.objects).finish_non_exhaustive()
    }
}
