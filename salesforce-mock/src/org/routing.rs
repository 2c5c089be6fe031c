//! From a request to the endpoint that answers it: what every call has to pass.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName, WARNING, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Response, StatusCode};
use salesforce_types::{ApiVersion, RecordId};

use super::{Org, Usage};
use crate::answer::Refusal as Refused;
use crate::call::Call;
use crate::route::{Composite, Resource, Route};
use crate::{Body, endpoint};

/// Older versions are retired.
pub(crate) const OLDEST_VERSION: u16 = 31;
/// Versions up to this one still answer, with a warning.
const LAST_DEPRECATED: u16 = 40;
/// The org does not know newer ones.
pub(crate) const NEWEST_VERSION: u16 = ApiVersion::V68.major();

/// The longest path and query, and the longest head of a request, in bytes (REST reference 1.4).
const MAX_HEAD: usize = 16_384;

const LIMIT_INFO: HeaderName = HeaderName::from_static("sforce-limit-info");

impl Org {
    pub(super) fn answer(&mut self, parts: http::request::Parts, body: Body) -> Response<Body> {
        self.routed(parts, body).unwrap_or_else(Refused::into_response)
    }

    fn routed(&mut self, parts: http::request::Parts, body: Body) -> Result<Response<Body>, Refused> {
        let uri_length = parts.uri.path_and_query().map_or(0, |whole| whole.as_str().len());
        if uri_length > MAX_HEAD {
            return Err(Refused::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", "URI Too Long"));
        }
        let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if uri_length + headers > MAX_HEAD {
            return Err(Refused::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "REQUEST_HEADER_FIELDS_TOO_LARGE",
                "Request Header Fields Too Large",
            ));
        }
        let route = Route::of(parts.uri.path());
        let allowed = route.methods();
        let (version, resource) = match route {
            Route::Data { version, resource } => (version, resource),
            _ if !allowed.contains(&parts.method) => return Err(Refused::method(&parts.method, allowed)),
            Route::Versions => return Ok(endpoint::versions(OLDEST_VERSION..=NEWEST_VERSION)),
            Route::Token => return Ok(endpoint::token(self, Call::new(parts, body, ApiVersion::DEFAULT))),
            Route::Revoke => return Ok(endpoint::revoke(self, Call::new(parts, body, ApiVersion::DEFAULT))),
            Route::Introspect => return Ok(endpoint::introspect(self, Call::new(parts, body, ApiVersion::DEFAULT))),
            Route::Authorize => return Ok(endpoint::authorize(self, Call::new(parts, body, ApiVersion::DEFAULT))),
            Route::Connect => return Ok(endpoint::connect(self, Call::new(parts, body, ApiVersion::DEFAULT))),
            Route::OpenId => return Ok(endpoint::openid_configuration(self)),
            Route::UserInfo => return Ok(endpoint::user_info(self, self.user_of(&parts.headers))),
            Route::Identity { org, user } => {
                return Ok(endpoint::identity(self, self.user_of(&parts.headers), &org, &user));
            }
            Route::Soap { api, version } => {
                self.store.clock.advance(self.pace);
                return Ok(endpoint::soap(self, api, &version, Call::new(parts, body, ApiVersion::DEFAULT)));
            }
            Route::Classic { version, place } => {
                self.store.clock.advance(self.pace);
                return Ok(endpoint::classic(self, &version, Call::new(parts, body, ApiVersion::DEFAULT), place));
            }
            Route::Unknown => return Err(Refused::not_found()),
        };
        check_version(version)?;
        self.store.clock.advance(self.pace);
        self.authorise(&parts.headers)?;
        let usage = self.count_call();
        let mut response = match usage {
            Err(refused) => refused.into_response(),
            Ok(()) if !allowed.contains(&parts.method) => Refused::method(&parts.method, allowed).into_response(),
            Ok(()) => self.data(resource, Call::new(parts, body, version)).unwrap_or_else(Refused::into_response),
        };
        let usage = format!("api-usage={}/{}", self.usage.used, self.usage.allowed);
        if let Ok(usage) = HeaderValue::from_str(&usage) {
            response.headers_mut().insert(LIMIT_INFO, usage);
        }
        if version.major() <= LAST_DEPRECATED {
            let warning = HeaderValue::from_static("299 - \"This API version is deprecated and will be retired.\"");
            response.headers_mut().insert(WARNING, warning);
        }
        Ok(response)
    }

