//! Sending one request and getting one answer: the seam under the pipeline.
//!
//! The default transport is reqwest's (feature `rustls` or `native-tls`); [`Settings`] makes it. A host that has an
//! HTTP stack of its own implements [`Transport`].

#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod reqwest;
mod settings;

use std::error::Error as StdError;
use std::fmt;

use futures_core::future::BoxFuture;

#[cfg(any(feature = "rustls", feature = "native-tls"))]
pub use self::reqwest::Reqwest;
pub use self::settings::Settings;
use crate::body::{Body, BodyStream};

/// Sends one request, once, and hands back the answer as it comes.
///
/// An implementation must follow no redirect, must answer with a decompressed body (or ask for no compression), and
/// must not send anything again unless nothing of it had left.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends `request`; the answer's body may still be on its way when this ends.
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>>;
}

/// What went wrong below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: name not found, refused, TLS, proxy. Nothing of the request was sent.
    Connect,
    /// No connection in time. Nothing of the request was sent.
    ConnectTimeout,
    /// The connection fell silent for longer than the read time-out, after the request had begun to leave.
    ReadTimeout,
    /// The connection broke after the request had begun to leave, or in the middle of the answer.
    Broken,
    /// The answer's compression cannot be undone.
    Compression,
    /// The answer is larger than allowed.
    TooLarge,
    /// The request cannot be put on the wire at all. Nothing was sent.
    Request,
}

/// A call that got no whole answer.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The same with what caused it. Its text must hold no secret and no URL with a query.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the org surely got nothing of the request.
    #[must_use]
    pub fn nothing_was_sent(&self) -> bool {
        use TransportErrorKind::{Connect, ConnectTimeout, Request};
        matches!(self.kind, Connect | ConnectTimeout | Request)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "no connection",
            TransportErrorKind::ConnectTimeout => "no connection in time",
            TransportErrorKind::ReadTimeout => "the connection fell silent",
            TransportErrorKind::Broken => "the connection broke",
            TransportErrorKind::Compression => "the compression of the answer is broken",
            TransportErrorKind::TooLarge => "the answer is larger than allowed",
            TransportErrorKind::Request => "the request cannot be sent",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
