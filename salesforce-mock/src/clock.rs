//! The org's own clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use salesforce_types::Timestamp;

/// What time it is in the org. It never goes back.
///
/// A real org's clock is not the client's. A test gives the org a clock that stands still, or shifts the real one.
#[derive(Debug)]
pub struct OrgClock {
    /// The fixed time, or `None` for the machine's.
    fixed: Option<Timestamp>,
    shift_millis: i64,
    latest: AtomicI64,
}

impl OrgClock {
    /// The machine's time.
    #[must_use]
    pub fn system() -> Self {
        Self { fixed: None, shift_millis: 0, latest: AtomicI64::new(i64::MIN) }
    }

    /// A clock that stands at `time` until it is moved.
    #[must_use]
    pub fn fixed(time: Timestamp) -> Self {
        Self { fixed: Some(time), shift_millis: 0, latest: AtomicI64::new(i64::MIN) }
    }

    /// Moves the clock forward, also the machine's.
    pub fn advance(&mut self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.shift_millis = self.shift_millis.saturating_add(millis);
    }

    /// The time, to the millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let base = self.fixed.map_or_else(system_millis, Timestamp::as_millis);
        let now = base.saturating_add(self.shift_millis);
        Timestamp::from_millis(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }

    /// The time as rows are stamped with it: to the second.
    #[must_use]
    pub fn stamp(&self) -> Timestamp {
        let millis = self.now().as_millis();
        Timestamp::from_millis(millis - millis.rem_euclid(1000))
    }
}

impl Default for OrgClock {
    fn default() -> Self {
        Self::system()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn system_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let mut clock = OrgClock::fixed("2026-03-01T17:49:01.700Z".parse().unwrap());
        assert_eq!(clock.now(), clock.now());
        assert_eq!(clock.stamp().to_string(), "2026-03-01T17:49:01.000+0000");
        clock.advance(Duration::from_secs(60));
        assert_eq!(clock.stamp().to_string(), "2026-03-01T17:50:01.000+0000");
    }

    #[test]
    fn the_clock_never_goes_back() {
        let mut clock = OrgClock::system();
        clock.advance(Duration::from_secs(3600));
        let later = clock.now();
        clock.shift_millis = 0;
        assert!(clock.now() >= later);
    }
}
