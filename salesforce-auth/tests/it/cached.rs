//! One exchange serves a crowd.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::join_all;
use salesforce_auth::{Cached, Exchange, FixedToken};
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use crate::support::ORG;

/// Hands out numbered tokens, or errors, when it is let.
#[derive(Debug)]
struct Flow {
    exchanges: AtomicUsize,
    go: Semaphore,
    fails: bool,
    orgs: Vec<&'static str>,
}

impl Flow {
    fn new(go: usize) -> Self {
        Self { exchanges: AtomicUsize::new(0), go: Semaphore::new(go), fails: false, orgs: Vec::new() }
    }
}

#[async_trait]
impl Exchange for Flow {
    async fn exchange(&self) -> Result<AccessToken> {
        let number = self.exchanges.fetch_add(1, Ordering::SeqCst);
        self.go.acquire().await.unwrap().forget();
        if self.fails {
            return Err(Error::new(ErrorKind::Busy, format!("failure {number}")));
        }
        let org = self.orgs.get(number).map(|org| format!("https://login.salesforce.com/id/{org}/005000000000001AAA"));
        Ok(AccessToken::new(format!("token-{number}").into(), ORG)?.with_id_url(org))
    }
}

fn secret(token: &AccessToken) -> &str {
    token.secret().expose_secret()
}

#[tokio::test]
async fn a_crowd_at_the_door_causes_one_login() {
    let flow = Arc::new(Flow::new(1));
    let cached = Cached::new(flow.clone());
    let tokens = join_all((0..20).map(|_| cached.token())).await;
    assert!(tokens.iter().all(|token| secret(token.as_ref().unwrap()) == "token-0"));
    assert_eq!(flow.exchanges.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_burst_of_refusals_causes_one_exchange() {
    let flow = Arc::new(Flow::new(100));
    let cached = Cached::new(flow.clone());
    let first = cached.token().await.unwrap();
    let renewed = join_all((0..20).map(|_| cached.renew(&first))).await;
    assert!(renewed.iter().all(|token| secret(token.as_ref().unwrap()) == "token-1"));
    assert_eq!(flow.exchanges.load(Ordering::SeqCst), 2);

    // Who comes late with the old token gets the new one; who was refused with the new one causes another.
    assert_eq!(secret(&cached.renew(&first).await.unwrap()), "token-1");
    let second = cached.token().await.unwrap();
    assert_eq!(secret(&cached.renew(&second).await.unwrap()), "token-2");
    assert_eq!(flow.exchanges.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_failed_exchange_is_shared_by_those_who_waited_and_by_nobody_else() {
    let flow = Arc::new(Flow { fails: true, ..Flow::new(0) });
    let cached = Arc::new(Cached::new(flow.clone()));
    let crowd: Vec<_> = (0..20)
        .map(|_| {
            let cached = cached.clone();
            tokio::spawn(async move { cached.token().await })
        })
        .collect();
    while flow.exchanges.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    flow.go.add_permits(20);
    for call in join_all(crowd).await {
        assert_eq!(call.unwrap().unwrap_err().to_string(), "failure 0");
    }
    assert_eq!(flow.exchanges.load(Ordering::SeqCst), 1);
    assert_eq!(cached.token().await.unwrap_err().to_string(), "failure 1");
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_exchange_to_the_next() {
    let flow = Arc::new(Flow::new(0));
    let cached = Cached::new(flow.clone());
    assert!(cached.token().now_or_never().is_none());
    flow.go.add_permits(1);
    assert_eq!(secret(&cached.token().await.unwrap()), "token-0");
    assert_eq!(flow.exchanges.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_login_that_leads_to_another_org_is_an_error() {
    let flow =
        Arc::new(Flow { orgs: vec!["00D000000000001", "00D000000000001EAA", "00D000000000002EAA"], ..Flow::new(9) });
    let cached = Cached::new(flow);
    let first = cached.token().await.unwrap();
    let second = cached.renew(&first).await.unwrap();
    let error = cached.renew(&second).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("00D000000000001EAA"), "{error}");
}

#[tokio::test]
async fn a_fixed_token_cannot_be_renewed() {
    let fixed = FixedToken::new(ORG, "canary".into()).unwrap();
    let token = fixed.token().await.unwrap();
    assert_eq!(secret(&token), "canary");
    assert_eq!(fixed.renew(&token).await.unwrap_err().kind(), ErrorKind::Auth);
    assert!(FixedToken::new("http://acme.my.salesforce.com", "canary".into()).is_err());
}
