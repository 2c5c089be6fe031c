use serde_json::{Map, Value, json};

use super::Problem;
use super::document::Field;
use crate::schema::Object;
use crate::store::Store;

/// What is asked of a row.
#[derive(Debug, Default)]
pub(super) struct Node(Vec<Part>);

#[derive(Debug)]
enum Part {
    Id {
        key: String,
    },
    /// `Name { value }`: the keys under which the value is asked for.
    Value {
        key: String,
        name: String,
        keys: Vec<String>,
    },
    /// `Owner { … }`
    Parent {
        key: String,
        name: String,
        node: Node,
    },
}

impl Node {
    pub(super) fn add(&mut self, store: &Store, object: &Object, fields: &[Field], place: &str) -> Result<(), Problem> {
        for field in fields {
            let key = field.key.clone();
            if let Some(found) = object.field(&field.name).filter(|found| *found.name == *field.name) {
                let name = found.name.to_string();
                if name == "Id" {
                    self.0.push(Part::Id { key });
                    continue;
                }
                if let Some(other) = field.fields.iter().find(|part| part.name != "value") {
                    return Err(Problem::unknown_field(other, &format!("{place}/{name}"), "FieldValue"));
                }
                if field.fields.is_empty() {
                    let text = format!("Sub selection required for field '{name}'");
                    return Err(Problem::invalid(field.at, "", &text));
                }
                let keys = field.fields.iter().map(|part| part.key.clone()).collect();
                self.0.push(Part::Value { key, name, keys });
                continue;
            }
            let reference = object.parent(&field.name).and_then(|field| field.reference.as_ref());
            // A parent of several types has no fields of its own.
            let parent = reference.and_then(|reference| match &*reference.to {
                [one] => Some((store.schema().object(one)?, reference.parent.as_deref()?)),
                _ => None,
            });
            let (parent, name) = parent.ok_or_else(|| Problem::unknown_field(field, place, &object.name))?;
            let mut node = Self::default();
            node.add(store, parent, &field.fields, &format!("{place}/{}", field.name))?;
            self.0.push(Part::Parent { key, name: name.to_owned(), node });
        }
        Ok(())
    }

    /// The paths of its fields, each once, and at least the id.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut paths = vec!["Id".to_owned()];
        self.collect("", &mut paths);
        paths
    }

    fn collect(&self, before: &str, paths: &mut Vec<String>) {
        let mut add = |name: &str| {
            let path = format!("{before}{name}");
            if !paths.contains(&path) {
                paths.push(path);
            }
        };
        for part in &self.0 {
            match part {
                Part::Id { .. } => add("Id"),
                Part::Value { name, .. } => add(name),
                Part::Parent { name, .. } => add(&format!("{name}.Id")),
            }
        }
        for part in &self.0 {
            if let Part::Parent { name, node, .. } = part {
                node.collect(&format!("{before}{name}."), paths);
            }
        }
    }

    /// The row as the answer shows it.
    pub(super) fn write(&self, row: &Value) -> Value {
        let field = |name: &str| row.get(name).cloned().unwrap_or_default();
        let parts = self.0.iter().map(|part| match part {
            Part::Id { key } => (key.clone(), field("Id")),
            Part::Value { key, name, keys } => {
                let value: Map<_, _> = keys.iter().map(|key| (key.clone(), field(name))).collect();
                (key.clone(), value.into())
            }
            Part::Parent { key, name, node } => {
                let parent = row.get(name).filter(|parent| !parent.is_null());
                (key.clone(), parent.map_or(json!(null), |parent| node.write(parent)))
            }
        });
        parts.collect::<Map<_, _>>().into()
    }
}
