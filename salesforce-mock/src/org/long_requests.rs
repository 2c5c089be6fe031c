use std::time::Duration;

use salesforce_types::Timestamp;

/// How long a request runs before it counts (REST reference 3.3).
const LONG: Duration = Duration::from_secs(20);

/// The requests that run for long: only so many may at a time.
#[derive(Debug)]
pub(super) struct LongRequests {
    /// From when until when each counts.
    running: Vec<(Timestamp, Timestamp)>,
    pub(super) allowed: usize,
}

impl Default for LongRequests {
    fn default() -> Self {
        Self { running: Vec::new(), allowed: 25 }
    }
}

impl LongRequests {
    /// A request that begins now and takes so long.
    pub(super) fn note(&mut self, now: Timestamp, takes: Duration) {
        if takes >= LONG {
            self.running.push((now.saturating_add(LONG), now.saturating_add(takes)));
        }
    }

    /// Whether as many run as may, so that no other is taken.
    pub(super) fn are_too_many(&mut self, now: Timestamp) -> bool {
        self.running.retain(|(_, until)| *until > now);
        self.running.iter().filter(|(from, _)| *from <= now).count() >= self.allowed
    }
}
