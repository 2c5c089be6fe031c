use std::borrow::Cow;

use salesforce_types::{Date, IdText, RecordId, TimeOfDay, Timestamp};

use super::BindError;
use crate::ast::{DateLiteral, Money, Number, Text, Value};

/// A value, or a list of them, on its way into a query.
///
/// Made by `into()` from text, numbers, booleans, ids, dates, and from options (`None` is `null`) and lists of these.
/// What has no literal is told when the query's text is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal(Form);

#[derive(Clone, Debug, PartialEq)]
enum Form {
    One(Result<Value, Unfit>),
    List(Vec<Result<Value, Unfit>>),
}

/// Why a value has no literal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Unfit {
    NotFinite,
    OutOfRange,
}

impl Literal {
    /// A pattern for `LIKE`: exactly this text; `%` and `_` in it are no wildcards. A plain text bound to `LIKE` keeps
    /// its wildcards.
    #[must_use]
    pub fn like_exactly(text: &str) -> Self {
        Text::exactly(text).into()
    }

    /// A pattern for `LIKE`: what starts with this text.
    #[must_use]
    pub fn like_prefix(text: &str) -> Self {
        Text::prefix(text).into()
    }

    /// A pattern for `LIKE`: what ends with this text.
    #[must_use]
    pub fn like_suffix(text: &str) -> Self {
        Text::suffix(text).into()
    }

    /// A pattern for `LIKE`: what has this text in it.
    #[must_use]
    pub fn like_contains(text: &str) -> Self {
        Text::containing(text).into()
    }

    /// The one value, for what is called `name`.
    pub(crate) fn value(&self, name: &str) -> Result<Value, BindError> {
        match &self.0 {
            Form::One(value) => checked(value, name),
            Form::List(_) => {
                Err(BindError::WrongPlace { name: name.into(), expected: "one value, or IN and then the list" })
            }
        }
    }

    /// The values, at least one; a value that is no list counts as a list of one.
    pub(crate) fn values(&self, name: &str) -> Result<Vec<Value>, BindError> {
        match &self.0 {
            Form::One(value) => Ok(vec![checked(value, name)?]),
            Form::List(values) if values.is_empty() => Err(BindError::EmptyList { name: name.into() }),
            Form::List(values) => values.iter().map(|value| checked(value, name)).collect(),
        }
    }
}

fn checked(value: &Result<Value, Unfit>, name: &str) -> Result<Value, BindError> {
    value.clone().map_err(|unfit| match unfit {
        Unfit::NotFinite => BindError::NotFinite { name: name.into() },
        Unfit::OutOfRange => BindError::OutOfRange { name: name.into() },
    })
}

/// Dates are checked here too, since a tree's value may have come from anywhere.
impl From<Value> for Literal {
    fn from(value: Value) -> Self {
        let year = match &value {
            Value::Date(date) => Some(date.year()),
            Value::DateTime(stamp) => Some(stamp.date().year()),
            _ => None,
        };
        let fits = year.is_none_or(|year| (1700..=4000).contains(&year));
        Self(Form::One(if fits { Ok(value) } else { Err(Unfit::OutOfRange) }))
    }
}

macro_rules! literal_from {
    ($($type:ty => $value:expr;)*) => {
        $(impl From<$type> for Literal {
            fn from(value: $type) -> Self {
                let value: Value = ($value)(value);
                value.into()
            }
        })*
    };
}

literal_from! {
    bool => Value::Bool;
    Text => Value::Text;
    &str => |text| Value::Text(Text::from(text));
    &String => |text: &String| Value::Text(Text::from(text.as_str()));
    String => |text: String| Value::Text(text.into());
    Box<str> => |text: Box<str>| Value::Text(String::from(text).into());
    Cow<'_, str> => |text: Cow<'_, str>| Value::Text(text.into_owned().into());
    RecordId => |id: RecordId| Value::Text(id.to_string().into());
    &RecordId => |id: &RecordId| Value::Text(id.to_string().into());
    IdText => |id: IdText| Value::Text(id.to_string().into());
    Date => Value::Date;
    Timestamp => Value::DateTime;
    TimeOfDay => Value::Time;
    DateLiteral => Value::DateLiteral;
    Money => Value::Money;
    Number => Value::Number;
    i8 => |number: i8| Value::Number(number.into());
    i16 => |number: i16| Value::Number(number.into());
    i32 => |number: i32| Value::Number(number.into());
    i64 => |number: i64| Value::Number(number.into());
    isize => |number: isize| Value::Number(number.into());
    u8 => |number: u8| Value::Number(number.into());
    u16 => |number: u16| Value::Number(number.into());
    u32 => |number: u32| Value::Number(number.into());
    u64 => |number: u64| Value::Number(number.into());
    usize => |number: usize| Value::Number(number.into());
}

impl From<f64> for Literal {
    fn from(number: f64) -> Self {
        Self(Form::One(Number::from_f64(number).map(Value::Number).ok_or(Unfit::NotFinite)))
    }
}

impl<T: Into<Self>> From<Option<T>> for Literal {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Form::One(Ok(Value::Null))), Into::into)
    }
}

/// A list; lists in it are laid flat.
impl<T: Into<Self>> FromIterator<T> for Literal {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let flat = values.into_iter().flat_map(|value| match value.into().0 {
            Form::One(value) => vec![value],
            Form::List(values) => values,
        });
        Self(Form::List(flat.collect()))
    }
}

impl<T: Into<Self>> From<Vec<T>> for Literal {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Into<Self>, const N: usize> From<[T; N]> for Literal {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Into<Self> + Clone> From<&[T]> for Literal {
    fn from(values: &[T]) -> Self {
        values.iter().cloned().collect()
    }
}

impl<T: Into<Self> + Clone> From<&Vec<T>> for Literal {
    fn from(values: &Vec<T>) -> Self {
        values.as_slice().into()
    }
}
