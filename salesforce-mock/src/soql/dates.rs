//! Days: what date literals span, and what date functions read.
//!
//! Days begin at midnight UTC, weeks on Sunday, and the fiscal year with the calendar's: the user of the mock lives in
//! UTC, with an American locale.

use jiff::ToSpan;
use jiff::civil::{self, Weekday};
use salesforce_soql::ast::{DateFunction, DateLiteral, DateUnit};
use salesforce_types::{Date, Timestamp};

/// A range of days: from the first to the day before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) start: Date,
    pub(super) end: Date,
}

/// The range of a literal. Days beyond the years that exist are cut off.
pub(super) fn range(literal: DateLiteral, today: Date) -> Days {
    let today = civil_of(today);
    let day = DateUnit::Day;
    let (unit, from, to) = match literal {
        DateLiteral::Last(unit) => (unit, -1, 0),
        DateLiteral::This(unit) => (unit, 0, 1),
        DateLiteral::Next(unit) => (unit, 1, 2),
        DateLiteral::Last90Days => (day, -90, 1),
        DateLiteral::Next90Days => (day, 1, 91),
        // Of days, the literal goes on through today; of other units, it ends before the current one.
        DateLiteral::LastN(DateUnit::Day, count) => (day, -i64::from(count), 1),
        DateLiteral::LastN(unit, count) => (unit, -i64::from(count), 0),
        DateLiteral::NextN(unit, count) => (unit, 1, i64::from(count).saturating_add(1)),
        DateLiteral::NAgo(unit, count) => (unit, -i64::from(count), 1 - i64::from(count)),
    };
    let first = first_of(unit, today);
    Days { start: date_of(shifted(unit, first, from)), end: date_of(shifted(unit, first, to)) }
}

fn first_of(unit: DateUnit, day: civil::Date) -> civil::Date {
    let month_start = |month: i8| civil::Date::new(day.year(), month, 1).unwrap_or(day);
    match unit {
        DateUnit::Day => day,
        DateUnit::Week => {
            let since_sunday = i64::from(day.weekday().since(Weekday::Sunday));
            day.checked_sub(since_sunday.days()).unwrap_or(civil::Date::MIN)
        }
        DateUnit::Month => month_start(day.month()),
        DateUnit::Quarter | DateUnit::FiscalQuarter => month_start((day.month() - 1) / 3 * 3 + 1),
        DateUnit::Year | DateUnit::FiscalYear => month_start(1),
    }
}

fn shifted(unit: DateUnit, first: civil::Date, count: i64) -> civil::Date {
    let months = |each: i64| {
        let months = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
        let months = months.saturating_add(count.saturating_mul(each));
        let year = i16::try_from(months.div_euclid(12)).ok();
        let month = i8::try_from(months.rem_euclid(12) + 1).ok();
        year.zip(month).and_then(|(year, month)| civil::Date::new(year, month, 1).ok())
    };
    // A century of days at a time is more than any calendar holds.
    let days = |each: i64| {
        let days = count.saturating_mul(each).clamp(-4_000_000, 4_000_000);
        first.checked_add(days.days()).ok()
    };
    let end = if count < 0 { civil::Date::MIN } else { civil::Date::MAX };
    match unit {
        DateUnit::Day => days(1),
        DateUnit::Week => days(7),
        DateUnit::Month => months(1),
        DateUnit::Quarter | DateUnit::FiscalQuarter => months(3),
        DateUnit::Year | DateUnit::FiscalYear => months(12),
    }
    .unwrap_or(end)
}

/// What a function other than `DAY_ONLY` reads from a day, and from the hour of a moment.
pub(super) fn part(function: DateFunction, day: Date, hour: i64) -> i64 {
    let date = civil_of(day);
    let month = i64::from(date.month());
    let of_year = i64::from(date.day_of_year());
    match function {
        DateFunction::CalendarMonth | DateFunction::FiscalMonth => month,
        DateFunction::CalendarQuarter | DateFunction::FiscalQuarter => (month - 1) / 3 + 1,
        DateFunction::CalendarYear | DateFunction::FiscalYear => i64::from(date.year()),
        DateFunction::DayInMonth | DateFunction::DayOnly => i64::from(date.day()),
        DateFunction::DayInWeek => i64::from(date.weekday().since(Weekday::Sunday)) + 1,
        DateFunction::DayInYear => of_year,
        DateFunction::HourInDay => hour,
        DateFunction::WeekInMonth => (i64::from(date.day()) - 1) / 7 + 1,
        DateFunction::WeekInYear => (of_year - 1) / 7 + 1,
    }
}

