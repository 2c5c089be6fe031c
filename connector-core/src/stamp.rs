use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, ErrorKind, Result};

/// An instant in UTC, to the millisecond, as a source's own clock gave it.
///
/// Versions of records and the ends of windows are stamps. They order as time does and print as RFC 3339.
///
/// ```
/// use connector_core::Stamp;
///
/// let stamp: Stamp = "2026-03-01T17:49:01+00:00".parse()?;
/// assert_eq!(stamp.to_string(), "2026-03-01T17:49:01.000Z");
/// assert_eq!(Stamp::from_millis(stamp.as_millis()), stamp);
/// # Ok::<(), connector_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp(i64);

/// The range that prints as a date, years -9999 to 9999, short of a day at either end.
const RANGE: std::ops::RangeInclusive<i64> = -377_705_023_000_000..=253_402_207_000_000;

impl Stamp {
    /// The first of January 1970.
    pub const EPOCH: Self = Self(0);

    /// The stamp that many milliseconds after 1970; what lies outside the calendar is moved to its end.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        let millis = if millis < *RANGE.start() { *RANGE.start() } else { millis };
        Self(if millis > *RANGE.end() { *RANGE.end() } else { millis })
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// That much earlier, and never before the calendar begins.
    #[must_use]
    pub fn minus(self, by: std::time::Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// That much later, and never after the calendar ends.
    #[must_use]
    pub fn plus(self, by: std::time::Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stamp({self})")
    }
}

impl FromStr for Stamp {
    type Err = Error;

    /// # Errors
    ///
    /// [`ErrorKind::Data`] when the text is no instant with an offset.
    fn from_str(text: &str) -> Result<Self> {
        let stamp = text.parse::<jiff::Timestamp>().map_err(|e| {
            Error::new(ErrorKind::Data, format!("`{text}` is no instant such as 2026-03-01T17:49:01.000Z")).caused_by(e)
        })?;
        Ok(Self::from_millis(stamp.as_millisecond()))
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn text_and_back_is_the_same_instant_to_the_millisecond() {
        for text in ["2026-03-01T17:49:01.000Z", "1969-12-31T23:59:59.999Z", "2026-03-01T17:49:01.123Z"] {
            let stamp: Stamp = text.parse().unwrap();
            assert_eq!(stamp.to_string(), text);
            assert_eq!(serde_json::from_str::<Stamp>(&serde_json::to_string(&stamp).unwrap()).unwrap(), stamp);
        }
        assert!("yesterday".parse::<Stamp>().is_err());
    }

    #[test]
    fn the_ends_of_the_calendar_print_and_hold() {
        for stamp in [Stamp::from_millis(i64::MIN), Stamp::from_millis(i64::MAX)] {
            assert_eq!(stamp.to_string().parse::<Stamp>().unwrap(), stamp);
        }
        assert_eq!(Stamp::from_millis(i64::MIN).minus(Duration::MAX), Stamp::from_millis(i64::MIN));
        assert_eq!(Stamp::from_millis(0).plus(Duration::MAX), Stamp::from_millis(i64::MAX));
    }
}
