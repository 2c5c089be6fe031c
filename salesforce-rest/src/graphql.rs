use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, ErrorKind, Request, Response, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::Client;

impl Client {
    /// A GraphQL document, whose `data` is read as `Data`. Values go in as variables.
    ///
    /// ```no_run
    /// # async fn run(client: salesforce_rest::Client) -> salesforce_rest::Result<()> {
    /// let data: serde_json::Value = client
    ///     .graphql("query Named($name: Name) { uiapi { query { Account(where: {Name: {eq: $name}}) { edges { node { Id } } } } } }")
    ///     .variable("name", "Acme")
    ///     .await?;
    /// # Ok(()) }
    /// ```
    ///
    /// A page has 10 rows unless the document says `first`; the next begins at `pageInfo.endCursor`, and 4,000 rows is
    /// where pages end. A document with a mutation in it is sent once.
    ///
    /// A document is a text of the program, into which nobody could have slipped something. One that a program makes at
    /// run time, for objects that it learns of then, is a [call](Self::send) like any other:
    /// `Request::post("graphql").json(&json!({ "query": document }))`, which is sent once unless it
    /// [says otherwise](Request::with_effect), and whose answer is read with its `errors`.
    ///
    /// # Errors
    ///
    /// A document that is refused, or answered in part only, is an error with [`GraphqlErrors`] as its source: of kind
    /// `Invalid`, although the status is 200. `Decode` when the data is other than `Data`. Both are `OutcomeUnknown` for
    /// a mutation of which there is data, or an answer that cannot be read: what it did is done.
    pub fn graphql<Data>(&self, document: &'static str) -> Graphql<'_, Data> {
        let body = Body { query: document, operation_name: None, variables: Map::new() };
        Graphql { client: self, body, problem: None, data: PhantomData }
    }
}

/// A GraphQL call, not sent yet; made by [`Client::graphql`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct Graphql<'c, Data> {
    client: &'c Client,
    body: Body,
    problem: Option<String>,
    data: PhantomData<fn() -> Data>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    variables: Map<String, Json>,
}

impl<Data> Graphql<'_, Data> {
    /// Gives a variable of the document its value.
    pub fn variable<V: Serialize>(mut self, name: &str, value: V) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => {
                self.body.variables.insert(name.to_owned(), value);
            }
            Err(error) => self.problem = Some(format!("the variable `{name}` cannot be written as JSON: {error}")),
        }
        self
    }

    /// Which operation of the document to run, if it has several.
    pub fn operation(mut self, name: &'static str) -> Self {
        self.body.operation_name = Some(name);
        self
    }

    fn effect(&self) -> Effect {
        // Rather a read that is sent once than a mutation that is sent twice.
        if self.body.query.contains("mutation") { Effect::Once } else { Effect::None }
    }

    fn request(&self) -> Result<Request> {
        if let Some(problem) = &self.problem {
            return Err(Error::new(ErrorKind::Invalid, format!("nothing was sent: {problem}")));
        }
        Ok(Request::post("graphql").json(&self.body).with_effect(self.effect()))
    }
}

#[derive(Deserialize)]
struct Answer<Data> {
    #[serde(default = "Option::default")]
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Option<Vec<GraphqlError>>,
}

fn read<Data: DeserializeOwned>(response: &Response, effect: Effect) -> Result<Data> {
    let unreadable = |error: Error| if effect == Effect::Once { error.into_outcome_unknown() } else { error };
    // Errors are read first: data that is there in part may not be what `Data` is.
    let Errors { errors } = response.json().map_err(unreadable)?;
    let errors = errors.unwrap_or_default();
    if !errors.is_empty() {
        let Answer { data } = response.json::<Answer<Json>>().map_err(unreadable)?;
        return Err(in_part(response, effect, GraphqlErrors { errors, data }));
    }
    let Answer { data } = response.json::<Answer<Data>>().map_err(unreadable)?;
    data.ok_or_else(|| unreadable(response.error(ErrorKind::Decode, "the answer has neither data nor errors")))
}

fn in_part(response: &Response, effect: Effect, errors: GraphqlErrors) -> Error {
    let first = errors.errors.first().map(ToString::to_string).unwrap_or_default();
    let more = errors.errors.len().saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let message = format!("the GraphQL document was not answered in full: {first}{more}");
    match effect == Effect::Once && errors.data.is_some() {
        true => {
            let message = format!("{message}; the org may have done a part of it: look before you repeat the call");
            response.error(ErrorKind::OutcomeUnknown, message).with_source(errors)
        }
        false => response.error(ErrorKind::Invalid, message).with_source(errors),
    }
}

impl<'c, Data: DeserializeOwned + Send + 'c> IntoFuture for Graphql<'c, Data> {
    type Output = Result<Data>;
    type IntoFuture = BoxFuture<'c, Result<Data>>;

    fn into_future(self) -> Self::IntoFuture {
        async move { read(&self.client.send(self.request()?).await?, self.effect()) }.boxed()
    }
}

impl<Data> fmt::Debug for Graphql<'_, Data> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graphql").field("query", &self.body.query).finish_non_exhaustive()
    }
}

/// Why a GraphQL document was not answered, or not in full; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphqlErrors {
    errors: Vec<GraphqlError>,
    data: Option<Json>,
}

impl GraphqlErrors {
    /// What an error says of it, if that is what the error is about.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        std::error::Error::source(error)?.downcast_ref()
    }

    /// The errors, in the org's order.
    #[must_use]
    pub fn all(&self) -> &[GraphqlError] {
        &self.errors
    }

    /// What was answered all the same: the data of the parts that went well.
    #[must_use]
    pub fn data(&self) -> Option<&Json> {
        self.data.as_ref()
    }
}

impl fmt::Display for GraphqlErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            write!(f, "{}{error}", if n > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphqlErrors {}

/// One error of a GraphQL answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct GraphqlError {
    /// The org's words.
    #[serde(default)]
    pub message: String,
    /// Which part of the answer it is about: names of fields, and positions in lists.
    #[serde(default)]
    pub path: Option<Vec<Json>>,
    /// Where in the document: `line` and `column`.
    #[serde(default)]
    pub locations: Option<Vec<Json>>,
    /// What else the org says, such as `ErrorType`.
    #[serde(default)]
    pub extensions: Option<Map<String, Json>>,
}

impl GraphqlError {
    /// The org's word for the kind of error, such as `ValidationError`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        self.extensions.as_ref()?.get("ErrorType")?.as_str()
    }
}

impl fmt::Display for GraphqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error_type() {
            Some(kind) => write!(f, "{kind}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
