//! The body of an upload, made while it is sent.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use salesforce_http::transport::{TransportError, TransportErrorKind};
use salesforce_http::{Body, BodyStream};
use tokio::io::AsyncReadExt;

use super::digest::Digests;
use super::envelope::Envelope;
use super::source::Reader;
use super::{FileError, FileSource, UploadWay};

/// The bytes of one piece. Three bytes are four characters of base64, so that only the last piece is filled up.
const PIECE: u64 = 3 * 64 * 1024;

/// What became of the body that was made last. It is made again for each try.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    made: u64,
    end: Option<Result<[u8; 16], FileError>>,
}

impl Sent {
    /// `None` while its last piece was not handed over: the org cannot have all of it then. The MD5 of the file when it
    /// was, or why the source does not give it.
    pub(super) fn end(&self) -> Option<Result<[u8; 16], FileError>> {
        self.state().end
    }

    fn begin(&self) -> u64 {
        let mut state = self.state();
        *state = State { made: state.made + 1, end: None };
        state.made
    }

    /// A body of an earlier try may live on for a while, and has no say.
    fn ended(&self, made: u64, end: Result<[u8; 16], FileError>) {
        let mut state = self.state();
        if state.made == made {
            state.end = Some(end);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of `length` bytes between head and tail.
pub(super) fn body(source: FileSource, envelope: Envelope, way: UploadWay, length: u64, sent: Sent) -> Body {
    let around = envelope.head.len() + envelope.tail.len();
    Body::made(length + around as u64, move || {
        let sending = Sending {
            source: source.clone(),
            envelope: envelope.clone(),
            way,
            stage: Stage::Head,
            read: 0,
            digests: Digests::new(true, false),
            made: sent.begin(),
            sent: sent.clone(),
        };
        BodyStream::new(stream::try_unfold(sending, |mut sending| async move {
            match sending.next().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, sending))),
                Err(problem) => {
                    sending.sent.ended(sending.made, Err(problem));
                    Err(TransportError::new(TransportErrorKind::Broken).with_source(problem))
                }
            }
        }))
    })
}

struct Sending {
    source: FileSource,
    envelope: Envelope,
    way: UploadWay,
    stage: Stage,
    read: u64,
    digests: Digests,
    made: u64,
    sent: Sent,
}

enum Stage {
    Head,
    Content(Reader),
    End,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<Bytes>, FileError> {
        match &mut self.stage {
            Stage::Head => {
                let reader = self.source.open().await.map_err(|cause| unread(0, &cause))?;
                self.stage = Stage::Content(reader);
                Ok(Some(self.envelope.head.clone()))
            }
            Stage::Content(reader) => {
                let wanted = PIECE.min(self.source.length() - self.read);
                if wanted > 0 {
                    let piece = piece(reader, wanted).await.map_err(|cause| unread(self.read, &cause))?;
                    self.read += piece.len() as u64;
                    self.digests.update(&piece);
                    return if (piece.len() as u64) < wanted {
                        Err(self.changed())
                    } else {
                        Ok(Some(self.coded(piece)))
                    };
                }
                // Before the last piece is handed over, so that the org has no whole body of what is not the file.
                let more = piece(reader, 1).await.map_err(|cause| unread(self.read, &cause))?;
                if !more.is_empty() {
                    self.read += 1;
                    return Err(self.changed());
                }
                self.stage = Stage::End;
                let md5 = self.digests.prints().md5.unwrap_or_default();
                self.sent.ended(self.made, Ok(md5));
                Ok(Some(self.envelope.tail.clone()))
            }
            Stage::End => Ok(None),
        }
    }

    fn coded(&self, piece: Bytes) -> Bytes {
        match self.way {
            UploadWay::Multipart => piece,
            UploadWay::Base64 => STANDARD.encode(piece).into(),
        }
    }

    fn changed(&self) -> FileError {
        FileError::Source { stated: self.source.length(), read: self.read }
    }
}

fn unread(read: u64, cause: &io::Error) -> FileError {
    FileError::Read { read, cause: cause.kind() }
}

/// So many bytes; fewer at the end.
async fn piece(reader: &mut Reader, wanted: u64) -> io::Result<Bytes> {
    let mut piece = BytesMut::with_capacity(usize::try_from(wanted).unwrap_or(0));
    let mut reader = reader.take(wanted);
    while reader.limit() > 0 && reader.read_buf(&mut piece).await? > 0 {}
    Ok(piece.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewFile;

    /// The body of an upload of `read` bytes that are said to be `stated`, with what is known of it.
    async fn made(stated: u64, read: usize, way: UploadWay) -> (Result<Bytes, TransportError>, Sent, u64) {
        let source = FileSource::made(stated, move || std::future::ready(Ok(io::Cursor::new(vec![b'a'; read]))));
        let envelope = Envelope::new(&NewFile::content_version("a"), way).unwrap();
        let length = super::super::envelope::length(stated, way).unwrap();
        let sent = Sent::default();
        let body = body(source, envelope, way, length, sent.clone());
        let said = body.len();
        (body.into_stream().collect_up_to(usize::MAX).await, sent, said)
    }

    #[tokio::test]
    async fn a_body_is_as_long_as_it_says_whatever_the_way() {
        for way in [UploadWay::Multipart, UploadWay::Base64] {
            for length in [0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_000] {
                let (body, sent, said) = made(length as u64, length, way).await;
                assert_eq!(body.unwrap().len() as u64, said, "{length}");
                assert!(sent.end().unwrap().is_ok());
            }
        }
    }

    #[tokio::test]
    async fn a_source_that_grew_or_shrank_never_gives_a_whole_body() {
        for (stated, read, seen) in [(1000, 999, 999), (1000, 1001, 1001), (0, 1, 1), (1, 0, 0)] {
            for way in [UploadWay::Multipart, UploadWay::Base64] {
                let (body, sent, _) = made(stated, read, way).await;
                assert!(body.is_err());
                assert_eq!(sent.end(), Some(Err(FileError::Source { stated, read: seen })));
            }
        }
    }

    #[test]
    fn an_earlier_body_has_no_say() {
        let sent = Sent::default();
        let (first, second) = (sent.begin(), sent.begin());
        sent.ended(first, Ok([1; 16]));
        assert_eq!(sent.end(), None);
        sent.ended(second, Ok([2; 16]));
        assert_eq!(sent.end(), Some(Ok([2; 16])));
    }
}