    fn data(&mut self, resource: Resource, call: Call) -> Result<Response<Body>, Refused> {
        match resource {
            Resource::Root => Ok(endpoint::resources(self, &call)),
            Resource::Limits => {
                let left = self.bulk.left(self.now());
                Ok(endpoint::limits(self.usage.used, self.usage.allowed, left))
            }
            Resource::RecordCount => Ok(endpoint::record_count(self, &call)),
            Resource::Query => endpoint::query(self, &call, false),
            Resource::QueryAll => endpoint::query(self, &call, true),
            Resource::QueryMore(locator) => endpoint::query_more(self, &call, &locator),
            Resource::Recent => endpoint::recent(self, &call),
            Resource::ApexRest(path) => endpoint::apex_rest(self, call, path),
            Resource::Tooling(path) => endpoint::tooling(self, call, &path),
            Resource::DeployRequest(id) => endpoint::deploy_request(self, call, id.as_deref()),
            Resource::Reports(path) => endpoint::analytics(self, &call, &path),
            Resource::GraphQl => endpoint::graphql(self, call),
            Resource::Search => endpoint::search(self, &call),
            Resource::ParameterizedSearch => endpoint::parameterized(self, call),
            Resource::ScopeOrder => Ok(endpoint::scope_order(self, &call)),
            Resource::SearchLayout => endpoint::search_layout(self, &call),
            Resource::Sobjects => Ok(endpoint::describe_global(self, &call)),
            Resource::Sobject(object) if call.method == Method::POST => endpoint::create(self, call, &object),
            Resource::Sobject(object) => endpoint::basic(self, &call, &object),
            Resource::Describe(object) => endpoint::describe(self, &call, &object),
            Resource::Updated(object) => endpoint::updated(self, &call, &object),
            Resource::Deleted(object) => endpoint::deleted(self, &call, &object),
            Resource::Row { object, id } => endpoint::row(self, call, &object, &id),
            Resource::Keyed { object, first, second } => endpoint::keyed(self, call, &object, &first, &second),
            Resource::Related { object, id, path } => endpoint::related(self, call, &object, &id, &path),
            Resource::Composite(composite) if call.version < composite.since() => Err(Refused::not_found()),
            Resource::Composite(composite) => self.composite(composite, call),
            Resource::Bulk(bulk) if call.version < bulk.since() => Err(Refused::not_found()),
            Resource::Bulk(bulk) => endpoint::jobs(self, call, bulk),
            Resource::Unknown => Err(Refused::not_found()),
        }
    }

    fn composite(&mut self, composite: Composite, call: Call) -> Result<Response<Body>, Refused> {
        match composite {
            Composite::Collection => endpoint::collection(self, call),
            Composite::Rows(object) => endpoint::rows(self, call, &object),
            Composite::Keyed { object, key } => endpoint::upsert(self, call, &object, &key),
            Composite::Requests => endpoint::composite(self, call),
            Composite::Batch => endpoint::batch(self, call),
            Composite::Graph => endpoint::graph(self, call),
            Composite::Tree(object) => endpoint::tree(self, call, &object),
        }
    }

    /// Answers a request that came inside of another: it goes to the same places, without a token and a count of its
    /// own.
    pub(crate) fn inner(&mut self, version: ApiVersion, resource: Resource, call: Call) -> Response<Body> {
        let route = Route::Data { version, resource };
        let allowed = route.methods();
        let answered = match route {
            _ if !allowed.contains(&call.method) => Err(Refused::method(&call.method, allowed)),
            Route::Data { resource, .. } => check_version(version).and_then(|()| self.data(resource, call)),
            _ => Err(Refused::not_found()),
        };
        answered.unwrap_or_else(Refused::into_response)
    }

    pub(crate) fn authorise(&self, headers: &http::HeaderMap) -> Result<RecordId, Refused> {
        let refused = |code, text| {
            let refused = Refused::new(StatusCode::UNAUTHORIZED, code, text);
            refused.with_header(WWW_AUTHENTICATE, "Token")
        };
        if headers.contains_key(AUTHORIZATION) && token_of(headers).is_none() {
            return Err(refused("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE"));
        }
        let session = token_of(headers).and_then(|token| self.sessions.find(token, self.now()));
        let session = session.ok_or_else(|| refused("INVALID_SESSION_ID", "Session expired or invalid"))?;
        if !session.scopes.iter().any(|scope| matches!(scope.as_str(), "api" | "full")) {
            return Err(refused("INVALID_SESSION_ID", "This session is not valid for use with the REST API"));
        }
        if self.without_api.contains(&session.user) {
            let text = "The REST API is not enabled for this Organization.";
            return Err(Refused::new(StatusCode::FORBIDDEN, "API_DISABLED_FOR_ORG", text));
        }
        Ok(session.user)
    }

    pub(crate) fn user_of(&self, headers: &http::HeaderMap) -> Option<RecordId> {
        self.sessions.user(token_of(headers)?, self.now())
    }

    /// Counts a call, or refuses it when the day's are used up.
    pub(crate) fn count_call(&mut self) -> Result<(), Refused> {
        let now = self.now();
        if self.long_requests.are_too_many(now) {
            let text = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
            return Err(Refused::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", text));
        }
        if now.since(self.usage.since) >= Duration::from_secs(86_400) {
            self.usage = Usage { used: 0, since: now, ..self.usage };
        }
        if self.usage.used >= self.usage.allowed {
            return Err(Refused::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."));
        }
        self.usage.used += 1;
        Ok(())
    }
}

/// Whether the org still, or already, knows a version.
fn check_version(version: ApiVersion) -> Result<(), Refused> {
    match version.major() {
        major if version > ApiVersion::new(major) || major > NEWEST_VERSION => Err(Refused::not_found()),
        major if major < OLDEST_VERSION => {
            let text = "The requested API version is retired. Use a version that /services/data lists.";
            Err(Refused::new(StatusCode::GONE, "GONE", text))
        }
        _ => Ok(()),
    }
}

/// The token of a request; nothing when the header is missing or says something else.
pub(super) fn token_of(headers: &http::HeaderMap) -> Option<&str> {
    let (kind, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (!token.is_empty() && (kind.eq_ignore_ascii_case("bearer") || kind.eq_ignore_ascii_case("oauth"))).then_some(token)
}
