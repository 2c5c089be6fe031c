use salesforce_soql::ast::{
    Condition, DateLiteral, DateUnit, Function, Operand, Pattern, Place, SelectItem, Set, Tail, Unit, Value, With,
};
use salesforce_soql::{ParseErrorKind, parse, parse_strict};

/// Each query as it is written, and its canonical text.
const CANONICAL: &[(&str, &str)] = &[
    ("select  id,name\nfrom\taccount", "SELECT id, name FROM account"),
    ("SELECT Id FROM Group", "SELECT Id FROM Group"),
    (
        "SELECT Id FROM Order WHERE Order.Name = 'x' ORDER BY Order.Name",
        "SELECT Id FROM Order WHERE Order.Name = 'x' ORDER BY Order.Name",
    ),
    ("SELECT Group.Name, Order FROM Case", "SELECT Group.Name, Order FROM Case"),
    ("SELECT End, Scope, Data, Offset FROM View", "SELECT End, Scope, Data, Offset FROM View"),
    ("SELECT Typeof t, Typeof FROM View", "SELECT Typeof t, Typeof FROM View"),
    ("SELECT FIELDS( all ), Name FROM A LIMIT 200", "SELECT FIELDS(ALL), Name FROM A LIMIT 200"),
    ("SELECT count() FROM A", "SELECT COUNT() FROM A"),
    ("SELECT count_distinct(Id) AS n FROM A", "SELECT COUNT_DISTINCT(Id) n FROM A"),
    ("SELECT a.Name FROM Contact AS c, c.Account a", "SELECT a.Name FROM Contact c, c.Account a"),
    ("SELECT Name FROM Account Offset", "SELECT Name FROM Account Offset"),
    ("SELECT Name FROM Account Offset OFFSET 3", "SELECT Name FROM Account Offset OFFSET 3"),
    ("SELECT Name FROM Account OFFSET 3", "SELECT Name FROM Account OFFSET 3"),
    (
        "SELECT TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN Case THEN Id ELSE Name END FROM Event",
        "SELECT TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN Case THEN Id ELSE Name END FROM Event",
    ),
    ("SELECT Id FROM A USING SCOPE mine WHERE B <> 1", "SELECT Id FROM A USING SCOPE mine WHERE B != 1"),
    ("SELECT Id FROM A WHERE ((((B = 1))))", "SELECT Id FROM A WHERE B = 1"),
    (
        "SELECT Id FROM A WHERE (B = 1 AND C = 2) OR NOT (D = 3)",
        "SELECT Id FROM A WHERE (B = 1 AND C = 2) OR (NOT D = 3)",
    ),
    ("SELECT Id FROM A WHERE B = 1 AND C = 2 OR D = 3", "SELECT Id FROM A WHERE (B = 1 AND C = 2) OR D = 3"),
    ("SELECT Id FROM A WHERE B=1 AND (C=2 AND D=3)", "SELECT Id FROM A WHERE B = 1 AND (C = 2 AND D = 3)"),
    ("SELECT Id FROM A WHERE NOT (NOT B = 1)", "SELECT Id FROM A WHERE NOT (NOT B = 1)"),
    (
        "SELECT Id FROM A WHERE B NOT IN('x',null,TRUE,usd5.5)",
        "SELECT Id FROM A WHERE B NOT IN ('x', null, true, usd5.5)",
    ),
    (
        "SELECT Id FROM A WHERE Id NOT IN (SELECT AId FROM B b WHERE b.C LIKE 'x%' ORDER BY C LIMIT 3)",
        "SELECT Id FROM A WHERE Id NOT IN (SELECT AId FROM B b WHERE b.C LIKE 'x%' ORDER BY C LIMIT 3)",
    ),
    (
        "SELECT Id FROM A WHERE B includes ('a;b','c') AND C EXCLUDES('d')",
        "SELECT Id FROM A WHERE B INCLUDES ('a;b', 'c') AND C EXCLUDES ('d')",
    ),
    (
        "SELECT Id FROM A WHERE T = 10:30:00 AND D >= 2026-03-01 AND S < 2026-03-01T01:00:00.5+01:00",
        "SELECT Id FROM A WHERE T = 10:30:00.000Z AND D >= 2026-03-01 AND S < 2026-03-01T00:00:00.500Z",
    ),
    ("SELECT Id FROM A WHERE B = -1.50e-3", "SELECT Id FROM A WHERE B = -1.50e-3"),
    (
        "SELECT Id FROM A WHERE B = last_n_days:3 AND C > today",
        "SELECT Id FROM A WHERE B = LAST_N_DAYS:3 AND C > TODAY",
    ),
    (
        "SELECT Id FROM Q WITH DATA CATEGORY G__c at (u__c , v__c) AND P__c ABOVE_OR_BELOW t__c",
        "SELECT Id FROM Q WITH DATA CATEGORY G__c AT (u__c, v__c) AND P__c ABOVE_OR_BELOW t__c",
    ),
    ("SELECT Id FROM F WITH UserId='005'", "SELECT Id FROM F WITH UserId = '005'"),
    (
        "SELECT Id FROM F WITH recordvisibilitycontext(maxDescriptorPerRecord=100,supportsDomains=true)",
        "SELECT Id FROM F WITH RecordVisibilityContext (maxDescriptorPerRecord = 100, supportsDomains = true)",
    ),
    (
        "SELECT A, SUM(convertCurrency(B)) s FROM O GROUP BY A HAVING SUM(B) > 5 AND A != null ORDER BY SUM(B) DESC NULLS LAST",
        "SELECT A, SUM(convertCurrency(B)) s FROM O GROUP BY A HAVING SUM(B) > 5 AND A != null ORDER BY SUM(B) DESC NULLS LAST",
    ),
    (
        "SELECT COUNT(Id) FROM O GROUP BY rollup(A,calendar_year(B))",
        "SELECT COUNT(Id) FROM O GROUP BY ROLLUP(A, CALENDAR_YEAR(B))",
    ),
    ("SELECT COUNT(Id) FROM O GROUP BY CUBE (A, B)", "SELECT COUNT(Id) FROM O GROUP BY CUBE(A, B)"),
    ("SELECT COUNT(Id) FROM O GROUP BY Rollup, Cube", "SELECT COUNT(Id) FROM O GROUP BY Rollup, Cube"),
    (
        "SELECT FORMAT(convertCurrency(B)) b, toLabel(C), HOUR_IN_DAY(convertTimezone(D)) FROM O ORDER BY GROUPING(A) ASC",
        "SELECT FORMAT(convertCurrency(B)) b, toLabel(C), HOUR_IN_DAY(convertTimezone(D)) FROM O ORDER BY GROUPING(A)",
    ),
    (
        "SELECT Id FROM A WHERE DISTANCE(L, geolocation(+1.5,-2), 'KM') < 20 ORDER BY DISTANCE(L, M, 'mi') DESC",
        "SELECT Id FROM A WHERE DISTANCE(L, GEOLOCATION(+1.5, -2), 'km') < 20 ORDER BY DISTANCE(L, M, 'mi') DESC",
    ),
    (
        "SELECT Id FROM A FOR VIEW, REFERENCE UPDATE TRACKING , VIEWSTAT",
        "SELECT Id FROM A FOR VIEW FOR REFERENCE UPDATE TRACKING UPDATE VIEWSTAT",
    ),
    (
        "SELECT (SELECT (SELECT (SELECT (SELECT (SELECT Id FROM F) FROM E) FROM D) FROM C) FROM B ORDER BY X LIMIT 2 OFFSET 1) FROM A",
        "SELECT (SELECT (SELECT (SELECT (SELECT (SELECT Id FROM F) FROM E) FROM D) FROM C) FROM B ORDER BY X LIMIT 2 OFFSET 1) FROM A",
    ),
    (r"SELECT Id FROM A WHERE B = '\N\u0041\'\\'", r"SELECT Id FROM A WHERE B = '\nA\'\\'"),
];

