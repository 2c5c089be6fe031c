use std::{fmt, time::Duration};

use crate::Stamp;

/// The machine's time: for the times in a report and the names of runs, never for windows, which the source's clock
/// decides.
pub trait Clock: fmt::Debug + Send + Sync {
    /// What time it is.
    fn now(&self) -> Stamp;

    /// Time since some fixed moment; it never goes back.
    fn uptime(&self) -> Duration;
}

/// The clock of the system.
#[derive(Debug)]
pub struct SystemClock {
    born: std::time::Instant,
}

impl Default for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn default() -> Self {
        Self { born: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Stamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Stamp::EPOCH.plus(since)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn uptime(&self) -> Duration {
        std::time::Instant::now().saturating_duration_since(self.born)
    }
}
