//! Several calls in one: `composite`, and `composite/graph`.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use http::{Method, header};
use salesforce_http::{Effect, Error, Request, Result};
use serde_json::value::RawValue;

use crate::collections::nothing_sent;
use crate::write_options::option_setters;
use crate::{Client, WriteOptions};

mod answer;
mod batch;
mod graph;
mod parts;
mod reference;
mod subrequest;
mod tree;

pub use answer::{CompositeAnswer, PartAnswer};
pub use batch::{Batch, BatchAnswer, BatchRequest, Slot};
pub use graph::{GraphAnswer, Graphs, GraphsAnswer};
pub use parts::CompositeRequest;
pub use reference::{Part, Reference, Target};
pub use tree::{Tree, TreeAnswer, TreeNode, TreeRequest, TreeResult};

/// The most parts of a composite call, and of a batch.
const MOST_PARTS: usize = 25;

/// The most of them that are queries or collections.
const MOST_QUERIES: usize = 5;

impl Client {
    /// Sends several calls as one, where later ones may use what earlier ones answer. It counts as one call.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, CompositeRequest};
    /// use serde_json::json;
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let mut request = CompositeRequest::new();
    /// let account = request.create("Account", &json!({"Name": "Acme"}));
    /// let contact = request.create("Contact", &json!({"LastName": "Doe", "AccountId": account.id()}));
    /// let answer = client.composite(&request).all_or_none().await?;
    /// println!("{} at {}", answer.get(&contact)?.id, answer.get(&account)?.id);
    /// # Ok(()) }
    /// ```
    ///
    /// A part that is refused is no error of the call: [`CompositeAnswer::get`] has its result. The call is sent again
    /// after a lost answer only if every part of it may be: with one create or delete among them, it is not.
    ///
    /// # Errors
    ///
    /// `Invalid`, and nothing was sent, when it has more than 25 parts, more than five queries or collections, or a part
    /// that could not be made. `OutcomeUnknown` when the answer was lost. Otherwise as any call.
    pub fn composite<'c>(&'c self, request: &'c CompositeRequest) -> Composite<'c> {
        Composite { client: self, request, all_or_none: false, options: WriteOptions::new() }
    }
}

/// Several calls as one; made by [`Client::composite`].
#[must_use = "nothing is sent until the request is awaited"]
pub struct Composite<'c> {
    client: &'c Client,
    request: &'c CompositeRequest,
    all_or_none: bool,
    options: WriteOptions,
}

impl Composite<'_> {
    option_setters!(options);

    /// All parts or none: when one fails, the others are undone, and say so ([`PartAnswer::is_halted`]).
    pub fn all_or_none(mut self) -> Self {
        self.all_or_none = true;
        self
    }

    fn request(&self) -> Result<Request> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            all_or_none: bool,
            composite_request: Vec<Box<RawValue>>,
        }
        let (parts, queries) = (self.request.len(), self.request.queries());
        if parts == 0 || parts > MOST_PARTS {
            return Err(nothing_sent(format!(
                "a composite call has 1 to {MOST_PARTS} parts, and this one has {parts}"
            )));
        }
        if queries > MOST_QUERIES {
            return Err(nothing_sent(format!(
                "a composite call has at most {MOST_QUERIES} queries and collections, and this one has {queries}"
            )));
        }
        let body = Body {
            all_or_none: self.all_or_none,
            composite_request: self.request.write(self.client.api_version(), &self.options)?,
        };
        Ok(Request::post("composite").with_effect(self.request.effect()).json(&body))
    }
}

impl<'c> IntoFuture for Composite<'c> {
    type Output = Result<CompositeAnswer>;
    type IntoFuture = BoxFuture<'c, Result<CompositeAnswer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request()?;
            let effect = request.effect();
            let answer: CompositeAnswer = read(&self.client.send(request).await?, effect)?;
            Ok(answer.of(self.request))
        })
    }
}

impl fmt::Debug for Composite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composite")
            .field("request", &self.request)
            .field("all_or_none", &self.all_or_none)
            .finish_non_exhaustive()
    }
}

/// What a good answer says.
fn read<T: serde::de::DeserializeOwned>(answer: &salesforce_http::Response, effect: Effect) -> Result<T> {
    answer.json().map_err(|error| too_late(error, effect))
}

/// The error of an answer that does not say what it should: it was given after the org had done what it was asked.
fn too_late(error: Error, effect: Effect) -> Error {
    match effect {
        Effect::None => error,
        _ => error.into_outcome_unknown(),
    }
}

/// What it does to make all these calls twice as parts of one: the worst of them decides.
fn worst<'r>(parts: impl Iterator<Item = &'r Request>) -> Effect {
    parts.map(effect).fold(Effect::None, |worst, effect| match (worst, effect) {
        (Effect::Once, _) | (_, Effect::Once) => Effect::Once,
        (Effect::Repeatable, _) | (_, Effect::Repeatable) => Effect::Repeatable,
        (Effect::None, Effect::None) => Effect::None,
    })
}

/// A call by itself that is refused the second time, since the first one did it, does no harm. As a part of another one
/// it would: the refusal undoes what the other parts do the second time, and reads as if nothing had been done.
fn effect(part: &Request) -> Effect {
    let conditions = [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_UNMODIFIED_SINCE, header::IF_MODIFIED_SINCE];
    let refused_twice =
        part.method() == Method::DELETE || conditions.iter().any(|name| part.headers().contains_key(name));
    match part.effect() {
        Effect::Repeatable if refused_twice => Effect::Once,
        effect => effect,
    }
}
