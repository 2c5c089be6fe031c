use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::Timestamp;

const MINUTE: i64 = 60_000;

/// A window of whole minutes: the org ignores seconds, and refuses a window that is not longer than a minute then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Window {
    /// The smallest window that holds the asked one and is not refused for its length.
    pub(super) fn new(start: Timestamp, end: Timestamp) -> Result<Self> {
        if start > end {
            let message = format!("nothing was sent: the window from {start} to {end} ends before it begins");
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let (from, to) = (start.as_millis(), end.as_millis());
        let to = to.saturating_add(MINUTE - 1).div_euclid(MINUTE).saturating_mul(MINUTE);
        let from = from.div_euclid(MINUTE).saturating_mul(MINUTE).min(to.saturating_sub(2 * MINUTE));
        Ok(Self { start: Timestamp::from_millis(from), end: Timestamp::from_millis(to) })
    }

    /// Two that are one; `None` for a window too short to be parted.
    pub(super) fn halves(self) -> Option<(Self, Self)> {
        let (from, to) = (self.start.as_millis(), self.end.as_millis());
        let minutes = (to - from) / MINUTE;
        let middle = Timestamp::from_millis(from + minutes / 2 * MINUTE);
        (minutes >= 4).then_some((Self { end: middle, ..self }, Self { start: middle, ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-03-01T{text}.000Z").parse().unwrap()
    }

    fn window(start: &str, end: &str) -> (Timestamp, Timestamp) {
        let Window { start, end } = Window::new(at(start), at(end)).unwrap();
        (start, end)
    }

    #[test]
    fn b1_10_seconds_are_widened_to_minutes_and_short_windows_to_two() {
        assert_eq!(window("10:00:30", "10:09:01"), (at("10:00:00"), at("10:10:00")));
        assert_eq!(window("10:00:10", "10:00:40"), (at("09:59:00"), at("10:01:00")));
        assert_eq!(window("10:00:00", "10:01:00"), (at("09:59:00"), at("10:01:00")));
        assert_eq!(window("10:00:00", "10:02:00"), (at("10:00:00"), at("10:02:00")));
        assert_eq!(window("10:00:00", "10:00:00"), (at("09:58:00"), at("10:00:00")));
    }

    #[test]
    fn a_window_that_ends_before_it_begins_is_refused() {
        assert!(Window::new(at("10:00:01"), at("10:00:00")).is_err());
    }

    #[test]
    fn halves_meet_and_end_where_the_org_would_refuse_them() {
        let (first, second) = Window::new(at("10:00:00"), at("10:05:00")).unwrap().halves().unwrap();
        assert_eq!((first.end, second.start), (at("10:02:00"), at("10:02:00")));
        assert_eq!((first.halves(), second.halves()), (None, None));
    }
}
