use super::FieldPath;
use crate::literal::Number;

/// What is compared, sorted or grouped by.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// `Account.Name`.
    Field(FieldPath),
    /// `CALENDAR_YEAR(CreatedDate)`.
    Function(Box<Function>),
}

/// A call of one of SOQL's functions.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `SUM(Amount)`, `COUNT()`.
    Aggregate {
        /// Which one.
        function: AggregateFunction,
        /// A field or a `convertCurrency()`. One, but none for `COUNT()`; any other number parses, and only the server
        /// refuses it.
        arguments: Vec<Operand>,
    },
    /// `CALENDAR_MONTH(CreatedDate)`.
    Date {
        /// Which one.
        function: DateFunction,
        /// The field.
        field: FieldPath,
        /// Whether the field is in `convertTimezone()`: counted in the user's time zone instead of UTC.
        in_user_zone: bool,
    },
    /// `FORMAT(Amount)`: text in the user's locale.
    Format(Operand),
    /// `toLabel(StageName)`: text in the user's language.
    ToLabel(FieldPath),
    /// `convertCurrency(Amount)`: in the user's currency.
    ConvertCurrency(FieldPath),
    /// `GROUPING(Type)`: 1 in a row of subtotals. The server takes one field.
    Grouping(Vec<FieldPath>),
    /// `DISTANCE(Location__c, GEOLOCATION(37.7, -122.4), 'mi')`.
    Distance {
        /// The location field.
        from: FieldPath,
        /// The other end.
        to: Place,
        /// Of the result.
        unit: Unit,
    },
}

/// Where a `DISTANCE` ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Another location field.
    Field(FieldPath),
    /// `GEOLOCATION(latitude, longitude)`.
    Point {
        /// Degrees north.
        latitude: Number,
        /// Degrees east.
        longitude: Number,
    },
}

/// A unit of length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `'mi'`.
    Miles,
    /// `'km'`.
    Kilometres,
}

macro_rules! functions {
    ($(#[$doc:meta])* $name:ident { $($(#[$entry_doc:meta])* $entry:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$entry_doc])* $entry,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$entry),*];

            /// The name in a query.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$entry => $text,)*
                }
            }

            /// The function of this name, in any case.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|function| function.as_str().eq_ignore_ascii_case(name))
            }
        }
    };
}

functions! {
    /// One value of many rows.
    AggregateFunction {
        /// The mean.
        Avg = "AVG",
        /// How many, without nulls.
        Count = "COUNT",
        /// How many different ones, without nulls.
        CountDistinct = "COUNT_DISTINCT",
        /// The least.
        Min = "MIN",
        /// The greatest.
        Max = "MAX",
        /// The sum.
        Sum = "SUM",
    }
}

functions! {
    /// A part of a date or a time.
    DateFunction {
        /// 1 to 12.
        CalendarMonth = "CALENDAR_MONTH",
        /// 1 to 4.
        CalendarQuarter = "CALENDAR_QUARTER",
        /// Such as 2026.
        CalendarYear = "CALENDAR_YEAR",
        /// 1 to 31.
        DayInMonth = "DAY_IN_MONTH",
        /// 1 for Sunday to 7.
        DayInWeek = "DAY_IN_WEEK",
        /// 1 to 366.
        DayInYear = "DAY_IN_YEAR",
        /// The date of a date and time.
        DayOnly = "DAY_ONLY",
        /// 1 to 12, of the fiscal year.
        FiscalMonth = "FISCAL_MONTH",
        /// 1 to 4, of the fiscal year.
        FiscalQuarter = "FISCAL_QUARTER",
        /// The fiscal year.
        FiscalYear = "FISCAL_YEAR",
        /// 0 to 23.
        HourInDay = "HOUR_IN_DAY",
        /// 1 to 5.
        WeekInMonth = "WEEK_IN_MONTH",
        /// 1 to 53.
        WeekInYear = "WEEK_IN_YEAR",
    }
}

impl Function {
    /// Whether it is `COUNT()`, which counts rows and not values.
    #[must_use]
    pub fn is_count_all(&self) -> bool {
        matches!(self, Self::Aggregate { function: AggregateFunction::Count, arguments } if arguments.is_empty())
    }

    /// Whether it is an aggregate, or formats one.
    #[must_use]
    pub fn has_aggregate(&self) -> bool {
        match self {
            Self::Aggregate { .. } => true,
            Self::Format(Operand::Function(inner)) => inner.has_aggregate(),
            _ => false,
        }
    }
}
