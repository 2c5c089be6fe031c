use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use salesforce_http::{Error, ErrorKind, Request, Result};
use salesforce_types::{ApiVersion, RecordId, SObject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::reference::Mark;
use super::subrequest::{json_body, no_json};
use super::{MOST_PARTS, PartAnswer, read, too_late, worst};
use crate::collections::nothing_sent;
use crate::sobject::{Key, create_request, delete_request, get_request, update_request};
use crate::write_options::option_setters;
use crate::{Client, Created, WriteOptions};

/// Up to 25 calls that have nothing to do with each other; a plain value that knows no org.
///
/// ```
/// use salesforce_rest::{BatchRequest, Limits};
/// use salesforce_http::Request;
/// use serde_json::json;
///
/// let mut request = BatchRequest::new();
/// let limits = request.add::<Limits>(Request::get("limits"));
/// let renamed = request.update("Account", "001D000000IqhSLIAZ".parse()?, &json!({"Name": "Acme & Co"}));
/// # Ok::<(), salesforce_types::Invalid>(())
/// ```
#[derive(Debug, Default)]
pub struct BatchRequest {
    mark: Mark,
    parts: Vec<Result<Request>>,
}

/// A part of a batch: where its result will be.
pub struct Slot<T> {
    mark: Mark,
    number: usize,
    answer: PhantomData<fn() -> T>,
}

impl BatchRequest {
    /// No parts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds any call without headers whose body, if it has one, is JSON. Its answer is read as a `T`.
    pub fn add<T: DeserializeOwned>(&mut self, request: Request) -> Slot<T> {
        self.push(Ok(request))
    }

    /// Creates a record of an object.
    pub fn create<R: Serialize + ?Sized>(&mut self, object: &str, row: &R) -> Slot<Created> {
        self.push(create_request(object, row))
    }

    /// Sets fields of a record.
    pub fn update<R: Serialize + ?Sized>(&mut self, object: &str, id: RecordId, row: &R) -> Slot<()> {
        self.push(update_request(object, &Key::Id(id), row))
    }

    /// Moves a record to the recycle bin.
    pub fn delete(&mut self, object: &str, id: RecordId) -> Slot<()> {
        self.push(delete_request(object, &Key::Id(id)))
    }

    /// Reads a record with the fields of `T`.
    pub fn get<T: SObject + DeserializeOwned>(&mut self, id: RecordId) -> Slot<T> {
        self.push(get_request(T::NAME, &Key::Id(id), T::fields()))
    }

    fn push<T>(&mut self, request: Result<Request>) -> Slot<T> {
        self.parts.push(request);
        Slot { mark: self.mark, number: self.parts.len() - 1, answer: PhantomData }
    }

    fn request(&self, halt_on_error: bool, version: ApiVersion) -> Result<Request> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Part {
            method: String,
            url: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            rich_input: Option<Box<RawValue>>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            batch_requests: Vec<Part>,
            halt_on_error: bool,
        }
        let count = self.parts.len();
        if count == 0 || count > MOST_PARTS {
            return Err(nothing_sent(format!("a batch has 1 to {MOST_PARTS} parts, and this one has {count}")));
        }
        let part = |request: &'_ Result<Request>| {
            let request = request.as_ref().map_err(Clone::clone)?;
            request.check().map_err(|error| error.at("nothing was sent").with_call(request.call()))?;
            if request.headers().keys().any(|name| *name != http::header::CONTENT_TYPE) {
                return Err(nothing_sent(format!("`{}` has headers, and a part of a batch has none", request.call())));
            }
            let body = json_body(request)?.map(|body| RawValue::from_string(body.to_owned())).transpose();
            Ok(Part {
                method: request.method().to_string(),
                url: url(request, version)?,
                rich_input: body.map_err(no_json)?,
            })
        };
        let batch_requests = self.parts.iter().map(part).collect::<Result<_>>()?;
        let effect = worst(self.parts.iter().flatten());
        let body = Body { batch_requests, halt_on_error };
        Ok(Request::post("composite/batch").with_effect(effect).json(&body))
    }
}

/// The path as a batch names it, relative to `/services/data/`.
fn url(request: &Request, version: ApiVersion) -> Result<String> {
    let path = request.path();
    match path.strip_prefix('/') {
        None => Ok(format!("v{version}/{path}")),
        Some(_) => path.strip_prefix("/services/data/").map(str::to_owned).ok_or_else(|| {
            nothing_sent(format!("`{}` is not below /services/data/, and a part of a batch has to be", request.call()))
        }),
    }
}

