//! One connection: its requests, and the ways in which an answer is brought.

use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::intake::Intake;
use crate::Body;
use crate::call::MAX_BODY;
use crate::fault::{Delivery, Part};
use crate::multipart::{self, Form};
use crate::rules::Refusal;

/// What is smaller is not worth compressing.
const LEAST_GZIP: usize = 1400;

/// How long a cut answer stays open, so that what was sent arrives before the end does.
const BEFORE_THE_CUT: Duration = Duration::from_millis(50);

/// Serves one connection until it ends.
pub(super) async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let wire = Wire { stream, reset: Arc::clone(&reset) };
    match acceptor {
        None => requests(wire, reset, shared).await,
        // A handshake that fails is the client's affair: it does not trust the certificate.
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(wire).await {
                requests(stream, reset, shared).await;
            }
        }
    }
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    reset: Arc<AtomicBool>,
    shared: Arc<Shared>,
) {
    let service = service_fn(move |request| answer(request, Arc::clone(&reset), Arc::clone(&shared)));
    // Without a timer there is no time limit. Ends with an error when the client goes away or an answer is cut.
    let _ = http1::Builder::new().max_buf_size(1 << 20).serve_connection(TokioIo::new(stream), service).await;
}

/// The connection ends without an answer.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault cut the connection")
    }
}

impl std::error::Error for Cut {}

async fn answer(
    request: Request<Incoming>,
    reset: Arc<AtomicBool>,
    shared: Arc<Shared>,
) -> Result<Response<Outgoing>, Cut> {
    let (mut head, mut incoming) = request.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let intake = Intake::of(&shared.org(), &head);
    let mut most = 0;
    match intake {
        Intake::Row { keep } if multipart::is_form(&kind) => {
            let form = read_form(&kind, &mut incoming, keep).await?;
            head.extensions.insert(form);
        }
        Intake::Row { .. } => most = MAX_BODY,
        Intake::Bytes(bytes) => most = bytes,
    }
    let (mut parts, mut held) = (Vec::new(), 0);
    while let Some(frame) = incoming.frame().await {
        let Ok(piece) = frame.map_err(|_| Cut)?.into_data() else { continue };
        // A piece too many is refused where the body is read; the others are let go.
        if held <= most {
            held += piece.len();
            parts.push(piece);
        }
    }
    let body = match <[Bytes; 1]>::try_from(parts) {
        Ok([whole]) => Body::from(whole),
        Err(parts) => Body::parts(parts),
    };
    let gzip = shared.gzip && takes_gzip(&head.headers);
    let mut response = shared.org().handle(Request::from_parts(head, body));
    let delivery = response.extensions_mut().remove::<Delivery>().unwrap_or_default();
    let wait = delivery.delay.saturating_add(shared.latency);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if delivery.part == Part::Nothing {
        reset.store(true, Ordering::Relaxed);
        return Err(Cut);
    }
    if gzip {
        compress(&mut response);
    }
    Ok(response.map(|body| Outgoing::new(body, delivery, reset)))
}

/// Reads a body of several parts while it comes, so that a file need not fit into memory. What is wrong with it is said
/// when all of it was taken: a client hears no answer before it has sent its body.
async fn read_form(kind: &str, incoming: &mut Incoming, keep: usize) -> Result<Result<Form, Refusal>, Cut> {
    let mut reader = multipart::Reader::new(kind, keep);
    while let Some(frame) = incoming.frame().await {
        let Ok(piece) = frame.map_err(|_| Cut)?.into_data() else { continue };
        reader = reader.and_then(|mut reader| reader.push(&piece).map(|()| reader));
    }
    Ok(reader.and_then(multipart::Reader::finish))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|entry| {
        let (coding, quality) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = quality.trim().trim_start_matches("q=").parse::<f32>() == Ok(0.0);
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Compresses an answer that is worth it: text that is not small, in one piece or in pieces.
fn compress(response: &mut Response<Body>) {
    let text = response.headers().get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"application/json") || kind.starts_with(b"text/")
    });
    if !text || response.headers().contains_key(CONTENT_ENCODING) {
        return;
    }
    if response.body().size().is_none() {
        let packed = Packed { body: std::mem::take(response.body_mut()), packed: Some(encoder(0)) };
        *response.body_mut() = Body::pieces(packed);
    } else {
        let Some(bytes) = response.body().as_bytes().filter(|bytes| bytes.len() >= LEAST_GZIP) else { return };
        let mut packed = encoder(bytes.len() / 4);
        let packed = packed.write_all(bytes).and_then(|()| packed.finish()).expect("a vector takes every byte");
        *response.body_mut() = packed.into();
    }
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    response.headers_mut().remove(CONTENT_LENGTH);
}

fn encoder(room: usize) -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::with_capacity(room), Compression::fast())
}

/// A body that is compressed while its pieces are made.
struct Packed {
    body: Body,
    /// Nothing when the body is at its end.
    packed: Option<GzEncoder<Vec<u8>>>,
}

impl Iterator for Packed {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let packed = self.packed.as_mut()?;
            let Some(piece) = self.body.next_piece() else {
                return Some(self.packed.take()?.finish().map(Bytes::from));
            };
            if let Err(error) = piece.and_then(|piece| packed.write_all(&piece)) {
                self.packed = None;
                return Some(Err(error));
            }
            let ready = std::mem::take(packed.get_mut());
            if !ready.is_empty() {
                return Some(Ok(ready.into()));
            }
        }
    }
}

/// The body of an answer on its way out.
struct Outgoing {
    body: Body,
    size: Option<u64>,
    /// How many bytes are still sent before the end, if the answer is cut.
    left: Option<usize>,
    waiting: Option<Pin<Box<Sleep>>>,
    /// How long each piece waits.
    between: Duration,
    /// Set when the end is reached, if a reset is to come then.
    reset: Option<Arc<AtomicBool>>,
}

impl Outgoing {
    fn new(body: Body, delivery: Delivery, reset: Arc<AtomicBool>) -> Self {
        let size = body.size();
        let (left, reset) = match delivery.part {
            Part::Bytes(left) => (Some(left), None),
            Part::BytesThenReset(left) => (Some(left), Some(reset)),
            _ => (None, None),
        };
        Self { body, size, left, waiting: None, between: delivery.between, reset }
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.left == Some(0) {
            let wait = this.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(BEFORE_THE_CUT)));
            std::task::ready!(wait.as_mut().poll(cx));
            if let Some(reset) = &this.reset {
                reset.store(true, Ordering::Relaxed);
            }
            return Poll::Ready(Some(Err(io::Error::other(Cut))));
        }
        if !this.between.is_zero() {
            let wait = this.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.between)));
            std::task::ready!(wait.as_mut().poll(cx));
            this.waiting = None;
        }
        let mut piece = match this.body.next_piece() {
            None => {
                // All was sent that there is; a cut answer has no end nevertheless.
                this.left = this.left.map(|_| 0);
                return if this.left.is_some() { self.poll_frame(cx) } else { Poll::Ready(None) };
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            Some(Ok(piece)) => piece,
        };
        if let Some(left) = &mut this.left {
            piece.truncate(*left);
            *left -= piece.len();
        }
        this.size = this.size.map(|size| size.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX)));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.size == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.size.map(SizeHint::with_exact).unwrap_or_default()
    }
}

/// The socket. It sends a reset instead of an end when a fault says so.
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
