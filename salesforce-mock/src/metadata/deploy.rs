//! Deploys: a zip, what it does to the org, and what is said of it.

mod answer;
mod options;
mod plan;
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use salesforce_types::{RecordId, Timestamp};

use super::archive::{self, Bounds, Files};
use super::manifest::Manifest;
use super::work::{Problem, Work};
use super::{Kind, packages};
use crate::Org;

pub(crate) use answer::{Cell, message_cells, status_cells, test_cells};
pub(crate) use options::Options;
pub(crate) use plan::{Op, all_of};
pub(crate) use tests::Test;

use plan::{Plan, WhenDeleted};

/// One deploy.
#[derive(Clone, Debug)]
pub(crate) struct Deploy {
    pub(crate) id: RecordId,
    pub(crate) user: RecordId,
    pub(crate) made: Timestamp,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) state: State,
    pub(crate) options: Options,
    pub(crate) zip: Bytes,
    /// The validation that it follows.
    pub(crate) validated: Option<RecordId>,
    /// Who called it off.
    pub(crate) canceled_by: Option<RecordId>,
    pub(crate) report: Report,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    InProgress,
    Canceling,
    Succeeded,
    SucceededPartial,
    Failed,
    Canceled,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Canceling => "Canceling",
            Self::Succeeded => "Succeeded",
            Self::SucceededPartial => "SucceededPartial",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }

    pub(crate) fn is_done(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Canceling)
    }

    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededPartial)
    }
}

/// What a deploy did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) messages: Vec<Message>,
    /// Why it failed as a whole.
    pub(crate) error: Option<Problem>,
    pub(crate) total: usize,
    pub(crate) files: usize,
    pub(crate) tests: Vec<Test>,
}

/// What became of one component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Its type; nothing for a manifest.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) id: Option<RecordId>,
    pub(crate) created: bool,
    pub(crate) changed: bool,
    pub(crate) deleted: bool,
    pub(crate) at: Option<Timestamp>,
    pub(crate) problem: Option<String>,
    pub(crate) warning: bool,
}

impl Message {
    pub(crate) fn is_failure(&self) -> bool {
        self.problem.is_some() && !self.warning
    }
}

impl Report {
    /// How many components failed. What is wrong with a manifest is not counted.
    pub(crate) fn failures(&self) -> usize {
        self.messages.iter().filter(|message| message.is_failure() && !message.kind.is_empty()).count()
    }

    pub(crate) fn successes(&self) -> usize {
        self.messages.iter().filter(|message| !message.is_failure() && !message.kind.is_empty()).count()
    }

    /// What is wrong with a manifest: nothing else is done then.
    fn manifest(mut self, file: &str, problem: String, now: Timestamp) -> Self {
        let name = file.rsplit('/').next().unwrap_or(file).to_owned();
        let problem = Some(problem);
        self.messages = vec![Message { name, file: file.to_owned(), problem, at: Some(now), ..Message::default() }];
        self
    }
}

/// Does what a deploy asks for; how it ended.
pub(crate) fn execute(org: &mut Org, options: &Options, zip: &Bytes) -> (State, Report) {
    let bounds = Bounds { files: org.metadata.most_files, unpacked: org.metadata.most_unpacked };
    let mut report = Report::default();
    let files = match archive::read(zip, bounds) {
        Ok(files) => files,
        Err(problem) => {
            report.error = Some(problem);
            return (State::Failed, report);
        }
    };
    report.files = files.len();
    let mut work = Work::new(org);
    let now = work.now;
    let roots = roots(&files, options.single);
    if roots.is_empty() {
        return (State::Failed, report.manifest("package.xml", "No package.xml found".into(), now));
    }
    let mut apex = false;
    for root in &roots {
        if let Err((file, problem)) = one(&mut work, &files, root, options, &mut report, &mut apex) {
            let text =
                if problem.code.is_empty() { problem.text } else { format!("{}: {}", problem.code, problem.text) };
            return (State::Failed, report.manifest(&file, text, now));
        }
    }
    let fields = report.messages.iter().filter(|message| message.kind == "CustomField").count();
    if fields > org.metadata.most_fields {
        let text = format!("Too many custom fields in deploy, limit is: {}", org.metadata.most_fields);
        report.error = Some(Problem::new("LIMIT_EXCEEDED", text));
        return (State::Failed, report);
    }
    report.tests = tests::run(&org.metadata, &work, options, apex);
    let failed_tests = report.tests.iter().any(|test| test.failure.is_some());
    let warned = !options.ignore_warnings && report.messages.iter().any(|message| message.warning);
    let failed = report.messages.iter().any(Message::is_failure);
    let state = match () {
        () if failed_tests || warned => State::Failed,
        () if !failed => State::Succeeded,
        () if options.rollback || report.successes() == 0 => State::Failed,
        () => State::SucceededPartial,
    };
    if state.is_success() && !options.check_only {
        work.commit(org);
    }
    (state, report)
}

/// The folders in which packages lie, each with a slash at its end: the root itself, or those at the top.
fn roots(files: &Files, single: bool) -> Vec<String> {
    if single && files.contains_key("package.xml") {
        return vec![String::new()];
    }
    let root = |path: &String| Some(path.strip_suffix("package.xml")?.to_owned());
    let mut roots: Vec<_> = files.keys().filter_map(root).filter(|root| root.matches('/').count() == 1).collect();
    if single {
        roots.truncate(1);
    }
    roots
}

