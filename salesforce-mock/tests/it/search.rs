//! Searches, in the language and as parameters.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, Client, encoded, with_demo_objects};

fn find(client: &mut Client, sosl: &str) -> Answer {
    client.get(&format!("search/?q={}", encoded(sosl)))
}

/// The names of what is found; what has none shows its object.
#[track_caller]
fn names(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let records = answer.json()["searchRecords"].as_array().unwrap().clone();
    let name = |row: &Value| row["Name"].as_str().or_else(|| row["attributes"]["type"].as_str()).unwrap().to_owned();
    records.iter().map(name).collect()
}

fn with_companies() -> Client {
    let mut client = with_demo_objects();
    for (name, industry, phone) in [
        ("Acme & Sons", "Energy", "030 111"),
        ("Acme Nord-West", "Banking", "030 222"),
        ("Zenith (acme)", "Energy", "030 333"),
    ] {
        client.insert("Account", json!({"Name": name, "Industry": industry, "Phone": phone}));
    }
    client.insert("Account", json!({"Name": "Quiet", "Description": "sold to acme", "Phone": "030 444"}));
    client.insert("Contact", json!({"FirstName": "Ada", "LastName": "Acme", "Email": "ada@sons.example"}));
    client
}

const ACCOUNTS: &str = "RETURNING Account(Name ORDER BY Name)";

#[test]
fn words_phrases_and_wildcards_find_what_they_fit() {
    let mut client = with_companies();
    for (terms, found) in [
        ("acme", "Acme & Sons|Acme Nord-West|Quiet|Zenith (acme)"),
        ("ACME sons", "Acme & Sons"),
        ("sons AND acme", "Acme & Sons"),
        ("sons OR zenith", "Acme & Sons|Zenith (acme)"),
        ("acme AND NOT sons", "Acme Nord-West|Quiet|Zenith (acme)"),
        ("acme and not (sons or zenith)", "Acme Nord-West|Quiet"),
        ("\"acme nord\"", "Acme Nord-West"),
        ("\"nord acme\"", ""),
        ("nord\\-west", "Acme Nord-West"),
        ("acme \\& sons", "Acme & Sons"),
        ("\"zenith \\(acme\\)\"", "Zenith (acme)"),
        ("zen*", "Zenith (acme)"),
        ("ze?ith", "Zenith (acme)"),
        ("zen", ""),
        ("*nith", ""),
        ("acme\\*", "Acme & Sons|Acme Nord-West|Quiet|Zenith (acme)"),
        ("\"and\"", ""),
    ] {
        let answer = find(&mut client, &format!("FIND {{{terms}}} {ACCOUNTS}"));
        assert_eq!(names(&answer).join("|"), found, "{terms}");
    }
}

#[test]
fn groups_of_fields_narrow_the_search() {
    let mut client = with_companies();
    for (sosl, found) in [
        ("FIND {acme} IN NAME FIELDS RETURNING Account(Name WHERE Industry = 'Energy')", "Acme & Sons|Zenith (acme)"),
        (
            "find {acme} in name fields returning Contact(Name), account(name)",
            "Ada Acme|Acme & Sons|Acme Nord-West|Zenith (acme)",
        ),
        ("FIND {sons} IN EMAIL FIELDS RETURNING Account(Name), Contact(Name)", "Ada Acme"),
        ("FIND {444} IN PHONE FIELDS RETURNING Account(Name)", "Quiet"),
        ("FIND {sold} IN SIDEBAR FIELDS RETURNING Account(Name)", ""),
        (
            "FIND {acme} RETURNING Account(Name ORDER BY Name DESC LIMIT 2), Contact LIMIT 3",
            "Zenith (acme)|Quiet|Contact",
        ),
        ("FIND {acme} RETURNING Account(Name ORDER BY Name LIMIT 1 OFFSET 1)", "Acme Nord-West"),
        (
            "FIND {acme} RETURNING Account(Name WHERE Name LIKE '%)%' AND (Industry = 'Energy')) UPDATE VIEWSTAT",
            "Zenith (acme)",
        ),
    ] {
        assert_eq!(names(&find(&mut client, sosl)).join("|"), found, "{sosl}");
    }
}

