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
    left: u64,
    moved: Arc<AtomicU64>,
}

/// The body for the wire, and a watch that ends when none of its pieces was taken for that long, or no answer came for
/// that long after the last one; twice as long at most.
pub(super) fn watched(body: Body, silence: Duration) -> (Upload, impl Future<Output = ()>) {
    let moved = Arc::new(AtomicU64::new(0));
    let upload = Upload { left: body.len(), pieces: Mutex::new(body.into_stream()), moved: Arc::clone(&moved) };
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

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let pieces = self.pieces.get_mut().unwrap_or_else(PoisonError::into_inner);
        let piece = ready!(Pin::new(pieces).poll_next(context));
        self.moved.fetch_add(1, Ordering::Relaxed);
        let wrong = |why: &str| Some(Err(TransportError::new(TransportErrorKind::Broken).with_source(why)));
        Poll::Ready(match piece {
            Some(Ok(bytes)) => match self.left.checked_sub(bytes.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Some(Ok(Frame::data(bytes)))
                }
                None => wrong("what was to be sent is longer than was said before"),
            },
            Some(Err(error)) => Some(Err(error)),
            None if self.left > 0 => wrong("what was to be sent is shorter than was said before"),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        false
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
