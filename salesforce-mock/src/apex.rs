//! Classes that answer under `/services/apexrest`.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};

use crate::store::Store;

/// A call of a class.
pub struct ApexCall<'o> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) store: &'o mut Store,
}

impl ApexCall<'_> {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path below `/services/apexrest`, from its slash on, without percent signs.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// A parameter of the query string.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The rows of the org.
    pub fn store(&mut self) -> &mut Store {
        self.store
    }
}

/// What a class answers.
#[derive(Clone, Debug)]
pub struct ApexAnswer {
    pub(crate) status: StatusCode,
    /// JSON; nothing is an answer without a body.
    pub(crate) body: Option<Vec<u8>>,
}

impl ApexAnswer {
    /// 200 with a value.
    #[must_use]
    pub fn json(value: &serde_json::Value) -> Self {
        Self { status: StatusCode::OK, body: Some(value.to_string().into_bytes()) }
    }

    /// 204 without a body.
    #[must_use]
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    /// 500, as when the class throws: `System.MathException: Divide by 0`.
    #[must_use]
    pub fn exception(message: &str) -> Self {
        let body = serde_json::json!([{"errorCode": "APEX_ERROR", "message": message}]);
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::json(&body) }
    }

    /// The same with that status; a number that is no status counts as 500.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }
}

impl fmt::Debug for ApexCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApexCall").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

type Class = dyn Fn(&mut ApexCall<'_>) -> ApexAnswer + Send + Sync;

/// The classes, by the paths that they answer.
#[derive(Default)]
pub(crate) struct Classes(Vec<(String, Arc<Class>)>);

impl Classes {
    pub(crate) fn add(&mut self, path: &str, class: impl Fn(&mut ApexCall<'_>) -> ApexAnswer + Send + Sync + 'static) {
        let path = format!("/{}", path.trim_start_matches('/'));
        self.0.retain(|(other, _)| *other != path);
        self.0.push((path, Arc::new(class)));
    }

    /// The class that answers a path.
    pub(crate) fn at(&self, path: &str) -> Option<Arc<Class>> {
        let fits = |mapped: &str| match mapped.strip_suffix("/*") {
            Some(above) => path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            None => path == mapped,
        };
        let fitting = self.0.iter().filter(|(mapped, _)| fits(mapped));
        fitting.max_by_key(|(mapped, _)| mapped.len()).map(|(_, class)| Arc::clone(class))
    }
}

impl fmt::Debug for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(path, _)| path)).finish()
    }
}
