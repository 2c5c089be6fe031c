use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salesforce_types::describe::FieldType;
use salesforce_types::{Date, RecordId, TimeOfDay, Timestamp};

use super::Refusal;
use super::draft::{Given, Input};
use crate::Blob;
use crate::schema::Field;
use crate::value::{Decimal, Value};

/// The most values of a multi-select picklist.
const MOST_CHOICES: usize = 100;

/// What was given as the value of a field: its type, format, length and list of values are checked. Whether a lookup
/// points to something is checked by the caller.
pub(crate) fn convert(field: &Field, given: &Given) -> Result<Value, Refusal> {
    use FieldType as T;
    let wrong = || wrong_type(field, given);
    match (&field.kind, &given.value) {
        (_, Input::Null) => Ok(Value::Null),
        (T::Boolean, Input::Bool(value)) => Ok(Value::Bool(*value)),
        (T::Boolean, Input::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        (T::Boolean, Input::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        (T::Base64, Input::Blob(blob)) => Ok(Value::Blob(Arc::clone(blob))),
        (T::Int | T::Long | T::Double | T::Currency | T::Percent, Input::Number(text)) => number(field, text, wrong),
        (T::Boolean | T::Base64, Input::Text(text)) if text.trim().is_empty() => Ok(Value::Null),
        (T::Base64, Input::Text(text)) => {
            let bytes = BASE64.decode(text.as_bytes()).map_err(|_| wrong())?;
            Ok(Value::Blob(Arc::new(Blob::kept(bytes.into()))))
        }
        (_, Input::Text(text)) => {
            let text = text.trim();
            if text.is_empty() {
                return Ok(Value::Null);
            }
            match &field.kind {
                T::Int | T::Long | T::Double | T::Currency | T::Percent => number(field, text, wrong),
                T::Date => date(field, text, wrong),
                T::DateTime => moment(text).ok_or_else(wrong),
                T::Time => text.parse::<TimeOfDay>().map(Value::Time).map_err(|_| wrong()),
                T::Reference | T::Id => id(field, text),
                T::Email => email(field, text),
                T::Picklist => picklist(field, text),
                T::MultiPicklist => multi_picklist(field, text),
                T::Boolean => Err(wrong()),
                _ => long_enough(field, text).map(Value::text),
            }
        }
        _ => Err(wrong()),
    }
}

/// `Cannot deserialize instance of datetime from VALUE_STRING value x …`
fn wrong_type(field: &Field, given: &Given) -> Refusal {
    let (token, value) = match &given.value {
        Input::Null => ("VALUE_NULL", "null".to_owned()),
        Input::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
        Input::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
        Input::Number(text) if text.contains(['.', 'e', 'E']) => ("VALUE_NUMBER_FLOAT", text.to_string()),
        Input::Number(text) => ("VALUE_NUMBER_INT", text.to_string()),
        Input::Text(text) => ("VALUE_STRING", text.to_string()),
        Input::Object(_) => ("START_OBJECT", "{".to_owned()),
        Input::List => ("START_ARRAY", "[".to_owned()),
        Input::Blob(_) => ("VALUE_EMBEDDED_OBJECT", "bytes".to_owned()),
    };
    let kind = match field.kind {
        FieldType::Int
        | FieldType::Long
        | FieldType::Double
        | FieldType::Currency
        | FieldType::Percent
        | FieldType::Boolean
        | FieldType::Date
        | FieldType::DateTime
        | FieldType::Time
        | FieldType::Base64
        | FieldType::Reference => field.kind.as_str(),
        _ => "string",
    };
    let (line, column) = given.at;
    Refusal::json(format!(
        "Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required field at \
         [line:{line}, column:{column}]"
    ))
}

fn number(field: &Field, text: &str, wrong: impl Fn() -> Refusal) -> Result<Value, Refusal> {
    let number: Decimal = text.parse().map_err(|_| wrong())?;
    let out_of_range = || {
        Refusal::new(
            "NUMBER_OUTSIDE_VALID_RANGE",
            format!("{}: value outside of valid range on numeric field: {text}", field.label),
        )
        .fields([&*field.name])
    };
    match field.kind {
        FieldType::Int => {
            let whole = number.as_whole().ok_or_else(&wrong)?;
            i32::try_from(whole).map(|whole| Value::Int(whole.into())).map_err(|_| out_of_range())
        }
        FieldType::Long => number.as_whole().map(Value::Int).ok_or_else(wrong),
        _ => {
            let number = number.round(field.scale);
            if field.precision > 0 && number.integer_digits() > field.precision.saturating_sub(field.scale) {
                return Err(out_of_range());
            }
            Ok(Value::Decimal(number))
        }
    }
}

fn date(field: &Field, text: &str, wrong: impl Fn() -> Refusal) -> Result<Value, Refusal> {
    let date: Date = text.parse().map_err(|_| wrong())?;
    if (1700..=4000).contains(&date.year()) {
        return Ok(Value::Date(date));
    }
    let text = format!("{}: invalid date: {date}", field.label);
    Err(Refusal::new("NUMBER_OUTSIDE_VALID_RANGE", text).fields([&*field.name]))
}

/// A moment, cut to the second.
fn moment(text: &str) -> Option<Value> {
    let millis = text.parse::<Timestamp>().ok()?.as_millis();
    Some(Value::DateTime(Timestamp::from_millis(millis - millis.rem_euclid(1000))))
}

fn id(field: &Field, text: &str) -> Result<Value, Refusal> {
    text.parse::<RecordId>().map(Value::Id).map_err(|_| {
        let text = format!("{}: id value of incorrect type: {text}", field.label);
        Refusal::new("MALFORMED_ID", text).fields([&*field.name])
    })
}

/// E-mail addresses are kept in small letters.
fn email(field: &Field, text: &str) -> Result<Value, Refusal> {
    let valid = text.split_once('@').is_some_and(|(name, host)| {
        let part = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c == '@' || c == ',');
        part(name) && part(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    if !valid {
        let text = format!("{}: invalid email address: {text}", field.label);
        return Err(Refusal::new("INVALID_EMAIL_ADDRESS", text).fields([&*field.name]));
    }
    long_enough(field, text).map(|text| Value::text(&text.to_lowercase()))
}

fn picklist(field: &Field, text: &str) -> Result<Value, Refusal> {
    let known = field.choices.iter().find(|choice| &*choice.value == text);
    match known {
        // The text of the schema is shared by all rows that hold the value.
        Some(choice) if choice.active || !field.restricted => Ok(Value::from(&choice.value)),
        _ if field.restricted => Err(bad_choice(field, text)),
        _ => long_enough(field, text).map(Value::text),
    }
}

fn multi_picklist(field: &Field, text: &str) -> Result<Value, Refusal> {
    let values: Vec<&str> = text.split(';').map(str::trim).filter(|value| !value.is_empty()).collect();
    if values.len() > MOST_CHOICES {
        let text = format!("{}: too many values, at most {MOST_CHOICES} are allowed", field.label);
        return Err(Refusal::new("TOO_MANY_ENUM_VALUE", text).fields([&*field.name]));
    }
    if field.restricted {
        let listed = |value: &&str| field.choices.iter().any(|choice| choice.active && *choice.value == **value);
        if let Some(value) = values.iter().find(|value| !listed(value)) {
            return Err(bad_choice(field, value));
        }
    }
    long_enough(field, &values.join(";")).map(Value::text)
}

fn bad_choice(field: &Field, value: &str) -> Refusal {
    let text = format!("{}: bad value for restricted picklist field: {value}", field.label);
    Refusal::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text).fields([&*field.name])
}

fn long_enough<'t>(field: &Field, text: &'t str) -> Result<&'t str, Refusal> {
    if field.length == 0 || text.chars().count() <= field.length as usize {
        return Ok(text);
    }
    let text = format!("{}: data value too large: {text} (max length={})", field.label, field.length);
    Err(Refusal::new("STRING_TOO_LONG", text).fields([&*field.name]))
}
