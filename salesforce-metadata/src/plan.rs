//! A backup of all metadata of an org, planned: which components there are, in retrieves that an org takes.
//!
//! ```no_run
//! # async fn run(client: salesforce_metadata::Client) -> salesforce_metadata::Result<()> {
//! use salesforce_metadata::plan::BackupPlan;
//!
//! let inventory = client.inventory().await?;
//! let plan = BackupPlan::of(&inventory, client.api_version());
//! for (number, slice) in plan.slices.iter().enumerate() {
//!     client.retrieve(&slice.manifest).to_file(format!("org-{number}.zip")).await?;
//! }
//! for left in &plan.left_out {
//!     println!("not in the backup: {} {}: {}", left.of, left.name, left.reason);
//! }
//! # Ok(()) }
//! ```
//!
//! A retrieve that is too large after all fails with the kind [`Limit`](crate::ErrorKind::Limit); [`Slice::halves`] are
//! then retrieved instead.

use std::collections::{BTreeMap, BTreeSet};

use salesforce_http::{Error, Result};
use salesforce_types::ApiVersion;

use crate::types::{self, STANDARD_VALUE_SETS};
use crate::{Client, Describe, FileProperties, ListQuery, Manifest};

/// How many files one retrieve is planned for; an org gives 10,000, and the number of a component's files is a guess.
const FILES: usize = 8_000;

/// The types whose components may be large: they are retrieved by themselves, few at a time.
const HEAVY: [&str; 8] = [
    "Certificate",
    "ContentAsset",
    "DigitalExperienceBundle",
    "Document",
    "EclairGeoData",
    "ExperienceBundle",
    "StaticResource",
    "WaveTemplateBundle",
];

/// How many files of these one retrieve is planned for.
const HEAVY_FILES: usize = 500;

/// What a profile says something of. It says it only in a retrieve that has both.
const OF_PROFILES: [&str; 12] = [
    "ApexClass",
    "ApexPage",
    "CustomApplication",
    "CustomMetadata",
    "CustomObject",
    "CustomPermission",
    "CustomTab",
    "DataCategoryGroup",
    "ExternalDataSource",
    "Flow",
    "Layout",
    "NamedCredential",
];

/// The types of which a managed package shows no content.
const HIDDEN: [&str; 7] = [
    "ApexClass",
    "ApexComponent",
    "ApexPage",
    "ApexTrigger",
    "AuraDefinitionBundle",
    "LightningComponentBundle",
    "StaticResource",
];

/// The folder of what is in none, which no list of folders has.
const UNFILED: &str = "unfiled$public";

/// What an org has.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// The types.
    pub describe: Describe,
    /// The components, those in folders and the folders themselves among them.
    pub components: Vec<FileProperties>,
    /// The lists that the org refused.
    pub refused: Vec<(ListQuery, Error)>,
}

/// The retrieves that a backup is made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BackupPlan {
    /// The retrieves. Each component is in one of them, but profiles are in each that has something they speak of: put
    /// what is in them together.
    pub slices: Vec<Slice>,
    /// What is in none of them.
    pub left_out: Vec<LeftOut>,
}

/// One retrieve of a plan.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Slice {
    /// What is retrieved.
    pub manifest: Manifest,
    /// How many files that is, as a guess.
    pub files: usize,
}

