use std::collections::BTreeSet;

use salesforce_soql::{BindError, IntoSoql, Literal, Soql, parse};
use salesforce_types::{Date, RecordId, TimeOfDay, Timestamp};

fn bound(value: impl Into<Literal>) -> Result<String, BindError> {
    Soql::new("SELECT Id FROM A WHERE B = :b").bind("b", value).text().map(|text| text[27..].to_owned())
}

fn name(name: &str) -> Box<str> {
    name.into()
}

#[test]
fn every_kind_of_value_becomes_its_literal() {
    let id: RecordId = "001D000000IqhSL".parse().unwrap();
    let day: Date = "2026-03-01".parse().unwrap();
    let stamp: Timestamp = "2026-03-01T17:49:01.000+0000".parse().unwrap();
    let time: TimeOfDay = "10:30:00".parse().unwrap();
    for (literal, expected) in [
        (bound("it's"), r"'it\'s'"),
        (bound(String::from("a\\b\n\"")), r#"'a\\b\n"'"#),
        (bound(id), "'001D000000IqhSLIAZ'"),
        (bound(true), "true"),
        (bound(-5), "-5"),
        (bound(u64::MAX), "18446744073709551615"),
        (bound(1.5), "1.5"),
        (bound(1e300), "1e300"),
        (bound(-2.5e-300), "-2.5e-300"),
        (bound(day), "2026-03-01"),
        (bound(stamp), "2026-03-01T17:49:01.000Z"),
        (bound(time), "10:30:00.000Z"),
        (bound(None::<&str>), "null"),
        (bound(Some(5)), "5"),
    ] {
        assert_eq!(literal.as_deref(), Ok(expected));
        assert!(parse(&format!("SELECT Id FROM A WHERE B = {expected}")).is_ok(), "{expected}");
    }
}

#[test]
fn a_value_without_a_literal_is_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(bound(number), Err(BindError::NotFinite { name: name("b") }));
    }
    assert_eq!(bound(Timestamp::from_millis(i64::MIN)), Err(BindError::OutOfRange { name: name("b") }));
    assert_eq!(bound(Date::new(1699, 12, 31).unwrap()), Err(BindError::OutOfRange { name: name("b") }));
}

#[test]
fn a_list_stands_after_in_with_or_without_parentheses() {
    for (text, expected) in [
        ("WHERE Id IN :ids", "WHERE Id IN ('a', 'b')"),
        ("WHERE Id not in:ids", "WHERE Id not in ('a', 'b')"),
        ("WHERE Id IN ( :ids )", "WHERE Id IN ( 'a', 'b' )"),
        ("WHERE Id IN ('x', :ids)", "WHERE Id IN ('x', 'a', 'b')"),
        ("WHERE P INCLUDES :ids", "WHERE P INCLUDES ('a', 'b')"),
    ] {
        assert_eq!(Soql::trusted(text).bind("ids", ["a", "b"]).text().unwrap(), expected);
    }
    assert_eq!(Soql::new("WHERE Id IN :ids").bind("ids", "a").text().unwrap(), "WHERE Id IN ('a')");
    let set: Literal = BTreeSet::from([2, 1]).into_iter().collect();
    assert_eq!(Soql::new("WHERE N IN :n").bind("n", set).text().unwrap(), "WHERE N IN (1, 2)");
}

#[test]
fn an_empty_list_is_refused_since_soql_has_none() {
    let soql = Soql::new("SELECT Id FROM A WHERE Id IN :ids").bind("ids", Vec::<RecordId>::new());
    assert_eq!(soql.text(), Err(BindError::EmptyList { name: name("ids") }));
}

#[test]
fn a_value_that_cannot_stand_there_is_refused() {
    assert!(matches!(bound(vec!["a"]), Err(BindError::WrongPlace { .. })));
    for text in ["LIMIT :n", "OFFSET :n", "WHERE D = LAST_N_DAYS:n"] {
        for value in [Literal::from("5"), Literal::from(-5), Literal::from(1.5), Literal::from(None::<i32>)] {
            assert!(matches!(Soql::trusted(text).bind("n", value).text(), Err(BindError::WrongPlace { .. })), "{text}");
        }
    }
    assert_eq!(Soql::new("LIMIT:n").bind("n", 5).text().unwrap(), "LIMIT 5");
    assert_eq!(Soql::new("D = LAST_N_DAYS:n").bind("n", 5).text().unwrap(), "D = LAST_N_DAYS:5");
}

