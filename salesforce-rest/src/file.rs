//! Files: the bytes that belong to a record, which a query shows only as a path.

mod digest;
mod download;
mod download_many;
mod envelope;
mod error;
mod kind;
mod lost;
mod new_file;
mod page;
mod part;
mod sending;
mod source;
mod stored;
mod under_way;
mod upload;
mod upload_many;

use std::time::Duration;

pub use download::{Download, Downloaded};
pub use download_many::{DownloadMany, DownloadOutcome};
pub use error::FileError;
pub use kind::FileKind;
pub use lost::LostUpload;
pub use new_file::NewFile;
pub use source::FileSource;
pub use stored::StoredFile;
pub use upload::{Upload, UploadWay, Uploaded};
pub use upload_many::{UploadMany, UploadOutcome};

/// How many of many files are under way at once, unless said.
const CONCURRENCY: usize = 4;

/// How long to wait after so many breaks.
fn pause(breaks: u32) -> Duration {
    Duration::from_millis(500 << breaks.min(6)).mul_f64(fastrand::f64())
}

fn hexadecimal(md5: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(md5))
}