#[test]
fn an_object_is_searched_once() {
    let mut client = with_companies();
    let sosl = encoded("FIND {acme} RETURNING Account(Id), Contact, account(Name)");
    let parameters = "parameterizedSearch?q=acme&sobject=Account&sobject=account".to_owned();
    for path in [format!("search?q={sosl}"), parameters] {
        let answer = client.get(&path);
        assert_eq!((answer.status.as_u16(), &*answer.code()), (400, "MALFORMED_SEARCH"), "{path}");
    }
}

#[test]
fn an_answer_has_the_recorded_shape_in_old_versions_and_new() {
    let mut client = with_companies();
    let sosl = encoded("FIND {zenith} RETURNING Account");
    let id = client.rows("SELECT Id FROM Account WHERE Name LIKE 'Zen%'")[0]["Id"].as_str().unwrap().to_owned();
    let row = |version: &str| {
        json!([{
            "attributes": {"type": "Account", "url": format!("/services/data/{version}/sobjects/Account/{id}")}, "Id": id
        }])
    };
    assert_eq!(client.get(&format!("search?q={sosl}")).json(), json!({"searchRecords": row("v68.0")}));
    assert_eq!(client.get(&format!("/services/data/v36.0/search?q={sosl}")).json(), row("v36.0"));
}

#[test]
fn without_returning_every_object_is_searched_that_has_not_to_be_named() {
    let mut client = with_companies();
    client.insert("Product2", json!({"Name": "Acme rocket"}));
    assert_eq!(names(&find(&mut client, "FIND {sons}")), ["Account", "Contact"]);
    assert!(names(&find(&mut client, "FIND {rocket}")).is_empty());
    assert_eq!(names(&find(&mut client, "FIND {rocket} RETURNING Product2(Name)")), ["Acme rocket"]);
}

#[test]
fn deleted_rows_are_not_found() {
    let mut client = with_companies();
    let id = client.rows("SELECT Id FROM Account WHERE Name = 'Quiet'")[0]["Id"].as_str().unwrap().to_owned();
    client.org.delete(id.parse().unwrap()).unwrap();
    assert!(names(&find(&mut client, "FIND {sold} RETURNING Account(Name)")).is_empty());
}

#[test]
fn answers_are_cut_as_the_server_cuts_them() {
    let mut client = Client::empty();
    for n in 0..2100 {
        client.insert("Account", json!({"Name": format!("Acme {n:04}")}));
    }
    for (sosl, rows) in [
        ("FIND {acme} RETURNING Account(Name)", 250),
        ("FIND {acme} RETURNING Account(Name LIMIT 300)", 300),
        ("FIND {acme} RETURNING Account(Name ORDER BY Name)", 2000),
        ("FIND {acme} RETURNING Account(Name), Contact(Name)", 250),
        ("FIND {acme} RETURNING Account(Name ORDER BY Name), Contact(Name)", 1000),
        ("FIND {acme} RETURNING Account(Name ORDER BY Name) LIMIT 7", 7),
    ] {
        assert_eq!(names(&find(&mut client, sosl)).len(), rows, "{sosl}");
    }
    let long = format!("FIND {{acme {}}} RETURNING Account(Name)", "x".repeat(10_000));
    assert!(names(&find(&mut client, &long)).is_empty(), "too long a text finds nothing");
    let long = format!("FIND {{acme AND {}}} RETURNING Account(Name LIMIT 1)", "x".repeat(4_000));
    assert_eq!(names(&find(&mut client, &long)), ["Acme 0000"], "in a long text any word is enough");
}

#[test]
fn labels_come_when_they_are_asked_for() {
    let mut client = with_companies();
    let answer =
        find(&mut client, "FIND {zenith} RETURNING Account(Name, Phone) WITH METADATA='LABELS' LIMIT 5").json();
    assert_eq!(
        answer["metadata"]["entityDetails"][0]["fields"],
        json!([{"label": "Account Name", "name": "Name"}, {"label": "Account Phone", "name": "Phone"}]),
        "{answer}"
    );
}

