//! Formulas on rows.

use std::cmp::Ordering;
use std::time::Duration;

use salesforce_types::{Date, Timestamp};

use super::{Row, Store};
use crate::schema::{Expression, Function, Object, Operator};
use crate::value::{Decimal, Value};

const DAY: Duration = Duration::from_secs(86_400);

/// The row a formula is evaluated on.
struct Scope<'a> {
    store: &'a Store,
    object: &'a Object,
    row: &'a Row,
    blank_as_zero: bool,
    depth: usize,
}

impl Store {
    pub(super) fn evaluate(
        &self,
        of: &Expression,
        object: &Object,
        row: &Row,
        blank_as_zero: bool,
        depth: usize,
    ) -> Value {
        Scope { store: self, object, row, blank_as_zero, depth }.value(of)
    }

    /// The outcome of a formula that stands for a default: it sees no row.
    pub(crate) fn evaluate_default(&self, expression: &Expression, object: &Object) -> Value {
        self.evaluate(expression, object, &Row::new(self.organization, Vec::new()), true, 0)
    }
}

impl Scope<'_> {
    fn value(&self, expression: &Expression) -> Value {
        match expression {
            Expression::Text(text) => Value::text(text),
            Expression::Number(number) => Value::Decimal(*number),
            Expression::Bool(value) => Value::Bool(*value),
            Expression::Null => Value::Null,
            Expression::Field(path) => self.field(path),
            Expression::Negate(of) => Decimal::ZERO
                .checked_sub(self.number(&self.value(of)).unwrap_or(Decimal::ZERO))
                .map_or(Value::Null, Value::Decimal),
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expression::Call(function, arguments) => self.call(*function, arguments).unwrap_or_default(),
        }
    }

    /// A field of the row, or of a parent of it.
    fn field(&self, path: &[Box<str>]) -> Value {
        let Some((last, parents)) = path.split_last() else { return Value::Null };
        let (mut object, mut row) = (self.object, self.row);
        for parent in parents {
            let id = object.parent(parent).and_then(|field| row.get(field.index).as_id());
            let Some(found) = id.and_then(|id| self.store.find(id)) else { return Value::Null };
            (object, row) = found;
        }
        let field = object.field(last);
        field.map_or(Value::Null, |field| self.store.read_deep(object, row, field, self.depth + 1).into_owned())
    }

    /// A number; nothing counts as 0 where the formula says so.
    fn number(&self, value: &Value) -> Option<Decimal> {
        value.as_decimal().or_else(|| (self.blank_as_zero && value.is_null()).then_some(Decimal::ZERO))
    }

    fn binary(&self, operator: Operator, left: &Expression, right: &Expression) -> Value {
        let (left, right) = (self.value(left), self.value(right));
        let order = || compare(&left, &right, self.blank_as_zero);
        let truth = match operator {
            Operator::And => left.is_true() && right.is_true(),
            Operator::Or => left.is_true() || right.is_true(),
            Operator::Equal => equal(&left, &right),
            Operator::NotEqual => !equal(&left, &right),
            Operator::Less => order() == Some(Ordering::Less),
            Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
            Operator::Greater => order() == Some(Ordering::Greater),
            Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
            Operator::Concat => return Value::text(&(as_text(&left) + &as_text(&right))),
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                return self.arithmetic(operator, &left, &right).unwrap_or_default();
            }
        };
        Value::Bool(truth)
    }

    fn arithmetic(&self, operator: Operator, left: &Value, right: &Value) -> Option<Value> {
        let plus = operator == Operator::Add;
        match (left, right) {
            (Value::Text(_), _) | (_, Value::Text(_)) if plus => {
                return Some(Value::text(&(as_text(left) + &as_text(right))));
            }
            (Value::Date(later), Value::Date(earlier)) if operator == Operator::Subtract => {
                return Decimal::days_between(earlier.midnight(), later.midnight()).map(Value::Decimal);
            }
            (Value::DateTime(later), Value::DateTime(earlier)) if operator == Operator::Subtract => {
                return Decimal::days_between(*earlier, *later).map(Value::Decimal);
            }
            (Value::Date(date), days) if plus || operator == Operator::Subtract => {
                return shift(date.midnight(), self.number(days)?, plus).map(|moment| Value::Date(moment.date()));
            }
            (Value::DateTime(moment), days) if plus || operator == Operator::Subtract => {
                return shift(*moment, self.number(days)?, plus).map(Value::DateTime);
            }
            // A day minus nothing is nothing, also where numbers count as 0.
            (Value::Null, Value::Date(_) | Value::DateTime(_)) => return None,
            _ => {}
        }
        let (left, right) = (self.number(left)?, self.number(right)?);
        let number = match operator {
            Operator::Add => left.checked_add(right),
            Operator::Subtract => left.checked_sub(right),
            Operator::Multiply => left.checked_mul(right),
            _ => left.checked_div(right),
        };
        number.map(Value::Decimal)
    }

    fn call(&self, function: Function, arguments: &[Expression]) -> Option<Value> {
        let argument = |place: usize| arguments.get(place).map_or(Value::Null, |argument| self.value(argument));
        let text = |place: usize| as_text(&argument(place));
        let date = |place: usize| match argument(place) {
            Value::Date(date) => Some(date),
            Value::DateTime(moment) => Some(moment.date()),
            _ => None,
        };
        let whole = |number: i64| Value::Decimal(Decimal::from(number));
        let numbers = || arguments.iter().filter_map(|argument| self.number(&self.value(argument)));
        let count = |place: usize| {
            let number = argument(place).as_decimal()?.round(0).as_whole()?;
            usize::try_from(number.max(0)).ok()
        };
        Some(match function {
            Function::If => return Some(if argument(0).is_true() { argument(1) } else { argument(2) }),
            Function::IsBlank => Value::Bool(argument(0).is_null()),
            Function::BlankValue => match argument(0) {
                Value::Null => argument(1),
                value => value,
            },
            Function::Text => Value::text(&text(0)),
            Function::Today => Value::Date(self.store.clock.now().date()),
            Function::Now => Value::DateTime(self.store.clock.stamp()),
            Function::Year => whole(date(0)?.year().into()),
            Function::Month => whole(date(0)?.month().into()),
            Function::Day => whole(date(0)?.day().into()),
            Function::Round => {
                let digits = u32::try_from(count(1)?).ok()?;
                Value::Decimal(self.number(&argument(0))?.round(digits))
            }
            Function::Abs => {
                let number = self.number(&argument(0))?;
                Value::Decimal(number.max(Decimal::ZERO.checked_sub(number)?))
            }
            Function::Max => Value::Decimal(numbers().max()?),
            Function::Min => Value::Decimal(numbers().min()?),
            Function::Left => Value::text(&text(0).chars().take(count(1)?).collect::<String>()),
            Function::Right => {
                let text = text(0);
                let skip = text.chars().count().saturating_sub(count(1)?);
                Value::text(&text.chars().skip(skip).collect::<String>())
            }
            Function::Upper => Value::text(&text(0).to_uppercase()),
            Function::Lower => Value::text(&text(0).to_lowercase()),
            Function::Trim => Value::text(text(0).trim()),
            Function::Len => whole(i64::try_from(text(0).chars().count()).ok()?),
            Function::And => Value::Bool(arguments.iter().all(|argument| self.value(argument).is_true())),
            Function::Or => Value::Bool(arguments.iter().any(|argument| self.value(argument).is_true())),
            Function::Not => Value::Bool(!argument(0).is_true()),
            Function::IsPickVal => Value::Bool(equal(&argument(0), &argument(1))),
        })
    }
}

