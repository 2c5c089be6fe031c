//! Queries that the server refuses, and its words.

use crate::support::with_demo_objects;

#[test]
fn refused_queries_get_the_code_and_words_of_the_server() {
    let mut client = with_demo_objects();
    for (soql, code, text) in [
        (
            "SELECT Nam FROM Account",
            "INVALID_FIELD",
            "\nSELECT Nam FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nam' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.",
        ),
        ("SELECT Id FROM Account WHERE Nam = 1", "INVALID_FIELD", "ERROR at Row:1:Column:30\nNo such column 'Nam'"),
        (
            "SELECT Id\nFROM Account\nORDER BY Nam",
            "INVALID_FIELD",
            "\nORDER BY Nam\n         ^\nERROR at Row:3:Column:10\n",
        ),
        ("SELECT Id FROM Accout", "INVALID_TYPE", "sObject type 'Accout' is not supported."),
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE", "be sure to append the '__c' after the entity name."),
        ("SELECT Id, Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path."),
        ("SELECT Id, Owner.Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Name'"),
        (
            "SELECT Id, (SELECT Id FROM Foos) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Foos' in FROM part of query call.",
        ),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Name, FIELDS(STANDARD) FROM Account", "INVALID_FIELD", "duplicate field selected: Name"),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        ("SELECT FIELDS(CUSTOM) FROM Lead LIMIT 1", "MALFORMED_QUERY", "has no custom fields"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id Account", "MALFORMED_QUERY", "unexpected token"),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT Id FROM Account WHERE Name = :name", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account FOR UPDATE", "MALFORMED_QUERY", "unexpected token"),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Specimen__c WHERE Secret__c = 'x'",
            "INVALID_FIELD",
            "field 'Secret__c' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "MALFORMED_QUERY",
            "field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2026-01-01",
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue = '5'",
            "INVALID_FIELD",
            "must be of type currency and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE IsDeleted = 'true'",
            "INVALID_FIELD",
            "must be of type boolean and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue LIKE '5%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on currency field",
        ),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR", "multi-select"),
        (
            "SELECT Id FROM Account WHERE IsDeleted > false",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on boolean field",
        ),
        ("SELECT Id FROM Account WHERE AnnualRevenue > null", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        (
            "SELECT Id FROM AccountChangeEvent",
            "INVALID_TYPE_FOR_OPERATION",
            "entity type AccountChangeEvent does not support query",
        ),
        (
            "SELECT Id FROM ContentDocumentLink",
            "MALFORMED_QUERY",
            "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
        ),
        (
            "SELECT Id FROM ContentDocumentLink WHERE ContentDocumentId != null",
            "MALFORMED_QUERY",
            "Implementation restriction",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)",
            "MALFORMED_QUERY",
            "The inner and outer selects should not be on the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT WhatId FROM Task)",
            "MALFORMED_QUERY",
            "Entity 'Task' is not supported for semi join inner selects",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "Semi join sub-selects are only allowed at the top level",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)",
            "MALFORMED_QUERY",
            "can only query id fields",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Contract) AND Id IN (SELECT AccountId FROM Asset)",
            "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS",
            "maximum 2 semi join sub-selects are allowed",
        ),
        (
            "SELECT Id, (SELECT VersionData FROM ContentVersions) FROM ContentDocument",
            "MALFORMED_QUERY",
            "Binary fields cannot be selected in join queries",
        ),
        (
            "SELECT TYPEOF Parent WHEN Account THEN Name END FROM Account",
            "MALFORMED_QUERY",
            "TYPEOF can only be used with polymorphic relationships",
        ),
        (
            "SELECT TYPEOF What WHEN User THEN Name END FROM Task",
            "MALFORMED_QUERY",
            "User is not a type that What can refer to",
        ),
        ("SELECT Id, (SELECT Id FROM Contacts OFFSET 1) FROM Account", "MALFORMED_QUERY", "OFFSET in a child query"),
        ("SELECT Id FROM Account WHERE DISTANCE(Name, GEOLOCATION(1.0, 1.0), 'km') < 1", "MALFORMED_QUERY", "DISTANCE"),
        (
            "SELECT Id FROM Account WHERE CALENDAR_YEAR(Name) = 1",
            "MALFORMED_QUERY",
            "does not support the date function",
        ),
        ("SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account", "MALFORMED_QUERY", "at most 5 levels"),
    ] {
        let answer = client.query(soql);
        assert_eq!(answer.status, 400, "{soql}: {}", answer.text);
        assert_eq!(answer.code(), code, "{soql}: {}", answer.text);
        let message = answer.json()[0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{soql}: {message}");
    }
}

#[test]
fn a_query_without_text_or_too_long_is_refused() {
    let mut client = with_demo_objects();
    assert_eq!(client.get("query").code(), "MALFORMED_QUERY");
    let long = format!("SELECT Id FROM Account WHERE Name = '{}'", "x".repeat(100_000));
    let refused = client.org.query(&long).unwrap_err();
    assert_eq!(refused.message, "SOQL statements can not be longer than 100000 characters");
}

/// Public queries, seen from the repository's root: none panics, whatever the schema says to them.
#[test]
fn public_queries_are_answered_or_refused() {
    let folder = std::env::var("SALESFORCE_FIXTURES").unwrap_or_else(|_| "../../shared/fixtures".into());
    let Ok(queries) = std::fs::read_to_string(std::path::Path::new(&folder).join("soql/queries.txt")) else {
        println!("skipped: no fixtures");
        return;
    };
    let client = with_demo_objects();
    for line in queries.lines().filter(|line| !line.trim().is_empty()) {
        if let Err(refused) = client.org.query(line) {
            assert!(refused.status >= 400, "{line}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_query_panics(text in "\\PC{0,60}", clauses in "(SELECT|FROM|WHERE|Id|Name|Account|\\(|\\)|,|=|'x'|5|GROUP BY|COUNT\\(|LIMIT| ){0,20}") {
        let org = salesforce_mock::Org::empty();
        let _ = (org.query(&text), org.query(&clauses), org.query(&format!("SELECT {clauses} FROM Account")));
    }
}
