//! `metadata/deployRequest`: the one call of the Metadata API that REST has (metadata reference 9).

use http::{Method, Response, StatusCode};
use salesforce_types::RecordId;
use serde_json::{Map, Value, json};

use super::deploy::{call_off, fits, follow_validation};
use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::metadata::Problem;
use crate::metadata::deploy::{Cell, Deploy, Options, message_cells, status_cells, test_cells};
use crate::multipart::{self, Kept};
use crate::{Body, Org};

/// Options that are nothing if they are not given.
const TRUTHS: [&str; 8] = [
    "checkOnly",
    "singlePackage",
    "allowMissingFiles",
    "performRetrieve",
    "autoUpdatePackage",
    "rollbackOnError",
    "ignoreWarnings",
    "purgeOnDelete",
];

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::bad(problem.code, problem.text)
    }
}

/// A call about deploys; `id` is the one it names.
pub(crate) fn deploy_request(org: &mut Org, mut call: Call, id: Option<&str>) -> Result<Response<Body>, Refusal> {
    if !org.metadata.permitted {
        let text = "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", text));
    }
    let user = org.user_of(&call.headers).unwrap_or(org.store.user);
    match (id, &call.method) {
        (None, _) if multipart::is_form(call.header("content-type").unwrap_or_default()) => deploy(org, call, user),
        (Some(id), &Method::PATCH) => {
            let body = body(&mut call)?;
            if body["deployResult"]["status"] != "Canceling" {
                let text = "A deploy can only be changed to the status Canceling";
                return Err(Refusal::bad("INVALID_FIELD", text));
            }
            let (id, _) = call_off(org, user, id)?;
            Ok(status(org, id, StatusCode::ACCEPTED, false)?)
        }
        (Some(id), &Method::GET | &Method::HEAD) => {
            let id = org.metadata.deploy(id).ok_or_else(Refusal::not_found)?.id;
            status(org, id, StatusCode::OK, call.parameter("includeDetails") == Some("true"))
        }
        (_, _) => {
            let body = body(&mut call)?;
            let named = body["validatedDeployRequestId"].as_str().or(id).unwrap_or_default().to_owned();
            let id = follow_validation(org, user, &named)
                .map_err(|problem| Refusal::new(StatusCode::NOT_FOUND, problem.code, problem.text))?;
            status(org, id, StatusCode::CREATED, false)
        }
    }
}

fn body(call: &mut Call) -> Result<Value, Refusal> {
    serde_json::from_slice(&call.json_bytes()?).map_err(|error| Refusal::bad("JSON_PARSER_ERROR", error.to_string()))
}

fn deploy(org: &mut Org, mut call: Call, user: RecordId) -> Result<Response<Body>, Refusal> {
    let parts = call.parts(org.metadata.most_zip)?.0;
    let mut json = None;
    let mut zip = None;
    for part in parts {
        match part.content {
            Kept::Whole(bytes) if matches!(&*part.name, "json" | "entity_content") => json = Some(bytes),
            Kept::Whole(bytes) if part.is_file => zip = Some(bytes),
            Kept::Whole(_) => {}
            Kept::Measured(blob) => fits(org, usize::try_from(blob.len()).unwrap_or(usize::MAX))?,
        }
    }
    let missing = |part: &str| Refusal::bad("INVALID_MULTIPART_REQUEST", format!("The part {part} is missing"));
    let json: Value = serde_json::from_slice(&json.ok_or_else(|| missing("json"))?)
        .map_err(|error| Refusal::bad("JSON_PARSER_ERROR", error.to_string()))?;
    let zip = zip.ok_or_else(|| missing("file"))?;
    let given = &json["deployOptions"];
    let get = |name: &str| match &given[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let tests = given["runTests"].as_array().into_iter().flatten();
    let tests = tests.filter_map(|test| test.as_str().map(str::to_owned)).collect();
    let options = Options::read(get, tests, org.metadata.production)?;
    let now = org.now();
    let id = org.metadata.take_deploy(options, zip, None, user, now);
    let mut answer = json!({"id": id.to_string(), "validatedDeployRequestId": null});
    let mut options: Map<String, Value> =
        TRUTHS.iter().map(|name| ((*name).to_owned(), Value::Bool(get(name).as_deref() == Some("true")))).collect();
    options.insert("runAllTests".into(), Value::Bool(false));
    options.extend(
        ["testLevel", "runTests"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), given.get(name).filter(|value| !value.is_null())?.clone()))),
    );
    answer["deployOptions"] = options.into();
    let deploy = org.metadata.deploy(&id.to_string()).ok_or_else(Refusal::not_found)?;
    let short =
        ["id", "success", "checkOnly", "ignoreWarnings", "rollbackOnError", "status", "runTestsEnabled", "done"];
    let cells = status_cells(org, deploy).into_iter().filter(|(name, _)| short.contains(name));
    answer["deployResult"] = object(cells.collect());
    Ok(answer::json(StatusCode::CREATED, &answer))
}

