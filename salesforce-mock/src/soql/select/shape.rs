//! How a row is written.

use salesforce_types::ApiVersion;
use salesforce_types::describe::FieldType;

use crate::rules::Refusal;
use crate::schema::{Field, Object};
use crate::soql::filter::Filter;
use crate::soql::reading::Reading;
use crate::soql::rows::Key;
use crate::soql::scope::Path;
use crate::value::write_json_text;

/// How a row of one object is written.
#[derive(Clone, Debug)]
pub(in crate::soql) struct Shape<'o> {
    pub(in crate::soql) object: &'o Object,
    /// What stands before the id in `attributes`.
    pub(in crate::soql) head: Vec<u8>,
    pub(in crate::soql) items: Vec<Item<'o>>,
}

/// One key of a row and where its value comes from. `key` is `"Name":`.
#[derive(Clone, Debug)]
pub(in crate::soql) struct Item<'o> {
    pub(in crate::soql) key: Box<[u8]>,
    pub(in crate::soql) from: From<'o>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(in crate::soql) enum From<'o> {
    /// A cell of the row.
    Cell(&'o Field),
    /// The path of a file's bytes.
    Blob(&'o Field),
    /// What is computed.
    Made(Reading<'o>),
    /// The name of the row's object.
    ObjectName,
    /// Nothing: another object that may stand here has such a field.
    Nothing,
    /// A parent, by its object; null when it is none of these.
    Parent { via: &'o Field, shapes: Vec<Shape<'o>> },
    /// Children. `place` is that of the query in the select list.
    Children { children: Box<Children<'o>>, place: usize },
}

/// A child query.
#[derive(Clone, Debug)]
pub(in crate::soql) struct Children<'o> {
    /// The child's field that points to the row.
    pub(in crate::soql) field: &'o Field,
    pub(in crate::soql) filter: Option<Filter<Reading<'o>>>,
    pub(in crate::soql) order: Vec<Key<Reading<'o>>>,
    pub(in crate::soql) limit: Option<u64>,
    pub(in crate::soql) offset: Option<u64>,
    pub(in crate::soql) shape: Shape<'o>,
}

impl<'o> Shape<'o> {
    /// A shape without items. A parent of several types calls itself `Name`; its address says what it is.
    pub(in crate::soql) fn new(object: &'o Object, version: ApiVersion, generic: bool) -> Self {
        let name = if generic { "Name" } else { &*object.name };
        let head = format!(
            "{{\"attributes\":{{\"type\":\"{name}\",\"url\":\"/services/data/v{version}/sobjects/{}/",
            object.name
        );
        Self { object, head: head.into(), items: Vec::new() }
    }

    pub(in crate::soql) fn put(&mut self, name: &str, from: From<'o>) -> Result<(), Refusal> {
        let key = key(name);
        if self.items.iter().any(|item| item.key.eq_ignore_ascii_case(&key)) {
            return Err(Refusal::new("INVALID_FIELD", format!("duplicate field selected: {name}")));
        }
        self.items.push(Item { key, from });
        Ok(())
    }

    /// A field as it is.
    pub(in crate::soql) fn put_field(&mut self, field: &'o Field) -> Result<(), Refusal> {
        let from = match field.kind {
            FieldType::Base64 => From::Blob(field),
            _ if field.is_stored() => From::Cell(field),
            _ => From::Made(Reading::Path(Path::Field(field))),
        };
        self.put(&field.name, from)
    }

    /// How many custom long texts a row holds.
    pub(in crate::soql) fn long_texts(&self) -> usize {
        let of = |item: &Item<'_>| match &item.from {
            From::Cell(field) => usize::from(field.custom && field.kind == FieldType::TextArea && field.length > 255),
            From::Parent { shapes, .. } => shapes.iter().map(Shape::long_texts).max().unwrap_or(0),
            _ => 0,
        };
        self.items.iter().map(of).sum()
    }

    /// The child query at a place of the select list.
    pub(in crate::soql) fn children_at(self, wanted: usize) -> Option<Children<'o>> {
        self.items.into_iter().find_map(|item| match item.from {
            From::Children { children, place } if place == wanted => Some(*children),
            _ => None,
        })
    }
}

/// `"Name":`
pub(in crate::soql) fn key(name: &str) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() + 3);
    write_json_text(&mut key, name);
    key.push(b':');
    key.into()
}
