use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use salesforce_types::RecordId;

use super::{Fault, any, queued};
use crate::Org;
use crate::metadata::Problem;
use crate::metadata::deploy::{Cell, Options, State, Test, message_cells, status_cells, test_cells};
use crate::xml::Element;

/// How long a validation can be followed by a deploy.
const VALIDATED: Duration = Duration::from_secs(10 * 24 * 60 * 60);

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::new(problem.code, problem.text)
    }
}

/// Takes a zip to deploy.
pub(super) fn deploy(org: &mut Org, user: RecordId, asked: &Element) -> Result<Element, Fault> {
    let zip = any(asked, &["ZipFile", "zipFile"]).ok_or_else(|| Fault::client("a deploy needs a ZipFile"))?;
    let options = any(asked, &["DeployOptions", "deployOptions"]).cloned().unwrap_or_default();
    let tests = options.all("runTests").map(|test| test.text.trim().to_owned()).filter(|test| !test.is_empty());
    let get = |name: &str| options.child(name).filter(|own| !own.nil).map(|own| own.text.trim().to_owned());
    let options = Options::read(get, tests.collect(), org.metadata.production)?;
    let text: String = zip.text.split_ascii_whitespace().collect();
    let zip = STANDARD.decode(text).map_err(|_| Fault::client("ZipFile is no base64"))?;
    fits(org, zip.len())?;
    let now = org.now();
    Ok(queued(org.metadata.take_deploy(options, zip.into(), None, user, now)))
}

/// Whether a zip may be that long.
pub(super) fn fits(org: &Org, length: usize) -> Result<(), Problem> {
    let most = org.metadata.most_zip;
    if length <= most {
        return Ok(());
    }
    Err(Problem::new("LIMIT_EXCEEDED", format!("The zip is larger than {most} bytes")))
}

fn unknown() -> Problem {
    Problem::new("INVALID_ID_FIELD", "Invalid deploy ID")
}

/// How far a deploy is.
pub(super) fn status(org: &Org, asked: &Element) -> Result<Element, Fault> {
    let deploy = org.metadata.deploy(asked.get("asyncProcessId").unwrap_or_default()).ok_or_else(unknown)?;
    let mut parts = elements(status_cells(org, deploy));
    if asked.is_true("includeDetails") {
        let (failures, successes) = deploy.outcomes();
        let rows = |name: &'static str, messages: Vec<_>| {
            messages.into_iter().map(move |message| Element::new(name, elements(message_cells(message))))
        };
        let mut details: Vec<_> = rows("componentFailures", failures).collect();
        details.extend(rows("componentSuccesses", successes));
        let tests = &deploy.report.tests;
        let (failed, passed): (Vec<_>, Vec<_>) = tests.iter().partition(|test| test.failure.is_some());
        let rows = |name: &'static str, tests: &[&Test]| {
            tests.iter().map(|test| Element::new(name, elements(test_cells(test)))).collect::<Vec<_>>()
        };
        let mut run = rows("failures", &failed);
        run.push(Element::leaf("numFailures", failed.len().to_string()));
        run.push(Element::leaf("numTestsRun", tests.len().to_string()));
        run.extend(rows("successes", &passed));
        run.push(Element::leaf("totalTime", format!("{}.0", tests.len())));
        details.push(Element::new("runTestResult", run));
        // The keys stand in the order of the alphabet.
        let place = parts.iter().position(|part| part.name.as_str() > "details").unwrap_or(parts.len());
        parts.insert(place, Element::new("details", details));
    }
    Ok(Element::new("result", parts))
}

fn elements(cells: Vec<(&'static str, Cell)>) -> Vec<Element> {
    let element = |(name, cell)| {
        let text = match cell {
            Cell::Nothing if name == "namespace" => return Some(Element::maybe(name, None)),
            Cell::Nothing => return None,
            Cell::Bool(truth) => truth.to_string(),
            Cell::Count(count) => count.to_string(),
            Cell::Text(text) => text,
            Cell::Time(time) => time.to_soql(),
        };
        Some(Element::leaf(name, text))
    };
    cells.into_iter().filter_map(element).collect()
}

/// Calls a deploy off: at once while it waits, in the end while it runs.
pub(super) fn cancel(org: &mut Org, user: RecordId, asked: &Element) -> Result<Element, Fault> {
    let id = any(asked, &["String", "id", "asyncProcessId"]).map_or("", |id| id.text.trim());
    let (id, done) = call_off(org, user, id)?;
    Ok(Element::new("result", vec![Element::leaf("done", done.to_string()), Element::leaf("id", id.to_string())]))
}

pub(super) fn call_off(org: &mut Org, user: RecordId, id: &str) -> Result<(RecordId, bool), Problem> {
    let now = org.now();
    let id = org.metadata.deploy(id).ok_or_else(unknown)?.id;
    let deploy = org.metadata.deploy_mut(id).ok_or_else(unknown)?;
    match deploy.state {
        State::Pending => (deploy.state, deploy.ended) = (State::Canceled, Some(now)),
        State::InProgress | State::Canceling => deploy.state = State::Canceling,
        _ => return Err(Problem::new("INVALID_ID_FIELD", "Deployment already completed")),
    }
    deploy.canceled_by = Some(user);
    Ok((id, deploy.state.is_done()))
}

/// Deploys what was validated, without another run of its tests.
pub(super) fn recent_validation(org: &mut Org, user: RecordId, asked: &Element) -> Result<Element, Fault> {
    let id = any(asked, &["validationId", "validationID"]).map_or("", |id| id.text.trim());
    Ok(Element::leaf("result", follow_validation(org, user, id)?.to_string()))
}

pub(super) fn follow_validation(org: &mut Org, user: RecordId, id: &str) -> Result<RecordId, Problem> {
    let now = org.now();
    let validation = org.metadata.deploy(id).ok_or_else(unknown)?;
    let fresh = validation.ended.is_some_and(|end| now.since(end) <= VALIDATED);
    let tested = validation.options.level.is_some_and(|level| level != "NoTestRun");
    if !validation.options.check_only || validation.state != State::Succeeded || !fresh || !tested {
        let text = "The deployment ID is not of a recent validation that succeeded with its tests";
        return Err(Problem::new("INVALID_ID_FIELD", text));
    }
    let options = Options { check_only: false, level: None, tests: Vec::new(), ..validation.options.clone() };
    let (zip, validation) = (validation.zip.clone(), validation.id);
    Ok(org.metadata.take_deploy(options, zip, Some(validation), user, now))
}
