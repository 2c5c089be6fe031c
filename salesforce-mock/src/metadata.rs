//! The Metadata API: what an org is made of.

mod archive;
mod check;
mod component;
pub(crate) mod deploy;
mod kind;
mod known;
mod manifest;
pub(crate) mod packages;
mod place;
pub(crate) mod retrieve;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use salesforce_types::{RecordId, Timestamp};

pub(crate) use component::{Component, Components, NAMESPACE, named, split, whole};
pub(crate) use kind::Kind;
pub(crate) use known::follow;
pub(crate) use manifest::Manifest;
pub(crate) use place::listed;
pub(crate) use work::{Problem, Work};

use crate::Org;
use crate::ids;
use crate::rules::Refusal;
use crate::schema::Schema;
use deploy::{Deploy, Options, Report, State};
pub use packages::Package;
use packages::Packages;
use retrieve::{Asked, Retrieve};

/// How long the outcome of a deploy is known.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How the org answers the Metadata API, and what it holds.
///
/// Deploys and retrieves go on by the org's [clock](crate::OrgClock): they wait for `queued`, run for `running`, and are
/// done. Both are nothing if nothing is said: then a job is done when it is looked at first. One deploy runs at a time.
///
/// ```
/// use std::time::Duration;
/// use salesforce_mock::Org;
///
/// let mut org = Org::empty();
/// org.metadata_mut().running = Duration::from_secs(60);
/// org.metadata_mut().most_files = 100; // in a zip
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Metadata {
    /// Whether users have the permission that the API asks for, "Modify Metadata Through Metadata API Functions".
    pub permitted: bool,
    /// Whether the org is one of production, with stricter rules for deploys.
    pub production: bool,
    /// How long a deploy or a retrieve waits before it runs.
    pub queued: Duration,
    /// How long a deploy or a retrieve runs.
    pub running: Duration,
    /// The most files of a zip; 10,000.
    pub most_files: usize,
    /// The most bytes of a zip; 39 million, so that it fits into an envelope as base64.
    pub most_zip: usize,
    /// The most bytes of the files of a zip; 600 MB.
    pub most_unpacked: u64,
    /// The most custom fields of a deploy; 45,000.
    pub most_fields: usize,
    /// Test classes that fail when a deploy runs them, with the reason. Others pass: no test is really run.
    pub failing_tests: BTreeMap<String, String>,
    /// Whether users have the permission "Download AppExchange Packages".
    pub may_install: bool,
    /// Why the org lets no package in, if it does not.
    pub blocks_packages: Option<String>,
    /// How long it takes to install a package.
    pub installing: Duration,
    pub(crate) components: Components,
    /// The schema that the components were last brought into line with.
    pub(crate) followed: Option<Arc<Schema>>,
    pub(crate) deploys: Vec<Arc<Deploy>>,
    pub(crate) retrieves: Vec<Retrieve>,
    pub(crate) packages: Packages,
    made: u64,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            permitted: true,
            production: false,
            queued: Duration::ZERO,
            running: Duration::ZERO,
            most_files: 10_000,
            most_zip: 39_000_000,
            most_unpacked: 629_145_600,
            most_fields: 45_000,
            failing_tests: BTreeMap::new(),
            may_install: true,
            blocks_packages: None,
            installing: Duration::ZERO,
            components: Components::default(),
            followed: None,
            deploys: Vec::new(),
            retrieves: Vec::new(),
            packages: Packages::default(),
            made: 0,
        }
    }
}

impl Metadata {
    /// Makes a version of a package known, so that it can be installed.
    pub fn publish(&mut self, package: Package) {
        self.packages.publish(package);
    }

    fn id(&mut self, prefix: &str) -> RecordId {
        self.made += 1;
        ids::id(prefix.parse().expect("the prefix of a job"), self.made)
    }

    /// Takes a zip to deploy.
    pub(crate) fn take_deploy(
        &mut self,
        options: Options,
        zip: bytes::Bytes,
        validated: Option<RecordId>,
        user: RecordId,
        now: Timestamp,
    ) -> RecordId {
        self.deploys.retain(|deploy| deploy.ended.is_none_or(|end| now.since(end) <= KEPT));
        let id = self.id("0Af");
        self.deploys.push(Arc::new(Deploy {
            id,
            user,
            made: now,
            started: None,
            ended: None,
            state: State::Pending,
            options,
            zip,
            validated,
            canceled_by: None,
            report: Report::default(),
        }));
        id
    }

    pub(crate) fn deploy(&self, id: &str) -> Option<&Arc<Deploy>> {
        let id: RecordId = id.parse().ok()?;
        self.deploys.iter().find(|deploy| deploy.id == id)
    }

    pub(crate) fn deploy_mut(&mut self, id: RecordId) -> Option<&mut Deploy> {
        self.deploys.iter_mut().find(|deploy| deploy.id == id).map(Arc::make_mut)
    }

    /// Takes what is to be retrieved.
    pub(crate) fn take_retrieve(&mut self, asked: Asked, now: Timestamp) -> RecordId {
        let id = self.id("09S");
        self.retrieves.push(Retrieve { id, made: now, asked, found: None });
        id
    }
}

/// Lets everything go on as far as the clock says.
pub(crate) fn run(org: &mut Org) {
    deploy::run(org);
    packages::run(org);
    let now = org.now();
    let wait = org.metadata.queued.saturating_add(org.metadata.running);
    for place in 0..org.metadata.retrieves.len() {
        let retrieve = &org.metadata.retrieves[place];
        if retrieve.found.is_none() && now >= retrieve.made.saturating_add(wait) {
            let asked = retrieve.asked.clone();
            follow(&mut org.metadata, &org.store, &org.classes);
            let found = retrieve::gather(&org.metadata, &asked);
            org.metadata.retrieves[place].found = Some(found);
        }
    }
}

impl Org {
    /// Installs a package as if somebody had done it before, without a call and at once.
    ///
    /// # Errors
    ///
    /// There is no such version, or it holds a component that the org refuses.
    pub fn install(&mut self, version_id: RecordId) -> Result<(), Refusal> {
        let package = self.metadata.packages.version(version_id).cloned().ok_or_else(Refusal::not_found)?;
        let mut work = Work::new(self);
        packages::install(&mut work, &package).map_err(|problem| Refusal::new(problem.code, problem.text))?;
        work.commit(self);
        Ok(())
    }
}
