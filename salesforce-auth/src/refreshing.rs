use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use salesforce_http::{AccessToken, Error, ErrorKind, Result, TokenProvider};
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::flight::Flight;
use crate::grant::Grant;
use crate::login::LoginTarget;
use crate::reauthorize::Reauthorize;
use crate::refusal::{Refusal, RefusalKind};
use crate::store::{Revision, TokenStore};
use crate::token_endpoint::{TokenEndpoint, Wire, answer_was_lost, wire_setters};

/// Keeps what a person granted alive: the refresh token flow, safe under rotation, crowds, crashes and other
/// processes.
///
/// - A crowd whose token is refused causes one renewal. It goes on when the caller that began it is dropped.
/// - Processes that share a [`TokenStore`] make one renewal together: each reads, renews and writes under the store's
///   lock, and one that finds a newer token there takes it.
/// - A new refresh token is stored before the new access token is used.
/// - A refresh token is not sent again when the answer to it was lost: with rotation on, that would revoke every token
///   of the connection. For an app without rotation say so with
///   [`without_rotation`](RefreshingBuilder::without_rotation).
/// - When the login server will not renew the grant any more, the store is read once more, in case another process
///   did; then nothing more is sent, and the error ([`Reauthorize`]) says to connect again. [`connect`](Self::connect)
///   with a new grant goes on from there.
///
/// ```no_run
/// # async fn example(granted: salesforce_auth::Grant) -> salesforce_http::Result<()> {
/// use salesforce_auth::{App, FileStore, Refreshing};
///
/// let store = FileStore::new("/var/lib/acme-backup/salesforce.grant");
/// let tokens = Refreshing::new("acme.my.salesforce.com", App::public("3MVG9…"), store).build()?;
/// tokens.connect(granted).await?; // once, after the login; the next start goes on with what is stored
/// let connection = salesforce_http::Connection::builder(tokens).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Refreshing {
    flight: Arc<Flight>,
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: TokenEndpoint,
    app: App,
    store: Arc<dyn TokenStore>,
    rotates: bool,
    own: Mutex<Own>,
}

/// What only this process knows.
#[derive(Default)]
struct Own {
    /// A renewed grant that could not be stored yet, and the revision it follows.
    unsaved: Option<(Revision, Grant)>,
    /// A refresh token that is not to be sent any more, and why.
    dead: Option<(SecretString, Error)>,
}

impl Refreshing {
    /// Renews at this URL, host or page of the org; see [`LoginTarget::parse`] for what is understood. Best is the
    /// host that the person logged in at.
    #[expect(clippy::new_ret_no_self, reason = "as all flows: what is required, then options, then `build`")]
    pub fn new(login: impl AsRef<str>, app: App, store: impl TokenStore + 'static) -> RefreshingBuilder {
        RefreshingBuilder::new(LoginTarget::parse(login.as_ref()), app, Arc::new(store))
    }

    /// Renews at this target.
    pub fn at(login: LoginTarget, app: App, store: Arc<dyn TokenStore>) -> RefreshingBuilder {
        RefreshingBuilder::new(Ok(login), app, store)
    }

    /// Stores a grant and goes on with it: the first one, or one after somebody logged in again.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the grant cannot be renewed; [`Auth`](ErrorKind::Auth) when it is of another
    /// org than the stored one, which then stays ([`disconnect`](Self::disconnect) first if that is meant); or it
    /// cannot be stored.
    pub async fn connect(&self, grant: Grant) -> Result<()> {
        if !grant.has_refresh_token() {
            let message = "the login gave no refresh token: add the scope `refresh_token` to the app and to the login, \
                           and let the app's refresh token policy give one";
            return Err(Error::new(ErrorKind::Config, message));
        }
        let _lock = self.inner.store.lock().await?;
        let stored = self.inner.store.load().await?;
        if let Some((before, _)) = &stored {
            same_org(before, &grant)?;
        }
        if !self.inner.store.replace(stored.as_ref().map(|(_, revision)| revision), &grant).await? {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the token store was changed by somebody else meanwhile: try again",
            ));
        }
        *self.inner.own() = Own::default();
        self.flight.forget();
        Ok(())
    }

    /// Revokes the grant and forgets it, here and in the store. It is forgotten even when it cannot be revoked.
    ///
    /// # Errors
    /// The store cannot be cleared; or it is cleared and the login server could not be told, so that the tokens stay
    /// good until an administrator revokes them.
    pub async fn disconnect(&self) -> Result<()> {
        let _lock = self.inner.store.lock().await?;
        let stored = self.inner.store.load().await;
        self.inner.store.clear().await?;
        *self.inner.own() = Own::default();
        self.flight.forget();
        let Some((grant, _)) = stored? else { return Ok(()) };
        match grant.refresh_token.or(grant.access_token) {
            Some(token) if grant.ended.is_none() => self.inner.endpoint.revoke(&self.inner.app, &token).await,
            _ => Ok(()),
        }
    }

    /// Tries again after a refusal that somebody has healed: an administrator reactivated the user, say.
    pub fn forgive(&self) {
        self.inner.own().dead = None;
    }

    async fn other_than(&self, refused: Option<&Arc<AccessToken>>) -> Result<Arc<AccessToken>> {
        let runtime = crate::runtime()?;
        self.flight
            .other_than(refused, |_| {
                // A task of its own, so that a caller that is dropped, or not polled, leaves no renewal half done and
                // no lock held. It ends within the time of one call and of the store's patience.
                let task = runtime.spawn(Arc::clone(&self.inner).token(refused.cloned()));
                async move {
                    task.await.unwrap_or_else(|error| {
                        let message =
                            "the renewal of the token was cut off, by the end of its runtime or by a defect: try again";
                        Err(Error::new(ErrorKind::Other, message).with_source(error))
                    })
                }
                .boxed()
            })
            .await
    }
}

