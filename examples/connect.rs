//! Who am I, and which org is this? Asked by four programs, each with its own way to a token.
//!
//! You learn: client credentials, an assertion signed with a key, a grant that is kept in a file, a chain of providers;
//! identity, versions, limits; and that an expired token is renewed without the caller noticing. Needs nothing; talks to
//! your org when `SF_LOGIN_URL` and `SF_CLIENT_ID` are set, in those ways for which there is more: `SF_CLIENT_SECRET`;
//! `SF_USERNAME` and `SF_JWT_KEY_FILE`; `SF_GRANT_FILE`, which the example `authorize` writes. Goes on in the
//! documentation of `salesforce-auth`.

use std::process::ExitCode;
use std::sync::Arc;

use salesforce_auth::{Cached, Chain, ClientCredentials, FileStore, Grant, JwtBearer, PemSigner, Refreshing, from_env};
use salesforce_examples::{Login, Result, exit};
use salesforce_http::{Error, ErrorKind, TokenProvider};
use salesforce_mock::Org;
use salesforce_rest::Client;

type Way = Option<Arc<dyn TokenProvider>>;

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let login = Login::find(|| Ok(Org::demo())).await?;
    let mut clients = Vec::new();
    for (name, way) in [
        ("credentials", credentials(&login)?),
        ("key", key(&login)?),
        ("grant", grant(&login).await?),
        ("chain", chain(&login)?),
    ] {
        let Some(tokens) = way else {
            println!("{name:<12}left out, its variables are not set");
            continue;
        };
        let client = Client::builder(tokens).client_name("salesforce-examples").build()?;
        let identity = client.identity().await?;
        println!("{name:<12}{} ({})", identity.username, identity.user_id);
        clients.push((client, identity));
    }

    let (client, first) = clients.first().ok_or("no way to a token is set up")?;
    if clients.iter().any(|(_, identity)| identity.organization_id != first.organization_id) {
        return Err("the ways lead to different orgs: look at the variables".into());
    }
    let organization = client.organization().await?;
    println!("org         {} ({}), {}", organization.name, organization.id, organization.organization_type);
    let versions = client.versions().await?;
    let newest = versions.last().ok_or("the org names no API version")?;
    println!("versions    {} of them, newest {}, spoken {}", versions.len(), newest.version, client.api_version());
    let limits = client.limits().await?;
    let daily = limits.get("DailyApiRequests").ok_or("the org has no DailyApiRequests limit")?;
    println!("calls       {} of {} left today", daily.remaining, daily.max);
    if daily.remaining > daily.max {
        return Err("more calls are left than are allowed".into());
    }

    if let Some(mock) = &login.mock {
        assert!(clients.len() == 4 && clients.iter().all(|(_, identity)| identity.username == mock.username()));
        mock.expire_tokens();
        for (client, _) in &clients {
            client.limits().await?;
        }
        let logins = mock.journal().count("/services/oauth2/token");
        println!("renewal     all tokens expired; each way got another by itself, {logins} logins in all");
        assert_eq!(logins, 8, "four first logins and four renewals");
    }
    println!("connect: {} in {} ways: ok", organization.name, clients.len());
    Ok(())
}

/// A server that logs in as the app's Run As user.
fn credentials(login: &Login) -> Result<Way> {
    let Some(secret) = login.client_secret.clone() else { return Ok(None) };
    let flow = ClientCredentials::new(&login.url, &login.client_id, secret).build()?;
    Ok(Some(Arc::new(Cached::new(flow))))
}

/// A server that logs in as a user, and shows a key instead of a secret.
fn key(login: &Login) -> Result<Way> {
    let (Some(user), Some(file)) = (&login.username, &login.key_file) else { return Ok(None) };
    login.certify()?;
    let flow = JwtBearer::new(&login.url, &login.client_id, user, PemSigner::from_file(file)?).build()?;
    Ok(Some(Arc::new(Cached::new(flow))))
}

/// A program that goes on with what a person granted once; each renewal is stored before it is used.
async fn grant(login: &Login) -> Result<Way> {
    let Some(file) = &login.grant_file else { return Ok(None) };
    let tokens = Refreshing::new(&login.url, login.app(), FileStore::new(file)).build()?;
    if let Some(mock) = &login.mock {
        // Somebody was here before; the example `authorize` shows how.
        let token = mock.with(Org::issue_refresh_token);
        tokens.connect(Grant::from_refresh_token(token.into())).await?;
    }
    Ok(Some(Arc::new(tokens)))
}

/// A tool that takes what its user has: a token or an org of the Salesforce CLI that the environment names, or else the
/// app's own login.
fn chain(login: &Login) -> Result<Way> {
    let Some(own) = credentials(login)? else { return Ok(None) };
    let environment = match login.mock {
        None => from_env(),
        Some(_) => Err(Error::new(ErrorKind::Config, "what it names is no mock org")),
    };
    Ok(Some(Arc::new(Chain::new().or("the environment", environment).or("the app", Ok(own)))))
}
