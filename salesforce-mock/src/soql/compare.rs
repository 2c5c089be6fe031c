//! Values against values: what is equal, what is less, what a pattern fits.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use salesforce_soql::ast::{self, CompareOp, Pattern, Text};
use salesforce_types::describe::FieldType;
use salesforce_types::{Date, RecordId, TimeOfDay, Timestamp};

use super::dates;
use crate::value::{Decimal, Value, fold};

/// What a literal of the query means for a field of some type.
#[derive(Clone, Debug)]
pub(super) enum Comparand {
    Null,
    Bool(bool),
    /// Text in capitals, or as it is for a field that tells case.
    Text {
        folded: String,
        exact: bool,
    },
    Number(Decimal),
    /// From the first moment to the one before the second; a single moment is a range of one millisecond.
    Moments(Timestamp, Timestamp),
    /// From the first day to the one before the second.
    Days(Date, Date),
    Time(TimeOfDay),
    Id(RecordId),
    /// The values of a multi-select picklist, in capitals.
    Choices(BTreeSet<String>),
}

/// Why a literal is none for a field.
#[derive(Debug)]
pub(super) enum Unfit {
    /// The type it should have, and whether that is written in quotes.
    Type(&'static str, bool),
    /// The text is no id.
    Id(String),
}

impl Comparand {
    pub(super) fn new(value: &ast::Value, kind: &FieldType, exact: bool, today: Date) -> Result<Self, Unfit> {
        use FieldType as T;
        use ast::Value as V;
        Ok(match (kind, value) {
            (T::Boolean, V::Null) => Self::Bool(false),
            (_, V::Null) => Self::Null,
            (T::Boolean, V::Bool(value)) => Self::Bool(*value),
            (T::Boolean, _) => return Err(Unfit::Type("boolean", false)),
            (T::Id | T::Reference, V::Text(text)) if text.as_str().is_empty() => Self::Null,
            (T::Id | T::Reference, V::Text(text)) => {
                Self::Id(text.as_str().parse().map_err(|_| Unfit::Id(text.as_str().to_owned()))?)
            }
            (T::Id | T::Reference, _) => return Err(Unfit::Type("ID", true)),
            (T::Int | T::Long | T::Double | T::Currency | T::Percent, V::Number(number)) => {
                Self::Number(decimal(number.as_str()))
            }
            (T::Currency, V::Money(money)) => Self::Number(decimal(money.amount().as_str())),
            (T::Int | T::Long, _) => return Err(Unfit::Type("int", false)),
            (T::Double | T::Percent, _) => return Err(Unfit::Type("double", false)),
            (T::Currency, _) => return Err(Unfit::Type("currency", false)),
            (T::Date, V::Date(date)) => Self::Days(*date, next_day(*date)),
            (T::Date, V::DateLiteral(literal)) => {
                let days = dates::range(*literal, today);
                Self::Days(days.start, days.end)
            }
            (T::Date, _) => return Err(Unfit::Type("date", false)),
            (T::DateTime, V::DateTime(moment)) => {
                Self::Moments(*moment, Timestamp::from_millis(moment.as_millis().saturating_add(1)))
            }
            (T::DateTime, V::DateLiteral(literal)) => {
                let days = dates::range(*literal, today);
                Self::Moments(days.start.midnight(), days.end.midnight())
            }
            (T::DateTime, _) => return Err(Unfit::Type("dateTime", false)),
            (T::Time, V::Time(time)) => Self::Time(*time),
            (T::Time, _) => return Err(Unfit::Type("time", false)),
            (_, V::Text(text)) if text.as_str().is_empty() => Self::Null,
            (T::MultiPicklist, V::Text(text)) => Self::Choices(choices(text.as_str()).collect()),
            (_, V::Text(text)) if exact => Self::Text { folded: text.as_str().to_owned(), exact },
            (_, V::Text(text)) => Self::Text { folded: fold(text.as_str()), exact },
            _ => return Err(Unfit::Type("string", true)),
        })
    }

    /// The only value that equals it, if that can be looked up.
    pub(super) fn key(&self) -> Option<Value> {
        match self {
            Self::Id(id) => Some(Value::Id(*id)),
            Self::Text { folded, .. } => Some(Value::text(folded)),
            _ => None,
        }
    }

    /// How a value stands to it; nothing when there is no value, or none of its type.
    fn order(&self, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Self::Bool(wanted), Value::Bool(value)) => Some(value.cmp(wanted)),
            (Self::Bool(wanted), Value::Null) => Some(false.cmp(wanted)),
            (Self::Text { folded, exact: true }, Value::Text(text)) => Some((**text).cmp(folded)),
            (Self::Text { folded, .. }, Value::Text(text)) => Some(order_folded(text, folded)),
            (Self::Text { folded, .. }, Value::Id(id)) => Some(id.to_string().cmp(folded)),
            (Self::Number(wanted), Value::Int(_) | Value::Decimal(_)) => Some(value.as_decimal()?.cmp(wanted)),
            (Self::Moments(start, end), Value::DateTime(moment)) => Some(within(moment, start, end)),
            (Self::Days(start, end), Value::Date(date)) => Some(within(date, start, end)),
            (Self::Time(wanted), Value::Time(time)) => Some(time.cmp(wanted)),
            (Self::Id(wanted), Value::Id(id)) => Some(id.cmp(wanted)),
            (Self::Choices(wanted), Value::Text(text)) => Some(choices(text).collect::<BTreeSet<_>>().cmp(wanted)),
            _ => None,
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, value) => value.is_null(),
            (Self::Text { folded, exact: false }, Value::Text(text)) => same_folded(text, folded),
            _ => self.order(value) == Some(Ordering::Equal),
        }
    }

    /// Whether a comparison holds. A row without a value is not equal to any, and neither less nor greater.
    pub(super) fn holds(&self, op: CompareOp, value: &Value) -> bool {
        let order = |fits: fn(Ordering) -> bool| self.order(value).is_some_and(fits);
        match op {
            CompareOp::Equal => self.equals(value),
            CompareOp::NotEqual => !self.equals(value),
            CompareOp::Less => order(Ordering::is_lt),
            CompareOp::LessOrEqual => order(Ordering::is_le),
            CompareOp::Greater => order(Ordering::is_gt),
            CompareOp::GreaterOrEqual => order(Ordering::is_ge),
        }
    }
}

