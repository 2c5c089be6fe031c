//! `/services/Soap/u/XX.X` and `/services/Soap/c/XX.X`: the calls that REST lacks (REST reference 17);
//! `/services/Soap/m/XX.X`: the Metadata API.

mod envelope;
mod fault;
mod login;
mod recycle;
mod rows;
mod user;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use salesforce_types::{ApiVersion, RecordId};

use super::metadata;
use crate::call::Call;
use crate::org::routing::{NEWEST_VERSION, OLDEST_VERSION};
use crate::xml::Element;
use crate::{Body, Org};
pub(super) use envelope::Envelope;
pub(super) use fault::Fault;

/// The first version that takes tokens that are JWTs.
const JWT_SINCE: u16 = 68;

/// One of the APIs that speak SOAP: the letter in the path, and the names that come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// For any org: rows are lists of names and values.
    Partner,
    /// For one org: rows are types of their own. The calls that are here are the same in both.
    Enterprise,
    /// What the org is made of.
    Metadata,
}

impl Api {
    /// The API of that letter, as it stands in the path.
    pub(crate) fn of(letter: &str) -> Option<Self> {
        match letter {
            "u" => Some(Self::Partner),
            "c" => Some(Self::Enterprise),
            "m" => Some(Self::Metadata),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Partner => 'u',
            Self::Enterprise => 'c',
            Self::Metadata => 'm',
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:partner.soap.sforce.com",
            Self::Enterprise => "urn:enterprise.soap.sforce.com",
            Self::Metadata => crate::metadata::NAMESPACE,
        }
    }

    fn fault_namespace(self) -> &'static str {
        match self {
            Self::Partner => "urn:fault.partner.soap.sforce.com",
            Self::Enterprise => "urn:fault.enterprise.soap.sforce.com",
            Self::Metadata => crate::metadata::NAMESPACE,
        }
    }
}

/// Answers an envelope with an envelope.
pub(crate) fn soap(org: &mut Org, api: Api, version: &str, mut call: Call) -> Response<Body> {
    let answered = answered(org, api, version, &mut call);
    let (status, text) = match answered {
        Ok(text) => (StatusCode::OK, text),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, fault.write(api)),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=utf-8"));
    response
}

fn answered(org: &mut Org, api: Api, version: &str, call: &mut Call) -> Result<String, Fault> {
    let kind = call.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("text/xml") {
        return Err(Fault::client("content-type of the request should be text/xml"));
    }
    if call.header("soapaction").is_none() {
        return Err(Fault::client("SOAPAction HTTP header missing"));
    }
    let version = supported(version)?;
    let envelope = Envelope::read(&call.bytes()?)?;
    let operation = &envelope.operation;
    if operation.name == "login" && api != Api::Metadata {
        let result = login::login(org, api, version, operation)?;
        return Ok(envelope::write(api.namespace(), None, &response(operation, vec![result])));
    }
    let user = admitted(org, version, &envelope)?;
    org.count_call()?;
    if api == Api::Metadata {
        let results = metadata::call(org, user, &envelope)?;
        return Ok(envelope::write(api.namespace(), None, &response(operation, results)));
    }
    let results = match operation.name.as_str() {
        "undelete" => recycle::undelete(org, &envelope)?,
        "emptyRecycleBin" => recycle::empty(org, &envelope)?,
        "create" | "update" | "upsert" | "delete" => rows::save(org, api, version, &envelope)?,
        "logout" => {
            org.sessions.close(envelope.session.as_deref().unwrap_or_default());
            Vec::new()
        }
        "getUserInfo" => vec![user::info(org, user, "result")],
        "getServerTimestamp" => {
            vec![Element::new("result", vec![Element::leaf("timestamp", org.now().to_soql())])]
        }
        name => return Err(no_operation(api, name)),
    };
    Ok(envelope::write(api.namespace(), Some(org.calls()), &response(operation, results)))
}

/// The body asks for what the API does not have.
pub(super) fn no_operation(api: Api, name: &str) -> Fault {
    Fault::client(format!("No operation available for request {{{}}}{name}", api.namespace()))
}

fn response(operation: &Element, results: Vec<Element>) -> Element {
    Element::new(&format!("{}Response", operation.name), results)
}

/// The version of a path, if the org has it. It stands there without a `v`.
fn supported(version: &str) -> Result<ApiVersion, Fault> {
    let number = version.parse::<ApiVersion>().ok().filter(|_| !version.starts_with('v'));
    number
        .filter(|number| (OLDEST_VERSION..=NEWEST_VERSION).contains(&number.major()))
        .filter(|number| *number == ApiVersion::new(number.major()))
        .ok_or_else(|| Fault::new("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"))
}

/// The user behind the session of an envelope. The header `Authorization` means nothing here.
fn admitted(org: &Org, version: ApiVersion, envelope: &Envelope) -> Result<RecordId, Fault> {
    let invalid = |text: &str| Fault::new("INVALID_SESSION_ID", text);
    let illegal = "Invalid Session ID found in SessionHeader: Illegal Session";
    let token = envelope.session.as_deref().ok_or_else(|| invalid(illegal))?;
    if version.major() < JWT_SINCE && token.split('.').count() == 3 && token.starts_with("eyJ") {
        return Err(invalid(illegal));
    }
    let session = org.sessions.find(token, org.now()).ok_or_else(|| invalid(illegal))?;
    if !session.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full")) {
        return Err(invalid("This session is not valid for use with the API"));
    }
    if org.lacks_api(session.user) {
        return Err(Fault::new("API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner"));
    }
    Ok(session.user)
}
