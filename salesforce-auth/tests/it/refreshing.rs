//! The life of a granted token: crowds, cancellation, rotation, other processes, crashes, its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::join_all;
use salesforce_auth::store::{Revision, StoreLock};
use salesforce_auth::{FileStore, Grant, MemoryStore, Reauthorize, Refusal, RefusalKind, TokenStore};
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider, async_trait};
use secrecy::ExposeSecret;

use crate::rotating::Rotating;

fn secret(token: &AccessToken) -> &str {
    token.secret().expose_secret()
}

fn refresh_token(grant: &Grant) -> &str {
    grant.refresh_token().unwrap().expose_secret()
}

async fn stored(store: &impl TokenStore) -> Grant {
    store.load().await.unwrap().unwrap().0
}

#[tokio::test]
async fn b10_01_a_burst_of_refusals_causes_one_exchange_and_a_stored_rotation() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    let first = tokens.token().await.unwrap();
    assert_eq!(host.exchanges(), 1);
    let renewed = join_all((0..20).map(|_| tokens.renew(&first))).await;
    assert!(renewed.iter().all(|token| secret(token.as_ref().unwrap()) == "00D000000000001!canary.access2"));
    assert_eq!((host.exchanges(), host.state().reused), (2, 0));
    assert_eq!(refresh_token(&stored(&store).await), "5Aep861canary2");
    // A late one with the old token gets the new one.
    assert_eq!(secret(&tokens.renew(&first).await.unwrap()), "00D000000000001!canary.access2");
    assert_eq!(host.exchanges(), 2);
}

#[tokio::test]
async fn a_renewal_survives_the_caller_that_began_it() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    host.gate.forget_permits(1000);
    let mut first = Box::pin(tokens.token());
    assert!((&mut first).now_or_never().is_none());
    while host.exchanges() == 0 {
        tokio::task::yield_now().await;
    }
    drop(first);
    host.gate.add_permits(1);
    // Nobody waits, and yet it is stored.
    while refresh_token(&stored(&store).await) == "5Aep861canary0" {
        tokio::task::yield_now().await;
    }
    assert_eq!(secret(&tokens.token().await.unwrap()), "00D000000000001!canary.access1");
    assert_eq!(host.exchanges(), 1);
}

#[tokio::test]
async fn a_renewal_is_stored_even_when_its_provider_is_dropped() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    host.gate.forget_permits(1000);
    assert!(tokens.token().now_or_never().is_none());
    drop(tokens);
    host.gate.add_permits(1);
    while refresh_token(&stored(&store).await) == "5Aep861canary0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn b10_01_two_providers_that_share_a_store_make_one_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("grant"));
    let host = Rotating::new();
    let (one, other) = (host.refreshing(store.clone()), host.refreshing(store.clone()));
    one.connect(Rotating::grant()).await.unwrap();
    let mut token = one.token().await.unwrap();
    assert_eq!(secret(&other.token().await.unwrap()), secret(&token));
    for round in 2..5 {
        let theirs = other.token().await.unwrap();
        let (ours, theirs) = tokio::join!(one.renew(&token), other.renew(&theirs));
        token = ours.unwrap();
        assert_eq!(secret(&token), secret(&theirs.unwrap()));
        assert_eq!((host.exchanges(), host.state().reused), (round, 0));
    }
    // A third one, started later, needs no exchange at all.
    assert_eq!(secret(&host.refreshing(store).token().await.unwrap()), secret(&token));
    assert_eq!(host.exchanges(), 4);
}

/// A store with its safeties taken away one by one.
#[derive(Clone, Debug)]
struct Flawed {
    store: MemoryStore,
    locks: bool,
    full: Arc<AtomicBool>,
    writes: Arc<AtomicUsize>,
}

impl Flawed {
    fn new(locks: bool) -> Self {
        Self { store: MemoryStore::new(), locks, full: Arc::default(), writes: Arc::default() }
    }
}