#[test]
fn every_production_of_the_grammar_has_a_canonical_text() {
    for (text, canonical) in CANONICAL {
        let query = parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(query.to_string(), *canonical);
        assert_eq!(parse(canonical).unwrap(), query, "{text}");
    }
}

/// Each broken query, what is found, and part of what is expected there.
const BROKEN: &[(&str, &str, &str)] = &[
    ("", "", "SELECT"),
    ("SELECT", "", "field"),
    ("SELECT Id, FROM A", "FROM", "field"),
    ("SELECT Id FROM A HAVING COUNT(Id) > 1", "HAVING", "GROUP BY before"),
    ("SELECT Id FROM A LIMIT 1 WHERE B = 1", "WHERE", "in the order"),
    ("SELECT Id FROM A LIMIT -1", "-1", "whole number"),
    ("SELECT Id FROM A LIMIT 99999999999999999999", "99999999999999999999", "whole number"),
    ("SELECT Id FROM A LIMIT 1.5", "1.5", "whole number"),
    ("SELECT Id FROM A WHERE B = C", "C", "value"),
    ("SELECT Id FROM A WHERE B LIKE 5", "5", "text in quotes"),
    ("SELECT Id FROM A WHERE B IN ()", ")", "value"),
    ("SELECT Id FROM A WHERE B IN 'x'", "'x'", "`(`"),
    ("SELECT Id FROM A WHERE B NOT LIKE 'x'", "LIKE", "IN"),
    ("SELECT Id FROM A WHERE NOT NOT B = 1", "NOT", "field"),
    ("SELECT Id FROM A WHERE B = 2026-02-30", "2026-02-30", "date"),
    ("SELECT Id FROM A WHERE B = 2026-02-03T10:00:00", "2026-02-03T10:00:00", "date and time"),
    ("SELECT Id FROM A WHERE B = LAST_N_DAYS", "", "`:`"),
    ("SELECT Id FROM A WHERE B = LAST_N_DAYS:-1", "-1", "whole number"),
    (r"SELECT Id FROM A WHERE B = 'x\u12'", r"\u", "four digits"),
    ("SELECT Id FROM A WHERE B = \"x\"", "\"", "sign of SOQL"),
    ("SELECT Id FROM A WHERE B = 1;", ";", "sign of SOQL"),
    ("SELECT * FROM A", "*", "sign of SOQL"),
    ("SELECT A.*, B FROM A", "*", "sign of SOQL"),
    ("SELECT SIN(A) FROM A", "(", "no function"),
    ("SELECT COUNT(Id) FROM A GROUP BY COUNT(Id)", "COUNT", "date function"),
    ("SELECT Id FROM A WHERE DISTANCE(GEOLOCATION(1,2), L, 'mi') < 5", "(", "`,`"),
    ("SELECT Id FROM A WHERE DISTANCE(L, GEOLOCATION(1,2), 'ft') < 5", "'ft'", "'mi' or 'km'"),
    ("SELECT Id FROM A WHERE DISTANCE(L, GEOLOCATION(1), 'mi') < 5", ")", "`,`"),
    ("SELECT TYPEOF What WHEN Account THEN Phone FROM E", "FROM", "END"),
    ("SELECT Id FROM A ORDER BY B NULLS", "", "FIRST or LAST"),
    ("SELECT Id FROM A FOR", "", "VIEW or REFERENCE"),
    ("SELECT (SELECT Id FROM B FOR UPDATE) FROM A", "UPDATE", "VIEW or REFERENCE"),
    ("SELECT (SELECT Id FROM B USING SCOPE mine) FROM A", "USING", "`)`"),
    ("SELECT Id FROM A WHERE B IN (SELECT C, D FROM E)", ",", "FROM"),
    ("SELECT Id FROM A WITH x", "", "`=`"),
    ("SELECT Id FROM A SELECT", "SELECT", "end of the query"),
    ("SELECT Id FROM ünïcode", "ü", "sign of SOQL"),
];

