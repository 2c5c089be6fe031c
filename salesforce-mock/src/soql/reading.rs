//! What a query reads from a row: a field on some way, or what a function makes of it.

use std::borrow::Cow;

use salesforce_soql::ast::{DateFunction, Function, Operand, Place, Unit};
use salesforce_types::describe::FieldType;
use salesforce_types::{Date, Timestamp};

use super::dates;
use super::scope::{Path, Scope, View};
use crate::rules::Refusal;
use crate::schema::{Field, Object};
use crate::store::Row;
use crate::value::{Decimal, Value};

/// The radius of the earth.
const MILES: f64 = 3_958.761;
const KILOMETRES: f64 = 6_371.009;

/// What is read from a row.
#[derive(Clone, Debug)]
pub(super) enum Reading<'o> {
    Path(Path<'o>),
    DatePart(DateFunction, Path<'o>),
    Label(Path<'o>),
    Format(Box<Self>),
    Distance { from: Path<'o>, to: End<'o>, radius: f64 },
}

/// Where a distance ends.
#[derive(Clone, Debug)]
pub(super) enum End<'o> {
    Path(Path<'o>),
    Point(f64, f64),
}

impl<'o> Reading<'o> {
    /// What an operand reads. Aggregates read from many rows and are refused here.
    pub(super) fn new<'q>(scope: &Scope<'o, 'q>, operand: &'q Operand) -> Result<Self, Refusal> {
        match operand {
            Operand::Field(path) => scope.path(path).map(Self::Path),
            Operand::Function(function) => Self::of_function(scope, function),
        }
    }

    pub(super) fn of_function<'q>(scope: &Scope<'o, 'q>, function: &'q Function) -> Result<Self, Refusal> {
        let malformed = |text: &str| scope.source.near(&name_of(function), "MALFORMED_QUERY", text);
        match function {
            Function::Aggregate { .. } => Err(malformed("Aggregate functions are not allowed here")),
            Function::Grouping(_) => Err(malformed("GROUPING is only allowed with GROUP BY ROLLUP or CUBE")),
            Function::Date { function, field, .. } => {
                let path = scope.path(field)?;
                let fits = match path.kind() {
                    FieldType::DateTime => true,
                    FieldType::Date => !matches!(function, DateFunction::HourInDay | DateFunction::DayOnly),
                    _ => false,
                };
                if !fits {
                    let text = format!("field {field} does not support the date function {}", function.as_str());
                    return Err(malformed(&text));
                }
                Ok(Self::DatePart(*function, path))
            }
            Function::Format(inner) => Ok(Self::Format(Box::new(Self::new(scope, inner)?))),
            Function::ToLabel(path) => scope.path(path).map(Self::Label),
            // One currency: nothing to convert.
            Function::ConvertCurrency(path) => scope.path(path).map(Self::Path),
            Function::Distance { from, to, unit } => {
                let from = scope.path(from)?;
                let to = match to {
                    Place::Field(path) => End::Path(scope.path(path)?),
                    Place::Point { latitude, longitude } => End::Point(latitude.as_f64(), longitude.as_f64()),
                };
                let located = |path: &Path<'_>| matches!(path.kind(), FieldType::Location | FieldType::Address);
                if !located(&from) || matches!(&to, End::Path(path) if !located(path)) {
                    return Err(malformed("DISTANCE takes geolocation fields only"));
                }
                let radius = match unit {
                    Unit::Miles => MILES,
                    Unit::Kilometres => KILOMETRES,
                };
                Ok(Self::Distance { from, to, radius })
            }
        }
    }

    pub(super) fn read(&self, view: View<'o>, object: &'o Object, row: &'o Row) -> Cow<'o, Value> {
        match self {
            Self::Path(path) => path.read(view, object, row),
            Self::DatePart(function, path) => Cow::Owned(date_part(*function, &path.read(view, object, row))),
            Self::Label(path) => {
                let value = path.read(view, object, row);
                match path.field().filter(|field| !field.choices.is_empty()) {
                    Some(field) => Cow::Owned(label(field, &value)),
                    None => value,
                }
            }
            Self::Format(inner) => Cow::Owned(formatted(&inner.read(view, object, row), inner.kind())),
            Self::Distance { from, to, radius } => {
                let from = position(&from.read(view, object, row));
                let to = match to {
                    End::Path(path) => position(&path.read(view, object, row)),
                    End::Point(latitude, longitude) => Some((*latitude, *longitude)),
                };
                let distance = from.zip(to).and_then(|(from, to)| Decimal::from_f64(haversine(from, to) * radius));
                Cow::Owned(distance.map_or(Value::Null, Value::Decimal))
            }
        }
    }

    /// The type of its values.
    pub(super) fn kind(&self) -> &'o FieldType {
        match self {
            Self::Path(path) => path.kind(),
            Self::DatePart(DateFunction::DayOnly, _) => &FieldType::Date,
            Self::DatePart(..) => &FieldType::Int,
            Self::Label(_) | Self::Format(_) => &FieldType::String,
            Self::Distance { .. } => &FieldType::Double,
        }
    }

    /// The field that it reads as it is stored.
    pub(super) fn field(&self) -> Option<&'o Field> {
        match self {
            Self::Path(path) | Self::DatePart(_, path) | Self::Label(path) => path.field(),
            Self::Format(inner) => inner.field(),
            Self::Distance { .. } => None,
        }
    }
}

