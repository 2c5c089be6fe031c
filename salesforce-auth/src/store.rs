//! Where a connection's [`Grant`] lives, so that the next start, and other processes, go on with it.

mod file;
#[cfg(feature = "keychain")]
mod keychain;
mod lock_file;
mod memory;

use std::fmt;

use async_trait::async_trait;
use salesforce_http::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};

pub use self::file::FileStore;
#[cfg(feature = "keychain")]
pub use self::keychain::KeychainStore;
pub use self::memory::MemoryStore;
use crate::grant::Grant;

/// Where the grant of one connection is kept. Implement it for a vault or a database of your own;
/// [`Grant::expose`] and [`Grant::parse`] turn a grant into text and back.
///
/// Salesforce replaces a refresh token at each renewal and revokes everything when an old one comes back. So
/// [`Refreshing`](crate::Refreshing) holds the [lock](Self::lock) over reading, renewing and writing, and
/// [`replace`](Self::replace) must not end well before the grant would survive a power cut.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// Waits until nobody else, in no other process, holds the lock. It is let go when the result is dropped.
    ///
    /// # Errors
    /// It cannot be had in time ([`Busy`](salesforce_http::ErrorKind::Busy)), or at all.
    async fn lock(&self) -> Result<StoreLock>;

    /// What is stored now, and its revision. `None` before the first.
    ///
    /// # Errors
    /// It cannot be read, or is no grant.
    async fn load(&self) -> Result<Option<(Grant, Revision)>>;

    /// Stores `grant` durably if what is there still has the revision `expected` (`None`: nothing is there). Otherwise
    /// it stores nothing and says `false`. Called under the lock.
    ///
    /// # Errors
    /// It cannot be written. What was there stays.
    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool>;

    /// Forgets the grant. It is no error if there is none.
    ///
    /// # Errors
    /// It cannot be removed.
    async fn clear(&self) -> Result<()>;
}

/// Work that waits for a disk or a person, off the threads that must not.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let work = crate::runtime()?.spawn_blocking(work);
    work.await
        .map_err(|error| Error::new(ErrorKind::Other, "the work on the token store was cut off").with_source(error))?
}

/// Lets go of a store's lock when it is dropped.
pub struct StoreLock {
    _guard: Option<Box<dyn Send>>,
}

impl StoreLock {
    /// A lock that is held as long as `guard` lives.
    #[must_use]
    pub fn new(guard: impl Send + 'static) -> Self {
        Self { _guard: Some(Box::new(guard)) }
    }

    /// No lock, for a store that only one task of one process ever uses.
    #[must_use]
    pub fn none() -> Self {
        Self { _guard: None }
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}

/// Which state of a store was read. Only equality means anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(Box<str>);

impl Revision {
    /// The store's own word for it: a row version, an ETag.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The revision of a content: a digest that tells nothing of it.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(64);
        for byte in Sha256::digest(content) {
            let _ = write!(text, "{byte:02x}");
        }
        Self::new(text)
    }

    /// The text given to [`new`](Self::new).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
