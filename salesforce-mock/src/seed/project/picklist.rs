use std::collections::BTreeMap;

use crate::schema::{Choice, DefaultValue, Field};
use crate::value::Value;
use crate::xml::Element;

/// The values of a picklist: its own or those of a global set, with their default and their controlling field.
pub(super) fn choices(
    field: &mut Field,
    values: &Element,
    value_sets: &BTreeMap<String, Element>,
    place: &str,
    problems: &mut Vec<String>,
) {
    field.restricted = values.is_true("restricted");
    let global = values.get("valueSetName");
    let (definition, of) = match (global, values.child("valueSetDefinition")) {
        (Some(name), _) => {
            // The values of a global set cannot be added to.
            field.restricted = true;
            (value_sets.get(name), "customValue")
        }
        (None, definition) => (definition, "value"),
    };
    match definition {
        Some(definition) => field.choices.extend(definition.all(of).map(choice)),
        None => {
            field.restricted = false;
            problems
                .push(format!("{place}: the value set {} is not in the project", global.unwrap_or("without a name")));
        }
    }
    if let Some(choice) = field.choices.iter().find(|choice| choice.default) {
        field.default = Some(DefaultValue::Value(Value::from(&choice.value)));
        field.defaulted_on_create = true;
    }
    if let Some(controller) = values.get("controllingField") {
        field.controller = Some(controller.into());
        for settings in values.all("valueSettings") {
            let name = settings.get("valueName").unwrap_or_default();
            let controlling = settings.all("controllingFieldValue").map(|value| value.text.trim().into());
            if let Some(choice) = field.choices.iter_mut().find(|choice| &*choice.value == name) {
                choice.valid_for = controlling.collect();
            }
        }
    }
}

fn choice(element: &Element) -> Choice {
    let mut choice = Choice::new(element.get("fullName").unwrap_or_default());
    if let Some(label) = element.get("label") {
        label.clone_into(&mut choice.label);
    }
    choice.active = element.get("isActive") != Some("false");
    choice.default = element.is_true("default");
    choice
}