fn name_of(function: &Function) -> String {
    let text = function.to_string();
    text.split('(').next().unwrap_or_default().to_owned()
}

fn date_part(function: DateFunction, value: &Value) -> Value {
    let (day, hour) = match value {
        Value::Date(day) => (*day, 0),
        Value::DateTime(moment) => (moment.date(), dates::hour(*moment)),
        _ => return Value::Null,
    };
    if function == DateFunction::DayOnly { Value::Date(day) } else { Value::Int(dates::part(function, day, hour)) }
}

/// The text that people see for a value of a picklist; several are joined as they were.
fn label(field: &Field, value: &Value) -> Value {
    let Value::Text(text) = value else { return value.clone() };
    let one = |value: &str| {
        let choice = field.choices.iter().find(|choice| choice.value.eq_ignore_ascii_case(value));
        choice.map_or_else(|| value.to_owned(), |choice| choice.label.clone())
    };
    let labels: Vec<_> = text.split(';').map(one).collect();
    Value::text(&labels.join(";"))
}

/// A value as an American user sees it.
pub(super) fn formatted(value: &Value, kind: &FieldType) -> Value {
    let text = match value {
        Value::Int(number) => grouped(&number.to_string()),
        Value::Decimal(number) => match kind {
            FieldType::Currency => match grouped(&fixed(*number)).strip_prefix('-') {
                Some(amount) => format!("-${amount}"),
                None => format!("${}", grouped(&fixed(*number))),
            },
            FieldType::Percent => format!("{}%", grouped(&fixed(*number))),
            _ => grouped(number.to_string().trim_end_matches(".0")),
        },
        Value::Date(date) => american(*date),
        Value::DateTime(moment) => american_moment(*moment),
        other => return other.clone(),
    };
    Value::text(&text)
}

/// A number with two digits after the point.
fn fixed(number: Decimal) -> String {
    let text = number.round(2).to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{fraction:0<2}")
}

/// A number with commas between thousands.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn american(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

fn american_moment(moment: Timestamp) -> String {
    let hour = dates::hour(moment);
    let minute = moment.as_millis().div_euclid(60_000).rem_euclid(60);
    let (clock, half) = ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" });
    format!("{}, {clock}:{minute:02} {half}", american(moment.date()))
}

/// Latitude and longitude; nothing where one of them is missing.
fn position(value: &Value) -> Option<(f64, f64)> {
    let Value::Compound(compound) = value else { return None };
    let part = |key: &str| {
        let (_, value) = compound.parts.iter().find(|(name, _)| *name == key)?;
        value.as_decimal().map(Decimal::as_f64)
    };
    Some((part("latitude")?, part("longitude")?))
}

/// The angle between two points on a sphere.
fn haversine((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let h = half(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon2 - lon1);
    2.0 * h.clamp(0.0, 1.0).sqrt().asin()
}

/// The key under which a picklist sorts: its place in the list, then what is not in the list.
pub(super) fn rank(field: &Field, value: &Value) -> Value {
    let Value::Text(text) = value else { return value.clone() };
    let place = field.choices.iter().position(|choice| choice.value.eq_ignore_ascii_case(text));
    let place = place.unwrap_or(field.choices.len());
    Value::Int(i64::try_from(place).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_formatted_as_americans_read_them() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        for (value, kind, text) in [
            (decimal("1200"), FieldType::Currency, "$1,200.00"),
            (decimal("-1234567.5"), FieldType::Currency, "-$1,234,567.50"),
            (decimal("12.5"), FieldType::Double, "12.5"),
            (decimal("1000"), FieldType::Double, "1,000"),
            (Value::Int(100), FieldType::Int, "100"),
            (Value::Date("2026-03-01".parse().unwrap()), FieldType::Date, "3/1/2026"),
            (Value::DateTime("2026-03-01T17:49:01Z".parse().unwrap()), FieldType::DateTime, "3/1/2026, 5:49 PM"),
            (Value::DateTime("2026-03-01T00:05:01Z".parse().unwrap()), FieldType::DateTime, "3/1/2026, 12:05 AM"),
        ] {
            assert_eq!(formatted(&value, &kind), Value::text(text));
        }
    }

    #[test]
    fn distances_are_those_of_a_sphere() {
        let (berlin, san_francisco) = ((52.52, 13.405), (37.7749, -122.4194));
        let km = haversine(berlin, san_francisco) * KILOMETRES;
        assert!((9_080.0..9_130.0).contains(&km), "{km}");
        assert!(haversine(berlin, berlin) < 1e-9);
    }
}
