use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};

use crate::flight::Flight;

/// A flow: one exchange is one new token. Implement it for a source of your own and wrap it in [`Cached`].
#[async_trait]
pub trait Exchange: fmt::Debug + Send + Sync {
    /// Gets a new token.
    ///
    /// # Errors
    /// The login was refused ([`Refusal::of`](crate::Refusal::of) tells why) or could not be made.
    async fn exchange(&self) -> Result<AccessToken>;
}

#[async_trait]
impl<E: Exchange + ?Sized> Exchange for Arc<E> {
    async fn exchange(&self) -> Result<AccessToken> {
        (**self).exchange().await
    }
}

/// Holds a token and gets a new one when the org refuses it: once for a crowd that is refused together.
///
/// There is no background task and no guess at a lifetime; the org's own refusal starts a renewal. The exchange is
/// driven by whoever waits for it, and belongs to this: when the caller that began it is dropped, the others and those
/// who come later go on with it.
pub struct Cached<E> {
    exchange: Arc<E>,
    flight: Flight,
}

impl<E: Exchange + 'static> Cached<E> {
    /// Holds the tokens of this flow. The first one is got when it is first needed.
    #[must_use]
    pub fn new(exchange: E) -> Self {
        Self { exchange: Arc::new(exchange), flight: Flight::default() }
    }

    /// The flow.
    #[must_use]
    pub fn flow(&self) -> &E {
        &self.exchange
    }

    async fn other_than(&self, refused: Option<&Arc<AccessToken>>) -> Result<Arc<AccessToken>> {
        self.flight
            .other_than(refused, |held| {
                let exchange = Arc::clone(&self.exchange);
                let exchange = async move { same_org(held.as_deref(), exchange.exchange().await?).map(Arc::new) };
                let exchange = AssertUnwindSafe(exchange).catch_unwind();
                async move {
                    exchange.await.unwrap_or_else(|_| {
                        Err(Error::new(ErrorKind::Other, "the login panicked: look for a defect in its code"))
                    })
                }
                .boxed()
            })
            .await
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
impl<E: Exchange + 'static> TokenProvider for Cached<E> {
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
