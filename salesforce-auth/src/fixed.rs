use std::sync::Arc;

use async_trait::async_trait;
use salesforce_http::{AccessToken, Result, TokenProvider};
use secrecy::SecretString;

use crate::reauthorize::Reauthorize;

/// A token somebody else got. It cannot be renewed: when it ends, so does the connection.
///
/// ```
/// use salesforce_auth::FixedToken;
///
/// let tokens = FixedToken::new("https://acme.my.salesforce.com", "00D…!…".replace('…', "x").into())?;
/// # Ok::<(), salesforce_http::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FixedToken(Arc<AccessToken>);

impl FixedToken {
    /// This token, for this org.
    ///
    /// # Errors
    /// As [`AccessToken::new`].
    pub fn new(instance_url: impl AsRef<str>, token: SecretString) -> Result<Self> {
        AccessToken::new(token, instance_url.as_ref()).map(Self::from)
    }
}

impl From<AccessToken> for FixedToken {
    fn from(token: AccessToken) -> Self {
        Self(Arc::new(token))
    }
}

#[async_trait]
impl TokenProvider for FixedToken {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        let message = "the org refuses the access token and it is a fixed one that cannot be renewed: give a new one";
        Err(Reauthorize::TokenEnded.into_error(message))
    }
}