impl Inner {
    /// A token other than the refused one: another process' or, after one renewal, ours.
    async fn token(self: Arc<Self>, refused: Option<Arc<AccessToken>>) -> Result<Arc<AccessToken>> {
        let refused = refused.as_deref();
        if refused.is_none() && self.own().unsaved.is_none() {
            // The first of this process: what is stored may do, and needs no lock.
            let (grant, _) = self.stored().await?;
            if let Some(token) = grant.other_than(None).filter(|_| grant.ended.is_none()) {
                return Ok(Arc::new(token));
            }
        }
        let _lock = self.store.lock().await?;
        let unsaved = self.own().unsaved.clone();
        if let Some((revision, grant)) = unsaved {
            return self.keep(&revision, grant, refused).await;
        }
        let (grant, revision) = self.stored().await?;
        if let Some(token) = grant.other_than(refused).filter(|_| grant.ended.is_none()) {
            tracing::debug!("another process has renewed the token");
            return Ok(Arc::new(token));
        }
        let refusal = match self.renew(&grant).await {
            Ok(renewed) => return self.keep(&revision, renewed, refused).await,
            Err(error) if is_dead(&error) => error,
            Err(error) => return Err(error),
        };
        // Another process may have renewed it, where the store's lock does not reach.
        let (sent, (grant, revision)) = (grant, self.stored().await?);
        if fingerprint(&grant) != fingerprint(&sent) {
            if let Some(token) = grant.other_than(refused).filter(|_| grant.ended.is_none()) {
                return Ok(Arc::new(token));
            }
            return match self.renew(&grant).await {
                Ok(renewed) => self.keep(&revision, renewed, refused).await,
                Err(error) if is_dead(&error) => Err(self.bury(&grant, &revision, error).await),
                Err(error) => Err(error),
            };
        }
        Err(self.bury(&grant, &revision, refusal).await)
    }

    async fn stored(&self) -> Result<(Grant, Revision)> {
        self.store.load().await?.ok_or_else(|| {
            Reauthorize::NotConnected.into_error("no connection is stored: log in and `connect` what was granted")
        })
    }

    /// One exchange, unless it is known to be in vain.
    async fn renew(&self, grant: &Grant) -> Result<Grant> {
        if let Some(refusal) = &grant.ended {
            return Err(ended(refusal.clone()));
        }
        let Some(token) = &grant.refresh_token else {
            let message = "the stored grant has no refresh token: log in again with the scope `refresh_token`";
            return Err(Reauthorize::NotConnected.into_error(message));
        };
        if let Some((dead, error)) = &self.own().dead
            && dead.expose_secret() == token.expose_secret()
        {
            return Err(error.clone());
        }
        let rotates = self.rotates && grant.rotates != Some(false);
        let lost = || {
            Reauthorize::AnswerLost.into_error(format!(
                "the answer of the login at {} to a renewal was lost, and with it the new refresh token: connect again",
                self.endpoint.login()
            ))
        };
        if rotates {
            // Stays if this task is cut off while the answer is awaited.
            self.own().dead = Some((token.clone(), lost()));
        }
        let text = token.expose_secret();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", text)];
        let result = self.endpoint.grant(&self.app, &fields, &[text]).await;
        match result {
            Ok(answer) => {
                let renewed = grant.renewed_by(answer);
                let same = same_org(grant, &renewed);
                self.own().dead = same.as_ref().err().map(|error| (token.clone(), error.clone()));
                same.map(|()| renewed)
            }
            Err(error) if rotates && answer_was_lost(&error) => {
                tracing::warn!(login = %self.endpoint.login(), "the answer to a renewal was lost");
                let lost = Reauthorize::AnswerLost.into_error(format!("{}: {error}", lost()));
                self.own().dead = Some((token.clone(), lost.clone()));
                Err(lost)
            }
            Err(error) => {
                self.own().dead = None;
                Err(error)
            }
        }
    }

