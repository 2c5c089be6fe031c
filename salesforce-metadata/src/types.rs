//! All types of metadata as a table: where their files are, and what is particular about them.
//!
//! An org's describe says which of them it has; this table says the same of types that no org was asked about, and what
//! a describe does not say: whether a manifest may ask for `*`.
//!
//! ```
//! use salesforce_metadata::types::{self, Wildcard};
//!
//! let object = types::find("CustomObject").unwrap();
//! assert_eq!((object.directory, object.suffix), ("objects", Some("object")));
//! assert!(object.children.contains(&"ValidationRule"));
//! assert_eq!(types::find("Report").unwrap().wildcard, Wildcard::No);
//! assert_eq!(types::parent_of("CustomField").unwrap().name, "CustomObject");
//! ```

use std::sync::LazyLock;

/// What is known of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeInfo {
    /// Its name, as manifests have it.
    pub name: &'static str,
    /// The folder of its files.
    pub directory: &'static str,
    /// How its files end, without the dot; bundles and some others have no ending of their own.
    pub suffix: Option<&'static str>,
    /// Whether its components are in folders, which a list has to name.
    pub in_folder: bool,
    /// Whether it is the type of such folders.
    pub is_folder: bool,
    /// Whether a component is a file of its own content with a `-meta.xml` beside it.
    pub has_meta_file: bool,
    /// Whether a component is a folder of files.
    pub is_bundle: bool,
    /// Whether a manifest may ask for all of it.
    pub wildcard: Wildcard,
    /// Types that are part of its files, and can be named by themselves as `Parent.Child`.
    pub children: Vec<&'static str>,
}

/// Whether `*` stands for all components of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wildcard {
    /// It does, as documented.
    Yes,
    /// It does not, as documented: name the components.
    No,
    /// The documentation does not say.
    Unknown,
}

static TYPES: LazyLock<Vec<TypeInfo>> = LazyLock::new(|| include_str!("types.tsv").lines().filter_map(row).collect());

/// The members that the type `Settings` is known to have, without the word `Settings`.
pub static SETTINGS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("settings.txt").lines().collect());

/// The standard value sets that are known. A list of them is always empty and `*` is no name for them, so whoever wants
/// them has to name them; one that an org does not have is a message of the retrieve, not a failure.
pub static STANDARD_VALUE_SETS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("standard_value_sets.txt").lines().collect());

/// All types, by name.
#[must_use]
pub fn all() -> &'static [TypeInfo] {
    &TYPES
}

/// The type of that name; `None` for one that is not known, and for one that is part of another's files.
#[must_use]
pub fn find(name: &str) -> Option<&'static TypeInfo> {
    let at = TYPES.binary_search_by(|known| known.name.cmp(name)).ok()?;
    TYPES.get(at)
}

/// The type whose files hold components of that type: `CustomObject` for `CustomField`.
#[must_use]
pub fn parent_of(child: &str) -> Option<&'static TypeInfo> {
    // `MatchingRule` has that name as a type of its own as well.
    TYPES.iter().find(|known| known.name != child && known.children.contains(&child))
}

/// The type of the folders that hold components of that type, as it has to be listed: `ReportFolder` for `Report`,
/// `EmailFolder` for `EmailTemplate`.
#[must_use]
pub fn folder_type(name: &str) -> Option<&'static str> {
    match name {
        "EmailTemplate" => Some("EmailFolder"),
        "Report" => Some("ReportFolder"),
        "Dashboard" => Some("DashboardFolder"),
        "Document" => Some("DocumentFolder"),
        _ => None,
    }
}

fn row(line: &'static str) -> Option<TypeInfo> {
    let mut columns = line.split('\t');
    let (name, directory, suffix) = (columns.next()?, columns.next()?, columns.next()?);
    let (flags, wildcard, children) = (columns.next()?, columns.next()?, columns.next()?);
    Some(TypeInfo {
        name,
        directory,
        suffix: Some(suffix).filter(|suffix| !suffix.is_empty()),
        in_folder: flags.contains('F'),
        is_folder: flags.contains('f'),
        has_meta_file: flags.contains('M'),
        is_bundle: flags.contains('B'),
        wildcard: match wildcard {
            "y" => Wildcard::Yes,
            "n" => Wildcard::No,
            _ => Wildcard::Unknown,
        },
        children: children.split(',').filter(|child| !child.is_empty()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_type_and_they_are_sorted() {
        assert_eq!(all().len(), include_str!("types.tsv").lines().count());
        assert!(all().len() > 450 && all().is_sorted_by(|a, b| a.name < b.name));
        assert!(all().iter().all(|known| find(known.name) == Some(known)));
    }

    #[test]
    fn odd_pairs_are_as_they_are() {
        let place = |name| find(name).map(|known| (known.directory, known.suffix.unwrap_or_default())).unwrap();
        assert_eq!(place("ActionPlanTemplate"), ("actionPlanTemplates", "apt"));
        assert_eq!(place("ExtlClntAppGlobalOauthSettings"), ("extlClntAppGlobalOauthSets", "ecaGlblOauth"));
        assert_eq!(place("MatchingRules"), ("matchingRules", "matchingRule"));
        assert_eq!(place("StaticResource"), ("staticresources", "resource"));
        assert!(find("LightningComponentBundle").unwrap().is_bundle && find("Report").unwrap().in_folder);
        assert_eq!((SETTINGS.len(), STANDARD_VALUE_SETS.len()), (181, 142));
    }
}
