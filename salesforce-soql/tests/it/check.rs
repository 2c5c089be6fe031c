//! Queries against a small org, and against recorded describes.

use salesforce_soql::builder::{Select, field};
use salesforce_soql::check::{ProblemKind, Report, Schema, Severity};
use salesforce_soql::{Literal, Soql, parse};
use salesforce_types::Date;
use serde_json::{Value, json};

use ProblemKind::*;

/// A field that may stand anywhere.
fn field_of(name: &str, field_type: &str, more: Value) -> Value {
    let mut field = json!({
        "name": name, "type": field_type, "filterable": true, "sortable": true, "groupable": true, "aggregatable": true,
        "custom": name.contains("__"),
    });
    let more = more.as_object().expect("an object").clone();
    field.as_object_mut().expect("an object").extend(more);
    field
}

fn lookup(name: &str, relationship: &str, objects: &[&str]) -> Value {
    field_of(name, "reference", json!({"relationshipName": relationship, "referenceTo": objects}))
}

fn text_of(name: &str) -> Value {
    field_of(name, "string", json!({}))
}

pub(crate) fn describes() -> Value {
    let id = || field_of("Id", "id", json!({}));
    json!([
        {
            "name": "Account",
            "fields": [
                id(), text_of("Name"), lookup("ParentId", "Parent", &["Account"]), lookup("OwnerId", "Owner", &["User"]),
                field_of("Industry", "picklist", json!({
                    "restrictedPicklist": true, "picklistValues": [{"value": "Energy"}, {"value": "Media"}],
                })),
                field_of("Description", "textarea", json!({
                    "filterable": false, "sortable": false, "groupable": false, "aggregatable": false,
                })),
            ],
            "childRelationships": [
                {"childSObject": "Contact", "field": "AccountId", "relationshipName": "Contacts"},
                {"childSObject": "Visit__c", "field": "Account__c", "relationshipName": "Visits__r"},
                {"childSObject": "Partner", "field": "AccountToId", "relationshipName": null},
            ],
        },
        {
            "name": "Contact",
            "fields": [
                id(), text_of("Name"), text_of("Email"), lookup("AccountId", "Account", &["Account"]),
                field_of("DoNotCall", "boolean", json!({"aggregatable": false})),
                field_of("Birthdate", "date", json!({})),
            ],
        },
        {
            "name": "Visit__c",
            "fields": [
                id(), lookup("Account__c", "Account__r", &["Account"]), lookup("OwnerId", "Owner", &["Group", "User"]),
                lookup("About__c", "About__r", &["Account", "Contact"]),
                field_of("Count__c", "double", json!({})), field_of("Cost__c", "currency", json!({"groupable": false})),
                field_of("At__c", "datetime", json!({"groupable": false})), field_of("On__c", "date", json!({})),
                field_of("Until__c", "time", json!({"aggregatable": false})),
                field_of("Place__c", "location", json!({"groupable": false})),
                field_of("Tags__c", "multipicklist", json!({
                    "sortable": false, "groupable": false, "aggregatable": false, "restrictedPicklist": true,
                    "picklistValues": [{"value": "red"}, {"value": "green"}],
                })),
            ],
        },
    ])
}

pub(crate) fn schema() -> Schema {
    Schema::from_json(&describes().to_string()).expect("these are describes")
}

/// What was found: kinds, and the texts they are about.
pub(crate) fn found<'t>(report: &Report, text: &'t str) -> Vec<(ProblemKind, &'t str)> {
    report.problems().iter().map(|problem| (problem.kind(), &text[problem.span()])).collect()
}

#[track_caller]
pub(crate) fn assert_found(text: &str, expected: &[(ProblemKind, &str)]) {
    let report = schema().check(text);
    assert_eq!(found(&report, text), expected, "{text}\n{report}");
}

#[track_caller]
pub(crate) fn assert_clean(texts: &[&str]) {
    texts.iter().for_each(|text| assert_found(text, &[]));
}

/// What is suggested for the only problem.
#[track_caller]
fn suggested(text: &str) -> Option<String> {
    let report = schema().check(text);
    assert_eq!(report.problems().len(), 1, "{report}");
    report.problems()[0].suggestion().map(str::to_owned)
}

