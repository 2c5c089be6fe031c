//! `/graphql` (REST reference 12).

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::answer::{self, Refusal};
use crate::call::Call;
use crate::{Body, Org, graphql as language, rules};

/// The body of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
}

/// Answers with 200, also when what is asked cannot be: `errors` says so.
pub(crate) fn graphql(org: &Org, mut call: Call) -> Result<Response<Body>, Refusal> {
    let asked: Asked =
        serde_json::from_slice(&call.json_bytes()?).map_err(|error| rules::Refusal::json(error.to_string()))?;
    let variables = asked.variables.unwrap_or_default();
    let answer = language::answer(&org.store, &asked.query, asked.operation_name.as_deref(), &variables);
    Ok(answer::json(StatusCode::OK, &answer))
}