    /// Stores a renewed grant, and only then hands out its token.
    async fn keep(&self, revision: &Revision, grant: Grant, refused: Option<&AccessToken>) -> Result<Arc<AccessToken>> {
        let token = grant.access_token()?;
        match self.store.replace(Some(revision), &grant).await {
            Ok(true) => {
                self.own().unsaved = None;
                Ok(Arc::new(token))
            }
            Ok(false) => {
                // Somebody wrote past the lock. What they stored is what everybody else goes on with.
                self.own().unsaved = None;
                let (theirs, _) = self.stored().await?;
                theirs.other_than(refused).map(Arc::new).ok_or_else(|| {
                    Error::new(ErrorKind::Conflict, "the token store was changed by somebody else meanwhile: try again")
                })
            }
            Err(error) if grant.rotates == Some(false) => {
                tracing::warn!(%error, "a renewed token could not be stored; it is used all the same, its refresh token is the old one");
                Ok(Arc::new(token))
            }
            Err(error) => {
                self.own().unsaved = Some((revision.clone(), grant));
                let message = format!(
                    "{error}; the new refresh token is in memory only and is stored at the next call: if this process \
                     ends before, the connection has to be made again"
                );
                Err(Error::new(error.kind(), message).with_source(error))
            }
        }
    }

    /// Notes that a grant is dead: in this process for any final refusal, in the store if it is the grant's own end.
    async fn bury(&self, grant: &Grant, revision: &Revision, error: Error) -> Error {
        let Some(refusal) = Refusal::of(&error).cloned() else { return error };
        if Reauthorize::of(&error).is_some() {
            return error;
        }
        let error = ended(refusal.clone());
        if let Some(token) = &grant.refresh_token {
            self.own().dead = Some((token.clone(), error.clone()));
        }
        if refusal.kind().ends_a_grant() {
            let buried = Grant { ended: Some(refusal), ..grant.clone() };
            if let Err(error) = self.store.replace(Some(revision), &buried).await {
                tracing::warn!(%error, "the end of a grant could not be stored");
            }
        }
        error
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fingerprint(grant: &Grant) -> Option<&str> {
    grant.refresh_token.as_ref().map(|token| token.expose_secret())
}

/// Whether the grant itself was refused, and not the app, the host or the hour.
fn is_dead(error: &Error) -> bool {
    use RefusalKind as K;
    Refusal::of(error).is_some_and(|refusal| match refusal.kind() {
        K::Expired | K::InactiveUser | K::InactiveOrg => true,
        K::RateLimited | K::Unavailable | K::WrongHost | K::FlowDisabled => false,
        _ => refusal.error().eq_ignore_ascii_case("invalid_grant"),
    })
}

fn ended(refusal: Refusal) -> Error {
    let message = format!("the connection cannot be renewed: {refusal}: {}", refusal.remedy());
    Reauthorize::Refused(refusal).into_error(message)
}

fn same_org(before: &Grant, after: &Grant) -> Result<()> {
    match before.organization_id().zip(after.organization_id()) {
        Some((before, after)) if before != after => Err(Reauthorize::OtherOrg.into_error(format!(
            "the login leads to the org {after}, and it was {before} before: was the sandbox refreshed? What is stored \
             was kept; connect anew"
        ))),
        _ => Ok(()),
    }
}

#[async_trait]
impl TokenProvider for Refreshing {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        self.other_than(None).await
    }

    async fn renew(&self, refused: &Arc<AccessToken>) -> Result<Arc<AccessToken>> {
        self.other_than(Some(refused)).await
    }
}

impl fmt::Debug for Refreshing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshing")
            .field("login", self.inner.endpoint.login())
            .field("app", &self.inner.app)
            .field("store", &self.inner.store)
            .finish_non_exhaustive()
    }
}

/// Settings of [`Refreshing`]; [`build`](Self::build) makes it.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct RefreshingBuilder {
    login: Result<LoginTarget>,
    app: App,
    store: Arc<dyn TokenStore>,
    rotates: bool,
    wire: Wire,
}

impl RefreshingBuilder {
    fn new(login: Result<LoginTarget>, app: App, store: Arc<dyn TokenStore>) -> Self {
        Self { login, app, store, rotates: true, wire: Wire::default() }
    }

    wire_setters!();

    /// Says that the app does not rotate refresh tokens, so that one may be sent again after a lost answer. Without
    /// this it is found out at the first renewal, and until then taken to rotate.
    pub fn without_rotation(mut self) -> Self {
        self.rotates = false;
        self
    }

    /// The provider. Nothing is read or sent yet.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) when the login host is not one to send a secret to, or the app's id or secret is
    /// empty.
    pub fn build(self) -> Result<Refreshing> {
        self.app.check()?;
        let endpoint = TokenEndpoint::over(self.login?, self.wire)?;
        let inner = Inner { endpoint, app: self.app, store: self.store, rotates: self.rotates, own: Mutex::default() };
        Ok(Refreshing { flight: Arc::default(), inner: Arc::new(inner) })
    }
}
