//! Apps of both kinds, several in one org, and a connection that is made again.

use salesforce_auth::{
    App, AuthorizationCode, Cached, ClientCredentials, Exchange, JwtBearer, MemoryStore, Reauthorize, Refreshing,
    Refusal, RefusalKind, SubjectKind, TokenExchange,
};
use salesforce_http::{Connection, ErrorKind, Request, TokenProvider};
use salesforce_mock::{App as OrgApp, AppKind, MockOrg, Org};

use crate::grants_at_org::{CALLBACK, Good, TOKEN, connected, decide, log_in, start};
use crate::secrets::Log;

fn credentials(org: &MockOrg, id: &str, secret: &str) -> ClientCredentials {
    ClientCredentials::new(org.login_url(), id, secret.to_owned().into()).build().unwrap()
}

async fn call(tokens: impl TokenProvider + 'static) -> salesforce_http::Result<()> {
    Connection::builder(tokens).build()?.send(Request::get("limits")).await.map(drop)
}

#[tokio::test]
async fn k_02_k_03_an_app_of_either_kind_passes_the_same_flows() {
    for kind in [AppKind::ExternalClientApp, AppKind::ConnectedApp] {
        let org = start().await;
        org.with(|org| {
            let user = org.store().user;
            let app = org.app_mut();
            app.kind = kind;
            app.set_certificate(|_, signature| signature == b"good");
            app.admin_approved_only = true;
            app.approved.push(user);
        });
        call(Cached::new(credentials(&org, &org.client_id(), &org.client_secret()))).await.unwrap();
        let flow = JwtBearer::new(org.login_url(), org.client_id(), org.username(), Good).build().unwrap();
        call(Cached::new(flow)).await.unwrap();
        let tokens = connected(&org, MemoryStore::new()).await;
        call(tokens.clone()).await.unwrap();
        org.expire_tokens();
        call(tokens).await.unwrap();
        assert_eq!(org.journal().count(TOKEN), 4, "{kind:?}");
    }
}

#[tokio::test]
async fn k_03_a_connected_app_is_taken_with_a_warning_and_can_be_moved_from() {
    let org = start().await;
    org.with(|org| org.app_mut().kind = AppKind::ConnectedApp);
    let old = App::public(org.client_id()).connected_app();
    assert!(old.warning().unwrap().contains("External Client App"));
    let store = MemoryStore::new();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let build = || Refreshing::new(org.login_url(), old.clone(), store.clone()).build();
    let tokens = tracing::subscriber::with_default(subscriber, build).unwrap();
    assert!(log.text().contains("WARN") && log.text().contains(old.warning().unwrap()), "{}", log.text());
    tokens.connect(log_in(&org).await).await.unwrap();
    call(tokens.clone()).await.unwrap();

    // What people granted the old app is not the new one's: they connect again, and the old one goes on until then.
    let mut next = OrgApp::external("next", "next-secret");
    next.callback_urls = vec![CALLBACK.into()];
    org.with(|org| org.add_app(next));
    let new = App::confidential("next", "next-secret".into());
    assert_eq!(new.warning(), None);
    org.expire_tokens();
    let flow = AuthorizationCode::new(org.login_url(), new.clone(), CALLBACK).build().unwrap();
    let moved = Refreshing::new(org.login_url(), new, MemoryStore::new()).build().unwrap();
    let granted = salesforce_auth::TokenStore::load(&store).await.unwrap().unwrap().0;
    moved.connect(salesforce_auth::Grant::from_refresh_token(granted.refresh_token().unwrap().clone())).await.unwrap();
    let error = call(moved.clone()).await.unwrap_err();
    assert!(matches!(Reauthorize::of(&error), Some(Reauthorize::Refused(_))), "{error}");
    call(tokens).await.unwrap();
    let pending = flow.begin().unwrap();
    let callback = decide(&pending, "allow", &[]).await;
    moved.connect(flow.finish(pending, callback).await.unwrap()).await.unwrap();
    call(moved).await.unwrap();
    assert_eq!(org.with(|org| org.reused_refresh_tokens()), 0);
}

#[tokio::test]
async fn a_12_an_app_of_another_org_is_unknown_here() {
    let (org, other) = (start().await, start().await);
    other.with(|org| org.set_app("local", "local-secret"));
    let error = call(Cached::new(credentials(&org, "local", "local-secret"))).await.unwrap_err();
    let refusal = Refusal::of(&error).unwrap();
    assert_eq!((error.kind(), refusal.kind()), (ErrorKind::Auth, RefusalKind::UnknownClient), "{error}");
    assert_eq!(org.journal().count(TOKEN), 1);
    call(Cached::new(credentials(&other, "local", "local-secret"))).await.unwrap();
}

#[tokio::test]
async fn c_45_k_57_reauthenticating_goes_on_with_the_same_connection() {
    let org = start().await;
    let tokens = connected(&org, MemoryStore::new()).await;
    let connection = Connection::builder(tokens.clone()).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.with(Org::revoke_grants);
    let error = connection.send(Request::get("limits")).await.unwrap_err();
    assert!(Reauthorize::of(&error).is_some(), "{error}");

    // Somebody logs in to the wrong org first: nothing changes.
    let mut wrong = Org::empty();
    wrong.store_mut().organization = "00DQz0000000002".parse().unwrap();
    let wrong = MockOrg::serve(wrong).await;
    let error = tokens.connect(log_in(&wrong).await).await.unwrap_err();
    assert_eq!(Reauthorize::of(&error), Some(&Reauthorize::OtherOrg));
    assert!(connection.send(Request::get("limits")).await.is_err());

    tokens.connect(log_in(&org).await).await.unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    assert_eq!(org.with(|org| org.reused_refresh_tokens()), 0);
}

#[tokio::test]
async fn c_46_g_25_a_connection_that_is_ended_has_no_token_left_anywhere() {
    let org = start().await;
    let store = MemoryStore::new();
    let tokens = connected(&org, store.clone()).await;
    let token = tokens.token().await.unwrap();
    tokens.disconnect().await.unwrap();
    assert!(salesforce_auth::TokenStore::load(&store).await.unwrap().is_none());
    let fixed = salesforce_auth::FixedToken::new(org.url(), token.secret().clone()).unwrap();
    assert_eq!(call(fixed).await.unwrap_err().kind(), ErrorKind::Auth, "the org does not take the old token");
    assert_eq!(Reauthorize::of(&call(tokens).await.unwrap_err()), Some(&Reauthorize::NotConnected));
}

#[tokio::test]
async fn a_token_of_an_identity_provider_is_exchanged_as_the_orgs_handler_says() {
    let org = start().await;
    let flow = |subject: &str| {
        let (app, subject) = (crate::grants_at_org::app(&org), salesforce_auth::SecretString::from(subject));
        TokenExchange::new(org.login_url(), app, SubjectKind::Jwt, subject).handler("Acme").build().unwrap()
    };
    let refused = async |subject| Refusal::of(&flow(subject).exchange().await.unwrap_err()).unwrap().kind();
    assert_eq!(refused("eyJ.ann").await, RefusalKind::FlowDisabled);
    let user = org.username();
    org.with(|org| {
        org.app_mut()
            .set_token_exchange("Acme", move |kind, token| (kind == "jwt" && token == "eyJ.ann").then(|| user.clone()));
    });
    call(Cached::new(flow("eyJ.ann"))).await.unwrap();
    assert!(flow("eyJ.ann").grant().await.unwrap().has_refresh_token());
    assert_eq!(refused("eyJ.bob").await, RefusalKind::Denied);
}
