//! One value of many rows.

use std::collections::HashSet;

use salesforce_soql::ast::AggregateFunction;
use salesforce_types::describe::FieldType;

use crate::soql::compare;
use crate::soql::reading::Reading;
use crate::soql::render::write_value;
use crate::value::{Decimal, Value, fold, write_json_text};

/// The values of the rows of a group so far.
#[derive(Clone, Debug)]
pub(super) enum Sum {
    Count(i64),
    Distinct(HashSet<Vec<u8>>),
    Total { sum: Decimal, count: i64 },
    Best(Value),
}

impl Sum {
    pub(super) fn new(function: AggregateFunction) -> Self {
        match function {
            AggregateFunction::Count => Self::Count(0),
            AggregateFunction::CountDistinct => Self::Distinct(HashSet::new()),
            AggregateFunction::Sum | AggregateFunction::Avg => Self::Total { sum: Decimal::ZERO, count: 0 },
            AggregateFunction::Min | AggregateFunction::Max => Self::Best(Value::Null),
        }
    }

    pub(super) fn add(&mut self, value: &Value, function: AggregateFunction) {
        if value.is_null() {
            return;
        }
        match self {
            Self::Count(count) => *count += 1,
            Self::Distinct(known) => {
                let mut text = Vec::new();
                match value {
                    Value::Text(value) => write_json_text(&mut text, &fold(value)),
                    value => write_value(&mut text, value),
                }
                known.insert(text);
            }
            Self::Total { sum, count } => {
                if let Some(number) = value.as_decimal() {
                    // Beyond 18 digits nothing can be added; the sum stays what it was.
                    *sum = sum.checked_add(number).unwrap_or(*sum);
                    *count += 1;
                }
            }
            Self::Best(best) => {
                let order = compare::order(value, best);
                let better = if function == AggregateFunction::Max { order.is_gt() } else { order.is_lt() };
                if best.is_null() || better {
                    *best = value.clone();
                }
            }
        }
    }

    pub(super) fn outcome(&self, function: AggregateFunction, whole: bool) -> Value {
        match self {
            Self::Count(count) => Value::Int(*count),
            Self::Distinct(known) => Value::Int(i64::try_from(known.len()).unwrap_or(i64::MAX)),
            Self::Total { count: 0, .. } => Value::Null,
            Self::Total { sum, count } if function == AggregateFunction::Avg => {
                // A mean has as many digits as a double shows.
                let mean = sum.as_f64() / Decimal::from(*count).as_f64();
                Decimal::from_f64(mean).map_or(Value::Null, Value::Decimal)
            }
            Self::Total { sum, .. } => match sum.as_whole().filter(|_| whole) {
                Some(number) => Value::Int(number),
                None => Value::Decimal(*sum),
            },
            Self::Best(value) => value.clone(),
        }
    }
}

/// Which functions take which types (SOQL reference 5).
pub(super) fn supports(function: AggregateFunction, reading: &Reading<'_>) -> bool {
    use FieldType as T;
    let kind = reading.kind();
    if reading.field().is_some_and(|field| field.kind == T::TextArea && field.length > 255) {
        return false;
    }
    match kind {
        T::Int | T::Long | T::Double | T::Currency | T::Percent => true,
        T::Boolean
        | T::Base64
        | T::Time
        | T::Address
        | T::Location
        | T::MultiPicklist
        | T::EncryptedString
        | T::AnyType => false,
        _ => !matches!(function, AggregateFunction::Sum | AggregateFunction::Avg),
    }
}
