//! `/services/apexrest/…`

use http::{Response, StatusCode};

use crate::answer::{self, Refusal};
use crate::apex::ApexCall;
use crate::call::Call;
use crate::{Body, Org};

/// What the class at that path answers.
pub(crate) fn apex_rest(org: &mut Org, mut call: Call, path: String) -> Result<Response<Body>, Refusal> {
    let class = org.apex.at(&path).ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", format!("Could not find a match for URL {path}"))
    })?;
    let body = call.bytes()?;
    let parameters = call.parameters().to_vec();
    let answer = class(&mut ApexCall { method: call.method, path, parameters, body, store: &mut org.store });
    Ok(match answer.body {
        Some(body) => answer::json_bytes(answer.status, body),
        None => answer::empty(answer.status),
    })
}
