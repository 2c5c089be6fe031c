use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use salesforce_types::{RecordId, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{ProjectError, files};
use crate::rules::{Draft, Given, Input, Refusal, convert};
use crate::schema::Object;
use crate::seed::{Fill, first_stamp};
use crate::store::Store;
use crate::value::Value;
use crate::xml::{self, Element};

/// One step of a data plan.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    sobject: String,
    files: Vec<PlanFile>,
}

/// A file of a step: older plans say more about it than its name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PlanFile {
    Name(PathBuf),
    Settings { file: PathBuf },
}

#[derive(Debug, Deserialize)]
struct Records<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
}

/// The rows that a plan has made so far, by the names it gives them.
#[derive(Default)]
struct Names {
    ids: HashMap<Arc<str>, RecordId>,
}

/// Loads the rows of a data plan through the rules, in its order. A row that is refused is a problem, not an error.
pub(super) fn plan(store: &mut Store, plan: &Path, problems: &mut Vec<String>) -> Result<(), ProjectError> {
    let wrong =
        |file: &Path, error: serde_json::Error| ProjectError::new(file, format!("no readable data plan: {error}"));
    let steps: Vec<Step> = serde_json::from_str(&files::read(plan)?).map_err(|error| wrong(plan, error))?;
    let folder = plan.parent().unwrap_or(Path::new(""));
    let mut names = Names::default();
    for step in steps {
        for file in step.files {
            let (PlanFile::Name(file) | PlanFile::Settings { file }) = file;
            let file = inside(folder, &file).ok_or_else(|| {
                ProjectError::new(plan, format!("{} lies outside of the plan's folder", file.display()))
            })?;
            let text = files::read(&file)?;
            let records: Records<'_> = serde_json::from_str(&text).map_err(|error| wrong(&file, error))?;
            for (place, record) in records.records.into_iter().enumerate() {
                let draft = Draft::from_json(record.get().as_bytes())
                    .map_err(|refusal| ProjectError::new(&file, format!("record {}: {refusal}", place + 1)))?;
                let place = format!("{}: record {}", file.display(), place + 1);
                names.load(store, &step.sobject, draft, &place, problems);
            }
        }
    }
    Ok(())
}

/// A file of a plan, which has to lie in the plan's folder.
fn inside(folder: &Path, file: &Path) -> Option<PathBuf> {
    use std::path::Component;
    let plain = file.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    plain.then(|| folder.join(file))
}

impl Names {
    fn load(&mut self, store: &mut Store, object: &str, mut draft: Draft, place: &str, problems: &mut Vec<String>) {
        let attributes = draft.remove("attributes");
        let attribute = |name: &str| match &attributes {
            Some(Input::Object(attributes)) => match attributes.get(name) {
                Some(Input::Text(text)) => Some(Arc::clone(text)),
                _ => None,
            },
            _ => None,
        };
        let schema = Arc::clone(store.schema());
        let name = attribute("type").unwrap_or_else(|| object.into());
        let Some(object) = schema.object(&name) else {
            problems.push(format!("{place}: not loaded: there is no object {name}"));
            return;
        };
        let fields: Vec<(String, Arc<str>)> = draft
            .iter()
            .filter_map(|given| match &given.value {
                Input::Text(text) if text.starts_with('@') && is_reference(object, &given.name) => {
                    Some((given.name.to_string(), text[1..].into()))
                }
                _ => None,
            })
            .collect();
        for (field, reference) in fields {
            match self.ids.get(&reference) {
                Some(id) => draft.set(&field, *id),
                None => {
                    problems.push(format!("{place}: not loaded: @{reference} is no record before it"));
                    return;
                }
            }
        }
        match store.create(object, &draft) {
            Ok(id) => {
                if let Some(reference) = attribute("referenceId") {
                    self.ids.insert(reference, id);
                }
            }
            Err(refusals) => problems.push(format!("{place}: not loaded: {}", sentence(&refusals))),
        }
    }
}

fn is_reference(object: &Object, field: &str) -> bool {
    object.field(field).is_some_and(|field| field.reference.is_some())
}

fn sentence(refusals: &[Refusal]) -> String {
    refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A row of a custom metadata type: `Type.Record.md-meta.xml`.
pub(super) fn custom_metadata(store: &mut Store, file: &Path, problems: &mut Vec<String>) -> Result<(), ProjectError> {
    let root = xml::parse(&files::read(file)?).map_err(|reason| ProjectError::new(file, reason))?;
    let wrong = custom_metadata_row(store, &files::stem(file), &root, first_stamp());
    problems.extend(wrong.into_iter().map(|problem| format!("{}: {problem}", file.display())));
    Ok(())
}

/// The row of a record of a custom metadata type; `name` is `Type.Record`. What cannot be taken over is told.
pub(crate) fn custom_metadata_row(store: &mut Store, name: &str, root: &Element, stamp: Timestamp) -> Vec<String> {
    let mut problems = Vec::new();
    let (kind, name) = name.split_once('.').unwrap_or((name, ""));
    let schema = Arc::clone(store.schema());
    let Some(object) = schema.object(&format!("{kind}__mdt")) else {
        return vec![format!("not loaded: there is no object {kind}__mdt")];
    };
    let label = root.get("label").unwrap_or(name);
    let mut row = Fill::new(&schema, &object.name);
    for (field, value) in
        [("Label", label), ("MasterLabel", label), ("DeveloperName", name), ("QualifiedApiName", name)]
    {
        row = row.set(field, value);
    }
    row = row.set("Language", "en_US");
    for values in root.all("values") {
        let name = values.get("field").unwrap_or_default();
        let text =
            values.child("value").filter(|value| !value.nil).map(|value| value.text.as_str()).unwrap_or_default();
        let Some(field) = object.field(name) else {
            problems.push(format!("there is no field {name}"));
            continue;
        };
        match convert(field, &Given { name: name.into(), value: text.into(), at: (1, 1) }) {
            // A metadata relationship holds a name, which is no id.
            Err(refusal) => problems.push(format!("{name}: {refusal}")),
            Ok(value) => row = row.set(name, value),
        }
    }
    row.load(store, stamp);
    problems
}

/// The rows of the record types that the objects of the schema have.
pub(super) fn record_types(store: &mut Store) {
    let schema = Arc::clone(store.schema());
    let objects = schema.objects().iter();
    let mut types: Vec<_> =
        objects.flat_map(|object| object.record_types.iter().map(move |own| (object, own))).collect();
    types.sort_by_key(|(_, own)| own.id);
    for (object, own) in types {
        Fill::new(&schema, "RecordType")
            .set("Name", &*own.label)
            .set("DeveloperName", &*own.developer_name)
            .set("SobjectType", &object.name)
            .set("IsActive", own.active)
            .load(store, first_stamp());
    }
}

/// The row of a permission set.
pub(super) fn permission_set(store: &mut Store, name: &str, root: &Element) {
    let schema = Arc::clone(store.schema());
    Fill::new(&schema, "PermissionSet")
        .set("Name", name)
        .set("Label", root.get("label").unwrap_or(name))
        .set("Description", root.get("description").unwrap_or_default())
        .set("IsCustom", Value::Bool(true))
        .load(store, first_stamp());
}
