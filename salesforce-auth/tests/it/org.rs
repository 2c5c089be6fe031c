//! Logins at the mock org.

use futures_util::future::try_join_all;
use salesforce_auth::{Cached, ClientCredentials, FixedToken, Refusal, RefusalKind};
use salesforce_http::{Connection, ErrorKind, Request, TokenProvider};
use salesforce_mock::{Fault, MockOrg};

const TOKEN: &str = "/services/oauth2/token";

fn flow(org: &MockOrg) -> ClientCredentials {
    ClientCredentials::new(org.login_url(), org.client_id(), org.client_secret().into()).build().unwrap()
}

fn connect(org: &MockOrg) -> Connection {
    Connection::builder(Cached::new(flow(org))).build().unwrap()
}

#[tokio::test]
async fn r_51_a_login_brings_a_token_that_the_org_takes() {
    let org = MockOrg::start().await;
    let tokens = Cached::new(flow(&org));
    let token = tokens.token().await.unwrap();
    assert_eq!(token.instance_url(), org.url());
    assert_eq!(token.organization_id().unwrap().to_string(), org.org_id());
    Connection::builder(tokens).build().unwrap().send(Request::get("limits")).await.unwrap();
    assert_eq!(org.journal().count(TOKEN), 1);
}

#[tokio::test]
async fn a_burst_of_refusals_causes_one_login() {
    let org = MockOrg::start().await;
    let connection = connect(&org);
    connection.send(Request::get("limits")).await.unwrap();
    org.expire_tokens();
    try_join_all((0..20).map(|_| connection.send(Request::get("limits")))).await.unwrap();
    assert_eq!(org.journal().count(TOKEN), 2);
}

#[tokio::test]
async fn a_12_a_wrong_secret_or_key_is_told_apart_and_not_tried_again() {
    let org = MockOrg::start().await;
    for (id, secret, kind) in [
        (org.client_id(), "wrong".to_owned(), RefusalKind::WrongSecret),
        ("wrong".to_owned(), org.client_secret(), RefusalKind::UnknownClient),
    ] {
        let before = org.journal().count(TOKEN);
        let flow = ClientCredentials::new(org.login_url(), id, secret.into()).build().unwrap();
        let connection = Connection::builder(Cached::new(flow)).build().unwrap();
        let error = connection.send(Request::get("limits")).await.unwrap_err();
        assert_eq!((error.kind(), Refusal::of(&error).unwrap().kind()), (ErrorKind::Auth, kind));
        assert_eq!((org.journal().count(TOKEN) - before, connection.calls()), (1, 0));
        assert!(error.to_string().starts_with("GET limits failed"), "{error}");
    }
}

#[tokio::test]
async fn a_login_that_stumbles_is_tried_again_before_the_call_is_made() {
    let org = MockOrg::start().await;
    org.fault(Fault::maintenance().at(TOKEN));
    org.fault(Fault::reset().at(TOKEN));
    let connection = Connection::builder(Cached::new(flow(&org)))
        .back_off(std::time::Duration::from_millis(1), std::time::Duration::from_millis(1))
        .build()
        .unwrap();
    assert_eq!(connection.send(Request::get("limits")).await.unwrap().tries(), 1);
}

#[tokio::test]
async fn a_fixed_token_works_until_it_ends() {
    let org = MockOrg::start().await;
    let fixed = FixedToken::new(org.url(), org.access_token().into()).unwrap();
    let connection = Connection::builder(fixed).build().unwrap();
    connection.send(Request::get("limits")).await.unwrap();
    org.expire_tokens();
    let error = connection.send(Request::get("limits")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("cannot be renewed"), "{error}");
}
