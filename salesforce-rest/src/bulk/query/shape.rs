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

/// The shape of a job's rows, when its columns are known. Asks for the describe of its object, and for that of each
/// parent in the columns.
pub(super) async fn shape(client: &Client, cache: Option<&DescribeCache>, job: &QueryHandle) -> Result<Shape> {
    let object = job.object().ok_or_else(|| decode("the org did not say which object the job reads"))?;
    let columns = || job.columns.iter().flatten().map(|name| &**name);
    let describe = |name: String| async move {
        match cache {
            Some(cache) => cache.describe(&name).await.map(|cached| cached.describe),
            None => client.describe(&name).await.map(Arc::new),
        }
    };
    let root = describe(object.to_owned()).await?;
    let mut by_name = HashMap::from([(root.name.clone(), root.clone())]);
    let mut objects = HashMap::from([(String::new(), root)]);
    let mut kinds = HashMap::new();
    for path in columns() {
        let mut below = String::new();
        for (dot, _) in path.match_indices('.') {
            let parent = path[..dot].to_ascii_lowercase();
            if !objects.contains_key(&parent) {
                let relationship = path[..dot].rsplit('.').next().unwrap_or_default();
                let name = parent_of(&objects[&below], relationship).ok_or_else(|| unknown(path, &objects[&below]))?;
                let known = by_name.get(name).cloned();
                let found = match known {
                    Some(known) => known,
                    None => describe(name.to_owned()).await?,
                };
                by_name.insert(found.name.clone(), found.clone());
                objects.insert(parent.clone(), found);
            }
            below = parent;
        }
        let object = &objects[&below];
        let name = path.rsplit('.').next().unwrap_or_default();
        let field = object.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        kinds.insert(path.to_owned(), kind(field.ok_or_else(|| unknown(path, object))?));
    }
    Ok(Shape::new(columns(), &Org { objects, kinds }))
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

fn unknown(column: &str, object: &SObjectDescribe) -> Error {
    let (column, object) = (column.escape_debug(), &object.name);
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

struct Org {
    objects: HashMap<String, Arc<SObjectDescribe>>,
    kinds: HashMap<String, Kind>,
}

impl Describe for Org {
    fn kind(&self, path: &str) -> Kind {
        self.kinds.get(path).copied().unwrap_or(Kind::Text)
    }

    fn object(&self, path: &str) -> &str {
        self.objects.get(&path.to_ascii_lowercase()).map_or(ANY, |object| &object.name)
    }
}