/// What a plan does not retrieve.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The type.
    pub of: String,
    /// The component, or the folder; empty when it is about the whole type.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl Client {
    /// Lists all components of the org: every type of its describe, and what is in folders.
    ///
    /// # Errors
    /// A call failed. A type that cannot be listed is none: it is in [`Inventory::refused`].
    pub async fn inventory(&self) -> Result<Inventory> {
        let describe = self.describe().await?;
        let names = || describe.types.iter().map(|described| &*described.name);
        let is_in_folders = |name: &str| describe.find(name).is_some_and(|described| described.in_folder);
        let plain = names().filter(|name| !is_in_folders(name)).map(ListQuery::of);
        let folders = names().filter(|name| is_in_folders(name)).filter_map(types::folder_type).map(ListQuery::of);
        let lightning = is_in_folders("EmailTemplate").then(|| ListQuery::of("EmailTemplateFolder"));
        let mut listing = self.list(plain.chain(folders).chain(lightning)).await?;

        let of_folder = |row: &FileProperties| {
            let of = content_of(&row.r#type)?;
            Some(ListQuery::in_folder(of, row.full_name.clone()))
        };
        let unfiled = ["EmailTemplate", "Report"].into_iter().filter(|name| is_in_folders(name));
        let unfiled = unfiled.map(|name| ListQuery::in_folder(name, UNFILED));
        let contents: Vec<_> = listing.components.iter().filter_map(of_folder).chain(unfiled).collect();
        let contents = self.list(contents).await?;
        listing.components.extend(contents.components);
        listing.refused.extend(contents.refused);
        Ok(Inventory { describe, components: listing.components, refused: listing.refused })
    }
}

/// What is in folders of that type.
fn content_of(folder_type: &str) -> Option<&'static str> {
    match folder_type {
        "DashboardFolder" => Some("Dashboard"),
        "DocumentFolder" => Some("Document"),
        "EmailFolder" | "EmailTemplateFolder" => Some("EmailTemplate"),
        "ReportFolder" => Some("Report"),
        _ => None,
    }
}

impl BackupPlan {
    /// Plans a backup of all that was listed. The same inventory gives the same plan.
    #[must_use]
    pub fn of(inventory: &Inventory, version: ApiVersion) -> Self {
        let (members, left_out) = members(inventory);
        let profiles = members.get("Profile").cloned().unwrap_or_default();
        let profile_files = profiles.len() * files_of(&inventory.describe, "Profile");
        let mut slices = Vec::new();
        let with_profiles: Vec<_> = OF_PROFILES.into_iter().filter(|of| members.contains_key(*of)).collect();
        let alone = |of: &&str| HEAVY.contains(of);
        let others: Vec<_> =
            members.keys().map(|of| &**of).filter(|of| !OF_PROFILES.contains(of) && *of != "Profile").collect();
        let (heavy, light): (Vec<_>, Vec<_>) = others.into_iter().partition(alone);

        let room = FILES.saturating_sub(profile_files).max(FILES / 2);
        pack(inventory, &members, &with_profiles, room, version, &mut slices);
        if slices.is_empty() && !profiles.is_empty() {
            slices.push(Slice { manifest: Manifest::new(version), files: 0 });
        }
        for slice in &mut slices {
            for profile in &profiles {
                slice.manifest.add("Profile", profile.clone());
            }
            slice.files += profile_files;
        }
        pack(inventory, &members, &light, FILES, version, &mut slices);
        for of in heavy {
            pack(inventory, &members, &[of], HEAVY_FILES, version, &mut slices);
        }
        Self { slices, left_out }
    }
}

impl Slice {
    /// The same in two, for a retrieve that was too large; `None` for one that has nothing to be divided. Profiles are
    /// in both.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        let (profiles, rest): (Vec<_>, Vec<_>) = self.manifest.components().partition(|(of, _)| *of == "Profile");
        let (both, parts) = if rest.len() > 1 { (profiles, rest) } else { (rest, profiles) };
        if parts.len() < 2 {
            return None;
        }
        let (first, second) = parts.split_at(parts.len() / 2);
        let half = |part: &[(&str, &str)]| {
            let mut manifest = self.manifest.version.map_or_else(Manifest::default, Manifest::new);
            for (of, name) in part.iter().chain(&both) {
                manifest.add(of, *name);
            }
            Self { files: self.files * manifest.len() / self.manifest.len().max(1), manifest }
        };
        Some([half(first), half(second)])
    }
}

