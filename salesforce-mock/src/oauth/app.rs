use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use salesforce_types::RecordId;

/// Says whether a signature (RS256) of a message is the certificate's.
type Verify = dyn Fn(&[u8], &[u8]) -> bool + Send + Sync;

/// Says which user, by name, a token of somebody else stands for: what kind it is, and the token.
type Handle = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// As what an app was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppKind {
    /// Today's kind. It has no username-password flow.
    ExternalClientApp,
    /// The older kind.
    ConnectedApp,
}

/// The app that may log in, and its policies, as an administrator would set them.
///
/// ```
/// use salesforce_mock::Org;
///
/// let mut org = Org::empty();
/// org.app_mut().rotates_refresh_tokens = false;
/// org.app_mut().callback_urls.push("http://localhost:1717/OauthRedirect".into());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct App {
    /// As what it was registered; a Connected App, which has every flow, if nothing is said.
    pub kind: AppKind,
    /// What people read on the page that asks them.
    pub name: String,
    /// The consumer key.
    pub client_id: String,
    /// The consumer secret.
    pub client_secret: String,
    /// Other pairs of key and secret that are good too, as while they are rotated.
    pub other_credentials: Vec<(String, String)>,
    /// Where the browser may be sent back to, compared exactly.
    pub callback_urls: Vec<String>,
    /// What it may ask for; `api refresh_token` if nothing is said.
    pub scopes: Vec<String>,
    /// Whether the browser flow needs PKCE; it does, if nothing is said.
    pub requires_pkce: bool,
    /// Whether a code can be exchanged with the secret only; no, if nothing is said.
    pub requires_secret: bool,
    /// Whether a refresh token can be used with the secret only; no, if nothing is said.
    pub requires_secret_to_refresh: bool,
    /// Whether a token can be exchanged with the secret only; so, if nothing is said.
    pub requires_secret_to_exchange: bool,
    /// Whether each renewal brings another refresh token, and an old one ends everything; so, if nothing is said.
    pub rotates_refresh_tokens: bool,
    /// How long refresh tokens live from the login on.
    pub refresh_lifetime: Option<Duration>,
    /// How long refresh tokens live from their last use on.
    pub refresh_idle: Option<Duration>,
    /// Whether the client credentials flow is enabled.
    pub client_credentials: bool,
    /// The Run As user of the client credentials flow. The org's user, if nothing is said.
    pub run_as: Option<RecordId>,
    /// Whether the device flow is enabled.
    pub device: bool,
    /// Whether the username-password flow is enabled. An External Client App never has it.
    pub password: bool,
    /// Whether only users in [`approved`](Self::approved) may use it.
    pub admin_approved_only: bool,
    /// Users who have the app's permission set.
    pub approved: Vec<RecordId>,
    /// Whether an administrator blocked it.
    pub blocked: bool,
    /// Whether logins come from an address that is not allowed.
    pub refuses_address: bool,
    /// Whether access tokens are JWTs.
    pub gives_jwts: bool,
    pub(crate) certificate: Option<Arc<Verify>>,
    pub(crate) exchange: Option<(String, Arc<Handle>)>,
}

impl App {
    /// An External Client App of this key and secret, with the policies that an app has here if nothing is said.
    #[must_use]
    pub fn external(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self { kind: AppKind::ExternalClientApp, ..Self::connected(client_id, client_secret) }
    }

    /// A Connected App of this key and secret.
    #[must_use]
    pub fn connected(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into(), ..Self::default() }
    }

    /// Enables the token exchange flow, with a handler of this name: it says as which user (by name) to log in for a
    /// token of somebody else, from its kind (`id_token`, `jwt`, `saml2`, …) and the token itself, or that it is none.
    ///
    /// ```
    /// use salesforce_mock::Org;
    ///
    /// let mut org = Org::empty();
    /// let user = org.username();
    /// org.app_mut().set_token_exchange("AcmeHandler", move |kind, token| {
    ///     (kind == "jwt" && token == "eyJ.of.acme").then(|| user.clone())
    /// });
    /// ```
    pub fn set_token_exchange(
        &mut self,
        handler: impl Into<String>,
        user_of: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
    ) {
        self.exchange = Some((handler.into(), Arc::new(user_of)));
    }

    /// Gives it a certificate, which enables the JWT bearer flow: `verify` says whether a signature (RS256, the second
    /// argument) of a message (the first) is good.
    pub fn set_certificate(&mut self, verify: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static) {
        self.certificate = Some(Arc::new(verify));
    }

    /// Whether there is such a pair of key and secret.
    pub(crate) fn knows(&self, client_id: &str) -> Option<Vec<&str>> {
        let all = std::iter::once((&self.client_id, &self.client_secret));
        let all = all.chain(self.other_credentials.iter().map(|(id, secret)| (id, secret)));
        let secrets: Vec<_> = all.filter(|(id, _)| *id == client_id).map(|(_, secret)| secret.as_str()).collect();
        (!secrets.is_empty()).then_some(secrets)
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        let same = |ours: &str| ours == scope || is_offline(ours) && is_offline(scope);
        self.scopes.iter().any(|ours| same(ours))
    }

    pub(crate) fn lets_in(&self, user: RecordId) -> bool {
        !self.admin_approved_only || self.approved.contains(&user)
    }
}

/// One scope with two names.
pub(crate) fn is_offline(scope: &str) -> bool {
    matches!(scope, "refresh_token" | "offline_access")
}

impl Default for App {
    fn default() -> Self {
        Self {
            kind: AppKind::ConnectedApp,
            name: "Mock app".into(),
            client_id: "3MVG9mock.client.id".into(),
            client_secret: "mock-client-secret".into(),
            other_credentials: Vec::new(),
            callback_urls: vec!["http://localhost:1717/OauthRedirect".into()],
            scopes: vec!["api".into(), "refresh_token".into()],
            requires_pkce: true,
            requires_secret: false,
            requires_secret_to_refresh: false,
            requires_secret_to_exchange: true,
            rotates_refresh_tokens: true,
            refresh_lifetime: None,
            refresh_idle: None,
            client_credentials: true,
            run_as: None,
            device: true,
            password: true,
            admin_approved_only: false,
            approved: Vec::new(),
            blocked: false,
            refuses_address: false,
            gives_jwts: false,
            certificate: None,
            exchange: None,
        }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}