#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_text() {
    assert_found(
        "SELECT Nme, Account.Nme FROM Contact WHERE DoNotCall = 'yes' AND Own.Name = 'x' ORDER BY Nothing",
        &[
            (UnknownField, "Nme"),
            (UnknownField, "Nme"),
            (WrongLiteral, "'yes'"),
            (UnknownRelationship, "Own"),
            (UnknownField, "Nothing"),
        ],
    );
}

#[test]
fn a_report_shows_the_text_it_is_about() {
    let report = schema().check("SELECT Id\nFROM Account\nWHERE\tNmae = 'x'");
    assert_eq!(
        report.to_string(),
        "row 3, column 7: Account has no field `Nmae`; do you mean `Name`?\n  WHERE Nmae = 'x'\n        ^^^^"
    );
    let problem = &report.problems()[0];
    assert_eq!((problem.row(), problem.column(), problem.severity()), (3, 7, Severity::Error));
    let long = format!("SELECT {}Nmae, {} FROM Account", "Id, ".repeat(30), "Id, ".repeat(30) + "Id");
    let shown = schema().check(&long).to_string();
    assert!(shown.lines().all(|line| line.chars().count() < 120), "{shown}");
}

#[test]
fn a_text_that_is_no_query_has_one_problem() {
    assert_found("SELECT Id FROM Account WHERE LIMIT 10", &[(Syntax, "LIMIT")]);
    let report = schema().check("");
    assert_eq!(report.problems().len(), 1);
    assert_eq!(report.to_string(), "row 1, column 1: found the end of the query, expected SELECT");
}

#[test]
fn what_only_the_servers_parser_refuses_is_found_beside_the_rest() {
    assert_found(
        "SELECT Nme FROM Account WHERE Id = null AND Name = 'a' OR Name = 'b'",
        &[(UnknownField, "Nme"), (Syntax, "OR")],
    );
}

#[test]
fn names_have_no_case() {
    assert_clean(&["select ID, account.PARENT.name, (select ID from ACCOUNT.contacts) from account where NAME = 'x'"]);
}

#[test]
fn an_object_outside_of_the_schema_is_not_checked_and_that_is_said_once() {
    let text = "SELECT Anything, Owner.Name, Owner.Email, (SELECT x FROM ys) FROM Account";
    let report = schema().check(text);
    let kinds = [(UnknownField, "Anything"), (NotInSchema, "Owner"), (UnknownRelationship, "ys")];
    assert_eq!(found(&report, text), kinds);

    let text = "SELECT a, b.c FROM Acount WHERE d > 5 GROUP BY a, b.c HAVING MAX(e) = 'f' ORDER BY a";
    let report = schema().check(text);
    assert_eq!(found(&report, text), [(NotInSchema, "Acount")]);
    assert!(report.is_ok());
    assert_eq!(report.problems()[0].severity(), Severity::Unchecked);
    assert_eq!(
        report.problems()[0].to_string(),
        "not checked, row 1, column 20: the schema has no Acount; do you mean `Account`?"
    );
}

#[test]
fn parents_are_reached_by_their_relationship_not_by_their_field() {
    assert_clean(&[
        "SELECT Account__r.Parent.Name FROM Visit__c",
        "SELECT v.Account__r.Name, Visit__c.Count__c FROM Visit__c v",
        "SELECT c.Name, a.Name FROM Contact c, c.Account a WHERE a.Parent.Name = 'x'",
        "SELECT UserRecordAccess.HasEditAccess FROM Account",
    ]);
    assert_found("SELECT Account__c.Name FROM Visit__c", &[(UnknownRelationship, "Account__c")]);
    assert_eq!(suggested("SELECT Account__c.Name FROM Visit__c").as_deref(), Some("Account__r"));
    assert_found("SELECT Account__r FROM Visit__c", &[(UnknownField, "Account__r")]);
    assert_eq!(suggested("SELECT Account__r FROM Visit__c").as_deref(), Some("Account__c"));
    assert_eq!(suggested("SELECT AccountId.Name FROM Contact").as_deref(), Some("Account"));
    assert_eq!(suggested("SELECT Acount.Name FROM Contact").as_deref(), Some("Account"));
    assert_eq!(suggested("SELECT Count FROM Visit__c").as_deref(), Some("Count__c"));
    assert_eq!(suggested("SELECT Nonsense FROM Visit__c"), None);
    assert_found("SELECT Id FROM Contact c, c.Acount a WHERE a.Nme = 'x'", &[(UnknownRelationship, "Acount")]);
}