fn status(org: &Org, id: RecordId, code: StatusCode, details: bool) -> Result<Response<Body>, Refusal> {
    let deploy = org.metadata.deploy(&id.to_string()).ok_or_else(Refusal::not_found)?;
    let mut result = object(status_cells(org, deploy));
    for name in ["messages", "retrieveResult", "runTestResult"] {
        result[name] = Value::Null;
    }
    result["details"] = if details { self::details(deploy) } else { Value::Null };
    let validated = deploy.validated.map(|id| id.to_string());
    let answer = json!({
        "id": id.to_string(),
        "validatedDeployRequestId": validated,
        "deployOptions": null,
        "deployResult": result,
    });
    Ok(answer::json(code, &answer))
}

fn details(deploy: &Deploy) -> Value {
    let (failures, successes) = deploy.outcomes();
    let row = |message| {
        let mut row = object(message_cells(message));
        for name in ["columnNumber", "lineNumber"] {
            row[name] = Value::Null;
        }
        row["warning"] = Value::Bool(message.warning);
        row["forPackageManifestFile"] = Value::Bool(message.kind.is_empty());
        for name in ["knownPackagingProblem", "requiresProductionTestRun"] {
            row[name] = Value::Bool(false);
        }
        row
    };
    let failures: Vec<_> = failures.into_iter().map(row).collect();
    let successes: Vec<_> = successes.into_iter().map(row).collect();
    let tests = &deploy.report.tests;
    let rows = |failed: bool| {
        let some = tests.iter().filter(|test| test.failure.is_some() == failed);
        some.map(|test| object(test_cells(test))).collect::<Vec<_>>()
    };
    let failed = rows(true);
    let all: Vec<_> = failures.iter().chain(&successes).cloned().collect();
    json!({
        "componentFailures": failures,
        "componentSuccesses": successes,
        "retrieveResult": null,
        "allComponentMessages": all,
        "runTestResult": {
            "successes": rows(false),
            "totalTime": f64::from(u32::try_from(tests.len()).unwrap_or(u32::MAX)),
            "apexLogId": null,
            "flowCoverage": [],
            "numFailures": failed.len(),
            "failures": failed,
            "codeCoverage": [],
            "codeCoverageWarnings": [],
            "flowCoverageWarnings": [],
            "numTestsRun": tests.len(),
        },
    })
}

fn object(cells: Vec<(&'static str, Cell)>) -> Value {
    let value = |cell| match cell {
        Cell::Nothing => Value::Null,
        Cell::Bool(truth) => truth.into(),
        Cell::Count(count) => count.into(),
        Cell::Text(text) => text.into(),
        Cell::Time(time) => time.to_string().into(),
    };
    Value::Object(cells.into_iter().map(|(name, cell)| (name.to_owned(), value(cell))).collect())
}