#[test]
fn malformed_searches_are_refused_in_the_servers_words() {
    let mut client = with_companies();
    let no_term = "No search term found. The search term must be enclosed in braces.";
    for (sosl, code, text) in [
        ("", "MALFORMED_SEARCH", no_term),
        ("SELECT Id FROM Account", "MALFORMED_SEARCH", no_term),
        ("FIND acme", "MALFORMED_SEARCH", no_term),
        ("FIND 'acme'", "MALFORMED_SEARCH", no_term),
        ("FIND {}", "MALFORMED_SEARCH", no_term),
        ("FIND { }", "MALFORMED_SEARCH", no_term),
        ("FIND {a}", "MALFORMED_SEARCH", "search term must be longer than one character"),
        ("FIND {**}", "MALFORMED_SEARCH", "search term must be longer than one character"),
        (
            "FIND {acm|e}",
            "MALFORMED_SEARCH",
            "\nFIND {acm|e}\n         ^\nERROR at Row:1:Column:10\nline 1:10 mismatched character '|' expecting '}'",
        ),
        ("FIND {acme", "MALFORMED_SEARCH", "mismatched character '<EOF>' expecting '}'"),
        ("FIND {\"acme}", "MALFORMED_SEARCH", "expecting '\"'"),
        ("FIND {acme\\}", "MALFORMED_SEARCH", "mismatched character '<EOF>' expecting '}'"),
        ("FIND {O'Brien}", "MALFORMED_SEARCH", "mismatched character ''' expecting '}'"),
        ("FIND {joe-bob}", "MALFORMED_SEARCH", "mismatched character '-'"),
        ("FIND {acme AND}", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {(acme}", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {acme} IN FOO FIELDS", "MALFORMED_SEARCH", "unexpected token: 'FOO'"),
        ("FIND {acme} IN NAME", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {acme} RETURNING", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {acme} RETURNING Account(", "MALFORMED_SEARCH", "unexpected token: '<EOF>'"),
        ("FIND {acme} RETURNING Account(WHERE Name = 'a')", "MALFORMED_SEARCH", "unexpected token: 'WHERE"),
        ("FIND {acme} RETURNING Account(Name FROM Contact)", "MALFORMED_SEARCH", ""),
        ("FIND {acme} RETURNING Account(Id, (SELECT Id FROM Contacts))", "MALFORMED_SEARCH", "no list of its fields"),
        ("FIND {acme} RETURNING Account(COUNT(Id))", "MALFORMED_SEARCH", "no list of its fields"),
        ("FIND {acme} RETURNING Account(Id OFFSET 1), Contact", "MALFORMED_SEARCH", "OFFSET is only allowed"),
        ("FIND {acme} RETURNING Account(Id LIMIT 2001)", "MALFORMED_SEARCH", "2000 at most"),
        ("FIND {acme} LIMIT 2001", "MALFORMED_SEARCH", "unexpected token: '2001'"),
        ("FIND {acme} WITH SNIPPET", "MALFORMED_SEARCH", "unexpected token: 'SNIPPET'"),
        ("FIND {acme} nonsense", "MALFORMED_SEARCH", "unexpected token: 'nonsense'"),
        ("FIND {acme} RETURNING Account(Nam)", "INVALID_FIELD", "No such column 'Nam' on entity 'Account'"),
        ("FIND {acme} RETURNING Accout", "INVALID_TYPE", "sObject type 'Accout' is not supported."),
        ("FIND {acme} RETURNING Organization", "INVALID_TYPE", "does not support search"),
    ] {
        let answer = find(&mut client, sosl);
        assert_eq!(answer.status, 400, "{sosl}: {}", answer.text);
        assert_eq!(answer.code(), code, "{sosl}: {}", answer.text);
        let message = answer.json()[0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{sosl}: {message}");
    }
}

#[test]
fn a_search_as_parameters_or_as_json_finds_the_same() {
    let mut client = with_companies();
    let path = format!(
        "parameterizedSearch/?q=acme&in=NAME&fields=Id&sobject=Account&sobject=Contact&Account.fields=Name&Account.limit=2\
         &Account.where={}&Contact.fields=Name&overallLimit=10",
        encoded("Industry = 'Energy'")
    );
    assert_eq!(names(&client.get(&path)), ["Acme & Sons", "Zenith (acme)", "Ada Acme"]);
    let body = json!({
        "q": "acme", "in": "NAME", "fields": ["Name"], "defaultLimit": 20, "overallLimit": 3, "spellCorrection": false,
        "sobjects": [
            {"name": "Account", "fields": ["Name", "Industry"], "where": "Industry = 'Energy'", "orderBy": "Name DESC", "limit": 10},
            {"name": "Contact"},
        ],
    });
    let answer = client.call("POST", "parameterizedSearch", &[], &body.to_string());
    assert_eq!(names(&answer), ["Zenith (acme)", "Acme & Sons", "Ada Acme"]);
    assert_eq!(answer.json()["searchRecords"][0]["Industry"], "Energy");
    // Here the text is no statement: nothing has to be escaped.
    assert_eq!(names(&client.get("parameterizedSearch?q=nord-west&sobject=Account&fields=Name")), ["Acme Nord-West"]);
}

#[test]
fn parameters_that_cannot_be_are_refused() {
    let mut client = with_companies();
    for (parameters, code) in [
        ("", "MISSING_ARGUMENT"),
        ("q=a", "MALFORMED_SEARCH"),
        ("q=acme&in=NOTHING", "INVALID_SEARCH_SCOPE"),
        ("q=acme&defaultLimit=2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("q=acme&overallLimit=many", "MALFORMED_SEARCH"),
        ("q=acme&offset=1", "MALFORMED_SEARCH"),
        ("q=acme&division=x", "MALFORMED_SEARCH"),
        ("q=acme&Account.fields=Id", "MALFORMED_SEARCH"),
        ("q=acme&sobject=Accout", "INVALID_TYPE"),
        ("q=acme&sobject=Account&Account.where=Nam+%3D+1", "INVALID_FIELD"),
    ] {
        let answer = client.get(&format!("parameterizedSearch?{parameters}"));
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{parameters}");
    }
    for (body, code) in [
        ("{", "JSON_PARSER_ERROR"),
        ("[]", "JSON_PARSER_ERROR"),
        ("{\"q\": 1}", "MALFORMED_SEARCH"),
        ("{\"q\": \"acme\", \"sobjects\": [1]}", "MALFORMED_SEARCH"),
        ("{\"q\": \"acme\", \"sobjects\": [{\"name\": \"Account\", \"colour\": 1}]}", "MALFORMED_SEARCH"),
    ] {
        let answer = client.call("POST", "parameterizedSearch", &[], body);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{body}");
    }
    assert_eq!(client.get("/services/data/v35.0/parameterizedSearch?q=acme").status, 404);
    assert_eq!(client.call("POST", "search?q=x", &[], "{}").status, 405);
}

#[test]
fn scopes_and_layouts_name_objects_that_are_searched() {
    let mut client = with_companies();
    let scope = client.get("search/scopeOrder").json();
    let account = json!({"type": "Account", "url": "/services/data/v68.0/sobjects/Account/describe"});
    assert!(scope.as_array().unwrap().contains(&account), "{scope}");
    let layout = client.get("search/layout?q=Account,Contact").json();
    assert_eq!(layout[0]["searchColumns"][0]["field"], "Account.Name");
    assert_eq!(layout[1]["objectType"], "Contact");
    assert_eq!(client.get("search/layout?q=Nothing").code(), "NOT_FOUND");
    assert_eq!(client.get("search/layout").code(), "MISSING_ARGUMENT");
}

/// Texts that are nearly JSON.
const JSON_LIKE: &str = "(\\{|\\}|\\[|\\]|\"q\"|\"sobjects\"|\"name\"|\"query\"|:|,|\"acme\"|[0-9]|null|\\\\|ä){0,20}";

proptest! {
    // An org is made for each case.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_body_of_json_panics(body in JSON_LIKE) {
        let mut client = Client::empty();
        for place in ["parameterizedSearch", "graphql"] {
            let answer = client.call("POST", place, &[("content-type", "application/json")], &body);
            prop_assert!(matches!(answer.status.as_u16(), 200 | 400), "{}: {}", body, answer.text);
        }
    }

    #[test]
    fn no_search_panics(
        terms in "[a-c \\\\\"()*?{}&|-]{0,20}",
        rest in "( |IN|NAME|FIELDS|RETURNING|Account|\\(|\\)|,|'|Id|WHERE|Name|=|LIMIT|[0-9]|WITH|ORDER BY|ä){0,12}",
    ) {
        let mut client = Client::empty();
        for text in [format!("FIND {{{terms}}}{rest}"), terms, rest] {
            let answer = find(&mut client, &text);
            prop_assert!(matches!(answer.status.as_u16(), 200 | 400), "{}: {}", text, answer.text);
            let answer = client.get(&format!("parameterizedSearch?q={}&sobject=Account", encoded(&text)));
            prop_assert!(matches!(answer.status.as_u16(), 200 | 400), "{}: {}", text, answer.text);
        }
    }
}
