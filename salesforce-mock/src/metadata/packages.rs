//! Packages: those that there are, and those that are installed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use salesforce_types::{RecordId, Timestamp};

use super::Kind;
use super::archive::Files;
use super::component::Components;
use super::deploy::all_of;
use super::known::known;
use super::manifest::Manifest;
use super::work::{Done, Problem, Work};
use crate::Org;
use crate::ids;
use crate::xml::Element;

/// A version of a managed package, ready to be installed: [`Metadata::publish`](super::Metadata::publish).
///
/// ```
/// use salesforce_mock::{Org, Package};
///
/// let mut org = Org::empty();
/// let package = Package::new("04t000000000001".parse()?, "Acme Connector", "acme", "1.2.0").file(
///     "permissionsets/acme__Backup.permissionset",
///     "<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><label>Backup</label></PermissionSet>",
/// );
/// org.metadata_mut().publish(package);
/// org.install("04t000000000001".parse()?).unwrap();
/// assert_eq!(org.query("SELECT Id FROM PermissionSet WHERE Name = 'acme__Backup'").unwrap().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Package {
    /// The id of the version, `04t…`.
    pub version_id: RecordId,
    /// The name of the package.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its version: `1.2.0`.
    pub version: String,
    /// The key that an installation has to give.
    pub key: Option<String>,
    /// Why every installation fails, if it does.
    pub fails: Option<String>,
    /// How long after an installation its components appear.
    pub late: Duration,
    files: Files,
}

impl Package {
    /// A package without components.
    #[must_use]
    pub fn new(version_id: RecordId, name: &str, namespace: &str, version: &str) -> Self {
        let (name, namespace, version) = (name.to_owned(), namespace.to_owned(), version.to_owned());
        Self { version_id, name, namespace, version, key: None, fails: None, late: Duration::ZERO, files: Files::new() }
    }

    /// Adds a file in metadata format; names begin with the namespace.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Bytes>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// The id of the package, `033…`: all versions of a namespace have the same.
    pub(crate) fn package_id(&self) -> RecordId {
        let number = self.namespace.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        ids::id("033".parse().expect("the prefix of packages"), number % 1_000_000)
    }
}

/// A package that is installed.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) package: Arc<Package>,
    pub(crate) id: RecordId,
    pub(crate) at: Timestamp,
    /// When its components appear; nothing once they have.
    appears: Option<Timestamp>,
}

/// A request to install or to uninstall.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: RecordId,
    pub(crate) version_id: RecordId,
    pub(crate) uninstalls: bool,
    pub(crate) security: String,
    pub(crate) made: Timestamp,
    /// How it ended.
    pub(crate) outcome: Option<Result<(), String>>,
}

/// All packages that an org knows of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packages {
    catalogue: Vec<Arc<Package>>,
    pub(crate) installed: Vec<Installed>,
    pub(crate) requests: Vec<Request>,
    made: u64,
}

impl Packages {
    pub(crate) fn publish(&mut self, package: Package) {
        self.catalogue.retain(|known| known.version_id != package.version_id);
        self.catalogue.push(Arc::new(package));
    }

    /// Every version that there is.
    pub(crate) fn all(&self) -> &[Arc<Package>] {
        &self.catalogue
    }

    pub(crate) fn version(&self, id: RecordId) -> Option<&Arc<Package>> {
        self.catalogue.iter().find(|package| package.version_id == id)
    }

