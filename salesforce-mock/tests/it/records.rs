//! Rows by id and by external id, and the bytes of files.

use std::io::Write;
use std::time::Duration;

use salesforce_mock::Org;
use serde_json::json;

use crate::support::Client;

#[test]
fn a_row_is_created_read_changed_and_deleted() {
    let mut client = Client::empty();
    let created = client.call("POST", "sobjects/Account", &[], r#"{"Name":"Sample & Co","AnnualRevenue":12}"#);
    assert_eq!(created.status, 201);
    let result = created.json();
    let id = result["id"].as_str().unwrap().to_owned();
    assert_eq!(result, json!({"id": id, "success": true, "errors": []}));
    assert_eq!(created.header("location"), format!("/services/data/v68.0/sobjects/Account/{id}"));

    let path = format!("sobjects/Account/{id}");
    let row = client.get(&format!("{path}?fields=Name,Industry,annualRevenue"));
    assert_eq!(
        row.text,
        format!(
            r#"{{"attributes":{{"type":"Account","url":"/services/data/v68.0/sobjects/Account/{id}"}},"Name":"Sample & Co","Industry":null,"AnnualRevenue":12.0,"Id":"{id}"}}"#
        )
    );
    let whole = client.get(&path).json();
    assert_eq!((&whole["IsDeleted"], &whole["OwnerId"]), (&json!(false), &json!(client.org.store().user.to_string())));

    let changed = client.call("PATCH", &path, &[], r#"{"Name":"Other","AnnualRevenue":null}"#);
    assert_eq!((changed.status.as_u16(), &*changed.text), (204, ""));
    let row = client.get(&format!("{path}?fields=Name,AnnualRevenue")).json();
    assert_eq!((&row["Name"], &row["AnnualRevenue"]), (&json!("Other"), &json!(null)));

    assert_eq!(client.call("DELETE", &path, &[], "").status, 204);
    for method in ["GET", "DELETE"] {
        let gone = client.call(method, &path, &[], "");
        assert_eq!(gone.status, 404);
        assert_eq!(
            gone.json(),
            json!([{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}])
        );
    }
}

#[test]
fn fifteen_characters_of_an_id_do() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    assert_eq!(client.get(&format!("sobjects/account/{}", &id[..15])).json()["Id"], id);
}

#[test]
fn an_id_that_is_none_is_refused_by_its_kind() {
    let mut client = Client::empty();
    for (segment, status, code, message) in [
        ("23foo", 404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: 23foo"),
        ("001Qz00000zzzzzIAB", 400, "MALFORMED_ID", "Account ID: id value of incorrect type: 001Qz00000zzzzzIAB"),
        ("003Qz0000000001", 400, "MALFORMED_ID", "Account ID: id value of incorrect type: 003Qz0000000001"),
        ("001Qz0000000999", 404, "NOT_FOUND", "The requested resource does not exist"),
    ] {
        let answer = client.get(&format!("sobjects/Account/{segment}"));
        assert_eq!((answer.status.as_u16(), &*answer.code()), (status, code), "{segment}");
        assert_eq!(answer.json()[0]["message"], message);
    }
}

#[test]
fn a_read_can_ask_for_what_changed_since() {
    let mut client = Client::empty();
    let id = client.insert("Account", json!({"Name": "A"}));
    let path = format!("sobjects/Account/{id}");
    let now = client.get(&path).header("date").to_owned();
    assert_eq!(client.call("GET", &path, &[("If-Modified-Since", &now)], "").status, 304);
    assert_eq!(client.call("GET", &path, &[("If-Unmodified-Since", &now)], "").status, 200);
    client.org.advance(Duration::from_secs(5));
    client.org.update(id.parse().unwrap(), &json!({"Name": "B"})).unwrap();
    assert_eq!(client.call("GET", &path, &[("If-Modified-Since", &now)], "").status, 200);
    assert_eq!(client.call("GET", &path, &[("If-Unmodified-Since", &now)], "").status, 412);
}

#[test]
fn bodies_that_cannot_be_read_are_refused() {
    let mut client = Client::empty();
    let broken = client.call("POST", "sobjects/Account", &[], r#"{"Name":"#);
    assert_eq!((broken.status.as_u16(), &*broken.code()), (400, "JSON_PARSER_ERROR"));
    let form = client.call("POST", "sobjects/Account", &[("Content-Type", "text/plain")], "Name=x");
    assert_eq!((form.status.as_u16(), &*form.code()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    let bare = client.call("POST", "sobjects/Account", &[("Content-Type", "")], "");
    assert_eq!(bare.status, 415);
    let garbage = client.call("POST", "sobjects/Account", &[("Content-Encoding", "gzip")], "{}");
    assert_eq!((garbage.status.as_u16(), &*garbage.code()), (400, "JSON_PARSER_ERROR"));
}

#[test]
fn a_compressed_body_is_unpacked() {
    let mut client = Client::empty();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(br#"{"Name":"Packed"}"#).unwrap();
    let request = http::Request::post("/services/data/v68.0/sobjects/Account")
        .header("authorization", format!("Bearer {}", client.token))
        .header("content-type", "application/json; charset=UTF-8")
        .header("content-encoding", "gzip")
        .body(packed.finish().unwrap().into())
        .unwrap();
    assert_eq!(client.send(request).status, 201);
    assert_eq!(client.names("SELECT Name FROM Account"), ["Packed"]);
}

/// An org whose accounts have an external id; in the demo it is unique.
fn keyed() -> (Client, String) {
    let mut client = Client::new(Org::demo());
    let id = client.insert("Account", json!({"Name": "Keyed", "External_Key__c": "K/1 ü"}));
    (client, id)
}

#[test]
fn an_external_id_leads_to_its_row() {
    let (mut client, id) = keyed();
    let path = "sobjects/Account/External_Key__c/k%2F1%20%C3%BC";
    assert_eq!(client.get(path).json()["Id"], id);
    let updated = client.call("PATCH", path, &[], r#"{"Name":"Updated"}"#);
    assert_eq!(updated.status, 200);
    assert_eq!(updated.json(), json!({"id": id, "success": true, "errors": [], "created": false}));
    let old = path.replace("sobjects", "/services/data/v45.0/sobjects");
    assert_eq!(client.call("PATCH", &old, &[], r#"{"Name":"Updated"}"#).status, 204);
    assert_eq!(client.call("DELETE", path, &[], "").status, 204);
    assert_eq!(client.get(path).code(), "NOT_FOUND");
}

#[test]
fn an_upsert_creates_what_is_not_there_unless_told_not_to() {
    let (mut client, _) = keyed();
    let path = "sobjects/Account/External_Key__c/NEW-1";
    assert_eq!(client.call("PATCH", &format!("{path}?updateOnly=true"), &[], r#"{"Name":"New"}"#).status, 404);
    let created = client.call("PATCH", path, &[], r#"{"Name":"New"}"#);
    assert_eq!(created.status, 201);
    assert_eq!(created.json()["created"], true);
    assert_eq!(client.names("SELECT Name FROM Account WHERE External_Key__c = 'NEW-1'"), ["New"]);
    let repeated = client.call("PATCH", path, &[], r#"{"Name":"New","External_Key__c":"NEW-1"}"#);
    assert_eq!(repeated.code(), "INVALID_FIELD");
    let unknown = client.call("PATCH", "sobjects/Account/Industry/x", &[], "{}");
    assert_eq!((unknown.status.as_u16(), &*unknown.code()), (404, "NOT_FOUND"));
}

#[test]
fn an_external_id_that_several_rows_have_lists_them() {
    let mut client = Client::empty();
    let mut ids: Vec<_> = (0..2)
        .map(|n| client.insert("Contact", json!({"LastName": n.to_string(), "Email": "Twin@Example.com"})))
        .collect();
    ids.sort();
    for (method, body) in [("GET", ""), ("PATCH", "{}"), ("DELETE", "")] {
        let answer = client.call(method, "sobjects/Contact/Email/twin@example.com", &[], body);
        assert_eq!(answer.status, 300, "{method}: {}", answer.text);
        let urls: Vec<_> = ids.iter().map(|id| format!("/services/data/v68.0/sobjects/Contact/{id}")).collect();
        assert_eq!(answer.json(), json!(urls));
    }
}

#[test]
fn the_bytes_of_a_file_are_where_the_query_says() {
    let mut client = Client::empty();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &bytes);
    let id = client.insert("ContentVersion", json!({"Title": "Plan", "PathOnClient": "plan.bin", "VersionData": data}));
    let row = client.rows("SELECT VersionData, ContentSize FROM ContentVersion").remove(0);
    let path = format!("/services/data/v68.0/sobjects/ContentVersion/{id}/VersionData");
    assert_eq!(row, json!({"VersionData": path, "ContentSize": 200_000}));
    let request = |token: &str| {
        http::Request::get(&path)
            .header("authorization", format!("Bearer {token}"))
            .body(salesforce_mock::Body::empty())
    };
    let token = client.token.clone();
    let response = client.org.handle(request(&token).unwrap());
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let mut body = response.into_body();
    let first = body.next_piece().unwrap().unwrap();
    assert!(first.len() < bytes.len(), "a file comes in pieces");
    let rest = body.into_bytes(usize::MAX).unwrap();
    assert_eq!([first, rest].concat(), bytes);
    assert_eq!(client.get(&format!("sobjects/ContentVersion/{id}/Title")).status, 404);
    assert_eq!(client.call("DELETE", &path, &[], "").status, 405);
}