#[async_trait]
impl TokenStore for Flawed {
    async fn lock(&self) -> Result<StoreLock> {
        if self.locks { self.store.lock().await } else { Ok(StoreLock::none()) }
    }

    async fn load(&self) -> Result<Option<(Grant, Revision)>> {
        self.store.load().await
    }

    async fn replace(&self, expected: Option<&Revision>, grant: &Grant) -> Result<bool> {
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Config, "the disk is full"));
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.store.replace(expected, grant).await
    }

    async fn clear(&self) -> Result<()> {
        self.store.clear().await
    }
}

#[tokio::test]
async fn b10_01_without_the_lock_two_providers_revoke_each_other() {
    // The negative twin of the test above: it shows that the lock is what keeps the connection alive.
    for (locks, reused) in [(true, 0), (false, 1)] {
        let (host, store) = (Rotating::new(), Flawed::new(locks));
        let (one, other) = (host.refreshing(store.clone()), host.refreshing(store.clone()));
        one.connect(Rotating::grant()).await.unwrap();
        let token = one.token().await.unwrap();
        let theirs = other.token().await.unwrap();
        host.gate.forget_permits(1000);
        let both = async { tokio::join!(one.renew(&token), other.renew(&theirs)) };
        let gate = async {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            host.gate.add_permits(2);
        };
        let (_, _) = tokio::join!(both, gate);
        assert_eq!(host.state().reused, reused, "locks: {locks}");
    }
}

#[tokio::test]
async fn b10_01_a_rotated_token_that_cannot_be_stored_is_not_used_and_not_lost() {
    let (host, store) = (Rotating::new(), Flawed::new(true));
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    store.full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = tokens.token().await.unwrap_err();
        assert!(error.to_string().contains("the disk is full; the new refresh token is in memory only"), "{error}");
    }
    assert_eq!(host.exchanges(), 1, "the old refresh token is not sent again");
    store.full.store(false, Ordering::SeqCst);
    assert_eq!(secret(&tokens.token().await.unwrap()), "00D000000000001!canary.access1");
    assert_eq!((host.exchanges(), refresh_token(&stored(&store).await)), (1, "5Aep861canary1"));
}

#[tokio::test]
async fn b10_02_a_lost_answer_is_not_asked_for_again() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    host.state().lose = 1;
    for _ in 0..3 {
        let error = tokens.token().await.unwrap_err();
        assert_eq!((error.kind(), Reauthorize::of(&error)), (ErrorKind::Auth, Some(&Reauthorize::AnswerLost)));
        assert!(!error.is_retryable() && error.to_string().contains("connect again"), "{error}");
    }
    assert_eq!((host.exchanges(), host.state().reused), (1, 0));
}

#[tokio::test]
async fn a_lost_answer_without_rotation_is_asked_for_again() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    host.state().rotates = false;
    let tokens = host.builder(store).without_rotation().build().unwrap();
    tokens.connect(Rotating::grant()).await.unwrap();
    host.state().lose = 1;
    assert!(tokens.token().await.unwrap_err().is_retryable());
    tokens.token().await.unwrap();
    assert_eq!(host.exchanges(), 2);
}

#[tokio::test]
async fn whether_an_app_rotates_is_learned_at_the_first_renewal() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    host.state().rotates = false;
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    let token = tokens.token().await.unwrap();
    assert_eq!(refresh_token(&stored(&store).await), "5Aep861canary0", "no new one, so the old one stays");
    host.state().lose = 1;
    assert!(tokens.renew(&token).await.unwrap_err().is_retryable());
    tokens.renew(&token).await.unwrap();
}

