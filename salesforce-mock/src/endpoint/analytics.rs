//! `/analytics/reports/…`: reports over queries (REST reference 17).

use http::{Method, Response, StatusCode};
use salesforce_types::{RecordId, Timestamp};
use serde_json::{Map, Value, json};

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::{Body, Org, ids, rules, soql};

/// The most rows that a report shows.
const MOST_ROWS: usize = 2000;

/// What ids of reports and of their runs begin with.
const REPORT: &str = "00O";
const INSTANCE: &str = "0LG";

/// The reports of an org and their runs.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    reports: Vec<Report>,
    instances: Vec<Instance>,
}

/// A tabular report: the columns and rows of a query.
#[derive(Debug)]
struct Report {
    id: RecordId,
    name: String,
    soql: String,
}

/// A run that was started by a call: its outcome is that of the moment it was started.
#[derive(Debug)]
struct Instance {
    id: RecordId,
    report: RecordId,
    at: Timestamp,
    with_details: bool,
    outcome: Value,
}

impl Reports {
    pub(crate) fn add(&mut self, name: &str, soql: &str) -> RecordId {
        let id = minted(REPORT, self.reports.len());
        self.reports.push(Report { id, name: name.to_owned(), soql: soql.to_owned() });
        id
    }

    fn find(&self, id: &str) -> Result<&Report, Refusal> {
        let id: RecordId = id.parse().map_err(|_| Refusal::not_found())?;
        self.reports.iter().find(|report| report.id == id).ok_or_else(Refusal::not_found)
    }
}

fn minted(prefix: &str, before: usize) -> RecordId {
    let number = u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1);
    ids::id(prefix.parse().expect("three letters and digits"), number)
}

/// `analytics/reports/…`: `path` is what comes after it.
pub(crate) fn analytics(org: &mut Org, call: &Call, path: &[String]) -> Result<Response<Body>, Refusal> {
    const READ: &[Method] = &[Method::GET, Method::HEAD];
    const READ_AND_POST: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let allowed = match *path.as_slice() {
        [_] | [_, "instances"] => READ_AND_POST,
        _ => READ,
    };
    let posted = call.method == Method::POST;
    let answer = match *path.as_slice() {
        _ if !allowed.contains(&call.method) => return Err(Refusal::method(&call.method, allowed)),
        [] => org.reports.reports.iter().map(|report| listed(call, report)).collect(),
        [id] => run(org, org.reports.find(id)?, call)?,
        [id, "describe"] => {
            let report = org.reports.find(id)?;
            json!({"attributes": attributes(call, report), "reportMetadata": metadata(report, &columns(report)?)})
        }
        [id, "instances"] if posted => start(org, call, id)?,
        [id, "instances"] => {
            let report = org.reports.find(id)?.id;
            let runs = org.reports.instances.iter().filter(|run| run.report == report);
            runs.map(|run| status(call, run)).collect()
        }
        [id, "instances", instance] => {
            let report = org.reports.find(id)?.id;
            let mut runs = org.reports.instances.iter().filter(|run| run.report == report);
            let run = runs.find(|run| instance.parse() == Ok(run.id)).ok_or_else(Refusal::not_found)?;
            let mut outcome = run.outcome.clone();
            if let Some(outcome) = outcome.as_object_mut() {
                outcome.insert("attributes".into(), status(call, run));
            }
            outcome
        }
        _ => return Err(Refusal::not_found()),
    };
    Ok(answer::json(StatusCode::OK, &answer))
}

fn place(call: &Call, report: RecordId) -> String {
    format!("/services/data/v{}/analytics/reports/{report}", call.version)
}

fn listed(call: &Call, report: &Report) -> Value {
    let url = place(call, report.id);
    json!({
        "id": report.id.to_string(), "name": report.name, "url": url, "describeUrl": format!("{url}/describe"),
        "instancesUrl": format!("{url}/instances"),
    })
}

fn attributes(call: &Call, report: &Report) -> Value {
    let url = place(call, report.id);
    json!({
        "type": "Report", "reportId": report.id.to_string(), "reportName": report.name,
        "describeUrl": format!("{url}/describe"), "instancesUrl": format!("{url}/instances"),
    })
}

fn start(org: &mut Org, call: &Call, id: &str) -> Result<Value, Refusal> {
    let report = org.reports.find(id)?;
    let (outcome, report) = (run(org, report, call)?, report.id);
    let id = minted(INSTANCE, org.reports.instances.len());
    let run = Instance { id, report, at: org.now(), with_details: with_details(call), outcome };
    let answer = status(call, &run);
    org.reports.instances.push(run);
    Ok(answer)
}

fn status(call: &Call, run: &Instance) -> Value {
    let stamp = run.at.to_soql();
    json!({
        "id": run.id.to_string(), "status": "Success", "hasDetailRows": run.with_details, "requestDate": stamp,
        "completionDate": stamp, "url": format!("{}/instances/{}", place(call, run.report), run.id),
    })
}

fn with_details(call: &Call) -> bool {
    call.parameter("includeDetails").is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
}

/// The columns of a report: the paths that its query selects.
fn columns(report: &Report) -> Result<Vec<String>, Refusal> {
    use salesforce_soql::ast::SelectItem;
    let query =
        salesforce_soql::parse_strict(&report.soql).map_err(|error| soql::Source(&report.soql).malformed(&error))?;
    let path = |item: &SelectItem| match item {
        SelectItem::Field { path, .. } => Ok(path.to_string()),
        _ => Err(rules::Refusal::new("INVALID_FIELD", "a report shows plain fields only").into()),
    };
    query.select.iter().map(path).collect()
}

fn metadata(report: &Report, columns: &[String]) -> Value {
    json!({
        "id": report.id.to_string(), "name": report.name, "reportFormat": "TABULAR", "detailColumns": columns,
        "aggregates": ["RowCount"], "groupingsDown": [], "groupingsAcross": [],
    })
}

/// The report over the rows as they are now.
fn run(org: &Org, report: &Report, call: &Call) -> Result<Value, Refusal> {
    let columns = columns(report)?;
    let page = soql::whole(&org.store, &report.soql, false)?;
    let page: Value = serde_json::from_slice(&page).expect("the page was written here");
    let rows = page.get("records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let details = with_details(call);
    let cell = |row: &Value, path: &str| {
        let value = path.split('.').try_fold(row, |value, name| {
            value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        let value = value.cloned().unwrap_or_default();
        let label = match &value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        json!({"label": label, "value": value})
    };
    let mut facts = json!({"aggregates": [{"label": rows.len().to_string(), "value": rows.len()}]});
    if let Some(facts) = facts.as_object_mut().filter(|_| details) {
        let shown = rows.iter().take(MOST_ROWS);
        let shown =
            shown.map(|row| json!({"dataCells": columns.iter().map(|path| cell(row, path)).collect::<Vec<_>>()}));
        facts.insert("rows".into(), shown.collect());
    }
    let labels: Map<_, _> = columns.iter().map(|path| (path.clone(), json!({"label": path}))).collect();
    Ok(json!({
        "attributes": attributes(call, report),
        "factMap": {"T!T": facts},
        "groupingsDown": {"groupings": []},
        "groupingsAcross": {"groupings": []},
        "reportMetadata": metadata(report, &columns),
        "reportExtendedMetadata": {"detailColumnInfo": labels},
        "hasDetailRows": details,
        "allData": rows.len() <= MOST_ROWS,
    }))
}
