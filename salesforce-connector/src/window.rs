//! Which stretch of the org's time a run reads.

use std::time::Duration;

use connector_core::{Stamp, Window};

/// The window of a run that begins at `now` by the org's clock, behind one that ended at `previous`.
///
/// A row is stamped when its statement runs and is visible when its transaction commits, which may be ten minutes
/// later. So the window ends `lag` before now, and begins `overlap` before the end of the last one: what became visible
/// late is read again. Its end never goes back, should the org's clock do so.
pub(crate) fn next(previous: Option<Stamp>, now: Stamp, lag: Duration, overlap: Duration) -> Window {
    let hi = now.minus(lag);
    match previous {
        Some(previous) => Window::new(Some(previous.minus(overlap)), Some(hi.max(previous))),
        None => Window::new(None, Some(hi)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(minute: i64) -> Stamp {
        Stamp::from_millis(minute * 60_000)
    }

    #[test]
    fn b1_03_a_window_ends_before_now_and_begins_before_the_last_end() {
        assert_eq!(next(None, at(100), MINUTE, MINUTE * 15), Window::new(None, Some(at(99))));
        assert_eq!(next(Some(at(90)), at(100), MINUTE, MINUTE * 15), Window::new(Some(at(75)), Some(at(99))));
    }

    /// Small numbers that look like chance and are the same every time.
    fn roll(seed: &mut u64, sides: i64) -> i64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(*seed >> 33).unwrap() % sides
    }

    /// A day of runs every ten minutes, and rows that can be seen up to nine minutes after their stamp. How many are
    /// never read.
    fn lost(seed: u64, overlap: Duration) -> usize {
        let mut seed = seed;
        let rows: Vec<_> = (0..200)
            .map(|_| {
                let stamp = roll(&mut seed, 24 * 3_600);
                (Stamp::from_millis(stamp * 1000), Stamp::from_millis((stamp + roll(&mut seed, 540)) * 1000))
            })
            .collect();
        let (mut read, mut end) = (vec![false; rows.len()], Some(Stamp::EPOCH));
        for run in 1..=24 * 6 + 3 {
            let now = at(run * 10);
            let window = next(end, now, MINUTE, overlap);
            for ((stamp, visible), read) in rows.iter().zip(&mut read) {
                *read |= *visible <= now && window.lo <= Some(*stamp) && Some(*stamp) < window.hi;
            }
            end = window.hi;
        }
        read.iter().filter(|read| !**read).count()
    }

    #[test]
    fn s_02_in_200_schedules_no_late_row_is_lost_and_without_the_overlap_some_are() {
        assert_eq!((0..200).map(|seed| lost(seed, MINUTE * 15)).sum::<usize>(), 0);
        assert!((0..200).all(|seed| lost(seed, Duration::ZERO) > 0), "the test has to show what the overlap is for");
    }

    #[test]
    fn s_03_a_clock_that_jumps_back_leaves_no_gap_and_no_negative_window() {
        let mut end = None;
        for now in [100, 101, 41, 42, 102, 103] {
            let window = next(end, at(now), MINUTE, MINUTE * 15);
            assert!(!window.is_empty());
            assert!(window.lo <= end, "a gap");
            assert!(window.hi >= end, "the watermark went back");
            end = window.hi;
        }
        assert_eq!(end, Some(at(102)));
    }
}