#[tokio::test]
async fn b10_02_a_crash_between_rotated_and_stored_ends_in_one_clear_error() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    host.refreshing(store.clone()).connect(Rotating::grant()).await.unwrap();
    // The server rotated; the process died before it stored anything.
    host.state().current = 1;
    let tokens = host.refreshing(store.clone());
    for _ in 0..3 {
        let error = tokens.token().await.unwrap_err();
        let Some(Reauthorize::Refused(refusal)) = Reauthorize::of(&error) else { panic!("{error}") };
        assert_eq!((error.kind(), refusal.kind()), (ErrorKind::Auth, RefusalKind::Expired));
        assert!(error.to_string().contains("connect again") && !format!("{error:?}").contains("canary"), "{error}");
    }
    assert_eq!(host.exchanges(), 1);
    // Nor does the start after it send anything: the end is stored too.
    let error = host.refreshing(store.clone()).token().await.unwrap_err();
    assert_eq!(Refusal::of(&error).unwrap().kind(), RefusalKind::Expired);
    assert_eq!(host.exchanges(), 1);
    // K-57: somebody logs in again, and it goes on.
    (host.state().current, host.state().alive) = (7, true);
    tokens.connect(Grant::from_refresh_token("5Aep861canary7".into())).await.unwrap();
    tokens.token().await.unwrap();
}

#[tokio::test]
async fn b10_02_an_invalid_grant_reads_the_store_again_before_it_is_believed() {
    // Another process, past the lock, has rotated while ours was on its way.
    let (host, store) = (Rotating::new(), Flawed::new(false));
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    host.gate.forget_permits(1000);
    let mut call = Box::pin(tokens.token());
    assert!((&mut call).now_or_never().is_none());
    while host.exchanges() == 0 {
        tokio::task::yield_now().await;
    }
    // The next one is refused with an old token, and then finds the newer one in the store.
    host.gate.add_permits(1);
    let first = call.await.unwrap();
    host.state().refuse = Some((400, "invalid_grant", "expired access/refresh token"));
    let mut call = Box::pin(tokens.renew(&first));
    assert!((&mut call).now_or_never().is_none());
    while host.exchanges() == 1 {
        tokio::task::yield_now().await;
    }
    let (_, revision) = store.load().await.unwrap().unwrap();
    let newer = Grant::parse(
        &r#"{"format":1,"access_token":"00D000000000001!theirs","refresh_token":"5Aep861theirs","instance_url":"https://acme.my.salesforce.com"}"#
            .into(),
    )
    .unwrap();
    assert!(store.replace(Some(&revision), &newer).await.unwrap());
    host.gate.add_permits(1);
    assert_eq!(secret(&call.await.unwrap()), "00D000000000001!theirs");
    assert_eq!(host.exchanges(), 2);
}

#[tokio::test]
async fn k_56_s_18_a_revoked_connection_is_tried_once_and_never_again() {
    for (error, description, kind) in [
        ("invalid_grant", "expired access/refresh token", RefusalKind::Expired),
        ("invalid_grant", "token validity expired", RefusalKind::Expired),
        ("invalid_grant", "inactive user", RefusalKind::InactiveUser),
        ("inactive_org", "", RefusalKind::InactiveOrg),
        ("invalid_grant", "authentication failure", RefusalKind::Denied),
        ("invalid_grant", "ip restricted", RefusalKind::IpRestricted),
    ] {
        let (host, store) = (Rotating::new(), MemoryStore::new());
        let tokens = host.refreshing(store);
        tokens.connect(Rotating::grant()).await.unwrap();
        let token = tokens.token().await.unwrap();
        host.state().refuse = Some((400, error, description));
        for _ in 0..3 {
            let error = tokens.renew(&token).await.unwrap_err();
            assert_eq!(Refusal::of(&error).unwrap().kind(), kind);
            assert!(matches!(Reauthorize::of(&error), Some(Reauthorize::Refused(_))) && !error.is_retryable());
        }
        assert_eq!(host.exchanges(), 2, "{error} {description}");
        // What an administrator can heal goes on when it is told; what cannot be healed does not.
        host.state().refuse = None;
        tokens.forgive();
        assert_eq!(tokens.renew(&token).await.is_ok(), kind != RefusalKind::Expired, "{error} {description}");
    }
}

