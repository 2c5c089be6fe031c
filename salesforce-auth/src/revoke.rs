use salesforce_http::{Error, Result};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::app::App;
use crate::refusal::Refusal;
use crate::token_endpoint::{Form, TokenEndpoint};

impl TokenEndpoint {
    /// Ends a token; a refresh token takes its access tokens with it. One that is dead already is no error.
    pub(crate) async fn revoke(&self, app: &App, token: &SecretString) -> Result<()> {
        let text = token.expose_secret();
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("token", text).finish();
        let submitted = app.submitted(&[text]);
        let form = Form { body, basic: None, submitted: &submitted };
        let (parts, body) = self.call("/services/oauth2/revoke", form).await?;
        if parts.status.is_success() {
            return Ok(());
        }
        match Refusal::parse(&body) {
            Some(refusal) if refusal.error().eq_ignore_ascii_case("invalid_token") => Ok(()),
            _ => {
                let refused = self.refused(&parts, &body, &submitted);
                let message = format!(
                    "{} did not revoke the token: revoke it in Setup, Connected Apps OAuth Usage",
                    self.login()
                );
                Err(Error::new(refused.kind(), message).with_status(parts.status).with_source(refused))
            }
        }
    }
}
