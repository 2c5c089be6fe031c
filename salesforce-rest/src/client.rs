use std::sync::Arc;
use std::time::Duration;

use salesforce_http::transport::Transport;
use salesforce_http::{Clock, Connection, ConnectionBuilder, Request, Reserve, Response, Result, TokenProvider};
use salesforce_types::ApiVersion;

use crate::{body_size, url_length};

/// The REST data API of one org. A cheap clone: clones share the connection, its token and its limits.
///
/// ```no_run
/// use salesforce_rest::Client;
///
/// # async fn run(tokens: impl salesforce_http::TokenProvider + 'static) -> salesforce_rest::Result<()> {
/// let client = Client::builder(tokens).client_name("acme-backup").build()?;
/// println!("{}", client.identity().await?.username);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
}

impl Client {
    /// A client on a connection, which other clients may share.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// A client with a connection of its own.
    pub fn builder(tokens: impl TokenProvider + 'static) -> ClientBuilder {
        ClientBuilder { connection: Connection::builder(tokens) }
    }

    /// The connection, for another client or for a call that this one does not have.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The version of the API that the client speaks.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.connection.api_version()
    }

    /// Makes any call: for what this crate has no method for. Token, retries, limits and errors are those of every call.
    ///
    /// ```no_run
    /// use salesforce_rest::{Client, Request};
    ///
    /// # async fn run(client: Client) -> salesforce_rest::Result<()> {
    /// // Below /services/data/vXX.X/; with a leading `/`, below the org's host.
    /// let tabs: serde_json::Value = client.send(Request::get("tabs")).await?.json()?;
    ///
    /// let body = serde_json::json!({ "inputs": [{ "text": "Hello" }] });
    /// client.send(Request::post("actions/standard/chatterPost").json(&body)).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Whether a call is sent again when its answer was lost follows from the verb, or from
    /// [`Request::with_effect`]. An answer that is a file is read with
    /// [`Connection::open`](salesforce_http::Connection::open).
    ///
    /// # Errors
    ///
    /// As [`Connection::send`]; `Invalid` with [`UrlTooLong`](crate::UrlTooLong) as its source for a URL that is longer
    /// than an org reads, and for a body over 50 MB, which are not sent.
    pub async fn send(&self, request: Request) -> Result<Response> {
        url_length::check(&request, self.api_version())?;
        body_size::check(&request)?;
        self.connection.send(request).await
    }
}

impl From<Connection> for Client {
    fn from(connection: Connection) -> Self {
        Self::new(connection)
    }
}

/// Settings of a [`Client`], which are those of its connection: see [`ConnectionBuilder`] for what each is for.
#[derive(Clone, Debug)]
#[must_use = "there is no client until it is built"]
pub struct ClientBuilder {
    connection: ConnectionBuilder,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident($value:ident: $type:ty);)*) => {
        $($(#[$doc])* pub fn $name(self, $value: $type) -> Self {
            Self { connection: self.connection.$name($value) }
        })*
    };
}

impl ClientBuilder {
    settings! {
        /// The version of the API to speak; [`ApiVersion::DEFAULT`] unless said.
        api_version(version: ApiVersion);
        /// What the program calls itself, such as `acme-backup/1.2`: an administrator sees it in the org's logs.
        client_name(name: impl Into<String>);
        /// How long a connection may take to be made.
        connect_timeout(timeout: Duration);
        /// How long the org may be silent.
        read_timeout(timeout: Duration);
        /// How long one try may take.
        timeout(timeout: Duration);
        /// How long a call may take, all tries and pauses together.
        deadline(deadline: Duration);
        /// How often a call is sent at most.
        max_tries(tries: u32);
        /// How many calls may be under way at once.
        concurrency(calls: usize);
        /// How many calls of 20 seconds and more the org lets run at once: 25, but 5 in a developer or trial org.
        long_calls(calls: usize);
        /// What to leave to the org's other users: nothing unless said.
        reserve(reserve: Reserve);
        /// The most bytes an answer may have; files have no cap.
        response_cap(bytes: usize);
        /// A proxy, instead of the environment's.
        proxy(url: impl Into<String>);
        /// Certificates in PEM to trust besides the system's.
        root_certificate(pem: impl AsRef<[u8]>);
        /// The transport to send by, instead of the default one.
        transport(transport: Arc<dyn Transport>);
        /// The clock to wait by, instead of the machine's.
        clock(clock: Arc<dyn Clock>);
    }

    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// `Config` when a setting is of no use.
    pub fn build(self) -> Result<Client> {
        let client = self.connection.build().map(Client::new)?;
        if let Some(warning) = client.untested_version() {
            tracing::warn!("{warning}");
        }
        Ok(client)
    }
}