#[tokio::test]
async fn what_passes_by_itself_does_not_end_a_connection() {
    for (status, error, description, retryable) in [
        (503, "server_error", "", true),
        (400, "unknown_error", "retry your request", true),
        (400, "invalid_grant", "login rate exceeded", false),
        (400, "invalid_client", "invalid client credentials", false),
    ] {
        let (host, store) = (Rotating::new(), MemoryStore::new());
        let tokens = host.refreshing(store);
        tokens.connect(Rotating::grant()).await.unwrap();
        host.state().refuse = Some((status, error, description));
        let failure = tokens.token().await.unwrap_err();
        assert_eq!((failure.is_retryable(), Reauthorize::of(&failure)), (retryable, None), "{failure}");
        host.state().refuse = None;
        tokens.token().await.unwrap();
    }
}

#[tokio::test]
async fn s_13_a_renewal_that_leads_to_another_org_is_refused_and_nothing_is_stored() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    let token = tokens.token().await.unwrap();
    host.state().org = "00D000000000002EAA";
    for _ in 0..3 {
        let error = tokens.renew(&token).await.unwrap_err();
        assert_eq!(Reauthorize::of(&error), Some(&Reauthorize::OtherOrg));
        assert!(error.to_string().contains("00D000000000002EAA"), "{error}");
    }
    assert_eq!(host.exchanges(), 2);
    assert_eq!(refresh_token(&stored(&store).await), "5Aep861canary1");
}

#[tokio::test]
async fn k_57_a_login_to_another_org_does_not_replace_the_connection() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    tokens.token().await.unwrap();
    let of = |org: &str| {
        let grant = format!(
            r#"{{"format":1,"access_token":"{org}!x","refresh_token":"5Aep861new","instance_url":"https://acme.my.salesforce.com",
            "id_url":"https://login.salesforce.com/id/{org}/005000000000001"}}"#
        );
        Grant::parse(&grant.into()).unwrap()
    };
    let error = tokens.connect(of("00D000000000002")).await.unwrap_err();
    assert_eq!(Reauthorize::of(&error), Some(&Reauthorize::OtherOrg));
    assert_eq!(refresh_token(&stored(&store).await), "5Aep861canary1");
    tokens.connect(of("00D000000000001")).await.unwrap();
    assert_eq!(secret(&tokens.token().await.unwrap()), "00D000000000001!x");
}

#[tokio::test]
async fn c_46_g_25_disconnecting_revokes_and_forgets() {
    let (host, store) = (Rotating::new(), MemoryStore::new());
    let tokens = host.refreshing(store.clone());
    tokens.connect(Rotating::grant()).await.unwrap();
    tokens.token().await.unwrap();
    tokens.disconnect().await.unwrap();
    assert_eq!(host.state().revoked, ["5Aep861canary1"]);
    assert!(store.load().await.unwrap().is_none());
    let error = tokens.token().await.unwrap_err();
    assert_eq!(Reauthorize::of(&error), Some(&Reauthorize::NotConnected));
    tokens.disconnect().await.unwrap();
    assert_eq!(host.exchanges(), 1);
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_cannot_be_kept_alive() {
    let tokens = Rotating::new().refreshing(MemoryStore::new());
    let grant = r#"{"format":1,"access_token":"x","instance_url":"https://acme.my.salesforce.com"}"#;
    let error = tokens.connect(Grant::parse(&grant.to_owned().into()).unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("scope `refresh_token`"), "{error}");
}

#[tokio::test]
async fn no_secret_is_in_what_is_printed_of_it() {
    let host = Rotating::new();
    let tokens = host.refreshing(MemoryStore::new());
    tokens.connect(Rotating::grant()).await.unwrap();
    tokens.token().await.unwrap();
    assert!(!format!("{tokens:?} {:?}", host.builder(MemoryStore::new())).contains("canary"));
}
