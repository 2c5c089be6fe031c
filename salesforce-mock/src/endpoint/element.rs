//! Rows in XML, and why they are refused.

use crate::rules::{Draft, Input, Refusal};
use crate::xml::Element;

/// The values of a row, each an element. `type` says what the row is; a parent is an element with others in it, in some
/// APIs one named `sObject`; `fieldsToNull` names what is to be empty.
pub(super) fn draft(row: &Element) -> Draft {
    let mut draft = Draft::new();
    for field in &row.children {
        match field.name.as_str() {
            "type" => {}
            "fieldsToNull" => draft.set(field.text.trim(), Input::Null),
            name if field.nil => draft.set(name, Input::Null),
            name => match field.children.as_slice() {
                [] => draft.set(name, field.text.as_str()),
                [parent] if parent.name == "sObject" => draft.set(name, Input::Object(self::draft(parent))),
                _ => draft.set(name, Input::Object(self::draft(field))),
            },
        }
    }
    draft
}

/// One of the errors of a row.
pub(super) fn error(refusal: &Refusal) -> Element {
    let fields = refusal.fields.iter().flatten().map(|field| Element::leaf("fields", field.as_str()));
    let message = Element::leaf("message", refusal.message.as_str());
    let code = Element::leaf("statusCode", refusal.code);
    Element::new("errors", fields.chain([message, code]).collect())
}
