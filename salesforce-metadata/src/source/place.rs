//! Which component a file is of, by its path.

use crate::archive::{Archive, EntryPath};
use crate::types::{self, TypeInfo};

const META: &str = "-meta.xml";

/// The type and the name of a component, as a manifest has them.
pub(super) type Component = (&'static str, String);

/// A path in the metadata format, and its component.
type Named = (String, Option<Component>);

/// A file of a component.
pub(super) struct Place<'p> {
    /// The folder of its type.
    pub(super) directory: &'p str,
    /// The path below that folder.
    pub(super) below: &'p str,
    /// Its type; `None` for a part of an object, and in folders where no ending tells it.
    of: Option<&'static TypeInfo>,
}

impl<'p> Place<'p> {
    /// The place of a file, or why it has none.
    pub(super) fn of(path: &'p EntryPath) -> Result<Self, &'static str> {
        let path = path.as_str();
        let mut start = 0;
        for segment in path.split('/') {
            let end = start + segment.len();
            if let Some(below) = path.get(end + 1..).filter(|_| is_directory(segment)) {
                if below.split('/').any(|part| part.starts_with("__") && part.ends_with("__")) {
                    return Err("files of tools are no part of a component");
                }
                let of = type_of(segment, below);
                return match of.is_none() && !has_parts(segment) {
                    true => Err("no type of this folder has files that end so"),
                    false => Ok(Self { directory: segment, below, of }),
                };
            }
            start = end + 1;
        }
        Err("it is in the folder of no type")
    }

    /// The name of the folder in front of the first slash.
    pub(super) fn first_folder(&self) -> Option<&'p str> {
        self.below.split_once('/').map(|(folder, _)| folder)
    }

    /// The type and the name of its component, as a manifest has them.
    pub(super) fn component(&self) -> Option<Component> {
        let of = self.of?;
        let plain = self.below.strip_suffix(META).unwrap_or(self.below);
        if of.is_bundle {
            return Some((of.name, self.first_folder().unwrap_or(plain).to_owned()));
        }
        let name = match (of.suffix, of.name) {
            // Its ending is part of its name.
            (_, "Document") => plain,
            (Some(suffix), _) => plain.strip_suffix(suffix).and_then(|name| name.strip_suffix('.')).unwrap_or(plain),
            (None, _) => plain,
        };
        let name = if of.is_folder { (content_type(of), name.to_owned()) } else { (of.name, name.to_owned()) };
        Some(name)
    }

    /// Its path in the metadata format, and its component.
    pub(super) fn in_metadata(&self, project: &Archive) -> Result<Named, &'static str> {
        let Some(of) = self.of else { return Err("it is no part of an object that has a file of its own") };
        let whole = |below: &str| format!("{}/{below}", self.directory);
        if of.name == "StaticResource" {
            return self.static_resource(project);
        }
        if of.name == "Document" && self.below.ends_with(".document-meta.xml") {
            return Err(
                "the name of a document's description needs the ending of its content, which is not known here",
            );
        }
        let name = match self.below.strip_suffix(META) {
            Some(plain) if !of.has_meta_file && !of.is_bundle && !of.is_folder => plain,
            _ => self.below,
        };
        Ok((whole(name), self.component()))
    }

    /// A static resource has the ending of its content in a project, and `.resource` in a deploy.
    fn static_resource(&self, project: &Archive) -> Result<Named, &'static str> {
        if self.below.contains('/') {
            return Err("a static resource that is a folder has to be zipped first");
        }
        if self.below.ends_with(META) {
            return Ok((format!("{}/{}", self.directory, self.below), self.component()));
        }
        let stem = self.below.rsplit_once('.').map_or(self.below, |(stem, _)| stem);
        let meta = format!("{}/{stem}.resource{META}", self.directory);
        let is_described = project.files().any(|(path, _)| path.as_str().ends_with(&meta));
        match is_described {
            true => Ok((format!("{}/{stem}.resource", self.directory), Some(("StaticResource", stem.to_owned())))),
            false => Err("a static resource without its description"),
        }
    }

    /// Its path in the source format.
    pub(super) fn in_source(&self) -> String {
        let is_plain = self.of.is_some_and(|of| !of.has_meta_file && !of.is_bundle);
        let meta = if is_plain && !self.below.ends_with(META) { META } else { "" };
        format!("{}/{}{meta}", self.directory, self.below)
    }
}

fn is_directory(segment: &str) -> bool {
    types::all().iter().any(|known| known.directory == segment)
}

/// Whether files in that folder may be parts of a component.
fn has_parts(directory: &str) -> bool {
    matches!(directory, "objects" | "objectTranslations")
}

/// The type of a file in a folder: several types may share it, and are told apart by the ends of their files' names.
fn type_of(directory: &str, below: &str) -> Option<&'static TypeInfo> {
    let plain = below.strip_suffix(META).unwrap_or(below);
    let ends = |known: &&TypeInfo| {
        let suffix = known.suffix.unwrap_or_default();
        !suffix.is_empty() && plain.strip_suffix(suffix).is_some_and(|name| name.ends_with('.'))
    };
    let mut here = types::all().iter().filter(|known| known.directory == directory);
    let by_suffix = here.clone().find(ends);
    by_suffix.or_else(|| {
        here.find(|known| known.is_bundle && below.contains('/') || matches!(known.name, "StaticResource" | "Document"))
    })
}

/// The type of what is in folders of that type: a manifest names the folder as one of these.
fn content_type(folder: &TypeInfo) -> &'static str {
    let content = types::all().iter().find(|known| known.directory == folder.directory && known.in_folder);
    content.map_or("Folder", |known| known.name)
}
