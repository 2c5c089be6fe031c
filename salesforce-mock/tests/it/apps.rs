//! Several apps in one org, and tokens of somebody else that are exchanged.

use salesforce_mock::App;
use serde_json::json;

use crate::logins::{VERIFIER, code, exchange, id, login, post, refresh, text, token};
use crate::support::Client;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

#[test]
fn each_app_has_its_own_policies_logins_and_tokens() {
    let mut client = Client::empty();
    let mut other = App::external("other", "other-secret");
    other.callback_urls = vec!["https://other.example/cb".into()];
    other.rotates_refresh_tokens = false;
    client.org.add_app(other);
    let ours = login(&mut client);
    // The other app's page goes to its own address only, and its code is its own.
    let stolen = code(&mut client, &[]);
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", stolen.as_str()),
        ("client_id", "other"),
        ("client_secret", "other-secret"),
        ("redirect_uri", "http://localhost:1717/OauthRedirect"),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(token(&mut client, &pairs).unwrap_err().0, "invalid_grant");
    assert_eq!(exchange(&mut client, &stolen, VERIFIER).unwrap_err().1, "invalid authorization code");
    let page = post(
        &mut client,
        "/services/oauth2/authorize",
        &[("client_id", "other"), ("redirect_uri", "http://localhost:1717/OauthRedirect")],
    );
    assert!(page.text.contains("redirect_uri_mismatch"), "{}", page.text);
    // Nor can it refresh or look at what the first one was given; neither ends by the attempt.
    let refresh_token = text(&ours, "refresh_token");
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", "other")];
    assert_eq!(token(&mut client, &pairs).unwrap_err().0, "invalid_grant");
    let look = [("token", text(&ours, "access_token")), ("client_id", "other"), ("client_secret", "other-secret")];
    assert_eq!(post(&mut client, "/services/oauth2/introspect", &look).json(), json!({"active": false}));
    refresh(&mut client, refresh_token).unwrap();
    // One is blocked, and the other works.
    client.org.app_mut().blocked = true;
    let pair = [("grant_type", "client_credentials"), ("client_id", "other"), ("client_secret", "other-secret")];
    token(&mut client, &pair).unwrap();
    assert_eq!(refresh(&mut client, refresh_token).unwrap_err().0, "app_blocked");
}

#[test]
fn a_token_of_somebody_else_is_exchanged_as_the_handler_says() {
    let mut client = Client::empty();
    let (id, secret, user) = (id(&client), client.org.client_secret().to_owned(), client.org.username());
    let ask = |client: &mut Client, more: &[(&str, &str)]| {
        let mut pairs = vec![
            ("grant_type", EXCHANGE),
            ("subject_token", "eyJ.good"),
            ("subject_token_type", JWT),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
        ];
        for (name, value) in more {
            pairs.retain(|(other, _)| other != name);
            pairs.push((name, value));
        }
        token(client, &pairs)
    };
    assert_eq!(ask(&mut client, &[]).unwrap_err().0, "unsupported_grant_type");
    client
        .org
        .app_mut()
        .set_token_exchange("Acme", move |kind, token| (kind == "jwt" && token == "eyJ.good").then(|| user.clone()));
    let granted = ask(&mut client, &[("token_handler", "acme")]).unwrap();
    assert!(granted.get("refresh_token").is_some() && granted.get("issued_token_type").is_none());
    client.token = text(&granted, "access_token").to_owned();
    assert_eq!(client.get("limits").status, 200);
    let granted = ask(&mut client, &[("scope", "api")]).unwrap();
    assert_eq!((text(&granted, "scope"), granted.get("refresh_token")), ("api", None));
    let long = "x".repeat(10_001);
    for (more, error) in [
        (("subject_token", "eyJ.bad"), "invalid_grant"),
        (("subject_token", long.as_str()), "invalid_request"),
        (("subject_token", ""), "invalid_request"),
        (("subject_token_type", "jwt"), "invalid_request"),
        (("subject_token_type", "urn:ietf:params:oauth:token-type:other"), "invalid_request"),
        (("token_handler", "Other"), "invalid_request"),
        (("scope", "web"), "invalid_scope"),
        (("client_secret", ""), "invalid_client"),
    ] {
        assert_eq!(ask(&mut client, &[more]).unwrap_err().0, error, "{more:?}");
    }
    client.org.app_mut().requires_secret_to_exchange = false;
    ask(&mut client, &[("client_secret", "")]).unwrap();
    client.org.app_mut().admin_approved_only = true;
    assert_eq!(ask(&mut client, &[]).unwrap_err().0, "invalid_app_access");
}
