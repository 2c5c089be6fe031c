//! What is different between two sets of files, by what they mean and not by how they are written.
//!
//! An org writes the same component in another order, and with or without what goes without saying, from one retrieve
//! to the next. So of a file of metadata the order of its elements does not matter where they are told apart by a name
//! (fields, permissions, labels), nor do comments, empty elements, and flags that are false unless said. It does matter
//! where it is one: of the values of a picklist, of the columns of a list, of what stands on a layout. What is no file
//! of metadata is compared byte for byte.
//!
//! ```
//! use salesforce_metadata::archive::Archive;
//! use salesforce_metadata::compare::{Change, compare};
//!
//! let file = |inner: &str| format!(r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">{inner}</PermissionSet>"#);
//! let right = |name: &str, on: bool| format!("<userPermissions><enabled>{on}</enabled><name>{name}</name></userPermissions>");
//! let (mut old, mut new) = (Archive::new(), Archive::new());
//! old.add("permissionsets/A.permissionset", file(&(right("ApiEnabled", true) + &right("ViewSetup", true))))?;
//! new.add("permissionsets/A.permissionset", file(&(right("ViewSetup", false) + &right("ApiEnabled", true))))?;
//! let differences = compare(&old, &new);
//! assert_eq!(differences[0].change, Change::Changed(vec!["userPermissions[ViewSetup].enabled".into()]));
//! # Ok::<(), salesforce_metadata::archive::ArchiveError>(())
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::archive::{Archive, EntryPath};
use crate::xml::Element;

/// A file that is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its path.
    pub path: EntryPath,
    /// In which way.
    pub change: Change,
}

/// In which way a file is not the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It holds something else, at these places: `fields[Total__c].length`. There are none for what is no metadata.
    Changed(Vec<String>),
}

/// What tells elements of a list apart, by the name of the list. What is not here is told apart by its `fullName`, or
/// by its place.
const KEYS: [(&str, &str); 26] = [
    ("applicationVisibilities", "application"),
    ("assignments", "name"),
    ("classAccesses", "apexClass"),
    ("customMetadataTypeAccesses", "name"),
    ("customPermissions", "name"),
    ("customSettingAccesses", "name"),
    ("decisions", "name"),
    ("externalCredentialPrincipalAccesses", "externalCredentialPrincipal"),
    ("externalDataSourceAccesses", "externalDataSource"),
    ("fieldPermissions", "field"),
    ("flowAccesses", "flow"),
    ("formulas", "name"),
    ("layoutAssignments", "layout"),
    ("loops", "name"),
    ("objectPermissions", "object"),
    ("pageAccesses", "apexPage"),
    ("recordCreates", "name"),
    ("recordLookups", "name"),
    ("recordTypeVisibilities", "recordType"),
    ("recordUpdates", "name"),
    ("tabSettings", "tab"),
    ("tabVisibilities", "tab"),
    ("types", "name"),
    ("userPermissions", "name"),
    ("values", "field"),
    ("variables", "name"),
];

/// Lists whose order is what they say, although their elements have names.
const IN_ORDER: [&str; 3] = ["customValue", "standardValue", "value"];

/// Lists of texts whose order says nothing.
const SETS: [&str; 7] =
    ["members", "mutingPermissionSets", "permissionSetName", "permissionSets", "profileName", "referenceTo", "scopes"];

/// Flags that are false where they are missing. Of others a missing one may be true, such as that of an active value.
const FALSE_UNLESS_SAID: [&str; 21] = [
    "allowCreate",
    "allowDelete",
    "allowEdit",
    "allowRead",
    "caseSensitive",
    "default",
    "editable",
    "enabled",
    "externalId",
    "hasActivationRequired",
    "modifyAllRecords",
    "personAccountDefault",
    "readable",
    "required",
    "trackFeedHistory",
    "trackHistory",
    "trackTrending",
    "unique",
    "viewAllFields",
    "viewAllRecords",
    "visible",
];

