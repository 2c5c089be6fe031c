//! The default transport.

mod upload;

use std::error::Error as StdError;
use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, TryStreamExt, stream};
use url::Url;

use super::settings::{Proxy, Settings};
use super::{Transport, TransportError, TransportErrorKind};
use crate::body::{Body, BodyStream};
use crate::token::is_loopback;
use crate::{Error, ErrorKind, Result};

/// The default transport: reqwest with connection pool, keep-alive and gzip.
#[derive(Clone, Debug)]
pub struct Reqwest {
    outside: reqwest::Client,
    /// Without a proxy: what goes to this machine must not leave it, least of all by plain http.
    loopback: reqwest::Client,
    /// Watched here: reqwest would count it from the first byte that is sent, and an upload may take longer.
    read_timeout: Duration,
}

impl Reqwest {
    /// A transport with these settings.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when a certificate or the proxy's URL cannot be read.
    pub fn new(settings: &Settings) -> Result<Self> {
        Ok(Self {
            outside: client(settings, &settings.proxy)?,
            loopback: client(settings, &Proxy::None)?,
            read_timeout: settings.read_timeout,
        })
    }
}

fn client(settings: &Settings, proxy: &Proxy) -> Result<reqwest::Client> {
    let config =
        |message: &str, error: reqwest::Error| Error::new(ErrorKind::Config, message).with_source(error.without_url());
    let mut builder = reqwest::Client::builder()
        .connect_timeout(settings.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .tls_version_min(reqwest::tls::Version::TLS_1_2);
    #[cfg(feature = "rustls")]
    {
        builder = builder.tls_backend_rustls();
    }
    if !settings.http2 {
        builder = builder.http1_only();
    }
    for pem in &settings.root_certificates {
        let unreadable = "a root certificate cannot be read: expected PEM, `-----BEGIN CERTIFICATE-----`";
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| config(unreadable, error))?;
        if certificates.is_empty() {
            return Err(Error::new(ErrorKind::Config, unreadable));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    match proxy {
        Proxy::FromEnvironment => {}
        Proxy::None => builder = builder.no_proxy(),
        Proxy::Url(url) => {
            let message = format!("`{}` is no proxy's URL", crate::redact::url(url));
            let proxy = reqwest::Proxy::all(url).map_err(|error| config(&message, error))?;
            builder = builder.proxy(proxy);
        }
    }
    builder.build().map_err(|error| config("the HTTP client cannot be set up", error))
}

impl Transport for Reqwest {
    fn send(
        &self,
        request: http::Request<Body>,
    ) -> BoxFuture<'static, Result<http::Response<BodyStream>, TransportError>> {
        let here = Url::parse(&request.uri().to_string()).is_ok_and(|url| is_loopback(&url));
        let client = if here { self.loopback.clone() } else { self.outside.clone() };
        let read_timeout = self.read_timeout;
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let bytes = match body.as_bytes() {
                Some(bytes) => Some(bytes.clone()),
                None if body.is_empty() => Some(upload::empty(body.clone()).await?),
                None => None,
            };
            let response = match bytes {
                Some(bytes) => {
                    let sending = client.execute(built(parts, bytes.into())?);
                    tokio::time::timeout(read_timeout, sending).await.map_err(|_| silent())?
                }
                None => {
                    let (body, watch) = upload::watched(body, read_timeout);
                    let request = built(parts, reqwest::Body::wrap(body))?;
                    match select(pin!(client.execute(request)), pin!(watch)).await {
                        Either::Left((response, _)) => response,
                        Either::Right(_) => return Err(silent()),
                    }
                }
            };
            let response = response.map_err(while_sending)?;
            let mut answer = http::Response::new(());
            *answer.status_mut() = response.status();
            *answer.version_mut() = response.version();
            *answer.headers_mut() = response.headers().clone();
            let pieces = response.bytes_stream().map_err(while_reading);
            Ok(answer.map(|()| BodyStream::new(unless_silent(pieces, read_timeout))))
        })
    }
}

fn silent() -> TransportError {
    TransportError::new(TransportErrorKind::ReadTimeout)
}

/// The pieces of an answer, until none comes for so long.
fn unless_silent(
    pieces: impl Stream<Item = Result<Bytes, TransportError>> + Unpin,
    silence: Duration,
) -> impl Stream<Item = Result<Bytes, TransportError>> {
    stream::unfold(Some(pieces), move |pieces| async move {
        let mut pieces = pieces?;
        match tokio::time::timeout(silence, pieces.next()).await {
            Ok(piece) => piece.map(|piece| (piece, Some(pieces))),
            Err(_) => Some((Err(silent()), None)),
        }
    })
}

fn built(parts: http::request::Parts, body: reqwest::Body) -> Result<reqwest::Request, TransportError> {
    reqwest::Request::try_from(http::Request::from_parts(parts, body))
        .map_err(|error| TransportError::new(TransportErrorKind::Request).with_source(error.without_url()))
}

fn while_sending(error: reqwest::Error) -> TransportError {
    let kind = match (error.is_connect(), error.is_timeout()) {
        (true, true) => TransportErrorKind::ConnectTimeout,
        (true, false) => TransportErrorKind::Connect,
        (false, true) => TransportErrorKind::ReadTimeout,
        (false, false) if error.is_builder() => TransportErrorKind::Request,
        (false, false) => TransportErrorKind::Broken,
    };
    TransportError::new(kind).with_source(error.without_url())
}

fn while_reading(error: reqwest::Error) -> TransportError {
    let kind = if error.is_timeout() {
        TransportErrorKind::ReadTimeout
    } else if is_bad_compression(&error) {
        TransportErrorKind::Compression
    } else {
        TransportErrorKind::Broken
    };
    TransportError::new(kind).with_source(error.without_url())
}

/// The decoder says `InvalidData`, or an `UnexpectedEof` that wraps nothing; a broken connection wraps its own error.
fn is_bad_compression(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => true,
                io::ErrorKind::UnexpectedEof => error.get_ref().is_none(),
                _ => false,
            };
        }
        cause = error.source();
    }
    false
}
