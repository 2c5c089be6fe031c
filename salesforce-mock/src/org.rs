//! An org as a state machine: a request in, an answer out.

mod long_requests;
pub(crate) mod routing;
mod settings;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, DATE, HeaderValue};
use http::{Method, Request, Response};
use salesforce_types::describe::FieldType;
use salesforce_types::{Record, RecordId, Timestamp};

use crate::apex::Classes;
use crate::endpoint::Reports;
use crate::fault::{self, Faults, Play};
use crate::journal::{self, Entry};
use crate::oauth::{App, Logins};
use crate::route;
use crate::rules::{Draft, Refusal};
use crate::schema::Schema;
use crate::session::Sessions;
use crate::soql::{self, Cursors};
use crate::store::Store;
use crate::value::Value;
use crate::{Blob, Body, Bulk, Fault, Files, Journal, Metadata, endpoint, http_time, metadata, seed};

use long_requests::LongRequests;
use routing::token_of;

/// A Salesforce org that remembers: its schema, its rows, its clock, who may log in, what it was asked.
///
/// [`handle`](Self::handle) is all there is to it: no sockets, no threads, no time of its own but the
/// [clock](crate::OrgClock). `MockOrg` puts a server in front of it.
///
/// ```
/// use http::Request;
/// use salesforce_mock::{Body, Org};
///
/// let mut org = Org::empty();
/// let answer = org.handle(Request::get("/services/data").body(Body::empty())?);
/// assert_eq!(answer.status(), 200);
///
/// let token = org.issue_token();
/// let request = Request::get("/services/data/v68.0/query?q=SELECT+Id+FROM+Account")
///     .header("authorization", format!("Bearer {token}"))
///     .body(Body::empty())?;
/// let answer = org.handle(request).into_body().into_bytes(1000)?;
/// assert_eq!(answer, r#"{"totalSize":0,"done":true,"records":[]}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Org {
    pub(crate) store: Store,
    pub(crate) app: App,
    pub(crate) sessions: Sessions,
    pub(crate) logins: Logins,
    /// Users who lack the permission "API Enabled".
    without_api: HashSet<RecordId>,
    /// Whether SOAP's `login()` is enabled.
    pub(crate) soap_login: bool,
    /// How far the clock goes at each call of the API.
    pace: Duration,
    pub(crate) cursors: Cursors,
    pub(crate) bulk: Bulk,
    pub(crate) metadata: Metadata,
    pub(crate) base_url: String,
    /// The schema that was described last, and since when it is as it is; describes say so.
    described: (Arc<Schema>, Timestamp),
    usage: Usage,
    long_requests: LongRequests,
    pub(crate) apex: Classes,
    pub(crate) reports: Reports,
    /// Classes by name, with their text.
    pub(crate) classes: Vec<(String, String)>,
    /// The most ids that getUpdated and getDeleted answer with.
    pub(crate) replication_limit: usize,
    journal: Journal,
    faults: Faults,
}

/// The calls of the day.
#[derive(Debug)]
struct Usage {
    used: u64,
    allowed: u64,
    since: Timestamp,
}

