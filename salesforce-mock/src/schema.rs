//! The objects and fields of an org.

mod auto_number;
mod compound;
mod describe;
mod field;
mod formula;
mod object;
mod system;
mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use salesforce_types::{KeyPrefix, RecordId};

pub use auto_number::NumberFormat;
pub(crate) use compound::put_with_parts;
pub use field::{Choice, DefaultValue, Field, OnParentDelete, Reference, Summary, SummaryKind};
pub use formula::{Expression, Formula, Function, Operator};
pub use object::{Child, Known, Object, ObjectKind, RecordType};
pub use table::TableError;

/// The built-in objects, as text.
const STANDARD: &str = include_str!("schema/standard.txt");
const DEMO: &str = include_str!("schema/demo.txt");

/// Every object of an org, by name and by key prefix.
///
/// Names are looked up without regard to case, as the server does.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    objects: Vec<Object>,
    by_name: HashMap<String, usize>,
    by_prefix: HashMap<KeyPrefix, usize>,
    /// The permission sets a project brought, by name, as their XML text.
    pub permission_sets: BTreeMap<String, Arc<str>>,
}

impl Schema {
    /// A schema without objects.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The standard objects.
    #[must_use]
    pub fn standard() -> Self {
        let mut schema = Self::new();
        schema.add_table(STANDARD).expect("a test reads the built-in table");
        schema
    }

    /// The standard objects and those of the demo org.
    #[must_use]
    pub fn demo() -> Self {
        let mut schema = Self::standard();
        schema.add_table(DEMO).expect("a test reads the built-in table");
        schema
    }

    /// Adds the objects and fields that a table describes; see `schema/standard.txt` for its form.
    ///
    /// # Errors
    ///
    /// When a line cannot be read: the error says which, and why.
    pub fn add_table(&mut self, text: &str) -> Result<(), TableError> {
        table::read(self, text)?;
        self.link();
        Ok(())
    }

    /// Adds an object, or replaces the one of that name. Call [`link`](Self::link) when all are added.
    pub fn add(&mut self, mut object: Object) {
        let key = object.name.to_ascii_lowercase();
        object.index = *self.by_name.entry(key).or_insert(self.objects.len());
        match self.objects.get_mut(object.index) {
            Some(place) => *place = object,
            None => self.objects.push(object),
        }
    }

    /// Takes an object out. The others move up; call [`link`](Self::link) afterwards.
    pub(crate) fn remove(&mut self, name: &str) {
        let Some(place) = self.by_name.remove(&name.to_ascii_lowercase()) else { return };
        self.objects.remove(place);
        for object in self.objects.iter_mut().skip(place) {
            object.index -= 1;
            self.by_name.insert(object.name.to_ascii_lowercase(), object.index);
        }
    }

    /// Brings everything that one object knows of another up to date: prefixes, children, positions of fields.
    pub fn link(&mut self) {
        self.by_prefix.clear();
        for object in &mut self.objects {
            object.link();
            if let Some(prefix) = object.prefix {
                self.by_prefix.entry(prefix).or_insert(object.index);
            }
        }
        let mut children: Vec<Vec<Child>> = vec![Vec::new(); self.objects.len()];
        for object in &self.objects {
            for field in &object.fields {
                let Some(reference) = &field.reference else { continue };
                // A polymorphic reference may name one object twice in a project's files.
                let parents: BTreeSet<usize> = reference
                    .to
                    .iter()
                    .filter_map(|name| self.by_name.get(&name.to_ascii_lowercase()).copied())
                    .collect();
                for parent in parents {
                    children[parent].push(Child {
                        object: object.index,
                        field: field.index,
                        relationship: reference.children.clone(),
                        on_delete: reference.on_delete,
                    });
                }
            }
        }
        for (object, children) in self.objects.iter_mut().zip(children) {
            object.children = children;
        }
    }

    /// The objects, in the order in which they were added.
    #[must_use]
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// The object at a position, as [`Object::index`] and [`Child::object`] hold it.
    ///
    /// # Panics
    ///
    /// When the position is of another schema.
    #[must_use]
    pub fn at(&self, index: usize) -> &Object {
        &self.objects[index]
    }

    /// The object of that name.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&index| &self.objects[index])
    }

    /// The same, to change it. Call [`link`](Self::link) afterwards.
    #[must_use]
    pub fn object_mut(&mut self, name: &str) -> Option<&mut Object> {
        self.by_name.get(&name.to_ascii_lowercase()).map(|&index| &mut self.objects[index])
    }

    /// The object an id belongs to, by its prefix.
    #[must_use]
    pub fn object_of(&self, id: RecordId) -> Option<&Object> {
        self.by_prefix.get(&id.key_prefix()).map(|&index| &self.objects[index])
    }

    /// A key prefix that no object has yet: `a00` to `aZZ`, or with another first letter.
    #[must_use]
    pub fn free_prefix(&self, first: char) -> Option<KeyPrefix> {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let used: BTreeSet<KeyPrefix> = self.objects.iter().filter_map(|object| object.prefix).collect();
        DIGITS
            .iter()
            .flat_map(|&second| DIGITS.iter().map(move |&third| (second, third)))
            .filter_map(|(second, third)| format!("{first}{}{}", char::from(second), char::from(third)).parse().ok())
            .find(|prefix| !used.contains(prefix))
    }
}
