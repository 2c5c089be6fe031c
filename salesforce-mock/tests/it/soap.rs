//! SOAP: logins, undelete, the recycle bin, and faults.

use proptest::prelude::*;
use salesforce_mock::Org;
use salesforce_types::RecordId;
use serde_json::json;

use crate::support::{Answer, Client, with_demo_objects};

const XML: &[(&str, &str)] = &[("content-type", "text/xml; charset=UTF-8"), ("soapaction", "\"\"")];

fn post(client: &mut Client, path: &str, body: &str) -> Answer {
    client.call("POST", path, XML, body)
}

fn envelope(session: &str, headers: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"urn:partner.soap.sforce.com\"><env:Header><SessionHeader><sessionId>{session}</sessionId>\
         </SessionHeader>{headers}</env:Header><env:Body>{body}</env:Body></env:Envelope>"
    )
}

fn soap(client: &mut Client, body: &str) -> Answer {
    let body = envelope(&client.token.clone(), "", body);
    post(client, "/services/Soap/u/68.0", &body)
}

fn with_ids<S: AsRef<str>>(operation: &str, ids: &[S]) -> String {
    let ids: String = ids.iter().map(|id| format!("<ids>{}</ids>", id.as_ref())).collect();
    format!("<{operation}>{ids}</{operation}>")
}

/// The texts of the elements of that name, in their order.
fn all<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(open.as_str()).skip(1).filter_map(|rest| rest.split(close.as_str()).next()).collect()
}

fn one<'a>(text: &'a str, name: &str) -> &'a str {
    all(text, name).first().copied().unwrap_or_else(|| panic!("no {name}: {text}"))
}

#[track_caller]
fn fault(answer: &Answer, code: &str, text: &str) {
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/xml;charset=utf-8");
    assert_eq!(one(&answer.text, "faultcode"), code, "{}", answer.text);
    assert!(one(&answer.text, "faultstring").contains(text), "{}", answer.text);
}

fn login(client: &mut Client, version: &str, username: &str, password: &str) -> Answer {
    let body = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><login \
         xmlns=\"urn:partner.soap.sforce.com\"><username>{username}</username><password>{password}</password></login>\
         </s:Body></s:Envelope>"
    );
    post(client, &format!("/services/Soap/u/{version}"), &body)
}

#[test]
fn a_login_answers_in_the_recorded_shape_and_its_session_is_good_for_rest() {
    let mut client = Client::empty();
    let (user, secret) = (client.org.username(), format!("{}{}", client.org.password(), client.org.security_token()));
    let answer = login(&mut client, "64.0", &user, &secret);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let org = client.org.org_id();
    let soap = format!("https://mock.my.salesforce.com/services/Soap/u/64.0/{}", org.as_15());
    assert_eq!(one(&answer.text, "serverUrl"), soap);
    assert_eq!(one(&answer.text, "metadataServerUrl"), soap.replace("/u/", "/m/"));
    assert_eq!(one(&answer.text, "organizationId"), org.to_string());
    assert_eq!(one(&answer.text, "userName"), user);
    assert_eq!(one(&answer.text, "sessionSecondsValid"), "7200");
    assert!(answer.text.contains("<roleId xsi:nil=\"true\"/>"), "{}", answer.text);
    client.token = one(&answer.text, "sessionId").to_owned();
    assert_eq!(client.get("limits").status, 200);
    let server = answer.text.split("<serverUrl>https://mock.my.salesforce.com").nth(1).unwrap();
    let body = envelope(&client.token.clone(), "", "<getUserInfo/>");
    let answer = post(&mut client, server.split('<').next().unwrap(), &body);
    assert_eq!(answer.status, 200, "the address with the org's id is good too: {}", answer.text);
}

