use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_core::stream::BoxStream;

use crate::transport::{TransportError, TransportErrorKind};

/// What a request carries.
///
/// Today that is always bytes at hand. A body made while it is sent may come; a transport that takes
/// [`into_stream`](Self::into_stream) is ready for it.
#[derive(Clone, Default)]
pub struct Body {
    bytes: Bytes,
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The bytes, if they are at hand.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        Some(&self.bytes)
    }

    /// How many bytes it has, if that is known.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        u64::try_from(self.bytes.len()).ok()
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes, piece by piece.
    #[must_use]
    pub fn into_stream(self) -> BodyStream {
        BodyStream::from(self.bytes)
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self { bytes }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into() }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self { bytes: text.into() }
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self { bytes: text.into() }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}

/// What an answer carries, piece by piece, already decompressed.
pub struct BodyStream(BoxStream<'static, Result<Bytes, TransportError>>);

impl BodyStream {
    /// A body made of these pieces.
    #[must_use]
    pub fn new(pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Box::pin(pieces))
    }

    /// The whole body, at most `cap` bytes of it.
    ///
    /// # Errors
    /// The connection broke, the compression is broken, or the body is larger than `cap`
    /// ([`TransportErrorKind::TooLarge`]).
    pub async fn collect_up_to(mut self, cap: usize) -> Result<Bytes, TransportError> {
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        while let Some(piece) = std::future::poll_fn(|context| self.0.as_mut().poll_next(context)).await {
            let piece = piece?;
            if piece.len() > cap.saturating_sub(first.len() + whole.len()) {
                return Err(TransportError::new(TransportErrorKind::TooLarge));
            }
            if first.is_empty() && whole.is_empty() {
                first = piece;
            } else {
                whole.extend_from_slice(&std::mem::take(&mut first));
                whole.extend_from_slice(&piece);
            }
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

impl From<Bytes> for BodyStream {
    fn from(bytes: Bytes) -> Self {
        let piece = (!bytes.is_empty()).then_some(Ok(bytes));
        Self::new(futures_util::stream::iter(piece))
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyStream")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: &[&'static str]) -> BodyStream {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
        BodyStream::new(futures_util::stream::iter(pieces))
    }

    #[tokio::test]
    async fn pieces_are_put_together_in_order() {
        assert_eq!(body(&["ab", "", "cd", "e"]).collect_up_to(5).await.unwrap(), "abcde");
        assert_eq!(body(&[]).collect_up_to(0).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_over_the_cap_is_refused() {
        let error = body(&["ab", "cd"]).collect_up_to(3).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    }
}
