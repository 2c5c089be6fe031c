use std::fmt;
use std::io;

use salesforce_http::{Error, ErrorKind};

/// Why a file was not downloaded or uploaded whole, where it is not the connection's fault; the source of an [`Error`].
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
    /// A page for people came instead of the file, with a status that says that all is well. None of it was written.
    Page,
    /// The file to upload is larger than what the org takes, or takes in this way. Nothing was sent.
    #[non_exhaustive]
    TooLarge {
        /// How many bytes it has.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// The file to upload has another length than it had before: it grew or shrank. The org took nothing of it.
    #[non_exhaustive]
    Source {
        /// How many bytes it was said to have.
        stated: u64,
        /// How many were read. Of one that grew, no more than one byte is read that is too many.
        read: u64,
    },
    /// The file to upload cannot be read. The org took nothing of it.
    #[non_exhaustive]
    Read {
        /// How many bytes were read before.
        read: u64,
        /// What the reader says.
        cause: io::ErrorKind,
    },
    /// The record of an uploaded file states another length or MD5 than that of what was sent.
    #[non_exhaustive]
    NotAsSent {
        /// How many bytes were sent.
        sent: u64,
        /// How many the record states.
        stated: Option<u64>,
    },
}

impl FileError {
    /// The error of a call that has this as its source.
    pub(super) fn error(self, call: &str) -> Error {
        let kind = match self {
            Self::NoBytes => ErrorKind::NotFound,
            Self::Length { .. } | Self::Changed { .. } | Self::Source { .. } | Self::NotAsSent { .. } => {
                ErrorKind::Conflict
            }
            Self::Checksum => ErrorKind::Decode,
            Self::Write { .. } | Self::Read { .. } => ErrorKind::Other,
            Self::Page => ErrorKind::Busy,
            Self::TooLarge { .. } => ErrorKind::Invalid,
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
            Self::Page => f.write_str(
                "an HTML page came instead of the file: Salesforce is not available now, or something on the way answers \
                 for it; try later",
            ),
            Self::TooLarge { bytes, most } => {
                write!(f, "nothing was sent: the file has {bytes} bytes, and the org takes {most} of such a file")
            }
            Self::Source { stated, read } if read > stated => write!(
                f,
                "the file to upload had {stated} bytes and has more now: it changed while it was read, and the org took \
                 none of it"
            ),
            Self::Source { stated, read } => write!(
                f,
                "the file to upload had {stated} bytes and has {read} now: it changed while it was read, and the org took \
                 none of it"
            ),
            Self::Read { read, cause } => write!(
                f,
                "the file to upload cannot be read after {read} bytes ({cause}); the org took none of it"
            ),
            Self::NotAsSent { sent, stated: Some(stated) } if sent == stated => {
                f.write_str("the record states another MD5 than that of the bytes that were sent")
            }
            Self::NotAsSent { sent, stated: Some(stated) } => {
                write!(f, "{sent} bytes were sent, and the record states {stated}")
            }
            Self::NotAsSent { sent, stated: None } => {
                write!(f, "{sent} bytes were sent, and the record does not state a length: may the user see the field?")
            }
        }
    }
}

impl std::error::Error for FileError {}
