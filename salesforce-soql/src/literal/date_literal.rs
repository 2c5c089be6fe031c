use std::fmt;

/// A range of days named relative to now, such as `TODAY` or `LAST_N_DAYS:3`.
///
/// A day is a unit like the others: `YESTERDAY`, `TODAY` and `TOMORROW` are `Last`, `This` and `Next` of
/// [`DateUnit::Day`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateLiteral {
    /// `LAST_WEEK`, `YESTERDAY`.
    Last(DateUnit),
    /// `THIS_WEEK`, `TODAY`.
    This(DateUnit),
    /// `NEXT_WEEK`, `TOMORROW`.
    Next(DateUnit),
    /// `LAST_90_DAYS`.
    Last90Days,
    /// `NEXT_90_DAYS`.
    Next90Days,
    /// `LAST_N_WEEKS:3`. Of days, it includes today; of the other units, not the current one.
    LastN(DateUnit, u32),
    /// `NEXT_N_WEEKS:3`, without the current unit.
    NextN(DateUnit, u32),
    /// `N_WEEKS_AGO:3`: that one unit.
    NAgo(DateUnit, u32),
}

/// The unit of a date literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateUnit {
    /// A day.
    Day,
    /// A week, from the first day of the user's locale.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// A quarter of the org's fiscal year.
    FiscalQuarter,
    /// The org's fiscal year.
    FiscalYear,
}

impl DateUnit {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year, Self::FiscalQuarter, Self::FiscalYear];

    fn as_str(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
            Self::FiscalQuarter => "FISCAL_QUARTER",
            Self::FiscalYear => "FISCAL_YEAR",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|unit| unit.as_str() == name)
    }
}

impl DateLiteral {
    /// The literal of this name that takes no number, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        // A day has names of its own; there is no THIS_DAY.
        let unit = |prefix| DateUnit::named(name.strip_prefix(prefix)?).filter(|unit| *unit != DateUnit::Day);
        match name.as_str() {
            "YESTERDAY" => Some(Self::Last(DateUnit::Day)),
            "TODAY" => Some(Self::This(DateUnit::Day)),
            "TOMORROW" => Some(Self::Next(DateUnit::Day)),
            "LAST_90_DAYS" => Some(Self::Last90Days),
            "NEXT_90_DAYS" => Some(Self::Next90Days),
            _ => (unit("LAST_").map(Self::Last))
                .or_else(|| unit("THIS_").map(Self::This))
                .or_else(|| unit("NEXT_").map(Self::Next)),
        }
    }

    /// The literal of this name that takes a number, in any case: what makes it from the number.
    pub(crate) fn with_number(name: &str) -> Option<impl Fn(u32) -> Self + use<>> {
        let name = name.to_ascii_uppercase();
        let unit = |prefix, suffix| DateUnit::named(name.strip_prefix(prefix)?.strip_suffix(suffix)?);
        let (make, unit): (fn(DateUnit, u32) -> Self, _) = if let Some(unit) = unit("LAST_N_", "S") {
            (Self::LastN, unit)
        } else if let Some(unit) = unit("NEXT_N_", "S") {
            (Self::NextN, unit)
        } else {
            (Self::NAgo, unit("N_", "S_AGO")?)
        };
        Some(move |number| make(unit, number))
    }
}

impl fmt::Display for DateLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(DateUnit::Day) => f.write_str("YESTERDAY"),
            Self::This(DateUnit::Day) => f.write_str("TODAY"),
            Self::Next(DateUnit::Day) => f.write_str("TOMORROW"),
            Self::Last(unit) => write!(f, "LAST_{}", unit.as_str()),
            Self::This(unit) => write!(f, "THIS_{}", unit.as_str()),
            Self::Next(unit) => write!(f, "NEXT_{}", unit.as_str()),
            Self::Last90Days => f.write_str("LAST_90_DAYS"),
            Self::Next90Days => f.write_str("NEXT_90_DAYS"),
            Self::LastN(unit, number) => write!(f, "LAST_N_{}S:{number}", unit.as_str()),
            Self::NextN(unit, number) => write!(f, "NEXT_N_{}S:{number}", unit.as_str()),
            Self::NAgo(unit, number) => write!(f, "N_{}S_AGO:{number}", unit.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_literal_reads_back_from_its_name() {
        for unit in DateUnit::ALL.iter().copied() {
            for literal in [DateLiteral::Last(unit), DateLiteral::This(unit), DateLiteral::Next(unit)] {
                assert_eq!(DateLiteral::named(&literal.to_string().to_lowercase()), Some(literal));
            }
            for literal in [DateLiteral::LastN(unit, 3), DateLiteral::NextN(unit, 3), DateLiteral::NAgo(unit, 3)] {
                let text = literal.to_string();
                let make = DateLiteral::with_number(text.strip_suffix(":3").unwrap()).unwrap();
                assert_eq!(make(3), literal);
            }
        }
        assert_eq!(DateLiteral::named("LAST_90_DAYS"), Some(DateLiteral::Last90Days));
    }

    #[test]
    fn days_have_names_of_their_own() {
        for name in ["THIS_DAY", "LAST_DAY", "LAST_N_DAYS", "N_DAYS_AGO", "LAST_FORTNIGHT"] {
            assert_eq!(DateLiteral::named(name), None, "{name}");
        }
        assert!(DateLiteral::with_number("N_DAY_AGO").is_none());
    }
}
