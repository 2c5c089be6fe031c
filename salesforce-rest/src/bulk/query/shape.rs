//! What the cells of a result are, by the org's describes.

use std::collections::HashMap;
use std::sync::Arc;

use salesforce_http::{Error, ErrorKind, Result};
use salesforce_types::describe::{Field, FieldType, SObjectDescribe};

use super::handle::QueryHandle;
use super::locators::decode;
use crate::bulk::csv::{Describe, Kind, Shape};
use crate::{Client, DescribeCache};

/// A parent that may be of several objects.
const ANY: &str = "Name";

/// What the org says of the fields that columns are of.
pub(crate) struct Fields {
    /// The object and the parents, by their paths in small letters; `""` is the object.
    objects: HashMap<String, Arc<SObjectDescribe>>,
    /// Where each column's field is: the path of its object, and its place there.
    places: HashMap<String, (String, usize)>,
}

impl Fields {
    /// Asks for the describe of an object, and for that of each parent in the columns. A column that they do not have is
    /// left out, and so is one of a parent that has none.
    pub(crate) async fn of(
        client: &Client,
        cache: Option<&DescribeCache>,
        object: &str,
        columns: impl Iterator<Item = &str>,
    ) -> Result<Self> {
        let describe = |name: String| async move {
            match cache {
                Some(cache) => cache.describe(&name).await.map(|cached| cached.describe),
                None => client.describe(&name).await.map(Arc::new),
            }
        };
        let root = describe(object.to_owned()).await?;
        let mut by_name = HashMap::from([(root.name.clone(), root.clone())]);
        let mut found = Self { objects: HashMap::from([(String::new(), root)]), places: HashMap::new() };
        'columns: for path in columns {
            let mut below = String::new();
            for (dot, _) in path.match_indices('.') {
                let parent = path[..dot].to_ascii_lowercase();
                if !found.objects.contains_key(&parent) {
                    let relationship = path[..dot].rsplit('.').next().unwrap_or_default();
                    let Some(name) = parent_of(&found.objects[&below], relationship) else { continue 'columns };
                    let known = by_name.get(name).cloned();
                    let object = match known {
                        Some(known) => known,
                        None => match describe(name.to_owned()).await {
                            Err(error) if error.kind() == ErrorKind::NotFound => continue 'columns,
                            described => described?,
                        },
                    };
                    by_name.insert(object.name.clone(), object.clone());
                    found.objects.insert(parent.clone(), object);
                }
                below = parent;
            }
            let name = path.rsplit('.').next().unwrap_or_default();
            let place = found.objects[&below].fields.iter().position(|field| field.name.eq_ignore_ascii_case(name));
            found.places.extend(place.map(|place| (path.to_ascii_lowercase(), (below, place))));
        }
        Ok(found)
    }

    /// The field of a column.
    pub(crate) fn get(&self, column: &str) -> Option<&Field> {
        let (object, place) = self.places.get(&column.to_ascii_lowercase())?;
        self.objects.get(object)?.fields.get(*place)
    }

    /// The object, `""`, or a parent.
    pub(crate) fn object_at(&self, path: &str) -> Option<&Arc<SObjectDescribe>> {
        self.objects.get(&path.to_ascii_lowercase())
    }
}

/// The shape of a job's rows, when its columns are known.
pub(super) async fn shape(client: &Client, cache: Option<&DescribeCache>, job: &QueryHandle) -> Result<Shape> {
    let object = job.object().ok_or_else(|| decode("the org did not say which object the job reads"))?;
    let columns = || job.columns.iter().flatten().map(|name| &**name);
    let fields = Fields::of(client, cache, object, columns()).await?;
    match columns().find(|column| fields.get(column).is_none()) {
        Some(column) => Err(unknown(column, object)),
        None => Ok(Shape::new(columns(), &fields)),
    }
}

fn parent_of<'d>(object: &'d SObjectDescribe, relationship: &str) -> Option<&'d str> {
    let is_it =
        |field: &&Field| field.relationship_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(relationship));
    match &*object.fields.iter().find(is_it)?.reference_to {
        [] => None,
        [one] => Some(one),
        _ => Some(ANY),
    }
}

fn unknown(column: &str, object: &str) -> Error {
    let column = column.escape_debug();
    let message = format!(
        "the result has the column `{column}`, which {object} does not have by its describe, so that its cells cannot be told: read it as CSV"
    );
    Error::new(ErrorKind::Decode, message)
}

fn kind(field: &Field) -> Kind {
    match field.field_type {
        FieldType::Boolean => Kind::Bool,
        FieldType::DateTime => Kind::DateTime,
        _ if matches!(field.field_type.soap_type(), "xsd:int" | "xsd:double" | "xsd:long") => Kind::Number,
        _ if field.nillable => Kind::Text,
        FieldType::Date | FieldType::Time => Kind::Text,
        _ => Kind::FullText,
    }
}

impl Describe for Fields {
    fn kind(&self, path: &str) -> Kind {
        self.get(path).map_or(Kind::Text, kind)
    }

    fn object(&self, path: &str) -> &str {
        self.object_at(path).map_or(ANY, |object| &object.name)
    }
}
