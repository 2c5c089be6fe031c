use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use crate::Invalid;
use crate::invalid::serde_as_text;

/// An instant as Salesforce writes it, `2026-03-01T17:49:01.000+0000`, to the millisecond, in UTC.
///
/// Reads every form that answers and requests use: `Z`, `+0000`, `+01:00`, a fraction of any length (digits below the
/// millisecond are cut off) or none.
///
/// ```
/// use salesforce_types::Timestamp;
///
/// let stamp: Timestamp = "2026-03-01T18:49:01+01:00".parse()?;
/// assert_eq!(stamp.to_string(), "2026-03-01T17:49:01.000+0000");
/// assert_eq!(stamp.to_soql(), "2026-03-01T17:49:01.000Z");
/// # Ok::<(), salesforce_types::Invalid>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

/// A day without a time, `2026-03-01`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(civil::Date);

/// A time of day without a date, `17:49:01.000Z`, to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay(civil::Time);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// Milliseconds since 1970; what is beyond the years −9999 to 9999 becomes the nearest that is not.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let limit = if millis < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(limit))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The instant that much later, at most the last of the year 9999.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_add(millis(duration)))
    }

    /// The instant that much earlier, at least the first of the year −9999.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self::from_millis(self.as_millis().saturating_sub(millis(duration)))
    }

    /// How long after `earlier` it is; zero if it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.as_millis().saturating_sub(earlier.as_millis())).unwrap_or(0))
    }

    /// As a literal of SOQL, `2026-03-01T17:49:01.000Z`: the `+` of the usual form has to be encoded in a URL.
    #[must_use]
    pub fn to_soql(self) -> String {
        format!("{}Z", self.without_zone())
    }

    /// The day it falls on, in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(TimeZone::UTC.to_datetime(self.0).date())
    }

    fn without_zone(self) -> String {
        TimeZone::UTC.to_datetime(self.0).strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string()
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Date {
    /// The day, if there is such a day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// Its first instant, in UTC.
    #[must_use]
    pub fn midnight(self) -> Timestamp {
        TimeZone::UTC.to_timestamp(self.0.into()).map_or(Timestamp::from_millis(i64::MAX), Timestamp)
    }
}

impl TimeOfDay {
    /// That many milliseconds after midnight, if that is still the same day.
    #[must_use]
    pub fn from_millis(millis: u32) -> Option<Self> {
        let part = |unit: u32, size: u32| i8::try_from(millis / unit % size).ok();
        let hour = i8::try_from(millis / 3_600_000).ok()?;
        let nanos = i32::try_from(millis % 1000).ok()? * 1_000_000;
        civil::Time::new(hour, part(60_000, 60)?, part(1000, 60)?, nanos).ok().map(Self)
    }

    /// Milliseconds after midnight.
    #[must_use]
    pub fn as_millis(self) -> u32 {
        let (hour, minute) = (self.0.hour().unsigned_abs(), self.0.minute().unsigned_abs());
        let (second, millis) = (self.0.second().unsigned_abs(), self.0.millisecond().unsigned_abs());
        ((u32::from(hour) * 60 + u32::from(minute)) * 60 + u32::from(second)) * 1000 + u32::from(millis)
    }
}

/// Digits of a fixed number from the front of a text.
struct Digits<'t>(&'t [u8]);

impl Digits<'_> {
    #[inline]
    fn number<const COUNT: usize>(&mut self) -> Option<i16> {
        let (digits, rest) = self.0.split_first_chunk::<COUNT>()?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0')))
    }

    #[inline]
    fn mark(&mut self, mark: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[mark])?;
        Some(())
    }

    fn date(&mut self) -> Option<civil::Date> {
        let year = self.number::<4>()?;
        self.mark(b'-')?;
        let month = self.number::<2>()?;
        self.mark(b'-')?;
        civil::Date::new(year, month.try_into().ok()?, self.number::<2>()?.try_into().ok()?).ok()
    }

    /// `hh:mm:ss` and a fraction, if there is one, cut to milliseconds.
    fn time(&mut self) -> Option<civil::Time> {
        let hour = self.number::<2>()?;
        self.mark(b':')?;
        let minute = self.number::<2>()?;
        self.mark(b':')?;
        let second = self.number::<2>()?;
        let mut millis = 0;
        if self.mark(b'.').is_some() {
            let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = self.0.split_at_checked(length).filter(|_| length > 0)?;
            self.0 = rest;
            let digit = |at| digits.get(at).map_or(0, |digit| i32::from(digit - b'0'));
            millis = digit(0) * 100 + digit(1) * 10 + digit(2);
        }
        let part = |number: i16| i8::try_from(number).ok();
        civil::Time::new(part(hour)?, part(minute)?, part(second)?, millis * 1_000_000).ok()
    }

    /// Seconds east of UTC.
    fn zone(&mut self) -> Option<i64> {
        if self.mark(b'Z').or_else(|| self.mark(b'z')).is_some() {
            return Some(0);
        }
        let sign = if self.mark(b'-').is_some() { -1 } else { self.mark(b'+').map(|()| 1)? };
        let hours = self.number::<2>()?;
        let _ = self.mark(b':');
        let minutes = self.number::<2>().filter(|minutes| *minutes < 60)?;
        Some(sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60)
    }

    fn all<T>(text: &str, read: impl FnOnce(&mut Digits<'_>) -> Option<T>) -> Option<T> {
        let mut digits = Digits(text.as_bytes());
        read(&mut digits).filter(|_| digits.0.is_empty())
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Digits::all(text, |digits| {
            let date = digits.date()?;
            digits.mark(b'T').or_else(|| digits.mark(b't'))?;
            let local = date.to_datetime(digits.time()?);
            let east = digits.zone()?;
            let utc = Offset::UTC.to_timestamp(local).ok()?;
            match east {
                0 => Some(Self(utc)),
                east => utc.checked_sub(jiff::SignedDuration::from_secs(east)).ok().map(Self),
            }
        })
        .ok_or_else(|| Invalid::new("date and time", text, "expected a text such as `2026-03-01T17:49:01.000+0000`"))
    }
}

