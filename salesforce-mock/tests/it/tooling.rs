//! Objects, fields and classes as rows.

use serde_json::json;

use crate::support::{Answer, Client, encoded, with_demo_objects};

fn ask(client: &mut Client, soql: &str) -> Answer {
    client.get(&format!("tooling/query/?q={}", encoded(soql)))
}

#[test]
fn objects_and_fields_are_told_as_the_schema_has_them() {
    let mut client = with_demo_objects();
    let answer = ask(
        &mut client,
        "SELECT DurableId, QualifiedApiName, DeveloperName, KeyPrefix, IsQueryable FROM EntityDefinition \
         WHERE QualifiedApiName IN ('Invoice__c', 'AccountChangeEvent')",
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json();
    assert_eq!(rows["totalSize"], 2);
    let url = rows["records"][0]["attributes"]["url"].as_str().unwrap();
    assert!(url.starts_with("/services/data/v68.0/tooling/sobjects/EntityDefinition/"), "{url}");
    let change_event = &rows["records"][0];
    assert_eq!((&change_event["KeyPrefix"], &change_event["IsQueryable"]), (&json!(null), &json!(false)));
    let invoice = &rows["records"][1];
    assert_eq!((&invoice["DeveloperName"], &invoice["KeyPrefix"]), (&json!("Invoice"), &json!("a00")));
    let answer = ask(
        &mut client,
        "SELECT QualifiedApiName, DataType, EntityDefinition.QualifiedApiName FROM FieldDefinition \
         WHERE EntityDefinition.QualifiedApiName = 'Invoice__c' AND QualifiedApiName IN ('Account__c', 'Terms__c', \
         'Total__c', 'Name', 'Overdue__c') ORDER BY QualifiedApiName",
    );
    let types: Vec<_> = answer.json()["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["DataType"].as_str().unwrap().to_owned())
        .collect();
    let expected =
        ["Master-Detail(Account)", "Auto Number", "Formula (Checkbox)", "Long Text Area(4000)", "Roll-Up Summary"];
    assert_eq!(types, expected);
    assert_eq!(answer.json()["records"][0]["EntityDefinition"]["QualifiedApiName"], "Invoice__c");
    let answer = ask(&mut client, "SELECT Label FROM FieldDefinition WHERE DurableId = 'Account.Name'");
    assert_eq!(answer.json()["records"][0]["Label"], "Account Name");
}

#[test]
fn classes_are_rows_with_ids() {
    let mut client = Client::empty();
    client.org.add_apex_class("Ping", "public class Ping { String url = '\"url\":\"/services/data/v68.0/query'; }");
    let answer = ask(&mut client, "SELECT Id, Name, Body, ApiVersion FROM ApexClass").json();
    let row = &answer["records"][0];
    assert_eq!((&row["Name"], &row["ApiVersion"]), (&json!("Ping"), &json!(68.0)));
    assert!(row["Body"].as_str().unwrap().contains("'\"url\":\"/services/data/v68.0/query'"), "texts are left alone");
    let id = row["Id"].as_str().unwrap();
    assert!(id.starts_with("01p"));
    assert_eq!(client.get(&format!("tooling/sobjects/ApexClass/{id}?fields=Status")).json()["Status"], "Active");
    assert_eq!(ask(&mut client, "SELECT COUNT() FROM ApexClass").json()["totalSize"], 1);
    assert_eq!(client.get("tooling/sobjects/ApexClass/01pQz0000000009").code(), "NOT_FOUND");
}

#[test]
fn long_answers_have_pages_of_their_own() {
    let mut client = Client::empty();
    for n in 0..250 {
        client.org.add_apex_class(&format!("C{n}"), "");
    }
    let soql = encoded("SELECT Name FROM ApexClass");
    let path = format!("tooling/query?q={soql}");
    let answer = client.call("GET", &path, &[("sforce-query-options", "batchSize=200")], "").json();
    let next = answer["nextRecordsUrl"].as_str().unwrap().to_owned();
    assert!(next.starts_with("/services/data/v68.0/tooling/query/"), "{next}");
    let page = client.get(&next).json();
    assert_eq!((page["records"].as_array().unwrap().len(), &page["done"]), (50, &json!(true)));
}

#[test]
fn virtual_objects_refuse_what_they_cannot_do() {
    let mut client = Client::empty();
    let storage = "not yet supported by this SObject storage type";
    for (soql, code, text) in [
        ("SELECT COUNT() FROM EntityDefinition", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION", storage),
        (
            "SELECT KeyPrefix, COUNT(Id) FROM EntityDefinition GROUP BY KeyPrefix",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            storage,
        ),
        (
            "SELECT Label FROM EntityDefinition WHERE KeyPrefix = '001' OR KeyPrefix = '003'",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            "Disjunctions not supported",
        ),
        (
            "SELECT Label FROM EntityDefinition WHERE KeyPrefix != '001'",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            "Only equals comparisons permitted",
        ),
        (
            "SELECT Label FROM EntityDefinition WHERE Label LIKE 'A%'",
            "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION",
            "Unsupported filter type",
        ),
        (
            "SELECT Label FROM FieldDefinition",
            "MALFORMED_QUERY",
            "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]",
        ),
        ("SELECT Id FROM Account", "INVALID_TYPE", "sObject type 'Account' is not supported."),
        ("SELECT Nope FROM ApexClass", "INVALID_FIELD", "No such column 'Nope' on entity 'ApexClass'"),
        ("nonsense", "MALFORMED_QUERY", "unexpected token"),
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
    ] {
        let answer = ask(&mut client, soql);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{soql}: {}", answer.text);
        assert!(answer.text.contains(text), "{soql}: {}", answer.text);
    }
    let answer = ask(&mut client, "SELECT Label FROM EntityDefinition WHERE IsQueryable = true LIMIT 1").json();
    assert!(answer["totalSize"].as_u64().unwrap() > 10, "LIMIT means nothing to them");
}

#[test]
fn describes_lead_below_tooling() {
    let mut client = Client::empty();
    let all = client.get("tooling/sobjects").json();
    assert_eq!(all["sobjects"][0]["name"], "ApexClass");
    let one = client.get("tooling/sobjects/fielddefinition/describe").json();
    assert_eq!(one["name"], "FieldDefinition");
    assert_eq!(client.get("tooling/sobjects/ApexClass").json()["objectDescribe"]["keyPrefix"], "01p");
    assert_eq!(client.get("tooling").json()["query"], "/services/data/v68.0/tooling/query");
    for place in ["tooling/sobjects/Account", "tooling/executeAnonymous", "tooling/sobjects/X/describe"] {
        assert_eq!(client.get(place).code(), "NOT_FOUND", "{place}");
    }
}
