//! A body that is made while it is sent.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Frame, SizeHint};

use crate::body::{Body, BodyStream};
use crate::transport::{TransportError, TransportErrorKind};

/// A body that says how long it is and counts its pieces.
pub(super) struct Upload {
    /// Never locked: reqwest asks for bodies that are `Sync`, and a stream need not be.
    pieces: Mutex<BodyStream>,
    /// How many bytes the pieces must still have.
    left: u64,
    /// The piece that seems to be the last. It is kept until the pieces have ended: hyper asks for no more once it has
    /// as many bytes as were said, and would take what is cut for whole.
    last: Option<Bytes>,
    ended: bool,
    moved: Arc<AtomicU64>,
}

/// The body for the wire, and a watch that ends when none of its pieces was taken for that long, or no answer came for
/// that long after the last one; twice as long at most.
pub(super) fn watched(body: Body, silence: Duration) -> (Upload, impl Future<Output = ()>) {
    let moved = Arc::new(AtomicU64::new(0));
    let upload = Upload {
        left: body.len(),
        pieces: Mutex::new(body.into_stream()),
        last: None,
        ended: false,
        moved: Arc::clone(&moved),
    };
    let watch = async move {
        loop {
            let before = moved.load(Ordering::Relaxed);
            tokio::time::sleep(silence).await;
            if moved.load(Ordering::Relaxed) == before {
                return;
            }
        }
    };
    (upload, watch)
}

/// A made body that is to be empty, once it is known that it is: hyper would not look.
pub(super) async fn empty(body: Body) -> Result<Bytes, TransportError> {
    match body.into_stream().collect_up_to(0).await {
        Err(error) if error.kind() == TransportErrorKind::TooLarge => Err(broken(LONGER)),
        collected => collected,
    }
}

const LONGER: &str = "what was to be sent is longer than was said before";

fn broken(why: &str) -> TransportError {
    TransportError::new(TransportErrorKind::Broken).with_source(why)
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let wrong = |why: &str| Poll::Ready(Some(Err(broken(why))));
        while !self.ended {
            let pieces = self.pieces.get_mut().unwrap_or_else(PoisonError::into_inner);
            let piece = ready!(Pin::new(pieces).poll_next(context)).transpose()?;
            self.moved.fetch_add(1, Ordering::Relaxed);
            let Some(bytes) = piece else {
                self.ended = true;
                if self.left > 0 {
                    return wrong("what was to be sent is shorter than was said before");
                }
                break;
            };
            match self.left.checked_sub(bytes.len() as u64) {
                None => return wrong(LONGER),
                Some(0) if bytes.is_empty() => {}
                Some(0) => (self.left, self.last) = (0, Some(bytes)),
                Some(left) => {
                    self.left = left;
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
            }
        }
        Poll::Ready(self.last.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended && self.last.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left + self.last.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