/// What is retrieved, by types, and what is not.
fn members(inventory: &Inventory) -> (BTreeMap<String, BTreeSet<String>>, Vec<LeftOut>) {
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut left_out = Vec::new();
    let has = |name: &str| inventory.describe.find(name).is_some();
    for row in &inventory.components {
        // A manifest names a folder as one of what is in it.
        let of = content_of(&row.r#type).unwrap_or(&row.r#type);
        let package = row.namespace_prefix.as_deref().filter(|_| row.is_installed() && HIDDEN.contains(&of));
        match package {
            Some(package) => left_out.push(LeftOut {
                of: of.to_owned(),
                name: row.full_name.clone(),
                reason: format!("it is part of the managed package `{package}`, which does not show it"),
            }),
            None if of == "Settings" => {}
            None => {
                members.entry(of.to_owned()).or_default().insert(row.full_name.clone());
            }
        }
    }
    if has("StandardValueSet") {
        let known = STANDARD_VALUE_SETS.iter().map(|name| (*name).to_owned());
        members.entry("StandardValueSet".to_owned()).or_default().extend(known);
    }
    for (of, name) in [("Settings", "*"), ("CustomLabels", "CustomLabels")] {
        if has(of) {
            members.entry(of.to_owned()).or_default().insert(name.to_owned());
        }
    }
    for (query, error) in &inventory.refused {
        let name = query.folder().unwrap_or_default().to_owned();
        left_out.push(LeftOut {
            of: query.type_name().to_owned(),
            name,
            reason: format!("it cannot be listed: {error}"),
        });
    }
    (members, left_out)
}

/// Adds slices of these types, each with at most so many files.
fn pack(
    inventory: &Inventory,
    members: &BTreeMap<String, BTreeSet<String>>,
    types: &[&str],
    room: usize,
    version: ApiVersion,
    slices: &mut Vec<Slice>,
) {
    let mut slice = Slice { manifest: Manifest::new(version), files: 0 };
    for of in types {
        for name in members.get(*of).into_iter().flatten() {
            let files = match *of {
                "Settings" => types::SETTINGS.len(),
                of => files_of(&inventory.describe, of),
            };
            if slice.files + files > room && slice.files > 0 {
                let full = std::mem::replace(&mut slice, Slice { manifest: Manifest::new(version), files: 0 });
                slices.push(full);
            }
            slice.manifest.add(of, name.clone());
            slice.files += files;
        }
    }
    if slice.files > 0 {
        slices.push(slice);
    }
}

/// How many files a component of a type has, as a guess.
fn files_of(describe: &Describe, of: &str) -> usize {
    if types::find(of).is_some_and(|known| known.is_bundle) {
        return 6;
    }
    match describe.find(of) {
        Some(described) if described.has_meta_file => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::ManageableState;
    use crate::{DescribedType, IdText};

    fn described(name: &str, has_meta_file: bool) -> DescribedType {
        DescribedType { name: name.into(), has_meta_file, ..DescribedType::default() }
    }

    fn row(of: &str, name: String) -> FileProperties {
        FileProperties { r#type: of.into(), full_name: name, id: Some(IdText::from("")), ..FileProperties::default() }
    }

    fn inventory(counts: &[(&str, usize)]) -> Inventory {
        let describe =
            Describe { types: counts.iter().map(|(of, _)| described(of, false)).collect(), ..Describe::default() };
        let rows = counts.iter().flat_map(|(of, count)| (0..*count).map(move |n| row(of, format!("{of}{n}"))));
        Inventory { describe, components: rows.collect(), refused: Vec::new() }
    }

    fn plan(inventory: &Inventory) -> BackupPlan {
        BackupPlan::of(inventory, ApiVersion::V66)
    }

    #[test]
    fn b11_02_all_components_are_in_slices_below_the_limit_and_each_once() {
        let inventory = inventory(&[("CustomTab", 3_000), ("Queue", 9_000), ("Role", 11_000)]);
        let plan = plan(&inventory);
        assert_eq!(plan.slices.len(), 4, "the first holds what profiles speak of");
        assert!(plan.slices.iter().all(|slice| slice.files <= FILES && slice.files == slice.manifest.len()));
        let all: BTreeSet<_> = plan.slices.iter().flat_map(|slice| slice.manifest.components()).collect();
        assert_eq!(all.len(), 23_000);
        assert_eq!(plan.slices.iter().map(|slice| slice.manifest.len()).sum::<usize>(), 23_000);
    }

    #[test]
    fn b11_03_profiles_are_with_all_that_they_speak_of() {
        let plan = plan(&inventory(&[("CustomObject", 9_000), ("Profile", 50), ("PermissionSet", 10), ("Queue", 5)]));
        let has = |slice: &&Slice, of: &str| slice.manifest.types().any(|(name, _)| name == of);
        let objects: Vec<_> = plan.slices.iter().filter(|slice| has(slice, "CustomObject")).collect();
        assert_eq!(objects.len(), 2);
        assert!(objects.iter().all(|slice| slice.manifest.contains("Profile", "Profile49") && slice.files <= FILES));
        assert_eq!(plan.slices.iter().filter(|slice| has(slice, "Profile")).count(), 2);
        assert!(plan.slices.iter().any(|slice| has(&slice, "Queue") && !has(&slice, "Profile")));
        let alone = super::tests::plan(&inventory(&[("Profile", 2)]));
        assert!(alone.slices[0].manifest.contains("Profile", "Profile1"));
    }

    #[test]
    fn what_no_list_has_is_named_and_what_is_not_shown_is_left_out() {
        let mut inventory =
            inventory(&[("StandardValueSet", 0), ("Settings", 3), ("CustomLabels", 0), ("ApexClass", 1)]);
        let managed = FileProperties {
            namespace_prefix: Some("acme".into()),
            manageable_state: Some(ManageableState::installed),
            ..row("ApexClass", "acme__Secret".into())
        };
        inventory.components.push(managed);
        inventory.components.push(row("ReportFolder", "Sales".into()));
        inventory.components.push(row("Report", "Sales/Pipe".into()));
        let error = Error::new(salesforce_http::ErrorKind::Invalid, "no such type");
        inventory.refused.push((ListQuery::in_folder("Dashboard", "Mine"), error));
        let plan = plan(&inventory);
        let has = |of, name| plan.slices.iter().any(|slice| slice.manifest.contains(of, name));
        assert!(has("StandardValueSet", "Industry") && has("Settings", "*") && has("CustomLabels", "CustomLabels"));
        assert!(has("ApexClass", "ApexClass0") && has("Report", "Sales") && has("Report", "Sales/Pipe"));
        assert!(!has("ApexClass", "acme__Secret") && !has("Settings", "Settings0"));
        let left: Vec<_> = plan.left_out.iter().map(|left| (&*left.of, &*left.name)).collect();
        assert_eq!(left, [("ApexClass", "acme__Secret"), ("Dashboard", "Mine")]);
    }

    #[test]
    fn large_ones_are_by_themselves() {
        let plan = plan(&inventory(&[("StaticResource", 1_200), ("Queue", 1)]));
        let slices: Vec<_> = plan.slices.iter().map(|slice| slice.manifest.len()).collect();
        assert_eq!(slices, [1, 500, 500, 200]);
    }

    #[test]
    fn a_slice_is_halved_until_nothing_is_left_to_divide() {
        let plan = plan(&inventory(&[("CustomTab", 5), ("Profile", 2)]));
        let [first, second] = plan.slices[0].halves().unwrap();
        assert_eq!((first.manifest.len(), second.manifest.len()), (4, 5));
        let all: BTreeSet<_> = first.manifest.components().chain(second.manifest.components()).collect();
        assert_eq!(all.len(), 7);
        let one = first.halves().unwrap()[0].clone();
        let [profile, _] = one.halves().unwrap();
        assert!(profile.halves().is_none(), "{profile:?}");
    }
}
