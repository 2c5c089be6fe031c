//! `where` and `orderBy` as SOQL.

use salesforce_types::describe::FieldType;
use serde_json::Value;

use crate::schema::{Field, Object};

/// How deep `and` and `or` may stand in each other.
const DEEPEST: usize = 16;

/// `{ Name: { eq: "Acme" }, or: [ … ] }`; nothing when there is nothing in it.
pub(super) fn condition(object: &Object, value: &Value, depth: usize) -> Result<Option<String>, ()> {
    if depth > DEEPEST {
        return Err(());
    }
    let mut parts = Vec::new();
    for (name, value) in value.as_object().ok_or(())? {
        match name.as_str() {
            "and" | "or" => {
                let inner = value.as_array().ok_or(())?;
                let inner: Vec<_> =
                    inner.iter().map(|one| condition(object, one, depth + 1)).collect::<Result<_, _>>()?;
                let inner: Vec<_> = inner.into_iter().flatten().map(|one| format!("({one})")).collect();
                if !inner.is_empty() {
                    parts.push(inner.join(if name == "or" { " OR " } else { " AND " }));
                }
            }
            name => {
                let field = object.field(name).ok_or(())?;
                for (operator, value) in value.as_object().ok_or(())? {
                    parts.push(comparison(field, operator, value).ok_or(())?);
                }
            }
        }
    }
    Ok((!parts.is_empty()).then(|| parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(" AND ")))
}

fn comparison(field: &Field, operator: &str, value: &Value) -> Option<String> {
    let sign = match operator {
        "eq" => "=",
        "ne" => "!=",
        "lt" => "<",
        "lte" => "<=",
        "gt" => ">",
        "gte" => ">=",
        "like" => "LIKE",
        "in" | "nin" => {
            let values: Option<Vec<_>> = value.as_array()?.iter().map(|value| literal(field, value)).collect();
            let not = if operator == "nin" { "NOT " } else { "" };
            return Some(format!(
                "{} {not}IN ({})",
                field.name,
                values.filter(|values| !values.is_empty())?.join(", ")
            ));
        }
        _ => return None,
    };
    Some(format!("{} {sign} {}", field.name, literal(field, value)?))
}

/// A value in the form that the field's type asks for. Dates come as `{ value: "…" }`, too.
fn literal(field: &Field, value: &Value) -> Option<String> {
    let value = value.get("value").unwrap_or(value);
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.' | '+');
    match (value, &field.kind) {
        (Value::Null, _) => Some("null".into()),
        (Value::Bool(flag), _) => Some(flag.to_string()),
        (Value::Number(number), _) => Some(number.to_string()),
        // What is no date after all is refused where the query is run.
        (Value::String(text), FieldType::Date | FieldType::DateTime | FieldType::Time) => {
            (!text.is_empty() && text.chars().all(bare)).then(|| text.clone())
        }
        (Value::String(text), _) => Some(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))),
        _ => None,
    }
}

/// `{ Name: { order: DESC, nulls: LAST } }`
pub(super) fn order(object: &Object, value: &Value) -> Option<String> {
    let parts: Option<Vec<_>> = value
        .as_object()?
        .iter()
        .map(|(name, how)| {
            let field = object.field(name)?;
            let word = |key: &str, words: [&str; 2], otherwise: &'static str| match how.get(key) {
                None | Some(Value::Null) => Some(otherwise.to_owned()),
                Some(given) => given.as_str().filter(|given| words.contains(given)).map(str::to_owned),
            };
            let direction = word("order", ["ASC", "DESC"], "ASC")?;
            Some(format!("{} {direction} NULLS {}", field.name, word("nulls", ["FIRST", "LAST"], "FIRST")?))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(", "))
}
