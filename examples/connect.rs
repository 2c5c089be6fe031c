//! Who am I, and which org is this?
//!
//! You learn: a token by the client credentials flow, identity, versions, limits, and that an expired token is renewed
//! without the caller noticing. Needs nothing; talks to your org when `SF_LOGIN_URL`, `SF_CLIENT_ID` and
//! `SF_CLIENT_SECRET` are set. Goes on in the documentation of `salesforce-auth`.

use std::process::ExitCode;

use salesforce_examples::{Result, connect, exit};
use salesforce_mock::Org;

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let target = connect(|| Ok(Org::demo())).await?;
    let client = &target.client;

    let identity = client.identity().await?;
    let organization = client.organization().await?;
    println!("user      {} ({})", identity.username, identity.user_id);
    println!("org       {} ({}), {}", organization.name, organization.id, organization.organization_type);

    let versions = client.versions().await?;
    let newest = versions.last().ok_or("the org names no API version")?;
    println!("versions  {} of them, newest {}, spoken {}", versions.len(), newest.version, client.api_version());

    let limits = client.limits().await?;
    let daily = limits.get("DailyApiRequests").ok_or("the org has no DailyApiRequests limit")?;
    println!("calls     {} of {} left today", daily.remaining, daily.max);
    if daily.remaining > daily.max {
        return Err("more calls are left than are allowed".into());
    }

    if let Some(mock) = &target.mock {
        assert_eq!(identity.username, mock.username());
        mock.expire_tokens();
        client.limits().await?;
        let logins = mock.journal().count("/services/oauth2/token");
        println!("renewal   the token expired; one more login, {logins} in all");
        assert_eq!(logins, 2, "the first login and one renewal");
    }
    println!("connect: {} at API {}: ok", organization.name, client.api_version());
    Ok(())
}