#[test]
fn logins_are_refused_with_the_fault_of_their_reason() {
    let mut client = Client::empty();
    let user = client.org.username();
    let secret = format!("{}{}", client.org.password(), client.org.security_token());
    let short = client.org.password().to_owned();
    let wrong = "Invalid username, password, security token; or user locked out.";
    for (name, password, code, text) in [
        (user.as_str(), "nonsense", "INVALID_LOGIN", wrong),
        (user.as_str(), "", "INVALID_LOGIN", wrong),
        ("nobody@acme.example", &secret, "INVALID_LOGIN", wrong),
        (&user, &short, "LOGIN_MUST_USE_SECURITY_TOKEN", "security token"),
        (&user, &format!("{short}other"), "INVALID_LOGIN", wrong),
    ] {
        let answer = login(&mut client, "64.0", name, password);
        fault(&answer, code, text);
        assert!(answer.text.contains("<sf:LoginFault xsi:type=\"sf:LoginFault\">"), "{}", answer.text);
        assert_eq!(one(&answer.text, "sf:exceptionCode"), code);
        assert!(password.is_empty() || !answer.text.contains(password), "a password is never told back");
    }
    fault(&login(&mut client, "65.0", &user, &secret), "sf:UNSUPPORTED_API_VERSION", "65.0");
    client.org.app_mut().refuses_address = true;
    fault(&login(&mut client, "64.0", &user, &secret), "LOGIN_DURING_RESTRICTED_DOMAIN", "addresses");
    client.org.set_soap_login(false);
    let text = "INVALID_OPERATION: SOAP API login() is disabled by default in this org.";
    fault(&login(&mut client, "64.0", &user, &secret), "INVALID_OPERATION", text);
}

#[test]
fn a_frozen_user_cannot_log_in() {
    let mut client = Client::empty();
    let secret = format!("{}{}", client.org.password(), client.org.security_token());
    let user = client.org.username();
    let id = client.org.query(&format!("SELECT Id FROM User WHERE Username = '{user}'")).unwrap()[0].id().unwrap();
    client.org.set_frozen(id, true);
    fault(&login(&mut client, "64.0", &user, &secret), "INVALID_LOGIN", "user locked out");
    client.org.set_frozen(id, false);
    assert_eq!(login(&mut client, "64.0", &user, &secret).status, 200);
}

#[test]
fn b1_14_an_undeleted_row_has_its_id_and_its_children_again() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "A & B"}));
    let contact = client.insert("Contact", json!({"LastName": "C", "AccountId": account}));
    client.org.delete(account.parse().unwrap()).unwrap();
    let gone = client.insert("Account", json!({"Name": "Purged"}));
    client.org.delete(gone.parse().unwrap()).unwrap();
    client.org.store_mut().purge(gone.parse().unwrap()).unwrap();
    let live = client.insert("Account", json!({"Name": "Live"}));
    let answer = soap(&mut client, &with_ids("undelete", &[&gone, &account, &live, "nonsense"]));
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(all(&answer.text, "success"), ["false", "true", "false", "false"]);
    assert_eq!(all(&answer.text, "id"), [account.as_str()]);
    assert_eq!(
        all(&answer.text, "statusCode"),
        ["INVALID_CROSS_REFERENCE_KEY", "UNDELETE_FAILED", "MALFORMED_ID"],
        "{}",
        answer.text
    );
    assert_eq!(answer.text.matches("<id xsi:nil=\"true\"/>").count(), 3);
    assert!(answer.text.contains("<undeleteResponse><result><errors>"), "{}", answer.text);
    let rows = client.rows(&format!("SELECT Id, AccountId FROM Contact WHERE Id = '{contact}'"));
    assert_eq!(rows, [json!({"Id": contact, "AccountId": account})]);
}

#[test]
fn one_refused_row_stops_the_others_only_when_the_call_says_so() {
    let mut client = Client::empty();
    let ids: Vec<String> = (0..2).map(|n| client.insert("Account", json!({"Name": n.to_string()}))).collect();
    client.org.delete(ids[0].parse().unwrap()).unwrap();
    let header = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>";
    let body = envelope(&client.token.clone(), header, &with_ids("undelete", &ids));
    let answer = post(&mut client, "/services/Soap/u/68.0", &body);
    assert_eq!(all(&answer.text, "statusCode"), ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "UNDELETE_FAILED"]);
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 1);
    soap(&mut client, &with_ids("undelete", &ids));
    assert_eq!(client.rows("SELECT Id FROM Account").len(), 2);
}

