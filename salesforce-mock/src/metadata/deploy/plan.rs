use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Message, Options};
use crate::metadata::archive::Files;
use crate::metadata::component::{NAMESPACE, split};
use crate::metadata::manifest::{self, Manifest, Wanted};
use crate::metadata::place::{self, Place, Role};
use crate::metadata::{Kind, Problem};
use crate::xml::Element;

/// When the deletions of a manifest are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenDeleted {
    Before,
    After,
}

impl WhenDeleted {
    pub(super) fn files(self) -> &'static [&'static str] {
        match self {
            Self::Before => &["destructiveChangesPre.xml", "destructiveChanges.xml"],
            Self::After => &["destructiveChangesPost.xml"],
        }
    }
}

/// A component that is to be put.
#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) kind: &'static Kind,
    pub(crate) name: String,
    pub(crate) body: Element,
    pub(crate) files: Files,
    /// Where it stands in the zip.
    pub(crate) path: String,
}

/// The files of one component.
#[derive(Debug, Default)]
struct Group {
    element: Option<(String, Bytes)>,
    content: Files,
}

/// What a package is to do, in the order in which it has to be done.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) ops: Vec<Op>,
    /// What cannot be done.
    pub(super) refused: Vec<Message>,
}

fn refused(kind: &str, name: &str, file: String, problem: String) -> Message {
    Message { kind: kind.to_owned(), name: name.to_owned(), file, problem: Some(problem), ..Message::default() }
}

