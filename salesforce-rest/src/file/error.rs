use std::fmt;
use std::io;

use salesforce_http::{Error, ErrorKind};

/// Why a file was not downloaded whole, where it is not the connection's fault; the source of an [`Error`].
///
/// ```
/// use std::error::Error as _;
/// use salesforce_rest::{Error, FileError};
///
/// fn good_bytes(error: &Error) -> Option<u64> {
///     match error.source()?.downcast_ref()? {
///         FileError::Write { written, .. } => Some(*written),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileError {
    /// The record is a link to elsewhere: there are no bytes in the org.
    NoBytes,
    /// The body has another length than the record states: the file grew or shrank, or something on the way cut it.
    #[non_exhaustive]
    Length {
        /// What the record states.
        stated: u64,
        /// What came. A body that is too long is not read to its end.
        received: u64,
    },
    /// The body is as long as stated, and its MD5 is another than the record states.
    Checksum,
    /// The download was taken up again, and the org now sends other bytes than those that were written before.
    #[non_exhaustive]
    Changed {
        /// How many bytes were written before.
        written: u64,
    },
    /// What is written to took no more: a full disk.
    #[non_exhaustive]
    Write {
        /// How many bytes were taken. They are the beginning of the file, so the download can go on after them.
        written: u64,
        /// What the writer says.
        cause: io::ErrorKind,
    },
}

impl FileError {
    /// The error of a call that has this as its source.
    pub(super) fn error(self, call: &str) -> Error {
        let kind = match self {
            Self::NoBytes => ErrorKind::NotFound,
            Self::Length { .. } | Self::Changed { .. } => ErrorKind::Conflict,
            Self::Checksum => ErrorKind::Decode,
            Self::Write { .. } => ErrorKind::Other,
        };
        Error::new(kind, self.to_string()).with_call(call).with_source(self)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBytes => f.write_str("the record is a link, and the org has no bytes of the file"),
            Self::Length { stated, received } if received > stated => write!(
                f,
                "the record states {stated} bytes and more came: the file may have changed, read its record again"
            ),
            Self::Length { stated, received } => write!(
                f,
                "the record states {stated} bytes and {received} came: the file may have changed, read its record again"
            ),
            Self::Checksum => f.write_str(
                "the bytes have another MD5 than the record states: the file may have changed, read its record again",
            ),
            Self::Changed { written } => write!(
                f,
                "the first {written} bytes are others than those that were written before: begin the file anew"
            ),
            Self::Write { written, cause } => write!(
                f,
                "what was received cannot be written ({cause}); the first {written} bytes are good, and the download can \
                 go on after them"
            ),
        }
    }
}

impl std::error::Error for FileError {}
