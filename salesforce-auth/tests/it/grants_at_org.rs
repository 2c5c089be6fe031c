//! Granted logins at the mock org, which rotates refresh tokens and revokes on reuse.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture, try_join_all};
use salesforce_auth::{
    App, AuthorizationCode, Cached, Callback, CallbackError, DeviceCode, Environment, Exchange, FileStore, Grant,
    JwtBearer, LoginServer, MemoryStore, PendingLogin, Reauthorize, Refreshing, Refusal, RefusalKind, Signer,
    TokenStore,
};
use salesforce_http::{
    Body, Clock, Connection, ErrorKind, Request, Result, TokenProvider, Transport, async_trait, transport,
};
use salesforce_mock::{Fault, MockOrg, Org};
use salesforce_types::Timestamp;
use url::Url;

pub(crate) const TOKEN: &str = "/services/oauth2/token";
pub(crate) const CALLBACK: &str = "http://localhost:1717/OauthRedirect";

pub(crate) async fn start() -> MockOrg {
    MockOrg::serve(Org::empty()).await
}

pub(crate) fn app(org: &MockOrg) -> App {
    App::confidential(org.client_id(), org.client_secret().into())
}

pub(crate) fn browser_flow(org: &MockOrg) -> AuthorizationCode {
    AuthorizationCode::new(org.login_url(), App::public(org.client_id()), CALLBACK).build().unwrap()
}

/// A form that a person's browser posts; where it leads.
async fn post(url: &str, pairs: &[(&str, &str)]) -> Option<String> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    let browser: Arc<dyn Transport> = transport::Settings::new().build().unwrap();
    let answer = browser.send(request).await.unwrap();
    answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned())
}

/// The person's part: the page is filled in, and the browser comes back.
pub(crate) async fn decide(pending: &PendingLogin, decision: &str, more: &[(&str, &str)]) -> Callback {
    let page = Url::parse(pending.authorize_url()).unwrap();
    let mut pairs: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.push(("decision", decision));
    pairs.extend(more);
    Callback::new(post(page.as_str().split('?').next().unwrap(), &pairs).await.expect("the browser is sent back"))
}

pub(crate) async fn log_in(org: &MockOrg) -> Grant {
    let flow = browser_flow(org);
    let pending = flow.begin().unwrap();
    let callback = decide(&pending, "allow", &[]).await;
    flow.finish(pending, callback).await.unwrap()
}

pub(crate) async fn connected(org: &MockOrg, store: impl TokenStore + 'static) -> Refreshing {
    let tokens = Refreshing::new(org.login_url(), App::public(org.client_id()), store).build().unwrap();
    tokens.connect(log_in(org).await).await.unwrap();
    tokens
}

#[tokio::test]
async fn k_34_five_outcomes_of_a_browser_login_are_five_types() {
    let org = start().await;
    let flow = browser_flow(&org);
    let approved = log_in(&org).await;
    assert_eq!(approved.organization_id().unwrap().to_string(), org.org_id());

    let pending = flow.begin().unwrap();
    let callback = decide(&pending, "deny", &[]).await;
    let declined = flow.finish(pending, callback).await.unwrap_err();
    assert_eq!(Refusal::of(&declined).unwrap().kind(), RefusalKind::Declined);

    let pending = flow.begin().unwrap();
    let callback = decide(&pending, "allow", &[("state", "tampered")]).await;
    let tampered = flow.finish(pending, callback).await.unwrap_err();
    assert_eq!(CallbackError::of(&tampered), Some(CallbackError::NotOurs));

    let pending = flow.begin().unwrap();
    let callback = decide(&pending, "allow", &[]).await;
    org.with(|org| org.advance(Duration::from_secs(700)));
    let expired = flow.finish(pending, callback).await.unwrap_err();
    assert_eq!(Refusal::of(&expired).unwrap().kind(), RefusalKind::CodeExpired);

    let pending = flow.begin().unwrap();
    let stored = pending.expose();
    let back = decide(&pending, "allow", &[]).await;
    // The same answer, brought twice: by the program and by whoever saw it.
    let code = url_of(&pending, &org).await;
    flow.finish(pending, back).await.unwrap();
    let again = PendingLogin::parse(&stored).unwrap();
    let first = flow.finish(PendingLogin::parse(&stored).unwrap(), Callback::new(code.clone())).await;
    first.unwrap();
    let reused = flow.finish(again, Callback::new(code)).await.unwrap_err();
    assert_eq!(Refusal::of(&reused).unwrap().kind(), RefusalKind::CodeUsed);
}

/// A callback as text, for a test that brings it twice.
async fn url_of(pending: &PendingLogin, org: &MockOrg) -> String {
    let page = Url::parse(pending.authorize_url()).unwrap();
    let mut pairs: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    pairs.push(("decision".into(), "allow".into()));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post(&format!("{}/services/oauth2/authorize", org.url()), &pairs).await.unwrap()
}