#[test]
fn names_in_quotes_and_colons_of_literals_are_not_touched() {
    let text =
        r"WHERE A = ':a' AND B = 'it\':s :a' AND C > 2026-03-01T17:49:01Z AND D = LAST_N_DAYS:3 AND E = 10:00:00";
    assert_eq!(Soql::trusted(text).text().unwrap(), text);
    let soql = Soql::trusted(text).bind("a", 1);
    assert_eq!(soql.text(), Err(BindError::Unknown { name: name("a") }));
    let soql = Soql::new("WHERE A = ':a' AND B = :a").bind("a", ":b ' :a");
    assert_eq!(soql.text().unwrap(), r"WHERE A = ':a' AND B = ':b \' :a'");
}

#[test]
fn a_name_without_a_value_is_refused() {
    for (text, missing) in [
        ("B = :foo", "foo"),
        ("B = : foo", "foo"),
        ("B IN (:foo)", "foo"),
        ("B = :foo.bar", "foo.bar"),
        ("B = :fooé", "fooé"),
    ] {
        assert_eq!(Soql::trusted(text).text(), Err(BindError::Unbound { name: name(missing) }), "{text}");
        let soql = Soql::trusted(text).bind("foobar", 1);
        assert_eq!(soql.text(), Err(BindError::Unknown { name: name("foobar") }));
    }
    // Half of a name is not the name.
    assert_eq!(Soql::new("B = :foo.bar").bind("foo", 1).text(), Err(BindError::Unknown { name: name("foo") }));
}

#[test]
fn a_text_that_ends_inside_quotes_is_refused() {
    for text in ["WHERE A = 'x", r"WHERE A = 'x\'", "WHERE A = 'x' AND B = '", "'"] {
        assert_eq!(Soql::trusted(text).text(), Err(BindError::UnfinishedText), "{text}");
    }
}

#[test]
fn a_name_may_occur_twice_and_its_last_value_counts() {
    let soql = Soql::new("A = :x OR B = :x").bind("x", 1).bind("x", 2);
    assert_eq!(soql.text().unwrap(), "A = 2 OR B = 2");
}

#[test]
fn user_text_in_like_matches_only_itself() {
    let like = |pattern: Literal| Soql::new("B LIKE :p").bind("p", pattern).text().unwrap().into_owned();
    assert_eq!(like(Literal::like_prefix(r"50%_\'")), r"B LIKE '50\%\_\\\'%'");
    assert_eq!(like(Literal::like_suffix("%")), r"B LIKE '%\%'");
    assert_eq!(like(Literal::like_contains("_")), r"B LIKE '%\_%'");
    assert_eq!(like(Literal::like_exactly("%")), r"B LIKE '\%'");
    assert_eq!(like("a%".into()), "B LIKE 'a%'");
}

#[test]
fn injection_attempts_stay_one_literal() {
    for attempt in
        ["' OR Name != '", r"\' OR Name != \'", r"\", "'", "x') OR (Id != null", "\u{2019} OR 1=1", "\0'", ":b"]
    {
        let soql = Soql::new("SELECT Id FROM A WHERE B = :b AND C = 1").bind("b", attempt);
        let query = parse(&soql.text().unwrap()).unwrap();
        let expected = parse("SELECT Id FROM A WHERE B = 'x' AND C = 1").unwrap();
        let shape = |text: String| text.matches(" AND ").count();
        assert_eq!(query.from, expected.from);
        assert!(query.order_by.is_empty() && shape(query.to_string()) == 1, "{query}");
    }
}

#[test]
fn trees_and_texts_are_queries() {
    let text = "SELECT Id FROM A WHERE B = 'x'";
    let tree = parse(text).unwrap();
    assert_eq!(tree.into_soql().text().unwrap(), text);
    assert_eq!(text.into_soql(), Soql::new(text));
    assert_eq!(Soql::new(text).into_soql(), Soql::new(text));
}
