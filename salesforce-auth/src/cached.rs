use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};

/// A flow: one exchange is one new token. Implement it for a source of your own and wrap it in [`Cached`].
#[async_trait]
pub trait Exchange: fmt::Debug + Send + Sync {
    /// Gets a new token.
    ///
    /// # Errors
    /// The login was refused ([`Refusal::of`](crate::Refusal::of) tells why) or could not be made.
    async fn exchange(&self) -> Result<AccessToken>;
}

/// Holds a token and gets a new one when the org refuses it: once for a crowd that is refused together.
///
/// There is no background task and no guess at a lifetime; the org's own refusal starts a renewal.
pub struct Cached<E> {
    exchange: E,
    /// Held while an exchange is under way. Whoever is dropped while holding it leaves the exchange to the next.
    flight: tokio::sync::Mutex<()>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<AccessToken>>,
    /// How many exchanges have ended.
    ended: u64,
    /// How the last one ended, if badly.
    failed: Option<Error>,
}

impl<E: Exchange> Cached<E> {
    /// Holds the tokens of this flow. The first one is got when it is first needed.
    #[must_use]
    pub fn new(exchange: E) -> Self {
        Self { exchange, flight: tokio::sync::Mutex::new(()), held: Mutex::default() }
    }

    /// The token to use: any that is held but the refused one, or a new one.
    async fn other_than(&self, refused: Option<&Arc<AccessToken>>) -> Result<Arc<AccessToken>> {
        let ended = {
            let held = self.held();
            if let Some(token) = held.good(refused) {
                return Ok(token);
            }
            held.ended
        };
        let _flight = self.flight.lock().await;
        {
            let held = self.held();
            if let Some(token) = held.good(refused) {
                return Ok(token);
            }
            // Somebody tried while this call waited: what befell them befalls the whole crowd.
            if let (true, Some(error)) = (held.ended > ended, &held.failed) {
                return Err(error.clone());
            }
        }
        let result = self.exchange.exchange().await;
        let mut held = self.held();
        held.ended += 1;
        match result.and_then(|token| same_org(held.token.as_deref(), token)) {
            Ok(token) => {
                let token = Arc::new(token);
                held.token = Some(token.clone());
                held.failed = None;
                Ok(token)
            }
            Err(error) => {
                held.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn good(&self, refused: Option<&Arc<AccessToken>>) -> Option<Arc<AccessToken>> {
        let good = |token: &&Arc<AccessToken>| refused.is_none_or(|refused| !Arc::ptr_eq(token, refused));
        self.token.as_ref().filter(good).cloned()
    }
}

/// A login that suddenly leads to another org (a refreshed sandbox keeps its name) must not go on as if nothing were.
fn same_org(before: Option<&AccessToken>, after: AccessToken) -> Result<AccessToken> {
    let ids = before.and_then(AccessToken::organization_id).zip(after.organization_id());
    match ids {
        Some((before, after)) if before != after => {
            let message = format!(
                "the login now leads to the org {after}, and it was {before} before: was the sandbox refreshed? Connect anew"
            );
            Err(Error::new(ErrorKind::Auth, message))
        }
        _ => Ok(after),
    }
}

#[async_trait]
impl<E: Exchange> TokenProvider for Cached<E> {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        self.other_than(None).await
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        self.other_than(Some(refused)).await
    }
}

impl<E: fmt::Debug> fmt::Debug for Cached<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
