//! A person logs in with a browser and lets the app in; what they granted is kept in a file and used.
//!
//! You learn: the browser flow with PKCE and state, a receiver on this machine, a grant that is stored before it is used
//! and renewed without the person. Needs nothing: at the mock org it plays the person itself, or leaves that to you with
//! `--wait` (open the page that it prints) or `--open` (it opens the page in your browser). At your org, which
//! `SF_LOGIN_URL` and `SF_CLIENT_ID` name, it waits; `SF_GRANT_FILE` says where to keep the grant, and
//! `http://localhost:1717/OauthRedirect` has to be registered with the app. Goes on in the documentation of
//! `salesforce-auth`.

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use salesforce_auth::{AuthorizationCode, FileStore, Loopback, Refreshing};
use salesforce_examples::{Login, Result, exit};
use salesforce_http::{Body, transport};
use salesforce_mock::Org;
use salesforce_rest::Client;

/// How long the person may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let (mut wait, mut open) = (false, false);
    for option in env::args_os().skip(1) {
        match option.to_str() {
            Some("--wait") => wait = true,
            Some("--open") => open = true,
            _ => return Err(format!("`{}` is no option; there are --wait and --open", option.display()).into()),
        }
    }
    let login = Login::find(|| Ok(Org::demo())).await?;
    let file = login.grant_file.as_ref().ok_or("SF_LOGIN_URL is set, but SF_GRANT_FILE is not")?;

    // The ports that are registered; the mock org registers whichever is free.
    let ports: &[u16] = if login.mock.is_some() { &[0] } else { &[1717] };
    let receiver = Loopback::bind(ports, "/OauthRedirect").await?;
    if let Some(mock) = &login.mock {
        mock.with(|org| org.app_mut().callback_urls = vec![receiver.redirect_uri().into()]);
    }

    let flow = AuthorizationCode::new(&login.url, login.app(), receiver.redirect_uri())
        .scopes(["api", "refresh_token"])
        .build()?;
    let pending = flow.begin()?;
    println!("page      {}", pending.authorize_url());
    if open {
        open_page(pending.authorize_url())?;
    }
    let person =
        async { if login.mock.is_some() && !wait && !open { say_yes(pending.authorize_url()).await } else { Ok(()) } };
    // Where the person cannot say yes, nobody comes back.
    let callback = async { Ok(receiver.receive(&pending, PATIENCE).await?) };
    let (callback, ()) = tokio::try_join!(callback, person)?;
    let grant = flow.finish(pending, callback).await?;
    println!("granted   {}", grant.scopes().join(" "));

    let tokens = Refreshing::new(&login.url, login.app(), FileStore::new(file)).build()?;
    tokens.connect(grant).await?;
    println!("kept      in {}", file.display());

    let client = Client::builder(tokens).client_name("salesforce-examples").build()?;
    let identity = client.identity().await?;
    println!("user      {} ({})", identity.username, identity.user_id);
    if let Some(mock) = &login.mock {
        assert_eq!(identity.username, mock.username());
        mock.expire_tokens();
        client.limits().await?;
        println!("renewal   the token expired; another came without the person");
        assert_eq!(mock.journal().count("/services/oauth2/token"), 2, "the code, and one renewal");
    }
    println!("authorize: {} let the app in: ok", identity.username);
    Ok(())
}

/// The person's part when nobody is there: says yes on the mock org's page, and goes where it leads.
async fn say_yes(page: &str) -> Result<()> {
    let (page, query) = page.split_once('?').ok_or("the page has no query")?;
    let browser = transport::Settings::new().build()?;
    let form = http::Request::post(page).header("content-type", "application/x-www-form-urlencoded");
    let answer = browser.send(form.body(Body::from(format!("{query}&decision=allow")))?).await?;
    let back = answer.headers().get("location").ok_or("the page leads nowhere")?.to_str()?.to_owned();
    browser.send(http::Request::get(back).body(Body::empty())?).await?;
    Ok(())
}

/// Opens the page by the program of the desktop; as one argument, no shell reads it.
fn open_page(page: &str) -> Result<()> {
    let program = match env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    Command::new(program).arg(page).spawn().map_err(|error| format!("{program} cannot be run: {error}"))?;
    Ok(())
}
