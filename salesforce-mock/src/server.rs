//! The org behind HTTP: in this process on a free port, or as the program.

mod connection;
mod intake;
mod tls;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::{Fault, Journal, Org};
use tls::Identity;

/// An org behind HTTP on this machine. It stops when it is dropped.
///
/// It runs on threads of its own, so the test's runtime may be of any kind, and its time may stand still.
///
/// ```
/// use salesforce_mock::MockOrg;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let org = MockOrg::start().await;
/// let token = org.access_token(); // or log in at org.login_url() with org.client_id() and org.client_secret()
/// // … let the code under test call org.url() …
/// assert_eq!(org.journal().count("/services/oauth2/token"), 0);
/// # });
/// ```
pub struct MockOrg {
    shared: Arc<Shared>,
    address: SocketAddr,
    url: String,
    identity: Option<Identity>,
    /// Held for its drop.
    _threads: Threads,
}

/// What the connections have in common.
struct Shared {
    org: Mutex<Org>,
    gzip: bool,
    latency: Duration,
}

impl Shared {
    fn org(&self) -> MutexGuard<'_, Org> {
        // A test that failed while it held the org says so itself; the org stays usable for the others.
        self.org.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How an org is to be served.
#[derive(Debug)]
#[must_use = "nothing is served until `start`"]
pub struct MockOrgBuilder {
    org: Option<Org>,
    port: u16,
    tls: bool,
    gzip: bool,
    latency: Duration,
}

impl MockOrg {
    /// Serves the demo org on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub async fn start() -> Self {
        Self::serve(Org::demo()).await
    }

    /// Serves an org on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    pub async fn serve(org: Org) -> Self {
        Self::builder().org(org).start().await.expect("a free port of 127.0.0.1 can be had")
    }

    /// Serves an org with other settings.
    pub fn builder() -> MockOrgBuilder {
        MockOrgBuilder { org: None, port: 0, tls: false, gzip: true, latency: Duration::ZERO }
    }

    /// Where the org is: its `instance_url`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where to log in; the mock is its own My Domain.
    #[must_use]
    pub fn login_url(&self) -> &str {
        &self.url
    }

    /// The address it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The PEM file with the certificate to trust, if it speaks TLS. It is gone when the org is.
    #[must_use]
    pub fn ca_cert(&self) -> Option<&Path> {
        self.identity.as_ref().map(Identity::ca_path)
    }

    /// The id of the app that may log in.
    #[must_use]
    pub fn client_id(&self) -> String {
        self.with(|org| org.client_id().to_owned())
    }

    /// The app's secret.
    #[must_use]
    pub fn client_secret(&self) -> String {
        self.with(|org| org.client_secret().to_owned())
    }

    /// The name of the user as whom the app runs.
    #[must_use]
    pub fn username(&self) -> String {
        self.with(|org| org.username())
    }

    /// The org's id, 18 characters.
    #[must_use]
    pub fn org_id(&self) -> String {
        self.with(|org| org.org_id().to_string())
    }

    /// A new token, as if somebody had logged in; it leaves no trace in the journal.
    #[must_use]
    pub fn access_token(&self) -> String {
        self.with(Org::issue_token)
    }

    /// What was asked and answered so far.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.with(|org| org.journal().clone())
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        self.with(|org| org.fault(fault));
    }

    /// Makes every token that was given so far invalid.
    pub fn expire_tokens(&self) {
        self.with(Org::expire_tokens);
    }

    /// Works on the org itself, between two requests.
    pub fn with<T>(&self, work: impl FnOnce(&mut Org) -> T) -> T {
        work(&mut self.shared.org())
    }
}

impl MockOrgBuilder {
    /// The org; the demo org without it.
    pub fn org(mut self, org: Org) -> Self {
        self.org = Some(org);
        self
    }

    /// The port of the loopback interface; a free one without it.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Speaks TLS with a certificate made for the occasion; see [`MockOrg::ca_cert`].
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Whether answers are compressed for clients that take it; they are, if nothing is said.
    pub fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// How long every answer waits, as on a long way; the org has done what it was asked by then.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Begins to serve.
    ///
    /// # Errors
    ///
    /// The port is taken, or the certificate's file cannot be written.
    pub async fn start(self) -> io::Result<MockOrg> {
        let threads = Threads::start()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let identity = if self.tls { Some(Identity::new(address.port())?) } else { None };
        let scheme = if self.tls { "https" } else { "http" };
        let url = format!("{scheme}://{address}");
        let mut org = self.org.unwrap_or_else(Org::demo);
        org.set_base_url(&url);
        let shared = Arc::new(Shared { org: Mutex::new(org), gzip: self.gzip, latency: self.latency });
        let listener = {
            let _inside = threads.runtime().map(Runtime::enter);
            TcpListener::from_std(listener)?
        };
        let acceptor = identity.as_ref().map(Identity::acceptor);
        if let Some(runtime) = threads.runtime() {
            runtime.spawn(accept(listener, acceptor, Arc::clone(&shared)));
        }
        Ok(MockOrg { shared, address, url, identity, _threads: threads })
    }
}

async fn accept(listener: TcpListener, acceptor: Option<tokio_rustls::TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        // An error here is one of a connection that is gone already, or too many open files for a moment.
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection::serve(stream, acceptor.clone(), Arc::clone(&shared)));
            }
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// The threads that serve. They stop when this is dropped.
struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> io::Result<Self> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Ok(Self(Some(builder.worker_threads(2).thread_name("salesforce-mock").enable_all().build()?)))
    }

    fn runtime(&self) -> Option<&Runtime> {
        self.0.as_ref()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Waiting for the threads is not allowed inside another runtime.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for MockOrg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockOrg").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