#[test]
fn a_path_has_at_most_five_parents() {
    assert_clean(&["SELECT Account.Parent.Parent.Parent.Parent.Name FROM Contact"]);
    let path = "Account.Parent.Parent.Parent.Parent.Parent.Name";
    assert_found(&format!("SELECT {path} FROM Contact"), &[(TooManyParents, path)]);
    let aliased =
        format!("SELECT {} FROM Contact c", path.replacen(".Parent", "", 1).replacen("Account", "c.Account", 1));
    assert_clean(&[&aliased]);
}

#[test]
fn of_one_of_several_objects_only_shared_fields_are_seen() {
    assert_clean(&[
        "SELECT About__r.Name, About__r.Type FROM Visit__c WHERE About__r.Type = 'Account'",
        "SELECT TYPEOF About__r WHEN Account THEN Industry WHEN Contact THEN Email, Account.Name ELSE Name END FROM Visit__c",
    ]);
    assert_found("SELECT About__r.Colour__c FROM Visit__c", &[(UnknownField, "Colour__c")]);
    assert_found(
        "SELECT TYPEOF About__r WHEN Acount THEN Name WHEN Contact THEN Industry ELSE A__c END FROM Visit__c",
        &[(UnknownRelationship, "Acount"), (UnknownField, "Industry"), (UnknownField, "A__c")],
    );
    assert_found(
        "SELECT TYPEOF About WHEN Account THEN Nme END FROM Visit__c",
        &[(UnknownRelationship, "About"), (UnknownField, "Nme")],
    );
}

#[test]
fn children_are_reached_by_their_relationship_not_by_their_object() {
    assert_clean(&[
        "SELECT Id, (SELECT Email, Account.Name FROM Contacts WHERE DoNotCall = true ORDER BY Email LIMIT 5) FROM Account",
        "SELECT Id, (SELECT Count__c FROM Account.Visits__r), (SELECT c.Id FROM a.Contacts c) FROM Account a",
    ]);
    assert_found("SELECT (SELECT Emial FROM Contacts) FROM Account", &[(UnknownField, "Emial")]);
    // From a child, the object around it is seen by no name of its own.
    let slip = "SELECT (SELECT Account.Name FROM Visits__r) FROM Account";
    assert_found(slip, &[(UnknownRelationship, "Account")]);
    assert_eq!(suggested(slip).as_deref(), Some("Account__r"));
    for (wrong, right) in [("Contact", "Contacts"), ("Visit__c", "Visits__r"), ("Visits__c", "Visits__r")] {
        let text = format!("SELECT (SELECT Nme FROM {wrong}) FROM Account");
        assert_found(&text, &[(UnknownRelationship, wrong)]);
        assert_eq!(suggested(&text).as_deref(), Some(right));
    }
    assert_found("SELECT (SELECT Id FROM Partner) FROM Account", &[(UnknownRelationship, "Partner")]);
}

#[test]
fn semi_joins_stand_where_the_server_takes_them() {
    assert_clean(&[
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE DoNotCall = true) \
         AND Id NOT IN (SELECT a.Account__c FROM Visit__c a)",
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT Account__c FROM Visit__c WHERE About__r.Name = 'x')",
        "SELECT Id FROM Visit__c WHERE Account__c IN (SELECT Id FROM Account)",
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT About__c FROM Visit__c)",
    ]);
    for (text, at) in [
        ("SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)", "Name"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Email FROM Contact)", "Email"),
        ("SELECT Id FROM Contact WHERE Account.Id IN (SELECT Account__c FROM Visit__c)", "Account.Id"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Account.Id FROM Contact)", "Account.Id"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Contact)", "Id"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)", "Account"),
        ("SELECT Id FROM Account WHERE Id = null OR Id IN (SELECT AccountId FROM Contact)", "Id"),
        ("SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)", "Id"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 1)", "Contact"),
        (
            "SELECT (SELECT Id FROM Contacts WHERE AccountId IN (SELECT Account__c FROM Visit__c)) FROM Account",
            "AccountId",
        ),
        (
            "SELECT Id FROM Visit__c WHERE Account__c IN (SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact))",
            "Id",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Contact) \
             AND ParentId IN (SELECT AccountId FROM Contact)",
            "ParentId",
        ),
    ] {
        assert_found(text, &[(SemiJoin, at)]);
    }
    let text = "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Event)";
    assert_found(text, &[(SemiJoin, "Event"), (NotInSchema, "Event")]);
    let inner = "SELECT Id FROM Account WHERE Id IN (SELECT AcountId FROM Contact WHERE DoNotCall = 'no')";
    assert_found(inner, &[(UnknownField, "AcountId"), (WrongLiteral, "'no'")]);
}

