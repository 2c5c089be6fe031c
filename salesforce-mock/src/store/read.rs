use std::borrow::Cow;
use std::sync::Arc;

use salesforce_types::describe::FieldType;

use super::{Row, Store};
use crate::schema::{Field, Object, Summary, SummaryKind};
use crate::value::{Compound, Decimal, Value};

/// How far formulas may look at other formulas.
const DEEPEST: usize = 8;

impl Store {
    /// What a row shows in a field: what is stored, or what is computed from it (addresses, formulas, roll-ups).
    #[must_use]
    pub fn read<'a>(&self, object: &Object, row: &'a Row, field: &Field) -> Cow<'a, Value> {
        self.read_deep(object, row, field, 0)
    }

    pub(super) fn read_deep<'a>(&self, object: &Object, row: &'a Row, field: &Field, depth: usize) -> Cow<'a, Value> {
        if field.is_stored() {
            return Cow::Borrowed(row.get(field.index));
        }
        if depth > DEEPEST {
            return Cow::Owned(Value::Null);
        }
        if let Some(formula) = &field.formula {
            let value = match &formula.expression {
                Ok(expression) => self.evaluate(expression, object, row, formula.blank_as_zero, depth),
                Err(_) => Value::Null,
            };
            return Cow::Owned(shaped(value, field));
        }
        if let Some(summary) = &field.summary {
            return Cow::Owned(shaped(self.roll_up(summary, row, depth), field));
        }
        let parts: Vec<_> = field.parts.iter().map(|&(key, part)| (key, row.get(part).clone())).collect();
        if parts.iter().all(|(_, value)| value.is_null()) {
            return Cow::Owned(Value::Null);
        }
        Cow::Owned(Value::Compound(Arc::new(Compound { parts })))
    }

    fn roll_up(&self, summary: &Summary, row: &Row, depth: usize) -> Value {
        let Some(child) = self.schema().object(&summary.child).filter(|_| !summary.filtered) else {
            return Value::Null;
        };
        let Some(key) = child.field(&summary.foreign_key) else { return Value::Null };
        let children = self.table(child).pointing(key.index, row.id()).filter(|child| !child.is_deleted());
        if summary.kind == SummaryKind::Count {
            return Value::Decimal(Decimal::from(i64::try_from(children.count()).unwrap_or(i64::MAX)));
        }
        let Some(field) = summary.field.as_ref().and_then(|name| child.field(name)) else { return Value::Null };
        let values = children.map(|row| self.read_deep(child, row, field, depth + 1).into_owned());
        let better = |left: &Value, right: &Value, largest: bool| {
            let order = match (left, right) {
                (Value::Date(left), Value::Date(right)) => left.cmp(right),
                (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
                _ => left.as_decimal().cmp(&right.as_decimal()),
            };
            if largest { order.is_gt() } else { order.is_lt() }
        };
        match summary.kind {
            SummaryKind::Sum => {
                let mut numbers = values.filter_map(|value| value.as_decimal());
                numbers.try_fold(Decimal::ZERO, Decimal::checked_add).map_or(Value::Null, Value::Decimal)
            }
            kind => {
                let largest = kind == SummaryKind::Max;
                let present = values.filter(|value| !value.is_null());
                present
                    .reduce(|best, value| if better(&value, &best, largest) { value } else { best })
                    .unwrap_or_default()
            }
        }
    }
}

/// The outcome of a formula in the type of its field; nothing when it does not fit.
fn shaped(value: Value, field: &Field) -> Value {
    match (&field.kind, value) {
        (FieldType::Double | FieldType::Currency | FieldType::Percent, value) => {
            value.as_decimal().map_or(Value::Null, |number| Value::Decimal(number.round(field.scale)))
        }
        (FieldType::Boolean, value) => Value::Bool(value.is_true()),
        (FieldType::Date, value @ Value::Date(_)) | (FieldType::DateTime, value @ Value::DateTime(_)) => value,
        (FieldType::Date | FieldType::DateTime, _) => Value::Null,
        (_, value @ (Value::Text(_) | Value::Null)) => value,
        (_, value) => super::evaluate::as_text(&value).as_str().into(),
    }
}