#[test]
fn what_is_no_query_is_refused_where_it_stops_being_one() {
    for (text, found, expected) in BROKEN {
        let Err(error) = parse(text) else { panic!("{text} was accepted") };
        assert_eq!(error.found(), *found, "{text}: {error}");
        assert!(error.expected().contains(expected), "{text}: {error}");
        assert_eq!(text.get(error.span()), Some(*found), "{text}");
        assert_eq!(error.kind(), ParseErrorKind::Syntax);
    }
}

#[test]
fn a_place_is_counted_in_rows_and_characters() {
    let error = parse("SELECT Id\r\nFROM Account\nWHERE Näme = 1").unwrap_err();
    assert_eq!((error.row(), error.column(), error.found()), (3, 8, "ä"));
    assert_eq!(error.span(), 31..33);
}

#[test]
fn a_bind_variable_is_refused_and_the_way_out_is_named() {
    for text in [
        "SELECT Id FROM A WHERE B = :foo",
        "SELECT Id FROM A WHERE B IN :foo",
        "SELECT Id FROM A WHERE B LIKE :foo",
        "SELECT Id FROM A LIMIT :foo",
        "SELECT Id FROM A WHERE B INCLUDES (:foo)",
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.kind(), error.found()), (ParseErrorKind::UnboundName, ":foo"), "{text}");
        assert!(error.to_string().ends_with("give it a value with Soql::bind"), "{error}");
    }
    assert!(parse("SELECT Id FROM A WHERE B = ':foo'").is_ok());
}

