//! Which stretch of the org's time a run reads.

use std::time::Duration;

use connector_core::{Stamp, Window};

/// The window of a run that begins at `now` by the org's clock, behind one that ended at `previous`.
///
/// A row is stamped when its statement runs and is visible when its transaction commits, which may be ten minutes later. So the
/// window ends `lag` before now, and begins `overlap` before the end of the last one: what became visible late is read again. Its end
/// never goes back, should the org's clock do so.
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
