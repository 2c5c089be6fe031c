//! An org out of a project in source format, with the rows of its data plans.

pub(crate) mod data;
pub(crate) mod field;
mod files;
pub(crate) mod object;
mod picklist;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::with_schema;
use crate::schema::Schema;
use crate::store::Store;
use crate::xml::{self, Element};

/// Why a project cannot be loaded: the file, and what is wrong with it.
#[derive(Debug)]
pub struct ProjectError {
    file: PathBuf,
    reason: String,
}

impl ProjectError {
    fn new(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), reason: reason.into() }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.reason)
    }
}

impl std::error::Error for ProjectError {}

/// The org that one or several projects describe: the standard objects with the custom fields, the custom objects,
/// platform events and custom metadata types, the permission sets by name, and every row of the data plans.
///
/// Read are `**/objects/X/X.object-meta.xml` with its fields and record types, `*.object` files, global value sets,
/// custom metadata records, `*.permissionset-meta.xml`, and `*-plan.json` files. What is found there and not taken over
/// is listed in [`Store::problems`]; formulas that are not evaluated in [`Store::not_evaluated`].
///
/// # Errors
///
/// When a folder or file cannot be read, or is no XML or JSON of its kind; the error names the file.
pub fn from_project<P: AsRef<Path>>(folders: impl IntoIterator<Item = P>) -> Result<Store, ProjectError> {
    let mut found = files::Found::default();
    for folder in folders {
        found.add(folder.as_ref())?;
    }
    let mut problems = Vec::new();
    let mut schema = Schema::standard();
    let value_sets = value_sets(&found)?;
    object::read_all(&mut schema, &found.objects, &value_sets, &mut problems)?;
    let mut permission_sets = Vec::new();
    for file in &found.permission_sets {
        let text = files::read(file)?;
        let root = xml::parse(&text).map_err(|reason| ProjectError::new(file, reason))?;
        let name = files::stem(file);
        schema.permission_sets.insert(name.clone(), Arc::from(&*text));
        permission_sets.push((name, root));
    }
    let mut store = with_schema(schema);
    data::record_types(&mut store);
    for (name, root) in permission_sets {
        data::permission_set(&mut store, &name, &root);
    }
    for file in &found.custom_metadata {
        data::custom_metadata(&mut store, file, &mut problems)?;
    }
    for plan in &found.plans {
        data::plan(&mut store, plan, &mut problems)?;
    }
    store.problems = problems;
    Ok(store)
}

/// The global value sets by name, as their elements.
fn value_sets(found: &files::Found) -> Result<BTreeMap<String, Element>, ProjectError> {
    let parse = |file: &PathBuf| {
        let root = xml::parse(&files::read(file)?).map_err(|reason| ProjectError::new(file, reason))?;
        Ok((files::stem(file), root))
    };
    found.value_sets.iter().map(parse).collect()
}

#[cfg(test)]
mod tests;