impl Client {
    /// Sends up to 25 calls as one. Each still counts as a call of its own, and what one did is not undone when another
    /// fails: what it saves is the way there.
    ///
    /// The call is sent again after a lost answer only if every part of it may be: with one create or delete among them,
    /// it is not.
    ///
    /// ```no_run
    /// use salesforce_rest::{BatchRequest, Client, Limits};
    /// use salesforce_http::Request;
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// let mut request = BatchRequest::new();
    /// let limits = request.add::<Limits>(Request::get("limits"));
    /// let answer = client.batch(&request).await?;
    /// println!("{} limits", answer.get(&limits)?.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid`, and nothing was sent, when it has more than 25 parts, or one that could not be made; `OutcomeUnknown`
    /// when the answer was lost. A part that is refused is no error of the call: [`BatchAnswer::get`] has its result.
    pub fn batch<'c>(&'c self, request: &'c BatchRequest) -> Batch<'c> {
        Batch { client: self, request, halt_on_error: false, options: WriteOptions::new() }
    }
}

/// Calls as one; made by [`Client::batch`].
#[derive(Debug)]
#[must_use = "nothing is sent until the request is awaited"]
pub struct Batch<'c> {
    client: &'c Client,
    request: &'c BatchRequest,
    halt_on_error: bool,
    options: WriteOptions,
}

impl Batch<'_> {
    option_setters!(options);

    /// Runs no part after one that failed ([`is_halted`](PartAnswer::is_halted)); those before it stay done.
    pub fn halt_on_error(mut self) -> Self {
        self.halt_on_error = true;
        self
    }
}

impl<'c> IntoFuture for Batch<'c> {
    type Output = Result<BatchAnswer>;
    type IntoFuture = BoxFuture<'c, Result<BatchAnswer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request.request(self.halt_on_error, self.client.api_version())?;
            let request = self.options.apply(request)?;
            let (call, effect) = (request.call(), request.effect());
            let answer: BatchAnswer = read(&self.client.send(request).await?, effect)?;
            let (found, sent) = (answer.parts.len(), self.request.parts.len());
            if found != sent {
                let message = format!("the org answered {found} parts, and {sent} were sent");
                return Err(too_late(Error::new(ErrorKind::Decode, message).with_call(call), effect));
            }
            let calls = self.request.parts.iter().map(|part| part.as_ref().map(Request::call).unwrap_or_default());
            let parts = answer.parts.into_iter().zip(calls).map(|(part, call)| part.with_call(call)).collect();
            Ok(BatchAnswer { parts, mark: Some(self.request.mark), ..answer })
        })
    }
}

/// What each part of a batch answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BatchAnswer {
    /// Whether a part was refused.
    pub has_errors: bool,
    /// The answers, in the order of the parts.
    #[serde(rename = "results")]
    pub parts: Vec<PartAnswer>,
    #[serde(skip)]
    mark: Option<Mark>,
}

impl BatchAnswer {
    /// The result of a part.
    ///
    /// # Errors
    ///
    /// The part's own refusal; `Decode` when its answer is not as expected; `Invalid` for a part of another batch.
    pub fn get<T: DeserializeOwned>(&self, slot: &Slot<T>) -> Result<T> {
        let part = self.parts.get(slot.number).filter(|_| self.mark.is_none_or(|mark| mark == slot.mark));
        part.ok_or_else(|| Error::new(ErrorKind::Invalid, "this part is not of this batch"))?.json()
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slot<T> {}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({})", self.number)
    }
}

#[cfg(test)]
mod tests {
    use salesforce_http::Effect;
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_named_below_services_data() {
        let mut batch = BatchRequest::new();
        batch.update("Account", "001D000000IqhSLIAZ".parse().unwrap(), &json!({"Name": "N"}));
        batch.add::<()>(Request::get("limits"));
        batch.add::<()>(Request::get("/services/data/v60.0/limits"));
        let request = batch.request(true, ApiVersion::V68).unwrap();
        assert_eq!((request.path(), request.effect()), ("composite/batch", Effect::Repeatable));
        let body: serde_json::Value = serde_json::from_slice(request.content().as_bytes().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({"haltOnError": true, "batchRequests": [
                {"method": "PATCH", "url": "v68.0/sobjects/Account/001D000000IqhSLIAZ", "richInput": {"Name": "N"}},
                {"method": "GET", "url": "v68.0/limits"},
                {"method": "GET", "url": "v60.0/limits"},
            ]})
        );
    }

    #[test]
    fn what_an_org_would_refuse_or_ignore_is_not_sent() {
        let refused = |batch: &BatchRequest| batch.request(false, ApiVersion::V68).is_err();
        let mut batch = BatchRequest::new();
        assert!(refused(&batch));
        (0..25).for_each(|_| {
            batch.add::<()>(Request::get("limits"));
        });
        assert!(!refused(&batch));
        batch.add::<()>(Request::get("limits"));
        assert!(refused(&batch));
        for bad in [Request::get("limits").header("If-Match", "x"), Request::get("/services/apexrest/x")] {
            let mut batch = BatchRequest::new();
            batch.add::<()>(bad);
            assert!(refused(&batch));
        }
        let mut batch = BatchRequest::new();
        batch.create("Account/x", &json!({}));
        assert!(refused(&batch));
    }
}
