//! What every write of one record shares: options, conditions, sending.

use std::fmt;

use futures_util::future::BoxFuture;
use salesforce_http::{Effect, Error, Request, Response, Result};
use salesforce_types::Timestamp;

use crate::condition::{self, PreconditionFailed};
use crate::{Client, WriteOptions};

/// A write that is not sent yet. The row is JSON by now, so that it need not live until then.
pub(crate) struct Write<'c> {
    client: &'c Client,
    request: Result<Request>,
    /// Not sent again when an answer was lost, whatever the call is by itself.
    pub(crate) once: bool,
    pub(crate) options: WriteOptions,
}

impl<'c> Write<'c> {
    pub(crate) fn new(client: &'c Client, request: Result<Request>) -> Self {
        Self { client, request, once: false, options: WriteOptions::new() }
    }

    pub(crate) fn map(&mut self, change: impl FnOnce(Request) -> Request) {
        self.request = std::mem::replace(&mut self.request, Ok(Request::get(""))).map(change);
    }

    /// Makes it conditional. Its own first try would make the condition false, so it is sent once.
    pub(crate) fn only_if(&mut self, header: &str, value: &str) {
        self.map(|request| request.header(header, value));
        self.once = true;
    }

    pub(crate) fn only_if_unmodified_since(&mut self, time: Timestamp) {
        self.only_if("If-Unmodified-Since", &condition::http_date(time));
    }

    pub(crate) async fn send(self) -> Result<Response> {
        let request = self.options.apply(self.request?)?;
        let request = if self.once { request.with_effect(Effect::Once) } else { request };
        self.client.send(request).await.map_err(PreconditionFailed::told)
    }

    pub(crate) fn boxed<T: Send + 'c>(self, read: fn(Response) -> Result<T>) -> BoxFuture<'c, Result<T>> {
        Box::pin(async move { read(self.send().await?) })
    }
}

impl fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.request.as_ref().map(Request::call).map_err(Error::to_string);
        f.debug_struct("Write").field("call", &call).field("options", &self.options).finish()
    }
}
