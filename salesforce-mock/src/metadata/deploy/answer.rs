//! What is said of a deploy, for both kinds of answer.

use salesforce_types::Timestamp;

use super::{Deploy, Message, State, Test};
use crate::Org;

/// The value of a key; SOAP leaves out what is nothing, JSON says `null`.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Nothing,
    Bool(bool),
    Count(usize),
    Text(String),
    Time(Timestamp),
}

impl Cell {
    fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, cell)
    }

    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The keys of a deploy without its details, in the order of SOAP.
pub(crate) fn status_cells(org: &Org, deploy: &Deploy) -> Vec<(&'static str, Cell)> {
    use Cell::{Bool, Count, Time};
    let name = |id| org.text_of(id, "Name").unwrap_or_default();
    let report = &deploy.report;
    let changed = deploy.ended.or(deploy.started).unwrap_or(deploy.made);
    let failed_tests = report.tests.iter().filter(|test| test.failure.is_some()).count();
    let error = report.error.as_ref();
    let canceled = deploy.canceled_by;
    vec![
        ("canceledBy", Cell::maybe(canceled, |id| Cell::text(id.as_15()))),
        ("canceledByName", Cell::maybe(canceled, |id| Cell::Text(name(id)))),
        ("checkOnly", Bool(deploy.options.check_only)),
        ("completedDate", Cell::maybe(deploy.ended, Time)),
        ("createdBy", Cell::text(deploy.user.as_15())),
        ("createdByName", Cell::Text(name(deploy.user))),
        ("createdDate", Time(deploy.made)),
        ("done", Bool(deploy.state.is_done())),
        ("errorMessage", Cell::maybe(error, |error| Cell::text(&error.text))),
        ("errorStatusCode", Cell::maybe(error, |error| Cell::text(error.code))),
        ("id", Cell::Text(deploy.id.to_string())),
        ("ignoreWarnings", Bool(deploy.options.ignore_warnings)),
        ("lastModifiedDate", Time(changed)),
        ("numberComponentErrors", Count(report.failures())),
        ("numberComponentsDeployed", Count(report.successes())),
        ("numberComponentsTotal", Count(report.total)),
        ("numberFiles", Cell::maybe(deploy.state.is_done().then_some(report.files), Count)),
        ("numberTestErrors", Count(failed_tests)),
        ("numberTestsCompleted", Count(report.tests.len() - failed_tests)),
        ("numberTestsTotal", Count(report.tests.len())),
        ("rollbackOnError", Bool(deploy.options.rollback)),
        ("runTestsEnabled", Bool(deploy.options.level.is_some_and(|level| level != "NoTestRun"))),
        ("startDate", Cell::maybe(deploy.started, Time)),
        ("stateDetail", Cell::Nothing),
        ("status", Cell::text(deploy.state.as_str())),
        ("success", Bool(deploy.state.is_success())),
        ("zipSize", Count(deploy.zip.len())),
    ]
}

/// The keys of a component, in the order of SOAP.
pub(crate) fn message_cells(message: &Message) -> Vec<(&'static str, Cell)> {
    use Cell::{Bool, Text};
    let kind = if message.warning { "Warning" } else { "Error" };
    vec![
        ("changed", Bool(message.changed)),
        ("componentType", Cell::text(&message.kind)),
        ("created", Bool(message.created)),
        ("createdDate", Cell::maybe(message.at, Cell::Time)),
        ("deleted", Bool(message.deleted)),
        ("fileName", Cell::text(&message.file)),
        ("fullName", Cell::text(&message.name)),
        ("id", Cell::maybe(message.id, |id| Text(id.to_string()))),
        ("problem", Cell::maybe(message.problem.as_deref(), Cell::text)),
        ("problemType", Cell::maybe(message.problem.as_ref(), |_| Cell::text(kind))),
        ("success", Bool(!message.is_failure())),
    ]
}

/// The keys of a test that ran, in the order of SOAP.
pub(crate) fn test_cells(test: &Test) -> Vec<(&'static str, Cell)> {
    let mut cells = vec![("id", Cell::text("01p000000000000AAA"))];
    if let Some(failure) = &test.failure {
        cells.push(("message", Cell::text(failure)));
    }
    cells.extend([("methodName", Cell::text("test")), ("name", Cell::text(&test.class)), ("namespace", Cell::Nothing)]);
    if test.failure.is_some() {
        cells.push(("packageName", Cell::text(&test.class)));
    }
    cells.push(("seeAllData", Cell::Bool(false)));
    if test.failure.is_some() {
        let trace = format!("Class.{}.test: line 1, column 1", test.class);
        cells.push(("stackTrace", Cell::Text(trace)));
    }
    cells.push(("time", Cell::text("1.0")));
    if test.failure.is_some() {
        cells.push(("type", Cell::text("Class")));
    }
    cells
}

impl Deploy {
    /// What failed and what did not. While it runs neither is known.
    pub(crate) fn outcomes(&self) -> (Vec<&Message>, Vec<&Message>) {
        match self.state {
            State::Pending | State::InProgress | State::Canceling | State::Canceled => Default::default(),
            _ => self.report.messages.iter().partition(|message| message.is_failure()),
        }
    }
}
