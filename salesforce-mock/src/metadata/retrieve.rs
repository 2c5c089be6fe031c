//! Retrieves: what is asked for, gathered into a zip.

use std::collections::BTreeMap;
use std::sync::Arc;

use salesforce_types::{RecordId, Timestamp};

use super::archive::{self, Files};
use super::check::GRANTS;
use super::component::{Component, document, whole};
use super::kind::Kind;
use super::manifest::{Manifest, Wanted};
use super::place;
use super::{Metadata, Problem};
use crate::xml::Element;

/// One retrieve.
#[derive(Debug)]
pub(crate) struct Retrieve {
    pub(crate) id: RecordId,
    pub(crate) made: Timestamp,
    pub(crate) asked: Asked,
    /// What came of it; nothing before it is done.
    pub(crate) found: Option<Result<Found, Problem>>,
}

/// What a retrieve asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) unpackaged: Option<Manifest>,
    pub(crate) packages: Vec<String>,
    pub(crate) single: bool,
    pub(crate) version: String,
}

impl Asked {
    /// Where the manifest lies in the zip.
    pub(crate) fn manifest_path(&self) -> String {
        let root = match (self.single, &self.unpackaged, self.packages.first()) {
            (true, ..) => return "package.xml".into(),
            (false, None, Some(package)) => package,
            _ => "unpackaged",
        };
        format!("{root}/package.xml")
    }
}

/// What a retrieve found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The zip, until it was fetched.
    pub(crate) zip: Option<Vec<u8>>,
    pub(crate) files: Vec<FileOf>,
    pub(crate) messages: Vec<String>,
}

/// A file of the zip that is not only the element of another one.
#[derive(Debug)]
pub(crate) struct FileOf {
    pub(crate) path: String,
    pub(crate) kind: &'static Kind,
    pub(crate) name: String,
    pub(crate) component: Arc<Component>,
}

/// Gathers what is asked for.
pub(crate) fn gather(metadata: &Metadata, asked: &Asked) -> Result<Found, Problem> {
    let mut found = Found::default();
    let mut files = Files::new();
    for package in &asked.packages {
        let manifest = metadata.packages.manifest(package, &metadata.components).ok_or_else(|| {
            Problem::new("INVALID_CROSS_REFERENCE_KEY", format!("No package named '{package}' found"))
        })?;
        let root = if asked.single { String::new() } else { format!("{package}/") };
        gather_one(metadata, &manifest, &asked.version, &root, &mut files, &mut found)?;
    }
    if let Some(manifest) = &asked.unpackaged {
        let root = if asked.single { "" } else { "unpackaged/" };
        gather_one(metadata, manifest, &asked.version, root, &mut files, &mut found)?;
    }
    if files.len() > metadata.most_files {
        let text = format!("Too many files in retrieve call, limit is: {}", metadata.most_files);
        return Err(Problem::new("LIMIT_EXCEEDED", text));
    }
    let zip = archive::write(&files);
    if zip.len() > metadata.most_zip {
        let text = format!("The zip of the retrieve call is larger than {} bytes", metadata.most_zip);
        return Err(Problem::new("LIMIT_EXCEEDED", text));
    }
    found.zip = Some(zip);
    Ok(found)
}

fn gather_one(
    metadata: &Metadata,
    manifest: &Manifest,
    version: &str,
    root: &str,
    files: &mut Files,
    found: &mut Found,
) -> Result<(), Problem> {
    let components = &metadata.components;
    let mut wanted: BTreeMap<(&'static str, String), Wanted> = BTreeMap::new();
    let mut listed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (type_name, members) in &manifest.types {
        let Some(kind) = Kind::named(type_name) else {
            found.messages.push(format!("Entity type: '{type_name}' is unknown"));
            continue;
        };
        for member in members {
            let names = named(metadata, kind, member);
            if names.is_empty() && !(member == "*" && kind.wildcard) {
                found.messages.push(format!("Entity of type '{type_name}' named '{member}' cannot be found"));
            }
            for (kind, name) in names {
                let of = wanted.entry((kind.file_kind().name, kind.file_name(&name).to_owned())).or_default();
                match kind.parent {
                    None => of.all = true,
                    Some(_) => drop(of.parts.insert((kind.name, name.clone()))),
                }
                let list = listed.entry(type_name).or_default();
                if !list.contains(&name) {
                    list.push(name);
                }
            }
        }
    }
    for ((kind, name), want) in &wanted {
        let Some(kind) = Kind::named(kind) else { continue };
        let own = components.get(kind, name);
        let component = own.cloned().unwrap_or_default();
        for (path, content) in &component.files {
            files.insert(format!("{root}{path}"), content.clone());
        }
        if !kind.is_bundle {
            let take = |part: &Kind, full: &str| want.all || want.parts.contains(&(part.name, full.to_owned()));
            let Some(mut body) = whole(components, kind, name, take) else { continue };
            if !want.all {
                // Only the parts are asked for.
                body.children.retain(|child| kind.child(&child.name).is_some());
            }
            if kind.name == "Profile" {
                body.children.retain(|child| is_about(child, &wanted));
            }
            files.insert(format!("{root}{}", place::element(kind, name)), document(&body).into());
        }
        let file = |path: &str| FileOf {
            path: format!("{root}{path}"),
            kind,
            name: name.clone(),
            component: Arc::clone(&component),
        };
        match component.files.is_empty() || !kind.is_bundle {
            true => found.files.push(file(&place::listed(kind, name))),
            false => found.files.extend(component.files.keys().map(|path| file(path))),
        }
    }
    listed.values_mut().for_each(|members| members.sort());
    let version = manifest.version.as_deref().unwrap_or(version);
    files.insert(format!("{root}package.xml"), Manifest::text(&listed, version).into());
    Ok(())
}

/// The components that a member of a manifest means.
fn named(metadata: &Metadata, kind: &'static Kind, member: &str) -> Vec<(&'static Kind, String)> {
    let components = &metadata.components;
    if member == "*" {
        if !kind.wildcard {
            return Vec::new();
        }
        // Managed components and standard objects have to be named.
        let is_meant = |name: &str, component: &Component| {
            component.namespace.is_none() && (kind.name != "CustomObject" || name.contains("__"))
        };
        let found = components.of(kind).filter(|(name, component)| is_meant(name, component));
        return found.map(|(name, _)| (kind, name.to_owned())).collect();
    }
    // A folder is a member of the type of what lies in it.
    let folders = Kind::in_directory(kind.folder).iter().copied().filter(|other| kind.in_folder && other.is_folder);
    let name = member.trim_end_matches('/');
    let found = std::iter::once(kind)
        .chain(folders)
        .find(|kind| components.get(kind, name).is_some() || kind.parent.is_none() && components.has_file(kind, name));
    found.map(|kind| (kind, name.to_owned())).into_iter().collect()
}

/// Whether an entry of a profile is about something that is asked for, too; other entries are left out.
fn is_about(entry: &Element, wanted: &BTreeMap<(&'static str, String), Wanted>) -> bool {
    let Some((_, key, of)) = GRANTS.iter().find(|(name, ..)| *name == entry.name) else { return true };
    let name = entry.get(key).unwrap_or_default();
    let Some(kind) = Kind::named(of) else { return true };
    let file = wanted.get(&(kind.file_kind().name, kind.file_name(name).to_owned()));
    file.is_some_and(|want| want.all || want.parts.contains(&(kind.name, name.to_owned())))
}
