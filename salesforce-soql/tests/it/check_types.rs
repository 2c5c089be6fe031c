//! What fits the type of a field, and the places its describe lets it stand in.

use salesforce_soql::check::ProblemKind::*;
use salesforce_soql::check::Schema;

use crate::check::{assert_clean, assert_found, found, schema};

#[test]
fn literals_are_of_the_type_of_their_field() {
    let fields = [
        ("Account__r.Name", "'x'"),
        ("Account__c", "'001000000000001'"),
        ("Account__r.Industry", "'Media'"),
        ("Count__c", "1.5"),
        ("Cost__c", "USD5"),
        ("At__c", "2026-03-01T00:00:00Z"),
        ("On__c", "2026-03-01"),
        ("Until__c", "10:00:00Z"),
    ];
    let taken = |field: &str, literal: &str| match (field, literal) {
        ("Cost__c", "1.5") | ("Until__c", "'x'" | "'001000000000001'" | "'Media'") => true,
        ("Account__r.Name" | "Account__c" | "Account__r.Industry", literal) => literal.starts_with('\''),
        _ => fields.contains(&(field, literal)),
    };
    for (field, _) in fields {
        for (_, literal) in fields {
            let text = format!("SELECT Id FROM Visit__c WHERE {field} = {literal} AND {field} IN (null, {literal})");
            let report = schema().check(&text);
            let wrong = [(WrongLiteral, literal); 2];
            let expected = if taken(field, literal) { &[] } else { &wrong[..] };
            let errors: Vec<_> = found(&report, &text).into_iter().filter(|(kind, _)| *kind != UnlistedValue).collect();
            assert_eq!(errors, expected, "{text}\n{report}");
        }
    }
    for (field, right) in [("At__c", true), ("On__c", true), ("Count__c", false), ("Account__r.Name", false)] {
        for literal in ["TODAY", "LAST_N_DAYS:3"] {
            let text = format!("SELECT Id FROM Visit__c WHERE {field} >= {literal}");
            let wrong = [(WrongLiteral, literal)];
            assert_found(&text, if right { &[] } else { &wrong });
        }
    }
    assert_clean(&["SELECT Id FROM Contact WHERE DoNotCall = true OR DoNotCall != null OR DoNotCall IN (false)"]);
    assert_found("SELECT Id FROM Contact WHERE DoNotCall = 0", &[(WrongLiteral, "0")]);
    assert_found("SELECT Id FROM Contact WHERE Name = true", &[(WrongLiteral, "true")]);
}

#[test]
fn operators_go_with_types() {
    assert_clean(&[
        "SELECT Id FROM Visit__c WHERE Tags__c INCLUDES ('red;green', 'red') AND Tags__c = 'red;green'",
        "SELECT Id FROM Visit__c WHERE Id > '001000000000001' AND Account__r.Name < 'm' AND Account__r.Industry LIKE 'M%'",
        "SELECT Id FROM Visit__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'mi') < 20",
    ]);
    assert_found("SELECT Id FROM Visit__c WHERE Count__c LIKE '1%'", &[(WrongOperator, "Count__c")]);
    assert_found("SELECT Id FROM Visit__c WHERE Id LIKE '1%'", &[(WrongOperator, "Id")]);
    assert_found("SELECT Id FROM Contact WHERE DoNotCall > false", &[(WrongOperator, "DoNotCall")]);
    assert_found("SELECT Id FROM Account WHERE Name INCLUDES ('x')", &[(WrongOperator, "Name")]);
    assert_found("SELECT Id FROM Visit__c WHERE Count__c > null", &[(WrongOperator, "null")]);
    let distance = "SELECT Id FROM Visit__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'mi') = 20";
    assert_found(distance, &[(WrongOperator, "Place__c")]);
}

