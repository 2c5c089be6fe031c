//! Answers of real login servers.

use std::path::PathBuf;

use salesforce_auth::{Refusal, RefusalKind, TokenResponse};
use secrecy::ExposeSecret;

fn fixtures() -> Option<PathBuf> {
    let folder = std::env::var_os("SALESFORCE_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures")), PathBuf::from);
    let found = folder.join("oauth").is_dir();
    if !found {
        println!("skipped: no fixtures");
    }
    found.then_some(folder)
}

#[test]
fn recorded_token_answers_decode_to_the_stated_facts() {
    let Some(folder) = fixtures() else { return };
    let expectations = std::fs::read_to_string(folder.join("expectations.jsonl")).unwrap();
    let mut seen = 0;
    for line in expectations.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let (file, facts) = (line["file"].as_str().unwrap(), &line["facts"]);
        let read = || std::fs::read(folder.join(file)).unwrap();
        match facts["kind"].as_str() {
            Some("oauth_token") => {
                let answer = TokenResponse::parse(&read()).unwrap();
                assert_eq!(answer.access_token.expose_secret(), facts["access_token"].as_str().unwrap(), "{file}");
                assert_eq!(answer.instance_url, facts["instance_url"].as_str().unwrap(), "{file}");
                assert_eq!(answer.token_type.as_deref(), facts["token_type"].as_str(), "{file}");
                assert_eq!(answer.refresh_token.is_some(), facts["refresh_token"].is_string(), "{file}");
                assert!(answer.issued_at.is_some() && answer.id.is_some(), "{file}");
            }
            Some("oauth_error") => {
                let refusal = Refusal::parse(&read()).unwrap();
                assert_eq!(refusal.error(), facts["error"].as_str().unwrap());
                assert_eq!(refusal.description(), facts["error_description"].as_str().unwrap());
                assert_eq!(refusal.kind(), RefusalKind::Password);
            }
            _ => continue,
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}
