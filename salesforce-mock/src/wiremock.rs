//! The org as an answer of `wiremock`.

use std::sync::{Arc, Mutex, PoisonError};

use http::Request;
use wiremock::{Respond, ResponseTemplate};

use crate::{Body, Delivery, Org, Part};

/// Answers of an org for a `wiremock` server, so that a host's own mocks can lie over it.
///
/// Mount it with a low priority for every path; a mock with a higher one answers first, and what none takes, the org
/// answers. Clones share the org.
///
/// ```
/// use salesforce_mock::{Org, OrgResponder};
/// use wiremock::matchers::{any, path};
/// use wiremock::{Mock, MockServer, ResponseTemplate};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let server = MockServer::start().await;
/// let org = OrgResponder::new(Org::empty());
/// org.with(|org| org.set_base_url(&server.uri()));
/// Mock::given(any()).respond_with(org.clone()).with_priority(255).mount(&server).await;
/// let own = ResponseTemplate::new(503);
/// Mock::given(path("/services/data/v68.0/limits")).respond_with(own).mount(&server).await;
/// # });
/// ```
///
/// A fault that delays works; one that cuts the connection cannot, since `wiremock` answers whole: it is answered with
/// status 500 and a sentence that says so.
#[derive(Clone, Debug)]
pub struct OrgResponder {
    org: Arc<Mutex<Org>>,
}

impl OrgResponder {
    /// Answers of this org.
    #[must_use]
    pub fn new(org: Org) -> Self {
        Self { org: Arc::new(Mutex::new(org)) }
    }

    /// Works on the org itself, between two requests.
    pub fn with<T>(&self, work: impl FnOnce(&mut Org) -> T) -> T {
        work(&mut self.org.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Respond for OrgResponder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let failed = |text: &'static str| ResponseTemplate::new(500).set_body_string(text);
        let target = match request.url.query() {
            Some(query) => format!("{}?{query}", request.url.path()),
            None => request.url.path().to_owned(),
        };
        let built =
            Request::builder().method(request.method.clone()).uri(target).body(Body::from(request.body.clone()));
        let Ok(mut call) = built else { return failed("the request has no target that can be read") };
        *call.headers_mut() = request.headers.clone();
        let mut response = self.with(|org| org.handle(call));
        let delivery = response.extensions_mut().remove::<Delivery>().unwrap_or_default();
        if delivery.part != Part::Whole {
            return failed("a fault was to cut the connection, which wiremock cannot do: use MockOrg for it");
        }
        let (parts, body) = response.into_parts();
        let Ok(body) = body.into_bytes(usize::MAX) else { return failed("a piece of the body could not be made") };
        let mut template = ResponseTemplate::new(parts.status.as_u16()).set_body_bytes(body).set_delay(delivery.delay);
        for (name, value) in &parts.headers {
            template = template.append_header(name, value);
        }
        template
    }
}