/// The right side of `IN`, so that long lists are looked up and not searched.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    ids: HashSet<RecordId>,
    texts: HashSet<String>,
    others: Vec<Comparand>,
}

impl Members {
    pub(super) fn of_ids(ids: HashSet<RecordId>) -> Self {
        Self { ids, ..Self::default() }
    }

    pub(super) fn add(&mut self, comparand: Comparand) {
        match comparand {
            Comparand::Id(id) => {
                self.ids.insert(id);
            }
            Comparand::Text { folded, exact: false } => {
                self.texts.insert(folded);
            }
            other => self.others.push(other),
        }
    }

    /// What a row may hold, if that can be looked up.
    pub(super) fn keys(&self) -> Option<impl Iterator<Item = Value>> {
        let keys = self.ids.iter().map(|&id| Value::Id(id)).chain(self.texts.iter().map(|text| Value::text(text)));
        self.others.is_empty().then_some(keys)
    }

    pub(super) fn hold(&self, value: &Value) -> bool {
        let found = match value {
            Value::Id(id) => self.ids.contains(id),
            Value::Text(text) if !self.texts.is_empty() => self.texts.contains(&fold(text)),
            _ => false,
        };
        found || self.others.iter().any(|other| other.equals(value))
    }
}

/// A pattern of `LIKE`, in capitals.
#[derive(Clone, Debug)]
pub(super) struct Like(Vec<Pattern>);

impl Like {
    pub(super) fn new(text: &Text) -> Self {
        let folded = text.pattern().flat_map(|element| match element {
            Pattern::Char(letter) => letter.to_uppercase().map(Pattern::Char).collect(),
            wildcard => vec![wildcard],
        });
        Self(folded.collect())
    }

    pub(super) fn fits(&self, value: &Value) -> bool {
        let Value::Text(text) = value else { return false };
        let text: Vec<char> = text.chars().flat_map(char::to_uppercase).collect();
        // Greedy, with one step back: to the last `%`, which then takes one letter more.
        let (mut at, mut element) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while let Some(letter) = text.get(at) {
            match self.0.get(element) {
                Some(Pattern::Any) => {
                    back = Some((element + 1, at));
                    element += 1;
                }
                Some(Pattern::Char(wanted)) if wanted == letter => (at, element) = (at + 1, element + 1),
                Some(Pattern::One) => (at, element) = (at + 1, element + 1),
                _ => match back {
                    Some((after, taken)) => {
                        back = Some((after, taken + 1));
                        (at, element) = (taken + 1, after);
                    }
                    None => return false,
                },
            }
        }
        self.0.iter().skip(element).all(|element| *element == Pattern::Any)
    }
}

/// The values of a multi-select picklist, in capitals.
pub(super) fn choices(text: &str) -> impl Iterator<Item = String> {
    text.split(';').map(str::trim).filter(|choice| !choice.is_empty()).map(fold)
}

fn same_folded(text: &str, folded: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(folded) } else { text.to_uppercase() == folded }
}

fn order_folded(text: &str, folded: &str) -> Ordering {
    if text.is_ascii() {
        return text.bytes().map(|byte| byte.to_ascii_uppercase()).cmp(folded.bytes());
    }
    text.chars().flat_map(char::to_uppercase).cmp(folded.chars())
}

/// Sorts two texts by their capitals.
fn order_texts(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let upper = |byte: u8| byte.to_ascii_uppercase();
        return left.bytes().map(upper).cmp(right.bytes().map(upper));
    }
    left.chars().flat_map(char::to_uppercase).cmp(right.chars().flat_map(char::to_uppercase))
}

fn within<T: Ord>(value: &T, start: &T, end: &T) -> Ordering {
    if value < start {
        Ordering::Less
    } else if value < end {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

fn next_day(date: Date) -> Date {
    dates::range(ast::DateLiteral::This(ast::DateUnit::Day), date).end
}

/// The number, or the largest of its sign where it has more digits than any field holds.
fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| Decimal::from(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// Sorts two values of one type; nothing comes first.
pub(super) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => order_texts(left, right),
        (Value::Id(left), Value::Id(right)) => left.cmp(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        _ => match (left.as_decimal(), right.as_decimal()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => right.is_null().cmp(&left.is_null()),
        },
    }
}