impl FromStr for Date {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Digits::all(text, |digits| digits.date().map(Self))
            .ok_or_else(|| Invalid::new("date", text, "expected a text such as `2026-03-01`"))
    }
}

impl FromStr for TimeOfDay {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Digits::all(text, |digits| {
            let time = digits.time()?;
            let _ = digits.mark(b'Z');
            Some(Self(time))
        })
        .ok_or_else(|| Invalid::new("time of day", text, "expected a text such as `17:49:01.000Z`"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+0000", self.without_zone())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.0.strftime("%H:%M:%S.%3f"))
    }
}

macro_rules! debug {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        })*
    };
}

debug!(Timestamp Date TimeOfDay);
serde_as_text!(Timestamp, "date and time such as 2026-03-01T17:49:01.000+0000");
serde_as_text!(Date, "date such as 2026-03-01");
serde_as_text!(TimeOfDay, "time of day such as 17:49:01.000Z");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_instant_reads_the_same() {
        for text in [
            "2026-03-01T17:49:01.000+0000",
            "2026-03-01T17:49:01Z",
            "2026-03-01T17:49:01.0Z",
            "2026-03-01T17:49:01.000000999Z",
            "2026-03-01T19:19:01+01:30",
            "2026-03-01T12:49:01-0500",
        ] {
            let stamp: Timestamp = text.parse().unwrap();
            assert_eq!(stamp.to_string(), "2026-03-01T17:49:01.000+0000", "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_refused_since_it_is_no_instant() {
        for text in [
            "2026-03-01T17:49:01",
            "2026-02-30T00:00:00Z",
            "2026-03-01",
            "2026-03-01T25:00:00Z",
            "2026-03-01T17:49:01.Z",
            "2026-03-01T17:49:01Z ",
            "",
            "9999-12-31T23:59:59-9900",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_of_day_go_to_the_millisecond_and_back() {
        let time: TimeOfDay = "23:59:59.999Z".parse().unwrap();
        assert_eq!(time.as_millis(), 86_399_999);
        assert_eq!(TimeOfDay::from_millis(86_399_999), Some(time));
        assert_eq!(TimeOfDay::from_millis(86_400_000), None);
        assert_eq!("08:00:00".parse::<TimeOfDay>().unwrap().to_string(), "08:00:00.000Z");
    }

    #[test]
    fn arithmetic_saturates() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.saturating_add(Duration::MAX), last);
        assert_eq!(Timestamp::EPOCH.since(last), Duration::ZERO);
        assert_eq!(Timestamp::EPOCH.saturating_add(Duration::from_secs(1)).as_millis(), 1000);
    }

    #[test]
    fn a_date_knows_its_first_instant() {
        let date: Date = "2026-03-01".parse().unwrap();
        assert_eq!(date.midnight().to_soql(), "2026-03-01T00:00:00.000Z");
        assert_eq!(date.midnight().date(), date);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_every_stamp_round_trips(text in "[-0-9T:.Z+ä]{0,30}", millis: i64) {
            let _ = text.parse::<Timestamp>();
            let _ = text.parse::<Date>();
            let _ = text.parse::<TimeOfDay>();
            let stamp = Timestamp::from_millis(millis);
            if stamp >= "0000-01-01T00:00:00Z".parse().unwrap() {
                proptest::prop_assert_eq!(stamp.to_string().parse::<Timestamp>().unwrap().as_millis(), stamp.as_millis());
            }
        }
    }
}