#[test]
fn strictly_what_only_apex_or_no_server_takes_is_refused() {
    for (text, found) in [
        ("SELECT Id FROM A WHERE B = 1 AND C = 2 OR D = 3", "OR"),
        ("SELECT Id FROM A WHERE B = 1 OR C = 2 AND D = 3", "AND"),
        ("SELECT Id FROM A WHERE (B = 1 OR C = 2 AND D = 3)", "AND"),
        (r"SELECT Id FROM A WHERE B = '\(x)'", r"'\(x)'"),
        ("SELECT Id FROM A WITH SECURITY_ENFORCED", "SECURITY_ENFORCED"),
        ("SELECT Id FROM A FOR UPDATE", "FOR UPDATE"),
        ("SELECT Id FROM A ALL ROWS", "ALL ROWS"),
        ("SELECT COUNT(Id, Name) FROM A", "Id, Name"),
        ("SELECT COUNT(), Id FROM A", "COUNT(), Id "),
    ] {
        assert!(parse(text).is_ok(), "{text}");
        assert_eq!(parse_strict(text).unwrap_err().found(), found, "{text}");
    }
    for text in [
        "SELECT Id FROM A WHERE B = 1 AND (C = 2 OR D = 3) AND (E = 4 OR F = 5)",
        "SELECT Id FROM A WHERE (B = 1 AND C = 2) OR (D = 3)",
        r"SELECT Id FROM A WHERE B LIKE '\%\_%'",
    ] {
        assert!(parse_strict(text).is_ok(), "{text}");
    }
}

#[test]
fn and_binds_tighter_than_or() {
    let query = parse("SELECT Id FROM A WHERE B = 1 OR C = 2 AND D = 3 OR E = 4").unwrap();
    let Some(Condition::Or(parts)) = query.filter else { panic!("no OR") };
    assert!(matches!(parts.as_slice(), [Condition::Compare { .. }, Condition::And(_), Condition::Compare { .. }]));
}

#[test]
fn values_are_typed_and_decoded() {
    let value = |text: &str| match parse(&format!("SELECT Id FROM A WHERE B = {text}")).unwrap().filter {
        Some(Condition::Compare { right, .. }) => right,
        other => panic!("{other:?}"),
    };
    assert_eq!(value("NULL"), Value::Null);
    assert_eq!(value("True"), Value::Bool(true));
    assert_eq!(value(r"'it\'s'"), Value::Text("it's".into()));
    assert_eq!(value("2026-03-01"), Value::Date("2026-03-01".parse().unwrap()));
    assert_eq!(value("2026-03-01T01:00:00+0100"), Value::DateTime("2026-03-01T00:00:00Z".parse().unwrap()));
    assert_eq!(value("N_FISCAL_QUARTERS_AGO:2"), Value::DateLiteral(DateLiteral::NAgo(DateUnit::FiscalQuarter, 2)));
    assert!(matches!(value("EUR10"), Value::Money(money) if money.currency() == "EUR"));
    assert!(matches!(value("12345678901234567890.10"), Value::Number(n) if n.as_str() == "12345678901234567890.10"));
}

#[test]
fn a_like_pattern_knows_which_wildcards_are_escaped() {
    let query = parse(r"SELECT Id FROM A WHERE B LIKE '5\%\_x%'").unwrap();
    let Some(Condition::Like { pattern, .. }) = query.filter else { panic!("no LIKE") };
    let wildcards = pattern.pattern().filter(|part| !matches!(part, Pattern::Char(_))).count();
    assert_eq!((pattern.as_str(), wildcards), ("5%_x%", 1));
}

#[test]
fn an_executor_finds_all_parts_of_a_query() {
    let query = parse(
        "SELECT Id, (SELECT Id FROM Contacts), DISTANCE(L, GEOLOCATION(1, 2), 'km') FROM Account a \
         WHERE Id IN (SELECT AccountId FROM Contact) WITH USER_MODE FOR VIEW",
    )
    .unwrap();
    let [_, SelectItem::Child(child), SelectItem::Function { call, .. }] = query.select.as_slice() else {
        panic!("{:?}", query.select)
    };
    assert!(child.relationship.is("contacts"));
    assert!(
        matches!(call, Function::Distance { to: Place::Point { latitude, .. }, unit: Unit::Kilometres, .. } if latitude.as_i64() == Some(1))
    );
    let Some(Condition::In { left: Operand::Field(_), set: Set::Query(join), .. }) = &query.filter else {
        panic!("{:?}", query.filter)
    };
    assert!(join.from.is("Contact"));
    assert_eq!(
        (query.with.as_slice(), query.tail.as_slice()),
        ([With::UserMode].as_slice(), [Tail::ForView].as_slice())
    );
    assert!(query.from.alias.is_some_and(|alias| alias.is("A")));
}

#[test]
fn counts_and_groups_are_told_from_rows() {
    let is = |text: &str| {
        let query = parse(text).unwrap();
        (query.is_count(), query.is_aggregate())
    };
    assert_eq!(is("SELECT COUNT() FROM A"), (true, false));
    assert_eq!(is("SELECT COUNT(Id) FROM A"), (false, true));
    assert_eq!(is("SELECT FORMAT(MAX(B)) FROM A"), (false, true));
    assert_eq!(is("SELECT B FROM A GROUP BY B"), (false, true));
    assert_eq!(is("SELECT FORMAT(B) FROM A"), (false, false));
}
