use std::sync::Arc;
use std::time::Duration;

use super::Transport;
use crate::Result;

/// Settings of the default transport: time-outs, proxy, certificates.
///
/// [`ConnectionBuilder`](crate::ConnectionBuilder) has the same setters. Make a transport here to share its pool and
/// its settings between connections, or between a login and a connection.
///
/// ```
/// # #[cfg(any(feature = "rustls", feature = "native-tls"))] {
/// use std::time::Duration;
/// use salesforce_http::transport;
///
/// let transport = transport::Settings::new().connect_timeout(Duration::from_secs(5)).build()?;
/// # } Ok::<(), salesforce_http::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(not(any(feature = "rustls", feature = "native-tls")), allow(dead_code))]
pub struct Settings {
    pub(super) connect_timeout: Duration,
    pub(super) read_timeout: Duration,
    pub(super) proxy: Proxy,
    pub(super) root_certificates: Vec<Vec<u8>>,
    pub(super) http2: bool,
}

#[derive(Clone, Default)]
#[cfg_attr(not(any(feature = "rustls", feature = "native-tls")), allow(dead_code))]
pub(super) enum Proxy {
    /// `HTTPS_PROXY`, `NO_PROXY` and the system's settings.
    #[default]
    FromEnvironment,
    None,
    Url(String),
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FromEnvironment => f.write_str("from environment"),
            Self::None => f.write_str("none"),
            Self::Url(url) => f.write_str(&crate::redact::url(url)),
        }
    }
}

impl Settings {
    /// 10 seconds to connect, 3 minutes of silence (a query may think for 2), the environment's proxy, the system's
    /// certificates, HTTP/1.1.
    #[must_use]
    pub fn new() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(180),
            proxy: Proxy::FromEnvironment,
            root_certificates: Vec::new(),
            http2: false,
        }
    }

    /// How long a connection may take to be made, TLS included.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the org may be silent before its answer and between two pieces of it.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// A proxy such as `http://proxy.acme.example:3128` for everything but loopback, instead of the environment's.
    /// User and password may stand in the URL; they are never printed.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::Url(url.into());
        self
    }

    /// No proxy, whatever the environment says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// One or more certificates in PEM to trust besides the system's, such as that of a proxy that opens TLS.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.root_certificates.push(pem.as_ref().to_vec());
        self
    }

    /// Whether HTTP/2 may be used where the server offers it. Off unless asked for: measured against an org it took
    /// 1.6 times the CPU and gained nothing.
    #[must_use]
    pub fn http2(mut self, allowed: bool) -> Self {
        self.http2 = allowed;
        self
    }

    /// The transport.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) when a certificate or the proxy's URL cannot be read, or when the crate is
    /// built without a transport (neither feature `rustls` nor `native-tls`).
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn build(&self) -> Result<Arc<dyn Transport>> {
        Ok(Arc::new(super::Reqwest::new(self)?))
    }

    /// The transport.
    ///
    /// # Errors
    /// Always: the crate is built without a transport (neither feature `rustls` nor `native-tls`).
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    pub fn build(&self) -> Result<Arc<dyn Transport>> {
        Err(crate::Error::new(
            crate::ErrorKind::Config,
            "there is no transport: enable the feature `rustls` or `native-tls` of salesforce-http, or set one with `transport`",
        ))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}