#[tokio::test]
async fn r_08_k_32_who_logged_in_is_who_the_org_says() {
    let org = start().await;
    let grant = log_in(&org).await;
    let server = LoginServer::new(org.login_url(), app(&org)).build().unwrap();
    let token = grant.access_token().unwrap();
    let who = server.user_info(&token).await.unwrap();
    assert_eq!((who.username, who.user_id.id()), (org.username(), grant.user_id()));
    assert_eq!(server.identity(&token).await.unwrap().user_id.id(), grant.user_id());
    assert!(server.introspect(grant.refresh_token().unwrap()).await.unwrap().active);
    assert_eq!(server.openid_configuration().await.unwrap().issuer, org.url());
    let kind = |expected| server.check_environment(&token, expected);
    assert!(kind(Environment::Sandbox).await.is_ok() != kind(Environment::Production).await.is_ok());
    server.revoke_grant(&grant).await.unwrap();
    server.revoke_grant(&grant).await.unwrap();
    assert!(!server.introspect(token.secret()).await.unwrap().active);
    assert_eq!(server.user_info(&token).await.unwrap_err().kind(), ErrorKind::Auth);
}

#[tokio::test]
async fn b10_01_a_crowd_under_rotation_causes_one_renewal_and_no_reuse() {
    let org = start().await;
    let connection = Connection::builder(connected(&org, MemoryStore::new()).await).build().unwrap();
    for round in 1..6 {
        try_join_all((0..20).map(|_| connection.send(Request::get("limits")))).await.unwrap();
        assert_eq!(org.journal().count(TOKEN), round, "the login and a renewal each round");
        org.expire_tokens();
    }
    assert_eq!(org.with(|org| org.reused_refresh_tokens()), 0);
}

#[tokio::test]
async fn s_18_a_revocation_in_the_middle_is_one_attempt_and_one_clear_error() {
    let org = start().await;
    let tokens = connected(&org, MemoryStore::new()).await;
    let connection = Connection::builder(tokens.clone()).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.with(Org::revoke_grants);
    for _ in 0..3 {
        let error = connection.send(Request::get("limits")).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Auth && error.to_string().contains("connect again"), "{error}");
    }
    assert_eq!(org.journal().count(TOKEN), 2);
    tokens.connect(log_in(&org).await).await.unwrap();
    connection.send(Request::get("limits")).await.unwrap();
}

#[tokio::test]
async fn b10_02_an_answer_lost_on_the_way_is_not_asked_for_again() {
    let org = start().await;
    let connection = Connection::builder(connected(&org, MemoryStore::new()).await).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.expire_tokens();
    org.fault(Fault::lost_answer().at(TOKEN));
    for _ in 0..3 {
        let error = connection.send(Request::get("limits")).await.unwrap_err();
        assert_eq!(Reauthorize::of(&error), Some(&Reauthorize::AnswerLost), "{error}");
    }
    assert_eq!((org.journal().count(TOKEN), org.with(|org| org.reused_refresh_tokens())), (2, 0));
}

#[tokio::test]
async fn k_54_a_user_who_may_not_log_in_is_told_why() {
    let org = start().await;
    let tokens = connected(&org, MemoryStore::new()).await;
    let connection = Connection::builder(tokens.clone()).build().unwrap();
    let user = org.with(|org| org.store().user);
    let refused = async || {
        org.expire_tokens();
        let error = connection.send(Request::get("limits")).await.unwrap_err();
        Refusal::of(&error).map(Refusal::kind)
    };
    org.with(|org| org.set_frozen(user, true));
    assert_eq!(refused().await, Some(RefusalKind::InactiveUser));
    org.with(|org| org.set_frozen(user, false));
    tokens.forgive();
    connection.send(Request::get("limits")).await.unwrap();
    org.with(|org| org.app_mut().refuses_address = true);
    assert_eq!(refused().await, Some(RefusalKind::IpRestricted));
    org.with(|org| org.app_mut().refuses_address = false);
    tokens.forgive();
    org.with(|org| org.app_mut().blocked = true);
    assert_eq!(refused().await, Some(RefusalKind::AppBlocked));
}

#[tokio::test]
async fn k_08_a_missing_permission_is_no_expired_token() {
    let org = start().await;
    let connection = Connection::builder(connected(&org, MemoryStore::new()).await).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    let user = org.with(|org| org.store().user);
    org.with(|org| org.set_api_enabled(user, false));
    let error = connection.send(Request::get("limits")).await.unwrap_err();
    assert_eq!((error.kind(), org.journal().count(TOKEN)), (ErrorKind::Denied, 1), "{error}");
}