#[test]
fn a_name_to_be_bound_stands_for_any_value() {
    assert_clean(&["SELECT Id FROM Contact WHERE Name LIKE :name AND DoNotCall = :flag.on AND Birthdate IN :days \
                    AND Email IN (:a, 'b') AND Birthdate > LAST_N_DAYS:n LIMIT :limit OFFSET :offset"]);
    assert_clean(&["SELECT Id FROM Visit__c WHERE Tags__c INCLUDES :tags AND Tags__c EXCLUDES (:tag)"]);
    assert_found(
        "SELECT Id FROM Contact WHERE Nme = :name AND Name = 5",
        &[(UnknownField, "Nme"), (WrongLiteral, "5")],
    );
    assert!(parse("SELECT Id FROM Contact WHERE Name = :name").is_err(), "a query to be sent has no names left");
}

#[test]
fn bound_values_are_of_the_type_of_their_field() {
    let soql = Soql::new("SELECT Id FROM Contact WHERE Name LIKE :name AND Birthdate = :day AND DoNotCall = :flag")
        .bind("name", Literal::like_prefix("O'"))
        .bind("day", "2026-03-01".parse::<Date>().expect("it is a date"));
    let right = schema().check_soql(&soql.clone().bind("flag", true));
    assert!(right.problems().is_empty(), "{right}");
    let wrong = schema().check_soql(&soql.clone().bind("flag", "true"));
    assert_eq!(found(&wrong, wrong.text()), [(WrongLiteral, "'true'")]);

    let unbound = schema().check_soql(&soql);
    assert_eq!(unbound.problems().iter().map(|problem| problem.kind()).collect::<Vec<_>>(), [NotBound]);
    assert!(!unbound.is_ok() && unbound.to_string().contains("call bind(\"flag\", …)"), "{unbound}");

    let built =
        Select::from("Contact").fields(["Id"]).filter(field("DoNotCall").eq("x")).build().expect("it is a query");
    let report = schema().check_soql(&built);
    assert_eq!(found(&report, report.text()), [(WrongLiteral, "'x'")]);
}

#[test]
fn what_is_no_describe_is_refused_with_its_file() {
    for no in ["", "{}", "[{}]", "null", "[1]", "{\"name\": \"A\"}", r#"{"encoding": "UTF-8", "sobjects": []}"#] {
        assert!(Schema::from_json(no).is_err(), "{no}");
    }
    assert_eq!(Schema::from_json("[]").expect("it is a list").objects().count(), 0);
    let error = Schema::read("tests/it").expect_err("there is no JSON");
    assert_eq!(error.to_string(), "tests/it has no file that ends in .json");
    let error = Schema::read("tests/nothing.json").expect_err("there is no file");
    assert_eq!(error.to_string(), "tests/nothing.json cannot be read");
}

#[test]
fn an_object_that_cannot_be_queried_is_refused_if_its_describe_says_so() {
    let schema = |flags: &str| {
        let json = format!(r#"{{"name": "A", "fields": [{{"name": "Id", "type": "id"}}] {flags}}}"#);
        Schema::from_json(&json).expect("it is a describe")
    };
    let text = "SELECT Id FROM A";
    let report = schema(r#", "retrieveable": true, "queryable": false"#).check(text);
    assert_eq!(found(&report, text), [(NotQueryable, "A")]);
    assert!(schema(r#", "retrieveable": true, "queryable": true"#).check(text).problems().is_empty());
    assert!(schema("").check(text).problems().is_empty());
}