    /// What an installed package brought, as a manifest; nothing when there is no package of that name.
    pub(crate) fn manifest(&self, name: &str, components: &Components) -> Option<Manifest> {
        let is = |package: &Package| package.name == name || package.namespace == name;
        let namespace = &self.installed.iter().find(|installed| is(&installed.package))?.package.namespace;
        let kinds = Kind::all().filter(|kind| kind.name != "InstalledPackage").map(|kind| {
            let own = components.of(kind).filter(|(_, component)| component.namespace.as_deref() == Some(&**namespace));
            (kind.name.to_owned(), own.map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
        });
        let types = kinds.filter(|(_, members)| !members.is_empty()).collect();
        Some(Manifest { types, version: None })
    }

    /// Takes a request to install or to uninstall a version.
    pub(crate) fn ask(&mut self, version_id: RecordId, uninstalls: bool, security: String, now: Timestamp) -> RecordId {
        self.made += 1;
        let prefix = if uninstalls { "06y" } else { "0Hf" };
        let id = ids::id(prefix.parse().expect("the prefix of requests"), self.made);
        self.requests.push(Request { id, version_id, uninstalls, security, made: now, outcome: None });
        id
    }
}

/// Installs a package; its components appear at once or later.
pub(crate) fn install(work: &mut Work, package: &Arc<Package>) -> Result<Done, Problem> {
    let is = |installed: &Installed| installed.package.namespace == package.namespace;
    let before = work.packages.installed.iter().find(|installed| is(installed)).cloned();
    if before.as_ref().is_some_and(|before| before.package.version_id == package.version_id) {
        return Ok(Done { created: false, changed: false });
    }
    let late = package.late > Duration::ZERO;
    if !late {
        bring(work, package)?;
    }
    work.packages.installed.retain(|installed| !is(installed));
    work.packages.made += 1;
    let id = ids::id("0A3".parse().expect("the prefix of installed packages"), work.packages.made);
    let id = before.as_ref().map_or(id, |before| before.id);
    let appears = late.then(|| work.now.saturating_add(package.late));
    work.packages.installed.push(Installed { package: Arc::clone(package), id, at: work.now, appears });
    let body = vec![Element::leaf("activateRSS", "false"), Element::leaf("versionNumber", &*package.version)];
    let kind = known("InstalledPackage");
    work.put(kind, &package.namespace, Element::new("InstalledPackage", body), Files::new())?;
    Ok(Done { created: before.is_none(), changed: true })
}

/// Puts the components of a package.
fn bring(work: &mut Work, package: &Package) -> Result<(), Problem> {
    let ops = all_of(&package.files).map_err(|text| Problem::new("PACKAGING_API_INSTALL_FAILED", text))?;
    let mut tried = work.clone();
    tried.namespace = Some(package.namespace.as_str().into());
    for op in ops {
        tried.put(op.kind, &op.name, op.body, op.files)?;
    }
    tried.namespace = None;
    *work = tried;
    Ok(())
}

/// Takes a package away with all that it brought.
pub(crate) fn uninstall(work: &mut Work, namespace: &str) -> Result<(), Problem> {
    let before = work.packages.installed.len();
    work.packages.installed.retain(|installed| installed.package.namespace != namespace);
    if before == work.packages.installed.len() {
        let text = format!("No InstalledPackage named: {namespace} found");
        return Err(Problem::new("PACKAGING_API_UNINSTALL_FAILED", text));
    }
    let mut gone = Vec::new();
    work.components.retain(|key, component| {
        if component.namespace.as_deref() == Some(namespace) {
            gone.push(key.clone());
        }
        true
    });
    work.namespace = Some(namespace.into());
    // Roll-ups hold the fields that they sum up, and go first.
    gone.sort_by_key(|(kind, name)| (!is_summary(work, kind, name), (*kind).to_owned(), name.clone()));
    for (kind, name) in gone {
        let kind = known(kind);
        if work.components.get(kind, &name).is_some() {
            work.remove(kind, &name)?;
        }
    }
    work.namespace = None;
    work.components.remove(known("InstalledPackage"), namespace);
    Ok(())
}

fn is_summary(work: &Work, kind: &str, name: &str) -> bool {
    let field = work.components.get(known(kind), name);
    field.is_some_and(|field| field.body.get("type") == Some("Summary"))
}

/// Installs the version that the file of a package of the first generation names.
pub(super) fn install_named(work: &mut Work, namespace: &str, body: &Element) -> Result<Done, Problem> {
    let version = body.get("versionNumber").unwrap_or_default();
    let fits = |package: &&Arc<Package>| {
        let rest = package.version.strip_prefix(version);
        package.namespace == namespace && rest.is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty())
    };
    let found = work.packages.catalogue.iter().rev().find(fits).cloned();
    let package = found.ok_or_else(|| {
        let text = format!("InstalledPackage version number : {version} does not exist!");
        Problem::new("PACKAGING_API_INSTALL_FAILED", text)
    })?;
    if let Some(text) = &package.fails {
        return Err(Problem::new("PACKAGING_API_INSTALL_FAILED", text.as_str()));
    }
    if package.key.is_some() && package.key.as_deref() != body.get("password") {
        return Err(Problem::new("PACKAGING_API_INSTALL_FAILED", "The password of the package is not valid"));
    }
    install(work, &package)
}

pub(super) fn uninstall_named(work: &mut Work, namespace: &str) -> Result<(), Problem> {
    uninstall(work, namespace)
}

/// Lets requests go on as far as the clock says, and late components appear.
pub(crate) fn run(org: &mut Org) {
    let now = org.now();
    let due = |made: Timestamp, by: Duration| now >= made.saturating_add(by);
    for place in 0..org.metadata.packages.requests.len() {
        let Some(request) = org.metadata.packages.requests.get(place).cloned() else { continue };
        if request.outcome.is_some() || !due(request.made, org.metadata.installing) {
            continue;
        }
        let outcome = fulfil(org, &request).map_err(|problem| problem.text);
        if let Some(request) = org.metadata.packages.requests.get_mut(place) {
            request.outcome = Some(outcome);
        }
    }
    let ready = |installed: &&Installed| installed.appears.is_some_and(|at| now >= at);
    let ready: Vec<_> = org.metadata.packages.installed.iter().filter(ready).cloned().collect();
    for installed in ready {
        let mut work = Work::new(org);
        if let Err(problem) = bring(&mut work, &installed.package) {
            org.store.problems.push(format!("{}: {}", installed.package.name, problem.text));
        } else {
            work.commit(org);
        }
        for own in org.metadata.packages.installed.iter_mut().filter(|own| own.id == installed.id) {
            own.appears = None;
        }
    }
}

fn fulfil(org: &mut Org, request: &Request) -> Result<(), Problem> {
    let failed = |text: &str| Err(Problem::new("PACKAGING_API_INSTALL_FAILED", text));
    if request.uninstalls {
        let is = |installed: &&Installed| installed.package.version_id == request.version_id;
        let found = org.metadata.packages.installed.iter().find(is).map(|own| own.package.namespace.clone());
        let Some(namespace) = found else { return failed("The package is not installed") };
        let mut work = Work::new(org);
        uninstall(&mut work, &namespace)?;
        work.commit(org);
        return Ok(());
    }
    if let Some(text) = org.metadata.blocks_packages.clone() {
        return failed(&text);
    }
    let Some(package) = org.metadata.packages.version(request.version_id).cloned() else {
        return failed("The requested package doesn't yet exist or has been deleted.");
    };
    if let Some(text) = &package.fails {
        return failed(text);
    }
    let mut work = Work::new(org);
    install(&mut work, &package)?;
    work.commit(org);
    Ok(())
}

/// Major, minor, patch and build of a version.
pub(crate) fn numbers(version: &str) -> [u32; 4] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_four_numbers() {
        assert_eq!(numbers("1.2"), [1, 2, 0, 0]);
        assert_eq!(numbers("1.2.3.4"), [1, 2, 3, 4]);
    }
}