#[tokio::test]
async fn a_03_a_16_a_20_r_18_what_an_administrator_has_to_set_is_told_apart() {
    let org = start().await;
    let flow = || {
        salesforce_auth::ClientCredentials::new(org.login_url(), org.client_id(), org.client_secret().into())
            .build()
            .unwrap()
    };
    let refused = async || Refusal::of(&flow().exchange().await.unwrap_err()).unwrap().kind();
    org.with(|org| org.app_mut().run_as = Some("005Qz00000000zz".parse().unwrap()));
    assert_eq!(refused().await, RefusalKind::NoRunAsUser);
    org.with(|org| org.app_mut().run_as = None);
    org.with(|org| org.app_mut().admin_approved_only = true);
    assert_eq!(refused().await, RefusalKind::NotApproved);
    org.with(|org| org.app_mut().admin_approved_only = false);
    org.with(|org| org.app_mut().scopes.push("full".into()));
    assert_eq!(refused().await, RefusalKind::ScopeTooBroad);
    org.with(|org| org.app_mut().scopes.pop());
    org.with(|org| org.app_mut().client_credentials = false);
    assert_eq!(refused().await, RefusalKind::FlowDisabled);
    org.with(|org| org.app_mut().client_credentials = true);
    let token = flow().exchange().await.unwrap();
    assert_eq!(token.scopes(), ["api"]);
}

#[tokio::test]
async fn r_07_r_14_client_credentials_open_no_page_and_ask_again_once_when_a_token_ends() {
    let org = start().await;
    let flow = salesforce_auth::ClientCredentials::new(org.login_url(), org.client_id(), org.client_secret().into());
    let connection = Connection::builder(Cached::new(flow.build().unwrap())).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.expire_tokens();
    connection.send(Request::get("limits")).await.unwrap();
    assert_eq!(org.journal().count(TOKEN), 2);
    assert_eq!(org.journal().count("/services/oauth2/authorize"), 0);
}

#[tokio::test]
async fn r_50_a_fixed_token_that_ends_is_final() {
    let org = start().await;
    let fixed = salesforce_auth::FixedToken::new(org.url(), org.access_token().into()).unwrap();
    let connection = Connection::builder(fixed).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.expire_tokens();
    let error = connection.send(Request::get("limits")).await.unwrap_err();
    assert_eq!((error.kind(), Reauthorize::of(&error)), (ErrorKind::Auth, Some(&Reauthorize::TokenEnded)));
    assert_eq!(org.journal().count(TOKEN), 0);
}

/// A clock by which a device's pause is over at once and no call takes too long, however slow the machine is.
#[derive(Debug)]
struct Impatient;

impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < Duration::from_secs(10) { future::ready(()).boxed() } else { future::pending().boxed() }
    }
}

#[tokio::test]
async fn a_device_is_let_in_or_not_by_a_person_elsewhere() {
    let org = start().await;
    let flow = DeviceCode::new(org.login_url(), App::public(org.client_id())).clock(Arc::new(Impatient));
    let flow = flow.build().unwrap();
    let code = flow.begin().await.unwrap();
    post(code.verification_uri(), &[("user_code", code.user_code()), ("decision", "deny")]).await;
    let declined = flow.finish(code).await.unwrap_err();
    assert_eq!(Refusal::of(&declined).unwrap().kind(), RefusalKind::Declined);
    let code = flow.begin().await.unwrap();
    post(code.verification_uri(), &[("user_code", code.user_code()), ("decision", "allow")]).await;
    assert!(flow.finish(code).await.unwrap().has_refresh_token());
}

#[derive(Debug)]
pub(crate) struct Good;

#[async_trait]
impl Signer for Good {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>> {
        Ok(b"good".to_vec())
    }
}

#[tokio::test]
async fn c_30_an_assertion_logs_in_who_was_pre_authorized() {
    let org = start().await;
    org.with(|org| org.app_mut().set_certificate(|_, signature| signature == b"good"));
    let flow = JwtBearer::new(org.login_url(), org.client_id(), org.username(), Good).build().unwrap();
    let refused = flow.exchange().await.unwrap_err();
    assert_eq!(Refusal::of(&refused).unwrap().kind(), RefusalKind::NotApproved);
    let user = org.with(|org| org.store().user);
    org.with(|org| (org.app_mut().admin_approved_only, org.app_mut().approved) = (true, vec![user]));
    assert_eq!(flow.exchange().await.unwrap().user_id(), Some(user));
}

#[tokio::test]
async fn a_restart_goes_on_with_what_is_stored() {
    let org = start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("grant"));
    drop(connected(&org, store.clone()).await);
    for start in 1..4 {
        org.expire_tokens();
        let tokens = Refreshing::new(org.login_url(), App::public(org.client_id()), store.clone()).build().unwrap();
        let connection = Connection::builder(tokens).build().unwrap();
        connection.send(Request::get("limits")).await.unwrap();
        assert_eq!(org.journal().count(TOKEN), 1 + start);
    }
    // One whose token is still good needs no renewal.
    let tokens = Refreshing::new(org.login_url(), App::public(org.client_id()), store).build().unwrap();
    tokens.token().await.unwrap();
    assert_eq!(org.journal().count(TOKEN), 4);
}