#[test]
fn all_or_none_takes_a_child_whose_parent_comes_before_it() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "A"}));
    let invoice = client.insert("Invoice__c", json!({"Account__c": account, "Status__c": "Draft"}));
    client.org.delete(invoice.parse().unwrap()).unwrap();
    client.org.delete(account.parse().unwrap()).unwrap();
    let header = "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>";
    let mut ask = |ids: &[&str]| {
        let body = envelope(&client.token.clone(), header, &with_ids("undelete", ids));
        let answer = post(&mut client, "/services/Soap/u/68.0", &body);
        all(&answer.text, "success").join(" ")
    };
    assert_eq!(ask(&[&invoice, &account]), "false false");
    assert_eq!(ask(&[&account, &invoice]), "true true");
}

#[test]
fn an_emptied_bin_leaves_only_the_log_of_deletions() {
    let mut client = with_demo_objects();
    let account = client.insert("Account", json!({"Name": "A"}));
    client.insert("Invoice__c", json!({"Account__c": account, "Status__c": "Draft"}));
    client.org.delete(account.parse().unwrap()).unwrap();
    let answer = soap(&mut client, &with_ids("emptyRecycleBin", &[&account, &account]));
    assert_eq!(all(&answer.text, "success"), ["true", "false"], "{}", answer.text);
    assert!(answer.text.contains("<emptyRecycleBinResponse>"));
    assert!(client.org.query_all("SELECT Id FROM Account").unwrap().is_empty());
    assert!(client.org.query_all("SELECT Id FROM Invoice__c").unwrap().is_empty(), "children go too");
    assert_eq!(client.org.store().deletions().len(), 2);
}

#[test]
fn two_hundred_ids_are_taken_and_one_more_is_not() {
    let mut client = Client::empty();
    let ids: Vec<String> = (0..201).map(|n| client.insert("Account", json!({"Name": n.to_string()}))).collect();
    for id in &ids {
        client.org.delete(id.parse::<RecordId>().unwrap()).unwrap();
    }
    for operation in ["undelete", "emptyRecycleBin"] {
        let answer = soap(&mut client, &with_ids(operation, &ids));
        fault(&answer, "sf:EXCEEDED_ID_LIMIT", "cannot submit more than 200 records into this call");
    }
    assert!(client.rows("SELECT Id FROM Account").is_empty());
    let answer = soap(&mut client, &with_ids("undelete", &ids[..200]));
    assert_eq!(all(&answer.text, "id"), ids[..200]);
}

#[test]
fn names_count_and_prefixes_do_not() {
    let mut client = Client::empty();
    let account = client.insert("Account", json!({"Name": "A"}));
    client.org.delete(account.parse().unwrap()).unwrap();
    let body = format!(
        "<a:Envelope xmlns:a=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:b=\"urn:enterprise.soap.sforce.com\" \
         xmlns:c=\"urn:other\"><a:Header><b:SessionHeader><b:sessionId>{}</b:sessionId></b:SessionHeader></a:Header>\
         <a:Body><b:undelete><c:ids>{account}</c:ids></b:undelete></a:Body></a:Envelope>",
        client.token
    );
    let answer = post(&mut client, "/services/Soap/c/68.0", &body);
    assert_eq!(all(&answer.text, "success"), ["true"], "{}", answer.text);
    assert!(answer.text.contains("xmlns=\"urn:enterprise.soap.sforce.com\""));
}

