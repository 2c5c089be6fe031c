//! Calls without a network.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use salesforce_mock::{Body, Delivery, Org};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) delivery: Delivery,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the first error.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.json()[0]["errorCode"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text)).to_owned()
    }
}

/// An org and a token for it.
pub(crate) struct Client {
    pub(crate) org: Org,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn new(mut org: Org) -> Self {
        let token = org.issue_token();
        Self { org, token }
    }

    pub(crate) fn empty() -> Self {
        Self::new(Org::empty())
    }

    /// A call with the token. A path without a slash is one of version 68.0.
    pub(crate) fn call(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/services/data/v68.0/{path}") };
        let mut request =
            Request::builder().method(method).uri(path).header(AUTHORIZATION, format!("Bearer {}", self.token));
        if !body.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
    }

    pub(crate) fn send(&mut self, request: Request<Body>) -> Answer {
        let mut response = self.org.handle(request);
        let delivery = response.extensions_mut().remove::<Delivery>().unwrap_or_default();
        let (parts, body) = response.into_parts();
        let bytes = body.into_bytes(usize::MAX).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text, delivery }
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, &[], "")
    }

    /// A call with a JSON body.
    pub(crate) fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &[], &body.to_string())
    }

    pub(crate) fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, &[], &body.to_string())
    }

    pub(crate) fn query(&mut self, soql: &str) -> Answer {
        self.get(&format!("query?q={}", encoded(soql)))
    }

    /// The rows of a query, without `attributes`.
    #[track_caller]
    pub(crate) fn rows(&mut self, soql: &str) -> Vec<Value> {
        let answer = self.query(soql);
        assert_eq!(answer.status, 200, "{soql}: {}", answer.text);
        let mut rows = answer.json()["records"].as_array().unwrap().clone();
        for row in &mut rows {
            row.as_object_mut().unwrap().remove("attributes");
        }
        rows
    }

    /// The texts of one field of the rows of a query.
    #[track_caller]
    pub(crate) fn names(&mut self, soql: &str) -> Vec<String> {
        let text = |row: &Value| row["Name"].as_str().unwrap_or_default().to_owned();
        self.rows(soql).iter().map(text).collect()
    }

    #[track_caller]
    pub(crate) fn insert(&mut self, object: &str, values: Value) -> String {
        self.org.insert(object, &values).unwrap_or_else(|error| panic!("{object} {values}: {error}")).to_string()
    }
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// An org with the objects of the demo and none of its rows.
pub(crate) fn with_demo_objects() -> Client {
    let schema = salesforce_mock::schema::Schema::demo();
    Client::new(Org::new(salesforce_mock::seed::with_schema(schema)))
}

/// The bytes of a file of recorded traffic; nothing, and a word about it, where there is none.
pub(crate) fn fixture_bytes(file: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("SALESFORCE_FIXTURES").unwrap_or_else(|_| "../../shared/fixtures".into());
    let bytes = std::fs::read(std::path::Path::new(&folder).join(file));
    if bytes.is_err() {
        println!("skipped: no fixtures");
    }
    bytes.ok()
}

/// A file of recorded traffic, seen from the repository's root; nothing, and a word about it, where there is none.
pub(crate) fn fixture(file: &str) -> Option<Value> {
    let folder = std::env::var("SALESFORCE_FIXTURES").unwrap_or_else(|_| "../../shared/fixtures".into());
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join(file));
    if text.is_err() {
        println!("skipped: no fixtures");
    }
    Some(serde_json::from_str(&text.ok()?).unwrap())
}

/// Whether two answers have the same keys and types everywhere, ids and other values apart.
pub(crate) fn same_shape(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same_shape(value, other)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_shape(left, right))
        }
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}
