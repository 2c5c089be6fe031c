//! Mock org or yours? The one question that every example asks, so that the rest of each file is the SDK's own API.
//!
//! The README's snippet is compiled here as a doc test; a package of this crate does not hold that file.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]

mod login;

use std::error::Error;
use std::process::ExitCode;

use salesforce_auth::{Cached, ClientCredentials};
use salesforce_mock::{MockOrg, Org};
use salesforce_rest::Client;

pub use login::Login;

/// What an example returns: any error, printed as one sentence.
pub type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The org that an example talks to.
#[derive(Debug)]
pub struct Target {
    /// A client that is logged in by client credentials.
    pub client: Client,
    /// The mock org, while it runs in this process.
    pub mock: Option<MockOrg>,
}

/// The org named by `SF_LOGIN_URL`, `SF_CLIENT_ID` and `SF_CLIENT_SECRET`, or the mock org that `make` makes.
///
/// # Errors
///
/// When a variable is missing, the login URL is no Salesforce host, or the mock org cannot be made.
pub async fn connect(make: impl FnOnce() -> Result<Org>) -> Result<Target> {
    let login = Login::find(make).await?;
    let client = client(&login)?;
    Ok(Target { client, mock: login.mock })
}

/// A mock org and a client of it, whatever the environment says: for examples that write.
///
/// # Errors
///
/// When the mock org cannot be started.
pub async fn mock(org: Org) -> Result<(Client, MockOrg)> {
    let login = Login::at_mock(org).await?;
    let client = client(&login)?;
    Ok((client, login.mock.ok_or("the mock org did not start")?))
}

fn client(login: &Login) -> Result<Client> {
    let secret = login.client_secret.clone().ok_or("SF_LOGIN_URL is set, but SF_CLIENT_SECRET is not")?;
    let flow = ClientCredentials::new(&login.url, &login.client_id, secret).build()?;
    Ok(Client::builder(Cached::new(flow)).client_name("salesforce-examples").build()?)
}

/// How an example's `main` ends: code 0, or code 1 after it has printed the error with its causes.
#[must_use]
pub fn exit(outcome: Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