impl Plan {
    /// What a manifest says is to be done with the files below a root.
    pub(super) fn new(files: &Files, root: &str, manifest: &Manifest, options: &Options) -> Result<Self, Problem> {
        let groups = groups(files, root);
        let mut wanted: BTreeMap<(&'static str, String), Wanted> = BTreeMap::new();
        let mut missing = Vec::new();
        for (type_name, members) in &manifest.types {
            let unknown = || Problem::new("", format!("Unknown type name '{type_name}' specified in package.xml"));
            let kind = Kind::named(type_name).ok_or_else(unknown)?;
            for member in members {
                let file = kind.file_kind();
                if member == "*" {
                    for (_, name) in groups.keys().filter(|(kind, _)| *kind == file.name) {
                        let want = wanted.entry((file.name, name.clone())).or_default();
                        match kind.parent {
                            None => want.all = true,
                            Some(_) => drop(want.parts.insert((kind.name, "*".into()))),
                        }
                    }
                    continue;
                }
                let name = member.trim_end_matches('/');
                let folders = Kind::in_directory(file.folder).iter().filter(|other| file.in_folder && other.is_folder);
                let found = std::iter::once(&file).chain(folders).map(|kind| (kind.name, file.file_name(name)));
                let found = match kind.parent {
                    None => found.map(|(kind, _)| (kind, name.to_owned())).find(|key| groups.contains_key(key)),
                    Some(_) => {
                        Some((file.name, kind.file_name(name).to_owned())).filter(|key| groups.contains_key(key))
                    }
                };
                match found {
                    Some(key) if kind.parent.is_some() => {
                        wanted.entry(key).or_default().parts.insert((kind.name, name.to_owned()));
                    }
                    Some(key) => wanted.entry(key).or_default().all = true,
                    None => missing.push((kind.name, name.to_owned())),
                }
            }
        }
        if options.auto_update {
            groups.keys().for_each(|key| wanted.entry(key.clone()).or_default().all = true);
        }
        let packages = wanted.keys().filter(|(kind, _)| *kind == "InstalledPackage").count();
        if packages > 0 && packages < wanted.len() {
            let text = "InstalledPackage cannot be deployed together with other types".to_owned();
            return Err(Problem::new("", text));
        }
        let mut plan = Self { ops: Vec::new(), refused: Vec::new() };
        for (key, want) in wanted {
            let Some(group) = groups.get(&key) else { continue };
            plan.take(root, &key, group, &want, &mut missing);
        }
        if !options.allow_missing {
            let text = |kind: &str, name: &str| {
                format!(
                    "An object '{name}' of type {kind} was named in package.xml, but was not found in zipped directory"
                )
            };
            let refusals =
                missing.iter().map(|(kind, name)| refused(kind, name, format!("{root}package.xml"), text(kind, name)));
            plan.refused.extend(refusals);
        }
        plan.ops.sort_by_key(|op| rank(op.kind, &op.body));
        Ok(plan)
    }

    fn take(
        &mut self,
        root: &str,
        (kind, name): &(&'static str, String),
        group: &Group,
        want: &Wanted,
        missing: &mut Vec<(&'static str, String)>,
    ) {
        let Some(kind) = Kind::named(kind) else { return };
        let path = format!("{root}{}", place::listed(kind, name));
        let body = match element(kind, name, group) {
            Ok(body) => body,
            Err(problem) => {
                self.refused.push(refused(&kind.element(name), name, path, problem));
                return;
            }
        };
        let mut looked_for: Vec<_> = want.parts.iter().filter(|(_, name)| name != "*").cloned().collect();
        for (place, (part, full, body)) in split(kind, name, body).into_iter().enumerate() {
            let every = want.parts.contains(&(part.name, "*".to_owned()));
            let named = want.parts.contains(&(part.name, full.clone()));
            looked_for.retain(|(kind, name)| (*kind, name) != (part.name, &full));
            if want.all || every || named {
                let files = if place == 0 { group.content.clone() } else { Files::new() };
                self.ops.push(Op { kind: part, name: full, body, files, path: path.clone() });
            }
        }
        missing.extend(looked_for);
    }
}

/// Every component of a package, whatever its manifest says.
pub(crate) fn all_of(files: &Files) -> Result<Vec<Op>, String> {
    let mut plan = Plan { ops: Vec::new(), refused: Vec::new() };
    let want = Wanted { all: true, ..Wanted::default() };
    for (key, group) in groups(files, "") {
        plan.take("", &key, &group, &want, &mut Vec::new());
    }
    if let Some(message) = plan.refused.pop() {
        return Err(format!("{}: {}", message.file, message.problem.unwrap_or_default()));
    }
    plan.ops.sort_by_key(|op| rank(op.kind, &op.body));
    Ok(plan.ops)
}

/// The files below a root, by the components they belong to. What belongs to none is not looked at.
fn groups(files: &Files, root: &str) -> BTreeMap<(&'static str, String), Group> {
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for (path, bytes) in files {
        let Some(path) = path.strip_prefix(root) else { continue };
        let Some(Place { kind, name, role }) = place::of(path) else { continue };
        let group = groups.entry((kind, name)).or_default();
        match role {
            Role::Element => group.element = Some((path.to_owned(), bytes.clone())),
            Role::Content => drop(group.content.insert(path.to_owned(), bytes.clone())),
        }
    }
    groups
}

/// The element of a component.
fn element(kind: &'static Kind, name: &str, group: &Group) -> Result<Element, String> {
    if kind.is_bundle {
        return Ok(Element::new(kind.name, Vec::new()));
    }
    if kind.has_content && group.content.is_empty() {
        return Err(format!("The file {} has no content beside it", place::element(kind, name)));
    }
    let missing = || format!("The file {} is not in the zip", place::element(kind, name));
    let (_, bytes) = group.element.as_ref().ok_or_else(missing)?;
    let wrong = |reason: String| format!("Error parsing file: {reason}");
    let root = manifest::root(bytes).map_err(wrong)?;
    let expected = kind.element(name);
    if root.name != expected {
        let text = format!("Element {{{NAMESPACE}}}{} invalid at this location in type {expected}", root.name);
        return Err(wrong(text));
    }
    let mut seen: Vec<&str> = Vec::new();
    for child in &root.children {
        if seen.contains(&&*child.name) && seen.last() != Some(&&*child.name) {
            return Err(wrong(format!("Element {} is duplicated at this location in type {expected}", child.name)));
        }
        if seen.last() != Some(&&*child.name) {
            seen.push(&child.name);
        }
    }
    Ok(root)
}

/// What has to be there before others can be.
fn rank(kind: &Kind, body: &Element) -> u8 {
    match kind.name {
        "GlobalValueSet" | "StandardValueSet" => 0,
        "CustomObject" => 1,
        "CustomField" => match body.get("type") {
            Some("Summary") => 4,
            _ if body.child("formula").is_some() => 3,
            _ => 2,
        },
        "Profile" | "PermissionSet" => 8,
        "PermissionSetGroup" | "MutingPermissionSet" => 9,
        _ if kind.parent.is_some() => 5,
        _ if kind.is_folder => 5,
        _ => 6,
    }
}
