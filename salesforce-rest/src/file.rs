//! Files: the bytes that belong to a record, which a query shows only as a path.

mod digest;
mod download;
mod error;
mod kind;
mod part;
mod stored;

pub use download::{Download, Downloaded};
pub use error::FileError;
pub use kind::FileKind;
pub use stored::StoredFile;
