//! Providers in a row.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use salesforce_auth::{Cached, Chain, Exchange, FixedToken, Refusal};
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider, async_trait};
use secrecy::ExposeSecret;

use crate::support::{ORG, Script, answer};

#[derive(Debug)]
struct Fails(ErrorKind, Arc<AtomicUsize>);

#[async_trait]
impl Exchange for Fails {
    async fn exchange(&self) -> Result<AccessToken> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Err(Error::new(self.0, "nothing here"))
    }
}

fn fixed(token: &str) -> Result<FixedToken> {
    FixedToken::new(ORG, token.to_owned().into())
}

#[tokio::test]
async fn the_first_that_has_a_token_is_kept_to() {
    let tries = Arc::new(AtomicUsize::new(0));
    let chain = Chain::new()
        .or("a file", Err::<FixedToken, _>(Error::new(ErrorKind::Config, "no file")))
        .or("a vault", Ok(Cached::new(Fails(ErrorKind::Auth, tries.clone()))))
        .or("mine", fixed("canary-one"))
        .or("yours", fixed("canary-two"));
    for _ in 0..3 {
        assert_eq!(chain.token().await.unwrap().secret().expose_secret(), "canary-one");
    }
    assert_eq!(tries.load(Ordering::SeqCst), 1);
    // A renewal does not wander to another user.
    let token = chain.token().await.unwrap();
    assert!(chain.renew(&token).await.unwrap_err().to_string().contains("fixed"));
    assert_eq!(format!("{chain:?}"), r#"["a file", "a vault", "mine", "yours"]"#);
}

#[tokio::test]
async fn the_error_lists_every_attempt() {
    let script =
        Script::new([answer(400, r#"{"error":"invalid_client","error_description":"invalid client credentials"}"#)]);
    let chain = Chain::new()
        .or("a file", Err::<FixedToken, _>(Error::new(ErrorKind::Config, "no file")))
        .or("the app", script.flow(ORG).build().map(Cached::new));
    let error = chain.token().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("a file: no file; the app: ") && text.contains("consumer secret"), "{text}");
    assert!(error.kind() == ErrorKind::Auth && Refusal::of(&error).is_some() && !text.contains("canary"));
    assert_eq!(Chain::new().token().await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn trouble_that_passes_does_not_lead_to_another_user() {
    let chain = Chain::new()
        .or("mine", Ok(Cached::new(Fails(ErrorKind::Connect, Arc::default()))))
        .or("yours", fixed("canary"));
    let error = chain.token().await.unwrap_err();
    assert!(error.is_retryable() && !error.to_string().contains("yours"), "{error}");
}
