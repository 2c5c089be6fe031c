//! The source format of projects and the metadata format of deploys, from one to the other.
//!
//! In the metadata format an object is one file with all its fields, rules and views; in the source format each of
//! these is a file of its own, in folders below the object's. The translation of an object is taken apart in the same
//! way. Other files are the same in both, but for the end of their names: `.permissionset` there is
//! `.permissionset-meta.xml` here.
//!
//! ```
//! use salesforce_metadata::archive::Archive;
//! use salesforce_metadata::source;
//!
//! let file = |root: &str, inner: &str| format!(r#"<{root} xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</{root}>"#);
//! let mut project = Archive::new();
//! project.add("main/default/objects/A__c/A__c.object-meta.xml", file("CustomObject", "<label>A</label>"))?;
//! project.add("main/default/objects/A__c/fields/B__c.field-meta.xml", file("CustomField", "<fullName>B__c</fullName>"))?;
//! project.add("main/default/README.md", "…")?;
//!
//! let converted = source::to_metadata(&project)?;
//! assert!(converted.archive.get("objects/A__c.object").is_some());
//! assert!(converted.manifest.contains("CustomObject", "A__c"));
//! assert_eq!(converted.left_out[0].path.file_name(), "README.md");
//! let back = source::from_metadata(&converted.archive)?;
//! assert!(back.archive.get("objects/A__c/fields/B__c.field-meta.xml").is_some());
//! # Ok::<(), source::SourceError>(())
//! ```
//!
//! What has no place in the other format is left out and named: nothing gets lost unsaid.

mod decompose;
mod place;

use std::collections::BTreeMap;
use std::fmt;

use self::decompose::Whole;
use self::place::Place;
use crate::Manifest;
use crate::archive::{Archive, ArchiveError, DESTRUCTIVE, EntryPath, MANIFEST};
use crate::xml::{Element, XmlError};

/// Files in the other format.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Converted {
    /// The files; in the metadata format without a manifest among them, which is [`manifest`](Self::manifest).
    pub archive: Archive,
    /// The components that the files are of, without a version.
    pub manifest: Manifest,
    /// Files that have no place in the other format, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A file that has no place in the other format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The file.
    pub path: EntryPath,
    /// Why.
    pub reason: &'static str,
}

/// A file that cannot be converted.
#[derive(Clone, Debug)]
pub enum SourceError {
    /// It has to be taken apart or put together, and is no metadata.
    Xml {
        /// The file.
        path: EntryPath,
        /// What is wrong with it.
        error: XmlError,
    },
    /// Two files become one, or a name is no path.
    Archive(ArchiveError),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xml { path, error } => write!(f, "`{path}` cannot be converted: {error}"),
            Self::Archive(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Xml { error, .. } => Some(error),
            Self::Archive(error) => error.source(),
        }
    }
}

impl From<ArchiveError> for SourceError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

/// A project in source format as files to deploy. Folders in front of those of the types (`main/default/`) are dropped.
///
/// # Errors
/// A part of an object is no metadata; two files become one.
pub fn to_metadata(project: &Archive) -> Result<Converted, SourceError> {
    let mut converted = Converted::new();
    let mut wholes: BTreeMap<EntryPath, Whole> = BTreeMap::new();
    for (path, content) in project.files() {
        let place = match Place::of(path) {
            Ok(place) => place,
            Err(reason) => {
                converted.leave_out(path, reason);
                continue;
            }
        };
        if let Some((whole, part)) = decompose::part_of(&place) {
            let broken = |error| SourceError::Xml { path: path.clone(), error };
            let element = Element::parse_file(content).map_err(broken)?.into_owned();
            wholes
                .entry(EntryPath::new(&whole)?)
                .or_insert_with(|| Whole::new(&place))
                .add(part, element)
                .map_err(broken)?;
            continue;
        }
        match place.in_metadata(project) {
            Ok((name, component)) => {
                converted.archive.add(&name, content.clone())?;
                converted.add(component);
            }
            Err(reason) => converted.leave_out(path, reason),
        }
    }
    for (path, whole) in wholes {
        converted.add(Place::of(&path).ok().and_then(|place| place.component()));
        converted.archive.add(path.as_str(), whole.to_file())?;
    }
    Ok(converted)
}

/// Files of a retrieve as a project in source format.
///
/// # Errors
/// An object is no metadata; two files become one.
pub fn from_metadata(files: &Archive) -> Result<Converted, SourceError> {
    let mut converted = Converted::new();
    for (path, content) in files.files() {
        if path.as_str() == MANIFEST || DESTRUCTIVE.contains(&path.as_str()) {
            converted.leave_out(path, "a manifest belongs to a deploy, not to a project");
            continue;
        }
        let place = match Place::of(path) {
            Ok(place) => place,
            Err(reason) => {
                converted.leave_out(path, reason);
                continue;
            }
        };
        converted.add(place.component());
        if !decompose::is_whole(&place) {
            converted.archive.add(&place.in_source(), content.clone())?;
            continue;
        }
        let broken = |error| SourceError::Xml { path: path.clone(), error };
        let whole = Element::parse_file(content).map_err(broken)?.into_owned();
        for (name, text) in decompose::take_apart(&place, whole).map_err(broken)? {
            converted.archive.add(&name, text)?;
        }
    }
    Ok(converted)
}

impl Converted {
    fn new() -> Self {
        Self { archive: Archive::new(), manifest: Manifest::default(), left_out: Vec::new() }
    }

    fn leave_out(&mut self, path: &EntryPath, reason: &'static str) {
        self.left_out.push(LeftOut { path: path.clone(), reason });
    }

    fn add(&mut self, component: Option<place::Component>) {
        if let Some((of, name)) = component {
            self.manifest.add(of, name);
        }
    }
}

#[cfg(test)]
mod tests;