#[test]
fn the_orgs_clock_and_the_calls_of_the_day_are_told() {
    let mut client = Client::empty();
    client.org.set_daily_calls(9, 11);
    client.org.store_mut().clock = salesforce_mock::OrgClock::fixed("2026-03-02T12:00:30Z".parse().unwrap());
    client.token = client.org.issue_token();
    let answer = soap(&mut client, "<getServerTimestamp/>");
    assert_eq!(one(&answer.text, "timestamp"), "2026-03-02T12:00:30.000Z");
    assert_eq!((one(&answer.text, "current"), one(&answer.text, "limit")), ("10", "11"));
    assert_eq!(one(&soap(&mut client, "<getUserInfo/>").text, "userName"), client.org.username());
    fault(&soap(&mut client, "<getUserInfo/>"), "sf:REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
}

#[test]
fn a_dead_session_is_the_recorded_fault() {
    let mut client = Client::empty();
    client.org.expire_tokens();
    let answer = soap(&mut client, "<getUserInfo/>");
    let text = "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session";
    fault(&answer, "sf:INVALID_SESSION_ID", text);
    assert!(answer.text.contains(
        "<detail><sf:UnexpectedErrorFault xsi:type=\"sf:UnexpectedErrorFault\"><sf:exceptionCode>INVALID_SESSION_ID\
         </sf:exceptionCode><sf:exceptionMessage>Invalid Session ID found in SessionHeader: Illegal Session\
         </sf:exceptionMessage></sf:UnexpectedErrorFault></detail>"
    ));
    assert!(!answer.text.contains(&client.token));
    let without = "<e:Envelope xmlns:e=\"x\"><e:Body><getUserInfo/></e:Body></e:Envelope>";
    client.token = client.org.issue_token();
    fault(&post(&mut client, "/services/Soap/u/68.0", without), "sf:INVALID_SESSION_ID", text);
}

#[test]
fn tokens_that_are_jwts_are_taken_from_68_on_only() {
    let mut client = Client::empty();
    client.org.app_mut().gives_jwts = true;
    client.token = client.org.issue_token();
    let body = envelope(&client.token.clone(), "", "<getServerTimestamp/>");
    fault(&post(&mut client, "/services/Soap/u/67.0", &body), "sf:INVALID_SESSION_ID", "Illegal Session");
    assert_eq!(post(&mut client, "/services/Soap/u/68.0", &body).status, 200);
    assert_eq!(client.get("limits").status, 200, "REST takes them in every version");
}

#[test]
fn users_without_the_api_are_refused() {
    let mut client = Client::empty();
    let user = client.org.store().user;
    client.org.set_api_enabled(user, false);
    fault(&soap(&mut client, "<getUserInfo/>"), "sf:API_DISABLED_FOR_ORG", "API is not enabled");
}

#[test]
fn what_is_no_envelope_for_this_endpoint_is_the_clients_fault() {
    let mut client = Client::empty();
    let good = envelope(&client.token.clone(), "", "<getServerTimestamp/>");
    let unknown = envelope(&client.token.clone(), "", "<makeCoffee/>");
    for (body, text) in [
        ("", "the XML has no element"),
        ("{\"a\": 1}", "the XML has no element"),
        ("<a/>", "an Envelope is expected, not a"),
        ("<Envelope/>", "no Body"),
        ("<Envelope><Body/></Envelope>", "no Body with an operation"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><Envelope><Body><a>&amp;</a></Body></Envelope>", "document type"),
        ("<Envelope><Body><undelete><ids>&b;</ids></undelete></Body></Envelope>", "an entity of its own"),
        (&unknown, "No operation available for request {urn:partner.soap.sforce.com}makeCoffee"),
    ] {
        fault(&post(&mut client, "/services/Soap/u/68.0", body), "soapenv:Client", text);
    }
    let deep = "<a>".repeat(100_000);
    fault(&post(&mut client, "/services/Soap/u/68.0", &deep), "soapenv:Client", "more than 40 levels");
    let answer = client.call("POST", "/services/Soap/u/68.0", &[("content-type", "text/xml")], &good);
    fault(&answer, "soapenv:Client", "SOAPAction HTTP header missing");
    let answer = client.call("POST", "/services/Soap/u/68.0", &[("soapaction", "")], &good);
    fault(&answer, "soapenv:Client", "content-type of the request should be text/xml");
}

#[test]
fn versions_and_places_that_are_not_there_are_refused() {
    let mut client = Client::empty();
    let body = envelope(&client.token.clone(), "", "<getServerTimestamp/>");
    for version in ["30.0", "69.0", "v68.0", "68.5", "x"] {
        let answer = post(&mut client, &format!("/services/Soap/u/{version}"), &body);
        fault(&answer, "sf:UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL");
    }
    assert_eq!(post(&mut client, "/services/Soap/x/68.0", &body).status, 404);
    assert_eq!(client.get("/services/Soap/u/68.0").status, 405);
}

proptest! {
    // An org is made for each case.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_envelope_panics(text in "(<[a-zA-Z:/! ?&;#\\[\\]\"'=]{0,12}>|[a-z&;]{0,8}|<Envelope>|<Body>|</Body>|<undelete>|<ids>){0,12}") {
        let mut client = Client::new(Org::empty());
        let answer = post(&mut client, "/services/Soap/u/68.0", &text);
        prop_assert_eq!(answer.status.as_u16(), 500);
    }
}

#[test]
fn rows_are_written_and_refused_one_by_one() {
    let mut client = with_demo_objects();
    let answer = soap(
        &mut client,
        "<create><sObjects><type>Account</type><Name>A &amp; B</Name></sObjects>\
         <sObjects><type>Account</type><Phone>1</Phone></sObjects>\
         <sObjects><type>Nothing__c</type></sObjects></create>",
    );
    assert_eq!(all(&answer.text, "success"), ["true", "false", "false"], "{}", answer.text);
    assert_eq!(all(&answer.text, "statusCode"), ["REQUIRED_FIELD_MISSING", "INVALID_TYPE"]);
    let id = one(&answer.text, "id").to_owned();
    let update = format!(
        "<update><sObjects><type>Account</type><fieldsToNull>Phone</fieldsToNull><Id>{id}</Id><Name>C</Name></sObjects>\
         </update>"
    );
    client.org.update(id.parse().unwrap(), &json!({"Phone": "1"})).unwrap();
    assert_eq!(one(&soap(&mut client, &update).text, "success"), "true");
    assert_eq!(client.rows("SELECT Name, Phone FROM Account"), [json!({"Name": "C", "Phone": null})]);
    let upsert = format!(
        "<upsert><externalIDFieldName>Key__c</externalIDFieldName><sObjects><type>Specimen__c</type><Key__c>S-1</Key__c>\
         <Name>S</Name><Lookup__r><type>Account</type><Id>{id}</Id></Lookup__r></sObjects></upsert>"
    );
    let answers = [
        soap(&mut client, &upsert.replace("<Lookup__r>", "<!--").replace("</Lookup__r>", "-->")),
        soap(&mut client, &upsert.replace("Key__c</ext", "Text__c</ext")),
    ];
    assert!(answers[0].text.contains("<result><created>true</created><id>"), "{}", answers[0].text);
    assert_eq!(one(&answers[1].text, "statusCode"), "INVALID_FIELD");
    let answer = soap(&mut client, &with_ids("delete", &[id.as_str(), id.as_str(), "none"]));
    assert_eq!(all(&answer.text, "statusCode"), ["ENTITY_IS_DELETED", "MALFORMED_ID"]);
    assert!(client.rows("SELECT Id FROM Account").is_empty());
}

#[test]
fn rows_of_a_call_that_wants_all_or_none_are_none_when_one_is_refused() {
    let rows = "<create><sObjects><type>Account</type><Name>A</Name></sObjects><sObjects><type>Account</type></sObjects>\
                </create>";
    for (header, left) in [("<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>", 0), ("", 1)] {
        let mut client = Client::empty();
        let body = envelope(&client.token.clone(), header, rows);
        let answer = post(&mut client, "/services/Soap/u/60.0", &body);
        assert_eq!(all(&answer.text, "statusCode").len(), 2 - left, "{}", answer.text);
        assert_eq!(client.rows("SELECT Id FROM Account").len(), left);
    }
    let mut client = Client::empty();
    let body = envelope(&client.token.clone(), "", rows);
    fault(&post(&mut client, "/services/Soap/c/60.0", &body), "soapenv:Client", "No operation available");
    fault(&soap(&mut client, &with_ids("delete", &["001000000000000AAA"; 201])), "sf:EXCEEDED_ID_LIMIT", "200");
}

#[test]
fn a_logout_ends_its_session_and_no_other() {
    let mut client = Client::empty();
    let other = client.org.issue_token();
    assert_eq!(soap(&mut client, "<logout/>").status, 200);
    assert_eq!(client.get("limits").status, 401);
    client.token = other;
    assert_eq!(client.get("limits").status, 200);
}
