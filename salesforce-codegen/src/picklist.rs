use std::collections::{HashMap, HashSet};

use salesforce_types::describe::{Field, FieldType};

use crate::name::{self, Names, Variant};
use crate::{ALLOW, text};

/// An open enum of the values of one field.
pub(crate) struct Picklist {
    pub(crate) name: String,
    label: String,
    values: Vec<Value>,
}

struct Value {
    variant: String,
    value: String,
    label: String,
}

impl Picklist {
    /// `None` for what is no picklist, and for one that lists nothing.
    pub(crate) fn new(object: &str, field_name: &str, field: &Field, types: &mut Names) -> Option<Self> {
        if !matches!(field.field_type, FieldType::Picklist | FieldType::MultiPicklist | FieldType::Combobox) {
            return None;
        }
        let mut names = Names::of_variants();
        let mut seen = HashSet::new();
        let listed = field.picklist_values.iter().filter(|value| !value.value.is_empty());
        let listed: Vec<_> = listed.filter(|value| seen.insert(&*value.value)).collect();
        let variants: Vec<Variant> = listed.iter().map(|value| name::variant(&value.value)).collect();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        variants.iter().for_each(|variant| *uses.entry(&variant.plain).or_default() += 1);
        let wanted = variants.iter().map(|Variant { plain, exact }| if uses[&**plain] > 1 { exact } else { plain });
        let values: Vec<Value> = listed
            .iter()
            .zip(wanted)
            .map(|(value, wanted)| Value {
                variant: names.take(std::slice::from_ref(wanted)),
                value: value.value.clone(),
                label: text::doc(&value.label, "?") + if value.active { "" } else { " (not active)" },
            })
            .collect();
        let key = name::key(field_name);
        let wanted = if key.starts_with(object) { key } else { format!("{object}{key}") };
        (!values.is_empty()).then(|| Self {
            name: types.take(&[wanted.clone(), wanted + "Value"]),
            label: text::doc(&field.label, &field.name),
            values,
        })
    }
}

pub(crate) fn write(code: &mut String, picklist: &Picklist) {
    let Picklist { name, label, values } = picklist;
    *code += &format!("\nsalesforce_types::picklist! {{\n    /// {label}\n    {ALLOW}\n    pub enum {name} {{\n");
    for Value { variant, value, label } in values {
        *code += &format!("        /// {label}\n        {variant} = {},\n", text::literal(value));
    }
    *code += "    }\n}\n";
}
