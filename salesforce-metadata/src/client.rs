use salesforce_http::Connection;
use salesforce_types::ApiVersion;

/// The Metadata API of one org. A cheap clone: clones share the connection, its token and its limits.
///
/// ```no_run
/// use salesforce_metadata::{ApiVersion, Client, Manifest};
///
/// # async fn run(connection: salesforce_http::Connection) -> salesforce_metadata::Result<()> {
/// let client = Client::new(connection);
/// let manifest = Manifest::new(client.api_version()).with("PermissionSet", ["Acme_Connector"]);
/// let retrieved = client.retrieve(&manifest).await?;
/// for message in &retrieved.messages {
///     println!("not there: {}", message.problem);
/// }
/// # Ok(()) }
/// ```
///
/// Most calls are SOAP, which takes a JWT as its token from API version 68.0 on only; below, they fail with
/// [`JwtInSoap`](salesforce_http::JwtInSoap) before anything is sent. Deploys are sent by REST, which takes any token
/// and a zip as it is; [`deploys_by_soap`](Self::deploys_by_soap) changes that.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Connection,
    deploys_by_soap: bool,
}

impl Client {
    /// A client on a connection, which other clients may share.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self { connection, deploys_by_soap: false }
    }

    /// The same with deploys sent by SOAP, for an org or a proxy that refuses them by REST. A zip grows by a third so,
    /// and the message with it may have 50 MB.
    #[must_use]
    pub fn deploys_by_soap(self) -> Self {
        Self { deploys_by_soap: true, ..self }
    }

    /// The connection, for another client.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The version of the API that the client speaks. Files are in this version unless their manifest says another.
    #[must_use]
    pub fn api_version(&self) -> ApiVersion {
        self.connection.api_version()
    }

    pub(crate) fn has_deploys_by_soap(&self) -> bool {
        self.deploys_by_soap
    }
}

impl From<Connection> for Client {
    fn from(connection: Connection) -> Self {
        Self::new(connection)
    }
}
