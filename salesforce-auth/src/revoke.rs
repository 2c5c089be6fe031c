use salesforce_http::{Error, Result};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::refusal::Refusal;
use crate::token_endpoint::{Form, TokenEndpoint};

impl TokenEndpoint {
    /// Ends a token; a refresh token takes its access tokens with it. One that is dead already is no error.
    pub(crate) async fn revoke(&self, token: &SecretString) -> Result<()> {
        let text = token.expose_secret();
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("token", text).finish();
        let (parts, body) =
            self.call("/services/oauth2/revoke", Form { body, basic: None, submitted: &[text] }).await?;
        if parts.status.is_success() {
            return Ok(());
        }
        match Refusal::parse(&body) {
            Some(refusal) if refusal.error().eq_ignore_ascii_case("invalid_token") => Ok(()),
            _ => Err(Error::new(self.refused(&parts, &body, &[text]).kind(), self.not_revoked())
                .with_status(parts.status)
                .with_source(self.refused(&parts, &body, &[text]))),
        }
    }

    fn not_revoked(&self) -> String {
        format!("{} did not revoke the token: revoke it in Setup, Connected Apps OAuth Usage", self.login())
    }
}
