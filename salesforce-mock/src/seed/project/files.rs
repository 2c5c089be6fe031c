use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::ProjectError;

const DEEPEST: usize = 24;
const MOST_FILES: usize = 200_000;
/// The largest file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// Folders that hold no sources.
const LEFT_OUT: [&str; 6] = ["node_modules", "target", ".git", ".sf", ".sfdx", "__tests__"];

/// The files of the projects that the org is made of.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By the name of the object; several projects may add to one.
    pub(super) objects: BTreeMap<String, ObjectFiles>,
    pub(super) value_sets: Vec<PathBuf>,
    pub(super) permission_sets: Vec<PathBuf>,
    pub(super) custom_metadata: Vec<PathBuf>,
    pub(super) plans: Vec<PathBuf>,
    seen: usize,
    taken: usize,
}

/// The files of one object.
#[derive(Debug, Default)]
pub(super) struct ObjectFiles {
    pub(super) main: Vec<PathBuf>,
    pub(super) fields: Vec<PathBuf>,
    pub(super) record_types: Vec<PathBuf>,
    /// How many files lie in folders that are not taken over, by the folder.
    pub(super) others: BTreeMap<String, usize>,
}

impl Found {
    /// Looks through a folder. Links are not followed.
    pub(super) fn add(&mut self, folder: &Path) -> Result<(), ProjectError> {
        let before = self.taken;
        self.look(folder, 0)?;
        match self.taken == before {
            true => Err(ProjectError::new(
                folder,
                "it is no project in source format: it holds no object, permission set or data plan",
            )),
            false => Ok(()),
        }
    }

    fn look(&mut self, folder: &Path, depth: usize) -> Result<(), ProjectError> {
        if depth > DEEPEST {
            return Err(ProjectError::new(folder, format!("the folders nest deeper than {DEEPEST}")));
        }
        let unreadable = |error: std::io::Error| ProjectError::new(folder, format!("cannot be read: {error}"));
        let entries = fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let mut entries: Vec<_> = entries.into_iter().map(|entry| (entry.path(), entry.file_type())).collect();
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, kind) in entries {
            self.seen += 1;
            if self.seen > MOST_FILES {
                return Err(ProjectError::new(folder, format!("the project has more than {MOST_FILES} files")));
            }
            let kind = kind.map_err(unreadable)?;
            if kind.is_dir() && !LEFT_OUT.contains(&&*name(&path)) {
                self.look(&path, depth + 1)?;
            } else if kind.is_file() {
                self.take(path);
            }
        }
        Ok(())
    }

    fn take(&mut self, path: PathBuf) {
        let file = name(&path);
        let parent = path.parent().map(name).unwrap_or_default();
        let grandparent = path.parent().and_then(Path::parent).map(name).unwrap_or_default();
        let above = path.parent().and_then(Path::parent).and_then(Path::parent).map(name).unwrap_or_default();
        if file.ends_with(".object-meta.xml") || file.ends_with(".object") {
            self.objects.entry(stem(&path)).or_default().main.push(path);
        } else if above == "objects" {
            let object = self.objects.entry(grandparent).or_default();
            match &*parent {
                "fields" if file.ends_with(".field-meta.xml") => object.fields.push(path),
                "recordTypes" => object.record_types.push(path),
                _ => *object.others.entry(parent).or_default() += 1,
            }
        } else if file.ends_with(".globalValueSet-meta.xml") {
            self.value_sets.push(path);
        } else if file.ends_with(".permissionset-meta.xml") || file.ends_with(".permissionset") {
            self.permission_sets.push(path);
        } else if file.ends_with(".md-meta.xml") || (parent == "customMetadata" && file.ends_with(".md")) {
            self.custom_metadata.push(path);
        } else if file.ends_with("-plan.json") {
            self.plans.push(path);
        } else {
            return;
        }
        self.taken += 1;
    }
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What stands before the kind in the name of a metadata file: `X` of `X.object-meta.xml`, `A.b` of `A.b.md-meta.xml`.
pub(super) fn stem(path: &Path) -> String {
    let file = name(path);
    let file = file.strip_suffix("-meta.xml").unwrap_or(&file);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, ProjectError> {
    let unreadable = |error: std::io::Error| ProjectError::new(path, format!("cannot be read: {error}"));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(ProjectError::new(path, format!("{size} bytes are more than the {LARGEST} that are read")));
    }
    fs::read_to_string(path).map_err(unreadable)
}
