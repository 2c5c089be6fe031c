use proptest::prelude::*;
use salesforce_soql::ast::{Condition, Value};
use salesforce_soql::builder::{Select, field};
use salesforce_soql::{Literal, Soql, parse, parse_strict};

use crate::trees;

/// Texts that are nearly queries.
pub(crate) fn scraps() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP BY",
        "ORDER BY",
        "HAVING",
        "LIMIT",
        "OFFSET",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "INCLUDES",
        "TYPEOF",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "FIELDS",
        "ALL",
        "COUNT",
        "FORMAT",
        "DISTANCE",
        "GEOLOCATION",
        "USING SCOPE",
        "WITH",
        "DATA CATEGORY",
        "FOR VIEW",
        "NULLS",
        "LAST",
        "DESC",
        "AS",
        "Id",
        "Account",
        "Name",
        "(",
        ")",
        ",",
        ".",
        ":",
        "=",
        "!=",
        "<",
        "'x'",
        "'",
        "\\",
        "1",
        "-1.5e3",
        "2026-03-01",
        "10:00:00",
        "USD5.5",
        "TODAY",
        "LAST_N_DAYS:3",
        "null",
        "true",
        "ä",
        "\n",
        "\0",
    ]);
    prop::collection::vec((words, " {0,1}"), 0..40)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, blank)| [word.to_owned(), blank]).collect())
}

/// Texts with much that needs escaping.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), r#"['\\%_:"()\n\r\t\x00-\x1fünN OR=]{0,20}"#]
}

fn only_text(text: &str) -> String {
    match parse(text).expect("the text is a query").filter {
        Some(Condition::Compare { right: Value::Text(text), .. } | Condition::Like { pattern: text, .. }) => {
            text.as_str().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_panics(text: String, scraps in scraps()) {
        for text in [text, scraps] {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.span()).is_some());
                prop_assert!(!error.to_string().is_empty());
            }
            let _ = parse_strict(&text);
            let _ = Soql::trusted(text).bind("x", 1).text();
        }
    }

    #[test]
    fn what_parses_round_trips(text in scraps()) {
        if let Ok(query) = parse(&text) {
            prop_assert_eq!(parse(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn every_tree_round_trips(query in trees::query()) {
        let text = query.to_string();
        let again = parse(&text);
        prop_assert_eq!(again.as_ref(), Ok(&query), "{}", text);
        prop_assert_eq!(again.expect("it is the query").to_string(), text);
    }

    #[test]
    fn a_bound_text_is_one_literal_that_says_the_same(text in hostile()) {
        let soql = Soql::new("SELECT Id FROM A WHERE B = :b").bind("b", text.as_str());
        let finished = soql.text().expect("the value is bound").into_owned();
        prop_assert_eq!(only_text(&finished), text.clone());
        prop_assert!(parse_strict(&finished).is_ok());

        let soql = Select::from("A").fields(["Id"]).filter(field("B").eq(text.as_str())).build().expect("the parts fit");
        prop_assert_eq!(only_text(&soql.text().expect("it is built")), text);
    }

    #[test]
    fn a_bound_pattern_matches_what_has_the_text_in_it(text in hostile()) {
        let soql = Soql::new("SELECT Id FROM A WHERE B LIKE :b").bind("b", Literal::like_contains(&text));
        prop_assert_eq!(only_text(&soql.text().expect("the value is bound")), format!("%{text}%"));
        let escaped = parse(&soql.text().expect("as before")).expect("as before").filter;
        let Some(Condition::Like { pattern, .. }) = escaped else { panic!("no LIKE") };
        let wildcards = pattern.pattern().filter(|part| !matches!(part, salesforce_soql::ast::Pattern::Char(_)));
        prop_assert_eq!(wildcards.count(), 2);
    }

    #[test]
    fn a_bound_list_has_as_many_entries_as_it_was_given(texts in prop::collection::vec(hostile(), 1..5)) {
        let soql = Soql::new("SELECT Id FROM A WHERE B IN :b LIMIT 1").bind("b", &texts);
        let query = parse(&soql.text().expect("the value is bound")).expect("the text is a query");
        let Some(Condition::In { set: salesforce_soql::ast::Set::Values(values), .. }) = query.filter else { panic!("no IN") };
        let values: Vec<String> = values.into_iter().map(|value| match value {
            Value::Text(text) => text.as_str().to_owned(),
            other => panic!("{other:?}"),
        }).collect();
        prop_assert_eq!(values, texts);
    }

    #[test]
    fn a_bound_float_says_the_same(number: f64) {
        let text = Soql::new("SELECT Id FROM A WHERE B = :b").bind("b", number).text().map(|text| text.into_owned());
        match text {
            Err(_) => prop_assert!(!number.is_finite()),
            Ok(text) => {
                let Some(Condition::Compare { right: Value::Number(again), .. }) = parse(&text).expect("a query").filter
                    else { panic!("no number") };
                prop_assert_eq!(again.as_f64().to_bits(), number.to_bits());
            }
        }
    }
}