fn shift(from: Timestamp, days: Decimal, forward: bool) -> Option<Timestamp> {
    let by = DAY.checked_mul(u32::try_from(days.round(0).as_whole()?.unsigned_abs()).ok()?)?;
    Some(if forward == (days >= Decimal::ZERO) { from.saturating_add(by) } else { from.saturating_sub(by) })
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_decimal(), right.as_decimal()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn compare(left: &Value, right: &Value, blank_as_zero: bool) -> Option<Ordering> {
    let number =
        |value: &Value| value.as_decimal().or_else(|| (blank_as_zero && value.is_null()).then_some(Decimal::ZERO));
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::DateTime(left), Value::DateTime(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::DateTime(right)) => Some(left.midnight().cmp(right)),
        (Value::DateTime(left), Value::Date(right)) => Some(left.cmp(&right.midnight())),
        _ => Some(number(left)?.cmp(&number(right)?)),
    }
}

/// A value as text inside a formula.
pub(super) fn as_text(value: &Value) -> String {
    let day = |date: Date| date.to_string();
    match value {
        Value::Null | Value::Blob(_) | Value::Compound(_) => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => number.as_whole().map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::Text(text) => text.to_string(),
        Value::Id(id) => id.as_15().to_owned(),
        Value::Date(date) => day(*date),
        Value::DateTime(moment) => moment.to_soql(),
        Value::Time(time) => time.to_string(),
    }
}
