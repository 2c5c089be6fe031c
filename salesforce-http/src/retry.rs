//! When and how often a call is sent again.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::Effect;
use crate::classify::Retry;

/// How often and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) max_tries: u32,
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_tries: 5, first_pause: Duration::from_millis(500), longest_pause: Duration::from_secs(30) }
    }
}

impl Policy {
    /// Whether a call that failed like this may be sent once more.
    pub(crate) fn allows(&self, retry: Retry, effect: Effect, tries: u32) -> bool {
        let most = if retry == Retry::Few { self.max_tries.min(3) } else { self.max_tries };
        let harmless = match retry {
            Retry::Never | Retry::Renew => false,
            Retry::NotRun => true,
            Retry::Repeatable | Retry::Few => effect != Effect::Once,
        };
        harmless && tries < most
    }

    /// How long to wait after this many tries: anything up to a limit that doubles, so that a crowd spreads out. What
    /// the server asks for wins; a little is added to it, for the crowd that got the same answer. `random` is in 0..1.
    pub(crate) fn pause(&self, tries: u32, after: Option<Duration>, random: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << tries.saturating_sub(1).min(20));
        match after {
            Some(after) => after.saturating_add(self.first_pause.mul_f64(random)),
            None => doubled.min(self.longest_pause).mul_f64(random),
        }
    }
}

/// What a connection may spend on sending again. A retry costs ten, an answer gives one back: a few failures are
/// smoothed over, an org that is down is not hammered by all its callers.
#[derive(Debug)]
pub(crate) struct Budget {
    full: u32,
    left: AtomicU32,
}

const COST: u32 = 10;

impl Budget {
    pub(crate) fn new(retries: u32) -> Self {
        let full = retries.saturating_mul(COST);
        Self { full, left: AtomicU32::new(full) }
    }

    /// Takes one retry out, if there is one.
    pub(crate) fn spend(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(COST)).is_ok()
    }

    /// Notes a call that went well.
    pub(crate) fn refill(&self) {
        // Failing means that it is full.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < self.full).then_some(left.saturating_add(1))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_each_time_is_resent_only_when_it_did_not_run() {
        let policy = Policy::default();
        assert!(!policy.allows(Retry::Repeatable, Effect::Once, 1));
        assert!(!policy.allows(Retry::Few, Effect::Once, 1));
        assert!(policy.allows(Retry::NotRun, Effect::Once, 1));
        for effect in [Effect::None, Effect::Repeatable] {
            assert!(policy.allows(Retry::Repeatable, effect, 4) && !policy.allows(Retry::Repeatable, effect, 5));
            assert!(policy.allows(Retry::Few, effect, 2) && !policy.allows(Retry::Few, effect, 3));
            assert!(!policy.allows(Retry::Never, effect, 1));
        }
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_are_spread_over_all_of_it() {
        let policy = Policy::default();
        let pause = |tries, random| policy.pause(tries, None, random).as_millis();
        assert_eq!([1, 2, 3, 7, 4_000_000_000].map(|tries| pause(tries, 1.0)), [500, 1000, 2000, 30_000, 30_000]);
        assert_eq!((pause(3, 0.0), pause(3, 0.25)), (0, 500));
    }

    #[test]
    fn what_the_server_asks_for_wins_and_is_never_undercut() {
        let pause = |random| Policy::default().pause(1, Some(Duration::from_secs(90)), random);
        assert_eq!(pause(0.0), Duration::from_secs(90));
        assert!(pause(0.9) > pause(0.1) && pause(1.0) <= Duration::from_millis(90_500));
    }

    #[test]
    fn the_budget_runs_out_and_comes_back_with_answers() {
        let budget = Budget::new(2);
        assert!(budget.spend() && budget.spend() && !budget.spend());
        (0..9).for_each(|_| budget.refill());
        assert!(!budget.spend());
        budget.refill();
        assert!(budget.spend() && !budget.spend());
        (0..1000).for_each(|_| budget.refill());
        assert!(budget.spend() && budget.spend() && !budget.spend());
    }
}
