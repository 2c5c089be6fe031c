//! A Salesforce CLI of the test's own, in its generations.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use salesforce_auth::{Exchange, SalesforceCli};
use salesforce_http::{ErrorKind, Result};
use secrecy::ExposeSecret;

/// A script cannot be run while a child that is just being born still holds it open for writing: one at a time.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const DISPLAY: &str = r#"{"status":0,"warnings":["w"],"result":{"id":"00D000000000001EAA","apiVersion":"66.0","accessToken":"TOKEN","instanceUrl":"https://acme--dev.sandbox.my.salesforce.com","username":"ada@acme.example.dev","clientId":"PlatformCLI","connectedStatus":"Connected","alias":"dev"}}"#;
const REDACTED: &str = "[REDACTED] Use 'sf org auth show-access-token' to view";

/// A program that notes its arguments, and answers to each command.
fn program(folder: &Path, display: &str, show: &str) -> SalesforceCli {
    std::fs::write(folder.join("display"), display).unwrap();
    std::fs::write(folder.join("show"), show).unwrap();
    let script = format!(
        "#!/bin/sh\ncd '{}'\necho \"$*\" >> calls\nenv | grep -E '^(SF_|NO_COLOR)' | sort >> calls\n\
         case \"$2\" in display) cat display;; auth) cat show;; esac\n",
        folder.display()
    );
    let path = folder.join("sf");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    SalesforceCli::new("dev").program(path)
}

async fn token(display: &str, show: &str) -> Result<String> {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let token = program(folder.path(), display, show).exchange().await?;
    assert_eq!(token.instance_url(), "https://acme--dev.sandbox.my.salesforce.com");
    Ok(token.secret().expose_secret().to_owned())
}

#[tokio::test]
async fn r_49_three_generations_of_the_cli_yield_a_token() {
    // Older: the token stands in the answer.
    assert_eq!(token(&DISPLAY.replace("TOKEN", "00D!old"), "").await.unwrap(), "00D!old");
    // Older still: with chatter, colours and no status.
    let chatty = format!(
        "Warning: update \u{1b}[33mavailable\u{1b}[0m\n\u{1b}[32m{}\u{1b}[39m\n",
        DISPLAY.replace("TOKEN", "00D!old").replace("\"status\":0,", "")
    );
    assert_eq!(token(&chatty, "").await.unwrap(), "00D!old");
    // Today: it is asked for by itself.
    let today = DISPLAY.replace("TOKEN", REDACTED);
    assert_eq!(token(&today, r#"{"status":0,"result":{"accessToken":"00D!new"}}"#).await.unwrap(), "00D!new");
}

#[tokio::test]
async fn r_49_redacted_text_is_never_taken_for_a_token() {
    for note in [REDACTED, "[HIDDEN]", "", "***", "Use another command"] {
        let display = DISPLAY.replace("TOKEN", REDACTED);
        let show = format!(r#"{{"status":0,"result":{{"accessToken":"{note}"}}}}"#);
        let error = token(&display, &show).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{note}");
    }
}

#[tokio::test]
async fn the_org_is_one_argument_and_the_cli_is_kept_quiet() {
    let _one = ONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), &DISPLAY.replace("TOKEN", "x"), "").exchange().await.unwrap();
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    assert!(calls.starts_with("org display --target-org dev --json\n"), "{calls}");
    for set in ["NO_COLOR=1", "SF_AUTOUPDATE_DISABLE=true", "SF_DISABLE_TELEMETRY=true"] {
        assert!(calls.contains(set), "{calls}");
    }
    for bad in ["", "--help", "a\nb"] {
        assert_eq!(SalesforceCli::new(bad).exchange().await.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn what_the_cli_says_no_to_comes_with_what_to_do() {
    for (name, remedy) in [
        ("NamedOrgNotFoundError", "sf org list"),
        ("RefreshTokenAuthError", "sf org login web"),
        ("DomainNotFoundError", "renamed"),
        ("Other", "by hand"),
    ] {
        let body = format!(
            r#"{{"status":1,"name":"{name}","message":"No: 00D000000000001!canary","exitCode":1,"stack":"canary"}}"#
        );
        let error = token(&body, "").await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(remedy) && !text.contains("canary") && error.kind() == ErrorKind::Auth, "{text}");
    }
    for nothing in ["", "command not found", "{", "[1]", "{\"status\":0}"] {
        assert!(!token(nothing, "").await.unwrap_err().is_retryable());
    }
    let foreign = DISPLAY.replace("TOKEN", "x").replace("acme--dev.sandbox.my.salesforce.com", "attacker.test");
    assert_eq!(token(&foreign, "").await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_cli_that_is_not_there_or_hangs_is_one_clear_error() {
    let _one = ONE.lock().await;
    let error = SalesforceCli::new("dev").program("/nowhere/sf").exchange().await.unwrap_err();
    assert!(error.to_string().contains("is it installed"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let hangs = program(folder.path(), "", "");
    std::fs::write(folder.path().join("sf"), "#!/bin/sh\nexec sleep 60\n").unwrap();
    let error = hangs.patience(Duration::ZERO).exchange().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}
