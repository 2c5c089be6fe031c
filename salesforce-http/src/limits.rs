//! How many calls run at once, and what the org says about its allowance.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use salesforce_types::ApiUsage;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::response::Head;
use crate::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(crate) struct Limits {
    places: Arc<Semaphore>,
    usage: Mutex<Option<ApiUsage>>,
}

impl Limits {
    pub(crate) fn new(concurrency: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(concurrency)), usage: Mutex::new(None) }
    }

    /// Waits for a place among the calls that run at once. It is free again when the permit is dropped.
    pub(crate) async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let closed = |_| Error::new(ErrorKind::Other, "the connection is closed");
        self.places.clone().acquire_owned().await.map_err(closed)
    }

    /// Keeps what the answer says about the org's allowance.
    pub(crate) fn note(&self, head: &Head) {
        if let Some(usage) = head.header("sforce-limit-info").and_then(|text| text.parse().ok()) {
            *self.last() = Some(usage);
        }
    }

    pub(crate) fn usage(&self) -> Option<ApiUsage> {
        self.last().clone()
    }

    fn last(&self) -> MutexGuard<'_, Option<ApiUsage>> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