/// Each file that is not the same, in the order of their paths.
#[must_use]
pub fn compare(old: &Archive, new: &Archive) -> Vec<Difference> {
    let of_old = old.files().filter_map(|(path, content)| {
        let change = match new.get(path.as_str()) {
            None => Change::Removed,
            Some(other) => Change::Changed(changes(content, other)?),
        };
        Some(Difference { path: path.clone(), change })
    });
    let added = new.files().filter(|(path, _)| old.get(path.as_str()).is_none());
    let added = added.map(|(path, _)| Difference { path: path.clone(), change: Change::Added });
    let mut differences: Vec<_> = of_old.chain(added).collect();
    differences.sort_by(|a, b| a.path.cmp(&b.path));
    differences
}

/// The places where two files differ; `None` if they mean the same.
fn changes(old: &Bytes, new: &Bytes) -> Option<Vec<String>> {
    if old == new {
        return None;
    }
    match (Element::parse_file(old), Element::parse_file(new)) {
        (Ok(old), Ok(new)) => Some(differences(&old, &new)).filter(|places| !places.is_empty()),
        _ => Some(Vec::new()),
    }
}

/// The places where two components differ by what they mean, as paths from their roots.
///
/// ```
/// use salesforce_metadata::compare::differences;
/// use salesforce_metadata::xml::Element;
///
/// let old = Element::new("CustomField").with("label", "A").with("required", "false");
/// let new = Element::new("CustomField").with("label", "B");
/// assert_eq!(differences(&old, &new), ["label"]);
/// ```
#[must_use]
pub fn differences(old: &Element<'_>, new: &Element<'_>) -> Vec<String> {
    let mut places = Vec::new();
    if old.name() != new.name() {
        places.push(new.name().to_owned());
    }
    inside("", old, new, &mut places);
    places
}

fn inside(path: &str, old: &Element<'_>, new: &Element<'_>, places: &mut Vec<String>) {
    let here =
        |places: &mut Vec<String>| places.push(if path.is_empty() { "the text".to_owned() } else { path.to_owned() });
    let (olds, news) = (groups(old), groups(new));
    let local =
        |element: &Element<'_>| element.attribute("type").and_then(|name| name.rsplit(':').next()).map(str::to_owned);
    let is_other = old.is_nil() != new.is_nil()
        || local(old) != local(new)
        || olds.is_empty() && news.is_empty() && old.text() != new.text();
    if is_other {
        return here(places);
    }
    for name in olds.keys().chain(news.keys()).collect::<BTreeSet<_>>() {
        let place = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
        let none = Vec::new();
        list(&place, name, olds.get(name).unwrap_or(&none), news.get(name).unwrap_or(&none), places);
    }
}

fn list(place: &str, name: &str, olds: &[&Element<'_>], news: &[&Element<'_>], places: &mut Vec<String>) {
    if let (Some(olds), Some(news)) = (by_key(name, olds), by_key(name, news)) {
        for key in olds.keys().chain(news.keys()).collect::<BTreeSet<_>>() {
            let place = format!("{place}[{key}]");
            match (olds.get(key), news.get(key)) {
                (Some(old), Some(new)) => inside(&place, old, new, places),
                _ => places.push(place),
            }
        }
        return;
    }
    if SETS.contains(&name) {
        let texts = |elements: &[&Element<'_>]| {
            elements.iter().map(|element| element.text().into_owned()).collect::<BTreeSet<_>>()
        };
        if texts(olds) != texts(news) {
            places.push(place.to_owned());
        }
        return;
    }
    match (olds, news) {
        ([old], [new]) => inside(place, old, new, places),
        _ if olds.len() != news.len() => places.push(place.to_owned()),
        _ => {
            let pairs = olds.iter().zip(news).enumerate();
            pairs.for_each(|(index, (old, new))| inside(&format!("{place}[{index}]"), old, new, places));
        }
    }
}

/// The elements of a list by what tells them apart, if something does.
fn by_key<'e, 'a>(name: &str, elements: &[&'e Element<'a>]) -> Option<BTreeMap<Cow<'e, str>, &'e Element<'a>>> {
    if IN_ORDER.contains(&name) {
        return None;
    }
    let key = KEYS.iter().find(|(list, _)| *list == name).map_or("fullName", |(_, key)| key);
    let mut keyed = BTreeMap::new();
    for element in elements {
        // Two of the same key are told apart by their places.
        if keyed.insert(element.value(key)?, *element).is_some() {
            return None;
        }
    }
    Some(keyed)
}