impl Org {
    /// An org with the standard objects, its organization and one user, and nothing else.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(seed::empty())
    }

    /// The demo org: about 25,000 rows of 12 and more objects, the same every time.
    #[must_use]
    pub fn demo() -> Self {
        Self::new(seed::demo())
    }

    /// An org with about that many rows, made from a seed: the same numbers give the same rows.
    #[must_use]
    pub fn generated(rows: usize, seed: u64) -> Self {
        Self::new(seed::generated(rows, seed))
    }

    /// An org with the objects of one or more folders in source format, and the rows of their data plans.
    ///
    /// # Errors
    ///
    /// A sentence that names the file that cannot be read, and why.
    pub fn from_project<P: AsRef<Path>>(folders: impl IntoIterator<Item = P>) -> Result<Self, seed::ProjectError> {
        Ok(Self::new(seed::from_project(folders)?))
    }

    /// An org with these rows.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let now = store.clock.stamp();
        let described = (Arc::clone(store.schema()), now);
        Self {
            store,
            app: App::default(),
            sessions: Sessions::default(),
            logins: Logins::default(),
            without_api: HashSet::new(),
            soap_login: true,
            pace: Duration::ZERO,
            cursors: Cursors::default(),
            bulk: Bulk::default(),
            metadata: Metadata::default(),
            base_url: "https://mock.my.salesforce.com".into(),
            described,
            usage: Usage { used: 0, allowed: 5_000_000, since: now },
            long_requests: LongRequests::default(),
            apex: Classes::default(),
            reports: Reports::default(),
            classes: Vec::new(),
            replication_limit: 600_000,
            journal: Journal::default(),
            faults: Faults::default(),
        }
    }

    /// Answers a request.
    ///
    /// How the answer is to be brought, when a fault says so, is in its extensions: [`Delivery`](crate::Delivery).
    pub fn handle(&mut self, request: Request<Body>) -> Response<Body> {
        self.store.settle();
        self.store.tidy_deletions();
        endpoint::run_jobs(self);
        metadata::run(self);
        if !Arc::ptr_eq(&self.described.0, self.store.schema()) {
            self.described = (Arc::clone(self.store.schema()), self.store.clock.stamp());
        }
        let at = self.now();
        let (mut parts, body) = request.into_parts();
        override_method(&mut parts);
        session_of_bulk(&mut parts);
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().map(|query| route::decoded(&query.replace('+', " ")));
        let fault = if self.faults.is_empty() {
            None
        } else {
            let decoded = format!("{}?{}", route::decoded(&path), query.as_deref().unwrap_or_default());
            self.faults.next(&parts.method, &path, &decoded)
        };
        let user = self.user_of(&parts.headers);
        let (method, headers) = (parts.method.clone(), journal::redacted(&parts.headers));
        let (name, play) = fault.unzip();
        let mut response = match play {
            Some(Play::Instead(response)) => response,
            Some(Play::WithExpiredToken) => {
                if let Some(token) = token_of(&parts.headers) {
                    self.sessions.close(token);
                }
                self.answer(parts, body)
            }
            Some(Play::Deliver(delivery)) => {
                let mut response = self.answer(parts, body);
                self.long_requests.note(at, delivery.delay);
                response.extensions_mut().insert(delivery);
                response
            }
            Some(Play::Rows(rows)) => {
                let mut response = self.answer(parts, body);
                fault::shorten(&mut response, rows);
                response
            }
            Some(Play::Count(by)) => {
                let mut response = self.answer(parts, body);
                fault::miscount(&mut response, by);
                response
            }
            Some(Play::GzipGarbage) => {
                let mut response = self.answer(parts, body);
                fault::spoil(&mut response);
                response
            }
            None => self.answer(parts, body),
        };
        response.headers_mut().insert(DATE, http_time::write(self.now()));
        if method == Method::HEAD {
            if let Some(size) = response.body().size() {
                response.headers_mut().insert(CONTENT_LENGTH, size.into());
            }
            *response.body_mut() = Body::empty();
        }
        let user = user.and_then(|user| self.text_of(user, "Username"));
        let status = response.status();
        self.journal.note(Entry { at, method, path, query, headers, user, status, fault: name });
        response
    }

    /// What time it is in the org.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.store.clock.now()
    }

    /// Moves the org's clock forward.
    pub fn advance(&mut self, by: Duration) {
        self.store.clock.advance(by);
        endpoint::run_jobs(self);
        metadata::run(self);
    }

    /// How jobs of the Bulk API run.
    #[must_use]
    pub fn bulk(&self) -> &Bulk {
        &self.bulk
    }

    /// The same, to change it.
    pub fn bulk_mut(&mut self) -> &mut Bulk {
        &mut self.bulk
    }

    /// The Metadata API: what a test sets about it.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The same, to change it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    /// The rows, the schema and the clock.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The rows, the schema and the clock, to change them.
    pub fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Creates a row as a call of the API would; without a call.
    ///
    /// ```
    /// use salesforce_mock::Org;
    /// use serde_json::json;
    ///
    /// let mut org = Org::empty();
    /// let id = org.insert("Account", &json!({"Name": "Acme"}))?;
    /// assert_eq!(org.query("SELECT Name FROM Account")?[0].id(), None);
    /// org.update(id, &json!({"Name": "Acme & Co"}))?;
    /// org.delete(id)?;
    /// # Ok::<(), salesforce_mock::rules::Refusal>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn insert(&mut self, object: &str, values: &serde_json::Value) -> Result<RecordId, Refusal> {
        let schema = Arc::clone(self.store.schema());
        let object = schema.object(object).ok_or_else(Refusal::not_found)?;
        self.store.create(object, &Draft::from(values)).map_err(first)
    }

    /// The same for a draft, which may hold files that JSON cannot.
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn insert_draft(&mut self, object: &str, draft: &Draft) -> Result<RecordId, Refusal> {
        let schema = Arc::clone(self.store.schema());
        let object = schema.object(object).ok_or_else(Refusal::not_found)?;
        self.store.create(object, draft).map_err(first)
    }

    /// Puts other bytes into a row, as they are: a file that grows or shrinks while somebody reads it. What the row says
    /// of its length and checksum stays as it was.
    ///
    /// # Errors
    ///
    /// There is no such row, or it has no such field.
    pub fn replace_blob(&mut self, id: RecordId, field: &str, blob: Blob) -> Result<(), Refusal> {
        let (object, _) = self.store.find(id).ok_or_else(Refusal::not_found)?;
        let field = object.field(field).filter(|field| field.kind == FieldType::Base64);
        let place = field.ok_or_else(Refusal::not_found)?.index;
        self.store.set_cells(id, vec![(place, Value::Blob(Arc::new(blob)))]);
        Ok(())
    }

    /// How large files may be, and how much of them the org holds.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.store.files
    }

    /// The same, to change it.
    pub fn files_mut(&mut self) -> &mut Files {
        &mut self.store.files
    }

    /// Changes a row as a call of the API would; without a call.
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn update(&mut self, id: RecordId, values: &serde_json::Value) -> Result<(), Refusal> {
        self.store.update(id, &Draft::from(values)).map_err(first)
    }

    /// Deletes a row as a call of the API would; without a call.
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn delete(&mut self, id: RecordId) -> Result<(), Refusal> {
        self.store.delete(id)
    }

    /// All rows of a query, without a call and without pages.
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn query(&self, soql: &str) -> Result<Vec<Record>, Refusal> {
        self.rows(soql, false)
    }

    /// All rows of a query, those in the recycle bin among them, without a call and without pages.
    ///
    /// # Errors
    ///
    /// The refusal that a call would get.
    pub fn query_all(&self, soql: &str) -> Result<Vec<Record>, Refusal> {
        self.rows(soql, true)
    }

    fn rows(&self, soql: &str, all_rows: bool) -> Result<Vec<Record>, Refusal> {
        let body = soql::whole(&self.store, soql, all_rows)?;
        let page: Page = serde_json::from_slice(&body).expect("the page was written here");
        Ok(page.records)
    }

    /// Lets something go wrong.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Takes back all faults that are still to play.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// What was asked and answered so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The same, to forget it.
    pub fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// Changes the app that may log in.
    pub fn set_app(&mut self, client_id: impl Into<String>, client_secret: impl Into<String>) {
        (self.app.client_id, self.app.client_secret) = (client_id.into(), client_secret.into());
    }

    /// The app that may log in, and its policies.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The same, to change them. What was granted stays as it was.
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// The password of every user, for the flows that take one.
    #[must_use]
    pub fn password(&self) -> &str {
        "mock-password1"
    }

    /// The security token that comes after the password.
    #[must_use]
    pub fn security_token(&self) -> &str {
        "mockSecurityToken"
    }

    /// A refresh token for the app's user, as if somebody had logged in with a browser.
    pub fn issue_refresh_token(&mut self) -> String {
        let (now, user) = (self.now(), self.store.user);
        let token = self.logins.secret("5Aep861", 80);
        let scopes = self.app.scopes.clone();
        let (_, ended) = self.logins.families.begin(&self.app.client_id, user, scopes, token.clone(), now);
        if let Some(ended) = ended {
            self.sessions.close_family(ended);
        }
        token
    }

    /// Ends everything that was granted, as an administrator does in "OAuth Usage".
    pub fn revoke_grants(&mut self) {
        self.logins.families.end_of(None);
        self.sessions.close_all();
    }

    /// Freezes a user, or ends that. A frozen user's tokens are dead, and no login gives another.
    pub fn set_frozen(&mut self, user: RecordId, frozen: bool) {
        if frozen {
            self.logins.frozen.insert(user);
            self.sessions.close_user(user);
        } else {
            self.logins.frozen.remove(&user);
        }
    }

    /// Gives a user the permission "API Enabled", or takes it.
    pub fn set_api_enabled(&mut self, user: RecordId, enabled: bool) {
        if enabled {
            self.without_api.remove(&user)
        } else {
            self.without_api.insert(user)
        };
    }

    /// How often a refresh token came that had been replaced. Each time everything of its login was revoked.
    #[must_use]
    pub fn reused_refresh_tokens(&self) -> u64 {
        self.logins.families.reused
    }

    /// Moves the clock by so much at each call of the API, so that a test that calls has an hour pass.
    pub fn set_pace(&mut self, pace: Duration) {
        self.pace = pace;
    }

    /// The id of the app that may log in.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.app.client_id
    }

    /// The app's secret.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.app.client_secret
    }

    /// The org's id.
    #[must_use]
    pub fn org_id(&self) -> RecordId {
        self.store.organization
    }

    /// The name of the user as whom the app runs.
    #[must_use]
    pub fn username(&self) -> String {
        self.text_of(self.store.user, "Username").unwrap_or_default()
    }

    /// A new token for the app's user.
    pub fn issue_token(&mut self) -> String {
        let now = self.now();
        let (of, jwt) = ((self.store.organization, self.store.user), self.app.gives_jwts);
        self.sessions.open(of, &self.app.client_id, &["api".to_owned()], None, jwt, now)
    }

    /// Makes every token that was given so far invalid.
    pub fn expire_tokens(&mut self) {
        self.sessions.close_all();
    }

    /// Sets how long new tokens are good for, by the org's clock; two hours if nothing is said.
    pub fn set_token_lifetime(&mut self, lifetime: Duration) {
        self.sessions.lifetime = lifetime;
    }

    /// Sets how many calls a day the org answers, and how many are used already.
    pub fn set_daily_calls(&mut self, used: u64, allowed: u64) {
        self.usage = Usage { used, allowed, since: self.now() };
    }

    /// Where the org is. The server sets it; an address without a slash at its end.
    pub fn set_base_url(&mut self, url: &str) {
        self.base_url = url.trim_end_matches('/').to_owned();
    }

    /// The calls of the day: used and allowed.
    pub(crate) fn calls(&self) -> (u64, u64) {
        (self.usage.used, self.usage.allowed)
    }

    /// Whether a user lacks the permission "API Enabled".
    pub(crate) fn lacks_api(&self, user: RecordId) -> bool {
        self.without_api.contains(&user)
    }

    /// Since when the schema is as it is.
    pub(crate) fn described(&self) -> Timestamp {
        self.described.1
    }

    /// When the org was made: the row of its organization says so.
    pub(crate) fn created(&self) -> Option<Timestamp> {
        let (object, row) = self.store.find(self.store.organization)?;
        match row.get(object.known.created_date?) {
            crate::value::Value::DateTime(stamp) => Some(*stamp),
            _ => None,
        }
    }

    /// A text of a row that is there.
    pub(crate) fn text_of(&self, id: RecordId, field: &str) -> Option<String> {
        let (object, row) = self.store.find(id)?;
        let value = self.store.read(object, row, object.field(field)?);
        value.as_text().map(str::to_owned)
    }
}

/// The rows of a page.
#[derive(serde::Deserialize)]
struct Page {
    records: Vec<Record>,
}

fn first(refusals: Vec<Refusal>) -> Refusal {
    refusals.into_iter().next().unwrap_or_else(Refusal::not_found)
}

/// `?_HttpMethod=PATCH` on a POST, for clients that cannot send the method itself.
fn override_method(parts: &mut http::request::Parts) {
    let query = parts.uri.query().unwrap_or_default();
    if parts.method != Method::POST || !query.contains("_HttpMethod") {
        return;
    }
    let wanted = route::pairs(query).into_iter().find(|(name, _)| name == "_HttpMethod");
    if let Some(method) = wanted.and_then(|(_, method)| Method::from_bytes(method.as_bytes()).ok()) {
        parts.method = method;
    }
}

/// The Bulk API 1.0 takes its token in a header of its own, too.
fn session_of_bulk(parts: &mut http::request::Parts) {
    if !parts.uri.path().starts_with("/services/async/") || parts.headers.contains_key(AUTHORIZATION) {
        return;
    }
    let token = parts.headers.get("x-sfdc-session").and_then(|token| token.to_str().ok());
    if let Some(token) = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok()) {
        parts.headers.insert(AUTHORIZATION, token);
    }
}