/// What one package does.
fn one(
    work: &mut Work,
    files: &Files,
    root: &str,
    options: &Options,
    report: &mut Report,
    apex: &mut bool,
) -> Result<(), (String, Problem)> {
    let name = format!("{root}package.xml");
    let wrong = |file: &str, text: String| (file.to_owned(), Problem::new("", text));
    let parse = |file: &str, bytes: &Bytes| {
        Manifest::parse(bytes).map_err(|reason| wrong(file, format!("Error parsing file: {reason}")))
    };
    let manifest = parse(&name, files.get(&name).unwrap_or(&Bytes::new()))?;
    let now = work.now;
    let done = |file: &str| {
        let own = file.rsplit('/').next().unwrap_or(file).to_owned();
        Message { name: own, file: file.to_owned(), changed: true, at: Some(now), ..Message::default() }
    };
    let mut deletions = Vec::new();
    for when in [WhenDeleted::Before, WhenDeleted::After] {
        for file in when.files() {
            let path = format!("{root}{file}");
            let Some(bytes) = files.get(&path) else { continue };
            deletions.push((when, path.clone(), parse(&path, bytes)?));
            report.messages.push(done(&path));
        }
    }
    let plan = Plan::new(files, root, &manifest, options).map_err(|problem| (name.clone(), problem))?;
    report.messages.push(done(&name));
    report.total += plan.ops.len() + plan.refused.len();
    for (_, path, manifest) in deletions.iter().filter(|(when, ..)| *when == WhenDeleted::Before) {
        delete(work, path, manifest, report);
    }
    report.messages.extend(plan.refused.into_iter().map(|message| Message { at: Some(now), ..message }));
    for op in plan.ops {
        *apex |= matches!(op.kind.name, "ApexClass" | "ApexTrigger");
        apply(work, op, report);
    }
    for (_, path, manifest) in deletions.iter().filter(|(when, ..)| *when == WhenDeleted::After) {
        delete(work, path, manifest, report);
    }
    Ok(())
}

fn apply(work: &mut Work, op: Op, report: &mut Report) {
    let mut message = Message {
        kind: op.kind.element(&op.name),
        name: op.name.clone(),
        file: op.path.clone(),
        at: Some(work.now),
        ..Message::default()
    };
    let done = match op.kind.name {
        "InstalledPackage" => packages::install_named(work, &op.name, &op.body),
        _ => work.put(op.kind, &op.name, op.body, op.files),
    };
    match done {
        Ok(done) => (message.created, message.changed) = (done.created, done.changed),
        Err(problem) => message.problem = Some(problem.text),
    }
    message.id = work.components.get(op.kind, &op.name).and_then(|component| component.id);
    report.messages.push(message);
}

fn delete(work: &mut Work, path: &str, manifest: &Manifest, report: &mut Report) {
    for (type_name, members) in &manifest.types {
        for member in members {
            report.total += 1;
            let mut message = Message {
                kind: type_name.clone(),
                name: member.clone(),
                file: path.to_owned(),
                at: Some(work.now),
                ..Message::default()
            };
            match Kind::named(type_name) {
                None => message.problem = Some(format!("Unknown type name '{type_name}' specified in package.xml")),
                Some(_) if member == "*" => {
                    message.problem = Some("Wildcards are not supported in a manifest of deletions".into());
                }
                Some(kind) if kind.name == "InstalledPackage" => match packages::uninstall_named(work, member) {
                    Ok(()) => message.deleted = true,
                    Err(problem) => message.problem = Some(problem.text),
                },
                Some(kind) if work.components.get(kind, member).is_none() => {
                    message.problem = Some(format!("No {type_name} named: {member} found"));
                    message.warning = true;
                }
                Some(kind) => match work.remove(kind, member) {
                    Ok(()) => (message.deleted, message.changed) = (true, true),
                    Err(problem) => message.problem = Some(problem.text),
                },
            }
            report.messages.push(message);
        }
    }
}

/// Lets deploys and retrieves go on as far as the clock says. One deploy runs at a time.
pub(crate) fn run(org: &mut Org) {
    let now = org.now();
    let (queued, running) = (org.metadata.queued, org.metadata.running);
    let mut free = Timestamp::EPOCH;
    for place in 0..org.metadata.deploys.len() {
        let Some(deploy) = org.metadata.deploys.get_mut(place).map(Arc::make_mut) else { continue };
        if deploy.state == State::Pending {
            let start = deploy.made.saturating_add(queued).max(free);
            if now < start {
                return;
            }
            (deploy.state, deploy.started) = (State::InProgress, Some(start));
        }
        if let (State::InProgress | State::Canceling, Some(started)) = (deploy.state, deploy.started) {
            let end = started.saturating_add(running);
            if now < end {
                return;
            }
            deploy.ended = Some(end);
            if deploy.state == State::Canceling {
                deploy.state = State::Canceled;
            } else {
                let (options, zip) = (deploy.options.clone(), deploy.zip.clone());
                let (state, report) = execute(org, &options, &zip);
                if let Some(deploy) = org.metadata.deploys.get_mut(place).map(Arc::make_mut) {
                    (deploy.state, deploy.report) = (state, report);
                }
            }
        }
        if let Some(end) = org.metadata.deploys.get(place).and_then(|deploy| deploy.ended) {
            free = free.max(end);
        }
    }
}
