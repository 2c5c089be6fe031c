use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::StreamExt;

use crate::transport::{TransportError, TransportErrorKind};

/// What a request carries: bytes at hand, or bytes that are made while they are sent.
///
/// A call may be sent more than once, so a body that is made can be made again: it is not a stream, it is what opens
/// one. A file is opened anew, an encoder begins anew.
///
/// ```
/// use bytes::Bytes;
/// use futures_util::stream;
/// use salesforce_http::{Body, BodyStream};
///
/// let body = Body::made(6, || BodyStream::new(stream::iter([Ok(Bytes::from("abc")), Ok(Bytes::from("def"))])));
/// assert_eq!(body.len(), 6);
/// assert!(body.as_bytes().is_none());
/// ```
#[derive(Clone)]
pub struct Body(Content);

#[derive(Clone)]
enum Content {
    Bytes(Bytes),
    Made { len: u64, make: Arc<dyn Fn() -> BodyStream + Send + Sync> },
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::from(Bytes::new())
    }

    /// A body of `len` bytes that is made anew for each try. A stream that ends earlier or goes on longer breaks the
    /// call: what the server got of it is refused by the server, which was told the length.
    #[must_use]
    pub fn made(len: u64, make: impl Fn() -> BodyStream + Send + Sync + 'static) -> Self {
        Self(Content::Made { len, make: Arc::new(make) })
    }

    /// The bytes, if they are at hand.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Bytes(bytes) => Some(bytes),
            Content::Made { .. } => None,
        }
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Made { len, .. } => *len,
        }
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, piece by piece.
    #[must_use]
    pub fn into_stream(self) -> BodyStream {
        match self.0 {
            Content::Bytes(bytes) => bytes.into(),
            Content::Made { make, .. } => make(),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.len())
    }
}

/// The largest buffer that is made because a server says so, before as much came.
const BELIEVED: usize = 8 << 20;

/// A body piece by piece: that of an answer, already decompressed, or one that a request [makes](Body::made).
pub struct BodyStream(BoxStream<'static, Result<Bytes, TransportError>>);

impl BodyStream {
    /// A body made of these pieces.
    #[must_use]
    pub fn new(pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        // Asked once more behind its end, it has ended still; not every stream bears that.
        Self(Box::pin(pieces.fuse()))
    }

    /// The whole body, at most `cap` bytes of it.
    ///
    /// # Errors
    /// The connection broke, the compression is broken, or the body is larger than `cap`
    /// ([`TransportErrorKind::TooLarge`]).
    pub async fn collect_up_to(self, cap: usize) -> Result<Bytes, TransportError> {
        self.collect_expecting(0, cap).await
    }

    /// As [`collect_up_to`](Self::collect_up_to), of a body that is said to have so many bytes: a buffer that has to
    /// grow is copied. Not all is believed at once.
    pub(crate) async fn collect_expecting(mut self, said: usize, cap: usize) -> Result<Bytes, TransportError> {
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
                if whole.is_empty() {
                    whole.reserve(said.min(cap).min(BELIEVED).max(first.len() + piece.len()));
                }
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
    async fn a_body_that_ended_stays_ended() {
        let once = futures_util::stream::unfold(true, async |more| more.then(|| (Ok(Bytes::from("ab")), false)));
        let mut body = BodyStream::new(once);
        assert_eq!(body.next().await.unwrap().unwrap(), "ab");
        assert!(body.next().await.is_none() && body.next().await.is_none());
    }

    #[tokio::test]
    async fn a_made_body_is_made_anew_each_time() {
        let made = Body::made(4, || body(&["ab", "cd"]));
        for _ in 0..2 {
            assert_eq!(made.clone().into_stream().collect_up_to(9).await.unwrap(), "abcd");
        }
    }

    #[tokio::test]
    async fn a_body_over_the_cap_is_refused() {
        let error = body(&["ab", "cd"]).collect_up_to(3).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    }
}