#[test]
fn a_type_without_rules_is_compared_with_anything() {
    let schema =
        Schema::from_json(r#"{"name": "A", "fields": [{"name": "B", "type": "vector"}]}"#).expect("a describe");
    for right in ["= 5", "< 'x'", "> TODAY", "LIKE 'x%'", "IN (true, USD5)", "INCLUDES ('x')"] {
        let report = schema.check(&format!("SELECT MAX(B) FROM A WHERE B {right} AND HOUR_IN_DAY(B) = 5"));
        assert!(report.problems().is_empty(), "{report}");
    }
}

#[test]
fn a_value_that_is_not_listed_is_a_warning() {
    let text = "SELECT Id FROM Account WHERE Industry IN ('energy', 'Meida')";
    let report = schema().check(text);
    assert_eq!(found(&report, text), [(UnlistedValue, "'Meida'")]);
    assert!(report.is_ok());
    let said = "warning, row 1, column 53: 'Meida' is no listed value of Industry; do you mean `'Media'`?";
    assert_eq!(report.problems()[0].to_string(), said);
    let tags = "SELECT Id FROM Visit__c WHERE Tags__c EXCLUDES ('red;blue')";
    assert_found(tags, &[(UnlistedValue, "'red;blue'")]);
}

#[test]
fn a_field_stands_only_where_its_describe_lets_it() {
    assert_clean(&["SELECT Description FROM Account"]);
    assert_found("SELECT Id FROM Account WHERE Description = 'x'", &[(NotFilterable, "Description")]);
    assert_found("SELECT Id FROM Account ORDER BY Description", &[(NotSortable, "Description")]);
    assert_found("SELECT COUNT(Id) FROM Account GROUP BY Description", &[(NotGroupable, "Description")]);
    assert_found("SELECT COUNT(Description) FROM Account", &[(NotAggregatable, "Description")]);
}

#[test]
fn flags_that_no_field_has_were_left_out_and_mean_nothing() {
    let schema = Schema::from_json(r#"{"name": "Old", "fields": [{"name": "A", "type": "string"}]}"#).unwrap();
    let report = schema.check("SELECT A, COUNT(A) FROM Old WHERE A = 'x' GROUP BY A ORDER BY A");
    assert!(report.problems().is_empty(), "{report}");
}

#[test]
fn functions_take_some_types_only() {
    assert_clean(&[
        "SELECT CALENDAR_YEAR(At__c) y, SUM(Cost__c) s, MIN(On__c), COUNT(Id) FROM Visit__c \
         GROUP BY CALENDAR_YEAR(At__c) HAVING SUM(Cost__c) > 5 AND MIN(On__c) < 2026-01-01 ORDER BY s",
        "SELECT Account__r.Name n, DAY_ONLY(convertTimezone(At__c)) d FROM Visit__c \
         GROUP BY ROLLUP(Account__r.Name, DAY_ONLY(convertTimezone(At__c)))",
        "SELECT Id FROM Visit__c WHERE HOUR_IN_DAY(At__c) > 8 AND DAY_ONLY(At__c) = 2026-01-01",
        "SELECT toLabel(Industry), FORMAT(Name) FROM Account WHERE toLabel(Industry) = 'Energie'",
        "SELECT COUNT() FROM Account WHERE Name LIKE 'A%'",
    ]);
    assert_found(
        "SELECT CALENDAR_YEAR(Name) FROM Account GROUP BY CALENDAR_YEAR(Name)",
        &[(WrongFunction, "Name"), (WrongFunction, "Name")],
    );
    assert_found("SELECT Id FROM Visit__c WHERE HOUR_IN_DAY(On__c) = 1", &[(WrongFunction, "On__c")]);
    assert_found("SELECT Id FROM Visit__c WHERE CALENDAR_YEAR(On__c) = TODAY", &[(WrongLiteral, "TODAY")]);
    assert_found("SELECT toLabel(Count__c) FROM Visit__c", &[(WrongFunction, "Count__c")]);
    assert_found("SELECT AVG(Name) FROM Account", &[(NotAggregatable, "Name")]);
    assert_found("SELECT SUM(Birthdate) FROM Contact", &[(NotAggregatable, "Birthdate")]);
    assert_found("SELECT MAX(DoNotCall) FROM Contact", &[(NotAggregatable, "DoNotCall")]);
    assert_found(
        "SELECT Id FROM Visit__c ORDER BY DISTANCE(Count__c, GEOLOCATION(1, 2), 'km')",
        &[(WrongFunction, "Count__c")],
    );
    let having = "SELECT Name FROM Account GROUP BY Name HAVING COUNT(Id) > 'x' AND MAX(Nme) = 1";
    assert_found(having, &[(WrongLiteral, "'x'"), (UnknownField, "Nme")]);
}

#[test]
fn in_groups_everything_is_grouped_or_aggregated() {
    assert_clean(&["SELECT a.Name, COUNT(Id) FROM Account a GROUP BY Name"]);
    assert_found("SELECT Name, COUNT(Id) FROM Account", &[(NotGrouped, "Name")]);
    assert_found("SELECT Id, Name FROM Account GROUP BY Name", &[(NotGrouped, "Id")]);
    assert_clean(&[
        "SELECT Account.Name n FROM Contact c GROUP BY c.Account.Name HAVING Account.Name != 'x' ORDER BY n",
    ]);
    let text = "SELECT COUNT(Id) FROM Account GROUP BY Name HAVING Industry = null ORDER BY Id";
    assert_found(text, &[(NotGrouped, "Industry"), (NotGrouped, "Id")]);
}

#[test]
fn a_field_is_selected_once() {
    assert_found("SELECT Id, Name, ID FROM Account", &[(DuplicateField, "ID")]);
    assert_clean(&["SELECT Id, Account.Id, Account.Parent.Id FROM Contact"]);
}

#[test]
fn all_fields_are_for_few_rows() {
    assert_clean(&[
        "SELECT FIELDS(ALL) FROM Account LIMIT 200",
        "SELECT FIELDS(ALL) FROM Account LIMIT :n",
        "SELECT FIELDS(ALL) FROM Account WHERE Id IN ('001000000000001')",
        "SELECT FIELDS(STANDARD) FROM Account",
        "SELECT FIELDS(CUSTOM), Id FROM Account LIMIT 1",
    ]);
    assert_found("SELECT Id, FIELDS( ALL ) FROM Account LIMIT 201", &[(Fields, "FIELDS( ALL )")]);
    assert_found("SELECT FIELDS(CUSTOM) FROM Account LIMIT 1", &[(Fields, "FIELDS(CUSTOM)")]);
}

#[test]
fn a_text_that_is_no_id_is_a_warning() {
    assert_found("SELECT Id FROM Account WHERE Id IN ('001000000000001', '', 'acctid')", &[(NoRecordId, "'acctid'")]);
    assert_clean(&["SELECT Id FROM Account WHERE ParentId = 'Account'"]);
}
