//! The JSON that a row of CSV stands for.

use super::decode::{Value, with_offset};
use super::rows::TextRow;
use super::shape::{Node, Part, Shape};

pub(super) fn object(shape: &Shape, row: &TextRow<'_>, out: &mut String) {
    out.push_str("{\"attributes\":{\"type\":");
    text(&shape.object, out);
    out.push('}');
    for Node { name, part } in &shape.nodes {
        out.push(',');
        text(name, out);
        out.push(':');
        match part {
            Part::Cell { column, kind } => row.with(*column, |text| value(&Value::of(text, *kind), out)),
            Part::Parent(parent) if parent.is_empty_in(row) => out.push_str("null"),
            Part::Parent(parent) => object(parent, row, out),
        }
    }
    out.push('}');
}

/// What is wrong gives no JSON, so that the reader of it says so.
pub(super) fn value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(number),
        Value::Text(value) => text(value, out),
        Value::DateTime(value) => with_offset(value, |value| text(value, out)),
        Value::Wrong(why) => out.push_str(why),
    }
}

fn text(value: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(value).expect("a text can be written as JSON"));
}