/// The children that say something, by their names.
fn groups<'e, 'a>(element: &'e Element<'a>) -> BTreeMap<&'e str, Vec<&'e Element<'a>>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for child in element.elements() {
        let goes_without_saying = child.elements().next().is_none()
            && !child.is_nil()
            && match &*child.text() {
                "" => true,
                "false" => FALSE_UNLESS_SAID.contains(&child.name()),
                _ => false,
            };
        if !goes_without_saying {
            groups.entry(child.name()).or_default().push(child);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> Vec<String> {
        let root = |inner: &str| format!("<x>{inner}</x>");
        let (old, new) = (root(old), root(new));
        differences(&Element::parse(old.as_bytes()).unwrap(), &Element::parse(new.as_bytes()).unwrap())
    }

    fn field(name: &str, length: u32) -> String {
        format!("<fields><fullName>{name}</fullName><length>{length}</length></fields>")
    }

    #[test]
    fn b11_04_order_comments_and_what_goes_without_saying_are_no_difference() {
        assert!(diff(&(field("A", 1) + &field("B", 2)), &(field("B", 2) + "<!-- c -->" + &field("A", 1))).is_empty());
        assert!(
            diff("<label>a</label><b>1</b>", "<b>1</b><description/><required>false</required><label>a</label>")
                .is_empty()
        );
        let sets = |a, b| format!("<permissionSets>{a}</permissionSets><permissionSets>{b}</permissionSets>");
        assert!(diff(&sets("A", "B"), &sets("B", "A")).is_empty());
    }

    #[test]
    fn b11_04_what_is_another_is_found_at_its_place() {
        assert_eq!(
            diff(&(field("A", 1) + &field("B", 2)), &(field("B", 3) + &field("C", 1))),
            ["fields[A]", "fields[B].length", "fields[C]"]
        );
        assert_eq!(diff("<a><b><c>1</c></b></a>", "<a><b><c>2</c></b></a>"), ["a.b.c"]);
        assert_eq!(diff("<a>1</a>", "<a>1</a><a>2</a>"), ["a"]);
        assert_eq!(diff("<a/>", r#"<a xsi:nil="true"/>"#), ["a"]);
        assert_eq!(diff(r#"<v xsi:type="xsd:string">1</v>"#, r#"<v xsi:type="x:double">1</v>"#), ["v"]);
    }

    #[test]
    fn an_order_that_says_something_is_a_difference() {
        let value = |name: &str| format!("<value><fullName>{name}</fullName></value>");
        assert!(!diff(&(value("A") + &value("B")), &(value("B") + &value("A"))).is_empty());
        assert_eq!(
            diff("<columns>A</columns><columns>B</columns>", "<columns>B</columns><columns>A</columns>"),
            ["columns[0]", "columns[1]"]
        );
    }

    #[test]
    fn a_flag_that_may_be_true_when_it_is_missing_is_a_difference() {
        assert_eq!(diff("<isActive>false</isActive>", ""), ["isActive"]);
        assert_eq!(diff("<required>true</required>", ""), ["required"]);
    }

    #[test]
    fn elements_of_one_key_are_all_looked_at() {
        let two = field("A", 1) + &field("A", 2);
        assert_eq!(diff(&two, &(field("A", 1) + &field("A", 3))), ["fields[1].length"]);
        let lists = |a: &str| format!("<recordTypeVisibilities><visible>{a}</visible></recordTypeVisibilities>");
        assert_eq!(diff(&lists("true"), &lists("false")), ["recordTypeVisibilities.visible"]);
    }

    #[test]
    fn files_are_added_removed_and_changed() {
        let archive = |files: &[(&str, &str)]| {
            let mut archive = Archive::new();
            files.iter().for_each(|(path, content)| archive.add(path, content.to_string()).unwrap());
            archive
        };
        let old = archive(&[("a.cls", "1"), ("b.cls", "1"), ("c.cls", "1")]);
        let new = archive(&[("b.cls", "2"), ("c.cls", "1"), ("d.cls", "1")]);
        let found: Vec<_> =
            compare(&old, &new).into_iter().map(|found| (found.path.to_string(), found.change)).collect();
        let expected = [("a.cls", Change::Removed), ("b.cls", Change::Changed(Vec::new())), ("d.cls", Change::Added)];
        assert_eq!(found, expected.map(|(path, change)| (path.to_owned(), change)));
    }
}
