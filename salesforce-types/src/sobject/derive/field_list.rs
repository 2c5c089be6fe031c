use std::sync::OnceLock;

use super::{Fields, FieldsOf, Kind, Shape};

/// A field list that is put together when it is first asked for, and then stays.
#[derive(Debug)]
pub struct FieldList {
    items: OnceLock<Vec<String>>,
    list: OnceLock<Vec<&'static str>>,
}

impl FieldList {
    /// A list that is not put together yet.
    #[expect(clippy::new_without_default, reason = "it lives in statics only")]
    #[must_use]
    pub const fn new() -> Self {
        Self { items: OnceLock::new(), list: OnceLock::new() }
    }

    /// The list of these fields.
    pub fn of(&'static self, fields: &[(&'static str, Option<(Kind, Shape)>)]) -> Fields {
        let items = self.items.get_or_init(|| fields.iter().flat_map(|(name, field)| write(name, *field)).collect());
        self.list.get_or_init(|| items.iter().map(String::as_str).collect())
    }
}

fn write(name: &str, field: Option<(Kind, Shape)>) -> Vec<String> {
    match field.map(|(kind, _)| kind) {
        None => vec![name.to_owned()],
        Some(Kind::Parent(fields)) => fields().iter().map(|field| format!("{name}.{field}")).collect(),
        Some(Kind::Children(fields) | Kind::Vec(fields)) => {
            vec![format!("(SELECT {} FROM {name})", fields().join(", "))]
        }
        Some(Kind::OneOf(objects, others)) => {
            let when = |(object, fields): &(&str, FieldsOf)| format!(" WHEN {object} THEN {}", fields().join(", "));
            let when: String = objects.iter().map(when).collect();
            vec![format!("TYPEOF {name}{when} ELSE {} END", others().join(", "))]
        }
    }
}
