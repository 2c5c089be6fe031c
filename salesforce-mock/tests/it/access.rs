//! Logging in, tokens, and who one is.

use std::time::Duration;

use base64::Engine as _;
use http::Request;
use salesforce_mock::Body;
use serde_json::json;

use crate::support::{Answer, Client};

fn login(client: &mut Client, form: &str, basic: Option<&str>) -> Answer {
    let mut request =
        Request::post("/services/oauth2/token").header("content-type", "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        let encoded = base64::engine::general_purpose::STANDARD.encode(basic);
        request = request.header("authorization", format!("Basic {encoded}"));
    }
    client.send(request.body(Body::from(form.to_owned())).unwrap())
}

#[test]
fn client_credentials_work_in_the_header_and_in_the_body() {
    let mut client = Client::empty();
    client.org.set_app("app id", "s&c=ret");
    client.org.set_base_url("https://acme.my.salesforce.com/");
    let answers = [
        login(&mut client, "grant_type=client_credentials", Some("app id:s&c=ret")),
        login(&mut client, "grant_type=client_credentials&client_id=app+id&client_secret=s%26c%3Dret", None),
    ];
    for answer in answers {
        let token = answer.json();
        assert_eq!(answer.status, 200);
        assert_eq!(token["instance_url"], "https://acme.my.salesforce.com");
        assert_eq!(token["token_type"], "Bearer");
        assert_eq!(token["scope"], "api");
        assert!(token["issued_at"].as_str().unwrap().parse::<u64>().is_ok());
        assert_eq!(
            token["id"],
            format!("https://acme.my.salesforce.com/id/{}/{}", client.org.org_id(), client.org.store().user)
        );
        let access = token["access_token"].as_str().unwrap();
        assert!(access.starts_with(&format!("{}!", client.org.org_id().as_15())));
        client.token = access.to_owned();
        assert_eq!(client.get("limits").status, 200);
    }
}

#[test]
fn a_refused_login_says_what_is_wrong() {
    let mut client = Client::empty();
    client.org.set_app("id", "secret");
    for (form, basic, error, description) in [
        ("grant_type=saml", None, "unsupported_grant_type", "grant type not supported"),
        ("", None, "unsupported_grant_type", "grant type not supported"),
        ("grant_type=client_credentials", None, "invalid_client_id", "client identifier invalid"),
        ("grant_type=client_credentials", Some("other:secret"), "invalid_client_id", "client identifier invalid"),
        ("grant_type=client_credentials", Some("id:wrong"), "invalid_client", "invalid client credentials"),
        ("grant_type=client_credentials&client_id=id", None, "invalid_client", "invalid client credentials"),
    ] {
        let answer = login(&mut client, form, basic);
        assert_eq!(answer.status, 400, "{form}");
        assert_eq!(answer.json(), json!({"error": error, "error_description": description}), "{form}");
    }
}

#[test]
fn an_inactive_user_cannot_be_run_as() {
    let mut client = Client::empty();
    client.org.set_app("id", "secret");
    let user = client.org.store().user;
    client.org.update(user, &json!({"IsActive": false})).unwrap();
    let answer = login(&mut client, "grant_type=client_credentials", Some("id:secret"));
    assert_eq!(
        answer.json(),
        json!({"error": "invalid_grant", "error_description": "no client credentials user enabled"})
    );
}

#[test]
fn a_token_ends_with_its_time_by_revocation_and_when_all_expire() {
    let mut client = Client::empty();
    client.org.set_token_lifetime(Duration::from_secs(60));
    client.token = client.org.issue_token();
    assert_eq!(client.get("limits").status, 200);
    client.org.advance(Duration::from_secs(61));
    let answer = client.get("limits");
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Token");
    assert_eq!(answer.json(), json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]));

    client.token = client.org.issue_token();
    let form = format!("token={}", crate::support::encoded(&client.token));
    let form_header = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(client.call("POST", "/services/oauth2/revoke", &form_header, &form).status, 200);
    assert_eq!(client.get("limits").status, 401);
    let again = client.call("POST", "/services/oauth2/revoke", &form_header, &form);
    assert_eq!((again.status.as_u16(), again.json()["error"].as_str()), (400, Some("invalid_token")));

    client.token = client.org.issue_token();
    client.org.expire_tokens();
    assert_eq!(client.get("limits").code(), "INVALID_SESSION_ID");
}

#[test]
fn a_header_that_holds_no_token_is_told_from_a_token_that_is_not_good() {
    let mut client = Client::empty();
    let mut code = |header: &str| {
        let request = Request::get("/services/data/v68.0/limits").header("authorization", header);
        let answer = client.send(request.body(Body::empty()).unwrap());
        assert_eq!(answer.status, 401);
        answer.code()
    };
    assert_eq!(code("Bearer "), "INVALID_AUTH_HEADER");
    assert_eq!(code("00Dxyz"), "INVALID_AUTH_HEADER");
    assert_eq!(code("Bearer 00Dxyz"), "INVALID_SESSION_ID");
    let request = Request::get("/services/data/v68.0/limits").body(Body::empty()).unwrap();
    assert_eq!(client.send(request).code(), "INVALID_SESSION_ID");
}

#[test]
fn the_old_word_for_bearer_still_works() {
    let mut client = Client::empty();
    let header = format!("OAuth {}", client.token);
    let request = Request::get("/services/data/v68.0/limits").header("authorization", header);
    assert_eq!(client.send(request.body(Body::empty()).unwrap()).status, 200);
}

#[test]
fn userinfo_and_identity_tell_who_one_is() {
    let mut client = Client::empty();
    let (org, user) = (client.org.org_id(), client.org.store().user);
    let info = client.get("/services/oauth2/userinfo").json();
    assert_eq!(info["user_id"], user.to_string());
    assert_eq!(info["organization_id"], org.to_string());
    assert_eq!(info["preferred_username"], client.org.username());
    assert!(info["utcOffset"].is_i64());
    let path = format!("/id/{}/{}", org.as_15(), user);
    let identity = client.get(&path).json();
    assert_eq!(identity["username"], client.org.username());
    assert!(identity["urls"]["query"].as_str().unwrap().contains("/services/data/v{version}/query/"));
    // The users of another org are not this org's.
    assert_eq!(client.get(&format!("/id/00D000000000001/{user}")).text, "Bad_OAuth_Token");
    client.org.expire_tokens();
    for path in ["/services/oauth2/userinfo", &path] {
        let answer = client.get(path);
        assert_eq!((answer.status.as_u16(), &*answer.text), (403, "Bad_OAuth_Token"));
    }
}