/// The hour of a moment, 0 to 23.
pub(super) fn hour(moment: Timestamp) -> i64 {
    moment.as_millis().div_euclid(3_600_000).rem_euclid(24)
}

fn civil_of(date: Date) -> civil::Date {
    civil::Date::new(date.year(), date.month(), date.day()).expect("a date is a date")
}

fn date_of(date: civil::Date) -> Date {
    Date::new(date.year(), date.month(), date.day()).expect("a date is a date")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> String {
        let today = Date::new(2026, 3, 4).unwrap(); // a Wednesday
        let query = salesforce_soql::parse(&format!("SELECT Id FROM X WHERE D = {text}")).unwrap();
        let Some(salesforce_soql::ast::Condition::Compare {
            right: salesforce_soql::ast::Value::DateLiteral(literal),
            ..
        }) = query.filter
        else {
            panic!("{text}")
        };
        let days = range(literal, today);
        format!("{}..{}", days.start, days.end)
    }

    #[test]
    fn literals_span_the_days_of_the_reference() {
        for (text, expected) in [
            ("TODAY", "2026-03-04..2026-03-05"),
            ("YESTERDAY", "2026-03-03..2026-03-04"),
            ("TOMORROW", "2026-03-05..2026-03-06"),
            ("THIS_WEEK", "2026-03-01..2026-03-08"),
            ("LAST_WEEK", "2026-02-22..2026-03-01"),
            ("LAST_MONTH", "2026-02-01..2026-03-01"),
            ("NEXT_MONTH", "2026-04-01..2026-05-01"),
            ("LAST_90_DAYS", "2025-12-04..2026-03-05"),
            ("NEXT_90_DAYS", "2026-03-05..2026-06-03"),
            ("LAST_N_DAYS:3", "2026-03-01..2026-03-05"),
            ("NEXT_N_DAYS:3", "2026-03-05..2026-03-08"),
            ("N_DAYS_AGO:3", "2026-03-01..2026-03-02"),
            ("LAST_N_WEEKS:2", "2026-02-15..2026-03-01"),
            ("N_MONTHS_AGO:2", "2026-01-01..2026-02-01"),
            ("THIS_QUARTER", "2026-01-01..2026-04-01"),
            ("LAST_N_QUARTERS:2", "2025-07-01..2026-01-01"),
            ("NEXT_FISCAL_YEAR", "2027-01-01..2028-01-01"),
            ("NEXT_N_YEARS:2", "2027-01-01..2029-01-01"),
        ] {
            assert_eq!(days(text), expected, "{text}");
        }
    }

    #[test]
    fn literals_far_away_are_cut_off() {
        assert_eq!(
            days("LAST_N_YEARS:4000000000"),
            "-9999-01-01..2026-01-01".replace("-9999-01-01", &date_of(civil::Date::MIN).to_string())
        );
        assert!(days("NEXT_N_DAYS:4000000000").ends_with("9999-12-31"));
    }

    #[test]
    fn functions_read_parts_of_a_day() {
        let day = Date::new(2026, 3, 4).unwrap();
        for (function, expected) in [
            (DateFunction::CalendarMonth, 3),
            (DateFunction::CalendarQuarter, 1),
            (DateFunction::CalendarYear, 2026),
            (DateFunction::DayInMonth, 4),
            (DateFunction::DayInWeek, 4),
            (DateFunction::DayInYear, 63),
            (DateFunction::WeekInMonth, 1),
            (DateFunction::WeekInYear, 9),
            (DateFunction::HourInDay, 17),
        ] {
            assert_eq!(part(function, day, 17), expected, "{function:?}");
        }
    }
}
