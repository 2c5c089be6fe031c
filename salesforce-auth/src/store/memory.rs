use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use salesforce_http::Result;

use super::{Revision, StoreLock, TokenStore};
use crate::grant::Grant;

/// Keeps a grant as long as the process lives. A clone is the same store.
///
/// For tests, and for hosts that log in at each start. After a restart the grant is gone.
#[derive(Clone, Default)]
pub struct MemoryStore {
    held: Arc<Mutex<(u64, Option<Grant>)>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn held(&self) -> MutexGuard<'_, (u64, Option<Grant>)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn lock(&self) -> Result<StoreLock> {
        Ok(StoreLock::new(self.lock.clone().lock_owned().await))
    }

    async fn load(&self) -> Result<Option<(Grant, Revision)>> {
        let held = self.held();
        Ok(held.1.clone().map(|grant| (grant, Revision::new(held.0.to_string()))))
    }

    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        let mut held = self.held();
        let there = held.1.as_ref().map(|_| Revision::new(held.0.to_string()));
        if there.as_ref() != expected {
            return Ok(false);
        }
        *held = (held.0 + 1, Some(grant.clone()));
        Ok(true)
    }

    async fn clear(&self) -> Result<()> {
        self.held().1 = None;
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
