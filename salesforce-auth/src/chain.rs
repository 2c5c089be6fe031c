use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};

/// Providers to try in order; the first that has a token is kept to.
///
/// One that has nothing to offer is passed over. One that only has trouble now (no network, a busy server) is not:
/// the next one might be another user. Once one gave a token, only that one renews it.
///
/// ```
/// use salesforce_auth::{Chain, FixedToken};
///
/// let tokens = Chain::new()
///     .or("the environment", salesforce_auth::from_env())
///     .or("the fixed token", FixedToken::new("https://acme.my.salesforce.com", "00D…".replace('…', "x").into()));
/// ```
#[derive(Default)]
pub struct Chain {
    links: Vec<Link>,
    chosen: tokio::sync::Mutex<Option<Arc<dyn TokenProvider>>>,
}

struct Link {
    name: String,
    provider: Result<Arc<dyn TokenProvider>>,
}

impl Chain {
    /// A chain without links. It has no token.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider, or the error of making it, which is one attempt that failed. The name stands in the error.
    #[must_use]
    pub fn or<P: TokenProvider + 'static>(mut self, name: impl Into<String>, provider: Result<P>) -> Self {
        let provider = provider.map(|provider| Arc::new(provider) as Arc<dyn TokenProvider>);
        self.links.push(Link { name: name.into(), provider });
        self
    }
}

#[async_trait]
impl TokenProvider for Chain {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        let mut chosen = self.chosen.lock().await;
        if let Some(provider) = chosen.clone() {
            drop(chosen);
            return provider.token().await;
        }
        let mut attempts = Vec::new();
        for Link { name, provider } in &self.links {
            let error = match provider {
                Ok(provider) => match provider.token().await {
                    Ok(token) => {
                        tracing::debug!(from = name, "a token was found");
                        *chosen = Some(provider.clone());
                        return Ok(token);
                    }
                    Err(error) => error,
                },
                Err(error) => error.clone(),
            };
            let passes = error.is_retryable();
            attempts.push((name.as_str(), error));
            if passes {
                break;
            }
        }
        Err(failed(attempts))
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        let chosen = self.chosen.lock().await.clone();
        match chosen {
            Some(provider) => provider.renew(refused).await,
            None => self.token().await,
        }
    }
}

/// Every attempt in one sentence. The last error is the cause, and gives the kind when it passes by itself.
fn failed(attempts: Vec<(&str, Error)>) -> Error {
    let all: Vec<_> = attempts.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    let message = match all.as_slice() {
        [] => "no token could be had: the chain has no providers".to_owned(),
        all => format!("no token could be had; {}", all.join("; ")),
    };
    match attempts.into_iter().next_back() {
        Some((_, last)) => {
            let kind = if last.is_retryable() { last.kind() } else { ErrorKind::Auth };
            Error::new(kind, message).with_retry_after(last.retry_after()).with_source(last)
        }
        None => Error::new(ErrorKind::Config, message),
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links.iter().map(|link| &link.name)).finish()
    }
}
