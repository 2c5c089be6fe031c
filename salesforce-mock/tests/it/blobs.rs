//! Files: their bytes up and down, of any size.

use bytes::Bytes;
use http::Request;
use salesforce_mock::rules::Draft;
use salesforce_mock::{Blob, Body};
use serde_json::json;

use crate::support::{Answer, Client};

const KIND: (&str, &str) = ("content-type", "multipart/form-data; boundary=\"B-1\"");

fn head(json: &str, field: &str) -> String {
    format!(
        "--B-1\r\nContent-Disposition: form-data; name=\"entity_content\";\r\nContent-Type: application/json\r\n\r\n{json}\r\n\
         --B-1\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
}

/// Sends a file whose bytes are made while they are sent.
fn upload(client: &mut Client, object: &str, field: &str, json: &str, blob: &Blob) -> Answer {
    let mut middle = blob.body().unwrap();
    let pieces = std::iter::once(Ok(Bytes::from(head(json, field))))
        .chain(std::iter::from_fn(move || middle.next_piece()))
        .chain(std::iter::once(Ok(Bytes::from_static(b"\r\n--B-1--\r\n"))));
    let request = Request::post(format!("/services/data/v68.0/sobjects/{object}"))
        .header("authorization", format!("Bearer {}", client.token))
        .header(KIND.0, KIND.1);
    client.send(request.body(Body::pieces(pieces)).unwrap())
}

fn bytes(client: &mut Client, path: &str) -> Bytes {
    let request = Request::get(format!("/services/data/v68.0/sobjects/{path}"))
        .header("authorization", format!("Bearer {}", client.token))
        .header("range", "bytes=1-2");
    let response = client.org.handle(request.body(Body::empty()).unwrap());
    assert_eq!(response.status(), 200, "a range is not honoured");
    response.into_body().into_bytes(usize::MAX).unwrap()
}

#[test]
fn a_file_comes_back_as_it_was_sent() {
    let mut client = Client::empty();
    for length in [0, 1, 65_536, 300_001] {
        let blob = Blob::made(length, length);
        let created = upload(&mut client, "ContentVersion", "VersionData", r#"{"PathOnClient":"a b.pdf"}"#, &blob);
        assert_eq!(created.status, 201, "{}", created.text);
        let id = created.json()["id"].as_str().unwrap().to_owned();
        let row = client.rows(&format!(
            "SELECT Title, FileExtension, ContentSize, Checksum, IsLatest, VersionNumber FROM ContentVersion WHERE Id = '{id}'"
        ));
        let expected = json!({"Title": "a b", "FileExtension": "pdf", "ContentSize": length, "Checksum": blob.md5(),
            "IsLatest": true, "VersionNumber": "1"});
        assert_eq!(row, [expected]);
        let back = bytes(&mut client, &format!("ContentVersion/{id}/VersionData"));
        assert_eq!(Blob::kept(back), blob);
    }
}

#[test]
fn what_is_larger_than_the_org_keeps_is_only_measured() {
    let mut client = Client::empty();
    client.org.files_mut().keep = 1000;
    client.org.files_mut().most_version = 20_000_000;
    let blob = Blob::made(1, 20_000_000);
    let created = upload(&mut client, "ContentVersion", "VersionData", r#"{"PathOnClient":"a"}"#, &blob);
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(client.rows("SELECT Checksum FROM ContentVersion"), [json!({"Checksum": blob.md5()})]);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let back = client.get(&format!("sobjects/ContentVersion/{id}/VersionData"));
    assert_eq!((back.status.as_u16(), &*back.code()), (500, "UNKNOWN_EXCEPTION"));
}

#[test]
fn a_version_follows_another_and_a_file_is_linked_where_it_was_published() {
    let mut client = Client::empty();
    let account = client.insert("Account", json!({"Name": "A"}));
    let first = format!(r#"{{"PathOnClient":"a.txt","FirstPublishLocationId":"{account}"}}"#);
    assert_eq!(upload(&mut client, "ContentVersion", "VersionData", &first, &Blob::made(1, 10)).status, 201);
    let document = client.rows("SELECT Id FROM ContentDocument")[0]["Id"].as_str().unwrap().to_owned();
    let second = format!(r#"{{"PathOnClient":"a.txt","ContentDocumentId":"{document}"}}"#);
    assert_eq!(upload(&mut client, "ContentVersion", "VersionData", &second, &Blob::made(2, 20)).status, 201);
    let versions =
        client.rows("SELECT VersionNumber, IsLatest, ContentSize FROM ContentVersion ORDER BY VersionNumber");
    let version = |number: &str, latest: bool, size: u64| json!({"VersionNumber": number, "IsLatest": latest, "ContentSize": size});
    assert_eq!(versions, [version("1", false, 10), version("2", true, 20)]);
    assert_eq!(client.rows("SELECT ContentSize FROM ContentDocument"), [json!({"ContentSize": 20})]);
    let link = format!("SELECT LinkedEntityId FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'");
    assert_eq!(client.rows(&link).len(), 1);
}

#[test]
fn older_kinds_of_files_have_bytes_too() {
    let mut client = Client::empty();
    let parent = client.insert("Account", json!({"Name": "A"}));
    for (object, field, draft) in [
        (
            "Attachment",
            "Body",
            Draft::new().with("ParentId", &*parent).with("Name", "a").with("ContentType", "text/plain"),
        ),
        ("Document", "Body", Draft::new().with("FolderId", "00l000000000001AAA").with("Name", "a")),
        ("StaticResource", "Body", Draft::new().with("Name", "a").with("ContentType", "text/plain")),
        ("EventLogFile", "LogFile", Draft::new().with("EventType", "API").with("LogDate", "2026-03-01T00:00:00Z")),
    ] {
        let has_kind = draft.get("ContentType").is_some();
        let id = client.org.insert_draft(object, &draft.with(field, Blob::made(3, 100_000))).unwrap().to_string();
        let answer = client.get(&format!("sobjects/{object}/{id}/{field}"));
        let kind = if has_kind { "text/plain" } else { "application/octet-stream" };
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, kind));
        assert_eq!(Blob::kept(bytes(&mut client, &format!("{object}/{id}/{field}"))), Blob::made(3, 100_000));
        if field == "Body" {
            assert_eq!(client.rows(&format!("SELECT BodyLength FROM {object}")), [json!({"BodyLength": 100_000})]);
        }
    }
}

#[test]
fn files_that_are_too_large_are_refused() {
    let mut client = Client::empty();
    let parent = client.insert("Account", json!({"Name": "A"}));
    let files = client.org.files_mut();
    (files.most_attachment, files.most_version, files.most_base64) = (10, 10, 8);
    let json = format!(r#"{{"ParentId":"{parent}","Name":"a"}}"#);
    let refused = upload(&mut client, "Attachment", "Body", &json, &Blob::made(1, 11));
    assert_eq!((refused.status.as_u16(), &*refused.code()), (400, "MAXIMUM_SIZE_OF_ATTACHMENT"));
    assert_eq!(upload(&mut client, "Attachment", "Body", &json, &Blob::made(1, 10)).status, 201);
    let json = r#"{"PathOnClient":"a"}"#;
    let refused = upload(&mut client, "ContentVersion", "VersionData", json, &Blob::made(1, 11));
    assert_eq!((refused.status.as_u16(), &*refused.code()), (400, "FILE_SIZE_LIMIT_EXCEEDED"));
    let refused = client.post("sobjects/ContentVersion", json!({"PathOnClient": "a", "VersionData": "AAAAAAAAAAAA"}));
    assert_eq!(refused.code(), "FILE_SIZE_LIMIT_EXCEEDED");
    let text = refused.json()[0]["message"].as_str().unwrap().to_owned();
    assert!(text.ends_with("the base64 has more than the 8 characters allowed"), "{text}");
    assert_eq!(client.rows("SELECT Id FROM ContentVersion").len(), 0);
}

#[test]
fn files_that_are_too_large_are_refused_whatever_the_call() {
    let mut client = Client::empty();
    let parent = client.insert("Account", json!({"Name": "A"}));
    client.org.files_mut().most_attachment = 10;
    let row = |text: &str| json!({"attributes": {"type": "Attachment", "referenceId": "a"}, "ParentId": parent, "Name": "a", "Body": text});
    // Ten bytes and eleven.
    let (fits, large) = ("AAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAA=");
    let create = |client: &mut Client, text: &str| {
        let saved = client.post("composite/sobjects", json!({"records": [row(text)]})).json();
        let tree = client.post("composite/tree/Attachment", json!({"records": [row(text)]})).json();
        [saved[0]["errors"][0]["statusCode"].clone(), tree["results"][0]["errors"][0]["statusCode"].clone()]
    };
    assert_eq!(create(&mut client, fits), [json!(null), json!(null)]);
    assert_eq!(create(&mut client, large), [json!("MAXIMUM_SIZE_OF_ATTACHMENT"), json!("MAXIMUM_SIZE_OF_ATTACHMENT")]);
    let id = client.rows("SELECT Id FROM Attachment")[0]["Id"].as_str().unwrap().to_owned();
    let record = json!({"attributes": {"type": "Attachment"}, "Id": id, "Body": large});
    let saved = client.patch("composite/sobjects", json!({"records": [record.clone()]})).json();
    assert_eq!(saved[0]["errors"][0]["statusCode"], "MAXIMUM_SIZE_OF_ATTACHMENT");
    let saved = client.patch("composite/sobjects/Attachment/Id", json!({"records": [record]})).json();
    assert_eq!(saved[0]["errors"][0]["statusCode"], "MAXIMUM_SIZE_OF_ATTACHMENT");
    assert_eq!(client.rows("SELECT Id FROM Attachment").len(), 2);
}

#[test]
fn the_bytes_of_a_file_have_no_place_in_another_answer() {
    let mut client = Client::empty();
    let parent = client.insert("Account", json!({"Name": "A"}));
    let draft = Draft::new().with("ParentId", &*parent).with("Name", "a").with("ContentType", "application/json");
    let id = client.org.insert_draft("Attachment", &draft.with("Body", Bytes::from_static(b"\"},{broken"))).unwrap();
    let url = format!("/services/data/v68.0/sobjects/Attachment/{id}/Body");
    let requests = json!({"compositeRequest": [{"method": "GET", "url": url, "referenceId": "a"}]});
    let answer = client.post("composite", requests).json();
    assert_eq!(answer["compositeResponse"][0]["httpStatusCode"], 400, "{answer}");
    let answer = client.post("composite/batch", json!({"batchRequests": [{"method": "GET", "url": url}]})).json();
    assert_eq!(answer["results"][0]["statusCode"], 400, "{answer}");
    assert_eq!(client.get(&url).text, "\"},{broken");
}

#[test]
fn a_file_may_change_between_two_calls() {
    let mut client = Client::empty();
    let draft = Draft::new().with("PathOnClient", "a").with("VersionData", Blob::made(1, 100));
    let id = client.org.insert_draft("ContentVersion", &draft).unwrap();
    for length in [40, 200] {
        client.org.replace_blob(id, "VersionData", Blob::made(1, length)).unwrap();
        let back = bytes(&mut client, &format!("ContentVersion/{id}/VersionData"));
        assert_eq!(u64::try_from(back.len()).unwrap(), length);
        assert_eq!(client.rows("SELECT ContentSize FROM ContentVersion"), [json!({"ContentSize": 100})]);
    }
    assert_eq!(client.org.replace_blob(id, "Title", Blob::made(1, 1)).unwrap_err().code, "NOT_FOUND");
}

#[test]
fn a_multipart_body_that_cannot_be_read_is_refused() {
    let mut client = Client::empty();
    let whole = format!("{}x\r\n--B-1--", head(r#"{"PathOnClient":"a"}"#, "VersionData"));
    let named = whole.replace("; filename=\"a.bin\"", "");
    for body in ["--B-1--", &whole[..whole.len() - 2], &named, "--B-1\r\n\r\n{}\r\n--B-1--"] {
        let answer = client.call("POST", "sobjects/ContentVersion", &[KIND], body);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "INVALID_MULTIPART_REQUEST"), "{body}");
    }
    assert_eq!(client.call("POST", "sobjects/ContentVersion", &[KIND], &whole).status, 201);
}
