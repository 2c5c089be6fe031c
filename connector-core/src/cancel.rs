use std::sync::Arc;

use tokio::sync::watch;

/// A way to ask a run to stop. Clones share the one switch.
///
/// A run that is asked flushes what it has and ends with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled); the
/// next run into the same sink goes on from there. Dropping the future of a run is as safe, but reads again what was
/// not flushed.
///
/// ```
/// let cancel = connector_core::Cancel::new();
/// assert!(!cancel.is_cancelled());
/// cancel.clone().cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// A switch that is not thrown.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Throws the switch, for good.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been thrown.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is thrown.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so waiting cannot end by its going away.
        let _ = self.0.subscribe().wait_for(|thrown| *thrown).await;
    }
}
